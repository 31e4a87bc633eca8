"""What one Ed-Fi element says about another: titles of tests and courses, chart of accounts, contact data of students.

The files of a delivery come in any order, so this happens after all of them are read.
"""

import polars as pl

_GRADES = (
    ("Infant/toddler", "IT"),
    ("Preschool/Prekindergarten", "PK"),
    ("Transitional Kindergarten", "TK"),
    ("Kindergarten", "KG"),
    ("First grade", "01"),
    ("Second grade", "02"),
    ("Third grade", "03"),
    ("Fourth grade", "04"),
    ("Fifth grade", "05"),
    ("Sixth grade", "06"),
    ("Seventh grade", "07"),
    ("Eighth grade", "08"),
    ("Ninth grade", "09"),
    ("Tenth grade", "10"),
    ("Eleventh grade", "11"),
    ("Twelfth grade", "12"),
    ("Grade 13", "13"),
    ("Postsecondary", "PS"),
    ("Ungraded", "UG"),
    ("Adult Education", "AE"),
)
"""Ed-Fi grade wordings from lowest to highest, with their CEDS codes."""

_LOOKUPS = (
    # lookup, record type it completes, columns they share
    ("_contacts", "students", ("student_id",)),
    ("_assessments", "assessment_results", ("assessment_id",)),
    ("_charts", "finance_accounts", ("chart_id", "fiscal_year")),
    ("_actuals", "finance_accounts", ("account_id", "fiscal_year")),
    ("_credentials", "staff_credentials", ("license_number",)),
    ("_surveys", "survey_items", ("survey_id",)),
    ("_surveys", "survey_responses", ("survey_id",)),
    ("_survey_respondents", "survey_responses", ("survey_id", "response_id")),
)


def complete_edfi_tables(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the record types' tables, completed from the lookups, which are gone; rows and their order stay."""
    tables = dict(tables)
    if "_course_offerings" in tables and "_courses" in tables:
        courses = _complete(tables["_course_offerings"], tables["_courses"], ("course_code", "course_org_id"))
        shared = ("course_id", "school_id", "session_name")
        if "sections" in tables:
            tables["sections"] = _complete(tables["sections"], courses, shared)
    if "_survey_respondents" in tables:
        tables["_survey_respondents"] = _name_roles(tables["_survey_respondents"])
    for lookup, record_type, shared in _LOOKUPS:
        if lookup in tables and record_type in tables:
            tables[record_type] = _complete(tables[record_type], tables[lookup], shared)
    if "organizations" in tables:
        tables["organizations"] = _span_grades(tables["organizations"])
    if "attendance" in tables:
        tables["attendance"] = _limit_durations(tables["attendance"])
    if "finance_accounts" in tables:
        plain = pl.col("amount_usd").str.replace_all(r"[$,\s]", "")
        tables["finance_accounts"] = tables["finance_accounts"].with_columns(plain)
    return {kind: frame for kind, frame in tables.items() if not kind.startswith("_")}


def _complete(frame: pl.DataFrame, lookup: pl.DataFrame, shared: tuple[str, ...]) -> pl.DataFrame:
    """Each row with the first lookup row of the same key beside it; the lookup's value comes before the row's own."""
    added = [name for name in lookup.columns if name not in (*shared, "source_row", "source_file")]
    first = lookup.select(*shared, *added).drop_nulls(shared).unique(list(shared), keep="first", maintain_order=True)
    joined = frame.join(first, on=list(shared), how="left", suffix="_found", maintain_order="left")
    both = [name for name in added if name in frame.columns]
    return joined.with_columns(pl.coalesce(f"{name}_found", name).alias(name) for name in both).drop(
        f"{name}_found" for name in both
    )


def _name_roles(respondents: pl.DataFrame) -> pl.DataFrame:
    """Who answered is told by whom the response refers to; the role stays, the reference goes."""
    role = pl.when(pl.col("is_student").is_not_null()).then(pl.lit("Student"))
    role = role.when(pl.col("is_family").is_not_null()).then(pl.lit("Family"))
    role = role.when(pl.col("is_staff").is_not_null()).then(pl.lit("Staff"))
    return respondents.with_columns(role.alias("respondent_role_source")).drop("is_student", "is_family", "is_staff")


def _span_grades(organizations: pl.DataFrame) -> pl.DataFrame:
    """Ed-Fi lists each grade a school offers; the record type keeps the lowest and the highest."""
    order = {wording.casefold(): place for place, (wording, _) in enumerate(_GRADES)}
    spans = {}
    for listed in organizations["low_grade"].unique().drop_nulls().to_list():
        places = sorted(order[word.casefold()] for word in listed.split("|") if word.casefold() in order)
        spans[listed] = (_GRADES[places[0]][1], _GRADES[places[-1]][1]) if places else (None, None)
    low = {listed: span[0] for listed, span in spans.items()} or {"": None}
    high = {listed: span[1] for listed, span in spans.items()} or {"": None}
    grades = pl.col("low_grade")
    return organizations.with_columns(
        grades.replace_strict(low, default=None, return_dtype=pl.String).alias("low_grade"),
        grades.replace_strict(high, default=None, return_dtype=pl.String).alias("high_grade"),
    )


def _limit_durations(attendance: pl.DataFrame) -> pl.DataFrame:
    """An event's duration is time missed only for an absence, and its minutes are lateness only for a tardy."""
    status = pl.col("attendance_status_source").str.to_lowercase()
    return attendance.with_columns(
        pl.when(status.str.contains("absence")).then("absent_fraction"),
        pl.when(status == "tardy").then("minutes_late"),
    )
