"""The contract of `discipline_incidents`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class DisciplineIncident(RowContract):
    """One row per incident at one school."""

    incident_id: str = required()
    school_id: str = required()
    incident_date: Date = required()
    behavior_source: str = optional()
    behavior_code: str = optional()

    @pa.check("incident_date")
    def incident_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data)

    class Config:
        unique = ("incident_id", "school_id")
