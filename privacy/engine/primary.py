"""Which quantities are sensitive by themselves, whatever else is published."""

import numpy as np
import polars as pl

from privacy.policy import Policy
from privacy.structure import KEY, ROW, Structure

REASONS = ("primary_n", "primary_numerator", "primary_complement", "primary_derived", "complementary")


def find_sensitive(cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row per sensitive cell and statistic: KEY, statistic, reason (the first of REASONS that applies), nobody.

    `nobody`: the value is zero.

    A small group makes all its statistics sensitive: whoever knows its members learns their outcomes from any of them.
    Source: NCES 2011-603 (Seastrom, SLDS Technical Brief 3): minimum group sizes in use, and why 0 % and 100 %
    disclose.
    """
    found = []
    for table in sorted(cells["table_id"].unique()):
        rules = policy.tables[table]
        rows = cells.filter(pl.col("table_id") == table)
        numerator, denominator = pl.col("numerator").fill_null(0), pl.col("denominator").fill_null(0)
        rows = rows.with_columns(numerator, denominator, complement=denominator - numerator)
        few = pl.col("student_count").is_between(1, rules.thresholds.persons - 1)
        for statistic in rules.statistics:
            found.append(_mark(rows.filter(few), statistic, "primary_n"))
        if rules.kind == "mean" and rules.zero_is_sensitive:
            ends = [pl.col("denominator") * end for end in (rules.lowest, rules.highest)]
            alike = pl.any_horizontal(pl.col("numerator") == end for end in ends)  # everybody has the same score
            found.append(_mark(rows.filter(~few, pl.col("denominator") > 0, alike), "numerator", "primary_numerator"))
        if rules.kind == "rate":
            smallest = 0 if rules.zero_is_sensitive else 1
            enough = rows.filter(~few, pl.col("denominator") > 0)
            for statistic in ("numerator", "complement"):
                limit, value = getattr(rules.thresholds, statistic), pl.col(statistic)
                small = (value >= smallest) & ((value < limit) | (value == 0))
                found.append(_mark(enough.filter(small), statistic, f"primary_{statistic}"))
    return pl.concat(found).sort(ROW)


def find_sensitive_derived(structure: Structure, truth: np.ndarray, policy: Policy) -> pl.DataFrame:
    """One row per sensitive derived number: KEY (table_id: its link), statistic, reason, nobody.

    None of nobody says nothing: a zero is sensitive only where something it is derived from is not zero.
    """
    value = pl.DataFrame({"quantity": np.arange(len(truth)), "value": truth})
    rules = {link.name: link.derived for link in policy.links if link.derived}
    rows = structure.quantities.filter(pl.col("statistic") == "derived").join(value, on="quantity", how="left")
    if rows.is_empty():
        return _mark(rows.with_columns(derived="value"), "derived", "primary_derived")
    limit, zero = (
        pl.col("table_id").replace_strict({name: getattr(one, field) for name, one in rules.items()}, default=None)
        for field in ("threshold", "zero_is_sensitive")
    )
    alike = structure.relations.filter(pl.col("kind") == "derived").join(structure.terms, on="relation")
    behind = alike.join(value, on="quantity").filter(pl.col("value") > 0).select("relation").unique()
    somebody = alike.join(behind, on="relation", how="semi")
    nobody = ~pl.col("quantity").is_in(somebody["quantity"].implode())
    small = pl.when(pl.col("value") == 0).then(zero & ~nobody).otherwise(pl.col("value") < limit)
    return _mark(rows.filter(small).with_columns(derived="value"), "derived", "primary_derived").sort(KEY)


def _mark(rows: pl.DataFrame, statistic: str, reason: str) -> pl.DataFrame:
    return rows.select(*KEY, statistic=pl.lit(statistic), reason=pl.lit(reason), nobody=pl.col(statistic) == 0)
