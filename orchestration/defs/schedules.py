"""The nightly run, and the job that the schedule, the sensor and `slds run` share."""

import dagster as dg

from orchestration.resources import Slds
from orchestration.runs import NIGHTLY, nothing_new

nightly_job = dg.define_asset_job(
    NIGHTLY,
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="Receive, check, build, protect, audit, publish. One process: start-up is paid once, not per step.",
)


@dg.schedule(cron_schedule="0 2 * * *", job=nightly_job, default_status=dg.DefaultScheduleStatus.STOPPED)
def nightly(slds: Slds):
    """Every night at two; skipped when no source, rule, policy or code has changed since the last good run."""
    if nothing_new(slds.workspace()):
        return dg.SkipReason("Nothing has changed since the last run.")
    return dg.RunRequest()
