"""The contract of `exit_documents`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class ExitDocument(RowContract):
    """One row per document that shows where a student went who left on a date: what takes them out of a cohort."""

    student_id: str = required()
    school_id: str = optional()
    exit_date: Date = required()
    document_type_source: str = required()
    document_type_code: str = optional()
    document_date: Date = optional()
    leads_to_diploma_source: str = optional()
    leads_to_diploma_code: str = optional()

    @pa.check("exit_date")
    def exit_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        # Six years back: a district may document an exit for as long as the cohort's extended rate is open.
        return within_school_year(data, years_before=6, days_after=60)

    class Config:
        unique = ("student_id", "exit_date", "document_type_source")
