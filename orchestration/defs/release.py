"""Delivery: the public release and the extracts that each tier pulls."""

import dagster as dg

from orchestration.pipeline.protect import protect_indicators
from orchestration.pipeline.publish import publish_release, write_extracts
from orchestration.pipeline.studies import write_studies
from orchestration.resources import Slds
from orchestration.runs import remember_run

PUBLIC = dg.AssetKey(["public", "public_indicators"])


@dg.asset(group_name="delivery", deps=[PUBLIC], kinds={"parquet", "csv"})
def public_release(slds: Slds) -> dg.MaterializeResult:
    """`releases/<id>/`: the public tables with their data package and manifest; `releases/current` points to it."""
    workspace = slds.workspace()
    release = publish_release(workspace, protect_indicators(workspace))
    return dg.MaterializeResult(
        metadata={"release": release.id, "is_new": release.is_new, "path": dg.MetadataValue.path(str(release.folder))}
    )


@dg.asset(
    group_name="delivery",
    deps=[
        dg.AssetKey(["teacher", "teacher_students_today"]),
        dg.AssetKey(["school", "school_attendance_watch"]),
        dg.AssetKey(["school", "school_early_warning"]),
        dg.AssetKey(["district", "district_student_attendance"]),
        dg.AssetKey(["district", "district_graduation_cohort"]),
        dg.AssetKey(["district", "district_indicator_comparison"]),
        dg.AssetKey(["district", "district_resources"]),
        dg.AssetKey(["district", "district_report_card"]),
        dg.AssetKey(["district", "district_leaver_outcomes"]),
        dg.AssetKey(["district", "district_incoming_students"]),
        dg.AssetKey(["state", "state_indicators"]),
        dg.AssetKey(["state", "state_opportunity_gaps"]),
        dg.AssetKey(["state", "state_driver_scorecard"]),
        dg.AssetKey(["state", "state_report_card"]),
    ],
    kinds={"parquet"},
)
def tier_extracts(slds: Slds) -> dg.MaterializeResult:
    """`marts/<tier>/…`: each tier's tables, cut by district where the tier belongs to districts."""
    extracts = write_extracts(slds.workspace())
    return dg.MaterializeResult(
        metadata={"files": len(extracts), "changed": sum(extract.is_new for extract in extracts)}
    )


@dg.asset(
    group_name="delivery",
    deps=[dg.AssetKey(["research", "research_student_year"])],
    kinds={"parquet"},
    check_specs=[dg.AssetCheckSpec("every_plan_has_its_extract", asset="study_extracts")],
)
def study_extracts(slds: Slds) -> dg.MaterializeResult:
    """`marts/research/<study>/`: the rows a study's plan asks for, under codes of its own; none without a plan."""
    studies = write_studies(slds.workspace())
    refused = {study["plan"]: study["refused"] for study in studies if "refused" in study}
    return dg.MaterializeResult(
        metadata={"extracts": len(studies) - len(refused)},
        check_results=[
            dg.AssetCheckResult(
                check_name="every_plan_has_its_extract",
                passed=not refused,
                severity=dg.AssetCheckSeverity.WARN,
                metadata=refused,
            )
        ],
    )


@dg.asset(
    group_name="delivery", deps=[public_release, tier_extracts, study_extracts, "feedback_reports"], kinds={"json"}
)
def last_run(slds: Slds) -> dg.MaterializeResult:
    """`last_run.json`: what this run's result depended on, so that the next can tell whether anything is new."""
    return dg.MaterializeResult(metadata={"fingerprint": remember_run(slds.workspace())})
