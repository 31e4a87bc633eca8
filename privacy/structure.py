"""The system of whole-number quantities behind a set of tables: what they are, and which sums tie them together.

A row of `cells` gives one quantity per statistic of its table. Every relation here is granted to every attacker,
residuals included: where the children of a parent do not add up to it exactly (a student who moved counts in two
districts), the attacker is told by how much.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from privacy.policy import STATISTICS, Policy

KEY = ["table_id", "school_year", "org_id", "disaggregate_type", "disaggregate_value"]
CELL_COLUMNS = [*KEY, "org_level", "parent_org_id", "student_count", "numerator", "denominator"]
LEVELS = ("state", "region", "lea", "school")


@dataclass(frozen=True)
class Structure:
    """What everybody may know about the tables besides the published values.

    - `quantities`: one row per cell and statistic: KEY, statistic, quantity (the same number = the same quantity),
      zero_is_shown (a zero here is always published, so a withheld value is at least 1).
    - `relations`: one row per relation: relation, kind (partition, hierarchy, outcome), low, high (whole; equal for a
      sum).
    - `terms`: one row per relation and quantity: relation, quantity, coefficient (whole).
    A relation says low <= sum of coefficient x quantity <= high.
    """

    quantities: pl.DataFrame
    relations: pl.DataFrame
    terms: pl.DataFrame


def check_cells(cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The cells in a fixed order with the columns this package uses.

    Raises ValueError, naming columns and counts only, when a column is missing, a key repeats, a table has no policy,
    or numbers cannot be what their columns say.
    """
    missing = [column for column in CELL_COLUMNS if column not in cells.columns]
    if missing:
        raise ValueError(f"cells lack the columns {', '.join(missing)}")
    unknown = sorted(set(cells["table_id"].unique()) - set(policy.tables))
    if unknown:
        raise ValueError(f"the policy {policy.name!r} says nothing about {', '.join(unknown)}")
    cells = cells.select(CELL_COLUMNS).with_columns(pl.col("school_year").cast(pl.Int64)).sort(KEY)
    cells = cells.with_columns(pl.col("student_count", "numerator", "denominator").cast(pl.Int64, strict=True))
    kind = pl.col("table_id").replace_strict({t: p.kind for t, p in policy.tables.items()}, return_dtype=pl.String)
    rated = kind != "count"
    empty = pl.col("denominator").fill_null(0) == 0
    faults = {
        "rows repeat a key": pl.struct(KEY).is_duplicated(),
        "rows have a null key or an unknown org_level": pl.any_horizontal(pl.col(KEY).is_null())
        | ~pl.col("org_level").is_in(LEVELS).fill_null(False),
        "rows have a student_count that is null or negative": ~(pl.col("student_count") >= 0).fill_null(False),
        "rows with a denominator have no numerator": rated & ~empty & pl.col("numerator").is_null(),
        "rows break 0 <= numerator <= denominator": rated
        & ((pl.col("numerator") < 0) | (pl.col("denominator").fill_null(0) < pl.col("numerator"))),
        "rows of a rate have a denominator other than student_count": (kind == "rate")
        & (pl.col("denominator").fill_null(0) != pl.col("student_count")),
        "rows have a denominator but no students, or students but no denominator": rated
        & (empty != (pl.col("student_count") == 0)),
    }
    counts = cells.select(**{name: fault.fill_null(False).sum() for name, fault in faults.items()}).row(0, named=True)
    broken = [f"{count} {name}" for name, count in counts.items() if count]
    if broken:
        raise ValueError("cells: " + "; ".join(broken))
    return cells


def build_structure(cells: pl.DataFrame, policy: Policy) -> tuple[Structure, np.ndarray]:
    """The structure of checked cells, and the true value of every quantity (whole numbers, by quantity).

    Raises ValueError when the policy declares two statistics the same and they differ somewhere.
    """
    values = _list_values(cells, policy)
    values, truth = _merge_same(values, policy)
    found = [_partitions(values), _hierarchies(values), _outcomes(values)]
    sums = pl.concat(sums for sums, _ in found).with_row_index("relation")
    sums = sums.with_columns(pl.col("relation").cast(pl.Int64))
    terms = pl.concat(terms for _, terms in found).join(sums, on=["kind", "parent"], how="left", maintain_order="left")
    quantities = values.select(*KEY, "statistic", "quantity", "zero_is_shown")
    relations = sums.select("relation", "kind", low="total", high="total")
    return Structure(quantities, relations, terms.select("relation", "quantity", "coefficient")), truth


def _list_values(cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row per cell and statistic of its table, with its true value."""
    parts = []
    numerator, denominator = pl.col("numerator").fill_null(0), pl.col("denominator").fill_null(0)
    value = {
        "student_count": pl.col("student_count"),
        "denominator": denominator,
        "numerator": numerator,
        "complement": denominator - numerator,
    }
    for table in sorted(cells["table_id"].unique()):
        rows = cells.filter(pl.col("table_id") == table)
        for statistic in policy.tables[table].statistics:
            # An empty group is always shown as empty; an outcome nobody in a group had may be withheld.
            shown = statistic in ("student_count", "denominator")
            parts.append(
                rows.with_columns(statistic=pl.lit(statistic), value=value[statistic], zero_is_shown=pl.lit(shown))
            )
    order = pl.Enum(STATISTICS)
    values = pl.concat(parts).with_columns(pl.col("statistic").cast(order)).sort(*KEY, "statistic")
    return (
        values.with_columns(pl.col("statistic").cast(pl.String))
        .with_row_index("quantity")
        .with_columns(pl.col("quantity").cast(pl.Int64))
    )


def _merge_same(values: pl.DataFrame, policy: Policy) -> tuple[pl.DataFrame, np.ndarray]:
    """The values with one `quantity` for each group of equal ones, numbered from 0, and the truth by quantity."""
    parent = np.arange(values.height)

    def root(q):
        while parent[q] != q:
            q = parent[q] = parent[parent[q]]
        return q

    for same in policy.same_as:
        sides = [
            values.filter(pl.col("table_id") == table, pl.col("statistic") == statistic)
            for table, statistic in same.pairs
        ]
        both = sides[0].join(sides[1], on=KEY[1:], how="inner", maintain_order="left")
        differ = (both["value"] != both["value_right"]).sum()
        if differ:
            raise ValueError(f"same_as: {same.left} and {same.right} differ in {differ} rows")
        for a, b in zip(both["quantity"], both["quantity_right"], strict=True):
            a, b = sorted((root(a), root(b)))
            parent[b] = a
    roots = np.array([root(q) for q in range(values.height)], dtype=np.int64)
    kept, number = np.unique(roots, return_inverse=True)
    return values.with_columns(quantity=pl.Series(number, dtype=pl.Int64)), values["value"].to_numpy()[kept]


def _sum_to(parents: pl.DataFrame, children: pl.DataFrame, *, on: list[str], kind: str) -> tuple[pl.DataFrame, ...]:
    """For parents that have children: one row per parent (kind, parent, total = what they exceed it by), and its terms.

    Terms are one row per parent and quantity: children +1, the parent −1.
    """
    parents = parents.with_row_index("parent")
    children = children.join(parents.select(*on, "parent"), on=on, how="inner", maintain_order="left")
    summed = children.group_by("parent", maintain_order=True).agg(children_sum=pl.col("value").sum())
    parents = parents.join(summed, on="parent", how="inner", maintain_order="left")
    sums = parents.select("parent", kind=pl.lit(kind), total=pl.col("children_sum") - pl.col("value"))
    terms = pl.concat(
        [
            children.select("parent", "quantity", coefficient=pl.lit(1, pl.Int64)),
            parents.select("parent", "quantity", coefficient=pl.lit(-1, pl.Int64)),
        ]
    )
    return sums, terms.with_columns(kind=pl.lit(kind))


def _partitions(values: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """The groups of one organisation and disaggregate type add up to its row of all students."""
    everyone = pl.col("disaggregate_type") == "all"
    groups = values.filter(~everyone)
    types = groups.select("disaggregate_type").unique(maintain_order=True)
    parents = values.filter(everyone).drop("disaggregate_type").join(types, how="cross", maintain_order="left")
    on = ["table_id", "school_year", "org_id", "statistic", "disaggregate_type"]
    return _sum_to(parents, groups, on=on, kind="partition")


def _hierarchies(values: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """The organisations under one parent add up to it, for every group."""
    children = values.filter(pl.col("parent_org_id").is_not_null()).drop("org_id").rename({"parent_org_id": "org_id"})
    on = ["table_id", "school_year", "org_id", "statistic", "disaggregate_type", "disaggregate_value"]
    return _sum_to(values, children, on=on, kind="hierarchy")


def _outcomes(values: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """Numerator and complement add up to the denominator."""
    parts = values.filter(pl.col("statistic").is_in(["numerator", "complement"]))
    return _sum_to(values.filter(pl.col("statistic") == "denominator"), parts, on=KEY, kind="outcome")
