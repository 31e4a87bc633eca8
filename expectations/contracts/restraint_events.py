"""The contract of `restraint_events`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class RestraintEvent(RowContract):
    """One row per restraint or seclusion of one student."""

    student_id: str = required()
    school_id: str = required()
    event_id: str = required()
    event_date: Date = required()
    restraint_type_source: str = optional()
    restraint_type_code: str = optional()
    duration_minutes: float = optional(ge=0, le=1440)

    @pa.check("event_date")
    def event_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, days_after=60)

    class Config:
        unique = ("student_id", "school_id", "event_id")
