"""Writes a district's roster as OneRoster CSV files: orgs, academicSessions, courses, classes, users, demographics and
enrollments.

OneRoster knows classes, not enrolment in a school, so users.csv carries the state's extension columns
metadata.entryDate, metadata.entryType, metadata.exitDate and metadata.exitType (CEDS codes). A student who changed
school within the district has one line, for the latest school; `earlier_spells` are sent beside it as state CSV.
Source: 1EdTech, OneRoster 1.2 CSV Binding; `role` and `orgSourcedIds` in users.csv as in 1.1, without roles.csv.
"""

from pathlib import Path

import polars as pl

from sample_state.codes import RACES
from sample_state.district_year import DistrictYear
from sample_state.plan import STATE_ID
from sample_state.school_days import as_date

_RACE_COLUMNS = {race: race[0].lower() + race[1:] for race in RACES}


def earlier_spells(enrollments: pl.DataFrame) -> pl.DataFrame:
    """Return the enrolments that users.csv has no room for: all but each student's latest."""
    return enrollments.filter(pl.col("entry_date") < pl.col("entry_date").max().over("student_id"))


def write_oneroster(folder: Path, year: DistrictYear, tables: dict[str, pl.DataFrame]) -> None:
    """Write the seven files into `folder`. status and dateLastModified are empty, as bulk files have them."""
    files = {
        "orgs": _orgs(tables),
        "academicSessions": _sessions(year),
        "courses": _courses(year, tables),
        "classes": _classes(tables),
        "users": _users(tables),
        "demographics": _demographics(tables),
        "enrollments": _enrollments(tables),
    }
    for name, table in files.items():
        first, *rest = table.columns
        table.select(first, pl.lit("").alias("status"), pl.lit("").alias("dateLastModified"), *rest).write_csv(
            folder / f"{name}.csv", quote_style="necessary")


def _orgs(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    kinds = {"LEA": "district", "School": "school"}
    return tables["organizations"].select(
        sourcedId="org_id", name="org_name", type=pl.col("org_type_source").replace_strict(kinds),
        identifier="org_id",
        parentSourcedId=pl.when(pl.col("parent_org_id") != STATE_ID).then("parent_org_id"),
    )


def _sessions(year: DistrictYear) -> pl.DataFrame:
    taught, spring = year.calendar.taught, year.calendar.spring_begin
    fall_end = taught[taught < spring][-1]
    rows = [(name, kind, str(as_date(begin)), str(as_date(end)), parent) for name, kind, begin, end, parent in (
        (year.session, "schoolYear", taught[0], taught[-1], None),
        (year.semesters[0], "semester", taught[0], fall_end, year.session),
        (year.semesters[1], "semester", spring, taught[-1], year.session),
    )]
    table = pl.DataFrame(rows, schema=["title", "type", "startDate", "endDate", "parentSourcedId"], orient="row")
    return table.select(
        sourcedId="title", title="title", type="type", startDate="startDate", endDate="endDate",
        parentSourcedId="parentSourcedId", schoolYear=pl.lit(str(year.school_year)))


def _courses(year: DistrictYear, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    courses = tables["sections"].unique("course_id", keep="first", maintain_order=True).sort("course_id")
    return courses.select(
        sourcedId="course_id", schoolYearSourcedId=pl.lit(year.session), title="course_title", courseCode="course_id",
        grades=pl.col("course_id").str.slice(-2), orgSourcedId=pl.lit(year.district.lea_id), subjects="subject_source",
        subjectCodes="subject_source",
    )


def _classes(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return tables["sections"].select(
        sourcedId="section_id", title="course_title", grades=pl.col("course_id").str.slice(-2),
        courseSourcedId="course_id", classCode="section_id",
        classType=pl.when(pl.col("course_id").str.starts_with("HR-")).then(pl.lit("homeroom"))
        .otherwise(pl.lit("scheduled")),
        location=pl.lit(""), schoolSourcedId="school_id", termSourcedIds="session_name", subjects="subject_source",
        subjectCodes="subject_source", periods=pl.lit(""),
    )


def _users(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    latest = tables["enrollments"].join(earlier_spells(tables["enrollments"]), how="anti", nulls_equal=True,
                                        on=["student_id", "school_id", "entry_date"], maintain_order="left")
    students = tables["students"].join(latest, on="student_id", how="left", maintain_order="left").select(
        sourcedId="student_id", enabledUser=pl.col("exit_date").is_null().cast(pl.String), orgSourcedIds="school_id",
        role=pl.lit("student"), username="email",
        userIds="{" + pl.col("other_ids").str.replace("|", "},{", literal=True) + "}",
        givenName="first_name", familyName="last_name", middleName="middle_name", identifier="student_id",
        email="email", sms=pl.lit(""), phone="telephone", agentSourcedIds=pl.lit(""), grades="grade_level_source",
        **{"metadata.entryDate": pl.col("entry_date"), "metadata.entryType": pl.col("entry_type_source"),
           "metadata.exitDate": pl.col("exit_date"), "metadata.exitType": pl.col("exit_type_source"),
           "metadata.address": pl.col("address")},
    )
    schools = tables["staff_assignments"].unique("staff_id", keep="first", maintain_order=True)
    classes = schools.with_columns(role=pl.when(pl.col("classification_source").str.ends_with("Teachers"))
                                   .then(pl.lit("teacher")).otherwise(pl.lit("administrator")))
    staff = tables["staff"].join(classes, on="staff_id", how="left", maintain_order="left").select(
        sourcedId="staff_id", enabledUser=pl.lit("true"), orgSourcedIds="org_id", role="role", username="email",
        userIds=pl.lit(""), givenName="first_name", familyName="last_name", identifier="staff_id", email="email",
    )
    return pl.concat([students, staff], how="diagonal")


def _demographics(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    people = tables["demographics"].join(tables["students"].select("student_id", "birth_date"), on="student_id",
                                         how="left", maintain_order="left")
    races = pl.col("race_source").str.split("|")
    return people.select(
        sourcedId="student_id", birthDate="birth_date", sex=pl.col("sex_source").str.to_lowercase(),
        **{column: races.list.contains(race).cast(pl.String) for race, column in _RACE_COLUMNS.items()},
        demographicRaceTwoOrMoreRaces=(races.list.len() > 1).cast(pl.String),
        hispanicOrLatinoEthnicity=(pl.col("hispanic_latino_source") == "Yes").cast(pl.String),
        countryOfBirthCode=pl.lit(""), stateOfBirthAbbreviation=pl.lit(""), cityOfBirth=pl.lit(""),
        publicSchoolResidenceStatus=pl.lit(""),
    )


def _enrollments(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    students = tables["student_sections"].select(
        "section_id", "school_id", user="student_id", role=pl.lit("student"), primary=pl.lit(""), begin="begin_date",
        end="end_date")
    teachers = tables["staff_sections"].select(
        "section_id", "school_id", user="staff_id", role=pl.lit("teacher"), primary=pl.lit("true"), begin="begin_date",
        end="end_date")
    return pl.concat([students, teachers]).select(
        sourcedId=pl.format("{}-{}-{}", "section_id", "user", "begin"), classSourcedId="section_id",
        schoolSourcedId="school_id", userSourcedId="user", role="role", primary="primary", beginDate="begin",
        endDate="end",
    )
