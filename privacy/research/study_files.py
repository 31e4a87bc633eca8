"""The doors for the files of a study: make its extract, check what its researchers bring back.

Formats: docs/research-extracts.md and docs/disclosure-files.md.
"""

import dataclasses
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from privacy.description import DescriptionError, read_cells
from privacy.policy import load_policy
from privacy.release import Progress
from privacy.research.microdata import Extract, ExtractRefused, ExtractReport, prepare_extract
from privacy.research.output_check import OutputReport, check_output
from privacy.research.study_codes import load_codes, save_codes
from privacy.research.study_plan import StudyPlan, load_plan


def make_extract(rows_path: str | Path, plan_path: str | Path, codes_dir: str | Path, out_dir: str | Path) -> Extract:
    """Makes a study's extract from a Parquet file of rows; gives back what it wrote.

    Raises PlanError, DescriptionError for a file of rows that cannot be read, and what extract_study raises.
    """
    plan, rows_path = load_plan(plan_path), Path(rows_path)
    try:
        rows = pl.read_parquet(rows_path)
    except (OSError, pl.exceptions.PolarsError):
        raise DescriptionError(f"{rows_path.name} is missing or is not Parquet") from None
    if plan.person not in rows.columns:
        raise DescriptionError(f"{rows_path.name} lacks the column {plan.person}")
    return extract_study(rows, plan, codes_dir, out_dir)


def extract_study(rows: pl.DataFrame, plan: StudyPlan, codes_dir: str | Path, out_dir: str | Path) -> Extract:
    """Makes a study's extract from rows with at least the plan's columns; gives back what it wrote.

    New persons get codes, saved in `codes_dir` before anything else is written; `out_dir` gets `internal/report.json`
    and, last, `researcher/extract.parquet`; a file that says it already is left alone. Raises CodesError,
    ExtractRefused if nobody is left in the extract, and what prepare_extract raises: then nothing is written.
    """
    codes = load_codes(codes_dir, plan.study).extend(rows[plan.person])
    extract = prepare_extract(rows, plan, codes)
    if extract.rows.is_empty():
        raise ExtractRefused(f"study {plan.study}: nobody is left in the extract; all fail k = {plan.k} or l")
    save_codes(codes, codes_dir)
    report, out = json.dumps(_list_facts(extract.report), indent=2) + "\n", Path(out_dir)
    _write_whole(out / "internal" / "report.json", lambda path: path.write_text(report))
    _write_whole(out / "researcher" / "extract.parquet", extract.rows.write_parquet)
    return extract


def check_outputs(
    tables: Sequence[str | Path],
    descriptions: str | Path,
    policy_path: str | Path,
    *,
    earlier: Sequence[str | Path] = (),
    progress: Progress | None = None,
) -> OutputReport:
    """The check of files of cells that researchers brought, beside those of `earlier` ones; one description for all.

    Outputs are called by the names of their files. Raises DescriptionError, PolicyError, ValueError.
    """
    brought, before = (
        {Path(path).name: read_cells(path, descriptions, may_withhold=True) for path in paths}
        for paths in (tables, earlier)
    )
    if len(brought) < len(tables) or len(before) < len(earlier):
        raise DescriptionError("two files have the same name; give each output a name of its own")
    return check_output(brought, load_policy(policy_path), earlier=before, progress=progress)


def _list_facts(report: ExtractReport) -> dict:
    facts = {one.name: getattr(report, one.name) for one in dataclasses.fields(report)}
    return facts | {"rules": report.rules.to_dicts(), "anonymity": dataclasses.asdict(report.anonymity)}


def _write_whole(path: Path, write: Callable[[Path], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    write(fresh)
    if path.exists() and path.read_bytes() == fresh.read_bytes():
        fresh.unlink()
    else:
        os.replace(fresh, path)
