"""The contract of `student_sections`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, not_before, optional, required, within_school_year


class StudentSection(RowContract):
    """One row per student's place in one section from one date."""

    student_id: str = required()
    section_id: str = required()
    school_id: str = required()
    session_name: str = required()
    course_id: str = optional()
    begin_date: Date = required()
    end_date: Date = optional()

    @pa.check("begin_date")
    def begin_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, years_before=2, days_after=60)

    @pa.dataframe_check
    def ends_before_it_begins(cls, data: PolarsData) -> pl.LazyFrame:
        return not_before(data, "end_date", "begin_date")

    class Config:
        unique = ("student_id", "section_id", "school_id", "session_name", "course_id", "begin_date")
