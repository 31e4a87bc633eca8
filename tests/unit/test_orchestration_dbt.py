"""When the dbt project is parsed anew, and when from nothing."""

import subprocess

import pytest

from orchestration import dbt
from orchestration.home import Home, read_json, write_json


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home whose project was parsed by today's models; dbt only notes what it found when it was called."""
    home, calls = Home(tmp_path), []

    def parse(command, **options):
        calls.append((home.dbt_parsed / "partial_parse.msgpack").exists())
        home.manifest.write_text("{}")
        (home.dbt_parsed / "partial_parse.msgpack").write_text("parsed")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(dbt.subprocess, "run", parse)
    dbt.prepare_manifest(home)
    assert calls == [False]
    calls.clear()
    return home, calls


def test_a_project_that_did_not_change_is_not_parsed_again(home):
    place, calls = home
    dbt.prepare_manifest(place)
    assert calls == []


@pytest.mark.parametrize(("changed", "is_resumed"), [("models", True), ("selectors", False)])
def test_changed_models_are_parsed_by_what_dbt_kept_and_changed_selectors_from_nothing(home, changed, is_resumed):
    place, calls = home
    stamp = place.dbt_parsed / "parsed.json"
    write_json(stamp, {**read_json(stamp), changed: "of yesterday"})
    dbt.prepare_manifest(place)
    dbt.prepare_manifest(place)
    assert calls == [is_resumed]


def test_dagster_neither_starts_dbt_for_its_version_nor_loads_the_project_a_second_time(home):
    from dbt.version import __version__

    place, calls = home
    resource = dbt.dbt_resource(place)
    assert str(resource._cli_version) == __version__
    assert resource._initialize_dbt_core_adapter([]) is None
    assert calls == []
