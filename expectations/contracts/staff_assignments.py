"""The contract of `staff_assignments`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, not_before, optional, required, within_school_year


class StaffAssignment(RowContract):
    """One row per staff member's assignment to one organization in one classification from one date."""

    staff_id: str = required()
    org_id: str = required()
    classification_source: str = required()
    classification_code: str = optional()
    begin_date: Date = required()
    end_date: Date = optional()
    fte: float = optional(ge=0, le=2)
    separation_reason_source: str = optional()
    separation_reason_code: str = optional()

    @pa.check("begin_date")
    def begin_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, years_before=60, days_after=60)

    @pa.dataframe_check
    def ends_before_it_begins(cls, data: PolarsData) -> pl.LazyFrame:
        return not_before(data, "end_date", "begin_date")

    class Config:
        unique = ("staff_id", "org_id", "classification_source", "begin_date")
