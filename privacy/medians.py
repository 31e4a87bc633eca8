"""What a published median says: two inequalities for the numbers behind a group's levels.

The definition, for audit and checker alike. The engine chooses what is published, and has its own (engine/medians.py).
"""

import polars as pl

from privacy.distributions import list_distributions
from privacy.policy import Policy
from privacy.structure import KEY, Structure


def read_medians(cells: pl.DataFrame, quantities: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row per distribution and median its published rows state: distribution, table_id, median, stated (its place;
    null: no level of the policy's is called so), size (the students; null: not told).
    """
    rows = list_distributions(quantities, policy).drop("size")
    levels = rows.select("table_id", median="level", stated="place").drop_nulls().unique()
    if "median_level" not in cells.columns:
        return rows.clear().select("distribution", "table_id", median="level", stated="place", size="share")
    said = cells.filter(pl.col("median_level").is_not_null()).select(*KEY, median="median_level", size="denominator")
    said = rows.join(said, on=KEY, how="inner").group_by("distribution", "table_id", "median").agg(pl.col("size").max())
    said = said.join(levels, on=["table_id", "median"], how="left").sort("distribution", "median")
    return said.select("distribution", "table_id", "median", "stated", "size")


def find_median_faults(cells: pl.DataFrame, structure: Structure, policy: Policy) -> list[tuple[str, pl.DataFrame]]:
    """What published medians must not say whatever is behind them: problem, and KEY of the rows where.

    A median in a withheld cell; of a number of students that is not told, or that is smaller than the policy wants; one
    that is no level of the policy's, or another than in the next row of the distribution.
    """
    if "median_level" not in cells.columns:
        return []
    rows, told = list_distributions(structure.quantities, policy), cells.filter(pl.col("median_level").is_not_null())
    fewest = pl.col("table_id").replace_strict(policy.fewest_of_medians, default=None, return_dtype=pl.Int64)
    said = read_medians(cells, structure.quantities, policy)
    odd = said.filter(pl.col("stated").is_null() | (pl.len().over("distribution") > 1))
    odd = rows.join(odd, on="distribution", how="semi")
    return [
        ("value_of_a_withheld_cell", told.filter(pl.col("median_status") != "shown").select(KEY)),
        ("sensitive_value_shown", told.filter(~(pl.col("denominator") >= fewest).fill_null(False)).select(KEY)),
        ("median_is_wrong", pl.concat([odd.select(KEY), told.join(rows, on=KEY, how="anti").select(KEY)])),
    ]


def add_medians(structure: Structure, cells: pl.DataFrame, policy: Policy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The relations and terms of a structure, and after them two relations for each published median.

    The median is the lowest level that at least half of the students are at or below. So fewer than half are below it:
    those below <= (all − 1) / 2, and at least half at or below it: those at or below >= all / 2, in whole students.
    A median without the number of students is a fault (find_median_faults), and says nothing here.
    """
    said = read_medians(cells, structure.quantities, policy).drop_nulls(["stated", "size"]).with_row_index("number")
    said = said.with_columns(relation=2 * pl.col("number").cast(pl.Int64) + structure.relations.height)
    levels = list_distributions(structure.quantities, policy).select("distribution", "place", "share")
    rows, nothing = said.join(levels, on="distribution", how="left"), pl.lit(None, pl.Int64)
    relations, terms = [structure.relations.sort("relation")], [structure.terms]
    for side, (low, high) in enumerate(((nothing, (pl.col("size") - 1) // 2), ((pl.col("size") + 1) // 2, nothing))):
        relations.append(said.select(pl.col("relation") + side, kind=pl.lit("median"), low=low, high=high))
        counted = rows.filter(pl.col("place") < pl.col("stated") + side).sort("relation", "place")
        one = pl.lit(1, pl.Int64)
        terms.append(counted.select(pl.col("relation") + side, quantity="share", coefficient=one))
    return pl.concat(relations).sort("relation"), pl.concat(terms)
