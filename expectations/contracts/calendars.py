"""The contract of `calendars`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class CalendarDay(RowContract):
    """One row per school and calendar date."""

    school_id: str = required()
    calendar_date: Date = required()
    calendar_event_source: str = required()
    calendar_event_code: str = optional()

    @pa.check("calendar_date")
    def calendar_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data)

    class Config:
        unique = ("school_id", "calendar_date")
