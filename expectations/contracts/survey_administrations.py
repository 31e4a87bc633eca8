"""The contract of `survey_administrations`."""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from expectations.contracts.row_contract import Date, RowContract, not_before, optional, required, within_school_year


class SurveyAdministration(RowContract):
    """One row per survey, organization and kind of respondent: how many were asked."""

    survey_id: str = required()
    org_id: str = required()
    respondent_role_source: str = required()
    respondent_role_code: str = optional()
    invited_count: int = optional(ge=0, le=10000000)
    begin_date: Date = optional()
    end_date: Date = optional()

    @pa.check("begin_date")
    def begin_date_is_near_the_school_year(cls, data: PolarsData) -> pl.LazyFrame:
        return within_school_year(data, days_after=60)

    @pa.dataframe_check
    def ends_before_it_begins(cls, data: PolarsData) -> pl.LazyFrame:
        return not_before(data, "end_date", "begin_date")

    class Config:
        unique = ("survey_id", "org_id", "respondent_role_source")
