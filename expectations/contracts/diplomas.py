"""The contract of `diplomas`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class Diploma(RowContract):
    """One row per diploma or other credential that a student was awarded for secondary school."""

    student_id: str = required()
    school_id: str = optional()
    diploma_date: Date = required()
    diploma_type_source: str = required()
    diploma_type_code: str = optional()

    @pa.check("diploma_date")
    def diploma_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        # Six years back: a diploma reported late still belongs to a cohort whose extended rate is open.
        return within_school_year(data, years_before=6, days_after=100)

    class Config:
        unique = ("student_id", "diploma_date", "diploma_type_source")
