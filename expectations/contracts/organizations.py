"""The contract of `organizations`."""

from expectations.contracts.row_contract import Date, RowContract, optional, required


class Organization(RowContract):
    """One row per organization (state, service center, district or school)."""

    org_id: str = required()
    org_type_source: str = required()
    org_type_code: str = optional()
    org_name: str = optional()
    parent_org_id: str = optional()
    low_grade: str = optional()
    high_grade: str = optional()
    operational_status_source: str = optional()
    operational_status_code: str = optional()
    operational_status_date: Date = optional()

    class Config:
        unique = ("org_id",)
