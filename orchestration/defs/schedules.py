"""The nightly run, and the job that the schedule, the sensor and `slds run` share."""

import dagster as dg

from orchestration.defs.resources import configured_workspace
from orchestration.runs import NIGHTLY, looks_unchanged

nightly_job = dg.define_asset_job(
    NIGHTLY,
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="Receive, check, build, protect, audit, publish. One process: start-up is paid once, not per step.",
)


@dg.schedule(cron_schedule="0 2 * * *", job=nightly_job, default_status=dg.DefaultScheduleStatus.STOPPED)
def nightly(context: dg.ScheduleEvaluationContext):
    """Every night at two; skipped when no source, rule, policy or code has changed since the last good run."""
    if looks_unchanged(configured_workspace()):
        return dg.SkipReason("Nothing has changed since the last run.")
    return dg.RunRequest()
