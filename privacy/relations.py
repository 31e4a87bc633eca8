"""The sums that tie published numbers together: over groups, organisations, outcomes, and the links a policy declares.

Each function takes the values (one row per cell and statistic, see structure.py) and gives relations: a frame with one
row per relation (local, kind, low, high; null = no bound) and one with its terms (local, quantity, coefficient).
"""

import polars as pl

from privacy.policy import Policy
from privacy.statements import Grouping, Link

CROSS = " x "
PLACE = ["table_id", "school_year", "org_id"]
GROUP = ["group_type", "group_value"]
SUMS = ("partition", "hierarchy", "outcome", "levels")  # kinds that say by how much parts exceed a whole
Relations = tuple[pl.DataFrame, pl.DataFrame]


def name_groups(cells: pl.DataFrame) -> pl.DataFrame:
    """The rows with group_type and group_value: their dimensions in alphabetical order, the same whatever they wrote.

    All students are ("all", "all"). Types and values of crossed groups are joined by CROSS.
    """
    pairs = cells.select("disaggregate_type", "disaggregate_value").unique(maintain_order=True)
    rows = [(kind, value, *_write_group(_read_group(kind, value))) for kind, value in pairs.iter_rows()]
    named = pl.DataFrame(rows, schema=dict.fromkeys([*pairs.columns, *GROUP], pl.String), orient="row")
    return cells.join(named, on=pairs.columns, how="left", maintain_order="left")


def _read_group(kind: str, value: str) -> dict[str, str]:
    """Dimension to value; all students have none."""
    return {} if kind == "all" else dict(zip(kind.split(CROSS), value.split(CROSS), strict=True))


def _write_group(group: dict[str, str]) -> tuple[str, str]:
    if not group:
        return "all", "all"
    return CROSS.join(sorted(group)), CROSS.join(group[kind] for kind in sorted(group))


def find_partitions(values: pl.DataFrame, policy: Policy) -> Relations:
    """Groups add up over each of their dimensions to the group without it, and to the groupings of the policy.

    Where the parts differ from the whole although all of them are there (a student counts in two), everybody is told by
    how much. Where parts are missing, all that is known is that the others are no more than the whole.
    """
    pairs = values.select(GROUP).unique(maintain_order=True)
    edges = [edge for kind, value in pairs.iter_rows() for edge in _list_wholes(_read_group(kind, value), policy)]
    columns = {
        **dict.fromkeys([*GROUP, "whole_type", "whole_value", "line", "dimension", "member"], pl.String),
        "expected": pl.Int64,
    }
    parts = values.join(pl.DataFrame(edges, schema=columns, orient="row"), on=GROUP, how="inner", maintain_order="left")
    # The levels of a distribution are parts of their whole in their own way: find_levels.
    levels = pl.col("table_id").replace_strict(_name_levels(policy), default=None, return_dtype=pl.String)
    parts = parts.filter(pl.col("dimension").ne_missing(levels))
    # 0: as many as there are anywhere in this crossing of this organisation.
    everywhere = pl.col("member").n_unique().over([*PLACE, "statistic", "group_type", "line"]).cast(pl.Int64)
    parts = parts.with_columns(
        expected=pl.when(pl.col("expected") == 0).then(everywhere).otherwise("expected"),
        group_type=pl.col("whole_type"),
        group_value=pl.col("whole_value"),
    )
    wholes = parts.select(*PLACE, "statistic", *GROUP, "line").unique(maintain_order=True)
    wholes = wholes.join(
        values.select(*PLACE, "statistic", *GROUP, "quantity", "value"),
        on=[*PLACE, "statistic", *GROUP],
        how="inner",
        maintain_order="left",
    )
    return _sum_to(wholes, parts, on=[*PLACE, "statistic", *GROUP, "line"], kind="partition")


UNKNOWN = 10**9  # more parts than there are: nobody can tell whether all are there


def _list_wholes(group: dict[str, str], policy: Policy) -> list[tuple]:
    """The groups a group is part of: its type and value, those of the whole, line, dimension, member, parts expected.

    Parts of one whole on one line add up to it once there are as many as expected; 1: however many there are.
    """
    own, edges = _write_group(group), []
    groupings = {grouping.type: grouping for grouping in policy.groupings}
    for dimension, value in group.items():
        rest = {kind: name for kind, name in group.items() if kind != dimension}
        made: Grouping | None = groupings.get(dimension)
        line = f"{own[0]}/{dimension}"
        if made and made.overlaps:
            edges.append((*own, *_write_group(rest), f"{line}={value}", dimension, value, UNKNOWN))
        else:
            edges.append((*own, *_write_group(rest), line, dimension, value, UNKNOWN if made else int(not rest)))
        for grouping in policy.groupings:
            if grouping.of == dimension and grouping.type not in rest:
                for name, members in grouping.groups.items():
                    if value in members:
                        whole = _write_group({**rest, grouping.type: name})
                        edges.append((*own, *whole, f"{line}>{grouping.type}", dimension, value, len(set(members))))
    return edges


def _name_levels(policy: Policy) -> dict[str, str]:
    return {table: rules.levels for table, rules in policy.tables.items() if rules.levels}


def pair_levels(values: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row per row of a level of a distribution: the group all levels are shares of, as group_type, group_value.

    Columns of `values` besides, and level. The denominators of such rows, and of that group's own row, are one number.
    """
    made = []
    for table, levels in _name_levels(policy).items():
        rows = values.filter(pl.col("table_id") == table)
        wholes = []
        for kind, value in rows.select(GROUP).unique(maintain_order=True).iter_rows():
            group = _read_group(kind, value)
            level = group.pop(levels, None)
            if level is not None:
                wholes.append((kind, value, *_write_group(group), level))
        named = dict.fromkeys([*GROUP, "whole_type", "whole_value", "level"], pl.String)
        made.append(
            rows.join(pl.DataFrame(wholes, schema=named, orient="row"), on=GROUP, how="inner", maintain_order="left")
        )
    if not made:
        return values.clear().with_columns(level=pl.lit(None, pl.String))
    rows = pl.concat(made)
    return rows.with_columns(group_type="whole_type", group_value="whole_value").drop("whole_type", "whole_value")


def find_levels(values: pl.DataFrame, policy: Policy) -> Relations:
    """The numerators of the levels of one distribution add up to its denominator."""
    parts = pair_levels(values, policy)
    wholes = parts.filter(pl.col("statistic") == "denominator").unique(
        [*PLACE, *GROUP], keep="first", maintain_order=True
    )
    parts = parts.filter(pl.col("statistic") == "numerator").with_columns(expected=pl.lit(1))
    return _sum_to(wholes, parts, on=[*PLACE, *GROUP], kind="levels")


def find_ranges(values: pl.DataFrame, policy: Policy) -> Relations:
    """The scores of n students sum to at least n times the lowest there is and at most n times the highest."""
    found = []
    for table, rules in policy.tables.items():
        if rules.kind == "mean":
            rows = values.filter(pl.col("table_id") == table)
            count = rows.filter(pl.col("statistic") == "denominator").select(*PLACE, *GROUP, count="quantity")
            both = rows.filter(pl.col("statistic") == "numerator").join(
                count, on=[*PLACE, *GROUP], maintain_order="left"
            )
            found += [
                both.with_columns(sign=pl.lit(sign), times=pl.lit(sign * end))
                for sign, end in ((1, rules.lowest), (-1, rules.highest))
            ]
    if not found:
        found = [values.clear().with_columns(count="quantity", sign=pl.lit(1), times=pl.lit(1))]
    rows = pl.concat(found).with_row_index("local").with_columns(pl.col("local").cast(pl.Int64))
    terms = [
        rows.select("local", "quantity", coefficient=pl.col("sign").cast(pl.Int64)),
        rows.select("local", quantity="count", coefficient=-pl.col("times").cast(pl.Int64)),
    ]
    bounds = {"low": pl.lit(0, pl.Int64), "high": pl.lit(None, pl.Int64)}
    return rows.select("local", kind=pl.lit("range"), **bounds), pl.concat(terms)


def find_hierarchies(values: pl.DataFrame) -> Relations:
    """The organisations under one parent add up to it, for every group."""
    children = values.filter(pl.col("parent_org_id").is_not_null()).drop("org_id").rename({"parent_org_id": "org_id"})
    return _sum_to(
        values, children.with_columns(expected=pl.lit(1)), on=[*PLACE, "statistic", *GROUP], kind="hierarchy"
    )


def find_outcomes(values: pl.DataFrame) -> Relations:
    """Numerator and complement add up to the denominator."""
    complements = values.filter(pl.col("statistic") == "complement").with_columns(expected=pl.lit(1))
    numerators = values.filter(pl.col("statistic") == "numerator").with_columns(expected=pl.lit(1))
    numerators = numerators.join(complements, on=[*PLACE, *GROUP], how="semi", maintain_order="left")
    parts = pl.concat([numerators, complements])
    return _sum_to(values.filter(pl.col("statistic") == "denominator"), parts, on=[*PLACE, *GROUP], kind="outcome")


def _sum_to(wholes: pl.DataFrame, parts: pl.DataFrame, *, on: list[str], kind: str) -> Relations:
    """One relation for each whole that has parts: parts − whole = what they exceed it by, or <= 0 if some may lack."""
    wholes = wholes.with_row_index("local").with_columns(pl.col("local").cast(pl.Int64))
    parts = parts.join(wholes.select(*on, "local"), on=on, how="inner", maintain_order="left")
    summed = parts.group_by("local", maintain_order=True).agg(
        parts_sum=pl.col("value").sum(), missing=pl.len() < pl.col("expected").max()
    )
    wholes = wholes.join(summed, on="local", how="inner", maintain_order="left")
    excess = pl.col("parts_sum") - pl.col("value")
    bounded = pl.col("missing") & (excess < 0)
    sums = wholes.select(
        "local",
        kind=pl.lit(kind),
        low=pl.when(~bounded).then(excess),
        high=pl.when(bounded).then(0).otherwise(excess).cast(pl.Int64),
    )
    terms = [
        parts.select("local", "quantity", coefficient=pl.lit(1, pl.Int64)),
        wholes.select("local", "quantity", coefficient=pl.lit(-1, pl.Int64)),
    ]
    return sums, pl.concat(terms)


def number_relations(found: list[Relations]) -> Relations:
    """All relations and terms together, numbered from 0 in column `relation`."""
    relations, terms, first = [], [], 0
    for sums, parts in found:
        place = sums.with_row_index("relation", offset=first).with_columns(pl.col("relation").cast(pl.Int64))
        relations.append(place.select("relation", "kind", "low", "high"))
        numbered = parts.join(place.select("local", "relation"), on="local", how="left", maintain_order="left")
        terms.append(numbered.select("relation", "quantity", "coefficient"))
        first += sums.height
    return pl.concat(relations), pl.concat(terms)


def find_links(values: pl.DataFrame, policy: Policy) -> tuple[pl.DataFrame, list[Relations]]:
    """The values, now with the derived numbers, and the relations of the links.

    A derived number is a row with statistic `derived` and the name of its link as table_id.
    Raises ValueError, with counts only, where the values contradict a link.
    """
    found = []
    for link in policy.links:
        rows = _join_terms(values, link)
        times = [term.coefficient for term in link.members]
        total = sum((pl.col(f"value_{i}") * one for i, one in enumerate(times)), start=pl.lit(0))
        rows = rows.with_row_index("local").with_columns(pl.col("local").cast(pl.Int64), total=total.cast(pl.Int64))
        low, high = (link.equals, link.equals) if link.equals is not None else (link.at_least, link.at_most)
        if link.derived:
            low, high = 0, None  # what is derived is a number of somebody or something
        wrong = rows.filter(
            ~pl.col("total").is_between(*[pl.lit(b) if b is not None else "total" for b in (low, high)])
        )
        if wrong.height:
            raise ValueError(f"link {link.name}: does not hold in {wrong.height} rows")
        terms = [
            rows.select("local", quantity=pl.col(f"quantity_{i}"), coefficient=pl.lit(one, pl.Int64))
            for i, one in enumerate(times)
        ]
        if link.derived:
            first = int(values["quantity"].max()) + 1 if values.height else 0
            made = rows.with_columns(
                table_id=pl.lit(link.name),
                statistic=pl.lit("derived"),
                value=pl.col("total"),
                zero_is_shown=pl.lit(False),
                quantity=pl.col("local") + first,
            )
            values = pl.concat([values, made.select(values.columns)])
            terms.append(made.select("local", "quantity", coefficient=pl.lit(-1, pl.Int64)))
            low, high = 0, 0
        bounds = {"low": pl.lit(low, pl.Int64), "high": pl.lit(high, pl.Int64)}
        kind = "derived" if link.derived else "link"
        found.append((rows.select("local", kind=pl.lit(kind), **bounds), pl.concat(terms)))
    return values, found


def _join_terms(values: pl.DataFrame, link: Link) -> pl.DataFrame:
    """One row per year, organisation and group in which all terms of a link exist: quantity_i and value_i of each."""
    on, rows = ["school_year", "org_id", *GROUP], None
    for i, term in enumerate(link.members):
        table, statistic = term.pair
        side = values.filter(pl.col("table_id") == table, pl.col("statistic") == statistic).with_columns(
            pl.col("school_year") - term.years
        )
        renamed = {"quantity": f"quantity_{i}", "value": f"value_{i}"}
        if rows is None:
            rows = side.rename(renamed)
        else:
            rows = rows.join(side.select(*on, *renamed).rename(renamed), on=on, how="inner", maintain_order="left")
    return rows
