"""What the `slds privacy` commands share: exit codes, how a command is added, and progress. What they do: cli.py."""

import argparse
import sys
from collections.abc import Callable

OK, FAILED, USAGE, ATTENTION = 0, 1, 2, 3


def add_command(
    commands, name: str, run: Callable[[argparse.Namespace], int], help: str, example: str
) -> argparse.ArgumentParser:
    """The parser of a new command, whose run gives the exit code."""
    parser = commands.add_parser(
        name, help=help, description=help, epilog=f"Example: {commands._prog_prefix} {example}"
    )
    parser.set_defaults(run=run)
    return parser


def add_policy(parser: argparse.ArgumentParser) -> None:
    """Adds --policy."""
    parser.add_argument(
        "--policy",
        metavar="FILE",
        required=True,
        help="the policy: which values are small, how well they are hidden; a file, or the name of a ready one",
    )


def show_progress() -> Callable[[str, int, int], None] | None:
    """Progress for a person at a terminal; nothing for a log."""
    if not sys.stderr.isatty():
        return None

    def show(stage: str, done: int, total: int) -> None:
        print(f"\r{stage} {done:,}/{total:,}".ljust(60), end="\n" if done >= total else "", file=sys.stderr)

    return show
