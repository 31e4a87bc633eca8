"""Writes a district's year as Ed-Fi bulk XML interchange files.

Documents are built as text, column by column, because a year of a large state is gigabytes: a document tree would need
ten times its memory. Every file is UTF-8 with one root element in the Data Standard 5.2 namespace.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from sample_state import edfi_templates as templates
from sample_state.codes import EDFI, GRADE_CODES, GRADE_WORDS, PROGRAM_NAMES
from sample_state.district_year import DistrictYear
from sample_state.school_days import as_date

NAMESPACE = "http://ed-fi.org/5.2.0"
_ROWS_AT_ONCE = 50_000
_PLACEHOLDER = re.compile(r"\{(\w+)\}")

_Element = tuple[pl.DataFrame, str]


def render(table: pl.DataFrame, template: str) -> pl.Series:
    """Return the template filled from each row, as one text per row. A line with a null column is left out."""
    names = set(_PLACEHOLDER.findall(template))
    table = table.select(_escape(table[name].cast(pl.String)) for name in sorted(names))
    pieces: list[pl.Expr] = []
    for line in template.splitlines(keepends=True):
        # split() with a group gives text and column names by turns.
        parts = [pl.lit(part) if turn % 2 == 0 else pl.col(part)
                 for turn, part in enumerate(_PLACEHOLDER.split(line)) if part]
        is_optional = any(table[name].null_count() for name in _PLACEHOLDER.findall(line))
        pieces += [pl.concat_str(parts).fill_null("")] if is_optional else parts
    return table.select(pl.concat_str(pieces).alias("element")).to_series()


def _escape(column: pl.Series) -> pl.Series:
    if column.name != "grade_levels" and column.str.contains("[&<>]").any():
        return column.str.replace_all("&", "&amp;", literal=True).str.replace_all("<", "&lt;", literal=True)
    return column


def write_interchange(path: Path, interchange: str, elements: Iterator[_Element]) -> None:
    """Write one interchange file holding the elements of each table in turn."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write(f'<Interchange{interchange} xmlns="{NAMESPACE}" xmlns:ann="http://ed-fi.org/annotation" '
                   'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
                   f'xsi:schemaLocation="{NAMESPACE} ../../Schemas/Bulk/Interchange-{interchange}.xsd">\n')
        for table, template in elements:
            for part in table.iter_slices(_ROWS_AT_ONCE):
                file.write("".join(render(part, template).to_list()))
        file.write(f"</Interchange{interchange}>\n")


def write_edfi_xml(folder: Path, year: DistrictYear, tables: dict[str, pl.DataFrame]) -> None:
    """Write the district's year into `folder`: twelve interchange files, named as the Ed-Fi samples name them."""
    tables = {name: table.with_columns(years=pl.lit(f"{year.school_year - 1}-{year.school_year}"))
              for name, table in tables.items()}
    writers = {
        ("EducationOrganization", "EducationOrganization"): _organizations(tables),
        ("EducationOrgCalendar", "EducationOrgCalendar"): _calendar(year, tables),
        ("Student", "Student"): iter([(tables["students"], templates.STUDENT)]),
        ("StudentEnrollment", "StudentEnrollment"): _enrollment(year, tables),
        ("StudentProgram", "StudentProgram"): _programs(tables),
        ("StudentSchoolAttendance", "StudentAttendance"): _attendance(year, tables),
        ("StudentDiscipline", "StudentDiscipline"): _discipline(tables),
        ("MasterSchedule", "MasterSchedule"): _schedule(tables),
        ("StaffAssociation", "StaffAssociation"): _staff(tables),
        ("AssessmentMetadata-StateAssessment", "AssessmentMetadata"): _assessments(tables),
        ("StudentAssessment-StateAssessment", "StudentAssessment"): _results(tables),
        ("StudentTranscript", "StudentTranscript"): _diplomas(tables),
    }
    for (name, interchange), elements in writers.items():
        write_interchange(folder / f"{name}.xml", interchange, elements)


def _word(column: str, code_set: str) -> pl.Expr:
    """The Ed-Fi code value for a column of CEDS codes; a code with none is an error in codes.EDFI."""
    return pl.col(column).replace_strict(EDFI[code_set], return_dtype=pl.String)


def _organizations(tables: dict[str, pl.DataFrame]) -> Iterator[_Element]:
    organizations = tables["organizations"]
    yield organizations.filter(pl.col("org_type_source") == "LEA"), templates.LEA
    schools = organizations.filter(pl.col("org_type_source") == "School")
    levels = []
    for low, high in schools.select("low_grade", "high_grade").iter_rows():
        words = GRADE_WORDS[GRADE_CODES.index(low) : GRADE_CODES.index(high) + 1]
        levels.append("\n".join(templates.GRADE_LEVEL.format(word) for word in words))
    yield schools.with_columns(grade_levels=pl.Series(levels)), templates.SCHOOL
    courses = _with_subject(tables["sections"]).unique(["course_id", "school_id"], keep="first", maintain_order=True)
    known = tables["courses"].select("course_id", "org_id", "sced", "course_level_source", "credits")
    courses = courses.with_columns(org_id="school_id").join(known, on=["course_id", "org_id"], how="left",
                                                            maintain_order="left")
    yield courses.with_columns(level=_word("course_level_source", "course_level")), templates.COURSE


def _with_subject(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(subject=_word("subject_source", "subject"))


def _calendar(year: DistrictYear, tables: dict[str, pl.DataFrame]) -> Iterator[_Element]:
    taught, spring = year.calendar.taught, year.calendar.spring_begin
    fall = taught[taught < spring]
    sessions = [(year.session, "Year Round", taught), (year.semesters[0], "Fall Semester", fall),
                (year.semesters[1], "Spring Semester", taught[taught >= spring])]
    rows = [
        (school.school_id, name, term, str(as_date(days[0])), str(as_date(days[-1])), len(days))
        for school in year.schools for name, term, days in sessions
    ]
    columns = ["school_id", "session_name", "term", "begin_date", "end_date", "days"]
    years = tables["calendars"]["years"][0]
    sessions_table = pl.DataFrame(rows, schema=columns, orient="row").with_columns(years=pl.lit(years))
    yield sessions_table, templates.SESSION
    yield sessions_table.unique("school_id", keep="first", maintain_order=True), templates.CALENDAR
    days = tables["calendars"].with_columns(event=_word("calendar_event_source", "calendar_event"))
    yield days, templates.CALENDAR_DATE


def _listed(column: str, word: str) -> pl.Expr:
    """The word where the flag is Yes, null (so no element) where it is No: Ed-Fi lists what applies."""
    return pl.when(pl.col(f"{column}_source") == "Yes").then(pl.lit(word))


def _enrollment(year: DistrictYear, tables: dict[str, pl.DataFrame]) -> Iterator[_Element]:
    yield tables["enrollments"].with_columns(
        grade=_word("grade_level_source", "grade"), entry_type=_word("entry_type_source", "entry_type"),
        exit_type=_word("exit_type_source", "exit_type"),
    ), templates.STUDENT_SCHOOL
    people = tables["students"].join(tables["demographics"].drop("years"), on="student_id", maintain_order="left")
    races = pl.col("race_source").str.split("|")
    yield people.with_columns(
        org_id=pl.lit(year.district.lea_id), city=pl.lit(year.district.place),
        ssn=pl.col("other_ids").str.extract(r"SSN:([^|]*)"),
        district_number=pl.col("other_ids").str.extract(r"District:([^|]*)"),
        hispanic=pl.when(pl.col("hispanic_latino_source") == "Yes").then(pl.lit("true")).otherwise(pl.lit("false")),
        first_race=races.list.get(0).replace_strict(EDFI["race"]),
        second_race=races.list.get(1, null_on_oob=True).replace_strict(EDFI["race"]),
        economic=_listed("economic_disadvantage", "Economic Disadvantaged"), homeless=_listed("homeless", "Homeless"),
        migrant=_listed("migrant", "Migrant"), foster=_listed("foster", "Foster Care"),
        military=_listed("military_connected", "Parent in Military"),
        english_learner=_listed("english_learner", "Limited"),
    ), templates.STUDENT_LEA
    yield tables["student_sections"], templates.STUDENT_SECTION


def _programs(tables: dict[str, pl.DataFrame]) -> Iterator[_Element]:
    participations = tables["program_participations"].with_columns(
        program_type=pl.col("program_source").replace_strict(PROGRAM_NAMES, return_dtype=pl.String))
    served = tables["idea_eligibilities"].select(
        "student_id", disability=_word("primary_disability_source", "disability"),
        setting=_word("educational_environment_source", "educational_environment"))
    participations = participations.join(served, on="student_id", how="left", maintain_order="left")
    for code, (element, extra) in templates.PROGRAM_ELEMENTS.items():
        yield participations.filter(pl.col("program_source") == code), templates.program(element, extra)


def _attendance(year: DistrictYear, tables: dict[str, pl.DataFrame]) -> Iterator[_Element]:
    spring = as_date(year.calendar.spring_begin).item()
    fall_name, spring_name = year.semesters
    semester_schools = [school.school_id for school in year.schools if school.low >= 9]
    semester = pl.when(pl.col("attendance_date") < spring).then(pl.lit(fall_name)).otherwise(pl.lit(spring_name))
    yield tables["attendance"].with_columns(
        category=_word("attendance_status_source", "attendance_status"),
        session_name=pl.when(pl.col("school_id").is_in(semester_schools)).then(semester).otherwise(pl.lit(year.session)),
    ), templates.ATTENDANCE


def _discipline(tables: dict[str, pl.DataFrame]) -> Iterator[_Element]:
    incidents = tables["discipline_incidents"].with_columns(behavior=_word("behavior_source", "behavior"))
    yield incidents, templates.INCIDENT
    actions = tables["discipline_actions"].with_columns(discipline=_word("action_source", "discipline_action"))
    yield actions.join(incidents.select("incident_id", "behavior"), on="incident_id", how="left",
                       maintain_order="left"), templates.ACTION


def _diplomas(tables: dict[str, pl.DataFrame]) -> Iterator[_Element]:
    yield tables["diplomas"].with_columns(diploma=_word("diploma_type_source", "diploma_type")), templates.DIPLOMA


def _schedule(tables: dict[str, pl.DataFrame]) -> Iterator[_Element]:
    offerings = tables["sections"].unique(["course_id", "school_id", "session_name"], keep="first", maintain_order=True)
    yield offerings, templates.COURSE_OFFERING
    yield tables["sections"], templates.SECTION


def _staff(tables: dict[str, pl.DataFrame]) -> Iterator[_Element]:
    yield tables["staff"], templates.STAFF
    yield tables["staff_assignments"].with_columns(
        classification=_word("classification_source", "classification")), templates.STAFF_ASSIGNMENT
    yield tables["staff_sections"], templates.STAFF_SECTION


def _assessments(tables: dict[str, pl.DataFrame]) -> Iterator[_Element]:
    tests = tables["assessment_results"].unique("assessment_id", keep="first", maintain_order=True)
    prefix = pl.col("assessment_id").str.split("-").list.first()
    yield _with_subject(tests).with_columns(
        category=prefix.replace_strict(templates.ASSESSMENT_CATEGORIES)), templates.ASSESSMENT


def _results(tables: dict[str, pl.DataFrame]) -> Iterator[_Element]:
    yield tables["assessment_results"].with_columns(
        grade=_word("grade_level_source", "grade"),
        reason=_word("reason_not_tested_source", "reason_not_tested")), templates.STUDENT_ASSESSMENT
