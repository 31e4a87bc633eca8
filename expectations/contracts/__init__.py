"""Row contracts, one file per record type. `CONTRACTS` lists them in the order that fixes rule numbers."""

from expectations.contracts.assessment_results import AssessmentResult
from expectations.contracts.assessments import Assessment
from expectations.contracts.attendance import Attendance
from expectations.contracts.bell_times import BellTime
from expectations.contracts.bus_runs import BusRun
from expectations.contracts.calendars import CalendarDay
from expectations.contracts.course_grades import CourseGrade
from expectations.contracts.courses import Course
from expectations.contracts.data_access_events import DataAccessEvent
from expectations.contracts.demographics import Demographics
from expectations.contracts.diplomas import Diploma
from expectations.contracts.discipline_actions import DisciplineAction
from expectations.contracts.discipline_incidents import DisciplineIncident
from expectations.contracts.enrollments import Enrollment
from expectations.contracts.exit_documents import ExitDocument
from expectations.contracts.finance_accounts import FinanceAccount
from expectations.contracts.financial_aid_applications import FinancialAidApplication
from expectations.contracts.idea_eligibilities import IdeaEligibility
from expectations.contracts.incident_participations import IncidentParticipation
from expectations.contracts.industry_credentials import IndustryCredential
from expectations.contracts.item_responses import ItemResponse
from expectations.contracts.net_prices import NetPrice
from expectations.contracts.organizations import Organization
from expectations.contracts.performance_levels import PerformanceLevel
from expectations.contracts.postsecondary_awards import PostsecondaryAward
from expectations.contracts.postsecondary_enrollments import PostsecondaryEnrollment
from expectations.contracts.postsecondary_searches import PostsecondarySearch
from expectations.contracts.professional_learning import ProfessionalLearning
from expectations.contracts.program_participations import ProgramParticipation
from expectations.contracts.quarterly_wages import QuarterlyWage
from expectations.contracts.restraint_events import RestraintEvent
from expectations.contracts.row_contract import RowContract
from expectations.contracts.sections import Section
from expectations.contracts.staff import Staff
from expectations.contracts.staff_assignments import StaffAssignment
from expectations.contracts.staff_credentials import StaffCredential
from expectations.contracts.staff_sections import StaffSection
from expectations.contracts.student_sections import StudentSection
from expectations.contracts.student_transportation import StudentTransportation
from expectations.contracts.students import Student
from expectations.contracts.survey_administrations import SurveyAdministration
from expectations.contracts.survey_items import SurveyItem
from expectations.contracts.survey_responses import SurveyResponse
from expectations.contracts.work_based_learning import WorkBasedLearning

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
    "assessments": Assessment,
    "performance_levels": PerformanceLevel,
    "courses": Course,
    "course_grades": CourseGrade,
    "incident_participations": IncidentParticipation,
    "restraint_events": RestraintEvent,
    "idea_eligibilities": IdeaEligibility,
    "industry_credentials": IndustryCredential,
    "work_based_learning": WorkBasedLearning,
    "financial_aid_applications": FinancialAidApplication,
    "postsecondary_searches": PostsecondarySearch,
    "postsecondary_enrollments": PostsecondaryEnrollment,
    "postsecondary_awards": PostsecondaryAward,
    "quarterly_wages": QuarterlyWage,
    "staff_credentials": StaffCredential,
    "survey_items": SurveyItem,
    "survey_administrations": SurveyAdministration,
    "survey_responses": SurveyResponse,
    "data_access_events": DataAccessEvent,
    "net_prices": NetPrice,
}
