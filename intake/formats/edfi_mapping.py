"""Which Ed-Fi element becomes which record type, as data: Data Standard 4.0 to 5.2, bulk XML.

An element is first flattened to `{path: [values]}` (see `edfi_xml.flatten_element`): path parts joined with `/`,
without namespaces and without the `…Identity` wrappers that only repeat the name of the reference around them. A
mapping then names for each of our columns the paths to try in order; the first that has a value gives it.

Record types whose name begins with `_` are lookups: they never leave the reader, but complete other record types.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NOT_LISTED = "(not listed)"
"""The wording for a characteristic that an association could list and does not. Ed-Fi lists what applies, so the
crosswalk reads it as No; a state whose districts do not report a characteristic can change that row of the seed."""


@dataclass(frozen=True)
class ElementMapping:
    """How one kind of element becomes rows of a record type.

    `columns`: our column → paths to try. `joined`: columns that take all values of all their paths, joined with `|`.
    `each`: a repeated child, one row per occurrence (if there is none: one row, or none if `needs_each`). `flags`: our
    column → path and wordings; the wording if listed there, else `NOT_LISTED`. `expand`: a function of `edfi_xml` that
    makes the rows where one element holds several. `defaults`: what a column says where no path has a value.
    """

    record_type: str
    columns: Mapping[str, tuple[str, ...]]
    joined: frozenset[str] = frozenset()
    each: str | None = None
    needs_each: bool = False
    flags: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    expand: str | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)


STUDENT = {"student_id": ("StudentReference/StudentUniqueId",)}
STAFF = {"staff_id": ("StaffReference/StaffUniqueId",)}
SCHOOL = {"school_id": ("SchoolReference/SchoolId",)}
ORG = {"org_id": ("EducationOrganizationReference/EducationOrganizationId",)}
PERIOD = {"begin_date": ("BeginDate",), "end_date": ("EndDate",)}
CHARACTERISTIC = "StudentCharacteristic/StudentCharacteristic"
SURVEY = {"survey_id": ("SurveyReference/SurveyIdentifier",)}
ASSESSMENT = {
    "assessment_id": ("AssessmentIdentifier",),
    "assessment_title": ("AssessmentTitle",),
    "subject_source": ("AcademicSubject", "AssessmentSubject/AcademicSubject"),
}
OFFERING = "SectionReference/CourseOfferingReference"
SECTION_REFERENCE = {
    "section_id": ("SectionReference/SectionIdentifier",),
    "school_id": (f"{OFFERING}/SchoolReference/SchoolId", "SectionReference/SchoolId"),
    "session_name": (f"{OFFERING}/SessionReference/SessionName", "SectionReference/SessionName"),
    "course_id": (f"{OFFERING}/LocalCourseCode", "SectionReference/LocalCourseCode"),
}
SERVICES = tuple(
    f"{kind}Service/{kind}Service"
    for kind in (
        "",
        "CTEProgram",
        "HomelessProgram",
        "LanguageInstructionProgram",
        "MigrantEducationProgram",
        "NeglectedOrDelinquentProgram",
        "SchoolFoodServiceProgram",
        "SpecialEducationProgram",
        "TitleIPartAProgram",
    )
)


def _organization(own_id: str, *parents: str) -> tuple[ElementMapping, ...]:
    columns = {
        "org_id": (own_id,),
        "org_type_source": ("EducationOrganizationCategory",),
        "org_name": ("NameOfInstitution",),
        "parent_org_id": tuple(path for parent in parents for path in (parent, parent.split("/")[0] + "/@ref")),
        "low_grade": ("GradeLevel",),
        "operational_status_source": ("OperationalStatus",),
    }
    return (ElementMapping("organizations", columns, joined=frozenset({"low_grade"})),)


PROGRAM = ElementMapping(
    "program_participations",
    {
        **STUDENT,
        "program_source": ("ProgramReference/ProgramType",),
        "program_name": ("ProgramReference/ProgramName",),
        **PERIOD,
        **ORG,
        "service_source": SERVICES,
    },
    joined=frozenset({"service_source"}),
)
"""Every `Student…ProgramAssociation` that has no mapping of its own."""

FOOD_SERVICE = ElementMapping(
    PROGRAM.record_type,
    {name: paths for name, paths in PROGRAM.columns.items() if name != "program_source"},
    joined=PROGRAM.joined,
    defaults={"program_source": "School Food Service"},
)
"""Senders file food service under the ProgramType of compensatory services; only the element's name tells it apart."""

DEMOGRAPHICS = ElementMapping(
    "demographics",
    {
        **STUDENT,
        "sex_source": ("Sex",),
        "race_source": ("Race",),
        "hispanic_latino_source": ("HispanicLatinoEthnicity",),
        "english_learner_source": ("LimitedEnglishProficiency",),
    },
    joined=frozenset({"race_source"}),
    flags={
        "economic_disadvantage_source": (CHARACTERISTIC, ("Economic Disadvantaged", "Economically Disadvantaged")),
        "homeless_source": (CHARACTERISTIC, ("Homeless",)),
        "migrant_source": (CHARACTERISTIC, ("Migrant",)),
        "foster_source": (CHARACTERISTIC, ("Foster Care",)),
        "military_connected_source": (CHARACTERISTIC, ("Parent in Military", "Military Connected")),
    },
    defaults={"english_learner_source": NOT_LISTED},
)
"""Students' characteristics stand on the association with the district in DS 4 and 5. IDEA and Section 504 do not stand
there at all: they are program associations, so `idea` and `section_504` stay empty here."""

_MAPPINGS: dict[str, tuple[ElementMapping, ...]] = {
    "StateEducationAgency": _organization("StateEducationAgencyId"),
    "EducationServiceCenter": _organization(
        "EducationServiceCenterId", "StateEducationAgencyReference/StateEducationAgencyId"
    ),
    "LocalEducationAgency": _organization(
        "LocalEducationAgencyId",
        "ParentLocalEducationAgencyReference/LocalEducationAgencyId",
        "EducationServiceCenterReference/EducationServiceCenterId",
        "StateEducationAgencyReference/StateEducationAgencyId",
    ),
    "School": _organization("SchoolId", "LocalEducationAgencyReference/LocalEducationAgencyId"),
    "CalendarDate": (
        ElementMapping(
            "calendars",
            {
                "school_id": ("CalendarReference/SchoolReference/SchoolId", "CalendarReference/SchoolId"),
                "calendar_date": ("Date",),
                "calendar_event_source": ("CalendarEvent",),
            },
        ),
    ),
    "Student": (
        ElementMapping(
            "students",
            {
                "student_id": ("StudentUniqueId",),
                "first_name": ("Name/FirstName",),
                "middle_name": ("Name/MiddleName",),
                "last_name": ("Name/LastSurname",),
                "birth_date": ("BirthData/BirthDate", "BirthDate"),
            },
        ),
    ),
    "StudentEducationOrganizationAssociation": (
        DEMOGRAPHICS,
        ElementMapping(
            "_contacts",
            {
                **STUDENT,
                "telephone": ("Telephone/TelephoneNumber",),
                "email": ("ElectronicMail/ElectronicMailAddress",),
            },
            expand="expand_contact",
        ),
    ),
    "StudentSchoolFoodServiceProgramAssociation": (FOOD_SERVICE,),
    "StudentSchoolAssociation": (
        ElementMapping(
            "enrollments",
            {
                **STUDENT,
                **SCHOOL,
                "entry_date": ("EntryDate",),
                "exit_date": ("ExitWithdrawDate",),
                "grade_level_source": ("EntryGradeLevel",),
                "entry_type_source": ("EntryType",),
                "exit_type_source": ("ExitWithdrawType",),
            },
        ),
    ),
    "StudentSchoolAttendanceEvent": (
        ElementMapping(
            "attendance",
            {
                **STUDENT,
                **SCHOOL,
                "attendance_date": ("AttendanceEvent/EventDate", "EventDate"),
                "attendance_status_source": ("AttendanceEvent/AttendanceEventCategory", "AttendanceEventCategory"),
                "absent_fraction": ("AttendanceEvent/EventDuration", "EventDuration"),
                "minutes_late": ("SchoolAttendanceDuration",),
            },
        ),
    ),
    # Only its diplomas: grades and credits of the academic record are not read yet.
    "StudentAcademicRecord": (
        ElementMapping(
            "diplomas",
            {
                **STUDENT,
                # The record may be kept by a district; what is no school the warehouse does not place.
                "school_id": ("SchoolReference/SchoolId", "EducationOrganizationReference/EducationOrganizationId"),
                "diploma_date": ("Diploma/DiplomaAwardDate",),
                "diploma_type_source": ("Diploma/DiplomaType",),
            },
            each="Diploma",
            needs_each=True,
        ),
    ),
    "StudentAssessment": (
        ElementMapping(
            "assessment_results",
            {
                **STUDENT,
                "assessment_id": ("AssessmentReference/AssessmentIdentifier",),
                "administration_date": ("AdministrationDate",),
                "result_id": ("StudentAssessmentIdentifier",),
                "grade_level_source": ("WhenAssessedGradeLevel",),
                "reason_not_tested_source": ("ReasonNotTested",),
            },
            expand="expand_scores",
        ),
    ),
    "Assessment": (
        ElementMapping(
            "assessments",
            {
                **ASSESSMENT,
                "assessment_type_source": ("AssessmentCategory",),
                "grade_level_source": ("AssessedGradeLevel",),
            },
        ),
        ElementMapping(
            "performance_levels",
            {
                "assessment_id": ASSESSMENT["assessment_id"],
                "grade_level_source": ("AssessedGradeLevel",),
                "score_type": ("AssessmentPerformanceLevel/AssessmentReportingMethod",),
                "performance_level_source": ("AssessmentPerformanceLevel/PerformanceLevel",),
                "minimum_score": ("AssessmentPerformanceLevel/MinimumScore",),
                "maximum_score": ("AssessmentPerformanceLevel/MaximumScore",),
            },
            each="AssessmentPerformanceLevel",
            needs_each=True,
        ),
        ElementMapping("_assessments", ASSESSMENT),
    ),
    "StudentDisciplineIncidentBehaviorAssociation": (
        ElementMapping(
            "incident_participations",
            {
                **STUDENT,
                "incident_id": ("DisciplineIncidentReference/IncidentIdentifier", "DisciplineIncidentReference/@ref"),
                "school_id": ("DisciplineIncidentReference/SchoolReference/SchoolId",),
                "behavior_source": ("Behavior",),
                "participation_source": ("DisciplineIncidentParticipationCode",),
            },
        ),
    ),
    "RestraintEvent": (
        ElementMapping(
            "restraint_events",
            {
                **STUDENT,
                **SCHOOL,
                "event_id": ("RestraintEventIdentifier",),
                "event_date": ("EventDate",),
            },
        ),
    ),
    "DisciplineIncident": (
        ElementMapping(
            "discipline_incidents",
            {
                "incident_id": ("IncidentIdentifier",),
                **SCHOOL,
                "incident_date": ("IncidentDate",),
                "behavior_source": ("Behavior/Behavior",),
            },
        ),
    ),
    "DisciplineAction": (
        ElementMapping(
            "discipline_actions",
            {
                **STUDENT,
                "action_id": ("DisciplineActionIdentifier",),
                "school_id": ("ResponsibilitySchoolReference/SchoolId", "AssignmentSchoolReference/SchoolId"),
                "incident_id": (
                    "StudentDisciplineIncidentBehaviorAssociationReference/DisciplineIncidentReference/IncidentIdentifier",
                    "StudentDisciplineIncidentAssociationReference/DisciplineIncidentReference/IncidentIdentifier",
                    "DisciplineIncidentReference/IncidentIdentifier",
                ),
                "action_date": ("DisciplineDate",),
                "action_source": ("Discipline",),
                "duration_days": ("ActualDisciplineActionLength", "DisciplineActionLength"),
            },
            each="Discipline",
        ),
    ),
    "Staff": (
        ElementMapping(
            "staff",
            {
                "staff_id": ("StaffUniqueId",),
                "first_name": ("Name/FirstName",),
                "last_name": ("Name/LastSurname",),
                "birth_date": ("BirthDate",),
                "email": ("ElectronicMail/ElectronicMailAddress",),
                "years_of_experience": ("YearsOfPriorTeachingExperience", "YearsOfPriorProfessionalExperience"),
            },
        ),
        ElementMapping(
            "staff_credentials",
            {
                "staff_id": ("StaffUniqueId",),
                "license_number": ("CredentialReference/CredentialIdentifier",),
            },
            each="CredentialReference",
            needs_each=True,
        ),
    ),
    "Credential": (
        ElementMapping(
            "_credentials",
            {
                "license_number": ("CredentialIdentifier",),
                "credential_type_source": ("TeachingCredential",),
                "credential_field_source": ("CredentialField",),
                "issue_date": ("IssuanceDate",),
                "expiration_date": ("ExpirationDate",),
            },
        ),
    ),
    "StaffEducationOrganizationAssignmentAssociation": (
        ElementMapping(
            "staff_assignments",
            {
                **STAFF,
                **ORG,
                "classification_source": ("StaffClassification",),
                **PERIOD,
                "fte": ("FullTimeEquivalency",),
            },
        ),
    ),
    "Section": (
        ElementMapping(
            "sections",
            {
                "section_id": ("SectionIdentifier",),
                "school_id": ("CourseOfferingReference/SchoolReference/SchoolId",),
                "session_name": ("CourseOfferingReference/SessionReference/SessionName",),
                "course_id": ("CourseOfferingReference/LocalCourseCode",),
            },
        ),
    ),
    "CourseOffering": (
        ElementMapping(
            "_course_offerings",
            {
                "course_id": ("LocalCourseCode",),
                "school_id": ("SchoolReference/SchoolId",),
                "session_name": ("SessionReference/SessionName",),
                "course_code": ("CourseReference/CourseCode",),
                "course_org_id": ("CourseReference/EducationOrganizationReference/EducationOrganizationId",),
            },
        ),
    ),
    "Course": (
        ElementMapping(
            "courses",
            {
                **ORG,
                "course_id": ("CourseCode",),
                "course_title": ("CourseTitle",),
                "subject_source": ("AcademicSubject",),
                "course_level_source": ("CourseLevelCharacteristic",),
                "credits": ("MaximumAvailableCredits/Credits", "MaximumAvailableCredits"),
                "career_cluster_source": ("CareerPathway",),
            },
            expand="expand_course",
        ),
        ElementMapping(
            "_courses",
            {
                "course_code": ("CourseCode",),
                "course_org_id": ORG["org_id"],
                "course_title": ("CourseTitle",),
                "subject_source": ("AcademicSubject",),
            },
        ),
    ),
    "CourseTranscript": (
        ElementMapping(
            "course_grades",
            {
                "student_id": ("StudentAcademicRecordReference/StudentReference/StudentUniqueId",),
                "school_id": (
                    "StudentAcademicRecordReference/EducationOrganizationReference/EducationOrganizationId",
                ),
                "course_id": ("CourseReference/CourseCode",),
                "session_name": ("StudentAcademicRecordReference/Term",),
                "grade_level_source": ("WhenTakenGradeLevel",),
                "letter_grade_source": ("FinalLetterGradeEarned",),
                "numeric_grade": ("FinalNumericGradeEarned",),
                "credits_attempted": ("AttemptedCredits/Credits", "AttemptedCredits"),
                "credits_earned": ("EarnedCredits/Credits", "EarnedCredits"),
            },
        ),
    ),
    "StudentSectionAssociation": (ElementMapping("student_sections", {**STUDENT, **SECTION_REFERENCE, **PERIOD}),),
    "StaffSectionAssociation": (
        ElementMapping(
            "staff_sections", {**STAFF, **SECTION_REFERENCE, **PERIOD, "position_source": ("ClassroomPosition",)}
        ),
    ),
    "StudentTransportation": (
        ElementMapping(
            "student_transportation",
            {
                **STUDENT,
                "org_id": ("TransportationEducationOrganizationReference/EducationOrganizationId",),
                "route_id": ("StudentBusDetails/BusRoute", "StudentBusDetails/BusNumber"),
                # The standard's own spelling first.
                "is_special_accommodation_source": (
                    "SpecialAccomodationRequirements",
                    "SpecialAccommodationRequirements",
                ),
                "ride_miles": ("StudentBusDetails/Mileage",),
            },
            joined=frozenset({"is_special_accommodation_source"}),
            each="StudentBusDetails",
        ),
    ),
    "LocalAccount": (
        ElementMapping(
            "finance_accounts",
            {
                "account_id": ("AccountIdentifier",),
                "fiscal_year": ("FiscalYear",),
                **ORG,
                "account_name": ("AccountName",),
                "chart_id": ("ChartOfAccountReference/AccountIdentifier",),
                "amount_usd": ("ReportingTag/TagValue",),
            },
        ),
    ),
    "ChartOfAccount": (
        ElementMapping(
            "_charts",
            {
                "chart_id": ("AccountIdentifier",),
                "fiscal_year": ("FiscalYear",),
                "account_type_source": ("AccountType",),
                "fund_source": ("FundFundDimensionReference/Code", "FundDimensionReference/Code"),
                "function_source": ("FunctionFunctionDimensionReference/Code", "FunctionDimensionReference/Code"),
                "object_source": ("ObjectObjectDimensionReference/Code", "ObjectDimensionReference/Code"),
            },
        ),
    ),
    "LocalActual": (
        ElementMapping(
            "_actuals",
            {
                "account_id": ("LocalAccountReference/AccountIdentifier",),
                "fiscal_year": ("LocalAccountReference/FiscalYear",),
                "amount_usd": ("Amount",),
            },
        ),
    ),
}
_MAPPINGS |= {
    "StudentSpecialEducationProgramAssociation": (
        PROGRAM,
        ElementMapping(
            "idea_eligibilities",
            {
                **STUDENT,
                **PERIOD,
                "primary_disability_source": ("Disability/Disability",),
                "educational_environment_source": ("SpecialEducationSetting",),
            },
        ),
    ),
    "SurveyQuestion": (
        ElementMapping(
            "survey_items",
            {
                **SURVEY,
                "item_id": ("QuestionCode",),
                "construct": ("SurveySectionReference/SurveySectionTitle",),
                "item_text": ("QuestionText",),
            },
        ),
    ),
    "Survey": (
        ElementMapping("_surveys", {"survey_id": ("SurveyIdentifier",), "survey_title": ("SurveyTitle",), **ORG}),
    ),
    # Name, e-mail address and number of the respondent stand beside these and are not read: answers are anonymous.
    "SurveyResponse": (
        ElementMapping(
            "_survey_respondents",
            {
                **SURVEY,
                "response_id": ("SurveyResponseIdentifier",),
                "response_date": ("ResponseDate",),
                "grade_level_source": ("SurveyLevel",),
                "is_student": ("StudentReference/StudentUniqueId",),
                "is_family": ("ContactReference/ContactUniqueId", "ParentReference/ParentUniqueId"),
                "is_staff": ("StaffReference/StaffUniqueId",),
            },
        ),
    ),
    "SurveyQuestionResponse": (
        ElementMapping(
            "survey_responses",
            {
                "survey_id": (f"SurveyQuestionReference/{SURVEY['survey_id'][0]}",),
                "response_id": ("SurveyResponseReference/SurveyResponseIdentifier",),
                "item_id": ("SurveyQuestionReference/QuestionCode",),
                "response_value": ("SurveyQuestionResponseValue/NumericResponse",),
            },
        ),
    ),
}
MAPPINGS = MappingProxyType(_MAPPINGS)
"""Element name → its mappings. One element may complete several record types."""


def find_mappings(element: str) -> tuple[ElementMapping, ...]:
    """Return the mappings of an element by its name without namespace; none if the element is not read."""
    if element not in MAPPINGS and element.startswith("Student") and element.endswith("ProgramAssociation"):
        return (PROGRAM,)
    return MAPPINGS.get(element, ())
