"""Writes a whole sample: `sources.yml`, the state's own file, and one folder per district and school year."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import yaml

from sample_state import faults as faults_
from sample_state.afterwards import Leavers, make_state_tables
from sample_state.codes import LOOP_RECORD_TYPES
from sample_state.district_year import DistrictYear
from sample_state.edfi_xml import write_edfi_xml
from sample_state.oneroster import earlier_spells, write_oneroster
from sample_state.plan import STATE_ID, STATE_NAME, District, State, plan_state
from sample_state.records import make_state_organizations
from sample_state.returning import make_data_access_events
from sample_state.simulation import simulate
from sample_state.tables import make_tables

STATE_SOURCE = "state_agency"
# The folder of a format inside a district's folder of the year, and what its files are called. A sender may zip them.
FEEDS = {"edfi_xml": ("edfi", ["*.xml", "*.zip"]), "oneroster_csv": ("oneroster", ["*.csv", "*.zip"]),
         "state_csv": ("state", ["*.csv", "*.zip"])}
# OneRoster has no place for these, so that such districts send them as state CSV with the rest of LOOP_RECORD_TYPES.
ONEROSTER_SUPPLEMENTS = (
    "calendars", "demographics", "program_participations", "attendance", "assessment_results", "discipline_incidents",
    "discipline_actions", "staff_assignments", "diplomas", "courses", "idea_eligibilities",
)


@dataclass(frozen=True)
class SampleSummary:
    """What was written. `students` counts everyone who was a student in some year; `received` counts rows per source,
    school year and record type, before any fault."""

    folder: Path
    districts: int
    schools: int
    students: int
    school_years: tuple[int, ...]
    received: dict[tuple[str, int], dict[str, int]]
    faults: tuple["faults_.FaultKey", ...]


def write_sample(
    folder: str | Path,
    *,
    districts: int = 6,
    students: int = 2000,
    years: int = 1,
    seed: int = 1,
    first_school_year: int | None = None,
    last_school_year: int = 2022,
    faults: tuple[str, ...] | list[str] | str = (),
    progress: Callable[[str], None] | None = None,
) -> SampleSummary:
    """Write a made-up state into `folder` and return what was written.

    `students` is the number enrolled at the start of the first year; `years` school years end in `last_school_year`
    (or begin with `first_school_year`, when given). `faults` is "all" or names from FAULTS; the key to what was planted
    is `folder/faults.json`. `progress` is called with one line per district and year. The same arguments write the same
    bytes; what an earlier run wrote into `folder` is removed. Raises ValueError for arguments that make no state.
    """
    folder = Path(folder)
    if years < 1:
        raise ValueError("years must be at least 1")
    chosen = faults_.choose(faults)
    last = last_school_year if first_school_year is None else first_school_year + years - 1
    school_years = tuple(range(last - years + 1, last + 1))
    state = plan_state(districts=districts, students=students, seed=seed)
    _clear(folder)
    write_sources(folder, state, school_years)
    received: dict[tuple[str, int], dict[str, int]] = {}
    leavers = Leavers()
    accesses: dict[int, list[pl.DataFrame]] = {school_year: [] for school_year in school_years}
    for year in simulate(state, school_years):
        tables = make_tables(year)
        leavers.add(year)
        accesses[year.school_year].append(make_data_access_events(year, tables["staff_sections"]))
        write_district(folder, year, tables)
        received[year.district.source_id, year.school_year] = {name: table.height for name, table in tables.items()}
        if progress:
            progress(f"{year.school_year} {year.district.source_id}: {tables['students'].height} students")
    organizations = make_state_organizations(state)
    for school_year in school_years:
        path = folder / STATE_SOURCE / str(school_year)
        path.mkdir(parents=True, exist_ok=True)
        tables = {"organizations": organizations, **make_state_tables(seed, school_year, leavers),
                  "data_access_events": pl.concat(accesses[school_year])}
        for name, table in tables.items():
            table.write_csv(path / f"{name}.csv")
        received[STATE_SOURCE, school_year] = {name: table.height for name, table in tables.items()}
    keys = faults_.plant_all(folder, chosen, seed=seed)
    persons = year.people.persons.height
    return SampleSummary(folder, districts, len(state.schools), persons, school_years, received, keys)


def _clear(folder: Path) -> None:
    """Make the folder, and take away what a run before may have left in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("districts", STATE_SOURCE):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / faults_.KEY_FILE).unlink(missing_ok=True)


def write_district(folder: Path, year: DistrictYear, tables: dict[str, pl.DataFrame]) -> None:
    """Write one district's year in the formats the district sends."""
    base = folder / "districts" / year.district.source_id / str(year.school_year)
    for kind in _formats(year.district):
        (base / FEEDS[kind][0]).mkdir(parents=True, exist_ok=True)
    kind = year.district.format
    as_state_csv = dict(tables)
    if kind == "edfi_xml":
        write_edfi_xml(base / FEEDS[kind][0], year, tables)
        as_state_csv = {name: tables[name] for name in LOOP_RECORD_TYPES}
    elif kind == "oneroster_csv":
        write_oneroster(base / FEEDS[kind][0], year, tables)
        as_state_csv = {name: tables[name] for name in (*ONEROSTER_SUPPLEMENTS, *LOOP_RECORD_TYPES)}
        earlier = earlier_spells(tables["enrollments"])
        if earlier.height:
            as_state_csv["enrollments"] = earlier
    # A file without rows would only be asked about.
    for name, table in ((name, table) for name, table in as_state_csv.items() if table.height):
        table.write_csv(base / FEEDS["state_csv"][0] / f"{name}.csv")


def _formats(district: District) -> list[str]:
    return list(dict.fromkeys([district.format, "state_csv"]))


def write_sources(folder: Path, state: State, school_years: tuple[int, ...]) -> None:
    """Write `sources.yml`, which tells intake who sends what from where."""
    sources = [{
        "id": STATE_SOURCE, "name": f"{STATE_NAME} Department of Education", "student_id_scope": "state",
        "feeds": [{"format": "state_csv", "path": f"{STATE_SOURCE}/{{school_year}}", "files": ["*.csv"]}],
    }]
    for district in state.districts:
        sources.append({
            "id": district.source_id, "name": district.name, "lea_id": district.lea_id, "student_id_scope": "state",
            # A made-up state never sends again by itself, and must not be late the day after it was made.
            "expected_every_days": 366,
            "feeds": [
                {"format": kind, "path": f"districts/{district.source_id}/{{school_year}}/{FEEDS[kind][0]}",
                 "files": list(FEEDS[kind][1])}
                for kind in _formats(district)
            ],
        })
    content = {"state": {"id": STATE_ID, "name": STATE_NAME}, "school_years": list(school_years), "sources": sources}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
    (folder / "sources.yml").write_text(text, encoding="utf-8", newline="\n")
