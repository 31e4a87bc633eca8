"""What all row contracts share: the lineage columns, how a column is declared, windows of dates around a school year.

A contract is a pandera `DataFrameModel` over the *typed* frame of one record type. It states which columns there are,
in which order and of which type, which may be empty, and which values can be right. `rows.py` turns raw text into the
typed frame and runs the contract's checks; `rules.yml` gives each check its number and words.
"""

import datetime
from typing import Annotated, Any

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

SCHOOL_YEAR_START, SCHOOL_YEAR_END = (7, 1), (6, 30)  # July 1 to June 30, the fiscal year of nearly every US state
LINEAGE = ("source_file", "source_row", "source_id", "lea_id", "school_year")

Date = datetime.date
Time = datetime.time
Usd = Annotated[pl.Decimal, 18, 2]


def required(**bounds: Any) -> Any:
    """A column that may not be empty, its values within the bounds given as pandera's (`ge`, `le`, `isin` …)."""
    return pa.Field(nullable=False, **bounds)


def optional(**bounds: Any) -> Any:
    """A column that may be empty; a value that is there lies within the bounds."""
    return pa.Field(nullable=True, **bounds)


class RowContract(pa.DataFrameModel):
    """The columns every typed frame ends with. One row per record received.

    A contract names its key, the columns that are unique together within a delivery, in `Config.unique`; nulls count as
    equal there. `source_row` counts from 1. `lea_id` is null for a sender that is no district. `school_year` is the
    spring year.
    """

    source_file: str = required()
    source_row: int = required()
    source_id: str = required()
    lea_id: str = optional()
    school_year: pl.Int32 = required()


def within_school_year(data: PolarsData, *, years_before: int = 0, days_after: int = 30) -> pl.LazyFrame:
    """One Boolean per row: the date is from July 1 (less `years_before`) to June 30 (plus `days_after`)."""
    year = pl.col("school_year").first()
    earliest = pl.date(year - 1 - years_before, *SCHOOL_YEAR_START)
    latest = pl.date(year, *SCHOOL_YEAR_END) + pl.duration(days=days_after)
    return data.lazyframe.select(pl.col(data.key).is_between(earliest, latest))


def aged(data: PolarsData, *, at_least: int, under: int) -> pl.LazyFrame:
    """One Boolean per row: who was born on the date is `at_least` and not yet `under` years old on June 30."""
    year = pl.col("school_year").first()
    oldest, youngest = (pl.date(year - age, *SCHOOL_YEAR_END) for age in (under, at_least))
    return data.lazyframe.select((pl.col(data.key) > oldest) & (pl.col(data.key) <= youngest))


def not_before(data: PolarsData, later: str, earlier: str) -> pl.LazyFrame:
    """One Boolean per row: `later` is at or after `earlier`; null where one of them is empty, which passes."""
    return data.lazyframe.select(pl.col(later) >= pl.col(earlier))
