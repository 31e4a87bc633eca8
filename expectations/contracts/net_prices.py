"""The contract of `net_prices`."""

from expectations.contracts.row_contract import RowContract, Usd, required


class NetPrice(RowContract):
    """One row per postsecondary institution and academic year: what a year there costs after grants."""

    institution_id: str = required()
    academic_year: int = required(ge=1990, le=2100)
    # Grants above the price of attendance are rare, and real: some net prices are below zero.
    net_price_usd: Usd = required(ge=-50000, le=250000)

    class Config:
        unique = ("institution_id", "academic_year")
