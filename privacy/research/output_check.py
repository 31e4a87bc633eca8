"""Checks tables that researchers bring back, as if they were to be published, beside all the study brought before."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from privacy.attack.recovery import audit_system
from privacy.attack.verdicts import EXPOSED, SAFE
from privacy.policy import Policy
from privacy.release import Progress
from privacy.research.output_system import OutputSystem, build_system

FINDING_SCHEMA = {
    "output": pl.String,
    "row": pl.Int64,
    "statistic": pl.String,
    "problem": pl.String,
    "message": pl.String,
}
LEFT_OVER = "what the listed parts of this row leave"
MESSAGES = {
    "small_number_shown": "a small number, or none or all of a group, is shown: withhold it",
    "small_rest": f"{LEFT_OVER} is small and follows by subtraction: withhold one more of the parts, or the whole",
    "recoverable": "this number is withheld, but what is shown leaves too few possibilities: withhold one more",
    "recoverable_rest": f"{LEFT_OVER} can be worked out and may be small: withhold one more",
    "unproved": "the search could not show that this withheld number is safe: withhold more around it",
    "sums_disagree": "the parts of this row do not add up to it: correct it, or say why",
    "parts_exceed_whole": "the parts of this row add up to more than it (who counts twice?): correct it, or say why",
    "outputs_differ": "another output of the study shows another number here: the difference may be persons",
}


@dataclass(frozen=True)
class OutputReport:
    """Whether the outputs may leave, and what is in the way.

    - `passed`: nothing was found.
    - `findings`: one row per output, row (from 1, without the header), statistic and problem, with a message; no value.
      A row of an earlier output is named when the new ones give it away.
    - `shown`, `withheld`: numbers looked at.
    """

    passed: bool
    findings: pl.DataFrame
    shown: int
    withheld: int


def check_output(
    tables: Mapping[str, pl.DataFrame],
    policy: Policy,
    *,
    earlier: Mapping[str, pl.DataFrame] | None = None,
    progress: Progress | None = None,
) -> OutputReport:
    """What a reader of `tables` (name of the output: cells) and of the study's `earlier` outputs can find out.

    Cells are as docs/disclosure.md has them, but what the researcher withheld is null. Nobody tells which of these is
    small: each must keep the policy's number of possible values unless all it can be is large. The same cell in two
    outputs is one number. Raises ValueError (columns and counts only) for tables that are not what they should be.
    """
    earlier = dict(earlier or {})
    twice = sorted(set(earlier) & set(tables))
    if twice:
        raise ValueError(f"an earlier output has the same name: {', '.join(twice)}")
    system = build_system(earlier | dict(tables), policy)
    found = [_find_shown(system, policy), *_attack(system, policy, progress)]
    found += [_tell(system.exceeding, "parts_exceed_whole"), _tell(system.differing, "outputs_differ")]
    findings = pl.concat(found).unique().sort("output", "row", "statistic", "problem")
    withheld = system.quantities["published"].null_count()
    return OutputReport(findings.is_empty(), findings, system.quantities.height - withheld, withheld)


def _find_shown(system: OutputSystem, policy: Policy) -> pl.DataFrame:
    shown = system.quantities.filter(pl.col("published").is_not_null())
    small = shown.filter(_may_be_small(policy, pl.col("published"), pl.col("published")))
    return _tell_numbers(small, "small_number_shown", "small_rest")


def _attack(system: OutputSystem, policy: Policy, progress: Progress | None) -> list[pl.DataFrame]:
    """What readers find out, who know that empty groups are shown, and who do not.

    A researcher may have withheld empty groups. Where the first kind of reader then meets a contradiction, only the
    second counts.
    """
    everything = pl.lit(0), pl.lit(2**62)
    asked = system.quantities.filter(pl.col("published").is_null(), _may_be_small(policy, *everything))
    width = pl.when(pl.col("kind") == "magnitude").then(policy.required_width_percent / 100).otherwise(0.0)
    asked = asked.select("quantity", required=pl.lit(policy.required_candidates), width=width)
    found, wrong = [], system.relations["relation"]
    for knows_zeros in sorted({False, policy.zeros_may_be_known}, reverse=True):
        known = pl.when(pl.lit(knows_zeros) & pl.col("zero_is_shown")).then(1).otherwise(0).cast(pl.Int64)
        numbers = system.quantities.select("quantity", "published", low=known, high=pl.lit(None, pl.Int64))
        verdicts, broken = audit_system(numbers, system.relations, system.terms, asked, progress=progress)
        broken = pl.Series(broken, dtype=pl.Int64)
        wrong = wrong.filter(wrong.is_in(broken.implode()))
        disputed = system.terms.filter(pl.col("relation").is_in(broken.implode())).select("quantity").unique()
        verdicts = verdicts.join(disputed, on="quantity", how="anti").filter(pl.col("verdict") != SAFE)
        bad = system.quantities.join(verdicts, on="quantity", how="inner")
        exposed = bad.filter(pl.col("verdict") == EXPOSED)
        exposed = exposed.filter(_may_be_small(policy, pl.col("lowest"), pl.col("highest")))
        found.append(_tell_numbers(exposed, "recoverable", "recoverable_rest"))
        found.append(_tell_numbers(bad.filter(pl.col("verdict") != EXPOSED), "unproved", "unproved"))
    return [*found, _tell(system.relations.filter(pl.col("relation").is_in(wrong.implode())), "sums_disagree")]


def _may_be_small(policy: Policy, low: pl.Expr, high: pl.Expr) -> pl.Expr:
    """Whether some value from low to high would be sensitive, for rows of quantities."""
    small = pl.lit(False)
    for table, rules in policy.tables.items():
        limits, here = rules.thresholds, pl.col("table_id") == table
        if rules.kind == "magnitude":
            few = pl.col("behind").is_null() | pl.col("behind").is_between(1, limits.persons - 1)
            small = small | (here & few)
            continue
        counted = pl.col("statistic").is_in(["student_count", "denominator"])
        small = small | (here & counted & _meets(low, high, 1, limits.persons - 1))
        least = 0 if rules.zero_is_sensitive else 1
        somebody = pl.col("whole").is_null() | (pl.col("whole") > 0)
        for statistic, limit in (("numerator", limits.numerator), ("complement", limits.complement)):
            outcome = pl.col("statistic") == statistic
            small = small | (here & outcome & somebody & _meets(low, high, least, max(limit - 1, 0)))
    return small


def _meets(low: pl.Expr, high: pl.Expr, least: int, most: int) -> pl.Expr:
    """Whether low … high and least … most have a number in common."""
    return (low <= most) & (high >= least) & (least <= most)


def _tell_numbers(numbers: pl.DataFrame, problem: str, problem_of_rest: str) -> pl.DataFrame:
    return pl.concat(
        [
            _tell(numbers.filter(~pl.col("is_left_over")), problem),
            _tell(numbers.filter("is_left_over"), problem_of_rest),
        ]
    )


def _tell(rows: pl.DataFrame, problem: str) -> pl.DataFrame:
    message = pl.lit(MESSAGES[problem])
    return rows.select("output", "row", "statistic", problem=pl.lit(problem), message=message).cast(FINDING_SCHEMA)
