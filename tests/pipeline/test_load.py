"""Showing the records in use to the warehouse: nothing that is missing goes unnoticed."""

import shutil

import duckdb
import pytest

from orchestration.home import Home, write_json
from orchestration.pipeline.check import check_deliveries
from orchestration.pipeline.load import load_record_views
from orchestration.pipeline.receive import receive_deliveries
from orchestration.workspace import Workspace
from sample_state import write_sample


@pytest.fixture
def checked(tmp_path):
    """A workspace whose deliveries are checked and in use, and those deliveries."""
    write_sample(tmp_path / "state", districts=2, students=60)
    workspace = Workspace(Home(tmp_path / "home"), tmp_path / "state" / "sources.yml")
    results = check_deliveries(workspace, receive_deliveries(workspace))
    for result in results:
        use = {"batch_id": result.batch_id, "context_hash": result.context_hash}
        pointer = workspace.home.accepted(result.turn.source.id, result.turn.school_year)
        write_json(pointer, {"current": use, "newest": {**use, "status": "accepted"}})
    return workspace, results


def test_the_views_hold_the_rows_of_every_delivery_in_use(checked):
    workspace, results = checked
    counts = load_record_views(workspace)
    accepted = [count for result in results for count in result.summary["counts"] if count["record_type"] == "students"]
    assert counts["students"] == sum(count["accepted"] for count in accepted) > 0
    with duckdb.connect(str(workspace.home.warehouse), read_only=True) as warehouse:
        assert warehouse.sql("select count(*) from records.current_deliveries").fetchall() == [(len(results),)]


def test_a_delivery_in_use_whose_records_are_gone_is_named_and_not_left_out_in_silence(checked):
    workspace, results = checked
    load_record_views(workspace)
    lost = next(result for result in results if result.turn.source.lea_id)
    shutil.rmtree(lost.folder)
    with pytest.raises(RuntimeError, match=lost.turn.source.id):
        load_record_views(workspace)
