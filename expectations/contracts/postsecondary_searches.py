"""The contract of `postsecondary_searches`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class PostsecondarySearch(RowContract):
    """One row per student looked for in postsecondary records, and what was found."""

    student_id: str = required()
    search_date: Date = required()
    search_outcome_source: str = required()
    search_outcome_code: str = optional()

    @pa.check("search_date")
    def search_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, days_after=100)

    class Config:
        unique = ("student_id", "search_date")
