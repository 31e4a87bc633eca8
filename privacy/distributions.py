"""The distributions of which medians are published: which rows are the levels of one group, in which order.

Shared by engine, audit and checker. What a median of them says: medians.py.
"""

import polars as pl

from privacy.policy import Policy
from privacy.relations import GROUP, PLACE, name_groups, pair_levels

ROW_KEY = [*PLACE, "disaggregate_type", "disaggregate_value"]  # KEY of structure.py, which needs this


def list_distributions(quantities: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row per row of a level, of the tables that publish medians, by distribution and the order of levels.

    KEY, distribution (a number from 0: the levels of one table, year, organisation and group), place (of the level in
    the policy's order, from 0; null: it is not there), level, share and size (the quantities: students at this level,
    students at all). quantities: those of a structure.
    """
    ordered = {table: rules.median.levels for table, rules in policy.tables.items() if rules.median}
    places = [(table, level, place) for table, levels in ordered.items() for place, level in enumerate(levels)]
    places = pl.DataFrame(places, schema={"table_id": pl.String, "level": pl.String, "place": pl.Int64}, orient="row")
    rows = quantities.filter(
        pl.col("table_id").is_in(list(ordered)), pl.col("statistic").is_in(["numerator", "denominator"])
    )
    rows = pair_levels(name_groups(rows), policy)
    wholes = rows.select(PLACE + GROUP).unique().sort(PLACE + GROUP).with_row_index("distribution")
    rows = rows.join(wholes.with_columns(pl.col("distribution").cast(pl.Int64)), on=PLACE + GROUP, how="left")
    sizes = rows.filter(pl.col("statistic") == "denominator").select(*ROW_KEY, size="quantity")
    rows = rows.filter(pl.col("statistic") == "numerator").join(sizes, on=ROW_KEY, how="inner")
    rows = rows.join(places, on=["table_id", "level"], how="left")
    return rows.select(*ROW_KEY, "distribution", "place", "level", "size", share="quantity").sort(
        "distribution", "place"
    )


def count_misplaced(cells: pl.DataFrame, policy: Policy) -> int:
    """How many distributions of exact cells have no median: levels other than the policy's, or students at none."""
    if not any(rules.median for rules in policy.tables.values()):
        return 0
    numbered = cells.with_row_index("quantity").with_columns(pl.col("quantity").cast(pl.Int64))
    both = pl.concat([numbered.with_columns(statistic=pl.lit(one)) for one in ("numerator", "denominator")])
    rows = list_distributions(both, policy).join(cells, on=ROW_KEY, how="left")
    wanted = {table: len(rules.median.levels) for table, rules in policy.tables.items() if rules.median}
    found = rows.group_by("distribution", "table_id").agg(
        levels=pl.col("place").n_unique(),
        unknown=pl.col("place").null_count(),
        left=pl.col("denominator").fill_null(0).first() - pl.col("numerator").fill_null(0).sum(),
    )
    wanted = pl.col("table_id").replace_strict(wanted, return_dtype=pl.Int64)
    return found.filter((pl.col("levels") != wanted) | (pl.col("unknown") > 0) | (pl.col("left") != 0)).height
