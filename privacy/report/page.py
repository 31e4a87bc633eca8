"""The disclosure report for a review board: what is published and withheld, what it cost, what the audit found.

It is internal, and harmless if it leaks: what it counts by level, group and place can be counted in the published
tables too, and the rest is told for the whole release only, and only where there is enough of it to hide behind.
"""

import dataclasses
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl
from jinja2 import Environment, FileSystemLoader, Template, select_autoescape
from markupsafe import Markup

from privacy.description import CROSSED
from privacy.policy import Policy
from privacy.release import NOT_PUBLISHED, PUBLISHED, SHOWN, WITHHELD, Bound
from privacy.report.pictures import STATES, Bar, describe_bars, draw_bars
from privacy.structure import KEY, LEVELS

LEAST_OF_A_KIND, LEAST_SHARE = 10, 0.1  # of sensitive and of complementary numbers, before the two are told apart
LARGEST, LEAST_NUMBERS = 10, 20  # losses listed; numbers a district or group has at least to be listed
WORDS = {"state": "State", "region": "Regions", "lea": "Districts", "school": "Schools"}
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
class Figures:
    """What a report tells about one release under one policy. Counts of published numbers; no value.

    - `levels`: one row per table and level: table_id, org_level, shown, banded, withheld.
    - `groups`: one row per table, type and value of groups: … , shown, banded, withheld; schools and all else together.
    - `districts`: one row per district with its schools: org_id, shown, banded, withheld.
    - `empty`: cells of groups nobody is in; always shown and counted nowhere else.
    - `price`: None where telling it could tell which withheld numbers are small.
    - `unprotected`: how many numbers cannot be protected. `audit`: as audit.json has it, or None.
    """

    policy: Policy
    levels: pl.DataFrame
    groups: pl.DataFrame
    districts: pl.DataFrame
    empty: int
    price: Price | None
    unprotected: int
    audit: dict | None


def gather_figures(
    cells: pl.DataFrame,
    reasons: pl.DataFrame,
    policy: Policy,
    *,
    cost: float | None = None,
    bound: Bound | None = None,
    unprotected: int = 0,
    audit: dict | None = None,
) -> Figures:
    """The figures of protected cells and the reasons behind them (as in Protected)."""
    numbers, empty = _list_numbers(cells)
    district = pl.when(pl.col("org_level") == "school").then("parent_org_id").when(pl.col("org_level") == "lea")
    districts = numbers.with_columns(district=district.then("org_id")).filter(pl.col("district").is_not_null())
    return Figures(
        policy,
        numbers.group_by("table_id", "org_level").agg(COUNTS).sort("table_id", _level_order()),
        numbers.group_by("table_id", "disaggregate_type", "disaggregate_value").agg(COUNTS).sort(pl.all()),
        districts.group_by(org_id="district").agg(COUNTS).sort("org_id"),
        empty,
        _tell_price(reasons, cost, bound),
        unprotected,
        audit,
    )


def _list_numbers(cells: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """One row per published number: KEY, org_level, parent_org_id, 1 under its state; and how many cells are empty."""
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
    long = long.filter(pl.col("state").is_in(STATES))
    return long.with_columns((pl.col("state") == state).cast(pl.Int64).alias(state) for state in STATES), empty.height


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


def render_report(figures: Figures, other: Figures | None = None) -> str:
    """The report as one HTML page that loads nothing; with `other`, the same cells under another policy beside it."""
    total, banded = _total(figures.levels), sum(_total(one.levels).counts[1] for one in (figures, other) if one)
    return _template().render(
        figures=figures,
        other=other,
        states=[state for state in STATES if banded or state != "banded"],
        total=total,
        pictures=_draw(figures),
        largest=_list_largest(figures),
        kinds=sorted(figures.policy.tables.items()),
        comparison=[] if other is None else [_compare(figures, other, by) for by in ("levels", "groups")],
        failures=_list_failures(figures.audit),
    )


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).with_name("templates"))
    environment = Environment(loader=loader, autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True)
    environment.filters["percent"] = lambda part, whole: f"{100 * part / whole:.1f} %" if whole else "–"
    environment.filters["number"] = lambda value: f"{value:,}"
    return environment.get_template("disclosure_report.html")


def _bars(table: pl.DataFrame, label: pl.Expr) -> list[Bar]:
    rows = table.select(label.alias("label"), *STATES).iter_rows()
    return [Bar(name, tuple(counts)) for name, *counts in rows]


def _level_order() -> pl.Expr:
    return pl.col("org_level").replace_strict({level: i for i, level in enumerate(LEVELS)}, return_dtype=pl.Int64)


def _level_words() -> pl.Expr:
    return pl.col("org_level").replace_strict(WORDS, return_dtype=pl.String)


def _group_words() -> pl.Expr:
    everyone = pl.col("disaggregate_type") == "all"
    named = pl.concat_str(pl.col("disaggregate_type").str.replace_all("_", " "), pl.lit(": "), "disaggregate_value")
    return pl.when(everyone).then(pl.lit("all students")).otherwise(named)


def _draw(figures: Figures) -> list[dict]:
    """Per table and cut (by level, by group): its title, its picture, and all bars, crossed groups too, as a table."""
    drawn = []
    for table in figures.levels["table_id"].unique(maintain_order=True):
        for part, words in (("levels", _level_words()), ("groups", _group_words())):
            bars = _bars(getattr(figures, part).filter(pl.col("table_id") == table), words)
            title = f"{table}, by {part.removesuffix('s')}"
            plain = [bar for bar in bars if CROSSED not in bar.label]  # hundreds of bars say nothing to anybody
            picture = draw_bars(f"picture-{len(drawn)}", title, describe_bars(plain), plain)
            drawn.append({"title": title, "picture": Markup(picture), "bars": bars})
    return drawn


def _list_largest(figures: Figures) -> dict[str, list[Bar]]:
    """The groups and the districts that lose most, by share."""
    groups = pl.concat_str("table_id", pl.lit(", "), _group_words())
    found = {"groups": _bars(figures.groups, groups), "districts": _bars(figures.districts, pl.col("org_id"))}
    return {
        name: sorted(
            (bar for bar in bars if bar.total >= LEAST_NUMBERS and bar.counts[-1]),
            key=lambda bar: (-bar.withheld_share, bar.label),
        )[:LARGEST]
        for name, bars in found.items()
    }


def _total(table: pl.DataFrame) -> Bar:
    return Bar("all", table.select(COUNTS).row(0))


def _compare(one: Figures, two: Figures, by: str) -> dict:
    """Per level or group, over all tables: what each of two policies shows and withholds.

    What is withheld under one policy and not under another tells its size, so rows with few withheld numbers are told
    together only. The two cuts share their total alone, so subtraction does not take them apart again.
    """
    on, words = {
        "levels": (["org_level"], _level_words()),
        "groups": (["disaggregate_type", "disaggregate_value"], _group_words()),
    }[by]
    order = _level_order() if by == "levels" else pl.struct(on)
    sides = [_bars(getattr(side, by).group_by(on).agg(COUNTS).sort(order), words) for side in (one, two)]
    rows = _merge_few(list(zip(*sides, strict=True)))
    names = [side.policy.name for side in (one, two)]
    bars = [bar for pair in rows for bar in (pair[0], dataclasses.replace(pair[1], label=f"… under {names[1]}"))]
    title = f"Under two policies, by {by.removesuffix('s')}: {names[0]} first, {names[1]} second"
    picture = Markup(draw_bars(f"compared-{by}", title, describe_bars([pair[0] for pair in rows]), bars))
    return {"title": title, "rows": rows, "picture": picture}


def _merge_few(rows: list[tuple[Bar, Bar]]) -> list[tuple[Bar, Bar]]:
    """Rows with at least LEAST_OF_A_KIND withheld numbers under both policies; the others as one, if that is enough."""

    def fewest(pairs):
        return min(sum(pair[side].counts[-1] for pair in pairs) for side in (0, 1))

    kept = sorted(rows, key=lambda pair: fewest([pair]))
    merged = [pair for pair in kept if fewest([pair]) < LEAST_OF_A_KIND]
    kept = kept[len(merged) :]
    while merged and kept and fewest(merged) < LEAST_OF_A_KIND:
        merged.append(kept.pop(0))
    told = [pair for pair in rows if pair in kept]
    if merged and fewest(merged) >= LEAST_OF_A_KIND:
        sums = [tuple(map(sum, zip(*(pair[side].counts for pair in merged), strict=True))) for side in (0, 1)]
        told.append(tuple(Bar("all others together", counts) for counts in sums))
    return told


def _list_failures(audit: dict | None) -> list[tuple[str, str, int]]:
    """Table, problem and count, summed over attackers."""
    counts: dict[tuple[str, str], int] = {}
    for one in (audit or {}).get("failures", []):
        key = one["table_id"], one["problem"].replace("_", " ")
        counts[key] = counts.get(key, 0) + one["count"]
    return [(*key, count) for key, count in sorted(counts.items())]
