"""The contract of `financial_aid_applications`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, not_before, optional, required, within_school_year


class FinancialAidApplication(RowContract):
    """One row per student's application for financial aid in one award year."""

    student_id: str = required()
    application_type_source: str = required()
    application_type_code: str = optional()
    award_year: int = required(ge=1990, le=2100)
    submitted_date: Date = optional()
    completed_date: Date = optional()

    @pa.check("submitted_date")
    def submitted_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, days_after=100)

    @pa.check("completed_date")
    def completed_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, days_after=100)

    @pa.dataframe_check
    def completed_before_it_was_submitted(cls, data: PolarsData) -> pl.LazyFrame:
        return not_before(data, "completed_date", "submitted_date")

    class Config:
        unique = ("student_id", "application_type_source", "award_year")
