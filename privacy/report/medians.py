"""The medians of a release one by one, and why one is withheld. From the public cells and the policy alone.

So nothing here tells more than the release does. What a median says of the numbers behind it: privacy/medians.py.
"""

import polars as pl

from privacy.policy import Policy
from privacy.relations import GROUP, PLACE, name_groups, pair_levels
from privacy.release import MEDIAN, SHOWN, WITHHELD

NO_SIZE, FEW, TELLING = "no_size", "few", "telling"
WHY = {
    NO_SIZE: "the number of students is withheld, and no median is told without it",
    FEW: "the policy wants more students behind a median",
    TELLING: "beside all else that is shown it would narrow a protected number too far, or it was withheld before",
}


def list_medians(cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row per median of a group somebody is in: table_id, school_year, org_id, org_level, parent_org_id, the group
    as disaggregate_type and disaggregate_value, median_level (null: withheld), state (shown, withheld) and why (a key
    of WHY; null where it is shown).
    """
    for column in (MEDIAN, "median_status"):  # of releases with medians only
        cells = cells if column in cells.columns else cells.with_columns(pl.lit(None, pl.String).alias(column))
    told, size = pl.col(MEDIAN).is_not_null(), pl.col("denominator")
    fewest = pl.col("table_id").replace_strict(policy.fewest_of_medians, default=None, return_dtype=pl.Int64)
    why = pl.when(size.is_null()).then(pl.lit(NO_SIZE)).when(size < fewest).then(pl.lit(FEW)).otherwise(pl.lit(TELLING))
    rows = pair_levels(name_groups(cells.filter(pl.col("median_status").is_in([SHOWN, WITHHELD]))), policy)
    # All rows of a distribution state its median: one number.
    rows = rows.unique([*PLACE, *GROUP], keep="first", maintain_order=True).filter(told | (size.fill_null(1) > 0))
    return rows.select(
        *PLACE, "org_level", "parent_org_id", disaggregate_type="group_type", disaggregate_value="group_value",
        median_level=MEDIAN, state=pl.when(told).then(pl.lit(SHOWN)).otherwise(pl.lit(WITHHELD)),
        why=pl.when(~told).then(why),
    )  # fmt: skip


def list_alone(policy: Policy) -> list[str]:
    """The tables that publish sizes and medians alone."""
    return [table for table, rules in policy.tables.items() if rules.publish == "median"]


def merge_sizes(cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The rows (KEY and whatever else), those of tables that publish medians alone as one per group, and named by it.

    The size stands in the rows of all levels, and in the group's own: one number.
    """
    alone = list_alone(policy)
    if not alone:
        return cells
    merged = name_groups(cells.filter(pl.col("table_id").is_in(alone)))
    levels = pair_levels(merged, policy).drop("level")
    own = merged.join(levels, on=[*PLACE, "disaggregate_type", "disaggregate_value"], how="anti")
    groups = pl.concat([levels, own.select(levels.columns)]).unique([*PLACE, *GROUP], keep="first", maintain_order=True)
    groups = groups.with_columns(disaggregate_type="group_type", disaggregate_value="group_value")
    return pl.concat([cells.filter(~pl.col("table_id").is_in(alone)), groups.select(cells.columns)])


def explain_median(cells: pl.DataFrame, policy: Policy, row: dict) -> list[str]:
    """Lines about the median a published row states: what it is of, and whether it is shown, or why not.

    row: one of `cells`, by column. None where its table publishes no medians.
    """
    rules = policy.tables[row["table_id"]]
    if not rules.median:
        return []
    here = name_groups(cells.filter(pl.col(column) == row[column] for column in PLACE))
    here = pair_levels(here, policy)
    own = here.filter(pl.col(one) == row[one] for one in ("disaggregate_type", "disaggregate_value"))
    if own.is_empty():
        return [f"  median: stands in the rows of a level ({rules.levels}) only."]
    same = here.filter(pl.col(one) == own[one][0] for one in GROUP)
    level = pl.col("level").replace_strict({name: i for i, name in enumerate(rules.median.levels)}, default=None)
    same = same.sort(level, nulls_last=True)
    names = pl.concat_str(pl.col("disaggregate_type"), pl.lit("/"), pl.col("disaggregate_value"))
    found = list_medians(same.select(cells.columns), policy)
    if found.is_empty():
        return ["  median: there is none, for nobody is in the group."]
    median, why = found.select(MEDIAN, "why").row(0)
    told = f"{SHOWN}: {median}" if median is not None else f"{WITHHELD}; {WHY[why]}"
    if why == FEW:
        told += f" ({policy.fewest_of_medians[row['table_id']]})"
    lines = [
        f"  median: {told}.",
        "    it is the lowest level that at least half of the students are at or below, from the numerators of, lowest "
        f"level first: {', '.join(same.select(names).to_series())}",
    ]
    if median is not None:
        size = row["denominator"]
        lines.append(
            f"    it tells a reader: of {size} students at most {(size - 1) // 2} are below it, and at least "
            f"{(size + 1) // 2} at it or below"
        )
    return lines
