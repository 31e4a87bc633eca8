"""The contract of `finance_accounts`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import RowContract, Usd, optional, required


class FinanceAccount(RowContract):
    """One row per account, fiscal year and organization."""

    account_id: str = required()
    fiscal_year: int = required()
    org_id: str = optional()
    account_name: str = optional()
    fund_source: str = optional()
    function_source: str = optional()
    function_code: str = optional()
    object_source: str = optional()
    object_code: str = optional()
    amount_usd: Usd = required()
    account_type_source: str = optional()
    account_type_code: str = optional()
    funding_source: str = optional()
    funding_code: str = optional()

    @pa.check("fiscal_year")
    def fiscal_year_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        year = pl.col("school_year").first()
        return data.lazyframe.select(pl.col(data.key).is_between(year - 5, year + 1))

    class Config:
        unique = ("account_id", "fiscal_year", "org_id")
