"""Dagster's definitions: exactly these assets, blocking checks where a fault must stop the flow, one job for all."""

from datetime import timedelta

import dagster as dg
import pytest

import intake
from orchestration.assembly import build_definitions
from orchestration.runs import NIGHTLY
from sample_state import write_sample

MODELS = {
    "seeds": {
        "code_labels", "cohort_rules", "collection_status", "diploma_rules", "exit_document_rules", "exit_rules",
        "grade_points", "indicator_parameters", "subgroup_values",
        "tested_grades", "growth_points",
    },
    "staging": {
        "stg_assessments", "stg_attendance", "stg_calendars", "stg_deliveries", "stg_demographics", "stg_diplomas",
        "stg_discipline_actions", "stg_enrollments", "stg_exit_documents", "stg_organizations",
        "stg_performance_levels", "stg_program_participations", "stg_sections", "stg_staff_sections", "stg_state",
        "stg_student_sections",
    },
    "core": {
        "deidentified_student_year", "dim_calendar", "dim_course", "dim_delivery", "dim_organization",
        "dim_performance_level", "dim_student_year", "dim_subgroup", "dim_worker_link", "fct_assessment_result",
        "fct_attendance_event", "fct_bus_run", "fct_cohort_entry", "fct_cohort_membership", "fct_course_grade",
        "fct_discipline_action", "fct_enrollment", "fct_fall_status", "fct_finance", "fct_financial_aid_application",
        "fct_idea_eligibility", "fct_incident_participation", "fct_industry_credential", "fct_postsecondary_award",
        "fct_postsecondary_enrollment", "fct_postsecondary_search", "fct_professional_learning", "fct_program_spell",
        "fct_quarterly_wage", "fct_restraint_event", "fct_staff_assignment", "fct_staff_credential",
        "fct_student_daily_attendance", "fct_student_enrollment", "fct_student_lea_year", "fct_student_mobility",
        "fct_student_school_year", "fct_student_transportation", "fct_student_year", "fct_survey_administration",
        "fct_survey_response", "fct_work_based_learning",
        "fct_assessment_participation", "fct_english_learner_progress", "fct_english_learner_reclassification",
        "fct_student_growth", "fct_growth_effect", "fct_kindergarten_readiness",
    },
    "indicators": {
        "ind_average_daily_attendance", "ind_cells", "ind_chronic_absenteeism",
        "ind_chronic_absenteeism_unduplicated", "ind_event_dropout", "ind_exclusionary_discipline",
        "ind_graduation_rate_4_year", "ind_graduation_rate_5_year", "ind_graduation_rate_6_year",
        "ind_membership_october_1", "ind_student_mobility", "ind_student_mobility_incidence", "ind_student_stability",
        "ind_academic_achievement",
        "ind_alternate_assessment", "ind_assessment_participation", "ind_english_learner_progress",
        "ind_english_learner_reclassification", "ind_growth_gain", "ind_growth_percentile", "ind_growth_residual",
        "ind_growth_value_table", "ind_kindergarten_readiness",
    },
    "teacher": {"teacher_students_today"},
    "school": {"school_attendance_watch"},
    "district": {"district_graduation_cohort", "district_indicator_comparison", "district_student_attendance"},
    "state": {"state_graduation_cohort", "state_indicators"},
    "research": {"research_student_year"},
    "public": {"public_indicators"},
    "protected": {"protected_cells"},
    "records": {*intake.RECORD_TYPES, "current_deliveries", "state"},
}  # fmt: skip
ALONE = {
    "landing",
    "record_tables",
    "accepted_deliveries",
    "feedback_reports",
    "public_release",
    "tier_extracts",
    "last_run",
}


@pytest.fixture(scope="module")
def definitions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("definitions")
    write_sample(folder / "state", districts=2, students=60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLDS_HOME", str(folder / "home"))
        patch.setenv("SLDS_SOURCES", str(folder / "state" / "sources.yml"))
        patch.setenv("DAGSTER_HOME", str(folder))
        yield build_definitions()


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
