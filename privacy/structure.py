"""The system of whole-number quantities behind a set of tables: what they are, and which sums tie them together.

A row of `cells` gives one quantity per statistic of its table. Every relation here is granted to every attacker,
residuals included: where the children of a parent do not add up to it exactly (a student who moved counts in two
districts), the attacker is told by how much.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from privacy.distributions import count_misplaced
from privacy.policy import Policy
from privacy.relations import (
    CROSS,
    GROUP,
    SUMS,
    find_hierarchies,
    find_levels,
    find_links,
    find_outcomes,
    find_partitions,
    find_ranges,
    name_groups,
    number_relations,
    pair_levels,
)
from privacy.statements import STATISTICS

KEY = ["table_id", "school_year", "org_id", "disaggregate_type", "disaggregate_value"]
ROW = [*KEY, "statistic"]  # names a number of a cell
CELL_COLUMNS = [*KEY, "org_level", "parent_org_id", "student_count", "numerator", "denominator"]
LEVELS = ("state", "region", "lea", "school")


@dataclass(frozen=True)
class Structure:
    """What everybody may know about the tables besides the published values.

    - `quantities`: one row per cell and statistic: KEY, statistic, quantity (the same number = the same quantity),
      zero_is_shown (a zero here is always published, so a withheld value is at least 1).
      statistic `derived`: a number of no cell that nobody publishes; its table_id is the name of the policy's link.
    - `relations`: one row per relation: relation, kind (partition, hierarchy, outcome, levels, range, link,
      derived), low, high (whole; equal for a sum; null = no bound).
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
    repeated = cells.select(pl.struct(KEY).is_duplicated().sum()).item()
    _refuse([f"{repeated} rows repeat a key"] * bool(repeated) + _list_faults(cells, policy))
    misplaced = count_misplaced(cells, policy)
    if misplaced:
        raise ValueError(f"cells: {misplaced} distributions lack a level of their median, or have students at no level")
    twice = (
        name_groups(cells).select(pl.struct("table_id", "school_year", "org_id", *GROUP).is_duplicated().sum()).item()
    )
    if twice:
        raise ValueError(f"cells: {twice} rows name the same group, their types in another order")
    return cells


def check_rows(cells: pl.DataFrame, policy: Policy) -> None:
    """Raises ValueError, as check_cells does, for what is wrong with rows each by itself."""
    _refuse(_list_faults(cells, policy))


def _refuse(faults: list[str]) -> None:
    if faults:
        raise ValueError("cells: " + "; ".join(faults))


def _list_faults(cells: pl.DataFrame, policy: Policy) -> list[str]:
    """What is wrong with rows each by itself, and how often."""
    kind = pl.col("table_id").replace_strict({t: p.kind for t, p in policy.tables.items()}, return_dtype=pl.String)
    rated = kind != "count"
    empty = pl.col("denominator").fill_null(0) == 0
    group = [pl.col(f"disaggregate_{one}") for one in ("type", "value")]
    parts = [one.str.split(CROSS).list.len() for one in group]
    means = {table: rules for table, rules in policy.tables.items() if rules.kind == "mean"}
    ends = [
        pl.col("table_id").replace_strict(
            {t: getattr(p, end) for t, p in means.items()}, default=0, return_dtype=pl.Int64
        )
        for end in ("lowest", "highest")
    ]
    faults = {
        "rows have a null key or an unknown org_level": pl.any_horizontal(pl.col(KEY).is_null())
        | ~pl.col("org_level").is_in(LEVELS).fill_null(False),
        "rows of a crossed group have another number of types than of values": (group[0] != "all")
        & (parts[0] != parts[1]),
        "rows have a student_count that is null or negative": ~(pl.col("student_count") >= 0).fill_null(False),
        "rows with a denominator have no numerator": rated & ~empty & pl.col("numerator").is_null(),
        "rows break 0 <= numerator <= denominator": rated
        & (kind != "mean")
        & ((pl.col("numerator") < 0) | (pl.col("denominator").fill_null(0) < pl.col("numerator"))),
        "rows of a rate have a denominator other than student_count": kind.is_in(["rate", "mean"])
        & (pl.col("denominator").fill_null(0) != pl.col("student_count")),
        "rows have a sum of scores that so many students cannot have": (kind == "mean")
        & ~pl.col("numerator").fill_null(0).is_between(*(pl.col("denominator").fill_null(0) * end for end in ends)),
        "rows have a denominator but no students, or students but no denominator": rated
        & (empty != (pl.col("student_count") == 0)),
    }
    counts = cells.select(**{name: fault.fill_null(False).sum() for name, fault in faults.items()}).row(0, named=True)
    return [f"{count} {name}" for name, count in counts.items() if count]


def build_structure(cells: pl.DataFrame, policy: Policy) -> tuple[Structure, np.ndarray]:
    """The structure of checked cells, and the true value of every quantity (whole numbers, by quantity).

    Raises ValueError when the policy declares two statistics the same and they differ somewhere, or a link that does
    not hold somewhere.
    """
    values = _merge_same(_list_values(name_groups(cells), policy), policy)
    values, links = find_links(values, policy)
    own = values.filter(pl.col("statistic") != "derived")
    rules = [policy.tables[table] for table in cells["table_id"].unique()]
    needed = {
        find_partitions: True,
        find_levels: any(one.levels for one in rules),
        find_ranges: any(one.kind == "mean" for one in rules),
    }
    sums = [find(own, policy) for find, asked in needed.items() if asked]
    sums += [find(own) for find in (find_hierarchies, find_outcomes)]
    relations, terms = number_relations([*sums, *links])
    truth = np.zeros(int(values["quantity"].max()) + 1 if values.height else 0, dtype=np.int64)
    truth[values["quantity"].to_numpy()] = values["value"].to_numpy()
    return Structure(values.select(*ROW, "quantity", "zero_is_shown"), relations, terms), truth


def rebuild_structure(
    cells: pl.DataFrame,
    changed: np.ndarray,
    structure: Structure,
    truth: np.ndarray,
    matrix: csr_matrix,
    policy: Policy,
) -> tuple[Structure, np.ndarray] | None:
    """What build_structure gives of tables that differ from those of a structure in the numbers of some rows only.

    `cells`: these rows, checked; `changed`: boolean per row of `structure.quantities`, theirs. Every quantity has to be
    a number of one row, and none derived. `matrix`: the terms, relations by quantities. None where the structure does
    not tell: whether a part lacks of a sum, or why a link does not hold.
    """
    truth, rows = truth.copy(), structure.quantities["quantity"].to_numpy()
    truth[rows[changed]] = _list_values(cells, policy)["value"].to_numpy()
    relations = structure.relations.with_columns(excess=pl.Series(matrix @ truth, dtype=pl.Int64))
    low, excess, summed = pl.col("low"), pl.col("excess"), pl.col("kind").is_in(SUMS)
    held = (low <= excess).fill_null(True) & (excess <= pl.col("high")).fill_null(True)
    # Whether a part was missing can be seen only where the parts were less than the whole.
    unclear = (pl.col("kind") == "partition") & (low >= 0).fill_null(False) & (excess < 0)
    if relations.filter(unclear | (~summed & ~held)).height:
        return None
    bounded = low.is_null() & (excess < 0)
    relations = relations.with_columns(
        low=pl.when(summed).then(pl.when(~bounded).then(excess)).otherwise(low),
        high=pl.when(summed).then(pl.when(bounded).then(0).otherwise(excess)).otherwise("high").cast(pl.Int64),
    )
    return Structure(structure.quantities, relations.drop("excess"), structure.terms), truth


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
    values = pl.concat(parts).with_columns(pl.col("statistic").cast(order)).sort(ROW)
    return (
        values.with_columns(pl.col("statistic").cast(pl.String))
        .with_row_index("quantity")
        .with_columns(pl.col("quantity").cast(pl.Int64))
    )


def _list_same(values: pl.DataFrame, policy: Policy) -> Iterator[tuple[str, pl.DataFrame]]:
    """What is the same number, and why: pairs of value and quantity, value_right and quantity_right."""
    for same in policy.same_as:
        left, right = (
            values.filter(pl.col("table_id") == table, pl.col("statistic") == statistic)
            for table, statistic in same.pairs
        )
        both = left.join(right, on=["school_year", "org_id", *GROUP], how="inner", maintain_order="left")
        yield f"same_as: {same.left} and {same.right}", both
    if not any(rules.levels for rules in policy.tables.values()):
        return
    levels = pair_levels(values, policy).filter(pl.col("statistic") == "denominator")
    on = ["table_id", "school_year", "org_id", *GROUP]
    first = levels.unique(on, keep="first", maintain_order=True)
    for others in (levels, values.filter(pl.col("statistic") == "denominator")):
        yield "levels: denominators of one group", first.join(others, on=on, how="inner", maintain_order="left")


def _merge_same(values: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The values with one `quantity` for each group of equal ones, numbered from 0."""
    parent = np.arange(values.height)

    def root(q):
        while parent[q] != q:
            q = parent[q] = parent[parent[q]]
        return q

    for name, both in _list_same(values, policy):
        differ = (both["value"] != both["value_right"]).sum()
        if differ:
            raise ValueError(f"{name}: they differ in {differ} rows")
        for a, b in zip(both["quantity"], both["quantity_right"], strict=True):
            a, b = sorted((root(a), root(b)))
            parent[b] = a
    if (parent == np.arange(values.height)).all():
        return values
    roots = np.array([root(q) for q in range(values.height)], dtype=np.int64)
    _, number = np.unique(roots, return_inverse=True)
    return values.with_columns(quantity=pl.Series(number, dtype=pl.Int64))
