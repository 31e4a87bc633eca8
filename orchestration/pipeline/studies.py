"""Step 8, for researchers: the record-level extract of every study that has a plan, under codes of its own."""

import logging
import shutil
from pathlib import Path

import duckdb
import polars as pl

import privacy
from orchestration.home import write_json
from orchestration.workspace import Workspace

log = logging.getLogger("openslds.studies")

TABLE = "research.research_student_year"
PERSON = "student_key"


def write_studies(workspace: Workspace) -> list[dict]:
    """Make `marts/research/<study>/` for each plan beside the sources file; return and remember what became of each.

    One entry per plan: `plan` (its file) and either `refused` (why there is no extract; names and counts only) or
    `study`, `persons`, `rows`, `withheld_persons`, `dropped_persons`, `told_by_leaving` (of extracts handed over),
    `k`. A study that fails harms nothing else. What lies in `marts/research/` is what today's plans say: an extract
    whose plan is gone or refused is removed. Who has which code is kept, so that the same person has the same code when
    the study is back.
    """
    outcomes, made = [], set()
    for path in workspace.study_plans:
        try:
            report = _make_extract(workspace, path, made)
        except (ValueError, RuntimeError) as error:  # what privacy raises where it gives nothing out: no one's values
            log.warning("no extract: %s", error)
            outcomes.append({"plan": path.name, "refused": str(error)})
            continue
        made.add(report.study)
        names = ("persons", "rows", "withheld_persons", "dropped_persons", "told_by_leaving")
        counts = {name: getattr(report, name) for name in names}
        outcomes.append({"plan": path.name, "study": report.study, **counts, "k": report.anonymity.k})
        log.info("study %s: %s persons, k = %s", report.study, f"{report.persons:,}", report.anonymity.k)
    _remove_all_but(workspace.home.studies, made)
    write_json(workspace.home.study_outcomes, {"studies": outcomes})
    return outcomes


def _make_extract(workspace: Workspace, path: Path, made: set[str]) -> "privacy.ExtractReport":
    plan = privacy.load_plan(path)
    if plan.study in made:
        raise ValueError(f"{path.name}: study {plan.study} has another plan beside it. Keep one, or rename the study")
    if plan.person != PERSON:
        raise ValueError(f"{path.name}: person must be {PERSON}, which says who is who in {TABLE}")
    rows = _read_rows(workspace, plan)
    return privacy.extract_study(rows, plan, workspace.home.study_codes, workspace.home.studies / plan.study).report


def _read_rows(workspace: Workspace, plan: "privacy.StudyPlan") -> pl.DataFrame:
    """The columns the plan names and the person: nothing else leaves the warehouse."""
    with duckdb.connect(str(workspace.home.warehouse), read_only=True) as warehouse:
        table = warehouse.table(TABLE)
        missing = [column for column in plan.columns if column not in table.columns]
        if missing:
            known = ", ".join(column for column in table.columns if column != PERSON)
            raise ValueError(f"study {plan.study}: there is no column {', '.join(missing)}. There are: {known}")
        return table.select(*map(duckdb.ColumnExpression, (PERSON, *plan.columns))).pl()


def _remove_all_but(folder: Path, made: set[str]) -> None:
    for path in sorted(folder.iterdir()) if folder.exists() else []:
        if path.name not in made:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
