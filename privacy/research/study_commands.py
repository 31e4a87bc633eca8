"""The `slds privacy` commands about records of persons: a study's extract, and what its researchers bring back."""

import argparse
import sys

from privacy.commands import ATTENTION, OK, add_command, add_policy, show_progress


def add_extract(commands) -> None:
    """Adds `extract`."""
    parser = add_command(
        commands, "extract", _extract,
        "Make a study's extract of rows about persons, as its plan says; write DIR/researcher and DIR/internal.",
        "extract rows.parquet plan.yml --codes codes --out study",
    )  # fmt: skip
    parser.add_argument("rows", metavar="ROWS", help="a Parquet file with a row per person, or per person and time")
    parser.add_argument("plan", metavar="PLAN", help="the study's plan (YAML): its columns, k, and what is recoded")
    parser.add_argument(
        "--codes", metavar="DIR", required=True,
        help="the protected folder that says whose code is whose; made if need be, never given out",
    )  # fmt: skip
    parser.add_argument("--out", metavar="DIR", required=True, help="where the extract and its report go")


def add_hand_over(commands) -> None:
    """Adds `hand-over`."""
    parser = add_command(
        commands, "hand-over", _hand_over,
        "Note that a study's extract goes to its researchers: later extracts of the study are held against it.",
        "hand-over study --codes codes",
    )  # fmt: skip
    parser.add_argument("folder", metavar="DIR", help="the folder the extract was written to")
    parser.add_argument("--codes", metavar="DIR", required=True, help="the protected folder of the study's codes")


def add_check_output(commands) -> None:
    """Adds `check-output`."""
    parser = add_command(
        commands, "check-output", _check_output,
        "Check tables that researchers bring back: may they leave, beside all the study took out before?",
        "check-output table.csv --description cells.yml --policy policy.yml --earlier march.csv",
    )  # fmt: skip
    parser.add_argument("tables", metavar="FILE", nargs="+", help="CSV or Parquet files of cells, withheld ones empty")
    parser.add_argument(
        "--description", metavar="FILE", required=True, help="what the files call things (YAML); once for all files"
    )
    add_policy(parser)
    parser.add_argument(
        "--earlier", metavar="FILE", nargs="+", default=[], help="what left before: files of cells, the same way"
    )


def _extract(given: argparse.Namespace) -> int:
    from privacy.research.microdata import ExtractRefused
    from privacy.research.study_files import make_extract

    try:
        report = make_extract(given.rows, given.plan, given.codes, given.out).report
    except ExtractRefused as refused:
        print(f"{refused}. Nothing is written.", file=sys.stderr)
        return ATTENTION
    reached = [f"k = {report.anonymity.k}", *(f"l = {found} in {name}" for name, found in report.anonymity.l.items())]
    print(f"{report.persons:,} persons, {report.rows:,} rows: {', '.join(reached)}. Plan {report.plan_hash}.")
    print(
        f"{report.withheld_persons:,} persons without their quasi-identifiers, {report.dropped_persons:,} dropped, "
        f"{report.unique_persons:,} told from all others by all columns together."
    )
    if report.earlier:
        print(
            f"Held against {report.earlier} handed over before; {report.told_by_leaving:,} persons of these are told "
            "by not being in this one."
        )
    print(f"{given.out}/researcher may go to the study. {given.out}/internal and {given.codes} never leave.")
    return OK


def _hand_over(given: argparse.Namespace) -> int:
    from privacy.research.study_files import hand_over

    study, path, versions = hand_over(given.folder, given.codes)
    print(f"Study {study}: send {path}. Every later extract is held against the {versions} handed over so far.")
    return OK


def _check_output(given: argparse.Namespace) -> int:
    from privacy.research.study_files import check_outputs

    report = check_outputs(
        given.tables, given.description, given.policy, earlier=given.earlier, progress=show_progress()
    )
    print(f"{report.shown:,} numbers shown, {report.withheld:,} withheld.")
    for output, row, statistic, _problem, message in report.findings.iter_rows():
        print(f"{output}, row {row}, {statistic}: {message}.", file=sys.stderr)
    print("Nothing was found: this may leave." if report.passed else "This must not leave as it is.")
    return OK if report.passed else ATTENTION
