"""One template per Ed-Fi element that a district's bulk XML holds. `{name}` is filled from a column of that name.

Element names, order and descriptor URIs follow Data Standard 5.2 as the Grand Bend sample files use it. A line whose
column is null is left out (see edfi_xml.render), so every optional element has a line to itself.
Source: Ed-Fi Alliance, Ed-Fi Data Standard 5.2, bulk XML interchanges and `Samples/Sample XML`.
"""
# ruff: noqa: E501  (a template line is one element: breaking it would break the rule that a null drops the line)


def _descriptor(name: str, value: str) -> str:
    return f"uri://ed-fi.org/{name}Descriptor#{value}"


def _reference(kind: str, inner: str, identity: str = "") -> str:
    identity = identity or kind
    return f"<{kind}Reference><{identity}Identity>{inner}</{identity}Identity></{kind}Reference>"


_STUDENT = _reference("Student", "<StudentUniqueId>{student_id}</StudentUniqueId>")
_STAFF = _reference("Staff", "<StaffUniqueId>{staff_id}</StaffUniqueId>")
_SCHOOL = _reference("School", "<SchoolId>{school_id}</SchoolId>")
_ORG = _reference("EducationOrganization", "<EducationOrganizationId>{org_id}</EducationOrganizationId>")
_SESSION = _reference(
    "Session", f"<SessionName>{{session_name}}</SessionName><SchoolYear>{{years}}</SchoolYear>{_SCHOOL}")
_OFFERING = _reference("CourseOffering", f"<LocalCourseCode>{{course_id}}</LocalCourseCode>{_SCHOOL}{_SESSION}")
_SECTION = _reference("Section", f"<SectionIdentifier>{{section_id}}</SectionIdentifier>{_OFFERING}")
_ASSESSMENT = _reference(
    "Assessment",
    "<AssessmentIdentifier>{assessment_id}</AssessmentIdentifier>"
    "<Namespace>uri://education.example.org/Assessment</Namespace>")
_INCIDENT = _reference("DisciplineIncident", f"<IncidentIdentifier>{{incident_id}}</IncidentIdentifier>{_SCHOOL}")
_PROGRAM = (
    _reference("Program", f"{_ORG}<ProgramName>{{program_name}}</ProgramName>"
               f"<ProgramType>{_descriptor('ProgramType', '{program_type}')}</ProgramType>"))

LEA = f"""<LocalEducationAgency id="LEAG_{{org_id}}">
<NameOfInstitution>{{org_name}}</NameOfInstitution>
<EducationOrganizationCategory>{_descriptor("EducationOrganizationCategory", "Local Education Agency")}</EducationOrganizationCategory>
<LocalEducationAgencyId>{{org_id}}</LocalEducationAgencyId>
<LocalEducationAgencyCategory>{_descriptor("LocalEducationAgencyCategory", "Independent")}</LocalEducationAgencyCategory>
<StateEducationAgencyReference><StateEducationAgencyIdentity><StateEducationAgencyId>{{parent_org_id}}</StateEducationAgencyId></StateEducationAgencyIdentity></StateEducationAgencyReference>
</LocalEducationAgency>
"""
SCHOOL = f"""<School id="SCOL_{{org_id}}">
<NameOfInstitution>{{org_name}}</NameOfInstitution>
<EducationOrganizationCategory>{_descriptor("EducationOrganizationCategory", "School")}</EducationOrganizationCategory>
<OperationalStatus>{_descriptor("OperationalStatus", "Active")}</OperationalStatus>
<SchoolId>{{org_id}}</SchoolId>
{{grade_levels}}
<SchoolType>{_descriptor("SchoolType", "Regular")}</SchoolType>
<LocalEducationAgencyReference ref="LEAG_{{parent_org_id}}"></LocalEducationAgencyReference>
</School>
"""
GRADE_LEVEL = f"<GradeLevel>{_descriptor('GradeLevel', '{}')}</GradeLevel>"
COURSE = f"""<Course>
<CourseCode>{{course_id}}</CourseCode>
<CourseTitle>{{course_title}}</CourseTitle>
<NumberOfParts>1</NumberOfParts>
<CourseIdentificationCode><IdentificationCode>{{sced}}</IdentificationCode><CourseIdentificationSystem>{_descriptor("CourseIdentificationSystem", "SCED course code")}</CourseIdentificationSystem></CourseIdentificationCode>
<CourseLevelCharacteristic>{_descriptor("CourseLevelCharacteristic", "{level}")}</CourseLevelCharacteristic>
<AcademicSubject>{_descriptor("AcademicSubject", "{subject}")}</AcademicSubject>
<MaximumAvailableCredits><Credits>{{credits}}</Credits></MaximumAvailableCredits>
{_ORG}
</Course>
"""
SESSION = f"""<Session>
<SessionName>{{session_name}}</SessionName>
<SchoolYear>{{years}}</SchoolYear>
<BeginDate>{{begin_date}}</BeginDate>
<EndDate>{{end_date}}</EndDate>
<Term>{_descriptor("Term", "{term}")}</Term>
<TotalInstructionalDays>{{days}}</TotalInstructionalDays>
{_SCHOOL}
</Session>
"""
CALENDAR = f"""<Calendar>
<CalendarCode>{{school_id}}</CalendarCode>
<CalendarType>{_descriptor("CalendarType", "School")}</CalendarType>
{_SCHOOL}
<SchoolYear>{{years}}</SchoolYear>
</Calendar>
"""
CALENDAR_DATE = f"""<CalendarDate>
<Date>{{calendar_date}}</Date>
<CalendarEvent>{_descriptor("CalendarEvent", "{event}")}</CalendarEvent>
<CalendarReference><CalendarIdentity><CalendarCode>{{school_id}}</CalendarCode>{_SCHOOL}<SchoolYear>{{years}}</SchoolYear></CalendarIdentity></CalendarReference>
</CalendarDate>
"""
STUDENT = """<Student>
<StudentUniqueId>{student_id}</StudentUniqueId>
<Name>
<FirstName>{first_name}</FirstName>
<MiddleName>{middle_name}</MiddleName>
<LastSurname>{last_name}</LastSurname>
</Name>
<BirthData><BirthDate>{birth_date}</BirthDate></BirthData>
</Student>
"""
STUDENT_LEA = f"""<StudentEducationOrganizationAssociation>
{_STUDENT}
{_ORG}
<StudentIdentificationCode><IdentificationCode>{{district_number}}</IdentificationCode><StudentIdentificationSystem>{_descriptor("StudentIdentificationSystem", "District")}</StudentIdentificationSystem><AssigningOrganizationIdentificationCode>Local</AssigningOrganizationIdentificationCode></StudentIdentificationCode>
<StudentIdentificationCode><IdentificationCode>{{ssn}}</IdentificationCode><StudentIdentificationSystem>{_descriptor("StudentIdentificationSystem", "SSN")}</StudentIdentificationSystem><AssigningOrganizationIdentificationCode>SSN</AssigningOrganizationIdentificationCode></StudentIdentificationCode>
<Sex>{_descriptor("Sex", "{sex_source}")}</Sex>
<Address><StreetNumberName>{{address}}</StreetNumberName><City>{{city}}</City><StateAbbreviation>{_descriptor("StateAbbreviation", "NE")}</StateAbbreviation><PostalCode>00000</PostalCode><AddressType>{_descriptor("AddressType", "Home")}</AddressType></Address>
<Telephone><TelephoneNumber>{{telephone}}</TelephoneNumber><TelephoneNumberType>{_descriptor("TelephoneNumberType", "Home")}</TelephoneNumberType></Telephone>
<ElectronicMail><ElectronicMailAddress>{{email}}</ElectronicMailAddress><ElectronicMailType>{_descriptor("ElectronicMailType", "Organization")}</ElectronicMailType></ElectronicMail>
<HispanicLatinoEthnicity>{{hispanic}}</HispanicLatinoEthnicity>
<Race>{_descriptor("Race", "{first_race}")}</Race>
<Race>{_descriptor("Race", "{second_race}")}</Race>
<StudentCharacteristic><StudentCharacteristic>{_descriptor("StudentCharacteristic", "{economic}")}</StudentCharacteristic></StudentCharacteristic>
<StudentCharacteristic><StudentCharacteristic>{_descriptor("StudentCharacteristic", "{homeless}")}</StudentCharacteristic></StudentCharacteristic>
<StudentCharacteristic><StudentCharacteristic>{_descriptor("StudentCharacteristic", "{migrant}")}</StudentCharacteristic></StudentCharacteristic>
<StudentCharacteristic><StudentCharacteristic>{_descriptor("StudentCharacteristic", "{foster}")}</StudentCharacteristic></StudentCharacteristic>
<StudentCharacteristic><StudentCharacteristic>{_descriptor("StudentCharacteristic", "{military}")}</StudentCharacteristic></StudentCharacteristic>
<LimitedEnglishProficiency>{_descriptor("LimitedEnglishProficiency", "{english_learner}")}</LimitedEnglishProficiency>
</StudentEducationOrganizationAssociation>
"""
STUDENT_SCHOOL = f"""<StudentSchoolAssociation>
{_STUDENT}
{_SCHOOL}
<EntryDate>{{entry_date}}</EntryDate>
<EntryGradeLevel>{_descriptor("GradeLevel", "{grade}")}</EntryGradeLevel>
<EntryType>{_descriptor("EntryType", "{entry_type}")}</EntryType>
<ExitWithdrawDate>{{exit_date}}</ExitWithdrawDate>
<ExitWithdrawType>{_descriptor("ExitWithdrawType", "{exit_type}")}</ExitWithdrawType>
<FullTimeEquivalency>1.00</FullTimeEquivalency>
</StudentSchoolAssociation>
"""
STUDENT_SECTION = f"""<StudentSectionAssociation>
{_STUDENT}
{_SECTION}
<BeginDate>{{begin_date}}</BeginDate>
<EndDate>{{end_date}}</EndDate>
</StudentSectionAssociation>
"""
PROGRAM_ELEMENTS = {
    "04888": (
        "StudentSpecialEducationProgramAssociation",
        "<IdeaEligibility>1</IdeaEligibility>\n"
        f"<SpecialEducationSetting>{_descriptor('SpecialEducationSetting', '{setting}')}</SpecialEducationSetting>\n"
        f"<Disability><Disability>{_descriptor('Disability', '{disability}')}</Disability></Disability>\n"),
    "04928": ("StudentLanguageInstructionProgramAssociation", ""),
    "04967": ("StudentSection504ProgramAssociation", "<Section504Eligibility>1</Section504Eligibility>\n"),
    "76000": ("StudentHomelessProgramAssociation", ""),
    "04920": ("StudentMigrantEducationProgramAssociation", "<PriorityForServices>0</PriorityForServices>\n"),
    "04930": ("StudentProgramAssociation", ""),
    "04906": ("StudentCTEProgramAssociation", ""),
}
"""CEDS program code → the element of the association, and the line only that element has."""


def program(element: str, extra: str) -> str:
    """The template of one kind of program association."""
    return (f"<{element}>\n{_STUDENT}\n{_PROGRAM}\n<BeginDate>{{begin_date}}</BeginDate>\n"
            f"<EndDate>{{end_date}}</EndDate>\n{_ORG}\n{extra}</{element}>\n")


ATTENDANCE = f"""<StudentSchoolAttendanceEvent>
<AttendanceEvent>
<EventDate>{{attendance_date}}</EventDate>
<AttendanceEventCategory>{_descriptor("AttendanceEventCategory", "{category}")}</AttendanceEventCategory>
<EventDuration>{{absent_fraction}}</EventDuration>
</AttendanceEvent>
<SchoolAttendanceDuration>{{minutes_late}}</SchoolAttendanceDuration>
{_STUDENT}
{_SCHOOL}
{_SESSION}
</StudentSchoolAttendanceEvent>
"""
INCIDENT = f"""<DisciplineIncident id="DISC_{{incident_id}}_{{school_id}}">
<IncidentIdentifier>{{incident_id}}</IncidentIdentifier>
<IncidentDate>{{incident_date}}</IncidentDate>
<Behavior><Behavior>{_descriptor("Behavior", "{behavior}")}</Behavior></Behavior>
{_SCHOOL}
</DisciplineIncident>
"""
ACTION = f"""<DisciplineAction>
<DisciplineActionIdentifier>{{action_id}}</DisciplineActionIdentifier>
<Discipline>{_descriptor("Discipline", "{discipline}")}</Discipline>
<DisciplineDate>{{action_date}}</DisciplineDate>
<ActualDisciplineActionLength>{{duration_days}}</ActualDisciplineActionLength>
{_STUDENT}
<ResponsibilitySchoolReference><SchoolIdentity><SchoolId>{{school_id}}</SchoolId></SchoolIdentity></ResponsibilitySchoolReference>
<StudentDisciplineIncidentBehaviorAssociationReference><StudentDisciplineIncidentBehaviorAssociationIdentity>{_STUDENT}{_INCIDENT}<Behavior>{_descriptor("Behavior", "{behavior}")}</Behavior></StudentDisciplineIncidentBehaviorAssociationIdentity></StudentDisciplineIncidentBehaviorAssociationReference>
</DisciplineAction>
"""
DIPLOMA = f"""<StudentAcademicRecord>
<Diploma>
<DiplomaAwardDate>{{diploma_date}}</DiplomaAwardDate>
<DiplomaType>{_descriptor("DiplomaType", "{diploma}")}</DiplomaType>
</Diploma>
{_reference("EducationOrganization", "<EducationOrganizationId>{school_id}</EducationOrganizationId>")}
{_STUDENT}
<SchoolYear>{{years}}</SchoolYear>
<Term>{_descriptor("Term", "Year Round")}</Term>
</StudentAcademicRecord>
"""
COURSE_OFFERING = f"""<CourseOffering>
<LocalCourseCode>{{course_id}}</LocalCourseCode>
{_SCHOOL}
{_SESSION}
<CourseReference><CourseIdentity><CourseCode>{{course_id}}</CourseCode><EducationOrganizationReference><EducationOrganizationIdentity><EducationOrganizationId>{{school_id}}</EducationOrganizationId></EducationOrganizationIdentity></EducationOrganizationReference></CourseIdentity></CourseReference>
</CourseOffering>
"""
SECTION = f"""<Section>
<SectionIdentifier>{{section_id}}</SectionIdentifier>
{_OFFERING}
<SectionName>{{course_title}}</SectionName>
</Section>
"""
STAFF = f"""<Staff>
<StaffUniqueId>{{staff_id}}</StaffUniqueId>
<Name><FirstName>{{first_name}}</FirstName><LastSurname>{{last_name}}</LastSurname></Name>
<BirthDate>{{birth_date}}</BirthDate>
<ElectronicMail><ElectronicMailAddress>{{email}}</ElectronicMailAddress><ElectronicMailType>{_descriptor("ElectronicMailType", "Work")}</ElectronicMailType></ElectronicMail>
<YearsOfPriorTeachingExperience>{{years_of_experience}}</YearsOfPriorTeachingExperience>
</Staff>
"""
STAFF_ASSIGNMENT = f"""<StaffEducationOrganizationAssignmentAssociation>
{_STAFF}
{_ORG}
<StaffClassification>{_descriptor("StaffClassification", "{classification}")}</StaffClassification>
<BeginDate>{{begin_date}}</BeginDate>
<EndDate>{{end_date}}</EndDate>
<FullTimeEquivalency>{{fte}}</FullTimeEquivalency>
</StaffEducationOrganizationAssignmentAssociation>
"""
STAFF_SECTION = f"""<StaffSectionAssociation>
{_STAFF}
{_SECTION}
<ClassroomPosition>{_descriptor("ClassroomPosition", "{position_source}")}</ClassroomPosition>
<BeginDate>{{begin_date}}</BeginDate>
<EndDate>{{end_date}}</EndDate>
</StaffSectionAssociation>
"""
ASSESSMENT_CATEGORIES = {
    "ST": "State summative assessment 3-8 general", "ALT": "Alternate assessment/alternate standards",
    "KRA": "Kindergarten Readiness", "ELP": "Language proficiency test", "SAT": "College entrance exam",
    "AP": "Advanced Placement", "BM": "Benchmark test",
}
"""First part of an assessment's identifier → the code value of the Ed-Fi descriptor of its category."""
ASSESSMENT = f"""<Assessment>
<AssessmentIdentifier>{{assessment_id}}</AssessmentIdentifier>
<AssessmentTitle>{{assessment_title}}</AssessmentTitle>
<AssessmentCategory>{_descriptor("AssessmentCategory", "{category}")}</AssessmentCategory>
<AcademicSubject>{_descriptor("AcademicSubject", "{subject}")}</AcademicSubject>
<Namespace>uri://education.example.org/Assessment</Namespace>
</Assessment>
"""
_METHOD = f"<AssessmentReportingMethod>{_descriptor('AssessmentReportingMethod', '{score_type}')}</AssessmentReportingMethod>"
STUDENT_ASSESSMENT = f"""<StudentAssessment>
<StudentAssessmentIdentifier>{{result_id}}</StudentAssessmentIdentifier>
<AdministrationDate>{{administration_date}}T09:00:00</AdministrationDate>
<ScoreResult><Result>{{score_value}}</Result><ResultDatatypeType>{_descriptor("ResultDatatypeType", "Integer")}</ResultDatatypeType>{_METHOD}</ScoreResult>
<ReasonNotTested>{_descriptor("ReasonNotTested", "{reason}")}</ReasonNotTested>
<WhenAssessedGradeLevel>{_descriptor("GradeLevel", "{grade}")}</WhenAssessedGradeLevel>
<PerformanceLevel><PerformanceLevel>{_descriptor("PerformanceLevel", "{performance_level_source}")}</PerformanceLevel>{_METHOD}</PerformanceLevel>
{_STUDENT}
{_ASSESSMENT}
<SchoolYear>{{years}}</SchoolYear>
</StudentAssessment>
"""
