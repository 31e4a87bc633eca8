"""The contract of `work_based_learning`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, not_before, optional, required, within_school_year


class WorkBasedLearning(RowContract):
    """One row per student's work-based learning activity."""

    student_id: str = required()
    activity_id: str = required()
    activity_type_source: str = required()
    activity_type_code: str = optional()
    begin_date: Date = required()
    end_date: Date = optional()
    hours: float = optional(ge=0, le=4000)

    @pa.check("begin_date")
    def begin_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, years_before=2, days_after=60)

    @pa.dataframe_check
    def ends_before_it_begins(cls, data: PolarsData) -> pl.LazyFrame:
        return not_before(data, "end_date", "begin_date")

    class Config:
        unique = ("student_id", "activity_id")
