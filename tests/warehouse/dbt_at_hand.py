"""dbt in a process of its own at every call, forked from one that has imported it: that takes longer than many a build.

A unit test of dbt puts its rows into the model's query as CTEs, and dbt parses the whole query to find where: a third
of the seconds of such a test. Here the query's first word tells. And it asks for the columns of every table it has rows
of: a fifth of what is left. Here every table is asked once.
"""

import functools
import multiprocessing
import os
import re
import subprocess
import sys
from pathlib import Path

FIRST_WITH = re.compile(r"\s*with\s+(?!recursive\b)", re.IGNORECASE)
FIRST_SELECT = re.compile(r"\s*(?=select\b|\()", re.IGNORECASE)  # what begins so has no `with` of its own but inside

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["dbt.cli.main", "dbt.adapters.duckdb", __name__])


def run_dbt(arguments: list[str], *, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess:
    """Run dbt in this folder and environment; return how it ended, and all it said as `stdout`."""
    output = folder / "dbt_said.txt"
    process = _processes.Process(target=_run, args=(arguments, environment, folder, output))
    process.start()
    process.join()
    return subprocess.CompletedProcess(["dbt", *arguments], process.exitcode, output.read_text())


def _run(arguments: list[str], environment: dict[str, str], folder: Path, output: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    with output.open("w") as said:
        os.dup2(said.fileno(), sys.stdout.fileno())
        os.dup2(said.fileno(), sys.stderr.fileno())
    from dbt import compilation
    from dbt.adapters.duckdb import DuckDBAdapter
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import cli

    compilation.inject_ctes_into_sql = with_ctes(compilation.inject_ctes_into_sql)
    if arguments[0] == "test":  # which makes temporary tables only, each of a name of its own
        DuckDBAdapter.get_columns_in_relation = once_each(DuckDBAdapter.get_columns_in_relation)
    try:
        cli(arguments, prog_name="dbt")
    finally:
        # A forked process ends without what dbt leaves to its end: that DuckDB's log goes into the warehouse's file.
        DuckDBConnectionManager.close_all_connections()


def with_ctes(parsing):
    """The function of dbt that puts CTEs before those of a query, without parsing one whose first word tells."""

    def put_before(sql: str, ctes: list) -> str:
        own, none = FIRST_WITH.match(sql), FIRST_SELECT.match(sql)
        put = ", ".join(cte.sql for cte in ctes)
        if ctes and own:
            return sql[: own.end()] + put + ", " + sql[own.end() :]
        if ctes and none:
            return sql[: none.end()] + f"with{put} " + sql[none.end() :]  # what dbt puts in begins with a space
        return parsing(sql, ctes)

    return put_before


def once_each(asking):
    """The method of dbt's adapter that asks for the columns of a table, asking once for each."""
    known = {}

    @functools.wraps(asking)
    def ask(adapter, relation):
        name = str(relation)
        if name not in known:
            known[name] = asking(adapter, relation)
        return known[name]

    return ask
