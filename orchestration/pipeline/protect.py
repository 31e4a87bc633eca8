"""Step 6: protect the exact indicators and let the audit attack the result. Only what passed is shown to the marts."""

import hmac
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

import privacy
from orchestration.home import hash_code, read_json, whole_folder, write_json
from orchestration.workspace import Workspace

log = logging.getLogger("openslds.protect")


@dataclass(frozen=True)
class Protection:
    """What protection and audit gave: the folder that holds the protected cells, and the summary for people."""

    folder: Path
    summary: dict

    @property
    def passed(self) -> bool:
        return self.summary["audit"]["passed"]


def protect_indicators(workspace: Workspace) -> Protection:
    """Protect `indicators.ind_cells` by the policy, audit the result, and keep both; return them.

    The same cells under the same policy and code are not solved again, unless their audit failed. A failed audit is
    kept to be looked at, and nothing reads it.
    """
    with duckdb.connect(str(workspace.home.warehouse), read_only=True) as warehouse:
        cells = warehouse.sql("select * from indicators.ind_cells order by all").pl()
    policy = privacy.load_policy(workspace.policy_path)
    secret = workspace.tie_break_secret
    folder = workspace.home.protected / _input_hash(cells, policy, secret)
    summary = read_json(folder / "audit.json")
    if summary is None or not summary["audit"]["passed"]:
        _protect_anew(cells, policy, secret, folder)
        summary = read_json(folder / "audit.json")
    log.info("audit %s: %s", "passed" if summary["audit"]["passed"] else "FAILED", summary["headline"])
    return Protection(folder, summary)


def _input_hash(cells: pl.DataFrame, policy: "privacy.Policy", secret: bytes) -> str:
    digest = hmac.new(secret, cells.write_csv().encode(), "sha256")
    digest.update(policy.hash.encode())
    digest.update(hash_code("privacy").encode())
    return digest.hexdigest()[:16]


def _protect_anew(cells: pl.DataFrame, policy: "privacy.Policy", secret: bytes, folder: Path) -> None:
    log.info("protecting %s cells", f"{cells.height:,}")
    protected = privacy.protect(cells, policy, secret=secret)
    report = privacy.audit(protected, policy)
    proof = privacy.check(
        protected.cells, protected.structure, report.certificates, policy, sensitive=protected.sensitive
    )
    with whole_folder(folder) as draft:
        protected.cells.write_parquet(draft / "protected_cells.parquet")
        protected.reasons.write_parquet(draft / "reasons.parquet")
        report.certificates.write(draft / "certificates")
        write_json(draft / "audit.json", _summarise(protected, report, proof, policy))


def _summarise(
    protected: "privacy.Protected",
    report: "privacy.AuditReport",
    proof: "privacy.CheckReport",
    policy: "privacy.Policy",
) -> dict:
    """The gate: the attack must have failed, and the checker, which has no solver, must accept its certificates."""
    withheld = protected.reasons.group_by("table_id", "reason").agg(pl.len().alias("cells")).sort("table_id", "reason")
    tables = report.tables.to_dicts()
    failed = [table["table_id"] for table in tables if not table["passed"]]
    return {
        "headline": f"{sum(table['checked'] for table in tables):,} quantities attacked in {len(tables)} tables",
        "policy": {"name": policy.name, "version": policy.version, "hash": policy.hash},
        "audit": {
            "passed": report.passed and proof.passed,
            "tables": tables,
            "certificates": {"passed": proof.passed, "proven": proof.proven.height, "faults": proof.faults.to_dicts()},
        },
        "failed": failed if proof.passed else [*failed, "certificates"],
        "withheld": withheld.to_dicts(),
        "cells": protected.cells.height,
    }


def show_protected_cells(workspace: Workspace, protection: Protection) -> None:
    """Point the warehouse's view `protected.protected_cells` at the cells that passed, and drop older ones.

    Raises `RuntimeError` if they did not pass.
    """
    if not protection.passed:
        raise RuntimeError(f"The audit failed for {', '.join(protection.summary['failed'])}; nothing is published.")
    path = str(protection.folder / "protected_cells.parquet").replace("'", "''")
    with duckdb.connect(str(workspace.home.warehouse)) as warehouse:
        warehouse.execute("create schema if not exists protected")
        warehouse.execute(f"create or replace view protected.protected_cells as select * from read_parquet('{path}')")
    for other in workspace.home.protected.iterdir():
        if other != protection.folder:
            shutil.rmtree(other)
