"""The contract of `bus_runs`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, Time, optional, required, within_school_year


class BusRun(RowContract):
    """One row per run of one route to one school on one date."""

    route_id: str = required()
    school_id: str = required()
    run_date: Date = required()
    scheduled_arrival: Time = optional()
    actual_arrival: Time = optional()
    riders: int = optional(ge=0, le=200)

    @pa.check("run_date")
    def run_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data)

    class Config:
        unique = ("route_id", "school_id", "run_date")
