"""Who is alike whom in an extract: groups of persons (k-anonymity) and what is known of a group (l-diversity).

Extracts handed over earlier count as well: one study's codes tie them together, so persons are alike only if they are
in every one of them. find_failing decides; measure_anonymity measures the outcome with pyCANON and shares nothing with
it but the rows.
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


def list_known(extract: pl.DataFrame, plan: StudyPlan) -> list[str]:
    """The columns of an earlier extract by which a person may be known: all that are not sensitive or other today."""
    return [column for column in extract.columns if column not in (CODE, *plan.sensitive, *plan.other)]


def group_alike(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The rows with `row_kind` (equal where the columns are) and `group` (equal where all rows of a person are)."""
    kinds = rows.select(columns).unique().sort(columns).with_row_index("row_kind")
    rows = rows.join(kinds, on=columns, how="left", nulls_equal=True, maintain_order="left")
    groups = rows.group_by(CODE).agg(group=pl.col("row_kind").sort().cast(pl.String).str.join(" "))
    return rows.join(groups, on=CODE, how="left", maintain_order="left")


def find_failing(rows: pl.DataFrame, plan: StudyPlan, earlier: Sequence[pl.DataFrame] = ()) -> pl.Series:
    """The codes of all persons in a group that is too small, or of which some row, here or earlier, tells too much."""
    tables = [group_alike(rows, plan.alike_by), *_group_earlier(earlier, plan)]
    return _find_told(rows.select(CODE).unique(), tables, plan)


def find_told_by_leaving(rows: pl.DataFrame, plan: StudyPlan, earlier: Sequence[pl.DataFrame]) -> pl.Series:
    """The codes of persons of earlier extracts who are not in these rows, where too few alike, or too much alike, left.

    No column of an extract can hide them: that they are not in it is what tells.
    """
    codes = pl.concat([pl.Series(CODE, [], pl.String), *(extract[CODE] for extract in earlier)]).unique().to_frame()
    return _find_told(codes.join(rows, on=CODE, how="anti"), _group_earlier(earlier, plan), plan)


def _group_earlier(earlier: Sequence[pl.DataFrame], plan: StudyPlan) -> list[pl.DataFrame]:
    return [group_alike(extract, list_known(extract, plan)) for extract in earlier]


def _find_told(persons: pl.DataFrame, tables: Sequence[pl.DataFrame], plan: StudyPlan) -> pl.Series:
    """Of some persons (study_code) those in groups that fail k or l: alike is who is in all tables, or is in none."""
    own = persons.sort(CODE)
    for i, table in enumerate(tables):
        groups = table.select(CODE, pl.col("group").alias(f"in_{i}")).unique()
        own = own.join(groups, on=CODE, how="left", maintain_order="left")
    trail = pl.concat_str([pl.lit(""), pl.exclude(CODE).fill_null("not in it")], separator=" | ")
    own = own.select(CODE, person_group=trail)
    failing = [own.filter(pl.len().over("person_group") < plan.k)]
    for table in tables:
        rows = table.join(own, on=CODE)
        for column in [one for one in plan.sensitive if one in table.columns]:
            # An unknown value is no value.
            different = pl.col(column).drop_nulls().n_unique().over("person_group", "row_kind")
            failing.append(rows.filter(different < plan.sensitive[column]).select(own.columns))
    return own.join(pl.concat(failing), on="person_group", how="semi")[CODE].unique().sort()


def measure_anonymity(rows: pl.DataFrame, plan: StudyPlan, earlier: Sequence[pl.DataFrame] = ()) -> Anonymity:
    """k and l of the rows of an extract, by pyCANON, to whoever has the earlier ones as well.

    A person's rows side by side, in all extracts, are the quasi-identifiers: for one row per person in one extract
    these are just the plan's. Unknown sensitive values count for none.
    """
    # With pandas behind it, half a second of every command's start, which only a study need pay.
    from pycanon import anonymity as pycanon

    if rows.is_empty():
        return Anonymity(None, dict.fromkeys(plan.sensitive))
    tables, wide = [], rows.select(CODE).unique().sort(CODE)
    for i, table in enumerate((rows, *earlier)):
        known = plan.alike_by if i == 0 else list_known(table, plan)
        # pyCANON leaves out rows with a null: every value is spelt out, and null has a spelling of its own.
        spelt = table.with_columns(
            pl.concat_str(pl.lit("="), pl.col(one).cast(pl.String)).fill_null("").alias(one) for one in known
        )
        placed = spelt.sort(CODE, *known).with_columns(place=pl.int_range(pl.len()).over(CODE))
        side = placed.select(CODE, "place", *[pl.col(one).alias(f"{one} of row in {i}") for one in known])
        side = side.pivot(on="place", index=CODE, values=[f"{one} of row in {i}" for one in known])
        wide = wide.join(side, on=CODE, how="left", maintain_order="left")
        tables.append((placed, known))
    wide = wide.fill_null("")
    alike = [column for column in wide.columns if column != CODE]
    k = int(pycanon.k_anonymity(wide.to_pandas(), alike))
    found = {}
    for placed, known in tables:
        placed, key = placed.join(wide, on=CODE), [*alike, *known]
        for column in plan.sensitive:
            if column in placed.columns and placed.height:
                value = pl.col(column).cast(pl.String)
                told = placed.select(*key, value.fill_null(value.min().over(key)).fill_null("").alias(column))
                least = int(pycanon.l_diversity(told.to_pandas(), key, [column]))
                found[column] = min(found.get(column, least), least)
    return Anonymity(k, found)
