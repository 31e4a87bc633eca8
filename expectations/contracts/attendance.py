"""The contract of `attendance`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class Attendance(RowContract):
    """One row per attendance event of one student at one school on one date."""

    student_id: str = required()
    school_id: str = required()
    attendance_date: Date = required()
    attendance_status_source: str = required()
    attendance_status_code: str = optional()
    absent_fraction: float = optional(ge=0, le=1)
    minutes_late: float = optional(ge=0, le=720)

    @pa.check("attendance_date")
    def attendance_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data)

    class Config:
        unique = ("student_id", "school_id", "attendance_date", "attendance_status_source")
