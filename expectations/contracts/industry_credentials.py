"""The contract of `industry_credentials`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class IndustryCredential(RowContract):
    """One row per credential of an industry earned by one student."""

    student_id: str = required()
    credential_id: str = required()
    award_date: Date = required()
    credential_name: str = optional()
    credential_type_source: str = optional()
    credential_type_code: str = optional()

    @pa.check("award_date")
    def award_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, years_before=6, days_after=100)

    class Config:
        unique = ("student_id", "credential_id", "award_date")
