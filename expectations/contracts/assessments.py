"""The contract of `assessments`."""

from expectations.contracts.row_contract import RowContract, optional, required


class Assessment(RowContract):
    """One row per assessment: what it is, apart from who took it."""

    assessment_id: str = required()
    assessment_title: str = optional()
    assessment_type_source: str = optional()
    assessment_type_code: str = optional()
    subject_source: str = optional()
    subject_code: str = optional()
    grade_level_source: str = optional()
    grade_level_code: str = optional()
    developmental_domain_source: str = optional()
    developmental_domain_code: str = optional()

    class Config:
        unique = ("assessment_id",)
