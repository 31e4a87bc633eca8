"""The warehouse's work beside the same work as bare DuckDB SQL over the same Parquet: rows, seconds, ratio, agreement.

    .venv/bin/python benchmarks/bare_sql.py --home .slds

Both sides make cells of `indicators.ind_cells` (the tables about enrolment, attendance and discipline) and the rows
of `district.district_student_attendance` from the record tables of a home that has run, with two threads, into a
file. `bare_sql/*.sql` is the bare side. It shares no text with the dbt project except the list of subgroup values,
so it is a second computation, too: the last lines say in how many rows the two differ, and a difference is an error
(exit code 1).

The home is only read; dbt works on a copy of its warehouse. Processor seconds stand beside the clock's: on a machine
that others use, too, they are the ones to compare.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.dbt import EXACT, PROJECT, dbt_environment, dbt_executable
from orchestration.home import Home

PROGRAM = Path(__file__).with_suffix("")
SUBGROUPS = PROJECT / "seeds" / "subgroup_values.csv"
# Result of the bare program -> table of the warehouse that must hold the same rows.
RESULTS = {"cells": "indicators.ind_cells", "student_attendance": "district.district_student_attendance"}
THREADS = 2
SELECTED = ["+ind_cells", "+district_student_attendance"]
OUTPUTS_ONLY = ["build", "--full-refresh", "--resource-type", "seed", "--resource-type", "model", "--select", *SELECTED]
PART_ONE = ["build", "--full-refresh", "--exclude-resource-type", "unit_test", "--selector", EXACT]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path(".slds"), help="SLDS_HOME of a state that has run")
    parser.add_argument("--runs", type=int, default=3, help="bare runs; the median counts (default 3)")
    options = parser.parse_args()
    warehouse = Home(options.home).warehouse
    if not warehouse.exists():
        raise SystemExit(f"{warehouse} is not there. Run `slds run` with this home first.")
    with tempfile.TemporaryDirectory(prefix="slds-bare-") as folder:
        copy = Home(Path(folder) / "home")
        copy.warehouse.parent.mkdir(parents=True)
        shutil.copy(warehouse, copy.warehouse)
        report(copy, bare=Path(folder) / "bare.duckdb", runs=options.runs)


def report(home: Home, *, bare: Path, runs: int) -> None:
    """Measure both sides on this copy of a home and print the table; exit with 1 if a row differs."""
    times = [measured(lambda: run_bare(home.warehouse, bare), who=resource.RUSAGE_SELF) for _ in range(runs)]
    wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"Record rows read: {record_rows(home.warehouse):,}\n")
    print("| what | seconds | ratio | processor seconds | ratio |\n|---|--:|--:|--:|--:|")

    def row(what: str, seconds: float, processor: float | None = None) -> None:
        busy = f"{processor:.1f} | {processor / cpu:.1f}" if processor else "|"
        print(f"| {what} | {seconds:.1f} | {seconds / wall:.1f} | {busy} |", flush=True)

    row(f"bare SQL, median of {runs}", wall, cpu)
    run_dbt(home, ["ls", "--select", "stg_state"])  # parses the project, as every night but the first finds it parsed
    for what, command in (
        ("the same tables by dbt", OUTPUTS_ONLY),
        ("the night's part one: with seeds, tests and the other tables", PART_ONE),
    ):
        row(what, *measured(lambda command=command: run_dbt(home, command), who=resource.RUSAGE_CHILDREN))
        row("of it: first node's start to last node's end", seconds_of_nodes(home))
    compared = compare(home.warehouse, bare)
    print("\n| table | rows | only in bare SQL | only in the warehouse |\n|---|--:|--:|--:|")
    for table, counts in compared.items():
        print(f"| `{table}` | " + " | ".join(f"{count:,}" for count in counts) + " |")
    sys.exit(any(extra or missing for _, extra, missing in compared.values()))


def measured(work: Callable, *, who: int) -> tuple[float, float]:
    """Do the work; return its seconds by the clock and of the processor, of this process or of its children."""

    def processor() -> float:
        usage = resource.getrusage(who)
        return usage.ru_utime + usage.ru_stime

    started, busy = time.monotonic(), processor()
    work()
    return time.monotonic() - started, processor() - busy


def run_bare(warehouse: Path, result: Path) -> None:
    """Run the bare program over the record views of a warehouse; leave its two tables in a new file `result`."""
    result.unlink(missing_ok=True)
    with duckdb.connect(str(result), config={"threads": THREADS}) as connection:
        connection.execute(f"attach {literal(warehouse)} as warehouse (read_only)")
        subgroups = f"read_csv({literal(SUBGROUPS)}, all_varchar = true)"
        connection.execute(f"create temp view subgroup_values as from {subgroups}")
        for file in sorted(PROGRAM.glob("*.sql")):
            connection.execute(file.read_text())


def compare(warehouse: Path, result: Path) -> dict[str, tuple[int, int, int]]:
    """Return per table of the warehouse: its rows, the rows only bare SQL has, the rows only the warehouse has."""
    compared = {}
    with duckdb.connect(str(result), read_only=True) as connection:
        connection.execute(f"attach {literal(warehouse)} as warehouse (read_only)")
        for ours, theirs in RESULTS.items():
            columns = ", ".join(name for name, *_ in connection.execute(f"describe warehouse.{theirs}").fetchall())
            bare, dbt = f"select {columns} from {ours}", f"select {columns} from warehouse.{theirs}"
            if "table_id" in columns:
                dbt += f" where table_id in (select table_id from {ours})"
            [compared[theirs]] = connection.execute(
                f"select (select count(*) from ({dbt})), (select count(*) from ({bare} except all {dbt})), "
                f"(select count(*) from ({dbt} except all {bare}))"
            ).fetchall()
    return compared


def record_rows(warehouse: Path) -> int:
    """Rows of the record tables that the program names."""
    text = "".join(file.read_text() for file in PROGRAM.glob("*.sql"))
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        views = connection.execute("select view_name from duckdb_views() where schema_name = 'records'").fetchall()
        used = [name for (name,) in views if f"warehouse.records.{name}" in text]
        return sum(connection.execute(f"select count(*) from records.{name}").fetchone()[0] for name in used)


def run_dbt(home: Home, command: list[str]) -> None:
    """Run dbt on this home's warehouse as the pipeline does, without Dagster around it. Stop if it fails."""
    finished = subprocess.run(
        [str(dbt_executable()), "--quiet", *command, "--project-dir", str(PROJECT)],
        env={**os.environ, **dbt_environment(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise SystemExit(f"dbt {command[0]} ended with {finished.returncode}:\n{finished.stdout}{finished.stderr}")


def seconds_of_nodes(home: Home) -> float:
    """Seconds from the first node's start to the last node's end in dbt's last run: no start-up, no parsing."""
    results = json.loads((home.dbt_target / "run_results.json").read_text())["results"]
    phases = [phase for node in results for phase in node["timing"]]
    first = min(datetime.fromisoformat(phase["started_at"]) for phase in phases)
    last = max(datetime.fromisoformat(phase["completed_at"]) for phase in phases)
    return (last - first).total_seconds()


def literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


if __name__ == "__main__":
    main()
