"""The contract of `performance_levels`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, not_before, optional, required


class PerformanceLevel(RowContract):
    """One row per performance level of one assessment and score type, and the dates from which and to which its cut
    scores hold.
    """

    assessment_id: str = required()
    grade_level_source: str = optional()
    grade_level_code: str = optional()
    score_type: str = optional()
    performance_level_source: str = required()
    level_number: int = optional(ge=0, le=20)
    minimum_score: float = optional()
    maximum_score: float = optional()
    is_proficient_source: str = optional()
    is_proficient_code: str = optional()
    begin_date: Date = optional()
    end_date: Date = optional()

    @pa.dataframe_check
    def ends_before_it_begins(cls, data: PolarsData) -> pl.LazyFrame:
        return not_before(data, "end_date", "begin_date")

    @pa.dataframe_check
    def tops_out_below_its_minimum(cls, data: PolarsData) -> pl.LazyFrame:
        return not_before(data, "maximum_score", "minimum_score")

    class Config:
        unique = ("assessment_id", "grade_level_source", "score_type", "performance_level_source", "begin_date")
