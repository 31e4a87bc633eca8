"""The contract of `idea_eligibilities`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, not_before, optional, required, within_school_year


class IdeaEligibility(RowContract):
    """One row per student's eligibility under IDEA from one date."""

    student_id: str = required()
    begin_date: Date = required()
    end_date: Date = optional()
    primary_disability_source: str = optional()
    primary_disability_code: str = optional()
    educational_environment_source: str = optional()
    educational_environment_code: str = optional()

    @pa.check("begin_date")
    def begin_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, years_before=20, days_after=60)

    @pa.dataframe_check
    def ends_before_it_begins(cls, data: PolarsData) -> pl.LazyFrame:
        return not_before(data, "end_date", "begin_date")

    class Config:
        unique = ("student_id", "begin_date")
