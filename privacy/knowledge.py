"""What the policy's attackers think possible of a withheld quantity before they look at a single sum.

The definition of the attackers, shared by the engine, the audit and the checker. It knows no value: only which
quantities are listed as sensitive, and by which rule.
"""

from collections.abc import Iterable

import polars as pl

from privacy.policy import Attacker, Policy
from privacy.structure import KEY, ROW

PEOPLE = ("student_count", "denominator")


def bound_quantities(
    quantities: pl.DataFrame, sensitive: pl.DataFrame | None, policy: Policy, attackers: Iterable[Attacker]
) -> pl.DataFrame:
    """What attackers who work together think possible: one row per quantity: quantity, low, high (null: no bound).

    quantities: those of a structure. sensitive: KEY, statistic, nobody of what is protected; without it the attackers
    know no more than that zeros are shown. A quantity that is in several tables is bounded by the rules of all of them.
    """
    attackers = list(attackers)
    rows = quantities.select(*ROW, "quantity", "zero_is_shown")
    lows = [pl.lit(0, pl.Int64)]
    highs = [pl.lit(None, pl.Int64)]
    if any(one.knows_zeros_are_shown for one in attackers):
        lows.append(pl.col("zero_is_shown").cast(pl.Int64))
    if sensitive is not None:
        rows = _mark_listed(rows, sensitive)
        if any(one.knows_own_record for one in attackers):
            lows.append((pl.col("listed") & ~pl.col("nobody")).cast(pl.Int64))
        if any(one.tells_symbols_apart for one in attackers):
            low, high = _read_symbols(policy)
            lows.append(low)
            highs.append(high)
    rows = rows.select("quantity", low=pl.max_horizontal(lows), high=pl.min_horizontal(highs))
    return rows.group_by("quantity").agg(pl.col("low").max(), pl.col("high").min()).sort("quantity")


def _mark_listed(rows: pl.DataFrame, sensitive: pl.DataFrame) -> pl.DataFrame:
    """Adds listed and nobody, and few: the group is listed as small."""
    listed = sensitive.select(*ROW, "nobody", listed=pl.lit(True))
    few = sensitive.filter(pl.col("statistic") == "denominator").select(*KEY, few=pl.lit(True))
    rows = rows.join(listed, on=ROW, how="left", maintain_order="left")
    rows = rows.join(few, on=KEY, how="left", maintain_order="left")
    return rows.with_columns(pl.col("listed", "nobody", "few").fill_null(False))


def _read_symbols(policy: Policy) -> tuple[pl.Expr, pl.Expr]:
    """Bounds by the thresholds: a listed value is below its own, any other withheld one is not."""
    low, high = pl.lit(0, pl.Int64), pl.lit(None, pl.Int64)
    for name, rules in policy.tables.items():
        if rules.kind == "magnitude":
            continue
        limits, zero = rules.thresholds, rules.zero_is_sensitive
        here = pl.col("table_id") == name
        people = here & pl.col("statistic").is_in(PEOPLE)
        low = pl.when(people).then(pl.when("listed").then(1).otherwise(limits.persons)).otherwise(low)
        high = pl.when(people & pl.col("listed")).then(limits.persons - 1).otherwise(high)
        for statistic in ("numerator", "complement") if rules.kind == "rate" else ():
            part, limit = here & (pl.col("statistic") == statistic), getattr(limits, statistic)
            beyond = limit if zero else 0
            low = pl.when(part & ~pl.col("listed")).then(beyond).otherwise(low)
            low = pl.when(part & pl.col("listed") & ~pl.col("few")).then(int(not zero)).otherwise(low)
            listed = pl.when("few").then(limits.persons - 1).otherwise(limit - 1)
            high = pl.when(part & pl.col("listed")).then(listed).otherwise(high)
    return low.cast(pl.Int64), high.cast(pl.Int64)
