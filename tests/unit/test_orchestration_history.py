"""Dagster's history over connections that stay open: what Dagster itself reads in it, and what a night opens."""

import os
import signal
import subprocess
import sys

import dagster as dg
import pytest
import sqlalchemy

from orchestration.history import EventLog
from orchestration.home import CHECKOUT, Home

DAGSTERS_OWN = "storage: {sqlite: {base_dir: {env: SLDS_DAGSTER_DIR}}}\ntelemetry: {enabled: false}\n"
KILLED_BEFORE_IT_ENDS = """
import os, signal
import dagster as dg

@dg.asset
def before(): ...

@dg.asset(deps=[before])
def last(): os.kill(os.getpid(), signal.SIGKILL)

dg.materialize([before, last], instance=dg.DagsterInstance.get())
"""


@dg.asset(check_specs=[dg.AssetCheckSpec("right", asset="one")])
def one():
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])


@dg.asset(deps=[one])
def two(): ...


@pytest.fixture
def home(tmp_path, monkeypatch):
    from orchestration.defs.resources import point_dagster_at

    for name in ("DAGSTER_HOME", "SLDS_DAGSTER_DIR", "SLDS_DAGSTER_LOGS"):
        monkeypatch.setenv(name, "")  # so that what is pointed elsewhere comes back after the test
    home = Home(tmp_path / "home")
    point_dagster_at(home)
    return home


@pytest.fixture
def opened(monkeypatch):
    """The files of the connections that were opened."""
    files = []

    def note(dialect, _record, arguments, _options):
        files.append(os.path.basename(arguments[0]))

    sqlalchemy.event.listen(sqlalchemy.Engine, "do_connect", note)
    yield files
    sqlalchemy.event.remove(sqlalchemy.Engine, "do_connect", note)


def names_of(instance, run_id):
    return [entry.dagster_event.event_type_value for entry in instance.all_logs(run_id) if entry.dagster_event]


def test_dagsters_own_storage_reads_what_was_noted_and_finds_nothing_open(home):
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        run_id = dg.materialize([one, two], instance=instance).run_id
        told = names_of(instance, run_id)
    folder = home.root / "dagster"
    assert not [*folder.rglob("*-wal")], "what was noted stands in another file still"
    (folder / "dagster.yaml").write_text(DAGSTERS_OWN)
    with dg.DagsterInstance.get() as instance:
        assert not isinstance(instance.event_log_storage, EventLog)
        assert names_of(instance, run_id) == told
        assert {"ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION", "STEP_SUCCESS"} <= set(told)
        for asset in (one, two):
            assert instance.get_latest_materialization_event(asset.key).run_id == run_id


def test_another_run_opens_its_own_log_once_and_that_of_all_runs_not_again(home, opened):
    with dg.DagsterInstance.get() as instance:
        dg.materialize([one, two], instance=instance)
        opened.clear()
        run_id = dg.materialize([one, two], instance=instance).run_id
        assert opened.count("index.db") == 0
        assert 1 <= opened.count(f"{run_id}.db") < 5  # SQLAlchemy opens it more than once to make its tables


def test_a_run_that_is_killed_has_noted_all_it_said_until_then(home):
    command = [sys.executable, "-c", KILLED_BEFORE_IT_ENDS]
    killed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    with dg.DagsterInstance.get() as instance:
        [run] = instance.get_runs()
        assert names_of(instance, run.run_id)[-1] == "STEP_START"
        assert instance.get_latest_materialization_event(dg.AssetKey("before")).run_id == run.run_id


def test_the_history_can_be_wiped(home):
    with dg.DagsterInstance.get() as instance:
        run_id = dg.materialize([one], instance=instance).run_id
        instance.wipe()
        assert not instance.get_runs()
        assert names_of(instance, run_id) == []
