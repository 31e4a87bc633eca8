"""The first door: decides what of a set of tables is published, and gives them back as the public may see them."""

import numpy as np
import polars as pl

from privacy.complementary import choose_units
from privacy.intervals import widen
from privacy.policy import Policy
from privacy.posing import pose_problem
from privacy.primary import REASONS, find_sensitive, find_sensitive_derived
from privacy.release import NOT_PUBLISHED, PUBLISHED, SHOWN, WITHHELD, Progress, Protected
from privacy.structure import KEY, Structure, build_structure, check_cells


def protect(cells: pl.DataFrame, policy: Policy, *, secret: bytes = b"", progress: Progress | None = None) -> Protected:
    """The tables of exact `cells` (see docs/disclosure.md for columns) as the policy lets them be published.

    All tables are protected together: what one shows counts against the others. `progress` is called with (stage, done,
    total). The result does not depend on the order of rows. `secret` breaks ties between equally good sets, so that
    nobody without it can repeat the choice; the same input and secret give the same release. Raises ValueError (counts
    and column names only) for cells that are not what they should be, RuntimeError if a quantity cannot be protected by
    withholding everything around it.
    """
    report = progress or (lambda stage, done, total: None)
    cells = check_cells(cells, policy)
    structure, truth = build_structure(cells, policy)
    sensitive = pl.concat([find_sensitive(cells, policy), find_sensitive_derived(structure, truth, policy)])
    problem = pose_problem(cells, structure, truth, sensitive, policy, secret)
    report("choosing", 0, 1)
    hidden = choose_units(problem)
    widen(problem, hidden, report)
    reasons = _explain(cells, structure, sensitive, hidden[problem.unit] & ~problem.known)
    own = np.zeros(len(hidden), dtype=bool)
    own[problem.unit[problem.sensitive]] = True
    cost = float(problem.cost[hidden & ~own].sum())
    summary = reasons.group_by("table_id", "org_level", "statistic", "reason").agg(cells=pl.len()).sort(pl.all())
    return Protected(_withhold(cells, reasons, policy), structure, sensitive, reasons, summary, cost, policy.hash)


def _explain(cells: pl.DataFrame, structure: Structure, sensitive: pl.DataFrame, withheld: np.ndarray) -> pl.DataFrame:
    """One row per withheld cell and statistic, with the first reason that applies."""
    rows = structure.quantities.filter(pl.Series(withheld[structure.quantities["quantity"].to_numpy()]))
    rows = rows.join(sensitive, on=[*KEY, "statistic"], how="left", maintain_order="left")
    rows = rows.join(cells.select(*KEY, "org_level"), on=KEY, how="inner", maintain_order="left")
    reason = pl.col("reason").fill_null("complementary").cast(pl.Enum(REASONS))
    return rows.select(*KEY, "org_level", "statistic", reason)


def _withhold(cells: pl.DataFrame, reasons: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The cells without the values of withheld statistics, and the status of each."""
    gone = {statistic: reasons.filter(pl.col("statistic") == statistic).select(KEY) for statistic in PUBLISHED}
    kind = pl.col("table_id").replace_strict({t: p.kind for t, p in policy.tables.items()}, return_dtype=pl.String)
    # The student count of a rate is its denominator; that of a magnitude only tells how many persons stand behind it.
    same = {"student_count": kind == "rate"}
    published = {"student_count": kind != "magnitude", "numerator": kind != "count", "denominator": kind != "count"}
    for statistic, keys in gone.items():
        cells = cells.join(
            keys.with_columns(pl.lit(True).alias(f"_{statistic}")), on=KEY, how="left", maintain_order="left"
        )
    for statistic in PUBLISHED:
        withheld = pl.col(f"_{statistic}").fill_null(False)
        if statistic in same:
            withheld = pl.when(same[statistic]).then(pl.col("_denominator").fill_null(False)).otherwise(withheld)
        status = pl.when(~published[statistic]).then(pl.lit(NOT_PUBLISHED)).when(withheld).then(pl.lit(WITHHELD))
        cells = cells.with_columns(status.otherwise(pl.lit(SHOWN)).alias(f"{statistic}_status"))
    # A rate of nobody has no numerator, or zero: published alike, so that the two cannot be told apart.
    cells = cells.with_columns(
        pl.when(pl.col(f"{statistic}_status") == SHOWN).then(pl.col(statistic).fill_null(0)).alias(statistic)
        for statistic in PUBLISHED
    )
    statuses = [pl.col(f"{statistic}_status") == WITHHELD for statistic in PUBLISHED]
    cells = cells.with_columns(
        status=pl.when(pl.any_horizontal(statuses)).then(pl.lit(WITHHELD)).otherwise(pl.lit(SHOWN))
    )
    return cells.select(*KEY, "org_level", "parent_org_id", *PUBLISHED, *[f"{s}_status" for s in PUBLISHED], "status")
