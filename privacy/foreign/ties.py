"""What ties somebody else's published numbers together: bounds by what is shown, and sums tried where all is shown."""

import numpy as np
import polars as pl

from privacy.description import DescriptionError
from privacy.foreign.tables import Relations

SUM, AT_MOST, AT_LEAST, NOT_USED = "sum", "at_most", "at_least", "not_used"
ROW = ["org", "group", "table"]
TESTED_SCHEMA = {
    "relation": pl.String,
    "statistic": pl.String,
    "tested": pl.Int64,
    "held": pl.Int64,
    "used": pl.String,
}


def bound_numbers(numbers: pl.DataFrame, rules: Relations) -> pl.DataFrame:
    """The whole numbers behind the published ones: one row per quantity, in the order of quantity (0 …).

    Columns: quantity, org, group, table, statistic, kind, shown, low, high (whole, as reals; infinite = no bound), base
    (the quantity of the students a percentage or mean is of; null for counts), asked (withheld, not
    empty, attacked).
    A count behind a percentage, a sum of scores behind a mean, is bounded here where the number of students is shown.
    Raises DescriptionError when a shown count is not whole.
    """
    cells = numbers.sort(*ROW, "statistic").with_row_index("quantity").with_columns(pl.col("quantity").cast(pl.Int64))
    kinds = {name: statistic.kind for name, statistic in rules.statistics.items()}
    cells = cells.with_columns(kind=pl.col("statistic").replace_strict(kinds, return_dtype=pl.String))
    broken = cells.filter(pl.col("kind") == "count", pl.col("shown") != pl.col("shown").floor())
    if broken.height:
        raise DescriptionError(f"{broken.height} shown counts are not whole; the first is a {broken['statistic'][0]}")
    cells = _bound_counts(cells, rules)
    parts = [cells.filter(pl.col("kind") == "count").with_columns(base=pl.lit(None, pl.Int64))]
    for name, statistic in rules.statistics.items():
        if statistic.kind != "count":
            own = cells.filter(pl.col("statistic") == name)
            of = cells.filter(pl.col("statistic") == statistic.of)
            of = of.select(*ROW, base="quantity", n_low="low", n_high="high")
            own = own.join(of, on=ROW, how="inner", maintain_order="left")
            parts.append((_bound_shares if statistic.kind == "percent" else _bound_scores)(own, rules))
    columns = [*cells.columns, "base"]
    cells = pl.concat(part.select(columns) for part in parts).sort("quantity")
    if rules.attacked:
        cells = cells.with_columns(pl.col("asked") & pl.col("statistic").is_in(rules.attacked))
    if cells.height < numbers.height:
        raise DescriptionError("a percentage or mean stands where the number of students it is of has no column")
    return cells


def _bound_counts(cells: pl.DataFrame, rules: Relations) -> pl.DataFrame:
    """Bounds of counts: shown, by their mark, or by what readers know of withheld ones; empty rows hold zeros."""
    count = pl.col("kind") == "count"
    known = {end: {name: getattr(b, end) for name, b in rules.withheld.items()} for end in ("low", "high")}
    told = {
        end: pl.coalesce(
            pl.col(end), pl.col("statistic").replace_strict(known[end], default=None, return_dtype=pl.Float64)
        )
        for end in known
    }
    empty = pl.lit(False)
    if rules.empty_when:
        zero = (pl.col("statistic") == rules.empty_when) & (pl.col("shown") == 0)
        empty = zero.any().over(ROW) & pl.col("shown").is_null()
    cells = cells.with_columns(empty=empty)
    ends = {
        end: pl.when(count & pl.col("shown").is_not_null()).then(pl.col("shown"))
        .when(pl.col("empty")).then(0.0).when(count).then(told[end].fill_null(otherwise)).otherwise(pl.col(end))
        for end, otherwise in (("low", 0.0), ("high", np.inf))
    }  # fmt: skip
    return cells.with_columns(**ends).with_columns(asked=pl.col("shown").is_null() & ~pl.col("empty")).drop("empty")


def _share_ends(rules: Relations) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Per percentage or mean: units (parts of one in which it is written), and its ends in half units."""
    decimals = {name: 10**statistic.decimals for name, statistic in rules.statistics.items()}
    units = pl.col("statistic").replace_strict(decimals, return_dtype=pl.Int64)
    steps = (pl.col("shown") * units).round().cast(pl.Int64)
    return units, 2 * steps - 1, 2 * steps + 1


def _bound_shares(cells: pl.DataFrame, rules: Relations) -> pl.DataFrame:
    """Bounds of the students behind percentages, where the number of all of them is known."""
    units, below, above = _share_ends(rules)
    known = pl.col("n_low") == pl.col("n_high")
    n, whole = pl.col("n_low"), 200 * units
    low = pl.when(pl.col("shown").is_not_null() & known).then((below * n / whole).ceil())
    high = pl.when(pl.col("shown").is_not_null() & known).then((above * n / whole).floor())
    marked_low, marked_high = pl.col("low") / 100 * n, pl.col("high") / 100 * pl.col("n_high")
    low = low.when(known & pl.col("low").is_not_null()).then((marked_low - 1e-9).ceil()).otherwise(0.0)
    high = high.when(pl.col("high").is_not_null()).then((marked_high + 1e-9).floor()).otherwise(pl.col("n_high"))
    return cells.with_columns(
        low=low.clip(0), high=pl.min_horizontal(high, "n_high"), asked=pl.col("asked") & (pl.col("n_high") > 0)
    )


def _bound_scores(cells: pl.DataFrame, rules: Relations) -> pl.DataFrame:
    """Bounds of the sums of scores behind means."""
    units, below, above = _share_ends(rules)
    scale = {end: {name: getattr(s, end) or 0 for name, s in rules.statistics.items()} for end in ("lowest", "highest")}
    lowest, highest = (pl.col("statistic").replace_strict(scale[end], return_dtype=pl.Int64) for end in scale)
    known = pl.col("shown").is_not_null() & (pl.col("n_low") == pl.col("n_high"))
    n = pl.col("n_low")
    low = pl.when(known).then((below * n / (2 * units)).ceil()).otherwise(lowest * n)
    high = pl.when(known).then((above * n / (2 * units)).floor()).otherwise(highest * pl.col("n_high"))
    return cells.with_columns(low=low, high=high, asked=pl.col("asked") & (pl.col("n_high") > 0))


def relate(places: pl.DataFrame, cells: pl.DataFrame, rules: Relations) -> tuple[pl.DataFrame, ...]:
    """What ties the quantities: the test of every relation, and the relations used.

    First TESTED_SCHEMA, one row per relation and statistic. Then one row per relation used: relation (0 …), low, high
    (infinite = no bound); and its terms: relation, quantity, coefficient (whole).
    """
    found = [
        *_rows(cells, rules),
        *_partitions(cells, rules),
        *_hierarchies(places, cells, rules),
        *_same(cells, rules),
    ]
    tests, parts = [], []
    for name, terms in found:
        tested, kept = _test(name, terms, rules)
        tests.append(tested)
        parts.append(kept)
    parts += _shares_of_unknown(cells, rules)
    bounds, terms, offset = [], [], 0
    for part in parts:
        number = part["instance"].rank("dense").cast(pl.Int64) - 1 + offset
        part = part.with_columns(relation=number)
        offset = int(number.max()) + 1 if part.height else offset
        bounds.append(part.select("relation", "least", "most").unique("relation", keep="first", maintain_order=True))
        terms.append(part.select("relation", "quantity", "coefficient"))
    limits = pl.concat(bounds).sort("relation").select("relation", low="least", high="most")
    return pl.concat([pl.DataFrame(schema=TESTED_SCHEMA), *tests]), limits, pl.concat(terms)


def _tie(wholes: pl.DataFrame, parts: pl.DataFrame, on: list[str], count: int | None = None) -> pl.DataFrame:
    """Terms of one kind of relation: `on` names an instance; whole −1, parts +1; only where all `count` parts exist."""
    rows = pl.concat(
        [
            parts.with_columns(coefficient=pl.lit(1, pl.Int64)),
            wholes.with_columns(coefficient=pl.lit(-1, pl.Int64)),
        ],
        how="diagonal",
    ).with_columns(instance=pl.struct(on).rank("dense"))
    whole, number = pl.col("coefficient") < 0, (pl.col("coefficient") > 0).sum()
    enough = number == count if count else number > 0
    return rows.filter((whole.any() & enough).over("instance"))


def _rows(cells: pl.DataFrame, rules: Relations):
    for total in rules.sums:
        wholes = cells.filter(pl.col("statistic") == total.whole).with_columns(about=pl.lit(total.whole))
        parts = cells.filter(pl.col("statistic").is_in(total.parts)).with_columns(about=pl.lit(total.whole))
        yield total.name or f"{total.whole} = {' + '.join(total.parts)}", _tie(wholes, parts, ROW, len(total.parts))


def _partitions(cells: pl.DataFrame, rules: Relations):
    cells = cells.with_columns(about="statistic")
    for total in rules.partitions:
        wholes, parts = cells.filter(pl.col("group") == total.whole), cells.filter(pl.col("group").is_in(total.parts))
        on = ["org", "table", "statistic"]
        yield total.name or f"{total.whole} = {' + '.join(total.parts)}", _tie(wholes, parts, on, len(total.parts))


def _hierarchies(places: pl.DataFrame, cells: pl.DataFrame, rules: Relations):
    cells = cells.with_columns(about="statistic")
    for i, pair in enumerate(rules.hierarchies):
        up = places.filter(pl.col("level") == pair.parents)
        up = up.select(parent="org", named=pl.col("id") if pair.parent else pl.lit(""))
        down = places.filter(pl.col("level") == pair.children).select("org", named=f"parent_{i}")
        down = down.join(up, on="named", how="inner", maintain_order="left").select("org", "parent")
        parts = cells.join(down, on="org", how="inner", maintain_order="left")
        wholes = cells.join(up.select(org="parent", parent="parent"), on="org", how="inner", maintain_order="left")
        on = ["parent", "group", "table", "statistic"]
        yield f"{pair.parents} = sum of {pair.children}", _tie(wholes, parts, on)


def _same(cells: pl.DataFrame, rules: Relations):
    first, *others = rules.tables
    for statistic in rules.same_in_all_tables:
        own = cells.filter(pl.col("statistic") == statistic).with_columns(about="statistic")
        for other in others:
            wholes, parts = own.filter(pl.col("table") == first), own.filter(pl.col("table") == other)
            yield f"{statistic} is the same in {first} and {other}", _tie(wholes, parts, ["org", "group"], 1)


def _test(name: str, terms: pl.DataFrame, rules: Relations) -> tuple[pl.DataFrame, pl.DataFrame]:
    """How often one kind of relation held where all is shown, by statistic, and its terms as far as it is used.

    What is true of students is true of those among them that a percentage counts: it is used no further than the
    relation between the numbers of students it is of.
    """
    up = pl.col("coefficient") > 0
    seen = terms.group_by("instance", "about").agg(
        shown=(pl.col("shown").is_not_null() | (pl.col("low") == pl.col("high"))).all(),
        fixed=(pl.col("low") == pl.col("high")).all(),
        least=pl.when(up).then("low").otherwise(-pl.col("high")).sum(),
        most=pl.when(up).then("high").otherwise(-pl.col("low")).sum(),
    )
    tests = _judge(seen, rules)
    use = pl.col("about").replace_strict(dict(tests.select("about", "used").rows()), return_dtype=pl.String)
    false = pl.col("shown") & ((pl.col("least") > 0) | (pl.col("most") < 0))
    # What is known throughout says nothing more.
    useful = seen.filter(~pl.col("fixed") & ~false).select("instance")
    kept = terms.with_columns(used=use).filter(pl.col("used") != NOT_USED)
    kept = kept.join(useful, on="instance", how="semi", maintain_order="left").select(
        "instance",
        "quantity",
        "coefficient",
        least=pl.when(pl.col("used") == AT_MOST).then(-np.inf).otherwise(0.0),
        most=pl.when(pl.col("used") == AT_LEAST).then(np.inf).otherwise(0.0),
    )
    tests = tests.select(pl.lit(name).alias("relation"), pl.col("about").alias("statistic"), "tested", "held", "used")
    return tests.cast(TESTED_SCHEMA), kept


def _judge(seen: pl.DataFrame, rules: Relations) -> pl.DataFrame:
    """One row per statistic: about, tested, held, used. seen: per instance, parts less whole, from least to most."""
    tested = seen.group_by("about").agg(
        tested=pl.col("shown").sum().cast(pl.Int64),
        held=(pl.col("shown") & (pl.col("least") <= 0) & (pl.col("most") >= 0)).sum().cast(pl.Int64),
        no_more=(~pl.col("shown") | (pl.col("least") <= 0)).all(),
        no_less=(~pl.col("shown") | (pl.col("most") >= 0)).all(),
    )
    use = pl.when(pl.col("tested") < rules.least_tested).then(pl.lit(NOT_USED))
    for holds, what in (
        (pl.col("held") >= rules.trust * pl.col("tested"), SUM),
        ("no_more", AT_MOST),
        ("no_less", AT_LEAST),
    ):
        use = use.when(holds).then(pl.lit(what))
    tested = tested.sort("about").with_columns(used=use.otherwise(pl.lit(NOT_USED)))
    used = dict(tested.select("about", "used").rows())
    for about, own in used.items():
        of = used.get(rules.statistics[about].of, own)
        used[about] = of if own == SUM else own if of in (SUM, own) else NOT_USED
    return tested.with_columns(used=pl.col("about").replace_strict(used, return_dtype=pl.String))


def _shares_of_unknown(cells: pl.DataFrame, rules: Relations) -> list[pl.DataFrame]:
    """Percentages and means of a number of students that is not known: two sums each, in whole numbers."""
    people = cells.select(base="quantity", n_low="low", n_high="high")
    shares = cells.filter(pl.col("base").is_not_null()).join(people, on="base", how="left", maintain_order="left")
    shares = shares.filter(pl.col("n_low") < pl.col("n_high"))
    if shares.is_empty():
        return []
    units, below, above = _share_ends(rules)
    whole = pl.when(pl.col("kind") == "percent").then(200 * units).otherwise(2 * units)
    scale = {end: {n: getattr(s, end) or 0 for n, s in rules.statistics.items()} for end in ("lowest", "highest")}
    lowest, highest = (pl.col("statistic").replace_strict(scale[end], return_dtype=pl.Int64) for end in scale)
    mean, told = pl.col("kind") == "mean", pl.col("shown").is_not_null()
    least = pl.when(told).then(below).when(mean).then(lowest * whole).otherwise(0)
    most = pl.when(told).then(above).when(mean).then(highest * whole).otherwise(whole)
    return [_pair(shares, whole, least, 0.0, np.inf), _pair(shares, whole, most, -np.inf, 0.0)]


def _pair(shares: pl.DataFrame, whole: pl.Expr, share: pl.Expr, least: float, most: float) -> pl.DataFrame:
    """The terms of: least <= whole x quantity - share x base <= most."""
    rows = shares.select(
        "base", "quantity", instance="quantity", whole=whole, share=-share, least=pl.lit(least), most=pl.lit(most)
    )
    sides = (("quantity", "whole"), ("base", "share"))
    return pl.concat(
        rows.select("instance", quantity=which, coefficient=pl.col(times).cast(pl.Int64), least="least", most="most")
        for which, times in sides
    ).filter(pl.col("coefficient") != 0)
