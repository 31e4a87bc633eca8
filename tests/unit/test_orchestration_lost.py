"""Numbers that earlier releases lost: the state is told how many and where the list is, the public nothing of them."""

import json
import logging
import shutil

import dagster as dg
import duckdb
import polars as pl
import pytest

import delivery
from orchestration import screen
from orchestration.defs.protect import protected_cells
from orchestration.home import Home
from orchestration.lost import tell_lost
from orchestration.pipeline.protect import enter_in_ledger, note_release, protect_indicators, show_protected_cells
from orchestration.pipeline.publish import audit_facts
from orchestration.resources import Slds
from orchestration.status import summarise
from orchestration.workspace import DEFAULT_POLICY, Workspace
from privacy import KEY
from sample_state import write_sample

TABLE = "ind_membership_october_1"
PUBLIC_TABLE = pl.DataFrame({"org_id": ["S"]})
DESCRIPTIONS = {"public_indicators": delivery.TableDescription("One row.", {"org_id": "A school."}, keys=("org_id",))}


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """A home whose one table is released under the careful default; a stricter policy that withholds what it showed."""
    folder = tmp_path_factory.mktemp("state")
    write_sample(folder, districts=2, students=60)
    strict = folder / "strict.yml"
    usual = DEFAULT_POLICY.read_text()
    strict.write_text(usual.replace(f"{TABLE}:\n    kind: count\n    thresholds: {{persons: 10}}",
                                    f"{TABLE}:\n    kind: count\n    thresholds: {{persons: 30}}"))  # fmt: skip
    assert strict.read_text() != usual
    workspace = Workspace(Home(folder / "home"), folder / "sources.yml")
    fill(workspace.home)
    publish(workspace)
    return workspace, Workspace(workspace.home, workspace.sources_path, strict)


@pytest.fixture
def homes(state, tmp_path):
    """The careful and the stricter workspace on a copy of the home."""
    shutil.copytree(state[0].home.root, tmp_path / "home", symlinks=True)
    return [Workspace(Home(tmp_path / "home"), one.sources_path, one.policy_path) for one in state]


def fill(home):
    """Sixty students of one school, twenty of one sex: few only where thirty are required."""
    groups = [("all", "all", 60), ("sex", "F", 40), ("sex", "M", 20)]
    rows = [(TABLE, 2022, "S", kind, value, "school", "D", count, None, None) for kind, value, count in groups]
    columns = {
        **dict.fromkeys(KEY, pl.String),
        "school_year": pl.Int64,
        **dict.fromkeys(("org_level", "parent_org_id"), pl.String),
        **dict.fromkeys(("student_count", "numerator", "denominator"), pl.Int64),
    }
    home.warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as warehouse:
        warehouse.register("incoming", pl.DataFrame(rows, schema=columns, orient="row").to_arrow())
        warehouse.execute("create schema indicators")
        warehouse.execute("create table indicators.ind_cells as select * from incoming")


def publish(workspace):
    """Protect, enter and release, as the night does around dbt; return the protection."""
    protection = protect_indicators(workspace)
    show_protected_cells(workspace, protection)
    enter_in_ledger(workspace, protection)
    release = delivery.write_release(
        {"public_indicators": PUBLIC_TABLE}, releases_dir=workspace.home.releases, title="Example",
        descriptions=DESCRIPTIONS, indicators=[], facts={"school_year": 2022, **audit_facts(protection)},
    )  # fmt: skip
    note_release(protection, release)
    return protection


def point_current_at(releases, release_id):
    (releases / "current").unlink()
    (releases / "current").symlink_to(release_id)


def said_of(workspace, capsys):
    """The words `slds run` and `slds status` end with."""
    report = summarise(workspace)
    screen._show_release(report["release"])
    run = " ".join(capsys.readouterr().out.split())
    screen.show_status(report)
    return run, " ".join(capsys.readouterr().out.split())


def check_of(workspace):
    """The materialization's metadata and the check's result, as the Dagster UI shows them."""
    home, sources, policy = map(str, (workspace.home.root, workspace.sources_path, workspace.policy_path))
    result = protected_cells(Slds(home=home, sources=sources, policy=policy))
    [check] = result.check_results
    return result.metadata, check


def test_where_nothing_is_lost_nothing_is_said_to_be(homes, capsys):
    careful, _ = homes
    assert summarise(careful)["release"]["lost"]["numbers"] == 0
    run, status = said_of(careful, capsys)
    assert run.count("none recoverable") == 1
    assert " lost" not in run + status
    metadata, check = check_of(careful)
    assert (metadata["lost"], check.metadata["lost"].value) == (0, 0)
    assert " lost" not in check.description


def test_the_state_is_told_how_many_numbers_are_lost_and_where_they_are_listed(homes, capsys, caplog):
    _, strict = homes
    with caplog.at_level(logging.WARNING, "openslds"):
        protection = publish(strict)
    listed = pl.read_parquet(protection.lost["list"])
    told = [("S", "M", "shown_in_an_earlier_release")]
    assert listed.select("org_id", "disaggregate_value", "problem").rows() == told
    words = tell_lost(protection.lost)
    assert words.startswith("1 protected numbers are lost: ")
    assert words.endswith(protection.lost["list"])
    assert words in caplog.text
    assert summarise(strict)["release"]["lost"] == {"numbers": 1, "list": protection.lost["list"]}
    run, status = said_of(strict, capsys)
    assert "audit passed, but for what is lost" in run
    assert "none recoverable" not in run
    assert words in run
    assert words in status
    metadata, check = check_of(strict)
    assert check.passed
    assert (metadata["lost"], check.metadata["lost"].value) == (1, 1)
    assert words in check.description
    assert check.metadata["lost_list"] == dg.MetadataValue.path(protection.lost["list"])


def test_the_public_is_told_the_same_whether_numbers_are_lost_or_not(homes):
    careful, strict = homes
    before = delivery.current_release(careful.home.releases)
    protection = publish(strict)
    after = delivery.current_release(careful.home.releases)
    assert before.id != after.id
    assert protection.lost["numbers"]
    assert before.manifest["audit_covers"] == after.manifest["audit_covers"]
    assert "unless an earlier release told it" in after.manifest["audit_covers"]
    assert shape_of(before.manifest) == shape_of(after.manifest)
    assert "lost" not in json.dumps(after.manifest)
    # Counts of what was attacked and proved would say how many are sensitive, and where they differ that some are lost.
    assert after.manifest["audit"] == {
        "passed": True,
        "tables": [{"table_id": TABLE, "passed": True}],
        "certificates": {"passed": True},
    }
    assert not list(after.folder.glob("*lost*"))


def shape_of(value):
    """The names in a manifest without what stands under them."""
    if isinstance(value, dict):
        return {name: shape_of(one) for name, one in value.items()}
    return [shape_of(one) for one in value] if isinstance(value, list) else None


def test_what_was_found_for_another_release_is_not_said_of_the_current_one(homes, capsys):
    """What a failed run found stands beside what the release was made of until the next run that passes."""
    careful, strict = homes
    before = delivery.current_release(careful.home.releases)
    [kept] = careful.home.protected.iterdir()
    assert protect_indicators(strict).lost["numbers"] == 1
    assert len(list(careful.home.protected.iterdir())) == 2
    assert summarise(strict)["release"]["lost"] == {"numbers": 0, "list": str(kept / "lost.parquet")}
    # Somebody put `current` back to an earlier release: what is kept was made for another one.
    publish(strict)
    point_current_at(careful.home.releases, before.id)
    run, status = said_of(careful, capsys)
    assert "Whether earlier releases lost numbers is not known" in run
    assert "Whether earlier releases lost numbers is not known" in status
    assert "attacked" not in run
