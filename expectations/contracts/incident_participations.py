"""The contract of `incident_participations`."""

from expectations.contracts.row_contract import RowContract, optional, required


class IncidentParticipation(RowContract):
    """One row per student, incident and behavior: how the student took part."""

    student_id: str = required()
    incident_id: str = required()
    school_id: str = required()
    behavior_source: str = optional()
    behavior_code: str = optional()
    participation_source: str = optional()
    participation_code: str = optional()

    class Config:
        unique = ("student_id", "incident_id", "school_id", "behavior_source")
