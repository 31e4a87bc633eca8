"""The tables a researcher brings back, as whole-number quantities and the sums a reader will assume between them.

There is no truth to start from, only what is shown. Where all listed parts and the whole are shown, what they leave is
a number the reader knows too, listed or not. Where a listed part is withheld, a reader takes the list for complete.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from privacy.policy import Policy
from privacy.structure import CELL_COLUMNS, KEY, LEVELS

COUNTS = ("student_count", "numerator", "denominator")


@dataclass(frozen=True)
class OutputSystem:
    """What a reader of all outputs holds in hand.

    - `quantities`: one row per number: quantity, cell, statistic, kind, table_id, published (null = withheld), behind
      (persons behind a sum of days; null = not said), whole (the row's shown denominator), zero_is_shown, output, row
      (the last one that has it, from 1), is_left_over (what the listed parts of that row leave).
    - `relations`: one row per sum: relation, low, high (both 0), output, row (of the whole).
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
    rows = pl.concat([_read(name, table, policy) for name, table in outputs.items()])
    cells, differing = _merge(rows)
    links = pl.concat([_list_groups(cells), _list_organisations(cells)])
    sums = links.select("parent", "parts").unique().sort("parent", "parts").with_row_index("sum")
    links = links.join(sums.cast({"sum": pl.Int64}), on=["parent", "parts"], how="left", nulls_equal=True)
    rests, exceeding = _find_rests(cells, links)
    first = cells.height
    left = rests.with_row_index("cell", offset=first).with_columns(pl.col("cell").cast(pl.Int64))
    links = links.join(exceeding, on="sum", how="anti").select("sum", "parent", "child")
    links = pl.concat([links, left.select("sum", "parent", child="cell")])
    every = [*COUNTS, "cell", "table_id", "kind", "output", "row", "is_left_over"]
    quantities = _list_quantities(pl.concat([cells.select(every), left.select(every)]), policy)
    relations, terms = _list_relations(quantities, links, _find_same(quantities, cells, policy))
    return OutputSystem(quantities, relations, terms, exceeding.select("output", "row", "statistic"), differing)


def _read(name: str, table: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One output's rows under the usual columns, numbered. Raises ValueError with the output's name and counts."""
    missing = [column for column in CELL_COLUMNS if column not in table.columns]
    if missing:
        raise ValueError(f"{name} lacks the columns {', '.join(missing)}")
    unknown = sorted(set(table["table_id"].drop_nulls()) - set(policy.tables))
    if unknown:
        raise ValueError(f"{name}: the policy {policy.name!r} says nothing about {', '.join(unknown)}")
    rows = table.select(CELL_COLUMNS).with_columns(pl.col("school_year", *COUNTS).cast(pl.Int64))
    kinds = {one: rules.kind for one, rules in policy.tables.items()}
    rows = rows.with_columns(
        output=pl.lit(name),
        row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        kind=pl.col("table_id").replace_strict(kinds, return_dtype=pl.String),
        is_left_over=pl.lit(False),
    )
    rated = pl.col("kind") == "rate"
    faults = {
        "repeat a key": pl.struct(KEY).is_duplicated(),
        "have a null key or an unknown org_level": pl.any_horizontal(pl.col(KEY).is_null())
        | ~pl.col("org_level").is_in(LEVELS).fill_null(False),
        "have a negative number": pl.min_horizontal(COUNTS) < 0,
        "have a numerator above its denominator": pl.col("numerator") > pl.col("denominator"),
        "of a rate have a denominator other than student_count": rated
        & (pl.col("denominator") != pl.col("student_count")),
    }
    counts = rows.select(**{fault: found.fill_null(False).sum() for fault, found in faults.items()}).row(0, named=True)
    broken = [f"{count} rows {fault}" for fault, count in counts.items() if count]
    if broken:
        raise ValueError(f"{name}: " + "; ".join(broken))
    return rows.with_columns(
        denominator=pl.when(rated).then(pl.coalesce("denominator", "student_count")).otherwise("denominator")
    )


def _merge(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row per cell with whatever any output shows of it; and where two outputs show different numbers."""
    shown = rows.group_by(KEY, maintain_order=True).agg(
        pl.col(*COUNTS).drop_nulls().last(),
        pl.col("org_level", "parent_org_id", "kind", "is_left_over", "output", "row").last(),
        *[(pl.col(one).drop_nulls().n_unique() > 1).alias(f"{one} differs") for one in COUNTS],
    )
    differing = [shown.filter(f"{one} differs").select("output", "row", statistic=pl.lit(one)) for one in COUNTS]
    cells = (
        shown.drop([f"{one} differs" for one in COUNTS])
        .with_row_index("cell")
        .with_columns(pl.col("cell").cast(pl.Int64))
    )
    return cells, pl.concat(differing)


def _list_groups(cells: pl.DataFrame) -> pl.DataFrame:
    """The groups of one type add up to all students: parent, parts (which list of its parts), child."""
    everyone = pl.col("disaggregate_type") == "all"
    on = ["table_id", "school_year", "org_id"]
    wholes = cells.filter(everyone).select(*on, parent="cell")
    groups = cells.filter(~everyone).select(*on, parts="disaggregate_type", child="cell")
    return groups.join(wholes, on=on, how="inner", maintain_order="left").select("parent", "parts", "child")


def _list_organisations(cells: pl.DataFrame) -> pl.DataFrame:
    """The organisations under one add up to it, group by group: parent, parts (null), child."""
    on = ["table_id", "school_year", "org_id", "disaggregate_type", "disaggregate_value"]
    wholes = cells.select(*on, parent="cell")
    below = cells.filter(pl.col("parent_org_id").is_not_null()).select(
        *on[:2], *on[3:], pl.col("parent_org_id").alias("org_id"), child="cell"
    )
    found = below.join(wholes, on=on, how="inner", maintain_order="left")
    return found.select("parent", pl.lit(None, pl.String).alias("parts"), "child")


def _find_rests(cells: pl.DataFrame, links: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is left of a whole whose parts are all shown, as cells without outcome; and the sums that exceed it."""
    size = pl.when(pl.col("kind") == "count").then("student_count").otherwise("denominator")
    sized = cells.select("cell", size=size, persons="student_count")
    parts = (
        links.join(sized.rename({"cell": "child"}), on="child", how="left")
        .group_by("sum", "parent")
        .agg(
            listed=pl.when(pl.col("size").null_count() == 0).then(pl.col("size").sum()),
            listed_persons=pl.when(pl.col("persons").null_count() == 0).then(pl.col("persons").sum()),
        )
    )
    wholes = cells.select("student_count", "table_id", "kind", "output", "row", parent="cell", size=size)
    left = parts.join(wholes, on="parent", how="left").sort("sum").with_columns(rest=pl.col("size") - pl.col("listed"))
    count = pl.col("kind") == "count"
    persons = pl.max_horizontal(pl.col("student_count") - pl.col("listed_persons"), 0)
    rests = left.filter(pl.col("rest") > 0).select(
        "sum",
        "parent",
        "table_id",
        "kind",
        "output",
        "row",
        student_count=pl.when(count).then("rest").when(pl.col("kind") == "magnitude").then(persons),
        numerator=pl.lit(None, pl.Int64),
        denominator=pl.when(~count).then("rest"),
        is_left_over=pl.lit(True),
    )
    statistic = pl.when(count).then(pl.lit("student_count")).otherwise(pl.lit("denominator"))
    return rests, left.filter(pl.col("rest") < 0).select("sum", "output", "row", statistic=statistic)


def _list_quantities(cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row per cell and statistic of its kind."""
    value = {one: pl.col(one) for one in COUNTS} | {"complement": pl.col("denominator") - pl.col("numerator")}
    parts = []
    for table in sorted(cells["table_id"].unique()):
        for statistic in policy.tables[table].statistics:
            parts.append(
                cells.filter(pl.col("table_id") == table).select(
                    "cell",
                    "table_id",
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


def _find_same(quantities: pl.DataFrame, cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """What the policy declares to be the same number: quantity, other."""
    keyed = quantities.join(cells.select("cell", *KEY[1:]), on="cell", how="inner", maintain_order="left")
    found = [pl.DataFrame(schema={"quantity": pl.Int64, "other": pl.Int64})]
    for same in policy.same_as:
        left, right = (keyed.filter(table_id=table, statistic=statistic) for table, statistic in same.pairs)
        both = left.join(right, on=KEY[1:], how="inner", maintain_order="left")
        found.append(both.select("quantity", other="quantity_right"))
    return pl.concat(found)


def _list_relations(
    quantities: pl.DataFrame, links: pl.DataFrame, same: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every list of parts, statistic by statistic; numerator + complement = denominator; and what is the same."""
    number = quantities.select("cell", "statistic", "quantity")
    children = links.join(number.rename({"cell": "child"}), on="child", how="inner").select(
        "sum", "statistic", "quantity"
    )
    parents = links.select("sum", "parent").unique().join(number.rename({"cell": "parent"}), on="parent", how="inner")
    outcomes = number.filter(pl.col("statistic") != "student_count")
    key = pl.concat_str(pl.lit("cell"), pl.col("cell")).alias("key")
    sums = pl.concat_str(pl.lit("sum"), pl.col("sum"), pl.col("statistic"), separator=" ").alias("key")
    pairs = pl.concat_str(pl.lit("same"), pl.col("quantity"), pl.col("other"), separator=" ").alias("key")
    whole = pl.col("statistic") == "denominator"
    terms = pl.concat(
        [
            children.select(sums, "quantity", coefficient=pl.lit(1, pl.Int64)),
            parents.select(sums, "quantity", coefficient=pl.lit(-1, pl.Int64)),
            outcomes.select(key, "quantity", coefficient=pl.when(whole).then(-1).otherwise(1).cast(pl.Int64)),
            same.select(pairs, "quantity", coefficient=pl.lit(1, pl.Int64)),
            same.select(pairs, quantity="other", coefficient=pl.lit(-1, pl.Int64)),
        ]
    )
    terms = terms.with_columns(relation=pl.col("key").rank("dense").cast(pl.Int64)).sort("relation", "quantity")
    of = terms.filter(pl.col("coefficient") < 0).join(quantities, on="quantity", how="left").sort("relation")
    zero = pl.lit(0, pl.Int64)
    return of.select("relation", "output", "row", "statistic", low=zero, high=zero), terms.drop("key")
