"""Checks: which deliveries are believed, and the feedback that goes back to each sender."""

import dagster as dg

from orchestration.pipeline.check import check_deliveries
from orchestration.pipeline.feedback import write_reports
from orchestration.pipeline.judge import Standing, judge_new_deliveries, standings
from orchestration.pipeline.receive import remembered_arrivals
from orchestration.resources import Slds


@dg.asset(
    group_name="checks",
    deps=["record_tables"],
    kinds={"greatexpectations", "duckdb"},
    check_specs=[
        dg.AssetCheckSpec("every_delivery_is_believed", asset="accepted_deliveries"),
        dg.AssetCheckSpec("some_delivery_is_in_use", asset="accepted_deliveries", blocking=True),
    ],
)
def accepted_deliveries(slds: Slds) -> dg.MaterializeResult:
    """Which delivery of each source the warehouse uses: the newest that is believed, else its previous one."""
    workspace = slds.workspace()
    result = judge_new_deliveries(workspace, check_deliveries(workspace, remembered_arrivals(workspace)))
    return dg.MaterializeResult(
        metadata={"in_use": sum(standing.current is not None for standing in result)},
        check_results=_check_results(result),
    )


def _check_results(result: list[Standing]) -> list[dg.AssetCheckResult]:
    doubtful = {standing.turn.name: standing.status for standing in result if standing.status != "accepted"}
    return [
        dg.AssetCheckResult(
            check_name="every_delivery_is_believed",
            passed=not doubtful,
            severity=dg.AssetCheckSeverity.WARN,
            metadata=doubtful,
        ),
        dg.AssetCheckResult(check_name="some_delivery_is_in_use", passed=any(standing.current for standing in result)),
    ]


@dg.asset(group_name="checks", deps=[accepted_deliveries], kinds={"html"})
def feedback_reports(slds: Slds) -> dg.MaterializeResult:
    """One page and one CSV per sender: what was accepted, what not, and how to mend it."""
    workspace = slds.workspace()
    arrivals = remembered_arrivals(workspace)
    pages = write_reports(workspace, arrivals, check_deliveries(workspace, arrivals), standings(workspace))
    return dg.MaterializeResult(metadata={"reports": len(pages)})
