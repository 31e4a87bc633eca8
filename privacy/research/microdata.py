"""Record-level extracts for one study: recoded by its plan, grouped so that nobody stands alone, under its own codes.

Who is alike: all persons whose rows have the same quasi-identifiers. A person with several rows (one a year) is alike
another only if all of them agree, for the code ties them together; and so it ties together all extracts of a study.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from privacy.research.alikeness import (
    Anonymity,
    find_failing,
    find_told_by_leaving,
    group_alike,
    list_known,
    measure_anonymity,
)
from privacy.research.recoding import apply_rule
from privacy.research.study_codes import StudyCodes
from privacy.research.study_plan import CODE, WITHHELD, StudyPlan


class ExtractRefused(ValueError):
    """No extract is given out: too many fail k or l for what the plan allows. Counts only, for internal eyes."""


@dataclass(frozen=True)
class ExtractReport:
    """What was done and what was reached. Counts of persons and rows, no value of anybody; for internal eyes.

    - `study`, `plan_hash`: which plan.
    - `rules`: one row per rule of the plan, in its order: rule, column, rows (whose value it changed), categories (how
      many different values it changed).
    - `persons`, `rows`: of the extract. `withheld_persons`, `withheld_rows`: of these, without their quasi-identifiers.
      `dropped_persons`, `dropped_rows`: not in it.
    - `anonymity`: k, and l per sensitive column, as pyCANON finds them in the finished extract and the earlier ones.
    - `earlier`: how many extracts handed over before it was held against. `told_by_leaving`: persons of these who are
      not in this one, where fewer than k alike left, or all that left were too much alike (l). Only handing nothing
      over protects them.
    - `unique_persons`: persons whom all kept columns together tell from everybody else in the extract. Another table
      with the same columns can be joined on these, whatever the codes.
    """

    study: str
    plan_hash: str
    rules: pl.DataFrame
    persons: int
    rows: int
    withheld_persons: int
    withheld_rows: int
    dropped_persons: int
    dropped_rows: int
    anonymity: Anonymity
    unique_persons: int
    earlier: int
    told_by_leaving: int


@dataclass(frozen=True)
class Extract:
    """`rows`: one row per row that came in and was not dropped: study_code, quasi_identifiers_withheld, the plan's
    columns; in the order of the codes. `report`: internal."""

    rows: pl.DataFrame = field(repr=False)
    report: ExtractReport


def prepare_extract(
    rows: pl.DataFrame, plan: StudyPlan, codes: StudyCodes, earlier: Sequence[pl.DataFrame] = ()
) -> Extract:
    """The extract of a study from rows with at least the plan's columns: one per person (and time, if it names one).

    First the plan's rules, in their order. Then who still fails k or l: the quasi-identifiers of all their rows are
    withheld (null; not the time), or the persons dropped, as the plan says; those withheld must be enough and varied
    among themselves, or are dropped. The same rows, in any order, with the same codes give the same extract.
    `earlier`: extracts of this study that were handed over, under the same codes. Whoever has them has this one as
    well, so persons are alike only if they are in all of them; what each shows is looked at again. Raises
    ExtractRefused if somebody fails (or is told by leaving) and the plan says refuse; ValueError (names of columns and
    counts only) if columns are missing, a person has no code or several rows at one time, a band meets what is no whole
    number, or an earlier extract is none; RuntimeError if pyCANON finds less than the plan asks for.
    """
    kept = _select(rows, plan, codes)
    for one in earlier:
        if one.schema.get(CODE) != pl.String or not list_known(one, plan):
            raise ValueError(f"study {plan.study}: what was handed over earlier is no extract: it has no {CODE}")
    steps = []
    for rule in plan.rules:
        recoded = apply_rule(kept, rule)
        changed = pl.DataFrame({"before": kept[rule.column].cast(pl.String), "after": recoded[rule.column]})
        changed = changed.filter(pl.col("before").ne_missing(pl.col("after")))
        steps.append((rule.rule, rule.column, changed.height, changed["before"].n_unique()))
        kept = recoded
    kept, dropped = _settle(kept, plan, earlier)
    leaving = len(find_told_by_leaving(kept, plan, earlier))
    if plan.when_it_fails == "refuse" and leaving:
        raise ExtractRefused(
            f"study {plan.study}: {leaving:,} persons of earlier extracts are told by not being in this one, and the "
            "plan says refuse; hand over nothing, or let the plan say withhold and accept it"
        )
    anonymity = measure_anonymity(kept, plan, earlier)
    if not anonymity.reaches(plan):
        raise RuntimeError(f"study {plan.study}: the extract does not reach what its plan asks for")
    withheld = kept.filter(WITHHELD)
    everything = [WITHHELD, *plan.columns]
    alone = group_alike(kept, everything).group_by("group").agg(persons=pl.col(CODE).n_unique())
    schema = {"rule": pl.String, "column": pl.String, "rows": pl.Int64, "categories": pl.Int64}
    report = ExtractReport(
        study=plan.study,
        plan_hash=plan.hash,
        rules=pl.DataFrame(steps, schema=schema, orient="row"),
        persons=kept[CODE].n_unique(),
        rows=kept.height,
        withheld_persons=withheld[CODE].n_unique(),
        withheld_rows=withheld.height,
        dropped_persons=dropped[CODE].n_unique(),
        dropped_rows=dropped.height,
        anonymity=anonymity,
        unique_persons=alone.filter(pl.col("persons") == 1).height,
        earlier=len(earlier),
        told_by_leaving=leaving,
    )
    return Extract(kept.sort(CODE, *everything), report)


def _select(rows: pl.DataFrame, plan: StudyPlan, codes: StudyCodes) -> pl.DataFrame:
    """The plan's columns under the study's codes, nothing else."""
    if codes.study != plan.study:
        raise ValueError(f"the codes are those of study {codes.study}, the plan is of study {plan.study}")
    missing = [column for column in (plan.person, *plan.columns) if column not in rows.columns]
    if missing:
        raise ValueError(f"study {plan.study}: the rows lack the columns {', '.join(missing)}")
    person = rows.select(pl.col(plan.person).cast(pl.String).alias("person"), *plan.columns)
    shared = person.select("person", *([plan.time] if plan.time else []))
    if again := shared.is_duplicated().sum():
        what = f"the same person and {plan.time}" if plan.time else "the same person, and the plan names no time"
        raise ValueError(f"study {plan.study}: {again} rows have {what}")
    coded = person.join(codes.table.select("person", pl.col("code").alias(CODE)), on="person", how="left")
    without = coded[CODE].null_count()
    if without:
        raise ValueError(f"study {plan.study}: {without} rows have no code; extend and save the codes first")
    return coded.select(CODE, pl.lit(False).alias(WITHHELD), *plan.columns)


def _settle(rows: pl.DataFrame, plan: StudyPlan, earlier: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of which nobody fails any more, and those that were dropped."""
    fails = pl.col(CODE).is_in(find_failing(rows, plan, earlier).implode())
    holding, failing = rows.filter(~fails), rows.filter(fails)
    if plan.when_it_fails == "drop":
        return holding, failing
    if plan.when_it_fails == "refuse" and failing.height:
        failed, persons = failing[CODE].n_unique(), rows[CODE].n_unique()
        raise ExtractRefused(
            f"study {plan.study}: {failed:,} of {persons:,} persons fail k = {plan.k} or l, and the plan says refuse; "
            "make its columns coarser, or name fewer"
        )
    bare = failing.with_columns(
        pl.lit(True).alias(WITHHELD), *[pl.lit(None, rows.schema[one]).alias(one) for one in plan.quasi_identifiers]
    )
    # Whoever is not in a group that is shown must be among these: they are a group like any other.
    fails = pl.col(CODE).is_in(find_failing(bare, plan, earlier).implode())
    return pl.concat([holding, bare.filter(~fails)]), bare.filter(fails)
