"""Step 3: decide which delivery of each source the warehouse uses.

A delivery with a fatal finding, or one that Great Expectations does not believe, is held back, and the source's
previous good one stays.
"""

import logging
from dataclasses import dataclass

import duckdb
import polars as pl

import expectations
from orchestration.home import read_json, write_json
from orchestration.pipeline.check import Checked
from orchestration.workspace import Turn, Workspace

log = logging.getLogger("openslds.judge")


@dataclass(frozen=True)
class Standing:
    """Where a turn stands: which delivery is in use, and what became of the newest.

    `status` is `accepted`, `held_back` (its previous one is in use, or none) or `missing` (nothing ever arrived).
    """

    turn: Turn
    status: str
    current: dict | None
    newest: dict


def judge_new_deliveries(workspace: Workspace, checked: list[Checked]) -> list[Standing]:
    """Judge each delivery that is newer than the last verdict on its source; return every turn's standing."""
    waiting = [result for result in checked if not _is_judged(workspace, result)]
    verdicts = _ask_suites(workspace, [result for result in waiting if not result.summary["fatal"]])
    for result in waiting:
        _settle(workspace, result, verdicts)
    return standings(workspace)


def _is_judged(workspace: Workspace, result: Checked) -> bool:
    newest = (_pointer(workspace, result.turn) or {}).get("newest", {})
    return newest.get("batch_id") == result.batch_id and newest.get("context_hash") == result.context_hash


def _pointer(workspace: Workspace, turn: Turn) -> dict | None:
    return read_json(workspace.home.accepted(turn.source.id, turn.school_year))


def _ask_suites(workspace: Workspace, candidates: list[Checked]) -> pl.DataFrame | None:
    """One Great Expectations run for the whole night, over one profile row per delivery and record type."""
    if not candidates:
        return None
    log.info("judging %d deliveries", len(candidates))
    with duckdb.connect() as connection:
        expectations.profile_deliveries(connection, [_candidate(workspace, result) for result in candidates])
        return expectations.judge_deliveries(connection, docs_dir=workspace.home.data_docs)


def _candidate(workspace: Workspace, result: Checked) -> "expectations.Candidate":
    turn, home = result.turn, workspace.home
    current = (_pointer(workspace, turn) or {}).get("current")
    previous = (
        home.checked(turn.source.id, turn.school_year, current["batch_id"], current["context_hash"]) / "records"
        if current
        else None
    )
    return expectations.Candidate(
        source_id=turn.source.id,
        school_year=turn.school_year,
        batch_id=result.batch_id,
        records_dir=result.records,
        previous_records_dir=previous,
        counts=pl.DataFrame(result.summary["counts"]),
    )


def _settle(workspace: Workspace, result: Checked, verdicts: pl.DataFrame | None) -> None:
    turn = result.turn
    mine = (
        []
        if verdicts is None
        else verdicts.filter(
            (pl.col("source_id") == turn.source.id) & (pl.col("school_year") == turn.school_year)
        ).to_dicts()
    )
    fatal = sorted({*result.summary["fatal"], *(v["rule"] for v in mine if v["severity"] == "fatal")})
    newest = {
        "batch_id": result.batch_id,
        "context_hash": result.context_hash,
        "status": "held_back" if fatal else "accepted",
        "fatal": fatal,
        "verdicts": mine,
    }
    pointer = _pointer(workspace, turn) or {}
    in_use = pointer.get("current") if fatal else {"batch_id": result.batch_id, "context_hash": result.context_hash}
    write_json(workspace.home.accepted(turn.source.id, turn.school_year), {"current": in_use, "newest": newest})
    if fatal:
        log.warning(
            "held back: %s, rules %s; %s",
            turn.name,
            fatal,
            "its previous delivery stays in use" if in_use else "it has no earlier delivery",
        )


def standings(workspace: Workspace) -> list[Standing]:
    """Return where every turn of the state stands, as the accepted pointers say."""
    result = []
    for turn in workspace.turns():
        pointer = _pointer(workspace, turn) or {}
        newest = pointer.get("newest", {})
        result.append(Standing(turn, newest.get("status", "missing"), pointer.get("current"), newest))
    return result
