"""Planted faults: what real senders get wrong, and what an attacker might send, each with a key that says where it is.

`plant` strikes one district of a written sample; `plant_all` spreads many over the districts and writes the key file.
The faults themselves are in fault_rows.py (records) and fault_files.py (whole files).
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
import yaml

from sample_state import fault_files, fault_rows
from sample_state.fault_rows import Planted, Target
from sample_state.randomness import stream

KEY_FILE = "faults.json"
_ANY = ("edfi_xml", "oneroster_csv", "state_csv")
_CSV = ("oneroster_csv", "state_csv")
_XML = ("edfi_xml",)
# OneRoster has one line per student, so a second enrolment would be a second student.
_OWN_ROWS = ("edfi_xml", "state_csv")


@dataclass(frozen=True)
class Fault:
    """One kind of fault: how it is planted, what the district must send for it, and what should be found.

    A harmless one must be accepted: every row of the file still arrives.
    """

    plant: Callable[[Target], Planted]
    formats: tuple[str, ...]
    expected_rule_hint: str
    is_harmless: bool = False


@dataclass(frozen=True)
class FaultKey:
    """Where a fault was planted. `file` is relative to the sample folder (a folder when the whole district is struck);
    `rows` are line numbers (CSV, header 1) or element ordinals (XML, from 1), empty when the file as a whole is."""

    fault: str
    source_id: str
    school_year: int
    file: str
    rows: tuple[int, ...]
    count: int
    is_harmless: bool
    expected_rule_hint: str


# In the order of planting: what needs readable text first, what makes files unreadable last.
FAULTS: dict[str, Fault] = {
    "wrong_school_year": Fault(
        fault_files.plant_wrong_school_year, _ANY, "101 most dates belong to another school year"),
    "date_0222": Fault(fault_rows.plant_date_0222, _ANY, "entry_date is not near the school year"),
    "exit_before_entry": Fault(fault_rows.plant_exit_before_entry, _ANY, "exit_date lies before entry_date"),
    "overlapping_enrollments": Fault(
        fault_rows.plant_overlapping_enrollments, _OWN_ROWS, "103 two enrollments of a student at one school overlap"),
    "other_districts_students": Fault(
        fault_rows.plant_other_districts_students, _OWN_ROWS, "102 the enrollment is at a school of another district"),
    "attendance_without_enrollment": Fault(
        fault_rows.plant_attendance_without_enrollment, _ANY, "105 attendance of a student not enrolled there"),
    "unknown_descriptor": Fault(
        fault_rows.plant_unknown_descriptor, _ANY, "attendance_status is not known to the crosswalk"),
    "duplicate_student": Fault(
        fault_rows.plant_duplicate_student, _ANY, "107 one student number stands for different persons"),
    "same_student_two_ids": Fault(
        fault_rows.plant_same_student_two_ids, _ANY, "108 the same person may have two student numbers"),
    "quoted_newline": Fault(fault_rows.plant_quoted_newline, _CSV, "none: a line break inside quotes", True),
    "column_missing": Fault(fault_files.plant_column_missing, _ANY, "10 a required column is missing"),
    "column_renamed": Fault(
        fault_files.plant_column_renamed, _ANY, "10 a required column is missing; 11 a column is not known"),
    "column_reordered": Fault(fault_files.plant_column_reordered, _ANY, "none: columns are found by name", True),
    "column_case": Fault(fault_files.plant_column_case, _CSV, "none: case of a header does not matter", True),
    "utf8_bom": Fault(fault_files.plant_utf8_bom, _CSV, "none: a byte order mark is skipped", True),
    "utf16": Fault(fault_files.plant_utf16, _CSV, "none: UTF-16 with a byte order mark is read", True),
    "crlf": Fault(fault_files.plant_crlf, _CSV, "none: line ends do not matter", True),
    "latin1": Fault(fault_files.plant_latin1, _CSV, "12 the file is not UTF-8 and was read as Latin-1"),
    "empty_file": Fault(fault_files.plant_empty_file, _ANY, "2 the file is empty"),
    "truncated_xml": Fault(fault_files.plant_truncated_xml, _XML, "7 the XML is not well-formed or is cut short"),
    "billion_laughs": Fault(fault_files.plant_billion_laughs, _XML, "8 the XML has a document type declaration"),
    "truncated_zip": Fault(fault_files.plant_truncated_zip, _ANY, "3 the archive is damaged or cut short"),
    "zip_path_traversal": Fault(fault_files.plant_zip_path_traversal, _ANY, "5 a path in the archive is not safe"),
    "zip_bomb": Fault(fault_files.plant_zip_bomb, _ANY, "4 the archive unpacks to more than is allowed"),
}


def choose(faults: tuple[str, ...] | list[str] | str) -> tuple[str, ...]:
    """Return the names of the faults asked for ("all", one name, or several) in the order of planting.

    Raises ValueError naming those that do not exist."""
    if faults == "all":
        return tuple(FAULTS)
    asked = {faults} if isinstance(faults, str) else set(faults)
    unknown = sorted(asked - set(FAULTS))
    if unknown:
        raise ValueError(f"no such fault: {', '.join(unknown)}; there are: all, {', '.join(FAULTS)}")
    return tuple(name for name in FAULTS if name in asked)


def plant(folder: str | Path, fault: str, source_id: str, school_year: int, seed: int = 1) -> FaultKey:
    """Plant one fault in the files of one district and year of the sample in `folder`; return where it is.

    Raises ValueError when there is no such fault, source or year, or when the district's format has no place for it.
    """
    choose([fault])
    folder = Path(folder)
    kinds = _read_formats(folder)
    if source_id not in kinds:
        raise ValueError(f"no such district source: {source_id}")
    kind, lea_id = kinds[source_id]
    if kind not in FAULTS[fault].formats:
        raise ValueError(f"{fault} needs a district that sends {' or '.join(FAULTS[fault].formats)}, not {kind}")
    base = folder / "districts" / source_id / str(school_year)
    if not base.is_dir():
        raise ValueError(f"{source_id} has no files of {school_year}")
    target = Target(base, kind, school_year, stream(seed, "fault", fault, source_id, school_year),
                    _schools_of_others(folder, lea_id, school_year))
    planted = FAULTS[fault].plant(target)
    return FaultKey(fault, source_id, school_year, planted.path.relative_to(folder).as_posix(), planted.rows,
                    len(planted.rows) or 1, FAULTS[fault].is_harmless, FAULTS[fault].expected_rule_hint)


def plant_all(folder: Path, faults: tuple[str, ...], *, seed: int) -> tuple[FaultKey, ...]:
    """Plant each fault in the last year of some district and write the keys to `folder/faults.json` (nothing when no
    fault is asked for). The district struck least so far is taken, of these the smallest, so that most students stay.

    Raises ValueError when no district sends what a fault needs."""
    if not faults:
        return ()
    kinds = _read_formats(folder)
    year = max(yaml.safe_load((folder / "sources.yml").read_text(encoding="utf-8"))["school_years"])
    struck: Counter[str] = Counter()
    keys = []
    for fault in faults:
        eligible = [source_id for source_id, (kind, _) in kinds.items() if kind in FAULTS[fault].formats]
        if not eligible:
            raise ValueError(f"{fault} needs a district that sends {' or '.join(FAULTS[fault].formats)}")
        # Sources stand in the order of size, the largest first.
        source_id = min(reversed(eligible), key=lambda each: struck[each])
        struck[source_id] += 1
        keys.append(plant(folder, fault, source_id, year, seed))
    content = json.dumps([asdict(key) for key in keys], indent=2)
    (folder / KEY_FILE).write_text(content + "\n", encoding="utf-8", newline="\n")
    return tuple(keys)


def _read_formats(folder: Path) -> dict[str, tuple[str, str]]:
    """Source id → (its format, its lea_id), for the districts in the sample's sources file, in order."""
    sources = yaml.safe_load((folder / "sources.yml").read_text(encoding="utf-8"))["sources"]
    return {source["id"]: (source["feeds"][0]["format"], source["lea_id"]) for source in sources if "lea_id" in source}


def _schools_of_others(folder: Path, lea_id: str, school_year: int) -> tuple[str, ...]:
    path = folder / "state_agency" / str(school_year) / "organizations.csv"
    organizations = pl.read_csv(path, infer_schema=False)
    others = organizations.filter((pl.col("org_type_source") == "School") & (pl.col("parent_org_id") != lea_id))
    return tuple(others["org_id"])
