"""Step 4: show the accepted record tables to the warehouse, and tell whether it has to be built anew.

The warehouse does not copy record tables: schema `records` holds one view per record type over the Parquet files of
the deliveries in use.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

import duckdb
import polars as pl

import expectations
import intake
from orchestration.home import hash_code, hash_json, read_json, write_json
from orchestration.pipeline.check import name_batch
from orchestration.pipeline.judge import Standing, standings
from orchestration.workspace import Workspace

CURRENT_DELIVERIES = pl.Schema(
    {
        "source_id": pl.String,
        "lea_id": pl.String,
        "school_year": pl.Int32,
        "batch_id": pl.String,
        "source_name": pl.String,
        "student_id_scope": pl.String,
        "received_at": pl.Datetime("us"),
    }
)


class Build(Enum):
    """What brings the exact tables up to date."""

    NONE = "neither the records nor the models have changed"
    CHANGES = "records have changed"
    FULL = "the models have changed"


def load_record_views(workspace: Workspace) -> dict[str, int]:
    """Point the views of schema `records` at the deliveries in use; return the rows of each record type.

    All views change in one transaction. A record type that nobody sends is an empty, typed view.
    Raises `RuntimeError` when no source has a delivery in use, or the records of one in use are gone.
    """
    in_use = [standing for standing in standings(workspace) if standing.current]
    if not in_use:
        raise RuntimeError("No source has a delivery that can be used. The reports say what each must mend.")
    workspace.home.warehouse.parent.mkdir(parents=True, exist_ok=True)
    folders = [_records_folder(workspace, standing) for standing in in_use]
    deliveries = pl.DataFrame([_delivery_row(workspace, standing) for standing in in_use], schema=CURRENT_DELIVERIES)
    state = pl.DataFrame({"state_id": [workspace.sources.state.id], "state_name": [workspace.sources.state.name]})
    counts, contents = {}, [read_json(folder.parent / "summary.json").get("contents", {}) for folder in folders]
    with duckdb.connect(str(workspace.home.warehouse)) as warehouse:
        warehouse.begin()
        warehouse.execute("create schema if not exists records")
        for record_type in intake.RECORD_TYPES:
            files = [_empty_table(workspace, record_type), *(folder / f"{record_type}.parquet" for folder in folders)]
            listing = ", ".join(f"'{str(path).replace(chr(39), chr(39) * 2)}'" for path in files if path.exists())
            warehouse.execute(
                f"create or replace view records.{record_type} as "
                f"select * from read_parquet([{listing}], union_by_name = true)"
            )
            said = [
                [standing.turn.source.id, standing.turn.school_year, content.get(record_type, standing.current)]
                for standing, content, folder in zip(in_use, contents, folders, strict=True)
                if (folder / f"{record_type}.parquet").exists()
            ]
            note_content(warehouse, f"view records.{record_type}", said)
            [(counts[record_type],)] = warehouse.execute(f"select count(*) from records.{record_type}").fetchall()
        for name, table in (("current_deliveries", deliveries), ("state", state)):
            warehouse.register("incoming", table.to_arrow())
            warehouse.execute(f"create or replace table records.{name} as select * from incoming")
            warehouse.unregister("incoming")
            note_content(warehouse, f"table records.{name}", table.rows())
        warehouse.commit()
    return counts


def note_content(warehouse: duckdb.DuckDBPyConnection, relation: str, content: list) -> None:
    """Note on a relation that dbt reads (`view x.y`) a hash of what it holds.

    dbt makes a table anew only when something it reads holds other rows than before (dbt_project/macros/keep.sql).
    """
    warehouse.execute(f"comment on {relation} is 'content {hash_json(content)}'")


def _records_folder(workspace: Workspace, standing: Standing) -> Path:
    turn, current = standing.turn, standing.current
    folder = workspace.home.checked(turn.source.id, turn.school_year, current["batch_id"], current["context_hash"])
    # A record type a delivery lacks is no file; a delivery that lacks its folder would be a district lost in silence.
    if not (folder / "records").is_dir():
        raise RuntimeError(f"The checked records of {turn.name} are gone. Restore checked/ from backup.")
    return folder / "records"


def _delivery_row(workspace: Workspace, standing: Standing) -> dict:
    source = standing.turn.source
    batch_id = standing.current["batch_id"]
    return {
        "source_id": source.id,
        "lea_id": source.lea_id,
        "school_year": standing.turn.school_year,
        "batch_id": name_batch(**standing.current),
        "source_name": source.name,
        "student_id_scope": source.student_id_scope,
        "received_at": intake.received_at(workspace.home.root, source.id, standing.turn.school_year, batch_id),
    }


def _empty_table(workspace: Workspace, record_type: str) -> Path:
    """The Parquet file of no rows that gives a record type's view its columns when nobody sends it."""
    path = workspace.home.warehouse.parent / "empty" / f"{record_type}.parquet"
    rows = {record_type: expectations.empty_records(record_type)}
    split = intake.split_identity(rows, key=workspace.key, lea_id=None, student_id_scope="state")
    table = split.records[record_type].with_columns(pl.lit(None, pl.String).alias("batch_id"))
    if not path.exists() or pl.read_parquet_schema(path) != table.schema:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".draft")
        table.write_parquet(fresh)
        fresh.rename(path)
    return path


@contextmanager
def exact_build(workspace: Workspace) -> Iterator[Build]:
    """Say what building the exact tables takes; remember a build that went to the end, and forget all others.

    A build killed half way may leave tables of two states of the records, or of the models: before the first table
    changes the note keeps only what is true of all of them.
    """
    path = workspace.home.warehouse.parent / "built.json"
    last = (read_json(path) or {}) if workspace.home.warehouse.exists() else {}
    now = {"models": hash_code("dbt_project"), "records": _fingerprint_records(workspace)}
    if last == now:
        yield Build.NONE
        return
    same_models = last.get("models") == now["models"]
    write_json(path, {"models": now["models"]} if same_models else {})
    yield Build.CHANGES if same_models else Build.FULL
    write_json(path, now)


def _fingerprint_records(workspace: Workspace) -> str:
    """Return a hash of all that schema `records` shows: the deliveries in use, where their rows lie, the state."""
    in_use = [standing for standing in standings(workspace) if standing.current]
    shown = [[_delivery_row(workspace, standing), _records_folder(workspace, standing)] for standing in in_use]
    return hash_json([shown, workspace.sources.state.id, workspace.sources.state.name])
