"""What a report tells about one release: how many numbers and medians are published and withheld, and the price.

It holds no value. What it counts by level, group and place can be counted in the published tables too; the rest is told
for the whole release only, and only where there is enough of it to hide behind.
"""

import math
from dataclasses import dataclass

import polars as pl

from privacy.policy import Policy
from privacy.release import NOT_PUBLISHED, PUBLISHED, SHOWN, WITHHELD, Bound
from privacy.report.medians import list_alone, list_medians, merge_sizes
from privacy.report.pictures import STATES
from privacy.structure import KEY, LEVELS

LEAST_OF_A_KIND, LEAST_SHARE = 10, 0.1  # of sensitive and of complementary numbers, before the two are told apart
COUNTS = [pl.col(state).sum().cast(pl.Int64) for state in STATES]


@dataclass(frozen=True)
class Price:
    """What else had to be withheld: sensitive numbers, complementary ones, their cost, and the least any could cost."""

    sensitive: int
    complementary: int
    cost: str | None
    lower_bound: str | None
    gap_percent: float | None


@dataclass(frozen=True)
class Cuts:
    """How many are shown, banded and withheld, in three cuts.

    - `levels`: one row per table and level: table_id, org_level, shown, banded, withheld.
    - `groups`: one row per table, type and value of groups: … , shown, banded, withheld; schools and all else together.
    - `districts`: one row per district with its schools: org_id, shown, banded, withheld.
    """

    levels: pl.DataFrame
    groups: pl.DataFrame
    districts: pl.DataFrame


@dataclass(frozen=True)
class Figures:
    """What a report tells about one release under one policy. Counts only; no value.

    - `numbers`: the published numbers and rates. `medians`: the medians, each once per distribution (none is banded).
    - `reasons_of_medians`: why medians are withheld (as medians.py names it): how many.
    - `empty`: cells of groups nobody is in; always shown and counted nowhere else.
    - `price`: None where telling it could tell which withheld numbers are small.
    - `unprotected`: how many numbers cannot be protected. `lost`: how many not any more, for an earlier release tells
      them; the audit passes without them. `audit`: as audit.json has it, or None.
    """

    policy: Policy
    numbers: Cuts
    medians: Cuts
    reasons_of_medians: dict[str, int]
    empty: int
    price: Price | None
    unprotected: int
    lost: int
    audit: dict | None


def gather_figures(
    cells: pl.DataFrame,
    reasons: pl.DataFrame,
    policy: Policy,
    *,
    cost: float | None = None,
    bound: Bound | None = None,
    unprotected: int = 0,
    lost: int = 0,
    audit: dict | None = None,
) -> Figures:
    """The figures of protected cells and the reasons behind them (as in Protected)."""
    numbers, empty = _list_numbers(merge_sizes(cells, policy))
    medians = list_medians(cells, policy)
    why = medians.filter(pl.col("why").is_not_null()).group_by("why").len().sort("why")
    price = _tell_price(_drop_never_published(reasons, policy), cost, bound)
    return Figures(policy, _cut(numbers), _cut(medians), dict(why.rows()), empty, price, unprotected, lost, audit)


def order_levels() -> pl.Expr:
    """The place of org_level among the levels, the state first."""
    return pl.col("org_level").replace_strict({level: i for i, level in enumerate(LEVELS)}, return_dtype=pl.Int64)


def _cut(rows: pl.DataFrame) -> Cuts:
    """Counts of rows with a place, a group and a state."""
    rows = rows.with_columns((pl.col("state") == state).cast(pl.Int64).alias(state) for state in STATES)
    district = pl.when(pl.col("org_level") == "school").then("parent_org_id").when(pl.col("org_level") == "lea")
    districts = rows.with_columns(district=district.then("org_id")).filter(pl.col("district").is_not_null())
    return Cuts(
        rows.group_by("table_id", "org_level").agg(COUNTS).sort("table_id", order_levels()),
        rows.group_by("table_id", "disaggregate_type", "disaggregate_value").agg(COUNTS).sort(pl.all()),
        districts.group_by(org_id="district").agg(COUNTS).sort("org_id"),
    )


def _list_numbers(cells: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """One row per published number: KEY, org_level, parent_org_id and its state; and how many cells are empty."""
    for column in ("rate_label", "rate_status"):  # of releases with rates only
        cells = cells if column in cells.columns else cells.with_columns(pl.lit(None, pl.String).alias(column))
    withheld = pl.any_horizontal(pl.col(f"{one}_status") == WITHHELD for one in (*PUBLISHED, "rate")).fill_null(False)
    counted = pl.any_horizontal(pl.col(f"{one}_status") == SHOWN for one in PUBLISHED)
    zeros = pl.max_horizontal(pl.col(PUBLISHED).fill_null(0)) == 0
    nobody = counted & zeros & ~withheld & pl.col("rate_label").is_null()
    empty, cells = cells.filter(nobody), cells.filter(~nobody)
    # The students of a rate are its denominator: one number.
    rated = pl.col("denominator_status") != NOT_PUBLISHED
    status = {one: pl.col(f"{one}_status") for one in (*PUBLISHED, "rate")}
    status["student_count"] = pl.when(rated).then(pl.lit(NOT_PUBLISHED)).otherwise(status["student_count"])
    index = [*KEY, "org_level", "parent_org_id"]
    long = cells.select(*index, *[value.alias(name) for name, value in status.items()]).unpivot(
        index=index, value_name="state"
    )
    return long.filter(pl.col("state").is_in(STATES)), empty.height


def _drop_never_published(reasons: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The reasons without those of the numbers behind medians, which are withheld whatever they are."""
    alone = list_alone(policy)
    if not alone:
        return reasons
    return merge_sizes(
        reasons.filter(~pl.col("table_id").is_in(alone) | (pl.col("statistic") == "denominator")), policy
    )


def _tell_price(reasons: pl.DataFrame, cost: float | None, bound: Bound | None) -> Price | None:
    """The price, where it tells nothing about any one withheld number."""
    reasons = reasons.filter(pl.col("statistic").is_in(PUBLISHED))
    complementary = reasons.filter(pl.col("reason").cast(pl.String) == "complementary").height
    sensitive = reasons.height - complementary
    fewest = min(sensitive, complementary)
    if fewest < LEAST_OF_A_KIND or fewest < LEAST_SHARE * reasons.height:
        return None
    told = None if bound is None or math.isnan(bound.lower) else bound
    return Price(
        sensitive,
        complementary,
        None if cost is None else _round(cost),
        None if told is None else _round(told.lower),
        None if told is None else round(100 * told.gap, 1),
    )


def _round(value: float) -> str:
    """Two significant digits: an exact cost would tell the size of what was withheld."""
    return f"{float(f'{value:.2g}'):,.0f}" if value >= 10 else f"{value:.2g}"
