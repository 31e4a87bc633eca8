"""The contract of `professional_learning`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class ProfessionalLearning(RowContract):
    """One row per staff member's attendance of one session of professional learning."""

    staff_id: str = required()
    session_id: str = required()
    org_id: str = optional()
    session_date: Date = optional()
    topic: str = optional()
    hours: float = optional(ge=0, le=400)
    activity_id: str = optional()
    content_focus_source: str = optional()
    content_focus_code: str = optional()

    @pa.check("session_date")
    def session_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, days_after=60)

    class Config:
        unique = ("staff_id", "session_id")
