"""What an audit found, table by table."""

from dataclasses import dataclass, field, replace

import polars as pl

from privacy.certificates import Certificates, no_certificates

FAILURE_SCHEMA = {
    "table_id": pl.String,
    "school_year": pl.Int64,
    "org_id": pl.String,
    "disaggregate_type": pl.String,
    "disaggregate_value": pl.String,
    "statistic": pl.String,
    "attacker": pl.String,
    "problem": pl.String,
    "candidates": pl.Int64,
}


@dataclass(frozen=True)
class AuditReport:
    """What the attack found. For internal eyes: the failures say where to look.

    - `passed`: nothing failed.
    - `tables`: one row per table: table_id, passed, checked (protected quantities attacked), failures.
    - `failures`: one row per table cell, statistic, attacker and problem: KEY, statistic, attacker (null: any reader),
      problem (exposed: too few values left; unproved: not enough found in the time given; sensitive_value_shown;
      value_of_a_withheld_cell; sum_is_wrong; rate_is_wrong; median_is_wrong; unprotected: the engine says so),
      candidates (values found possible, at most those required; null if not counted).
    - `certificates`: against all attackers together; internal, for what they cover tells what is small.
    """

    passed: bool
    tables: pl.DataFrame
    failures: pl.DataFrame = field(repr=False)
    certificates: Certificates = field(repr=False, default_factory=no_certificates)


def conclude_audit(report: AuditReport, failures: pl.DataFrame) -> AuditReport:
    """The report with these failures."""
    counts = failures.group_by("table_id").agg(failures=pl.len().cast(pl.Int64))
    tables = report.tables.drop("failures").join(counts, on="table_id", how="left", maintain_order="left")
    tables = tables.with_columns(pl.col("failures").fill_null(0)).with_columns(passed=pl.col("failures") == 0)
    return replace(report, passed=failures.is_empty(), failures=failures, tables=tables)
