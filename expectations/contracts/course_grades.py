"""The contract of `course_grades`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, not_before, optional, required, within_school_year


class CourseGrade(RowContract):
    """One row per student, course and session: the grade and the credits earned."""

    student_id: str = required()
    school_id: str = required()
    course_id: str = required()
    session_name: str = required()
    grade_level_source: str = optional()
    grade_level_code: str = optional()
    letter_grade_source: str = optional()
    letter_grade_code: str = optional()
    numeric_grade: float = optional(ge=0, le=120)
    credits_attempted: float = optional(ge=0, le=30)
    credits_earned: float = optional(ge=0, le=30)
    posted_date: Date = optional()

    @pa.check("posted_date")
    def posted_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, years_before=13, days_after=100)

    @pa.dataframe_check
    def has_no_grade(cls, data: PolarsData) -> pl.LazyFrame:
        told = ("letter_grade_source", "numeric_grade", "credits_earned")
        return data.lazyframe.select(pl.any_horizontal(pl.col(told).is_not_null()))

    @pa.dataframe_check
    def earns_more_than_attempted(cls, data: PolarsData) -> pl.LazyFrame:
        return not_before(data, "credits_attempted", "credits_earned")

    class Config:
        unique = ("student_id", "school_id", "course_id", "session_name")
