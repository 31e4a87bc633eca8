"""The contract of `student_transportation`."""

from expectations.contracts.row_contract import RowContract, Time, optional, required


class StudentTransportation(RowContract):
    """One row per student's place on one bus route."""

    student_id: str = required()
    org_id: str = required()
    route_id: str = optional()
    pickup_time: Time = optional()
    is_special_accommodation_source: str = optional()
    dropoff_time: Time = optional()
    ride_miles: float = optional(ge=0, le=200)

    class Config:
        unique = ("student_id", "org_id", "route_id")
