"""Showing the records in use to the warehouse: nothing that is missing goes unnoticed."""

import shutil

import duckdb
import pytest

from orchestration.home import Home, write_json
from orchestration.pipeline.check import check_deliveries
from orchestration.pipeline.load import Build, exact_build, load_record_views
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


def what_it_takes(workspace):
    """What a build of the exact tables takes now; the build goes to the end."""
    with exact_build(workspace) as build:
        return build


def break_off(workspace):
    with exact_build(workspace):
        raise KeyboardInterrupt


def hold_back_one(workspace, results):
    turn = results[-1].turn
    write_json(workspace.home.accepted(turn.source.id, turn.school_year), {"newest": {"status": "held_back"}})


def test_the_exact_tables_are_built_when_records_or_models_changed_and_else_not(checked, monkeypatch):
    workspace, results = checked
    load_record_views(workspace)
    assert what_it_takes(workspace) is Build.FULL
    assert what_it_takes(workspace) is Build.NONE
    hold_back_one(workspace, results)
    assert what_it_takes(workspace) is Build.CHANGES
    assert what_it_takes(workspace) is Build.NONE
    monkeypatch.setattr("orchestration.pipeline.load.hash_code", lambda folder: "other models")
    assert what_it_takes(workspace) is Build.FULL
    workspace.home.warehouse.unlink()
    assert what_it_takes(workspace) is Build.FULL


def test_a_build_that_broke_off_is_made_again_though_the_records_are_what_they_were_before_it(checked):
    workspace, results = checked
    load_record_views(workspace)
    what_it_takes(workspace)
    pointer = workspace.home.accepted(results[-1].turn.source.id, results[-1].turn.school_year)
    before = pointer.read_bytes()
    hold_back_one(workspace, results)
    with pytest.raises(KeyboardInterrupt):
        break_off(workspace)
    pointer.write_bytes(before)
    assert what_it_takes(workspace) is Build.CHANGES


def test_a_build_with_new_models_that_broke_off_is_made_whole(checked, monkeypatch):
    workspace, _ = checked
    load_record_views(workspace)
    what_it_takes(workspace)
    with monkeypatch.context() as patch:
        patch.setattr("orchestration.pipeline.load.hash_code", lambda folder: "other models")
        with pytest.raises(KeyboardInterrupt):
            break_off(workspace)
    assert what_it_takes(workspace) is Build.FULL
