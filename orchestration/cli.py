"""The `slds` command: what a state data engineer lives in. Output and exit codes only; the work is elsewhere.

Exit codes: 0 all well; 1 the run failed; 2 wrong usage or configuration; 3 it ran, but some source was rejected or is
late, or some study has no extract.
"""

import json
import logging
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from dotenv import load_dotenv

from orchestration.exits import FAILED, OK, PARTLY, Refused
from orchestration.home import CHECKOUT

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
    help="OpenSLDS: from district extracts to protected public figures and a mart for every tier.",
)
sources_app = typer.Typer(no_args_is_help=True, help="Look at the sources file.")
app.add_typer(sources_app, name="sources")

SourcesOption = Annotated[
    Path | None,
    typer.Option(
        "--sources",
        metavar="FILE",
        help="The sources file. Default: SLDS_SOURCES, or the last run's, or the made-up state, made on first run.",
    ),
]


@app.callback(invoke_without_command=True)
def slds(show_version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    """Set up what every command needs."""
    if show_version:
        typer.echo(f"openslds {version('openslds')}")
        raise typer.Exit(OK)


@app.command()
def run(
    sources: SourcesOption = None,
    school_year: Annotated[
        list[int] | None, typer.Option("--school-year", metavar="Y", help="Receive only this year anew.")
    ] = None,
    lea: Annotated[
        list[str] | None, typer.Option("--lea", metavar="ID", help="Receive only this district anew; repeatable.")
    ] = None,
) -> None:
    """Run the pipeline: receive, check, build, protect, audit, publish.

    Example: `slds run --sources examples/shared-data/sources.yml --lea 255901`
    """
    from orchestration import screen
    from orchestration.runs import run as run_pipeline
    from orchestration.workspace import Scope

    workspace = open_workspace(sources, make_sample=True)
    check_scope(workspace, lea or [], school_year or [])
    outcome = run_pipeline(workspace, Scope(tuple(lea or ()), tuple(school_year or ())))
    screen.show_outcome(workspace, outcome)
    raise typer.Exit(outcome.exit_code)


@app.command()
def status(
    sources: SourcesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False,
) -> None:
    """Show where every district stands: last batch, rows received, accepted and quarantined, age, open errors.

    Example: `slds status --json`
    """
    from orchestration import screen
    from orchestration.status import exit_code_of, summarise

    report = summarise(open_workspace(sources))
    typer.echo(json.dumps(report, indent=2)) if as_json else screen.show_status(report)
    raise typer.Exit(exit_code_of(report))


@sources_app.command("check")
def check_sources(sources: SourcesOption = None) -> None:
    """Check the sources file and say which files each feed finds, without taking any in.

    Example: `slds sources check --sources examples/shared-data/sources.yml`
    """
    from orchestration import screen
    from orchestration.status import found_files

    feeds = found_files(open_workspace(sources))
    screen.show_feeds(feeds)
    raise typer.Exit(PARTLY if any(feed["files"] == 0 for feed in feeds) else OK)


@app.command()
def releases() -> None:
    """List the public releases, the current one marked, each checked against its manifest.

    Example: `slds releases`
    """
    from orchestration import screen
    from orchestration.defs.resources import configured_home

    raise typer.Exit(OK if screen.show_releases(configured_home().releases) else FAILED)


@app.command()
def explain(
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="An id (I01) or a name (chronic_absenteeism).")],
) -> None:
    """Explain an indicator: definition, parameters, sources, lineage.

    Example: `slds explain chronic_absenteeism`
    """
    from orchestration import catalog, screen
    from orchestration.dbt import prepare_manifest
    from orchestration.defs.resources import configured_home

    manifest = json.loads(prepare_manifest(configured_home()).read_text())
    found = catalog.find_indicator(manifest, indicator)
    if found is None:
        known = ", ".join(
            f"{each.meta['indicator_id']} {each.name.removeprefix('ind_')}"
            for each in catalog.list_indicators(manifest)
        )
        raise Refused(f"There is no indicator {indicator!r}. Known: {known}.")
    screen.show_indicator(found, catalog.parameter_values(found))


@app.command("catalog")
def catalog_pages(
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Default: SLDS_HOME/catalog.")] = None,
) -> None:
    """Write the catalog of indicators as pages: definition, parameters, SQL, lineage, who may see it, tests.

    Example: `slds catalog --out /tmp/catalog`
    """
    from orchestration.catalog_pages import compile_manifest, write_catalog
    from orchestration.defs.resources import configured_home

    home = configured_home()
    folder = (out or home.catalog).resolve()
    if folder.exists() and any(folder.iterdir()) and not (folder / "index.html").exists():
        raise Refused(f"{folder} holds something other than a catalog, which would be replaced. Name another folder.")
    entries = write_catalog(compile_manifest(home), folder)
    typer.echo(f"{len(entries)} indicators: {folder}/index.html")


@app.command()
def edfacts(
    files: Annotated[list[str] | None, typer.Argument(metavar="FILE …", help="File numbers; none: all.")] = None,
    school_year: Annotated[int, typer.Option("--school-year", metavar="Y", help="Spring year, as 2022.")] = 2022,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Default: SLDS_HOME/edfacts/Y.")] = None,
    form: Annotated[str, typer.Option("--format", help="tab or csv.")] = "tab",
    fips: Annotated[str | None, typer.Option(help="FIPS code of the state. Default: the state's id.")] = None,
    revision: Annotated[int, typer.Option(min=1, max=99, help="Number of this submission of the year.")] = 1,
) -> None:
    """Write submission files for EDFacts, checked, from the warehouse. They hold exact counts: keep them restricted.

    Example: `slds edfacts FS195 FS052 --school-year 2022`
    """
    from orchestration import screen
    from orchestration.defs.resources import configured_home
    from orchestration.edfacts import submit

    if form not in ("tab", "csv"):
        raise Refused(f"There is no format {form!r}. Known: tab, csv.")
    submissions = submit(
        configured_home(), files or [], school_year=school_year, out=out, form=form, fips=fips, revision=revision
    )
    raise typer.Exit(screen.show_submissions(submissions))


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("sample"),
    districts: Annotated[int, typer.Option(min=1, help="How many districts.")] = 6,
    students: Annotated[int, typer.Option(min=50, help="How many students in a year.")] = 2000,
    years: Annotated[int, typer.Option(min=1, max=12, help="How many school years, ending 2022.")] = 1,
    seed: Annotated[int, typer.Option(help="Same seed, same state.")] = 1,
    faults: Annotated[str, typer.Option(help="Faults to plant: 'all', or names with commas.")] = "",
) -> None:
    """Write a made-up state in the senders' own formats, with its sources file.

    Example: `slds sample /tmp/state --districts 20 --students 10000 --years 5 --seed 7 --faults all`
    """
    import sample_state

    wanted = "all" if faults == "all" else tuple(name.strip() for name in faults.split(",") if name.strip())
    unknown = [] if wanted == "all" else [name for name in wanted if name not in sample_state.FAULTS]
    if unknown:
        raise Refused(f"No such fault: {', '.join(unknown)}. Known: {', '.join(sample_state.FAULTS)}.")
    summary = sample_state.write_sample(
        folder,
        districts=districts,
        students=students,
        years=years,
        seed=seed,
        faults=wanted,
        progress=lambda message: typer.echo(message, err=True),
    )
    typer.echo(
        f"Made {summary.districts} districts, {summary.schools} schools, {summary.students:,} students: "
        f"{folder}/sources.yml"
    )


@app.command()
def ui(port: Annotated[int, typer.Option(help="Port of the web page.")] = 3000) -> None:
    """Open the Dagster UI on this machine, with the nightly schedule and the drop-folder sensor.

    Example: `slds ui --port 3001`
    """
    from orchestration.dbt import prepare_manifest
    from orchestration.defs.resources import configured_home, point_dagster_at

    home = configured_home()
    point_dagster_at(home)
    prepare_manifest(home)
    dagster = Path(sys.executable).with_name("dagster")
    os.execv(
        dagster, [str(dagster), "dev", "-m", "orchestration.definitions", "--host", "127.0.0.1", "--port", str(port)]
    )


@app.command("privacy", add_help_option=False, context_settings={"ignore_unknown_options": True})
def privacy_commands(arguments: Annotated[list[str] | None, typer.Argument(metavar="COMMAND …")] = None) -> None:
    """Protect, audit, check, explain, report and attack tables in plain files; extracts for studies. Without a home.

    Example: `slds privacy --help`
    """
    from privacy.cli import main as run_privacy

    raise typer.Exit(run_privacy(arguments or ["--help"]))


def open_workspace(sources: Path | None, *, make_sample: bool = False):
    """Return the workspace of the configured home; make the made-up state first when nothing else is configured."""
    from orchestration.defs.resources import (
        configured_home,
        configured_sources,
        configured_workspace,
        point_dagster_at,
    )

    home = configured_home()
    if sources:
        os.environ["SLDS_SOURCES"] = str(sources.resolve())
    path = configured_sources()
    if not path.exists():
        if path != home.sample_sources or not make_sample:
            raise Refused(
                f"There is no sources file {path}. Name one with --sources or SLDS_SOURCES, or run `slds run` first."
            )
        _make_default_sample(path.parent)
    point_dagster_at(home)
    workspace = configured_workspace()
    workspace.sources, workspace.key  # noqa: B018 (read now: a wrong file or key is refused before any work)
    return workspace


def _make_default_sample(folder: Path) -> None:
    import sample_state
    from orchestration.home import whole_folder

    logging.getLogger("openslds").info("no sources are configured: making a small made-up state in %s", folder)
    with whole_folder(folder) as draft:
        sample_state.write_sample(draft, districts=6, students=2400, years=1, seed=1)


def check_scope(workspace, leas: list[str], school_years: list[int]) -> None:
    """Refuse a district or year that the sources file does not have."""
    sources = workspace.sources.sources
    known_leas = {source.lea_id for source in sources} | {source.id for source in sources}
    known_years = {year for source in sources for year in source.school_years}
    for value, known, what in ((leas, known_leas, "district"), (school_years, known_years, "school year")):
        unknown = sorted(set(value) - known)
        if unknown:
            raise Refused(f"The sources file has no {what} {', '.join(map(str, unknown))}.")


def main() -> None:
    """Run the command line; turn what is wrong with the configuration into a message and exit code 2."""
    from orchestration import screen

    load_dotenv(CHECKOUT / ".env")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    screen.show_progress()
    try:
        app(standalone_mode=True)
    except Exception as error:
        raise SystemExit(screen.show_error(error)) from None


if __name__ == "__main__":
    main()
