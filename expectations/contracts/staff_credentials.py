"""The contract of `staff_credentials`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, not_before, optional, required


class StaffCredential(RowContract):
    """One row per teaching credential of one staff member."""

    staff_id: str = required()
    license_number: str = required()
    credential_type_source: str = optional()
    credential_type_code: str = optional()
    credential_field_source: str = optional()
    credential_field_code: str = optional()
    issue_date: Date = optional()
    expiration_date: Date = optional()

    @pa.dataframe_check
    def ends_before_it_begins(cls, data: PolarsData) -> pl.LazyFrame:
        return not_before(data, "expiration_date", "issue_date")

    class Config:
        unique = ("staff_id", "license_number")
