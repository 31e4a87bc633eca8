"""The disclosure report for a review board, as one page: the figures in pictures, tables and words.

It is internal, and harmless if it leaks: figures.py says why.
"""

import dataclasses
from functools import cache
from pathlib import Path

import polars as pl
from jinja2 import Environment, FileSystemLoader, Template, select_autoescape
from markupsafe import Markup

from privacy.description import CROSSED
from privacy.report.figures import COUNTS, LEAST_OF_A_KIND, Cuts, Figures, order_levels
from privacy.report.medians import WHY
from privacy.report.pictures import STATES, Bar, describe_bars, draw_bars

LARGEST, LEAST_NUMBERS = 10, 20  # losses listed; numbers a district or group has at least to be listed
WORDS = {"state": "State", "region": "Regions", "lea": "Districts", "school": "Schools"}


def render_report(figures: Figures, other: Figures | None = None) -> str:
    """The report as one HTML page that loads nothing; with `other`, the same cells under another policy beside it."""
    total, sides = _total(figures.numbers), [one for one in (figures, other) if one]
    banded = sum(_total(one.numbers).counts[1] for one in sides)
    return _template().render(
        figures=figures,
        other=other,
        states=[state for state in STATES if banded or state != "banded"],
        total=total,
        medians=_total(figures.medians),
        why_medians=[(WHY[why], count) for why, count in figures.reasons_of_medians.items()],
        pictures=_draw(figures),
        largest=_list_largest(figures),
        kinds=sorted(figures.policy.tables.items()),
        fewest=figures.policy.fewest_of_medians,
        comparison=[] if other is None else _compare_all(figures, other),
        half_compared=other is not None and len([one for one in sides if not one.medians.levels.is_empty()]) == 1,
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


def _level_words() -> pl.Expr:
    return pl.col("org_level").replace_strict(WORDS, return_dtype=pl.String)


def _group_words() -> pl.Expr:
    everyone = pl.col("disaggregate_type") == "all"
    named = pl.concat_str(pl.col("disaggregate_type").str.replace_all("_", " "), pl.lit(": "), "disaggregate_value")
    return pl.when(everyone).then(pl.lit("all students")).otherwise(named)


def _draw(figures: Figures) -> list[dict]:
    """Per table and cut (by level, by group), of its numbers and of its medians: title, picture, and all bars, crossed
    groups too, as a table.
    """
    drawn = []
    for table in figures.numbers.levels["table_id"].unique(maintain_order=True):
        for cuts, what in ((figures.numbers, table), (figures.medians, f"{table}, medians")):
            for part, words in (("levels", _level_words()), ("groups", _group_words())):
                bars = _bars(getattr(cuts, part).filter(pl.col("table_id") == table), words)
                title = f"{what}, by {part.removesuffix('s')}"
                plain = [bar for bar in bars if CROSSED not in bar.label]  # hundreds of bars say nothing to anybody
                if bars:
                    picture = draw_bars(f"picture-{len(drawn)}", title, describe_bars(plain), plain)
                    drawn.append({"title": title, "picture": Markup(picture), "bars": bars})
    return drawn


def _list_largest(figures: Figures) -> list[tuple[str, list[Bar]]]:
    """The groups and the districts that lose most, by share, of their numbers and of their medians: title and bars."""
    groups, listed = pl.concat_str("table_id", pl.lit(", "), _group_words()), []
    for cuts, what in ((figures.numbers, ""), (figures.medians, " of medians")):
        found = {"groups": _bars(cuts.groups, groups), "districts": _bars(cuts.districts, pl.col("org_id"))}
        for name, bars in found.items():
            many = [bar for bar in bars if bar.total >= LEAST_NUMBERS and bar.counts[-1]]
            many = sorted(many, key=lambda bar: (-bar.withheld_share, bar.label))[:LARGEST]
            listed.append((f"The {name} with the greatest share{what} withheld", many))
    return listed


def _total(cuts: Cuts) -> Bar:
    return Bar("all", cuts.levels.select(COUNTS).row(0))


def _compare_all(one: Figures, two: Figures) -> list[dict]:
    """Numbers by level and by group, and medians likewise where both policies publish some."""
    parts = [_compare(one, two, by, "numbers") for by in ("levels", "groups")]
    if not one.medians.levels.is_empty() and not two.medians.levels.is_empty():
        parts += [_compare(one, two, by, "medians") for by in ("levels", "groups")]
    return parts


def _compare(one: Figures, two: Figures, by: str, what: str) -> dict:
    """Per level or group, over all tables: what each of two policies shows and withholds of numbers or medians.

    What is withheld under one policy and not under another tells its size, so rows with few withheld numbers are told
    together only. The two cuts share their total alone, so subtraction does not take them apart again.
    """
    on, words = {
        "levels": (["org_level"], _level_words()),
        "groups": (["disaggregate_type", "disaggregate_value"], _group_words()),
    }[by]
    tables = [getattr(getattr(side, what), by).group_by(on).agg(COUNTS) for side in (one, two)]
    # A table that one policy publishes in another way may have other groups there.
    rows = pl.concat([table.select(on) for table in tables]).unique()
    rows = rows.sort(order_levels() if by == "levels" else pl.struct(on))
    sides = [rows.join(table, on=on, how="left", maintain_order="left").fill_null(0) for table in tables]
    rows = _merge_few(list(zip(*(_bars(side, words) for side in sides), strict=True)))
    names, cut = [side.policy.name for side in (one, two)], by.removesuffix("s")
    bars = [bar for pair in rows for bar in (pair[0], dataclasses.replace(pair[1], label=f"… under {names[1]}"))]
    medians = "medians " if what == "medians" else ""
    title = f"Under two policies, {medians}by {cut}: {names[0]} first, {names[1]} second"
    picture = Markup(draw_bars(f"compared-{what}-{by}", title, describe_bars([pair[0] for pair in rows]), bars))
    return {"title": title, "rows": rows, "picture": picture, "by": cut, "what": what}


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
