"""The rules of a study's plan that make values coarser before anybody's quasi-identifiers are withheld."""

import polars as pl

from privacy.research.study_plan import CODE, Band, Coarsen, Pool


def apply_rule(rows: pl.DataFrame, rule: Coarsen | Pool | Band) -> pl.DataFrame:
    """The rows with the rule's column as text, recoded; nulls stay null.

    Raises ValueError, naming the column, if a band meets something that is no whole number.
    """
    if isinstance(rule, Band):
        return rows.with_columns(_band(rows, rule).alias(rule.column))
    rows = rows.with_columns(pl.col(rule.column).cast(pl.String))
    to = rule.to if isinstance(rule, Coarsen) else _pool(rows, rule)
    return rows.with_columns(pl.col(rule.column).replace(to))


def _band(rows: pl.DataFrame, rule: Band) -> pl.Expr:
    if not rows.schema[rule.column].is_integer():
        raise ValueError(f"{rule.column}: band needs whole numbers")
    value = pl.col(rule.column).cast(pl.Int64)
    start = (value - rule.bottom) // rule.step * rule.step + rule.bottom
    inside = start.cast(pl.String)
    if rule.step > 1:
        inside = pl.format("{} to {}", start, start + rule.step - 1)
    return (
        pl.when(value.is_null())
        .then(None)
        .when(value < rule.bottom)
        .then(pl.lit(f"under {rule.bottom}"))
        .when(value >= rule.top)
        .then(pl.lit(f"{rule.top} or more"))
        .otherwise(inside)
    )


def _pool(rows: pl.DataFrame, rule: Pool) -> dict[str, str]:
    """What becomes of each category that does not stay."""
    counted = rows.drop_nulls(rule.column).group_by(category=rule.column).agg(persons=pl.col(CODE).n_unique())
    counted = counted.sort("persons", "category")
    small = set(counted.filter(pl.col("persons") < rule.fewer_than)["category"])
    if rule.groups:
        reached = {rule.groups[category] for category in small if category in rule.groups}
        return {category: group for category, group in rule.groups.items() if group in reached}
    if not small:
        return {}
    pooled = small | ({rule.into} & set(counted["category"]))
    for category in counted["category"]:
        inside = rows.filter(pl.col(rule.column).is_in(sorted(pooled)))[CODE].n_unique()
        if inside >= rule.fewer_than:
            break
        pooled.add(category)
    return dict.fromkeys(pooled, rule.into)
