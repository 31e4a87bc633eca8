"""The contract of `demographics`."""

from expectations.contracts.row_contract import RowContract, optional, required


class Demographics(RowContract):
    """One row per student's demographic characteristics."""

    student_id: str = required()
    sex_source: str = optional()
    sex_code: str = optional()
    race_source: str = optional()
    race_code: str = optional()
    hispanic_latino_source: str = optional()
    hispanic_latino_code: str = optional()
    economic_disadvantage_source: str = optional()
    economic_disadvantage_code: str = optional()
    english_learner_source: str = optional()
    english_learner_code: str = optional()
    idea_source: str = optional()
    idea_code: str = optional()
    section_504_source: str = optional()
    section_504_code: str = optional()
    homeless_source: str = optional()
    homeless_code: str = optional()
    migrant_source: str = optional()
    migrant_code: str = optional()
    foster_source: str = optional()
    foster_code: str = optional()
    military_connected_source: str = optional()
    military_connected_code: str = optional()

    class Config:
        unique = ("student_id",)
