"""The contract of `quarterly_wages`."""

from expectations.contracts.row_contract import RowContract, Usd, optional, required


class QuarterlyWage(RowContract):
    """One row per worker, employer and calendar quarter: the wages paid."""

    worker_id: str = required()
    employer_id: str = required()
    wage_year: int = required(ge=1990, le=2100)
    wage_quarter: int = required(ge=1, le=4)
    wages_usd: Usd = required(ge=0)
    naics: str = optional()

    class Config:
        unique = ("worker_id", "employer_id", "wage_year", "wage_quarter")
