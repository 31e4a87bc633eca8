"""Which quantities are sensitive by themselves, whatever else is published."""

import polars as pl

from privacy.policy import Policy
from privacy.structure import KEY

REASONS = ("primary_n", "primary_numerator", "primary_complement", "complementary")


def find_sensitive(cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row per sensitive cell and statistic: KEY, statistic, reason (the first of REASONS that applies).

    A small group makes all its statistics sensitive: whoever knows its members learns their outcomes from any of them.
    Source: NCES 2011-603 (Seastrom, SLDS Technical Brief 3): minimum group sizes in use, and why 0 % and 100 %
    disclose.
    """
    found = []
    for table in sorted(cells["table_id"].unique()):
        rules = policy.tables[table]
        rows = cells.filter(pl.col("table_id") == table)
        few = pl.col("student_count").is_between(1, rules.thresholds.persons - 1)
        for statistic in rules.statistics:
            found.append(_mark(rows.filter(few), statistic, "primary_n"))
        if rules.kind == "rate":
            smallest = 0 if rules.zero_is_sensitive else 1
            enough = rows.filter(~few, pl.col("denominator") > 0)
            values = {"numerator": pl.col("numerator"), "complement": pl.col("denominator") - pl.col("numerator")}
            for statistic, value in values.items():
                limit = getattr(rules.thresholds, statistic)
                small = (value >= smallest) & ((value < limit) | (value == 0))
                found.append(_mark(enough.filter(small), statistic, f"primary_{statistic}"))
    return pl.concat(found).sort(*KEY, "statistic")


def _mark(rows: pl.DataFrame, statistic: str, reason: str) -> pl.DataFrame:
    return rows.select(*KEY, statistic=pl.lit(statistic), reason=pl.lit(reason))
