"""The schedule and the sensor: they ask for a run when something has changed, and only then."""

import dagster as dg
import pytest

from orchestration.defs.resources import configured_workspace
from orchestration.defs.schedules import nightly
from orchestration.defs.sensors import drop_folder
from orchestration.home import Home, HomeBusy, write_json
from orchestration.runs import fingerprint, nothing_new
from orchestration.workspace import DEFAULT_POLICY, Scope, Workspace
from sample_state import write_sample


@pytest.fixture
def state(tmp_path, monkeypatch):
    folder = tmp_path / "state"
    write_sample(folder, districts=2, students=60)
    monkeypatch.setenv("SLDS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SLDS_SOURCES", str(folder / "sources.yml"))
    return folder


def some_file(state):
    return sorted(state.glob("districts/*/2022/state/bell_times.csv"))[0]


def look(cursor):
    context = dg.build_sensor_context(cursor=cursor)
    answer = drop_folder(context)
    return answer, context.cursor


def test_the_sensor_waits_until_files_have_settled_and_then_asks_once(state):
    first, cursor = look(None)
    assert isinstance(first, dg.SkipReason)
    second, cursor = look(cursor)
    assert isinstance(second, dg.RunRequest)
    third, cursor = look(cursor)
    assert isinstance(third, dg.SkipReason)
    with some_file(state).open("a") as file:
        file.write("\n")
    still_arriving, cursor = look(cursor)
    assert isinstance(still_arriving, dg.SkipReason)
    settled, cursor = look(cursor)
    assert isinstance(settled, dg.RunRequest)
    assert settled.run_key != second.run_key


def test_the_schedule_asks_for_a_run_when_nothing_was_ever_published(state):
    assert isinstance(nightly(dg.build_schedule_context()), dg.RunRequest)


def test_the_schedule_skips_when_nothing_has_changed(state, tmp_path):
    workspace = configured_workspace()
    assert not nothing_new(workspace)
    release = tmp_path / "home" / "releases" / "2022-0123456789ab"
    write_json(release / "manifest.json", {})
    (release.parent / "current").symlink_to(release.name)
    write_json(workspace.home.last_run, {"fingerprint": fingerprint(workspace), "release": release.name})
    assert isinstance(nightly(dg.build_schedule_context()), dg.SkipReason)
    with some_file(state).open("a") as file:
        file.write("\n")
    assert isinstance(nightly(dg.build_schedule_context()), dg.RunRequest)


def test_the_schedule_and_the_sensor_may_look_while_a_run_is_writing(state):
    with configured_workspace().home.writer():
        assert isinstance(nightly(dg.build_schedule_context()), dg.RunRequest)
        assert isinstance(look(None)[0], dg.SkipReason)
        with pytest.raises(HomeBusy):
            nothing_new(configured_workspace())


@pytest.mark.parametrize("change", ["policy", "sources", "release"])
def test_a_new_policy_a_new_sources_file_or_a_lost_release_is_something_new(state, tmp_path, change):
    home, policy = Home(tmp_path / "home"), tmp_path / "policy.yml"
    policy.write_text(DEFAULT_POLICY.read_text())

    def workspace():
        return Workspace(home, state / "sources.yml", policy)

    nothing_new(workspace())
    release = home.releases / "2022-0123456789ab"
    write_json(release / "manifest.json", {})
    (home.releases / "current").symlink_to(release.name)
    write_json(home.last_run, {"fingerprint": fingerprint(workspace()), "release": release.name})
    assert nothing_new(workspace())
    if change == "policy":
        policy.write_text(policy.read_text().replace("required_candidates: 4", "required_candidates: 5"))
    elif change == "sources":
        with (state / "sources.yml").open("a") as file:
            file.write("\n# reviewed\n")
    else:
        (home.releases / "current").unlink()
    assert not nothing_new(workspace())


def test_out_of_scope_districts_are_not_received_anew(state, tmp_path):
    workspace = Workspace(Home(tmp_path / "home"), state / "sources.yml")
    nothing_new(workspace)
    before = fingerprint(workspace)
    changed = some_file(state)
    with changed.open("a") as file:
        file.write("\n")
    district = changed.relative_to(state / "districts").parts[0]
    other = next(s.id for s in workspace.sources.sources if s.id not in (district, "state_agency"))
    nothing_new(workspace, Scope(leas=(other,)))
    assert fingerprint(workspace) == before
    nothing_new(workspace, Scope(leas=(district,)))
    assert fingerprint(workspace) != before
