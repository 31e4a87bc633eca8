"""Who is alike whom in an extract: groups of persons (k-anonymity) and what is known of a group (l-diversity).

find_failing decides; measure_anonymity measures the outcome with pyCANON and shares nothing with it but the rows.
Source: Sweeney 2002 (k-anonymity); Machanavajjhala et al. 2007 (distinct l-diversity).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from privacy.research.study_plan import CODE, StudyPlan


@dataclass(frozen=True)
class Anonymity:
    """`k`: persons in the smallest group; `l`: for each sensitive column the different values in the least varied one.

    Null (None) for an extract without rows.
    """

    k: int | None
    l: dict[str, int | None]  # noqa: E741 - the measure has this name

    def reaches(self, plan: StudyPlan) -> bool:
        """Whether it is what the plan asks for; nobody is found in an extract without rows."""
        if self.k is None:
            return True
        return self.k >= plan.k and all(self.l[column] >= wanted for column, wanted in plan.sensitive.items())


def group_alike(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The rows with `row_kind` (equal where the columns are) and `group` (equal where all rows of a person are)."""
    kinds = rows.select(columns).unique().sort(columns).with_row_index("row_kind")
    rows = rows.join(kinds, on=columns, how="left", nulls_equal=True, maintain_order="left")
    groups = rows.group_by(CODE).agg(group=pl.col("row_kind").sort().cast(pl.String).str.join(" "))
    return rows.join(groups, on=CODE, how="left", maintain_order="left")


def find_failing(rows: pl.DataFrame, plan: StudyPlan) -> pl.Series:
    """The codes of all persons in a group that is too small, or of which some row tells too much."""
    rows = group_alike(rows, plan.alike_by)
    persons = rows.group_by("group").agg(persons=pl.col(CODE).n_unique())
    failing = [persons.filter(pl.col("persons") < plan.k).select("group")]
    for column, wanted in plan.sensitive.items():
        # An unknown value is no value.
        told = rows.group_by("group", "row_kind").agg(different=pl.col(column).drop_nulls().n_unique())
        failing.append(told.filter(pl.col("different") < wanted).select("group"))
    return rows.join(pl.concat(failing).unique(), on="group", how="semi")[CODE].unique().sort()


def measure_anonymity(rows: pl.DataFrame, plan: StudyPlan) -> Anonymity:
    """k and l of the rows of an extract, by pyCANON.

    A person's rows side by side are the quasi-identifiers: for one row per person these are just the plan's. Unknown
    sensitive values count for none.
    """
    # With pandas behind it, half a second of every command's start, which only a study need pay.
    from pycanon import anonymity as pycanon

    if rows.is_empty():
        return Anonymity(None, dict.fromkeys(plan.sensitive))
    own = plan.alike_by
    # pyCANON leaves out rows with a null: every value is spelt out, and null has a spelling of its own.
    spelt = rows.with_columns(
        pl.concat_str(pl.lit("="), pl.col(one).cast(pl.String)).fill_null("").alias(one) for one in own
    )
    placed = spelt.sort(CODE, *own).with_columns(place=pl.int_range(pl.len()).over(CODE))
    wide = placed.select(CODE, "place", *[pl.col(one).alias(f"{one} of row") for one in own])
    wide = wide.pivot(on="place", index=CODE, values=[f"{one} of row" for one in own]).fill_null("")
    alike = [column for column in wide.columns if column != CODE]
    k = int(pycanon.k_anonymity(wide.to_pandas(), alike))
    placed = placed.join(wide, on=CODE, how="left")
    key, found = [*alike, *own], {}
    for column in plan.sensitive:
        value = pl.col(column).cast(pl.String)
        told = placed.select(*key, value.fill_null(value.min().over(key)).fill_null("").alias(column))
        found[column] = int(pycanon.l_diversity(told.to_pandas(), key, [column]))
    return Anonymity(k, found)
