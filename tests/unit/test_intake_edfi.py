"""Ed-Fi XML: both wordings, every element accounted for, no file half used, no entity expanded, no memory eaten."""

import io
from itertools import islice

import pytest

from intake.archives import InputFile
from intake.findings import UnreadableFile
from intake.formats.edfi_lookups import complete_edfi_tables
from intake.formats.edfi_mapping import NOT_LISTED
from intake.formats.edfi_xml import iter_records, read_edfi_file, strip_namespace
from intake.formats.rows import RowBuffer


def _file(body: str, *, version: str = "5.2.0", prolog: str = '<?xml version="1.0" encoding="UTF-8"?>\n') -> InputFile:
    text = f'{prolog}<Interchange xmlns="http://ed-fi.org/{version}">\n{body}\n</Interchange>'
    return InputFile("x.xml", lambda: io.BytesIO(text.encode()))


def _student(number: int) -> str:
    return (
        f"<Student><StudentUniqueId>{number}</StudentUniqueId><Name><FirstName>A</FirstName>"
        "<LastSurname>B</LastSurname></Name><BirthData><BirthDate>2010-01-02</BirthDate></BirthData></Student>"
    )


def _reference(name: str, **ids: object) -> str:
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in ids.items())
    return f"<{name}Reference><{name}Identity>{inner}</{name}Identity></{name}Reference>"


STUDENT = _reference("Student", StudentUniqueId=7)
SCHOOL = _reference("School", SchoolId=9)


def _one(body: str, record_type: str, **options) -> dict:
    rows = read_edfi_file(_file(body, **options)).tables[record_type].to_dicts()
    assert len(rows) == 1
    return rows[0]


@pytest.mark.parametrize("text", ["Male", "uri://ed-fi.org/SexDescriptor#Male", "uri://state.gov/SexDescriptor#Male"])
def test_a_descriptor_is_its_code_value_with_or_without_namespace(text):
    assert strip_namespace(text) == "Male"


@pytest.mark.parametrize(("version", "race"), [("4.0.0-a", "Black - African American"), ("5.2.0", "White")])
def test_demographics_come_from_the_association_and_what_is_not_listed_says_so(version, race):
    row = _one(
        f"<StudentEducationOrganizationAssociation>{STUDENT}<Sex>uri://ed-fi.org/SexDescriptor#Female</Sex>"
        f"<Race>uri://ed-fi.org/RaceDescriptor#{race}</Race><Race>uri://ed-fi.org/RaceDescriptor#Asian</Race>"
        "<HispanicLatinoEthnicity>true</HispanicLatinoEthnicity><StudentCharacteristic><StudentCharacteristic>"
        "uri://ed-fi.org/StudentCharacteristicDescriptor#Economic Disadvantaged</StudentCharacteristic>"
        "</StudentCharacteristic></StudentEducationOrganizationAssociation>",
        "demographics",
        version=version,
    )
    assert (row["student_id"], row["sex_source"], row["race_source"]) == ("7", "Female", f"{race}|Asian")
    assert row["economic_disadvantage_source"] == "Economic Disadvantaged"
    assert row["homeless_source"] == row["english_learner_source"] == NOT_LISTED


def test_a_social_security_number_is_called_one_whatever_system_it_was_filed_under():
    code = (
        "<StudentIdentificationCode><IdentificationCode>123</IdentificationCode><StudentIdentificationSystem>"
        "uri://ed-fi.org/X#Student Number</StudentIdentificationSystem><AssigningOrganizationIdentificationCode>SSN"
        "</AssigningOrganizationIdentificationCode></StudentIdentificationCode>"
    )
    association = f"<StudentEducationOrganizationAssociation>{STUDENT}{code}</StudentEducationOrganizationAssociation>"
    tables = read_edfi_file(_file(association + _student(7))).tables
    assert complete_edfi_tables(tables)["students"]["other_ids"].to_list() == ["SSN:123"]


def test_every_program_association_is_read_and_food_service_is_told_by_its_element():
    program = _reference("Program", ProgramName="P", ProgramType="uri://ed-fi.org/ProgramTypeDescriptor#Migrant")
    body = "".join(
        f"<Student{kind}ProgramAssociation>{STUDENT}{program}<BeginDate>2021-09-01</BeginDate>{extra}"
        f"</Student{kind}ProgramAssociation>"
        for kind, extra in (
            ("MigrantEducation", ""),
            ("BrandNew", ""),
            (
                "SchoolFoodService",
                "<SchoolFoodServiceProgramService><SchoolFoodServiceProgramService>Free Lunch"
                "</SchoolFoodServiceProgramService></SchoolFoodServiceProgramService>",
            ),
        )
    )
    table = read_edfi_file(_file(body)).tables["program_participations"]
    assert table["program_source"].to_list() == ["Migrant", "Migrant", "School Food Service"]
    assert table["service_source"].to_list() == [None, None, "Free Lunch"]
    assert table["source_row"].to_list() == [1, 2, 3]


def test_an_assessment_gives_one_row_per_score_type_and_its_level_beside_the_score():
    def result(kind: str, value: str, method: str) -> str:
        inner = "Result" if kind == "ScoreResult" else kind
        return (
            f"<{kind}><{inner}>{value}</{inner}><AssessmentReportingMethod>{method}</AssessmentReportingMethod></{kind}>"
        )

    body = (
        f"<StudentAssessment><StudentAssessmentIdentifier>r1</StudentAssessmentIdentifier>"
        f"<AdministrationDate>2022-04-01T16:00:00</AdministrationDate>"
        f"{result('ScoreResult', '520', 'Scale score')}{result('ScoreResult', '31', 'Raw score')}"
        f"{result('PerformanceLevel', 'Proficient', 'Scale score')}{result('PerformanceLevel', 'Yes', 'Benchmark')}"
        f"{STUDENT}{_reference('Assessment', AssessmentIdentifier='M3', Namespace='n')}</StudentAssessment>"
        "<StudentAssessment><StudentAssessmentIdentifier>r2</StudentAssessmentIdentifier><ReasonNotTested>Absent"
        f"</ReasonNotTested>{STUDENT}</StudentAssessment>"
        "<Assessment><AssessmentIdentifier>M3</AssessmentIdentifier><AssessmentTitle>Math 3</AssessmentTitle>"
        "<AcademicSubject>uri://ed-fi.org/AcademicSubjectDescriptor#Mathematics</AcademicSubject></Assessment>"
    )
    table = complete_edfi_tables(read_edfi_file(_file(body)).tables)["assessment_results"]
    assert table.select("score_type", "score_value", "performance_level_source", "reason_not_tested_source").rows() == [
        ("Scale score", "520", "Proficient", None),
        ("Raw score", "31", None, None),
        ("Benchmark", None, "Yes", None),
        (None, None, None, "Absent"),
    ]
    assert table["administration_date"][0] == "2022-04-01"
    assert table.select("assessment_title", "subject_source").row(0) == ("Math 3", "Mathematics")


def test_an_action_with_two_disciplines_is_two_rows_and_a_rider_without_bus_is_one():
    action = (
        "<DisciplineAction><DisciplineActionIdentifier>5</DisciplineActionIdentifier><Discipline>In School Suspension"
        f"</Discipline><Discipline>Other</Discipline>{STUDENT}</DisciplineAction>"
    )
    tables = read_edfi_file(_file(action + f"<StudentTransportation>{STUDENT}</StudentTransportation>")).tables
    assert tables["discipline_actions"]["action_source"].to_list() == ["In School Suspension", "Other"]
    assert tables["discipline_actions"]["source_row"].to_list() == [1, 1]
    assert tables["student_transportation"]["route_id"].to_list() == [None]


def test_a_school_points_to_its_district_by_xml_id_or_by_number_and_keeps_lowest_and_highest_grade():
    body = (
        "<School><SchoolId>1</SchoolId><GradeLevel>Tenth grade</GradeLevel><GradeLevel>Kindergarten</GradeLevel>"
        '<LocalEducationAgencyReference ref="LEA_9"/></School>'
        f"<School><SchoolId>2</SchoolId>{_reference('LocalEducationAgency', LocalEducationAgencyId=8)}</School>"
        '<LocalEducationAgency id="LEA_9"><LocalEducationAgencyId>9</LocalEducationAgencyId></LocalEducationAgency>'
    )
    table = complete_edfi_tables(read_edfi_file(_file(body)).tables)["organizations"]
    assert table.select("org_id", "parent_org_id").rows() == [("1", "9"), ("2", "8"), ("9", None)]
    assert table.select("low_grade", "high_grade").row(0) == ("KG", "10")


def test_an_event_lasting_a_day_is_absence_only_if_the_event_is_one():
    def event(category: str) -> str:
        return (
            f"<StudentSchoolAttendanceEvent><AttendanceEvent><EventDate>2021-09-01</EventDate><AttendanceEventCategory>"
            f"{category}</AttendanceEventCategory><EventDuration>0.5</EventDuration></AttendanceEvent>{STUDENT}{SCHOOL}"
            "<SchoolAttendanceDuration>20</SchoolAttendanceDuration></StudentSchoolAttendanceEvent>"
        )

    tables = read_edfi_file(_file(event("Excused Absence") + event("Tardy") + event("In Attendance"))).tables
    table = complete_edfi_tables(tables)["attendance"]
    assert table["absent_fraction"].to_list() == ["0.5", None, None]
    assert table["minutes_late"].to_list() == [None, "20", None]


def test_elements_without_mapping_are_counted_by_name():
    rows = read_edfi_file(_file("<Contact><A>1</A></Contact>" + _student(1) + "<Contact/><Location/>"))
    assert rows.unread_elements == {"Contact": 2, "Location": 1}
    assert rows.tables["students"]["source_row"].to_list() == [2]


def test_a_file_cut_in_the_middle_is_refused_whole_naming_the_line():
    whole = "\n".join(_student(n) for n in range(200))
    data = _file(whole).open().read()
    cut = InputFile("x.xml", lambda: io.BytesIO(data[: len(data) // 2]))
    with pytest.raises(UnreadableFile) as caught:
        read_edfi_file(cut)
    finding = caught.value.finding
    assert (finding.rule, finding.severity) == (7, "fatal")
    assert 50 < finding.source_row < 150


LAUGHS = """<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>\n"""


@pytest.mark.parametrize(
    "prolog",
    [
        LAUGHS,
        '<?xml version="1.0"?>\n<!-- <Student> -->\n' + LAUGHS,
        '<!DOCTYPE x SYSTEM "file:///etc/hostname">\n',
        "<!-- " + "x" * 70_000 + " -->" + LAUGHS,
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_anything_is_expanded(prolog, encoding, monkeypatch):
    text = _file(_student(1), prolog=prolog).open().read().decode()
    fed = []

    class Parser:
        def __init__(self, **_):
            self.feed = fed.append

    monkeypatch.setattr("lxml.etree.XMLPullParser", Parser)
    with pytest.raises(UnreadableFile) as caught:
        read_edfi_file(InputFile("x.xml", lambda: io.BytesIO(text.encode(encoding))))
    assert caught.value.finding.rule == 8
    assert fed == []


def test_a_document_type_hidden_by_an_encoding_is_still_refused():
    text = '<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x [+ADwAIQ-ENTITY a "ha"+AD4]+AD4<x><y>1</y></x>'
    with pytest.raises(UnreadableFile):
        read_edfi_file(InputFile("x.xml", lambda: io.BytesIO(text.encode("ascii"))))


@pytest.mark.parametrize("data", [b"", b"not xml at all", b"<a><b></a>", b"\x00\x01\x02" * 50])
def test_what_is_no_xml_is_a_finding_not_an_exception(data):
    with pytest.raises(UnreadableFile):
        read_edfi_file(InputFile("x.xml", lambda: io.BytesIO(data)))


class _Endless(io.RawIOBase):
    """A file of any number of students that counts what has been read of it."""

    def __init__(self, students: int):
        super().__init__()
        self.parts = iter([b"<Interchange>", *[_student(1).encode()] * students, b"</Interchange>"])
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        chunk = b"".join(islice(self.parts, 300))
        self.given += len(chunk)
        return chunk


def test_reading_holds_one_chunk_of_elements_at_a_time_however_long_the_file():
    stream = _Endless(20_000)
    longest = 0
    for ordinal, name, element in iter_records(stream, "x.xml"):
        assert name == "Student"
        longest = max(longest, len(element.getparent()))
        if ordinal == 10:
            assert stream.given < 200_000
    assert ordinal == 20_000
    assert stream.given > 3_000_000
    # The parser is fed 300 elements at a time here; what was handed out is gone before the next piece is asked for.
    assert longest <= 601


def test_rows_become_frames_before_they_pile_up():
    buffer = RowBuffer(["a"], chunk_rows=10)
    for number in range(35):
        buffer.append([str(number)], number)
        assert len(buffer._rows) < 10
    assert buffer.to_frame()["source_row"].to_list() == list(range(35))


def test_each_diploma_of_an_academic_record_is_a_row_and_a_record_without_one_is_none():
    diplomas = "".join(
        f"<Diploma><DiplomaAwardDate>{day}</DiplomaAwardDate><DiplomaType>uri://ed-fi.org/DiplomaTypeDescriptor#{kind}"
        "</DiplomaType></Diploma>"
        for day, kind in [("2022-05-27", "Regular diploma"), ("2022-06-01", "International Baccalaureate")]
    )
    organization = _reference("EducationOrganization", EducationOrganizationId=9)
    record = "<StudentAcademicRecord>{}" + organization + STUDENT + "</StudentAcademicRecord>"
    rows = read_edfi_file(_file(record.format(diplomas) + record.format(""))).tables["diplomas"].to_dicts()
    assert [(row["diploma_date"], row["diploma_type_source"]) for row in rows] == [
        ("2022-05-27", "Regular diploma"), ("2022-06-01", "International Baccalaureate")]
    assert all((row["student_id"], row["school_id"], row["source_row"]) == ("7", "9", 1) for row in rows)


def test_an_assessment_is_described_once_with_a_row_for_each_level_that_has_cut_scores():
    def level(name: str, low: int, high: int) -> str:
        return (
            f"<AssessmentPerformanceLevel><PerformanceLevel>{name}</PerformanceLevel><AssessmentReportingMethod>"
            f"Raw score</AssessmentReportingMethod><MinimumScore>{low}</MinimumScore>"
            f"<MaximumScore>{high}</MaximumScore></AssessmentPerformanceLevel>"
        )

    def assessment(name: str, levels: str) -> str:
        return (
            f"<Assessment><AssessmentIdentifier>{name}</AssessmentIdentifier><AssessmentCategory>College entrance exam"
            f"</AssessmentCategory><AssessedGradeLevel>Eleventh grade</AssessedGradeLevel>{levels}</Assessment>"
        )

    body = assessment("A", level("Below", 1, 23) + level("Met", 24, 36)) + assessment("B", "")
    tables = complete_edfi_tables(read_edfi_file(_file(body)).tables)
    assert tables["assessments"].select("assessment_id", "assessment_type_source").rows() == [
        ("A", "College entrance exam"),
        ("B", "College entrance exam"),
    ]
    columns = ("assessment_id", "performance_level_source", "minimum_score", "maximum_score", "score_type")
    assert tables["performance_levels"].select(columns).rows() == [
        ("A", "Below", "1", "23", "Raw score"),
        ("A", "Met", "24", "36", "Raw score"),
    ]


def test_a_transcript_gives_grade_and_credits_and_a_course_its_sced_code():
    record = (
        "<StudentAcademicRecordReference><StudentAcademicRecordIdentity>"
        f"{STUDENT}{_reference('EducationOrganization', EducationOrganizationId=9)}<Term>Fall Semester</Term>"
        "</StudentAcademicRecordIdentity></StudentAcademicRecordReference>"
    )
    body = (
        f"<CourseTranscript>{_reference('Course', CourseCode='ALG-1')}{record}<AttemptedCredits><Credits>1.0</Credits>"
        "</AttemptedCredits><EarnedCredits><Credits>0.5</Credits></EarnedCredits>"
        "<FinalLetterGradeEarned>C</FinalLetterGradeEarned></CourseTranscript>"
        "<Course><CourseCode>ALG-1</CourseCode><CourseIdentificationCode><IdentificationCode>02052</IdentificationCode>"
        "<CourseIdentificationSystem>uri://ed-fi.org/CourseIdentificationSystemDescriptor#SCED course code"
        "</CourseIdentificationSystem></CourseIdentificationCode></Course>"
    )
    tables = complete_edfi_tables(read_edfi_file(_file(body)).tables)
    [grade] = tables["course_grades"].to_dicts()
    told = ("student_id", "school_id", "course_id", "session_name", "letter_grade_source", "credits_earned")
    assert [grade[column] for column in told] == ["7", "9", "ALG-1", "Fall Semester", "C", "0.5"]
    assert tables["courses"]["sced"].to_list() == ["02052"]


def test_a_part_in_an_incident_follows_the_incident_by_its_xml_id():
    body = (
        f'<DisciplineIncident id="D1"><IncidentIdentifier>10</IncidentIdentifier>{SCHOOL}</DisciplineIncident>'
        f'<StudentDisciplineIncidentBehaviorAssociation>{STUDENT}<DisciplineIncidentReference ref="D1"/>'
        "<Behavior>State Offense</Behavior></StudentDisciplineIncidentBehaviorAssociation>"
        f'<StudentDisciplineIncidentBehaviorAssociation>{STUDENT}<DisciplineIncidentReference ref="gone"/>'
        "</StudentDisciplineIncidentBehaviorAssociation>"
    )
    table = read_edfi_file(_file(body)).tables["incident_participations"]
    assert table.select("incident_id", "school_id", "behavior_source").rows() == [
        ("10", "9", "State Offense"),
        (None, None, None),
    ]


def test_a_staff_member_without_credentials_has_no_credential_row_and_others_have_theirs_described():
    body = (
        "<Staff><StaffUniqueId>1</StaffUniqueId></Staff><Staff><StaffUniqueId>2</StaffUniqueId>"
        f"{_reference('Credential', CredentialIdentifier='C9')}</Staff><Credential><CredentialIdentifier>C9"
        "</CredentialIdentifier><TeachingCredential>Emergency</TeachingCredential></Credential>"
    )
    table = complete_edfi_tables(read_edfi_file(_file(body)).tables)["staff_credentials"]
    assert table.select("staff_id", "license_number", "credential_type_source").rows() == [("2", "C9", "Emergency")]


def test_a_survey_answer_tells_the_role_of_who_gave_it_and_nothing_else_about_them():
    survey = _reference("Survey", SurveyIdentifier="S")
    response = f"<SurveyResponseIdentifier>4</SurveyResponseIdentifier>{survey}"
    body = (
        "<Survey><SurveyIdentifier>S</SurveyIdentifier>"
        f"{_reference('EducationOrganization', EducationOrganizationId=9)}</Survey><SurveyResponse>{response}"
        f"<FullName>Dave Hahn</FullName><ElectronicMailAddress>d@x.org</ElectronicMailAddress>{STUDENT}"
        "</SurveyResponse>"
        "<SurveyQuestionResponse><SurveyQuestionReference><SurveyQuestionIdentity><QuestionCode>Q1</QuestionCode>"
        f"{survey}</SurveyQuestionIdentity></SurveyQuestionReference><SurveyResponseReference>{response}"
        "</SurveyResponseReference><SurveyQuestionResponseValue><NumericResponse>4</NumericResponse></SurveyQuestionResponseValue></SurveyQuestionResponse>"
    )
    tables = complete_edfi_tables(read_edfi_file(_file(body)).tables)
    [answer] = tables["survey_responses"].to_dicts()
    assert (answer["item_id"], answer["response_value"], answer["respondent_role_source"]) == ("Q1", "4", "Student")
    assert answer["org_id"] == "9"
    assert not {"Dave Hahn", "d@x.org", "7"} & {str(value) for value in answer.values()}
