"""What earlier releases have lost: numbers nothing can protect any more, whatever the release at hand says.

They fail every audit. So that one of them does not stop all that is still worth protecting, they are named and set
aside: found by the same audit of a release that says nothing at all.
"""

from dataclasses import replace

import polars as pl

from privacy.attack.outcome import AuditReport, conclude_audit
from privacy.ledger.cumulative import Past, audit_after
from privacy.release import MEDIAN, NOT_PUBLISHED, PUBLISHED, RATES, SHOWN, WITHHELD, Protected
from privacy.structure import ROW


def set_lost_aside(protected: Protected, past: Past, report: AuditReport) -> tuple[AuditReport, pl.DataFrame]:
    """The report of audit_after without what is lost, and what is: KEY, statistic (of History), problem.

    A number is lost if it fails even where the release at hand withholds everything but empty groups. It is sensitive
    still, but need not be proved (`lost` of check_after): who knows her own record knows that its group is not empty.
    """
    if report.passed:
        return report, report.failures.select(*ROW, "problem")
    silent = audit_after(replace(protected, cells=_silence(protected.cells)), past).failures
    lost = report.failures.join(silent, on=ROW, how="semi").select(*ROW, "problem").unique(maintain_order=True)
    return conclude_audit(report, report.failures.join(lost, on=ROW, how="anti", maintain_order="left")), lost


def _silence(cells: pl.DataFrame) -> pl.DataFrame:
    """The published cells with everything withheld but what says that a group is empty."""
    somebody = pl.coalesce("student_count", "denominator").fill_null(1) > 0
    silenced = []
    stated = {"rate": list(RATES), "median": [MEDIAN]}
    for name in [*PUBLISHED, *(one for one in stated if f"{one}_status" in cells.columns)]:
        status, values = f"{name}_status", stated.get(name, [name])
        hides = somebody & (pl.col(status) != NOT_PUBLISHED)
        silenced.append(pl.when(hides).then(pl.lit(WITHHELD)).otherwise(status).alias(status))
        silenced += [pl.when(~hides).then(one).alias(one) for one in values]
    status = pl.when(somebody).then(pl.lit(WITHHELD)).otherwise(pl.lit(SHOWN))
    return cells.with_columns(*silenced, status=status)
