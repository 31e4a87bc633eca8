"""The contract of `postsecondary_enrollments`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, not_before, optional, required, within_school_year


class PostsecondaryEnrollment(RowContract):
    """One row per student's term at one postsecondary institution."""

    student_id: str = required()
    institution_id: str = required()
    begin_date: Date = required()
    end_date: Date = optional()
    institution_name: str = optional()
    institution_level_source: str = optional()
    institution_level_code: str = optional()
    institution_control_source: str = optional()
    institution_control_code: str = optional()
    institution_state: str = optional()
    enrollment_intensity_source: str = optional()
    enrollment_intensity_code: str = optional()
    program_length_months: int = optional(ge=1, le=120)
    credits_attempted: float = optional(ge=0, le=60)
    credits_earned: float = optional(ge=0, le=60)
    gateway_mathematics_source: str = optional()
    gateway_mathematics_code: str = optional()
    gateway_english_source: str = optional()
    gateway_english_code: str = optional()
    cohort_exclusion_source: str = optional()
    cohort_exclusion_code: str = optional()

    @pa.check("begin_date")
    def begin_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, years_before=12, days_after=60)

    @pa.dataframe_check
    def ends_before_it_begins(cls, data: PolarsData) -> pl.LazyFrame:
        return not_before(data, "end_date", "begin_date")

    @pa.dataframe_check
    def earns_more_than_attempted(cls, data: PolarsData) -> pl.LazyFrame:
        return not_before(data, "credits_attempted", "credits_earned")

    class Config:
        unique = ("student_id", "institution_id", "begin_date")
