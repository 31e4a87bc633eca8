"""What the warehouse costs against its size: all facts, all indicators, all subgroups; and one district's correction.

    PYTHONPATH=. .venv/bin/python benchmarks/warehouse_cost.py --students 10000 --students 100000 --years 5

A made-up state of 2,000 students is received and checked once; its record tables are then copied as often as a size
needs, each copy with districts, schools and people of its own. Intake is not timed here (benchmarks/main_job.py does
that). Prints a Markdown table: wall seconds of the facts, of the indicators, of one bare count by school and year over
every table that an indicator reads (summed over the indicators), the ratio of the two, and peak memory of dbt. Then,
for each kind of file, the seconds after one district sent its newest year again with a row less in that file, and how
many of the tables were made anew for it.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from orchestration.pipeline.load import note_content

CHECKOUT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
BASE = 2_000
CORRECTED = ("assessment_results", "attendance", "enrollments")  # the files that come again, one after the other
IDENTITIES = ("_key", "_id")  # columns that name something of a district's own end in one of these


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, action="append", help="sizes to build (default 10000)")
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keep everything here")
    parser.add_argument("--once", action="store_true", help="build only, without corrections")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="slds-warehouse-"))
    base = receive_base(folder / f"base-{options.years}", options.years)
    corrected = [] if options.once else [f" {name.replace('_', ' ')} s (tables) |" for name in CORRECTED]
    print("| students | years | facts s | indicators s | bare s | ratio | peak GiB |" + "".join(corrected))
    print("|--:|--:|--:|--:|--:|--:|--:|" + "--:|" * len(corrected))
    for students in options.students or [10_000]:
        place = folder / f"{students}-{options.years}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        warehouse = place / "slds.duckdb"
        multiply(base, warehouse, max(students // BASE, 1))
        first, _ = build(warehouse)
        bare = count_bare(warehouse, place / "target" / "manifest.json")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        corrections = []
        for name in () if options.once else CORRECTED:
            correct(warehouse, name)
            again, made = build(warehouse)
            corrections.append(f" {sum(again.values()):.0f} ({made[0]} of {made[1]}) |")
        print(
            f"| {students:,} | {options.years} | {first['facts']:.0f} | {first['indicators']:.0f} | {bare:.1f} "
            f"| {first['indicators'] / bare:.1f} | {peak:.1f} |{''.join(corrections)}",
            flush=True,
        )
    if not options.folder:
        shutil.rmtree(folder)


def receive_base(folder: Path, years: int) -> Path:
    """Make a small state and run the pipeline on it; return its warehouse, whose schema `records` reads its files."""
    warehouse = folder / "home" / "warehouse" / "slds.duckdb"
    if not warehouse.exists():
        environment = {**os.environ, "SLDS_HOME": str(folder / "home")}
        sample = ["sample", folder / "state", "--districts", 6, "--students", BASE, "--years", years]
        for command in (sample, ["run", "--sources", folder / "state" / "sources.yml"]):
            run([BIN / "slds", *command], environment)
    return warehouse


def multiply(base: Path, target: Path, copies: int) -> None:
    """Copy every record table `copies` times; from the second on, what is a copy's own bears its number."""
    with duckdb.connect(str(target)) as connection:
        connection.execute(f"attach '{base}' as base (read_only)")
        connection.execute("create schema records")
        connection.execute("create table records.state as from base.records.state")
        note_content(connection, "table records.state", [copies])
        [(state,)] = connection.execute("select state_id from base.records.state").fetchall()
        names = "select table_name from duckdb_columns() where database_name = 'base' and schema_name = 'records'"
        for (name,) in connection.execute(f"{names} and table_name <> 'state' group by all").fetchall():
            described = connection.execute(f"describe base.records.{name}").fetchall()
            columns = ", ".join(
                f"case when n = 0 or {column} = '{state}' then {column} else {column} || '-' || n end as {column}"
                if kind == "VARCHAR" and column.endswith(IDENTITIES)
                else column
                for column, kind, *_ in described
            )
            connection.execute(
                f"create table records.{name} as select {columns} from base.records.{name}, range({copies}) as c(n)"
            )
            note_content(connection, f"table records.{name}", [copies])


def build(warehouse: Path) -> tuple[dict[str, float], list[int]]:
    """Run all models up to the indicators.

    Return the seconds of the facts and of the indicators; of how many tables how many were not kept as they were.
    """
    seconds, made = {}, [0, 0]
    places = {
        "facts": ["path:seeds", "path:models/staging", "path:models/core"],
        "indicators": ["path:models/indicators"],
    }
    for part, selected in places.items():
        start = time.perf_counter()
        command = "build" if part == "facts" else "run"
        kinds = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"] if part == "facts" else []
        project = ["--project-dir", CHECKOUT / "dbt_project", "--profiles-dir", CHECKOUT / "dbt_project"]
        target = ["--target-path", warehouse.parent / "target"]
        environment = {**os.environ, "SLDS_WAREHOUSE": str(warehouse), "DBT_LOG_PATH": str(warehouse.parent / "logs")}
        run([BIN / "dbt", "--quiet", command, *kinds, "--select", *selected, *project, *target], environment)
        seconds[part] = time.perf_counter() - start
        results = json.loads((warehouse.parent / "target" / "run_results.json").read_text())["results"]
        tell_slowest(results)
        messages = [
            one["message"]
            for one in results
            if one["unique_id"].startswith("model.") and "view" not in one["message"].lower()
        ]
        made = [made[0] + sum(message != "KEPT" for message in messages), made[1] + len(messages)]
    return seconds, made


def tell_slowest(results: list[dict], most: int = 8) -> None:
    """Say on the side which models took longest."""
    taken = [(one["execution_time"], one["unique_id"].split(".")[-1]) for one in results]
    print("  slowest:", ", ".join(f"{name} {s:.1f}" for s, name in sorted(taken)[: -most - 1 : -1]), file=sys.stderr)


def count_bare(warehouse: Path, manifest: Path) -> float:
    """Seconds of one bare count over every table that each indicator reads, by school and year where it has them."""
    nodes = json.loads(manifest.read_text())["nodes"]
    start = time.perf_counter()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set threads = 2")
        for node in nodes.values():
            if node["resource_type"] != "model" or node["schema"] != "indicators":
                continue
            for name in node["depends_on"]["nodes"]:
                read = nodes[name]
                if read["schema"] == "core":
                    own = {row[0] for row in connection.execute(f"describe core.{read['name']}").fetchall()}
                    by = [column for column in ("school_id", "school_year") if column in own]
                    grouped = ", ".join(by)
                    connection.execute(
                        f"select {grouped + ', ' if by else ''}count(*) from core.{read['name']}"
                        + (f" group by {grouped}" if by else "")
                    ).fetchall()
    return time.perf_counter() - start


def correct(warehouse: Path, record_type: str) -> None:
    """One district's delivery of the newest year comes again, a row of one record type less."""
    with duckdb.connect(str(warehouse)) as connection:
        [(source, year)] = connection.execute(
            f"select source_id, school_year from records.{record_type} where lea_id is not null group by all "
            "order by school_year desc, source_id limit 1"
        ).fetchall()
        chosen = f"source_id = '{source}' and school_year = {year}"
        connection.execute(
            f"delete from records.{record_type} where {chosen} "
            f"and source_row = (select max(source_row) from records.{record_type} where {chosen})"
        )
        columns = "select table_name from duckdb_columns() where schema_name = 'records' and column_name = 'batch_id'"
        for (name,) in connection.execute(columns).fetchall():
            connection.execute(f"update records.{name} set batch_id = 'again-' || batch_id where {chosen}")
        for name in (record_type, "current_deliveries"):
            note_content(connection, f"table records.{name}", ["corrected", record_type])


def run(command: list, environment: dict) -> None:
    """Run a command; stop with what it said if it fails. Exit code 3 says that some source was rejected."""
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        sys.exit(done.stdout[-3000:] + done.stderr[-3000:])


if __name__ == "__main__":
    main()
