"""The contract of `assessment_results`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class AssessmentResult(RowContract):
    """One row per score, performance level or reason for not being tested, of one student and administration."""

    student_id: str = required()
    assessment_id: str = required()
    administration_date: Date = required()
    result_id: str = optional()
    assessment_title: str = optional()
    subject_source: str = optional()
    subject_code: str = optional()
    grade_level_source: str = optional()
    grade_level_code: str = optional()
    score_type: str = optional()
    score_value: str = optional()
    performance_level_source: str = optional()
    assessment_type_administered_source: str = optional()
    assessment_type_administered_code: str = optional()
    reason_not_tested_source: str = optional()
    reason_not_tested_code: str = optional()

    @pa.check("administration_date")
    def administration_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, years_before=6, days_after=60)

    @pa.dataframe_check
    def has_no_result(cls, data: PolarsData) -> pl.LazyFrame:
        told = ("score_value", "performance_level_source", "reason_not_tested_source")
        return data.lazyframe.select(pl.any_horizontal(pl.col(told).is_not_null()))

    class Config:
        unique = ("student_id", "assessment_id", "administration_date", "result_id", "score_type")
