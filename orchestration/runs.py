"""A run from the command line: see whether there is anything to do, do it inside Dagster, say what came of it."""

import logging
import time
from dataclasses import dataclass, field

import delivery
import privacy
from orchestration.exits import FAILED
from orchestration.home import hash_files, hash_json, read_json, write_json
from orchestration.pipeline.receive import drop_signature, receive_deliveries, remembered_arrivals
from orchestration.status import exit_code_of, summarise
from orchestration.workspace import NO_LIMIT, Scope, Workspace

log = logging.getLogger("openslds.run")

NIGHTLY = "nightly_job"


@dataclass(frozen=True)
class Outcome:
    """What a run came to. `exit_code` is one of OK, FAILED, PARTLY; `summary` is what `last_run.json` holds."""

    exit_code: int
    summary: dict
    did_work: bool
    failures: list[str] = field(default_factory=list)


def fingerprint(workspace: Workspace) -> str:
    """Return a hash of all a run's result depends on: what arrived last, sources file, studies' plans, policy, code."""
    arrivals = [[arrival.turn.name, arrival.batch_id, arrival.problems] for arrival in remembered_arrivals(workspace)]
    policy = privacy.load_policy(workspace.policy_path)
    settings = hash_files([workspace.sources_path, *workspace.study_plans], root=workspace.sources_path.parent)
    return hash_json([arrivals, settings, policy.hash, workspace.code_version])


def nothing_new(workspace: Workspace, scope: Scope = NO_LIMIT) -> bool:
    """Take in what the sources hold; tell whether the last run that went to the end already had all of it.

    Raises `HomeBusy` while another run is writing.
    """
    with workspace.home.writer():
        receive_deliveries(workspace, scope)
        return _is_last_run(workspace, fingerprint(workspace))


def looks_unchanged(workspace: Workspace) -> bool:
    """Tell whether the feeds' folders, the settings and the code look as they did at the last run; takes nothing in.

    For the schedule, which may ask while a run is writing.
    """
    looked_at = read_json(workspace.home.looked_at) or {}
    same_files = looked_at.get("drop_signature") == drop_signature(workspace)
    return same_files and _is_last_run(workspace, fingerprint(workspace))


def _is_last_run(workspace: Workspace, now: str) -> bool:
    last = read_json(workspace.home.last_run) or {}
    current = delivery.current_release(workspace.home.releases)
    return last.get("fingerprint") == now and current is not None and current.id == last.get("release")


def remember_run(workspace: Workspace) -> str:
    """Note, as a run's last act, what its result depended on; return the fingerprint."""
    now = fingerprint(workspace)
    release = delivery.current_release(workspace.home.releases)
    sources = str(workspace.sources_path)
    write_json(workspace.home.last_run, {"sources": sources, "fingerprint": now, "release": release.id})
    return now


def run(workspace: Workspace, scope: Scope = NO_LIMIT) -> Outcome:
    """Run the nightly job in this process, against the instance the UI shows; return its outcome.

    With nothing new, nothing is run and nothing written; the outcome of the last run is returned again.
    Raises `HomeBusy` while another run is writing.
    """
    if nothing_new(workspace, scope):
        summary = summarise(workspace)
        return Outcome(exit_code_of(summary), summary, did_work=False)
    started = time.monotonic()
    failures = _execute(scope)
    summary = summarise(workspace)
    if failures:
        return Outcome(FAILED, summary, did_work=True, failures=failures)
    log.info("run finished in %.0f s", time.monotonic() - started)
    return Outcome(exit_code_of(summary), summary, did_work=True)


def _execute(scope: Scope) -> list[str]:
    """Execute the job; return what failed, in words without anybody's values."""
    import dagster as dg

    from orchestration.assembly import build_definitions

    job = build_definitions().resolve_job_def(NIGHTLY)
    config = {
        "ops": {"landing": {"config": {"leas": list(scope.leas), "school_years": list(scope.school_years)}}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    with dg.DagsterInstance.get() as instance:
        _close_abandoned_runs(instance)
        result = job.execute_in_process(
            run_config=config, instance=instance, raise_on_error=False, tags={"slds/started_by": "command line"}
        )
    if result.success:
        return []
    failures = [_explain_failure(event) for event in result.all_events if event.is_step_failure]
    return failures + _failed_checks(result) or [f"The run ended as {result.dagster_run.status.value} before any step."]


def _close_abandoned_runs(instance) -> None:
    """A run whose process was killed still stands as started; we hold the only writer's turn, so it is over."""
    import dagster as dg

    unfinished = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.NOT_STARTED]
    for abandoned in instance.get_runs(dg.RunsFilter(job_name=NIGHTLY, statuses=unfinished)):
        if abandoned.tags.get("slds/started_by"):
            instance.report_run_failed(abandoned, "The process was killed; a later run took over.")


def _explain_failure(event) -> str:
    error = event.step_failure_data.error
    cause = error.cause or error
    first = (cause.message or "").strip().splitlines() or ["no message"]
    return f"{event.step_key}: {first[0]}"


def _failed_checks(result) -> list[str]:
    evaluations = result.get_asset_check_evaluations()
    return [
        f"{check.asset_key.to_user_string()}: check {check.check_name} failed. {check.description or ''}".strip()
        for check in evaluations
        if not check.passed and check.blocking
    ]
