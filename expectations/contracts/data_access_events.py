"""The contract of `data_access_events`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class DataAccessEvent(RowContract):
    """One row per day, returned table, organization and reader: the table was opened or pulled that day.

    `tier` is whose table it is. `staff_id` says which teacher read, where the front knows it.
    """

    access_date: Date = required()
    tier: str = required(isin=["district", "school", "teacher"])
    table_name_source: str = required()
    table_name_code: str = optional()
    org_id: str = required()
    staff_id: str = optional()

    @pa.check("access_date")
    def access_date_is_in_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, days_after=0)

    @pa.dataframe_check
    def is_a_table_of_another_tier(cls, data: PolarsData) -> pl.LazyFrame:
        # A table's name begins with its tier. One that is no returned table at all is found by its code.
        return data.lazyframe.select(pl.col("table_name_code").str.starts_with(pl.col("tier")))

    class Config:
        unique = ("access_date", "tier", "table_name_source", "org_id", "staff_id")
