"""The contract of `bus_runs`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, Time, optional, required, within_school_year


class BusRun(RowContract):
    """One row per run of one route for one school on one date and time of day."""

    route_id: str = required()
    school_id: str = required()
    run_date: Date = required()
    run_period_source: str = required()
    run_period_code: str = optional()
    run_status_source: str = optional()
    run_status_code: str = optional()
    scheduled_arrival: Time = optional()
    actual_arrival: Time = optional()
    riders: int = optional(ge=0, le=200)
    vehicle_id: str = optional()
    seats: int = optional(ge=0, le=200)
    miles: float = optional(ge=0, le=500)
    deadhead_miles: float = optional(ge=0, le=500)

    @pa.check("run_date")
    def run_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data)

    class Config:
        unique = ("route_id", "school_id", "run_date", "run_period_source")
