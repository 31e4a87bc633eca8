"""Row contracts, one file per record type. `CONTRACTS` lists them in the order that fixes rule numbers."""

from expectations.contracts.assessment_results import AssessmentResult
from expectations.contracts.attendance import Attendance
from expectations.contracts.bell_times import BellTime
from expectations.contracts.bus_runs import BusRun
from expectations.contracts.calendars import CalendarDay
from expectations.contracts.demographics import Demographics
from expectations.contracts.diplomas import Diploma
from expectations.contracts.discipline_actions import DisciplineAction
from expectations.contracts.discipline_incidents import DisciplineIncident
from expectations.contracts.enrollments import Enrollment
from expectations.contracts.exit_documents import ExitDocument
from expectations.contracts.finance_accounts import FinanceAccount
from expectations.contracts.item_responses import ItemResponse
from expectations.contracts.organizations import Organization
from expectations.contracts.professional_learning import ProfessionalLearning
from expectations.contracts.program_participations import ProgramParticipation
from expectations.contracts.row_contract import RowContract
from expectations.contracts.sections import Section
from expectations.contracts.staff import Staff
from expectations.contracts.staff_assignments import StaffAssignment
from expectations.contracts.staff_sections import StaffSection
from expectations.contracts.student_sections import StudentSection
from expectations.contracts.student_transportation import StudentTransportation
from expectations.contracts.students import Student

CONTRACTS: dict[str, type[RowContract]] = {
    "organizations": Organization,
    "calendars": CalendarDay,
    "students": Student,
    "demographics": Demographics,
    "program_participations": ProgramParticipation,
    "enrollments": Enrollment,
    "attendance": Attendance,
    "assessment_results": AssessmentResult,
    "discipline_incidents": DisciplineIncident,
    "discipline_actions": DisciplineAction,
    "staff": Staff,
    "staff_assignments": StaffAssignment,
    "sections": Section,
    "student_sections": StudentSection,
    "staff_sections": StaffSection,
    "student_transportation": StudentTransportation,
    "finance_accounts": FinanceAccount,
    "bell_times": BellTime,
    "bus_runs": BusRun,
    "item_responses": ItemResponse,
    "professional_learning": ProfessionalLearning,
    "diplomas": Diploma,
    "exit_documents": ExitDocument,
}
