"""The contract of `enrollments`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, not_before, optional, required, within_school_year


class Enrollment(RowContract):
    """One row per student's enrollment at one school from one entry date."""

    student_id: str = required()
    school_id: str = required()
    entry_date: Date = required()
    exit_date: Date = optional()
    grade_level_source: str = required()
    grade_level_code: str = optional()
    entry_type_source: str = optional()
    entry_type_code: str = optional()
    exit_type_source: str = optional()
    exit_type_code: str = optional()

    @pa.check("entry_date")
    def entry_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, years_before=2, days_after=60)

    @pa.check("exit_date")
    def exit_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, years_before=2, days_after=60)

    @pa.dataframe_check
    def ends_before_it_begins(cls, data: PolarsData) -> pl.LazyFrame:
        return not_before(data, "exit_date", "entry_date")

    @pa.dataframe_check
    def exit_type_without_exit_date(cls, data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col("exit_type_source").is_null() | pl.col("exit_date").is_not_null())

    class Config:
        unique = ("student_id", "school_id", "entry_date")
