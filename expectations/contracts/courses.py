"""The contract of `courses`."""

from expectations.contracts.row_contract import RowContract, optional, required


class Course(RowContract):
    """One row per course as one school or district offers it."""

    org_id: str = required()
    course_id: str = required()
    course_title: str = optional()
    subject_source: str = optional()
    subject_code: str = optional()
    sced: str = optional()
    course_level_source: str = optional()
    course_level_code: str = optional()
    credits: float = optional(ge=0, le=20)
    career_cluster_source: str = optional()

    class Config:
        unique = ("org_id", "course_id")
