"""The contract of `postsecondary_awards`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class PostsecondaryAward(RowContract):
    """One row per degree or certificate conferred on one student."""

    student_id: str = required()
    institution_id: str = required()
    award_date: Date = required()
    award_level_source: str = required()
    award_level_code: str = optional()
    cip: str = optional()

    @pa.check("award_date")
    def award_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, years_before=12, days_after=60)

    class Config:
        unique = ("student_id", "institution_id", "award_date", "award_level_source")
