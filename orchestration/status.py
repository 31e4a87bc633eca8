"""Where every district stands, and which files its feeds find."""

import time

import delivery
from orchestration.exits import OK, PARTLY
from orchestration.home import read_json
from orchestration.pipeline.check import check_deliveries
from orchestration.pipeline.feedback import NO_DELIVERY
from orchestration.pipeline.judge import standings
from orchestration.pipeline.protect import find_protection
from orchestration.pipeline.receive import remembered_arrivals
from orchestration.workspace import Turn, Workspace

SECONDS_PER_DAY = 86_400


def summarise(workspace: Workspace) -> dict:
    """Return the state of every delivery, of the current release, and what became of every study's plan.

    `age_days` counts from a source's last new delivery; it `is_late` when `expected_every_days` passed without one.
    """
    arrivals = {arrival.turn.name: arrival for arrival in remembered_arrivals(workspace)}
    checked = {result.turn.name: result for result in check_deliveries(workspace, list(arrivals.values()))}
    sources = []
    for standing in standings(workspace):
        turn = standing.turn
        result = checked.get(turn.name)
        counts = result.summary["counts"] if result else []
        errors = _errors(arrivals[turn.name].problems, result, standing)
        batch_id = result.batch_id if result else None
        age_days = _age_days(workspace, turn)
        sources.append(
            {
                "source_id": turn.source.id,
                "name": turn.source.name,
                "lea_id": turn.source.lea_id,
                "school_year": turn.school_year,
                "status": "problem"
                if standing.status == "accepted" and arrivals[turn.name].problems
                else standing.status,
                "batch_id": batch_id,
                "in_use": (standing.current or {}).get("batch_id"),
                **{name: sum(count[name] for count in counts) for name in ("received", "accepted", "quarantined")},
                "counts": counts,
                "errors": errors,
                "age_days": age_days,
                "is_late": bool(turn.source.expected_every_days)
                and (age_days is None or age_days > turn.source.expected_every_days),
                "report": str(
                    workspace.home.report(turn.source.id, turn.school_year, batch_id or NO_DELIVERY) / "index.html"
                ),
            }
        )
    studies = (read_json(workspace.home.study_outcomes) or {}).get("studies", [])
    return {"sources": sources, "release": _release_summary(workspace), "studies": studies}


def _errors(problems: list[dict], result, standing) -> list[dict]:
    """Open errors of a turn: rule number and how many rows or files; warnings are left to the report."""
    found: dict[int, int] = {}
    for problem in problems:
        if problem["severity"] != "warning":
            found[problem["rule"]] = found.get(problem["rule"], 0) + 1
    for rule in result.summary["rules"] if result else []:
        if rule["severity"] != "warning":
            found[rule["rule"]] = found.get(rule["rule"], 0) + rule["rows"]
    for verdict in standing.newest.get("verdicts", []):
        if verdict["severity"] == "fatal":
            found[verdict["rule"]] = found.get(verdict["rule"], 0) + 1
    return [{"rule": rule, "rows": rows} for rule, rows in sorted(found.items())]


def _release_summary(workspace: Workspace) -> dict | None:
    release = delivery.current_release(workspace.home.releases)
    if release is None:
        return None
    protection = find_protection(workspace, release)
    summary = protection.summary if protection else {}
    return {
        "id": release.id,
        "folder": str(release.folder),
        "row_counts": release.manifest["row_counts"],
        "policy": release.manifest["policy"],
        "audit": summary.get("audit", release.manifest["audit"]),
        "cells": summary.get("cells"),
        "withheld": summary.get("withheld", []),
        "lost": protection.lost if protection else None,
    }


def exit_code_of(summary: dict) -> int:
    """PARTLY when any source was rejected, in whole or in part, has nothing in use, or is late, or when a study has no
    extract; else OK."""
    troubled = any(
        source["status"] != "accepted" or source["errors"] or source["is_late"] for source in summary["sources"]
    )
    return PARTLY if troubled or any("refused" in study for study in summary["studies"]) else OK


def _age_days(workspace: Workspace, turn: Turn) -> float | None:
    pointer = workspace.home.latest(turn.source.id, turn.school_year)
    return round((time.time() - pointer.stat().st_mtime) / SECONDS_PER_DAY, 2) if pointer.exists() else None


def found_files(workspace: Workspace) -> list[dict]:
    """Return, per feed and school year, how many files its patterns find and how large they are. Reads no file."""
    feeds = []
    for turn in workspace.turns():
        for feed in turn.source.feeds:
            path = turn.source.locate(feed, turn.school_year)
            if path.is_dir():
                files = [file for pattern in feed.files for file in path.glob(pattern) if file.is_file()]
                files += [file for file in path.glob("*.zip") if file not in files]
            else:
                files = [path] if path.exists() else []
            feeds.append(
                {
                    "source_id": turn.source.id,
                    "school_year": turn.school_year,
                    "format": feed.format,
                    "path": str(path),
                    "files": len(set(files)),
                    "bytes": sum(file.stat().st_size for file in set(files)),
                }
            )
    return feeds
