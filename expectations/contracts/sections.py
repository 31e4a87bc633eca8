"""The contract of `sections`."""

from expectations.contracts.row_contract import RowContract, optional, required


class Section(RowContract):
    """One row per section of a course at one school in one session."""

    section_id: str = required()
    school_id: str = required()
    session_name: str = required()
    course_id: str = optional()
    course_title: str = optional()
    subject_source: str = optional()
    subject_code: str = optional()

    class Config:
        # In Ed-Fi the same section identifier may stand for two courses of a session.
        unique = ("section_id", "school_id", "session_name", "course_id")
