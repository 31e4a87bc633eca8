"""The contract of `students`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, aged, optional, required


class Student(RowContract):
    """One row per student as identified by the sender."""

    student_id: str = required()
    first_name: str = required()
    middle_name: str = optional()
    last_name: str = required()
    birth_date: Date = required()
    other_ids: str = optional()
    address: str = optional()
    telephone: str = optional()
    email: str = optional()

    @pa.check("birth_date")
    def birth_date_gives_a_possible_age(cls, data: PolarsData) -> pl.LazyFrame:
        return aged(data, at_least=2, under=100)

    class Config:
        unique = ("student_id",)
