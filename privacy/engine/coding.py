"""Published rates and means: rounded to decimals, or put into the bands of a grid, and the interval each stands for.

All in whole numbers. An interval is low <= rate < high in parts of 1/PARTS of the unit of the table's scale (a percent
for 100), closed above where it ends at the greatest rate there can be.
"""

import polars as pl

from privacy.policy import Policy
from privacy.statements import Band, TablePolicy
from privacy.structure import KEY

PARTS = 10_000
STATEMENT = ["rate_low", "rate_high", "rate_label"]


def state_rates(cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row per row of somebody, of the tables that publish rates: KEY and two statements of it.

    plain_low, plain_high, plain_label: rounded to the table's decimals. rate_low, rate_high, rate_label: what may stand
    although the numerator is withheld and the denominator shown; null where nothing leaves enough values. least, most:
    the numerators it leaves. The choice follows from numerator and denominator alone, not from what is sensitive.
    Source: NCES 2011-603 (Seastrom, SLDS Technical Brief 3) for bands by size of group, top and bottom codes.
    """
    found = [_state_table(cells.head(0), TablePolicy(kind="rate", decimals=0), policy)]
    for table, rules in policy.tables.items():
        if rules.publishes_rates:
            rows = cells.filter(pl.col("table_id") == table, pl.col("denominator").fill_null(0) > 0)
            found.append(_state_table(rows, rules, policy))
    return pl.concat(found)


def _state_table(rows: pl.DataFrame, rules: TablePolicy, policy: Policy) -> pl.DataFrame:
    rows = rows.with_columns(zip_columns(["plain_low", "plain_high", "plain_label"], _round(rules)))
    if rules.kind == "mean":
        choices = []
    elif rules.coding:
        # Coarser and coarser: the rows of the grid for groups of this size and smaller ones.
        grid = sorted(policy.grids[rules.coding], key=lambda band: -band.least)
        choices = [(pl.col("denominator") >= band.least, _put_in_band(band)) for band in grid]
    else:
        choices = [(pl.lit(rules.publish != "counts"), _round(rules))]
    room = int(any(attacker.knows_own_record for attacker in policy.attackers))
    chosen = pl.lit(None, pl.Int64)
    for place, (applies, (low, high, _)) in reversed(list(enumerate(choices))):
        least, most = left_by(low, high, rules)
        values = pl.min_horizontal(most, pl.col("denominator") - room) - pl.max_horizontal(least, pl.lit(room)) + 1
        chosen = pl.when(applies & (values >= policy.required_candidates)).then(place).otherwise(chosen)
    statement = [pl.lit(None, kind) for kind in (pl.Int64, pl.Int64, pl.String)]
    for place, (_, columns) in enumerate(choices):
        statement = [
            pl.when(pl.col("chosen") == place).then(one).otherwise(other)
            for one, other in zip(columns, statement, strict=True)
        ]
    rows = rows.with_columns(chosen=chosen).with_columns(zip_columns(STATEMENT, statement))
    least, most = left_by(pl.col("rate_low"), pl.col("rate_high"), rules)
    return rows.select(*KEY, "plain_low", "plain_high", "plain_label", *STATEMENT, least=least, most=most)


def zip_columns(names: list[str], columns: list[pl.Expr]) -> list[pl.Expr]:
    """The columns under the names given."""
    return [column.alias(name) for name, column in zip(names, columns, strict=True)]


def left_by(low: pl.Expr, high: pl.Expr, rules: TablePolicy) -> tuple[pl.Expr, pl.Expr]:
    """The least and the greatest whole numerator an interval leaves, for rows with a denominator."""
    parts, end = rules.unit * PARTS, rules.greatest * PARTS
    least = -((-low * pl.col("denominator")) // parts)
    most = pl.when(high == end).then(high * pl.col("denominator")).otherwise(high * pl.col("denominator") - 1) // parts
    return least, most


def _round(rules: TablePolicy) -> list[pl.Expr]:
    """Low, high and label of the rate rounded half up to the table's decimals."""
    digits = 10**rules.decimals
    numerator, denominator = pl.col("numerator"), pl.col("denominator")
    rounded = (2 * numerator * rules.unit * digits + denominator) // (2 * denominator)
    half = PARTS // digits // 2
    label = (rounded // digits).cast(pl.String)
    if rules.decimals:
        label = label + "." + (rounded % digits).cast(pl.String).str.zfill(rules.decimals)
    middle = rounded * (PARTS // digits)
    low = pl.max_horizontal(middle - half, pl.lit(rules.least * PARTS))
    return [low.cast(pl.Int64), pl.min_horizontal(middle + half, pl.lit(rules.greatest * PARTS)).cast(pl.Int64), label]


def _put_in_band(band: Band) -> list[pl.Expr]:
    """Low, high and label of the band a whole percentage is in."""
    percent = (200 * pl.col("numerator") + pl.col("denominator")) // (2 * pl.col("denominator"))
    start = percent // band.step * band.step
    first, last = pl.max_horizontal(start, band.bottom + 1), pl.min_horizontal(start + band.step - 1, band.top - 1)
    text = pl.when(first == last).then(first.cast(pl.String)).otherwise(pl.format("{}-{}", first, last))
    below, above = percent <= band.bottom, percent >= band.top
    label = pl.when(below).then(pl.lit(f"<={band.bottom}")).when(above).then(pl.lit(f">={band.top}")).otherwise(text)
    first = pl.when(below).then(0).when(above).then(band.top).otherwise(first)
    last = pl.when(below).then(band.bottom).when(above).then(100).otherwise(last)
    low = pl.max_horizontal(first * PARTS - PARTS // 2, pl.lit(0))
    return [low.cast(pl.Int64), pl.min_horizontal(last * PARTS + PARTS // 2, pl.lit(100 * PARTS)).cast(pl.Int64), label]
