"""The contract of `discipline_actions`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class DisciplineAction(RowContract):
    """One row per action taken towards one student."""

    student_id: str = required()
    action_id: str = required()
    school_id: str = optional()
    incident_id: str = optional()
    action_date: Date = required()
    action_source: str = required()
    action_code: str = optional()
    duration_days: float = optional(ge=0, le=366)

    @pa.check("action_date")
    def action_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, days_after=60)

    class Config:
        unique = ("student_id", "action_id", "action_source")
