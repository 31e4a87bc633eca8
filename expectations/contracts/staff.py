"""The contract of `staff`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, aged, optional, required


class Staff(RowContract):
    """One row per staff member as identified by the sender."""

    staff_id: str = required()
    first_name: str = required()
    last_name: str = required()
    birth_date: Date = optional()
    email: str = optional()
    years_of_experience: float = optional(ge=0, le=70)

    @pa.check("birth_date")
    def birth_date_gives_a_possible_age(cls, data: PolarsData) -> pl.LazyFrame:
        return aged(data, at_least=14, under=100)

    class Config:
        unique = ("staff_id",)
