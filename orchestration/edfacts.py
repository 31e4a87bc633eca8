"""`slds edfacts`: build a file's counts in the warehouse, check them, write the files. Nothing of it is released."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from delivery import edfacts
from orchestration.dbt import PROJECT, dbt_environment, dbt_executable
from orchestration.exits import Refused
from orchestration.home import Home, write_json


@dataclass(frozen=True)
class Submission:
    """What came of one file: `files` written, or `problems` that kept it from being written, or `no_data` in words."""

    layout: edfacts.FileLayout
    files: list[edfacts.WrittenFile] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    no_data: str | None = None
    without_data: dict[str, list[str]] = field(default_factory=dict)


def submit(
    home: Home, specs: list[str], *, school_year: int, out: Path | None, form: str, fips: str | None, revision: int
) -> list[Submission]:
    """Write the files of these numbers (or of all, for none); return what came of each.

    Raises `Refused` for a year, file, state or folder that cannot be; `RuntimeError` when dbt cannot build the counts.
    """
    if not home.warehouse.exists():
        raise Refused(f"There is no warehouse in {home.root}. Run `slds run` first.")
    try:
        known = edfacts.load_layout(school_year, category_sets=EMPTY_SETS, permitted_values=EMPTY_VALUES)
        wanted = [known.file(spec) for spec in specs] or list(known.files.values())
        folder = edfacts.check_folder(out or home.edfacts / str(school_year), forbidden=[home.releases, home.marts])
        fips = fips or _state_id(home)
        edfacts.postal_code(fips)
        with home.writer():
            _build(home, wanted)
        with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
            layout = edfacts.load_layout(
                school_year,
                category_sets=_read(warehouse, "seeds.edfacts_category_sets"),
                permitted_values=_read(warehouse, "seeds.edfacts_permitted_values"),
            )
            return [
                _submit_one(warehouse, file, layout, folder=folder, form=form, fips=fips, revision=revision)
                for file in wanted
            ]
    except edfacts.LayoutError as error:
        raise Refused(str(error)) from None


EMPTY_SETS = pl.DataFrame(schema={"school_year": pl.Int32})
EMPTY_VALUES = EMPTY_SETS
"""A layout is looked at before the warehouse is opened: a wrong file number costs no build."""


def _build(home: Home, files: list[edfacts.FileLayout]) -> None:
    """Build the counts of these files, and the seeds they are made by, on the core as the last run left it."""
    selected = ["edfacts_category_sets", "edfacts_permitted_values"]
    for file in files:
        selected += [f"+{file.model},path:models/edfacts", f"1+{file.model},resource_type:seed"]
    finished = subprocess.run(
        [
            *(str(dbt_executable()), "--quiet", "build", "--project-dir", str(PROJECT)),
            *("--exclude-resource-type", "unit_test", "--select", *selected),
        ],
        env={**os.environ, **dbt_environment(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise RuntimeError(f"dbt could not build the counts:\n{finished.stdout}{finished.stderr}")


def _submit_one(warehouse, file: edfacts.FileLayout, layout: edfacts.Layout, *, folder: Path, **how) -> Submission:
    rows = _read(warehouse, f"edfacts.{file.model} where school_year = {layout.school_year}")
    if rows.is_empty():
        return Submission(file, no_data=_no_data(warehouse, file, layout.school_year))
    if file.kind == "counts":
        problems = edfacts.check_counts(rows, file=file, layout=layout)
        if problems:
            return Submission(file, problems=problems)
    without_data = _without_data(warehouse, rows, file, layout.school_year)
    if file.kind == "counts":
        rows = edfacts.add_zeros(rows, file=file, layout=layout)
    files = edfacts.write_files(rows, file=file, layout=layout, folder=folder, **how)
    write_json(folder / f"{file.spec}.json", _summary(file, layout, files, without_data))
    (folder / f"{file.spec}.json").chmod(0o600)
    return Submission(file, files=files, without_data=without_data)


def _no_data(warehouse, file: edfacts.FileLayout, school_year: int) -> str:
    """Why a file has no rows: which of the records that it needs nobody sent."""
    absent = [
        name
        for name in file.needs
        if _read(warehouse, f"records.{name} where school_year = {school_year} limit 1").is_empty()
    ]
    if absent:
        return f"nobody sent {', '.join(absent)} for {school_year}; a file of zeros would be untrue."
    return f"what was sent for {school_year} ({', '.join(file.needs)}) holds nothing that this file counts."


def _without_data(warehouse, rows: pl.DataFrame, file: edfacts.FileLayout, school_year: int) -> dict[str, list[str]]:
    """Districts and schools with students that year of which the file says nothing, by level."""
    enrolled = warehouse.sql(
        "select distinct o.lea_id, e.school_id from core.fct_enrollment as e inner join core.dim_organization as o "
        f"on o.org_level = 'school' and e.school_id = o.org_id where e.school_year = {school_year}"
    ).pl()
    expected = {"lea": enrolled["lea_id"], "school": enrolled["school_id"]}
    found = {}
    for level in file.levels:
        if level in expected:
            there = rows.filter(pl.col("org_level") == level)["org_id"]
            found[level] = sorted(set(expected[level].drop_nulls()) - set(there))
    return {level: ids for level, ids in found.items() if ids}


def _summary(file: edfacts.FileLayout, layout: edfacts.Layout, files: list, without_data: dict) -> dict:
    return {
        "file": file.spec,
        "title": file.title,
        "school_year": layout.school_year,
        "files": {
            written.path.name: {"records": written.record_count, "organizations": written.organization_count}
            for written in files
        },
        "organizations_without_data": without_data,
        "check_against_the_file_specification": [*layout.unconfirmed, *file.unconfirmed],
    }


def _state_id(home: Home) -> str:
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        return _read(warehouse, "core.dim_organization where org_level = 'state'")["org_id"].item()


def _read(warehouse, relation: str) -> pl.DataFrame:
    return warehouse.sql(f"select * from {relation}").pl()
