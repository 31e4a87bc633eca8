"""The `slds privacy` commands: plain files in, plain files out, no home needed. Words and exit codes only.

Exit codes (commands.py): 0 all well; 1 a fault of ours; 2 wrong usage, file or policy; 3 it ran, and something needs
attention (the audit or the check failed, a number can be recovered, an extract was refused). The commands about records
of persons: research/study_commands.py.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from privacy.commands import ATTENTION, FAILED, OK, USAGE, add_command, add_policy, show_progress
from privacy.research.study_commands import add_check_output, add_extract, add_hand_over

LEAST_SECRET = 16  # bytes


def main(arguments: Sequence[str] | None = None, *, program: str = "slds privacy") -> int:
    """Runs one command and returns its exit code; what is wrong with the input is told on standard error."""
    given = _build_parser(program).parse_args(arguments)
    try:
        return given.run(given)
    except ValueError as error:  # a description, policy or table that cannot be used; bugs raise other errors
        print(error, file=sys.stderr)
        return USAGE
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return USAGE
    except RuntimeError as error:
        print(f"This is a fault of the program: {error}", file=sys.stderr)
        return FAILED
    except Exception as error:
        if os.environ.get("SLDS_TRACEBACK"):
            raise
        # What such an error says may hold numbers of students.
        print(
            f"This is a fault of the program ({type(error).__name__}). SLDS_TRACEBACK=1 shows where.", file=sys.stderr
        )
        return FAILED


def _build_parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Protect tables in plain files, attack them, check the proof, and tell about it; make a study's "
        "extract, and check what its researchers bring back. Needs no home.",
        epilog="Formats of all files: docs/disclosure-files.md, for studies docs/research-extracts.md. Exit codes: "
        "0 all well, 1 a fault of the program, 2 wrong usage or input, 3 something needs attention.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (_add_protect, _add_audit, _add_check, _add_explain, _add_report, _add_attack):
        add(commands)
    for add in (add_extract, add_hand_over, add_check_output):
        add(commands)
    return parser


def _add_input(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "--description", metavar="FILE", action="append", required=required,
        help="what the files call things (YAML); once for all files, or once for each",
    )  # fmt: skip
    parser.add_argument(
        "--secret-file", metavar="FILE", type=Path,
        help=f"a file of at least {LEAST_SECRET} random bytes that breaks ties, kept by you and never published",
    )  # fmt: skip


def _add_protect(commands) -> None:
    parser = add_command(
        commands, "protect", _protect,
        "Decide what of a set of tables is published; write DIR/public and DIR/internal.",
        "protect cells.csv --description cells.yml --policy policy.yml --secret-file secret.key --out release",
    )  # fmt: skip
    parser.add_argument(
        "cells", metavar="CELLS", nargs="+", help="CSV or Parquet files of cells, tables split as you like"
    )
    _add_input(parser, required=True)
    add_policy(parser)
    parser.add_argument("--out", metavar="DIR", required=True, help="the folder to make, or to make anew")


def _add_audit(commands) -> None:
    parser = add_command(
        commands, "audit", _audit,
        "Attack DIR/public as a reader would; write certificates, public ones only if nothing falls.",
        "audit release --policy policy.yml",
    )  # fmt: skip
    parser.add_argument("folder", metavar="DIR", help="what `protect` made")
    add_policy(parser)


def _add_check(commands) -> None:
    parser = add_command(
        commands, "check", _check,
        "Check the certificates of an audit with additions and comparisons alone, without a solver.",
        "check release --policy policy.yml --internal",
    )  # fmt: skip
    parser.add_argument("folder", metavar="DIR", help="what `protect` made and `audit` attacked; DIR/public is enough")
    add_policy(parser)
    parser.add_argument(
        "--internal", action="store_true",
        help="also hold that everything on the internal list of sensitive numbers is withheld and proved",
    )  # fmt: skip


def _add_explain(commands) -> None:
    parser = add_command(
        commands, "explain", _explain,
        "Say why one cell is withheld. For internal use only: the answer tells which withheld numbers are small.",
        "explain release ind_membership_october_1/2026/0101/race/BL --policy policy.yml",
    )  # fmt: skip
    parser.add_argument("folder", metavar="DIR", help="what `protect` made")
    parser.add_argument("cell", metavar="CELL", help="table_id/school_year/org_id/disaggregate_type/disaggregate_value")
    add_policy(parser)


def _add_report(commands) -> None:
    parser = add_command(
        commands, "report", _report,
        "Write the disclosure report for the review board: one HTML page, counts only.",
        "report release --policy policy.yml --compare other.yml --cells cells.csv --description cells.yml",
    )  # fmt: skip
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("folder", metavar="DIR", nargs="?", help="what `protect` made")
    where.add_argument(
        "--home", metavar="HOME", nargs="?", const="",
        help="report on what a home holds instead (default: the setting SLDS_HOME)",
    )  # fmt: skip
    add_policy(parser)
    parser.add_argument("--out", metavar="FILE", help="the page (default: DIR/internal/report.html)")
    parser.add_argument("--compare", metavar="POLICY", help="show beside it the same cells under another policy")
    parser.add_argument("--cells", metavar="CELLS", nargs="+", help="the files `protect` was given; for --compare")
    _add_input(parser, required=False)


def _add_attack(commands) -> None:
    parser = add_command(
        commands, "attack", _attack,
        "Attack somebody else's published tables: how many withheld numbers can be worked out. Prints counts only.",
        "attack published.csv --relations relations.yml",
    )  # fmt: skip
    parser.add_argument("release", metavar="RELEASE", help="the published tables, CSV or Parquet, wide or long")
    parser.add_argument(
        "--relations", metavar="FILE", required=True,
        help="what the columns are, which groups and organisations make up which (YAML)",
    )  # fmt: skip
    parser.add_argument(
        "--bounds-only", action="store_true",
        help="follow bounds through the sums and stop there: quick; finds most, proves nothing safe",
    )  # fmt: skip


def _protect(given: argparse.Namespace) -> int:
    from privacy.files import protect_files

    secret = read_secret(given.secret_file)
    protected = protect_files(
        given.cells, given.description, given.policy, given.out, secret=secret, progress=show_progress()
    )
    cells = protected.cells
    withheld = (cells["status"] == "withheld").sum()
    print(f"{cells.height:,} cells, {withheld:,} of them withheld in whole or in part. Policy {protected.policy_hash}.")
    lost = protected.unprotected.height
    if lost:
        print(
            f"{lost:,} sensitive numbers cannot be protected: publish nothing. Which, and why: "
            f"{given.out}/internal/unprotected.parquet",
            file=sys.stderr,
        )
        return ATTENTION
    print(f"Publish nothing yet: attack it with `audit {given.out}` first. {given.out}/internal never leaves.")
    return OK


def _audit(given: argparse.Namespace) -> int:
    from privacy.files import audit_files

    report = audit_files(given.folder, given.policy, progress=show_progress())
    for row in report.tables.iter_rows(named=True):
        verdict = "passed" if row["passed"] else f"FAILED, {row['failures']:,} failures"
        print(f"{row['table_id']}: {row['checked']:,} protected numbers attacked, {verdict}")
    if report.passed:
        print(f"The audit passed: {given.folder}/public may be published, if earlier releases give away none of it.")
        print("It knows this release alone. What earlier ones showed is held against it by the ledger, in `slds run`.")
        return OK
    print(f"The audit failed: publish nothing. Where: {given.folder}/internal/failures.parquet", file=sys.stderr)
    return ATTENTION


def _check(given: argparse.Namespace) -> int:
    from privacy.files import check_files

    folder = Path(given.folder)
    public = folder / "public" if (folder / "public").is_dir() else folder
    structure, certificates, sensitive = public / "structure", public / "certificates", None
    if given.internal:
        structure, sensitive = folder / "internal", folder / "internal" / "sensitive.parquet"
        certificates = structure / "certificates"
    report = check_files(public / "cells.parquet", structure, certificates, given.policy, sensitive_path=sensitive)
    print(f"{report.withheld:,} numbers withheld, {report.proven.height:,} proved to keep the values required.")
    for problem, count in report.faults.iter_rows():
        print(f"{problem.replace('_', ' ')}: {count:,}", file=sys.stderr)
    print("The certificates hold." if report.passed else "The certificates do not hold: publish nothing.")
    return OK if report.passed else ATTENTION


def _explain(given: argparse.Namespace) -> int:
    from privacy.files import read_evidence, read_release
    from privacy.policy import load_policy
    from privacy.report.explanation import explain_cell

    found = Path(given.folder) / "internal" / "certificates"
    evidence = read_evidence(found) if found.is_dir() else None
    for line in explain_cell(read_release(given.folder), evidence, load_policy(given.policy), given.cell):
        print(line)
    return OK


def _report(given: argparse.Namespace) -> int:
    from privacy.report.reporting import Comparison, find_home_folder, report_files

    comparison = None
    if given.compare:
        if not given.cells or not given.description:
            raise ValueError(
                "--compare needs --cells and --description: a release does not hold the numbers it withholds"
            )
        secret = read_secret(given.secret_file)
        comparison = Comparison(given.compare, given.cells, given.description, secret)
    folder = given.folder or find_home_folder(given.home or os.environ.get("SLDS_HOME"))
    page = report_files(folder, given.policy, given.out, comparison=comparison, progress=show_progress())
    print(f"Wrote {page}")
    return OK


def _attack(given: argparse.Namespace) -> int:
    from privacy.foreign.others import attack_release, describe_exposure

    exposure = attack_release(given.release, given.relations, search=not given.bounds_only, progress=show_progress())
    for line in describe_exposure(exposure):
        print(line)
    return ATTENTION if exposure.exposed or exposure.small_shown else OK


def read_secret(path: Path | None) -> bytes:
    """The bytes of a secret file; without one, b"" and a warning. Raises ValueError when it is too short."""
    if path is None:
        print("No --secret-file: for a trial only. Who repeats the computation may exclude values.", file=sys.stderr)
        return b""
    secret = path.read_bytes()
    if len(secret) < LEAST_SECRET:
        raise ValueError(f"{path.name} holds {len(secret)} bytes; a secret needs at least {LEAST_SECRET}")
    return secret


if __name__ == "__main__":
    raise SystemExit(main(program="python -m privacy.cli"))
