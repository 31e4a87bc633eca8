"""Dagster's definitions: exactly these assets, blocking checks where a fault must stop the flow, one job for all."""

from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

import intake
from orchestration.assembly import build_definitions
from orchestration.runs import NIGHTLY
from sample_state import write_sample
from tests.pipeline.command import at_turn

DBT = Path(__file__).parents[2] / "dbt_project"
# What lies in the dbt project, by schema. Crosswalks are applied by intake, inline models are part of others, and the
# files of EDFacts are counted on demand.
MODELS = {
    "seeds": {path.stem for path in (DBT / "seeds").glob("*.csv") if not path.stem.startswith(("xwalk_", "edfacts_"))},
    "records": {*intake.RECORD_TYPES, "current_deliveries", "state"},
    "protected": {"protected_cells"},
    **{path.name: {model.stem for model in path.glob("*.sql")}
       for stage in (DBT / "models", DBT / "models" / "marts") for path in stage.iterdir()
       if path.is_dir() and path.name not in ("marts", "edfacts")},
}  # fmt: skip
ALONE = {
    "landing",
    "record_tables",
    "accepted_deliveries",
    "feedback_reports",
    "public_release",
    "tier_extracts",
    "study_extracts",
    "last_run",
}


@pytest.fixture(scope="module")
def definitions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("definitions")
    write_sample(folder / "state", districts=2, students=60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLDS_SOURCES", str(folder / "state" / "sources.yml"))
        patch.setenv("DAGSTER_HOME", str(folder))
        with at_turn(folder / "home") as settings:
            patch.setenv("SLDS_HOME", settings["SLDS_HOME"])
            found = build_definitions()
        yield found


def names_of(definitions):
    return {key.to_user_string() for key in definitions.resolve_all_asset_keys()}


def test_the_assets_are_exactly_these(definitions):
    expected = ALONE | {f"{schema}/{name}" for schema, names in MODELS.items() for name in names}
    found = names_of(definitions)
    sources = {name for name in found if name.startswith("source/")}
    assert found - sources == expected
    assert "source/state_agency" in sources
    assert len(sources) == 3


def test_every_asset_lies_in_the_group_of_its_stage(definitions):
    graph = definitions.resolve_asset_graph()
    groups = {key.to_user_string(): graph.get(key).group_name for key in graph.get_all_asset_keys()}
    assert {groups[f"{schema}/{name}"] for schema, names in MODELS.items() for name in names} == set(MODELS)
    assert groups["landing"] == groups["record_tables"] == "intake"
    assert groups["public_release"] == groups["tier_extracts"] == "delivery"


def test_the_flow_runs_from_sources_to_release_through_the_protected_cells(definitions):
    graph = definitions.resolve_asset_graph()
    upstream = {key.to_user_string() for key in graph.get_ancestor_asset_keys(dg.AssetKey("public_release"))}
    assert {"source/state_agency", "landing", "accepted_deliveries", "indicators/ind_cells"} <= upstream
    assert "protected/protected_cells" in upstream
    parents = {key.to_user_string() for key in graph.get(dg.AssetKey(["public", "public_indicators"])).parent_keys}
    assert "protected/protected_cells" in parents
    assert not any(name.startswith("indicators/") for name in parents)


def test_checks_block_where_a_fault_must_stop_the_flow(definitions):
    graph = definitions.resolve_asset_graph()
    blocking = {key.name for key in graph.asset_check_keys if graph.get(key).blocking}
    assert blocking >= {"audit_by_attack", "some_delivery_is_in_use"}
    assert "every_delivery_is_believed" not in blocking


def test_schedule_and_sensor_run_the_same_job_and_wait_to_be_switched_on(definitions):
    schedule = definitions.resolve_schedule_def("nightly")
    assert schedule.cron_schedule == "0 2 * * *"
    assert schedule.job_name == NIGHTLY
    sensor = definitions.resolve_sensor_def("drop_folder")
    assert sensor.job_name == NIGHTLY
    assert schedule.default_status.value == sensor.default_status.value == "STOPPED"


def test_a_source_that_says_how_often_it_sends_has_a_freshness_policy(definitions):
    graph = definitions.resolve_asset_graph()
    policies = {
        key.path[1]: graph.get(key).freshness_policy for key in graph.get_all_asset_keys() if key.path[0] == "source"
    }
    due = {name: policy.fail_window.to_timedelta() for name, policy in policies.items() if policy}
    assert policies["state_agency"] is None
    assert list(due.values()) == [timedelta(days=366)] * 2
