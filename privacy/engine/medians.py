"""Which medians may be published, where, and what that does to the engine's problem.

A median is the lowest level that at least half of the students are at or below. Levels are ordered by the policy; of
earnings or scores they are bands of values. Nothing finer is published: a value within the band would say more.
"""

import numpy as np
import polars as pl
from scipy import sparse

from privacy.distributions import list_distributions
from privacy.engine.problem import UNBOUNDED
from privacy.policy import Policy
from privacy.structure import KEY, Structure

MEDIAN = "median"


def state_medians(cells: pl.DataFrame, structure: Structure, policy: Policy) -> pl.DataFrame:
    """One row per distribution of enough students for a median: KEY (of its first level), distribution, size (the
    quantity), place and median (the level).
    """
    rows = list_distributions(structure.quantities, policy)
    fewest = pl.col("table_id").replace_strict(policy.fewest_of_medians, default=None, return_dtype=pl.Int64)
    rows = rows.join(cells.select(*KEY, "numerator", "denominator"), on=KEY, how="left", maintain_order="left")
    rows = rows.filter(pl.col("denominator") >= fewest)
    below = pl.col("numerator").cum_sum().over("distribution", order_by="place")
    middle = rows.filter(2 * below >= pl.col("denominator")).unique("distribution", keep="first", maintain_order=True)
    firsts = rows.unique("distribution", keep="first", maintain_order=True).select(*KEY, "distribution", "size")
    middle = middle.select("distribution", "place", median="level")
    return firsts.join(middle, on="distribution", how="inner", maintain_order="left")


def pose_medians(
    stated: pl.DataFrame, structure: Structure, policy: Policy, truth: np.ndarray
) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    """What medians (as state_medians has them) say of the quantities: two rows each, their low and high.

    The size is as it is, for without it no median is told: so no number is halved, and programs have whole corners.
    """
    rows = list_distributions(structure.quantities, policy)
    own = stated.select("distribution", middle="place").with_row_index("number")
    rows = rows.join(own, on="distribution", how="inner", maintain_order="left")
    number = rows["number"].cast(pl.Int64).to_numpy()
    place, middle, share = (rows[one].to_numpy() for one in ("place", "middle", "share"))
    below, upto = place < middle, place <= middle
    line = np.concatenate([2 * number[below], 2 * number[upto] + 1])
    data = np.ones(len(line), dtype=np.int64)
    column = np.concatenate([share[below], share[upto]])
    matrix = sparse.csr_matrix((data, (line, column)), shape=(2 * stated.height, len(truth)))
    size = truth[stated["size"].to_numpy()]
    low = np.stack([np.full(len(size), -UNBOUNDED), (size + 1) // 2], axis=1)
    high = np.stack([(size - 1) // 2, np.full(len(size), UNBOUNDED)], axis=1)
    return matrix, low.ravel(), high.ravel()


def choose_medians(
    cells: pl.DataFrame, structure: Structure, stated: pl.DataFrame, no_size: pl.DataFrame, policy: Policy
) -> pl.DataFrame:
    """One row per row of a level: KEY, median_level (null: withheld, or of nobody) and median_status (shown, withheld).

    stated: statements with `lifted`; no_size: KEY of rows whose denominator is withheld. All rows of a distribution
    have its median.
    """
    own = stated.filter(pl.col("statistic") == MEDIAN, ~pl.col("lifted")).select("distribution", median_level=MEDIAN)
    rows = list_distributions(structure.quantities, policy)
    hidden = rows.join(no_size, on=KEY, how="semi").select("distribution").unique()
    own = own.join(hidden, on="distribution", how="anti")
    rows = rows.join(own, on="distribution", how="left").join(cells.select(*KEY, "denominator"), on=KEY, how="left")
    told = pl.col("median_level").is_not_null() | (pl.col("denominator").fill_null(0) == 0)
    return rows.select(
        *KEY, "median_level", median_status=pl.when(told).then(pl.lit("shown")).otherwise(pl.lit("withheld"))
    )
