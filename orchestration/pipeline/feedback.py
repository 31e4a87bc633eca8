"""The answer to each sender: what was accepted, what was not, and how to mend it, for every delivery that arrived."""

import logging
from pathlib import Path

import polars as pl

import expectations
from orchestration.pipeline.check import Checked
from orchestration.pipeline.judge import Standing
from orchestration.pipeline.receive import Arrival
from orchestration.workspace import Workspace

log = logging.getLogger("openslds.feedback")

NO_DELIVERY = "no-delivery"
COUNTS = {"record_type": pl.String, "received": pl.Int64, "accepted": pl.Int64, "quarantined": pl.Int64}


def write_reports(
    workspace: Workspace, arrivals: list[Arrival], checked: list[Checked], standings: list[Standing]
) -> dict[str, Path]:
    """Write one feedback report per turn; return `<source_id>/<school_year>` → the report's page.

    A turn whose last arrival could not be used at all gets a report too: its sender must know most of all.
    """
    results = {result.turn.name: result for result in checked}
    standing_of = {standing.turn.name: standing for standing in standings}
    pages = {}
    for arrival in arrivals:
        turn = arrival.turn
        result = results.get(turn.name)
        findings = pl.DataFrame(arrival.problems, schema=expectations.FINDING_SCHEMA)
        if result:
            findings = pl.concat([findings, result.findings], how="diagonal_relaxed")
        standing = standing_of[turn.name]
        batch_id = result.batch_id if result else NO_DELIVERY
        pages[f"{turn.source.id}/{turn.school_year}"] = expectations.write_feedback(
            workspace.home.report(turn.source.id, turn.school_year, batch_id),
            source_name=turn.source.name,
            source_id=turn.source.id,
            school_year=turn.school_year,
            batch_id=batch_id,
            files=[(file["path"], file["bytes"]) for file in result.summary["files"]] if result else [],
            unread=result.summary["unread_elements"] if result else {},
            counts=pl.DataFrame(result.summary["counts"] if result else [], schema=COUNTS),
            findings=findings,
            verdicts=pl.DataFrame(standing.newest.get("verdicts", []), schema=expectations.VERDICT_SCHEMA),
            status="problem" if arrival.problems and standing.status == "accepted" else standing.status,
        )
    log.info("feedback: %d reports", len(pages))
    return pages
