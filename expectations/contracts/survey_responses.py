"""The contract of `survey_responses`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, optional, required, within_school_year


class SurveyResponse(RowContract):
    """One row per answer of one respondent, who stays anonymous, to one question."""

    survey_id: str = required()
    response_id: str = required()
    item_id: str = required()
    org_id: str = optional()
    respondent_role_source: str = optional()
    respondent_role_code: str = optional()
    grade_level_source: str = optional()
    grade_level_code: str = optional()
    response_date: Date = optional()
    response_value: float = optional()

    @pa.check("response_date")
    def response_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, days_after=60)

    class Config:
        unique = ("survey_id", "response_id", "item_id")
