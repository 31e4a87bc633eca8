"""The tables a researcher brings back, as whole-number quantities and the sums a reader will assume between them.

There is no truth to start from, only what is shown. Where all listed parts and the whole are shown, what they leave is
a number the reader knows too, listed or not. Where a listed part is withheld, a reader takes the list for complete,
unless the groupings of the policy say that it need not be.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from privacy.policy import Policy
from privacy.relations import (
    CROSS,
    GROUP,
    PLACE,
    find_hierarchies,
    find_partitions,
    name_groups,
    number_relations,
)
from privacy.structure import CELL_COLUMNS, KEY, LEVELS

COUNTS = ("student_count", "numerator", "denominator")
CELL = [*PLACE, *GROUP]
SIZES = ("size", "persons")


@dataclass(frozen=True)
class OutputSystem:
    """What a reader of all outputs holds in hand.

    - `quantities`: one row per number: quantity, cell, statistic, kind, table_id, published (null = withheld), behind
      (persons behind a sum of days; null = not said), whole (the row's shown denominator), zero_is_shown, output, row
      (the last one that has it, from 1), is_left_over (what the listed parts of that row leave).
    - `relations`: one row per sum: relation, low (0; null where parts may be missing), high (0), output, row,
      statistic (of the whole).
    - `terms`: one row per sum and number in it: relation, quantity, coefficient.
    - `exceeding`, `differing`: one row per whole that its parts exceed, per cell that two outputs show differently:
      output, row, statistic.
    """

    quantities: pl.DataFrame
    relations: pl.DataFrame
    terms: pl.DataFrame
    exceeding: pl.DataFrame
    differing: pl.DataFrame


def build_system(outputs: Mapping[str, pl.DataFrame], policy: Policy) -> OutputSystem:
    """The system of all outputs together, given in the order in which they were brought. Raises ValueError."""
    cells, differing = _merge(pl.concat([_read(name, table, policy) for name, table in outputs.items()]))
    links = _list_links(cells, policy)
    wholes = _measure_wholes(cells, links)
    exceeding = wholes.filter(pl.col("rest") < 0)
    rests = _make_rests(wholes, first=cells.height)
    links = pl.concat([links, rests.select("sum", "parent", child="cell")]).join(exceeding, on="sum", how="anti")
    loose = _list_open(cells, links, policy).join(wholes.filter(pl.col("rest").is_not_null()), on="sum", how="anti")
    quantities = _list_quantities(pl.concat([cells, rests], how="diagonal"), policy)
    relations, terms = _list_relations(quantities, links, loose, policy)
    size = pl.when(pl.col("kind") == "count").then(pl.lit("student_count")).otherwise(pl.lit("denominator"))
    exceeding = exceeding.select("output", "row", statistic=size)
    return OutputSystem(quantities.drop(CELL[1:]), relations, terms, exceeding, differing)


def _read(name: str, table: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One output's rows under the usual columns, numbered. Raises ValueError with the output's name and counts."""
    missing = [column for column in CELL_COLUMNS if column not in table.columns]
    if missing:
        raise ValueError(f"{name} lacks the columns {', '.join(missing)}")
    unknown = sorted(set(table["table_id"].drop_nulls()) - set(policy.tables))
    if unknown:
        raise ValueError(f"{name}: the policy {policy.name!r} says nothing about {', '.join(unknown)}")
    means = sorted(one for one in table["table_id"].unique().drop_nulls() if policy.tables[one].kind == "mean")
    if means:
        raise ValueError(f"{name}: means cannot be checked: {', '.join(means)}")
    rows = table.select(CELL_COLUMNS).with_columns(pl.col("school_year", *COUNTS).cast(pl.Int64))
    kinds = {one: rules.kind for one, rules in policy.tables.items()}
    rows = rows.with_columns(
        output=pl.lit(name),
        row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        kind=pl.col("table_id").replace_strict(kinds, return_dtype=pl.String),
        is_left_over=pl.lit(False),
    )
    broken = _count_faults(rows)
    if broken:
        raise ValueError(f"{name}: " + "; ".join(broken))
    rows = name_groups(rows)
    twice = rows.select(pl.struct(CELL).is_duplicated().sum()).item()
    if twice:
        raise ValueError(f"{name}: {twice} rows are about the same cell")
    size = pl.when(pl.col("kind") == "rate").then(pl.coalesce("denominator", "student_count")).otherwise("denominator")
    return rows.with_columns(denominator=size)


def _count_faults(rows: pl.DataFrame) -> list[str]:
    """What is wrong with how many rows."""
    types, values = (pl.col(one).str.split(CROSS).list.len() for one in KEY[-2:])
    rated = pl.col("kind") == "rate"
    faults = {
        "of a crossed group have another number of types than of values": (pl.col(KEY[-2]) != "all")
        & (types != values),
        "have a null key or an unknown org_level": pl.any_horizontal(pl.col(KEY).is_null())
        | ~pl.col("org_level").is_in(LEVELS).fill_null(False),
        "have a negative number": pl.min_horizontal(COUNTS) < 0,
        "have a numerator above its denominator": pl.col("numerator") > pl.col("denominator"),
        "of a rate have a denominator other than student_count": rated
        & (pl.col("denominator") != pl.col("student_count")),
    }
    counts = rows.select(**{fault: found.fill_null(False).sum() for fault, found in faults.items()}).row(0, named=True)
    return [f"{count} rows {fault}" for fault, count in counts.items() if count]


def _merge(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row per cell with whatever any output shows of it; and where two outputs show different numbers."""
    cells = rows.group_by(CELL, maintain_order=True).agg(
        pl.col(*COUNTS, "parent_org_id").drop_nulls().last(),
        pl.col("kind", "is_left_over", "output", "row").last(),
        *[(pl.col(one).drop_nulls().n_unique() > 1).alias(f"{one} differs") for one in COUNTS],
    )
    differing = [cells.filter(f"{one} differs").select("output", "row", statistic=pl.lit(one)) for one in COUNTS]
    cells = cells.drop([f"{one} differs" for one in COUNTS]).with_row_index("cell")
    return cells.with_columns(pl.col("cell").cast(pl.Int64)), pl.concat(differing)


def _list_links(cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Which cells add up to which, by groups and by organisations: sum, parent, child."""
    places = cells.with_columns(quantity="cell", statistic=pl.lit(""), value=pl.lit(0, pl.Int64))
    _, terms = number_relations([find_partitions(places, policy), find_hierarchies(places)])
    terms = terms.rename({"relation": "sum"})
    parents = terms.filter(pl.col("coefficient") < 0).select("sum", parent="quantity")
    children = terms.filter(pl.col("coefficient") > 0).select("sum", child="quantity")
    return children.join(parents, on="sum", how="left", maintain_order="left").select("sum", "parent", "child")


def _list_open(cells: pl.DataFrame, links: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The sums of which parts may be missing because a grouping is in play: sum."""
    groupings = {grouping.type: grouping for grouping in policy.groupings}
    named = cells.select("cell", *GROUP)
    sums = links.group_by("sum", "parent").agg(pl.col("child").first(), parts=pl.len()).sort("sum")
    sums = sums.join(named.rename({"cell": "parent"}), on="parent", how="left")
    sums = sums.join(named.rename({"cell": "child"}), on="child", how="inner", suffix="_of_part")
    found = []
    for row in sums.iter_rows(named=True):
        whole = dict(zip(row["group_type"].split(CROSS), row["group_value"].split(CROSS), strict=True))
        part = row["group_type_of_part"].split(CROSS)
        gathered = [
            len(set(groupings[one].groups.get(whole[one], ()))) for one in set(whole) - set(part) if one in groupings
        ]
        if any(one in groupings for one in set(part) - set(whole)) or any(row["parts"] < each for each in gathered):
            found.append(row["sum"])
    return pl.DataFrame({"sum": found}, schema={"sum": pl.Int64})


def _measure_wholes(cells: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """One row per sum: its whole, and by how much that exceeds its parts (rest, persons; null = not shown)."""
    size = pl.when(pl.col("kind") == "count").then("student_count").otherwise("denominator")
    sized = cells.select("table_id", "kind", "output", "row", "cell", size=size, persons="student_count")
    parts = links.join(sized.rename({"cell": "child"}), on="child", how="left").group_by("sum", "parent")
    listed = [pl.when(pl.col(one).null_count() == 0).then(pl.col(one).sum()).alias(f"{one} listed") for one in SIZES]
    wholes = parts.agg(listed).join(sized.rename({"cell": "parent"}), on="parent", how="left").sort("sum")
    rest, persons = (pl.col(one) - pl.col(f"{one} listed") for one in SIZES)
    return wholes.select("sum", "parent", "table_id", "kind", "output", "row", rest=rest, persons=persons)


def _make_rests(wholes: pl.DataFrame, *, first: int) -> pl.DataFrame:
    """What is left of wholes, as cells without outcome, numbered from `first`."""
    count = pl.col("kind") == "count"
    persons = pl.when(pl.col("kind") == "magnitude").then(pl.max_horizontal("persons", 0))
    rests = wholes.filter(pl.col("rest") > 0).with_row_index("cell", offset=first)
    return rests.select(
        pl.col("cell").cast(pl.Int64),
        "sum",
        "parent",
        "table_id",
        "kind",
        "output",
        "row",
        student_count=pl.when(count).then("rest").otherwise(persons),
        denominator=pl.when(~count).then("rest"),
        is_left_over=pl.lit(True),
    )


def _list_quantities(cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row per cell and statistic of its kind; CELL is null but for the table where it is what others leave."""
    value = {one: pl.col(one) for one in COUNTS} | {"complement": pl.col("denominator") - pl.col("numerator")}
    parts = []
    for table in sorted(cells["table_id"].unique()):
        for statistic in policy.tables[table].statistics:
            parts.append(
                cells.filter(pl.col("table_id") == table).select(
                    *CELL,
                    "cell",
                    "kind",
                    "output",
                    "row",
                    "is_left_over",
                    statistic=pl.lit(statistic),
                    published=value[statistic],
                    behind="student_count",
                    whole="denominator",
                    zero_is_shown=pl.lit(statistic in ("student_count", "denominator")),
                )
            )
    quantities = pl.concat(parts).sort("cell", "statistic").with_row_index("quantity")
    return quantities.with_columns(pl.col("quantity").cast(pl.Int64))


def _list_relations(
    quantities: pl.DataFrame, links: pl.DataFrame, loose: pl.DataFrame, policy: Policy
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every sum, statistic by statistic; numerator + complement = denominator; and what the policy calls the same."""
    number = quantities.select("cell", "statistic", "quantity")
    children = links.join(number.rename({"cell": "child"}), on="child", how="inner")
    parents = links.select("sum", "parent").unique().join(number.rename({"cell": "parent"}), on="parent", how="inner")
    outcomes = number.filter(pl.col("statistic") != "student_count")
    whole = pl.col("statistic") == "denominator"
    sums = pl.concat_str(pl.lit("sum"), "sum", "statistic", separator=" ")
    found = [
        children.select("quantity", key=sums, coefficient=pl.lit(1, pl.Int64), sum="sum"),
        parents.select("quantity", key=sums, coefficient=pl.lit(-1, pl.Int64), sum="sum"),
        outcomes.select(
            "quantity",
            key=pl.concat_str(pl.lit("outcome "), "cell"),
            coefficient=pl.when(whole).then(-1).otherwise(1).cast(pl.Int64),
        ),
        *_find_same(quantities, policy),
    ]
    terms = pl.concat(found, how="diagonal").with_columns(relation=pl.col("key").rank("dense").cast(pl.Int64))
    wholes = terms.filter(pl.col("coefficient") < 0).join(quantities, on="quantity", how="left").sort("relation")
    low = pl.when(~pl.col("sum").is_in(loose["sum"].implode()).fill_null(False)).then(pl.lit(0, pl.Int64))
    relations = wholes.select("relation", "output", "row", "statistic", low=low, high=pl.lit(0, pl.Int64))
    return relations, terms.select("relation", "quantity", "coefficient").sort("relation", "quantity")


def _find_same(quantities: pl.DataFrame, policy: Policy) -> list[pl.DataFrame]:
    """The terms of what the policy declares to be the same number: key, quantity, coefficient."""
    found, on = [], CELL[1:]
    for same in policy.same_as:
        left, right = (quantities.filter(table_id=table, statistic=statistic) for table, statistic in same.pairs)
        both = left.drop_nulls(on).join(right, on=on, how="inner", maintain_order="left")
        key = pl.concat_str(pl.lit("same"), "quantity", "quantity_right", separator=" ")
        found.append(both.select("quantity", key=key, coefficient=pl.lit(1, pl.Int64)))
        found.append(both.select(key=key, quantity="quantity_right", coefficient=pl.lit(-1, pl.Int64)))
    return found
