"""What a person sees at the command line: progress, tables, and errors in plain words. No decision is taken here."""

import logging
import os
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

import delivery
from delivery.releases import verify_release
from orchestration.exits import FAILED, OK, PARTLY, USAGE, Refused
from orchestration.home import HomeBusy
from orchestration.lost import tell_lost

console = Console(highlight=False)
progress = Console(stderr=True, highlight=False)

STATUS_STYLE = {"accepted": "green", "held_back": "red", "missing": "red", "problem": "yellow"}
STATUS_WORDS = {
    "accepted": "accepted",
    "held_back": "held back",
    "missing": "nothing arrived",
    "problem": "previous in use",
}


class ProgressLines(logging.Handler):
    """One line per finished piece of work, with the seconds since the start."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.started = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        style = "yellow" if record.levelno >= logging.WARNING else "default"
        progress.print(f"[dim]{time.monotonic() - self.started:6.1f} s[/dim]  ", end="")
        progress.print(record.getMessage(), style=style, markup=False, soft_wrap=True)


def show_progress() -> None:
    """Send the pipeline's own log lines to the screen (stderr), and only those."""
    logger = logging.getLogger("openslds")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(ProgressLines())


def show_outcome(workspace, outcome) -> None:
    """Print the summary that a run ends with."""
    if not outcome.did_work:
        console.print("[green]Nothing new:[/green] no source, rule, policy or code has changed since the last run.")
    _show_sources(outcome.summary["sources"])
    if outcome.failures:
        console.print("\n[red bold]The run failed; nothing was published.[/red bold]")
        for failure in outcome.failures:
            console.print(f"  {failure}", markup=False)
        return
    _show_release(outcome.summary["release"])
    _show_studies(outcome.summary["studies"])
    _show_places(workspace)


def _show_sources(sources: list[dict]) -> None:
    table = Table(title="Received", title_justify="left", box=None, pad_edge=False)
    for heading, justify in (
        ("source", "left"),
        ("year", "right"),
        ("status", "left"),
        ("received", "right"),
        ("accepted", "right"),
        ("quarantined", "right"),
        ("open errors (rule × rows)", "left"),
    ):
        table.add_column(heading, justify=justify)
    for source in sources:
        style = STATUS_STYLE[source["status"]]
        errors = ", ".join(f"{error['rule']} × {error['rows']:,}" for error in source["errors"][:6])
        more = f" and {len(source['errors']) - 6} more" if len(source["errors"]) > 6 else ""
        table.add_row(
            source["source_id"],
            str(source["school_year"]),
            f"[{style}]{STATUS_WORDS[source['status']]}[/{style}]",
            *(f"{source[name]:,}" for name in ("received", "accepted", "quarantined")),
            errors + more,
        )
    console.print(table)
    for source in sources:
        if source["errors"] or source["status"] != "accepted":
            console.print(f"  what {source['source_id']} must mend: {source['report']}", markup=False, soft_wrap=True)


def _show_release(release: dict | None) -> None:
    if release is None:
        console.print("\nNo release has been published yet.")
        return
    table = Table(title=f"\nReleased: {release['id']}", title_justify="left", box=None, pad_edge=False)
    for heading in ("table", "why withheld", "cells"):
        table.add_column(heading, justify="right" if heading == "cells" else "left")
    for entry in release["withheld"]:
        table.add_row(entry["table_id"], entry["reason"].replace("_", " "), f"{entry['cells']:,}")
    console.print(table)
    rows = ", ".join(f"{name} {count:,} rows" for name, count in release["row_counts"].items())
    console.print(f"  {rows}; policy {release['policy']['name']} {release['policy']['version']}", markup=False)
    _show_audit(release)


def _show_audit(release: dict) -> None:
    if release["lost"] is None:
        console.print("  [yellow]audit passed[/yellow]")
        console.print(f"  {_tell_lost(release)}", style="yellow", markup=False, soft_wrap=True)
        return
    checked = sum(entry["checked"] for entry in release["audit"]["tables"])
    attacked, lost = f"{checked:,} withheld quantities attacked", _tell_lost(release)
    if lost:
        console.print(f"  [yellow]audit passed, but for what is lost[/yellow]: {attacked}, no other recoverable")
        console.print(f"  {lost}", style="yellow", markup=False, soft_wrap=True)
    else:
        console.print(f"  [green]audit passed[/green]: {attacked}, none recoverable")


def _tell_lost(release: dict) -> str:
    if release["lost"] is None:
        return "Whether earlier releases lost numbers is not known: it is not noted of this one. The next says it."
    return tell_lost(release["lost"])


def _show_studies(studies: list[dict]) -> None:
    for study in studies:
        if "refused" in study:
            console.print(f"\n[yellow]no extract of {study['plan']}:[/yellow]")
            console.print(f"  {study['refused']}", markup=False, soft_wrap=True)
            continue
        left = study.get("told_by_leaving")
        console.print(
            f"\nStudy {study['study']}: {study['persons']:,} persons, {study['rows']:,} rows, k = {study['k']}; "
            f"{study['withheld_persons']:,} without their quasi-identifiers, {study['dropped_persons']:,} dropped"
            + (f"; {left:,} of extracts handed over before told by not being in this one" if left else ""),
            markup=False, soft_wrap=True,
        )  # fmt: skip


def _show_places(workspace) -> None:
    home = workspace.home
    console.print("\nWhere things are")
    for what, path in (
        ("public release", home.releases / "current"),
        ("marts", home.marts),
        ("reports", home.reports),
        ("data docs", home.data_docs / "index.html"),
    ):
        console.print(f"  {what:<15} {path}", markup=False, soft_wrap=True)
    console.print("  Dagster UI      make ui  (then open the address it prints)")


def show_status(report: dict) -> None:
    """Print where every district stands."""
    _show_sources(report["sources"])
    for source in report["sources"]:
        age = "never" if source["age_days"] is None else f"{source['age_days']:.1f} days ago"
        late = "  [red]late[/red]" if source["is_late"] else ""
        console.print(
            f"  {source['source_id']} {source['school_year']}: batch {source['batch_id'] or 'none'}, {age}{late}"
        )
    if report["release"]:
        console.print(f"\nCurrent release: {report['release']['id']}")
        lost = _tell_lost(report["release"])
        if lost:
            console.print(f"  {lost}", style="yellow", markup=False, soft_wrap=True)
    _show_studies(report["studies"])


def show_feeds(feeds: list[dict]) -> None:
    """Print what each feed finds."""
    table = Table(box=None, pad_edge=False)
    for heading in ("source", "year", "format", "files", "bytes", "path"):
        table.add_column(heading, justify="right" if heading in ("files", "bytes", "year") else "left")
    for feed in feeds:
        style = "red" if feed["files"] == 0 else None
        table.add_row(
            feed["source_id"],
            str(feed["school_year"]),
            feed["format"],
            str(feed["files"]),
            f"{feed['bytes']:,}",
            feed["path"],
            style=style,
        )
    console.print(table)


def show_releases(releases_dir: Path) -> bool:
    """Print every release and whether it is as it was published; return whether all are."""
    current = delivery.current_release(releases_dir)
    sound = True
    for release in delivery.list_releases(releases_dir):
        try:
            verify_release(release.folder)
            verdict = "[green]verified[/green]"
        except delivery.ReleaseError as error:
            sound, verdict = False, f"[red]{error}[/red]"
        mark = "[bold]current[/bold]" if current and current.id == release.id else ""
        rows = sum(release.manifest["row_counts"].values())
        console.print(f"{release.id}  {rows:>8,} rows  policy {release.manifest['policy']['hash']}  {verdict}  {mark}")
    if current is None:
        console.print("No release has been published yet.")
    return sound


def show_indicator(indicator, parameters: list[dict]) -> None:
    """Print an indicator's definition, parameters, sources and lineage."""
    meta = dict(indicator.meta)
    console.print(f"[bold]{meta.pop('title', indicator.name)}[/bold]  ({meta.pop('indicator_id')}, {indicator.name})\n")
    console.print(indicator.description, markup=False)
    for key, value in meta.items():
        if key in ("keys", "parameters"):
            continue
        console.print(f"\n[bold]{key.replace('_', ' ').capitalize()}[/bold]")
        for line in value if isinstance(value, list) else [value]:
            console.print(f"  {'- ' if isinstance(value, list) else ''}{line}", markup=False)
    console.print("\n[bold]Parameters by authority[/bold]" if parameters else "\nIt has no parameters.")
    for row in parameters:
        years = f"{row['first_school_year'] or 'always'}–{row['last_school_year'] or 'now'}"
        console.print(
            f"  {row['parameter']} = {row['value']}  ({row['authority']}, {years}; {row['source']})", markup=False
        )
    console.print("\n[bold]Rests on[/bold]")
    console.print("  " + ", ".join(indicator.upstream), markup=False)
    console.print("\n[bold]Serves[/bold]")
    console.print("  " + (", ".join(indicator.downstream) or "nothing yet"), markup=False)


def show_submissions(submissions: list) -> int:
    """Print what came of each file for EDFacts; return the exit code: 1 for a failed check, 3 for one without data."""
    for submission in submissions:
        file = submission.layout
        console.print(f"[bold]{file.spec}[/bold] {file.title}")
        for written in submission.files:
            of = f"{written.organization_count:,} organizations"
            console.print(f"  {written.record_count:>9,} records, {of}  {written.path}", markup=False, soft_wrap=True)
        for level, ids in submission.without_data.items():
            who = f"{len(ids)} {'districts' if level == 'lea' else 'schools'} with students"
            console.print(f"  [yellow]nothing of {who}: nobody to count there, or nothing sent[/yellow]")
        for problem in submission.problems[:20]:
            console.print(f"  {problem}", style="red", markup=False)
        if submission.problems:
            console.print(f"  [red]{len(submission.problems)} checks failed: not written[/red]")
        if submission.no_data:
            console.print(f"  [yellow]no data:[/yellow] {submission.no_data}")
        for remark in file.unconfirmed if submission.files else ():
            console.print(f"  check: {remark}", style="dim", markup=False, soft_wrap=True)
    if any(submission.problems for submission in submissions):
        return FAILED
    return PARTLY if any(submission.no_data for submission in submissions) else OK


def show_error(error: Exception) -> int:
    """Print what went wrong and return the exit code: 2 for usage and configuration, 1 for everything else."""
    import intake
    import privacy

    refusals = (Refused, intake.SourcesError, intake.KeyMismatch, privacy.PolicyError)
    if isinstance(error, refusals):
        progress.print(str(error), style="red", markup=False)
        return USAGE
    if isinstance(error, HomeBusy):
        progress.print(str(error), style="red", markup=False)
        return FAILED
    progress.print(f"The run failed: {type(error).__name__}: {error}", style="red", markup=False)
    if os.environ.get("SLDS_TRACEBACK"):
        progress.print_exception()
    else:
        progress.print("Set SLDS_TRACEBACK=1 to see where.", style="dim")
    sys.stdout.flush()
    return FAILED
