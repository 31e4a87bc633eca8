"""Step 6: protect the exact indicators and let the audit attack the result. Only what passed is shown to the marts."""

import hashlib
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

import delivery
import privacy
from orchestration.home import hash_files, read_json, whole_folder, write_json
from orchestration.lost import tell_lost
from orchestration.pipeline.load import note_content
from orchestration.workspace import Workspace

log = logging.getLogger("openslds.protect")

LOST = "lost.parquet"
MADE = "release.json"


@dataclass(frozen=True)
class Protection:
    """What protection and audit gave: the folder that holds the protected cells, and the summary for people."""

    folder: Path
    summary: dict

    @property
    def passed(self) -> bool:
        return self.summary["audit"]["passed"]

    @property
    def lost(self) -> dict:
        """How many numbers earlier releases lost (`numbers`), and the file that names each (`list`). Internal."""
        return {"numbers": self.summary.get("lost", 0), "list": str(self.folder / LOST)}


def note_release(protection: Protection, release: delivery.Release) -> None:
    """Note beside what protection gave which release was made of it. The release itself does not say it."""
    write_json(protection.folder / MADE, {"release": release.id})


def find_protection(workspace: Workspace, release: delivery.Release) -> Protection | None:
    """What a release was made of; None where it is not kept.

    A later run that failed leaves its own beside it, which speaks of other cells.
    """
    for path in workspace.home.protected.glob(f"*/{MADE}"):
        if read_json(path) == {"release": release.id}:
            return Protection(path.parent, read_json(path.with_name("audit.json")))
    return None


def protect_indicators(workspace: Workspace) -> Protection:
    """Protect `indicators.ind_cells` by the policy against all readers of this and every earlier release; return it.

    Solved table by table and year by year, and again only where cells or policy changed. A failed audit is kept to be
    looked at, and nothing reads it.
    """
    campaign = public_campaign(workspace)
    with duckdb.connect(str(workspace.home.warehouse), read_only=True) as warehouse:
        cells = warehouse.sql("select * from indicators.ind_cells order by all").pl()
    shutil.rmtree(campaign.tables, ignore_errors=True)
    privacy.write_tables(cells, campaign.tables)
    log.info("protecting %s cells", f"{cells.height:,}")
    parts = privacy.solve(campaign, processes=os.cpu_count() or 1, progress=_report)
    folder = workspace.home.protected / _name_of(parts)
    summary = read_json(folder / "audit.json")
    if summary is None or not summary["audit"]["passed"]:
        _collect(campaign, parts, folder)
        summary = read_json(folder / "audit.json")
    log.info("audit %s: %s", "passed" if summary["audit"]["passed"] else "FAILED", summary["headline"])
    protection = Protection(folder, summary)
    if words := tell_lost(protection.lost):
        log.warning("%s", words)
    return protection


def public_campaign(workspace: Workspace) -> "privacy.Campaign":
    """What is released to the public: the exact cells, the outcomes of protection, and the ledger of all releases."""
    home = workspace.home
    return privacy.Campaign(
        tier="public",
        tables=home.exact_cells,
        store=home.outcomes,
        public=home.ledger / "public",
        internal=home.ledger / "internal",
        policy=privacy.load_policy(workspace.policy_path),
        secret=workspace.tie_break_secret,
    )


def enter_in_ledger(workspace: Workspace, protection: Protection) -> None:
    """Enter in the ledger what is about to be published; nothing happens if it is there already.

    Before publishing, not after: what may have been seen must be held against later releases whatever happens next.
    """
    entry = privacy.conclude(public_campaign(workspace), protection.folder.name)
    if entry:
        log.info("ledger: entry %d of %s, %s", entry.sequence, entry.tier, entry.hash[:16])


def _report(stage: str, done: int, total: int) -> None:
    log.info("%s: %d of %d parts", stage, done, total)


def _name_of(parts: list["privacy.Part"]) -> str:
    return hashlib.sha256(" ".join(part.key for part in parts).encode()).hexdigest()[:16]


def _collect(campaign: "privacy.Campaign", parts: list["privacy.Part"], folder: Path) -> None:
    """Keep the outcomes of all parts together, in the form that marts and people read."""
    outcomes = [privacy.read_outcome(campaign, part) for part in parts]
    found = {name: pl.concat([one[name] for one in outcomes]) for name in outcomes[0]}
    with whole_folder(folder) as draft:
        found["published"].sort(privacy.KEY).write_parquet(draft / "protected_cells.parquet")
        found["reasons"].sort(privacy.KEY).write_parquet(draft / "reasons.parquet")
        found["failures"].write_parquet(draft / "failures.parquet")
        found["lost"].write_parquet(draft / LOST)
        write_json(draft / "audit.json", _summarise(found, parts, campaign.policy))


def _summarise(found: dict[str, pl.DataFrame], parts: list["privacy.Part"], policy: "privacy.Policy") -> dict:
    """The gate: every attack must have failed, and the checker, which has no solver, must accept its certificates."""
    withheld = found["reasons"].group_by("table_id", "reason").agg(pl.len().alias("cells")).sort("table_id", "reason")
    attacked = found["attacked"].with_columns(table_id=pl.col("table_id").str.replace(r"@.*", ""))
    tables = attacked.group_by("table_id").agg(pl.col("passed").all(), pl.col("checked", "failures").sum())
    tables = tables.sort("table_id").to_dicts()
    faults = found["faults"].group_by("problem").agg(pl.col("count").sum()).sort("problem")
    failed = [table["table_id"] for table in tables if not table["passed"]]
    return {
        "headline": f"{sum(table['checked'] for table in tables):,} quantities attacked in {len(tables)} tables",
        "policy": {"name": policy.name, "version": policy.version, "hash": policy.hash},
        "audit": {
            "passed": all(part.passed for part in parts),
            "tables": tables,
            "certificates": {
                "passed": faults.is_empty(),
                "proven": sum(part.proven for part in parts),
                "faults": faults.to_dicts(),
            },
        },
        "failed": failed if faults.is_empty() else [*failed, "certificates"],
        "withheld": withheld.to_dicts(),
        # A number that fails in two ways is one number.
        "lost": found["lost"].select(*privacy.KEY, "statistic").n_unique(),
        "cells": found["published"].height,
    }


def show_protected_cells(workspace: Workspace, protection: Protection) -> None:
    """Point the warehouse's view `protected.protected_cells` at the cells that passed, and drop older ones.

    Raises `RuntimeError` if they did not pass.
    """
    if not protection.passed:
        raise RuntimeError(f"The audit failed for {', '.join(protection.summary['failed'])}; nothing is published.")
    cells = protection.folder / "protected_cells.parquet"
    path = str(cells).replace("'", "''")
    with duckdb.connect(str(workspace.home.warehouse)) as warehouse:
        warehouse.execute("create schema if not exists protected")
        warehouse.execute(f"create or replace view protected.protected_cells as select * from read_parquet('{path}')")
        note_content(warehouse, "view protected.protected_cells", [hash_files([cells], root=protection.folder)])
    for other in workspace.home.protected.iterdir():
        if other != protection.folder:
            shutil.rmtree(other)
