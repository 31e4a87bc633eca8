"""The contract of `item_responses`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class ItemResponse(RowContract):
    """One row per student's response to one item of one exit ticket."""

    student_id: str = required()
    section_id: str = required()
    school_id: str = required()
    ticket_date: Date = required()
    item_id: str = required()
    response: str = optional()
    is_correct: bool = optional()

    @pa.check("ticket_date")
    def ticket_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data)

    class Config:
        unique = ("student_id", "section_id", "school_id", "ticket_date", "item_id")
