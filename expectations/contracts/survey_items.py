"""The contract of `survey_items`."""

from expectations.contracts.row_contract import RowContract, optional, required


class SurveyItem(RowContract):
    """One row per question of one survey."""

    survey_id: str = required()
    item_id: str = required()
    survey_title: str = optional()
    construct: str = optional()
    item_text: str = optional()
    favorable_minimum: float = optional()

    class Config:
        unique = ("survey_id", "item_id")
