"""Which columns each table is made of, read off the compiled SQL: from an element that is sent to a mart's column.

Of a model it says which columns of each parent it reads at all, not which of its own columns each feeds: a filter
decides a figure as much as a sum does.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from orchestration.dbt import PROJECT

EPHEMERAL = "__dbt__cte__"
"""How dbt names a model that it writes into another instead of making a table of it."""


@dataclass(frozen=True)
class Reading:
    """What one model reads of one parent (a model, seed or source, by its dbt id)."""

    model: str
    parent: str
    columns: tuple[str, ...]


def read_lineage(manifest: dict) -> list[Reading]:
    """Return what every model reads of every parent, parents first. The manifest must be of `dbt compile`.

    Raises `ValueError` when a model was not compiled.
    """
    schema = {node["name"]: dict.fromkeys(_header(node), "unknown") for node in _seeds(manifest)}
    readings = []
    ids = {name.split(".")[-1]: name for name in (*manifest["nodes"], *manifest["sources"])}
    for node in _parents_first(manifest):
        if not node.get("compiled_code"):
            raise ValueError(f"{node['name']} was not compiled")
        outputs, columns = _read_model(node["compiled_code"], schema)
        schema[node["name"]] = dict.fromkeys(outputs, "unknown")
        readings += [
            Reading(node["unique_id"], ids[parent], tuple(sorted(columns[parent]))) for parent in sorted(columns)
        ]
    return readings


def elements_of(readings: list[Reading], model: str) -> dict[str, set[str]]:
    """Return what of each record type a model rests on: record type → columns that anything on the way reads.

    Staging passes every column of a record type on, so what counts is which of them its readers take up.
    """
    by_model: dict[str, list[Reading]] = {}
    for reading in readings:
        by_model.setdefault(reading.model, []).append(reading)
    found: dict[str, set[str]] = {}
    open_, seen = [model], set()
    while open_:
        current = open_.pop()
        if current in seen:
            continue
        seen.add(current)
        for reading in by_model.get(current, ()):
            record_type = _staged(by_model, reading.parent)
            if record_type:
                found.setdefault(record_type, set()).update(reading.columns)
            elif reading.parent.startswith("model."):
                open_.append(reading.parent)
    return found


def _staged(by_model: dict[str, list[Reading]], parent: str) -> str | None:
    """The record type of a staging model; None for any other."""
    own = by_model.get(parent, [])
    if len(own) == 1 and own[0].parent.startswith("source.") and ".records." in own[0].parent:
        return own[0].parent.rsplit(".", 1)[-1]
    return None


def _seeds(manifest: dict) -> list[dict]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "seed"]


def _header(seed: dict) -> list[str]:
    with (PROJECT / seed["original_file_path"]).open(newline="") as file:
        return next(csv.reader(file))


def _parents_first(manifest: dict) -> Iterator[dict]:
    models = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    done: set[str] = set()

    def visit(name: str) -> Iterator[dict]:
        if name in done:
            return
        done.add(name)
        for parent in models[name]["depends_on"]["nodes"]:
            if parent in models:
                yield from visit(parent)
        yield models[name]

    for name in sorted(models):
        yield from visit(name)


def _read_model(sql: str, schema: dict[str, dict[str, str]]) -> tuple[list[str], dict[str, set[str]]]:
    """The columns a model has, and those it reads of each table."""
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    for cte in list(tree.find_all(exp.CTE)):
        if cte.alias.startswith(EPHEMERAL):
            cte.pop()
    for table in tree.find_all(exp.Table):
        # Names are unique over all schemas; what dbt wrote into the query is read as the model it is.
        table.set("db", None)
        table.set("catalog", None)
        table.this.set("this", table.name.removeprefix(EPHEMERAL))
    for clause in list(tree.find_all(exp.With)):
        if not clause.expressions:
            clause.pop()
    tree = qualify(
        tree, schema=schema, dialect="duckdb", validate_qualify_columns=False, expand_alias_refs=False, identify=False
    )
    columns: dict[str, set[str]] = {}
    for scope in traverse_scope(tree):
        tables = {name: source.name for name, source in scope.sources.items() if isinstance(source, exp.Table)}
        # A source's columns are not known beforehand: what a query of it alone names is its.
        only = next(iter(tables)) if len(scope.sources) == 1 and tables else None
        for column in scope.columns:
            table = tables.get(column.table or only)
            if table:
                columns.setdefault(table, set()).add(column.name)
    return tree.named_selects, columns
