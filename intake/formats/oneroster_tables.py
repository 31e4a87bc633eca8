"""From OneRoster's files, which point at each other by sourcedId, to record tables. Headers come folded."""

from collections import Counter

import polars as pl

OneRosterFiles = dict[str, pl.DataFrame]
"""File name without `.csv`, small letters → its rows: folded headers, `source_file`, `source_row`."""

_LINEAGE = ("source_file", "source_row")
_RACES = (
    "AmericanIndianOrAlaskaNative",
    "Asian",
    "BlackOrAfricanAmerican",
    "NativeHawaiianOrOtherPacificIslander",
    "White",
)
_TWO_OR_MORE = "DemographicRaceTwoOrMoreRaces"
_STATUSES = (
    "economic_disadvantage",
    "english_learner",
    "idea",
    "section_504",
    "homeless",
    "migrant",
    "foster",
    "military_connected",
)
"""Columns of demographics that OneRoster has only as extensions: `metadata.economicDisadvantage` and so on."""
_NO_STAFF = frozenset({"student", "parent", "guardian", "relative"})


def make_tables(files: OneRosterFiles, unread: Counter) -> dict[str, pl.DataFrame]:
    """Return record type → rows (our `sent` columns as far as OneRoster has them, and lineage).

    Rows of people who are neither students nor staff, and rows about them, are counted in `unread`.
    """
    tables: dict[str, pl.DataFrame] = {}
    people = _list_people(files)
    orgs = _map_ids(files.get("orgs"))
    if "orgs" in files:
        tables["organizations"] = _organizations(files["orgs"], orgs)
    if "users" in files:
        others = people.filter(pl.col("kind") == "other").height
        unread.update({"OneRoster users: neither student nor staff": others} if others else {})
        tables |= _people_tables(files, people, orgs)
    if "demographics" in files:
        tables["demographics"] = _demographics(files["demographics"], people, unread)
    if "classes" in files:
        tables["sections"] = _sections(files, orgs)
    if "enrollments" in files:
        tables |= _rosters(files, people, orgs, unread)
    for name in ("courses", "academicsessions", "roles"):
        if name in files:
            unread[f"OneRoster {name}: read as lookup"] += files[name].height
    return {name: frame for name, frame in tables.items() if frame.height or name not in ("staff", "staff_sections")}


def _get(frame: pl.DataFrame, name: str) -> pl.Expr:
    folded = "".join(letter for letter in name.casefold() if letter.isalnum())
    return pl.col(folded) if folded in frame.columns else pl.lit(None, dtype=pl.String)


def _first(expression: pl.Expr) -> pl.Expr:
    """The first of a list written into one cell."""
    return expression.str.split(",").list.first().str.strip_chars()


def _map_ids(frame: pl.DataFrame | None) -> dict[str, str]:
    """sourcedId → the id others know."""
    if frame is None:
        return {}
    ids = frame.select(pl.col("sourcedid"), pl.coalesce(_get(frame, "identifier"), "sourcedid").alias("id"))
    return dict(ids.drop_nulls().iter_rows())


def _follow(expression: pl.Expr, ids: dict[str, str]) -> pl.Expr:
    """A reference as the id others know; one that leads nowhere stays as it is, for the checks to find."""
    return expression.replace(ids) if ids else expression


def _organizations(frame: pl.DataFrame, orgs: dict[str, str]) -> pl.DataFrame:
    return frame.select(
        _follow(pl.col("sourcedid"), orgs).alias("org_id"),
        pl.col("type").alias("org_type_source"),
        pl.col("name").alias("org_name"),
        _follow(_get(frame, "parentSourcedId"), orgs).alias("parent_org_id"),
        *_LINEAGE,
    )


def _list_people(files: OneRosterFiles) -> pl.DataFrame:
    """One row per user: sourcedid, person_id, org, kind (student, staff, other). 1.2 keeps roles in a file apart."""
    schema = dict.fromkeys(("sourcedid", "person_id", "org", "kind"), pl.String)
    if "users" not in files:
        return pl.DataFrame(schema=schema)
    users = files["users"]
    org = _first(pl.coalesce(_get(users, "primaryOrgSourcedId"), _get(users, "orgSourcedIds")))
    people = users.select(
        "sourcedid",
        pl.coalesce(_get(users, "identifier"), "sourcedid").alias("person_id"),
        _get(users, "role").alias("role"),
        org.alias("org"),
    )
    if "roles" in files:
        roles = files["roles"]
        is_primary = (_get(roles, "roleType").str.to_lowercase() == "primary").fill_null(False)
        first = roles.sort(~is_primary, maintain_order=True).unique("usersourcedid", keep="first", maintain_order=True)
        first = first.select("usersourcedid", role_found="role", org_found="orgsourcedid")
        people = people.join(first, left_on="sourcedid", right_on="usersourcedid", how="left", maintain_order="left")
        people = people.with_columns(pl.coalesce("role", "role_found").alias("role"), pl.coalesce("org", "org_found"))
    folded = pl.col("role").str.to_lowercase()
    kind = pl.when(folded == "student").then(pl.lit("student"))
    kind = kind.when(folded.is_null() | folded.is_in(list(_NO_STAFF))).then(pl.lit("other")).otherwise(pl.lit("staff"))
    return people.select("sourcedid", "person_id", "org", kind.alias("kind"))


def _people_tables(files: OneRosterFiles, people: pl.DataFrame, orgs: dict[str, str]) -> dict[str, pl.DataFrame]:
    users = files["users"].with_columns(people["person_id"], people["org"], people["kind"])
    if "demographics" in files and "birthdate" in files["demographics"].columns:
        born = files["demographics"].select("sourcedid", birth="birthdate").unique("sourcedid", keep="first")
        users = users.join(born, on="sourcedid", how="left", maintain_order="left")
    else:
        users = users.with_columns(pl.lit(None, dtype=pl.String).alias("birth"))
    names = [
        _get(users, "givenName").alias("first_name"),
        _get(users, "familyName").alias("last_name"),
        pl.col("birth").alias("birth_date"),
        _get(users, "email").alias("email"),
    ]
    students, staff = users.filter(pl.col("kind") == "student"), users.filter(pl.col("kind") == "staff")
    tables = {
        "students": students.select(
            pl.col("person_id").alias("student_id"),
            *names,
            _get(users, "middleName").alias("middle_name"),
            _get(users, "userIds").str.strip_chars("{}").str.replace_all(r"\}\s*,\s*\{", "|").alias("other_ids"),
            _get(users, "metadata.address").alias("address"),
            pl.coalesce(_get(users, "phone"), _get(users, "sms")).alias("telephone"),
            *_LINEAGE,
        ),
        "staff": staff.select(pl.col("person_id").alias("staff_id"), *names, *_LINEAGE),
    }
    if "metadataentrydate" in users.columns:
        tables["enrollments"] = students.select(
            pl.col("person_id").alias("student_id"),
            _follow(pl.col("org"), orgs).alias("school_id"),
            pl.col("metadataentrydate").alias("entry_date"),
            _get(users, "metadata.exitDate").alias("exit_date"),
            _first(_get(users, "grades")).alias("grade_level_source"),
            _get(users, "metadata.entryType").alias("entry_type_source"),
            _get(users, "metadata.exitType").alias("exit_type_source"),
            *_LINEAGE,
        )
    return tables


def _demographics(frame: pl.DataFrame, people: pl.DataFrame, unread: Counter) -> pl.DataFrame:
    kinds = people.select("sourcedid", "person_id", "kind").unique("sourcedid", keep="first")
    frame = frame.join(kinds, on="sourcedid", how="left", maintain_order="left")
    not_students = frame.filter(pl.col("kind").is_in(["staff", "other"])).height
    unread.update({"OneRoster demographics: of people who are no students": not_students} if not_students else {})
    frame = frame.filter(pl.col("kind").is_null() | (pl.col("kind") == "student"))

    def flag(name: str) -> pl.Expr:
        return _get(frame, name).str.to_lowercase().is_in(["true", "1"]).fill_null(False)

    single = [pl.when(flag(race)).then(pl.lit(race)) for race in _RACES]
    # "Two or more" says nothing new beside the races themselves.
    several = pl.sum_horizontal([flag(race).cast(pl.Int32) for race in _RACES]) > 1
    mixed = pl.when(flag(_TWO_OR_MORE) & ~several).then(pl.lit(_TWO_OR_MORE))
    races = pl.concat_str([*single, mixed], separator="|", ignore_nulls=True)
    return frame.select(
        pl.coalesce("person_id", "sourcedid").alias("student_id"),
        _get(frame, "sex").alias("sex_source"),
        pl.when(races != "").then(races).alias("race_source"),
        _get(frame, "hispanicOrLatinoEthnicity").alias("hispanic_latino_source"),
        *(_get(frame, f"metadata.{name}").alias(f"{name}_source") for name in _STATUSES),
        *_LINEAGE,
    )


def _list_terms(files: OneRosterFiles) -> tuple[dict[str, str], dict[str, str]]:
    """sourcedId → title, and sourcedId → first day, of the academic sessions."""
    sessions = files.get("academicsessions")
    if sessions is None:
        return {}, {}
    titles = dict(sessions.select("sourcedid", "title").drop_nulls().iter_rows())
    starts = sessions.select("sourcedid", _get(sessions, "startDate").alias("start")).drop_nulls()
    return titles, dict(starts.iter_rows())


def _class_terms(classes: pl.DataFrame, titles: dict[str, str]) -> pl.Expr:
    """A class's terms as one session name: titles joined with `|`."""
    terms = pl.col("termsourcedids").str.split(",")
    return terms.list.eval(_follow(pl.element().str.strip_chars(), titles)).list.join("|")


def _sections(files: OneRosterFiles, orgs: dict[str, str]) -> pl.DataFrame:
    classes = files["classes"]
    titles, _ = _list_terms(files)
    if "courses" in files and "coursesourcedid" in classes.columns:
        courses = files["courses"].unique("sourcedid", keep="first", maintain_order=True)
        courses = courses.select(
            pl.col("sourcedid").alias("coursesourcedid"),
            pl.coalesce(_get(courses, "courseCode"), "sourcedid").alias("course_code"),
            pl.col("title").alias("course_title"),
            _get(courses, "subjects").alias("course_subjects"),
        )
        classes = classes.join(courses, on="coursesourcedid", how="left", maintain_order="left")
    return classes.select(
        pl.col("sourcedid").alias("section_id"),
        _follow(pl.col("schoolsourcedid"), orgs).alias("school_id"),
        _class_terms(classes, titles).alias("session_name"),
        pl.coalesce(_column(classes, "course_code"), _get(classes, "courseSourcedId")).alias("course_id"),
        pl.coalesce(_column(classes, "course_title"), _get(classes, "title")).alias("course_title"),
        _first(pl.coalesce(_get(classes, "subjects"), _column(classes, "course_subjects"))).alias("subject_source"),
        *_LINEAGE,
    )


def _column(frame: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name) if name in frame.columns else pl.lit(None, dtype=pl.String)


def _rosters(
    files: OneRosterFiles, people: pl.DataFrame, orgs: dict[str, str], unread: Counter
) -> dict[str, pl.DataFrame]:
    """student_sections and staff_sections; a row without dates takes the first day of the class's first term."""
    titles, starts = _list_terms(files)
    rows = files["enrollments"]
    if "classes" in files:
        classes = files["classes"].unique("sourcedid", keep="first", maintain_order=True)
        first_term = pl.col("termsourcedids").str.split(",").list.first().str.strip_chars()
        term_start = first_term.replace_strict(starts or {"": None}, default=None, return_dtype=pl.String)
        terms = classes.select(
            pl.col("sourcedid").alias("classsourcedid"),
            _class_terms(classes, titles).alias("session_name"),
            term_start.alias("term_start"),
        )
        rows = rows.join(terms, on="classsourcedid", how="left", maintain_order="left")
    ids = people.select(pl.col("sourcedid").alias("usersourcedid"), "person_id").unique("usersourcedid", keep="first")
    rows = rows.join(ids, on="usersourcedid", how="left", maintain_order="left")
    role = pl.col("role").str.to_lowercase().fill_null("")
    person = pl.coalesce("person_id", "usersourcedid")
    shared = [
        pl.col("classsourcedid").alias("section_id"),
        _follow(pl.col("schoolsourcedid"), orgs).alias("school_id"),
        _column(rows, "session_name").alias("session_name"),
        pl.coalesce(_get(rows, "beginDate"), _column(rows, "term_start")).alias("begin_date"),
        _get(rows, "endDate").alias("end_date"),
    ]
    is_primary = _get(rows, "primary").str.to_lowercase().is_in(["true", "1"]).fill_null(False)
    position = pl.when(is_primary).then(pl.col("role") + " (primary)").otherwise("role")
    students = rows.filter(role == "student")
    staff = rows.filter(~role.is_in([*_NO_STAFF, ""]))
    left_over = rows.height - students.height - staff.height
    unread.update({"OneRoster enrollments: neither student nor staff": left_over} if left_over else {})
    return {
        "student_sections": students.select(person.alias("student_id"), *shared, *_LINEAGE),
        "staff_sections": staff.select(
            person.alias("staff_id"), *shared, position.alias("position_source"), *_LINEAGE
        ),
    }
