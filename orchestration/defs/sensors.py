"""The drop-folder sensor: a run as soon as a district's files have changed."""

import dagster as dg

from orchestration.defs.resources import configured_workspace
from orchestration.defs.schedules import nightly_job
from orchestration.pipeline.receive import drop_signature


@dg.sensor(job=nightly_job, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.STOPPED)
def drop_folder(context: dg.SensorEvaluationContext):
    """Ask for a run when names, sizes or times in the feeds' folders differ from the last look and have settled since.

    A folder is looked at twice before it is read, so that a file still being copied is not taken half.
    """
    signature = drop_signature(configured_workspace())
    seen, _, requested = (context.cursor or "|").partition("|")
    if signature == requested:
        return dg.SkipReason("Nothing has arrived since the last run.")
    if signature != seen:
        context.update_cursor(f"{signature}|{requested}")
        return dg.SkipReason("Files are arriving; waiting until they have settled.")
    context.update_cursor(f"{signature}|{signature}")
    return dg.RunRequest(run_key=signature)
