"""The contract of `bell_times`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import (
    Date,
    RowContract,
    Time,
    not_before,
    optional,
    required,
    within_school_year,
)


class BellTime(RowContract):
    """One row per school and date with the times of its first and last bell."""

    school_id: str = required()
    bell_date: Date = required()
    first_bell: Time = required()
    last_bell: Time = optional()

    @pa.check("bell_date")
    def bell_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data)

    @pa.dataframe_check
    def ends_before_it_begins(cls, data: PolarsData) -> pl.LazyFrame:
        return not_before(data, "last_bell", "first_bell")

    class Config:
        unique = ("school_id", "bell_date")
