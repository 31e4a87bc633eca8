"""The doors for the files of a study: make its extract, note what is handed over, check what researchers bring back.

Formats: docs/research-extracts.md and docs/disclosure-files.md.
"""

import dataclasses
import hashlib
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

    It is held against all extracts of the study that were handed over (hand_over). New persons get codes, saved in
    `codes_dir` before anything else is written; `out_dir` gets `internal/report.json` and, last,
    `researcher/extract.parquet`; a file that says it already is left alone. Raises CodesError, DescriptionError for a
    copy that cannot be read, ExtractRefused if nobody is left in the extract, and what prepare_extract raises: then
    nothing is written.
    """
    codes = load_codes(codes_dir, plan.study).extend(rows[plan.person])
    extract = prepare_extract(rows, plan, codes, list_handed_over(codes_dir, plan.study))
    if extract.rows.is_empty():
        raise ExtractRefused(f"study {plan.study}: nobody is left in the extract; all fail k = {plan.k} or l")
    save_codes(codes, codes_dir)
    report, out = json.dumps(_list_facts(extract.report), indent=2) + "\n", Path(out_dir)
    _write_whole(out / "internal" / "report.json", lambda path: path.write_text(report))
    _write_whole(out / "researcher" / "extract.parquet", extract.rows.write_parquet)
    return extract


def hand_over(out_dir: str | Path, codes_dir: str | Path) -> tuple[str, Path, int]:
    """Notes that the extract in `out_dir` goes to its researchers: the study, the copy, and how many were handed over.

    The copy stays beside the study's codes, and every later extract is held against it: that is the file to send, for
    the next night may write another extract. The same one again changes nothing. Raises DescriptionError if there is no
    extract.
    """
    out, codes = Path(out_dir), Path(codes_dir)
    try:
        study = json.loads((out / "internal" / "report.json").read_text())["study"]
        extract = (out / "researcher" / "extract.parquet").read_bytes()
    except (OSError, ValueError, KeyError):
        raise DescriptionError(f"{out.name} holds no extract with its report; make one first") from None
    if not (codes / f"{study}.parquet").exists():
        raise DescriptionError(
            f"{codes.name} holds no codes of study {study}; name the folder its extract was made with"
        )
    path = _name_handed_over(codes, study) / f"{hashlib.sha256(extract).hexdigest()[:16]}.parquet"
    path.parent.mkdir(exist_ok=True, mode=0o700)
    _write_whole(path, lambda fresh: (fresh.touch(mode=0o600), fresh.write_bytes(extract)))
    return study, path, len(list_handed_over(codes, study))


def list_handed_over(codes_dir: str | Path, study: str) -> list[pl.DataFrame]:
    """The extracts of a study that were handed over, in the order of their hashes. Raises DescriptionError."""
    found = []
    for path in sorted(_name_handed_over(Path(codes_dir), study).glob("*.parquet")):
        try:
            found.append(pl.read_parquet(path))
        except (OSError, pl.exceptions.PolarsError):
            raise DescriptionError(f"study {study}: {path.name}, which was handed over, cannot be read") from None
    return found


def _name_handed_over(codes_dir: Path, study: str) -> Path:
    return codes_dir / f"{study}.handed-over"


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
