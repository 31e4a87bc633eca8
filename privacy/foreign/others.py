"""Attacks somebody else's published tables: how many of the withheld numbers can a reader work out?

Sums in a real state's data need not be exact. Each is tried where all its numbers are shown, and used elsewhere only as
far as it held. The result is counts; it names no recovered value and no organisation.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from privacy.attack.narrowing import System, narrow
from privacy.attack.recovery import audit_system
from privacy.attack.verdicts import EXPOSED, SAFE
from privacy.foreign.tables import Relations, read_numbers, read_relations
from privacy.foreign.ties import bound_numbers, relate
from privacy.release import Progress

RECOVERED, TOO_FEW, UNPROVED = "recovered", "too_few", "unproved"
SMALL = "recovered_small"
VERDICTS = (RECOVERED, TOO_FEW, SAFE, UNPROVED)


@dataclass(frozen=True)
class Exposure:
    """What an attack on somebody else's tables found. Counts only.

    - `relations`: one row per relation and statistic: relation, statistic, tested (how often all its numbers are
      shown), held, used (sum, at_most, at_least, not_used).
    - `levels`, `groups`: one row per level (per group) and statistic: withheld, recovered (one value left),
      recovered_small (of these, those the rule of the release means to withhold), too_few (more than one, fewer than
      required), safe (that many exhibited), unproved (the search ended first, or none was made).
    - `small_shown`: shown numbers that the rule of the release means to withhold.
    - `contradictions`: relations that cannot hold together with the rest; left out.
    """

    name: str
    required: int
    relations: pl.DataFrame
    levels: pl.DataFrame
    groups: pl.DataFrame
    small_shown: int
    contradictions: int

    @property
    def exposed(self) -> int:
        """Withheld numbers with fewer values left than required."""
        return int(self.levels[RECOVERED].sum() + self.levels[TOO_FEW].sum())


def attack_release(
    release: str | Path, relations: str | Path, *, search: bool = True, progress: Progress | None = None
) -> Exposure:
    """What a reader can work out from a release, given a file of relations.

    Without `search` only bounds are followed through the sums, and what that does not recover is unproved. Raises
    DescriptionError for files that cannot be used.
    """
    report = progress or (lambda stage, done, total: None)
    rules = read_relations(relations)
    places, numbers = read_numbers(release, rules)
    cells = bound_numbers(numbers, rules)
    tested, bounds, terms = relate(places, cells, rules)
    report("narrowing", 0, 1)
    low, high, broken = narrow(_pose(cells, bounds, terms))
    contradicted = pl.col("relation").is_in(pl.Series(broken, dtype=pl.Int64).implode())
    bounds, terms = bounds.filter(~contradicted), terms.filter(~contradicted)
    cells = cells.with_columns(low=pl.Series(low), high=pl.Series(high)).join(places, on="org", maintain_order="left")
    verdicts = _judge_by_bounds(cells, rules)
    if search:
        verdicts = _search(cells, verdicts, bounds, terms, rules, report)
    found = cells.with_columns(verdict=verdicts, small=_is_small(rules, "low")).filter("asked")
    counts = [_count(found, by) for by in ("level", "group")]
    return Exposure(
        rules.name, rules.required_candidates, tested, *counts, _count_small_shown(numbers, rules), len(broken)
    )


def describe_exposure(exposure: Exposure) -> list[str]:
    """What was found, as lines of text: counts only."""
    lines = [exposure.name, "", "Relations, tried where all their numbers are shown:"]
    for name, statistic, tested, held, used in exposure.relations.iter_rows():
        lines.append(f"  {name} [{statistic}]: held {held:,} of {tested:,} times; {used.replace('_', ' ')}")
    for heading, table in (("level", exposure.levels), ("group", exposure.groups)):
        lines += ["", f"Withheld numbers by {heading}:", "  " + _line([heading, *table.columns[1:]])]
        lines += ["  " + _line(row) for row in table.iter_rows()]
    total = exposure.levels.select(pl.col("withheld", RECOVERED, SMALL, TOO_FEW).sum()).row(0, named=True)
    return [
        *lines,
        "",
        f"{total['withheld']:,} withheld numbers: {total[RECOVERED]:,} can be worked out exactly ({total[SMALL]:,} of "
        f"them small by the rule), {total[TOO_FEW]:,} more have fewer than {exposure.required} values left.",
        f"{exposure.small_shown:,} small numbers are shown. {exposure.contradictions:,} relations cannot hold.",
    ]


def _line(row) -> str:
    label, statistic, *counts = row
    return f"{label:<24}{statistic:<16}" + "".join(
        f"{one if isinstance(one, str) else format(one, ',')!s:>16}" for one in counts
    )


def _pose(cells: pl.DataFrame, bounds: pl.DataFrame, terms: pl.DataFrame) -> System:
    return System(
        *(cells[end].to_numpy() for end in ("low", "high")),
        *(terms[column].to_numpy() for column in ("relation", "quantity", "coefficient")),
        *(bounds[end].to_numpy() for end in ("low", "high")),
    )


def _judge_by_bounds(cells: pl.DataFrame, rules: Relations) -> pl.Series:
    """The verdict the bounds alone allow, by quantity: recovered, too_few or unproved."""
    left = pl.col("high") - pl.col("low") + 1
    verdict = pl.when(left == 1).then(pl.lit(RECOVERED)).when(left < rules.required_candidates).then(pl.lit(TOO_FEW))
    verdicts = cells.select(verdict.otherwise(pl.lit(UNPROVED)).alias("verdict"))["verdict"]
    means = {name: statistic.within for name, statistic in rules.statistics.items() if statistic.kind == "mean"}
    people = cells.select(base="quantity", least="low", most="high")
    spans = cells.join(people, on="base", how="left", maintain_order="left")
    within = pl.col("statistic").replace_strict(means, default=0.0, return_dtype=pl.Float64)
    close = (pl.col("least") > 0) & (pl.col("high") / pl.col("least") - pl.col("low") / pl.col("most") <= 2 * within)
    told = pl.when(close.fill_null(False)).then(pl.lit(RECOVERED)).otherwise(pl.lit(UNPROVED))
    return spans.with_columns(verdicts).select(
        verdict=pl.when(pl.col("kind") == "mean").then(told).otherwise("verdict")
    )["verdict"]


def _search(
    cells: pl.DataFrame,
    verdicts: pl.Series,
    bounds: pl.DataFrame,
    terms: pl.DataFrame,
    rules: Relations,
    report: Progress,
) -> pl.Series:
    """The verdicts, those left open settled by the audit's own search."""
    whole = [pl.when(pl.col(end).is_finite()).then(pl.col(end)).cast(pl.Int64).alias(end) for end in ("low", "high")]
    fixed = pl.when(pl.col("low") == pl.col("high")).then(pl.col("low")).cast(pl.Int64)
    place = pl.coalesce("parent_0", "id") if "parent_0" in cells.columns else pl.col("id")
    quantities = cells.select("quantity", *whole, published=fixed, group=place.rank("dense").cast(pl.Int64))
    open_ = cells.filter(pl.col("asked") & (verdicts == UNPROVED) & (pl.col("kind") != "mean"))
    asked = open_.select("quantity", required=pl.lit(rules.required_candidates), width=pl.lit(0.0))
    found, _ = audit_system(quantities, bounds.select("relation", *whole), terms, asked, progress=report)
    narrowed = pl.when(pl.col("lowest") == pl.col("highest")).then(pl.lit(RECOVERED)).otherwise(pl.lit(TOO_FEW))
    told = pl.when(pl.col("verdict") == EXPOSED).then(narrowed).otherwise("verdict")
    found = cells.select("quantity").join(
        found.select("quantity", told=told), on="quantity", maintain_order="left", how="left"
    )
    return found.select(pl.coalesce("told", verdicts).alias("verdict"))["verdict"]


def _is_small(rules: Relations, value: str) -> pl.Expr:
    """Whether a number is one the rule of the release means to withhold."""
    low, high = (
        pl.col("statistic").replace_strict({name: getattr(b, end) for name, b in rules.small.items()}, default=None,
                                           return_dtype=pl.Float64)
        for end in ("low", "high")
    )  # fmt: skip
    given = pl.col("statistic").is_in(list(rules.small))
    return given & (pl.col(value) >= low.fill_null(0)) & (pl.col(value) <= high.fill_null(float("inf")))


def _count(cells: pl.DataFrame, by: str) -> pl.DataFrame:
    """One row per level or group and statistic: how many withheld numbers met which verdict."""
    counts = {verdict: pl.col("verdict") == verdict for verdict in VERDICTS}
    counts[SMALL] = counts[RECOVERED] & pl.col("small")
    found = cells.group_by(by, "statistic").agg(
        withheld=pl.len().cast(pl.Int64), **{name: hit.sum().cast(pl.Int64) for name, hit in counts.items()}
    )
    return found.select(by, "statistic", "withheld", RECOVERED, SMALL, *VERDICTS[1:]).sort(by, "statistic")


def _count_small_shown(numbers: pl.DataFrame, rules: Relations) -> int:
    return numbers.filter(pl.col("shown").is_not_null(), _is_small(rules, "shown")).height
