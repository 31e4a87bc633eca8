"""The delivery profile: counts and shares of every candidate delivery beside those of the one it would replace.

All deliveries of a night are profiled together: a handful of queries per record type, whatever the number of districts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

PROFILE_TABLE = "delivery_profile"
METRICS = (
    "row_count_ratio",
    "quarantined_share",
    "student_count_ratio",
    "unmapped_share",
    "unmatched_share",
    "category_change",
    "most_instructional_days",
    "fewest_instructional_days",
)

MAIN_CODE = {
    "organizations": "org_type_code",
    "calendars": "calendar_event_code",
    "demographics": "race_code",
    "program_participations": "program_code",
    "enrollments": "grade_level_code",
    "attendance": "attendance_status_code",
    "assessment_results": "subject_code",
    "discipline_incidents": "behavior_code",
    "discipline_actions": "action_code",
    "staff_assignments": "classification_code",
    "sections": "subject_code",
    "course_grades": "letter_grade_code",
    "survey_responses": "respondent_role_code",
    "finance_accounts": "function_code",
}
"""The code whose mix of values is compared with the previous delivery."""

# attendance is left out: a row without an enrollment never gets past relations.py, and it is by far the largest table
MATCHED_TO = {
    "enrollments": "demographics",
    "demographics": "enrollments",
    "program_participations": "enrollments",
    "assessment_results": "enrollments",
    "discipline_actions": "enrollments",
    "student_sections": "enrollments",
    "student_transportation": "enrollments",
    "course_grades": "enrollments",
    "idea_eligibilities": "enrollments",
}

VIEWS = ("now", "before", "other")


@dataclass(frozen=True)
class Candidate:
    """A checked delivery that waits to be accepted.

    `records_dir` holds `<record_type>.parquet`; `previous_records_dir` the same of the accepted delivery it would
    replace, None if it is the first. `counts`: one row per record type (record_type, received, accepted, quarantined).
    """

    source_id: str
    school_year: int
    batch_id: str
    records_dir: Path
    previous_records_dir: Path | None
    counts: pl.DataFrame


def profile_deliveries(connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Candidate]) -> pl.DataFrame:
    """Writes table `delivery_profile` into the connection's database, replacing it, and returns it.

    One row per candidate and record type that it or its predecessor has. Counts are whole numbers; ratios are
    new / previous (null without a previous row), shares 0-1 (null where nothing could be counted or compared).
    `unmapped_share` is of the worst code column; `category_change` the largest change of any value's share;
    `unmatched_share` for enrollments the share of students without demographics, else the share of rows whose student
    is not enrolled; `most_` and `fewest_instructional_days` are per school.
    """
    files = _list_files(deliveries)
    counts = _list_counts(deliveries)
    connection.register("slds_counts", counts)
    connection.register("slds_files", files)
    measured = []
    # with nothing to profile, one record type is asked all the same, so that the empty table has its columns
    for record_type in sorted(set(counts["record_type"])) or ["enrollments"]:
        _open_views(connection, files, record_type)
        measured.append(connection.sql(_profile_query(connection, record_type), params={"kind": record_type}).pl())
    profile = pl.concat(measured).sort("source_id", "school_year", "record_type")
    connection.register("slds_profile", profile)
    connection.execute(f"create or replace table {PROFILE_TABLE} as select * from slds_profile")
    for view in VIEWS:
        connection.execute(f'drop view "{view}"')
    for name in ("slds_profile", "slds_counts", "slds_files"):
        connection.unregister(name)
    return profile


def _list_counts(deliveries: Iterable[Candidate]) -> pl.DataFrame:
    schema = {
        "position": pl.Int64, "source_id": pl.String, "school_year": pl.Int64, "batch_id": pl.String,
        "record_type": pl.String, "received": pl.Int64, "quarantined": pl.Int64,
    }  # fmt: skip
    rows = [
        (position, made.source_id, made.school_year, made.batch_id, *of_type)
        for position, made in enumerate(deliveries)
        for of_type in _complete_counts(made)
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _complete_counts(made: Candidate) -> list[tuple[str, int, int]]:
    """The counts of every record type that was received now or stands in the previous delivery."""
    counts = made.counts.select("record_type", "received", "quarantined").rows()
    counted = {kind: (kind, received, quarantined) for kind, received, quarantined in counts}
    for folder in (made.records_dir, made.previous_records_dir):
        for path in folder.glob("*.parquet") if folder else ():
            counted.setdefault(path.stem, (path.stem, 0, 0))
    return sorted(counted.values())


def _list_files(deliveries: Iterable[Candidate]) -> pl.DataFrame:
    schema = {"position": pl.Int64, "age": pl.String, "record_type": pl.String, "path": pl.String}
    rows = [
        (position, age, path.stem, str(path))
        for position, made in enumerate(deliveries)
        for age, folder in (("now", made.records_dir), ("before", made.previous_records_dir))
        for path in (sorted(folder.glob("*.parquet")) if folder else ())
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _open_views(connection: duckdb.DuckDBPyConnection, files: pl.DataFrame, record_type: str) -> None:
    """Views `now`, `before` (this record type) and `other` (what its students are matched to), with `position`."""
    kinds = (record_type, record_type, MATCHED_TO.get(record_type, ""))
    for view, kind in zip(VIEWS, kinds, strict=True):
        age = "before" if view == "before" else "now"
        of_view = files.filter((pl.col("record_type") == kind) & (pl.col("age") == age))
        chosen = of_view["path"].unique().sort().to_list()
        if not chosen:
            connection.execute(f'create or replace temp view "{view}" as select null::bigint as position where false')
            continue
        paths = ", ".join("'" + path.replace("'", "''") + "'" for path in chosen)
        connection.execute(
            f'create or replace temp view "{view}" as select f.position, r.* '
            f"from read_parquet([{paths}], filename = true, union_by_name = true) as r "
            f"join slds_files as f on f.path = r.filename and f.age = '{age}' and f.record_type = '{kind}'"
        )


def _columns(connection: duckdb.DuckDBPyConnection, view: str) -> list[str]:
    return [name for name, *_ in connection.execute(f'describe "{view}"').fetchall()]


def _student(columns: list[str]) -> str:
    """The SQL of the student's key: pseudonymous in the record tables, the sender's own before they are split."""
    return next((name for name in ("student_key", "student_id") if name in columns), "null::varchar")


def _profile_query(connection: duckdb.DuckDBPyConnection, record_type: str) -> str:
    now, before = _columns(connection, "now"), _columns(connection, "before")
    return f"""
    with here as (select position, count(*) as row_count, count(distinct {_student(now)}) as student_count,
                         {_unmapped(now)} as unmapped_share from "now" group by position),
    gone as (select position, count(*) as row_count, count(distinct {_student(before)}) as student_count
             from "before" group by position),
    mix as ({_category_change(record_type, now, before)}),
    matches as ({_unmatched(record_type, now, _columns(connection, "other"))}),
    days as ({_instructional_days(record_type, now)})
    select c.source_id, c.school_year, c.record_type, c.batch_id,
           coalesce(here.row_count, 0) as row_count, coalesce(gone.row_count, 0) as previous_row_count,
           coalesce(here.row_count, 0)::double / nullif(gone.row_count, 0) as row_count_ratio,
           c.received as received_count, c.quarantined as quarantined_count,
           c.quarantined::double / nullif(c.received, 0) as quarantined_share,
           coalesce(here.student_count, 0) as student_count, coalesce(gone.student_count, 0) as previous_student_count,
           coalesce(here.student_count, 0)::double / nullif(gone.student_count, 0) as student_count_ratio,
           here.unmapped_share::double as unmapped_share, matches.share::double as unmatched_share,
           case when here.row_count > 0 and gone.row_count > 0 then mix.change end as category_change,
           case when {_expects_days(record_type)} then coalesce(days.most, 0) end::bigint as most_instructional_days,
           case when {_expects_days(record_type)} then coalesce(days.fewest, 0) end::bigint as fewest_instructional_days
    from slds_counts as c
    left join here using (position) left join gone using (position) left join mix using (position)
    left join matches using (position) left join days using (position)
    where c.record_type = $kind
    """


def _expects_days(record_type: str) -> str:
    sent = "(c.received > 0 or coalesce(here.row_count, 0) > 0 or coalesce(gone.row_count, 0) > 0)"
    return sent if record_type == "calendars" else "false"


def _unmapped(columns: list[str]) -> str:
    coded = [name for name in columns if name.endswith("_code") and name.removesuffix("_code") + "_source" in columns]
    shares = [
        f"count(*) filter (where {source} is not null and {code} is null)::double / nullif(count({source}), 0)"
        for code, source in ((name, name.removesuffix("_code") + "_source") for name in coded)
    ]
    return f"greatest({', '.join(shares)})" if shares else "null::double"


def _category_change(record_type: str, now: list[str], before: list[str]) -> str:
    code = MAIN_CODE.get(record_type)
    if code not in now or code not in before:
        return "select null::bigint as position, null::double as change where false"
    share = (
        "select position, coalesce({code}, '') as code, count(*)::double / sum(count(*)) over (partition by position) "
        'as share from "{view}" group by position, coalesce({code}, \'\')'
    )
    return f"""
        select position, max(abs(coalesce(a.share, 0) - coalesce(b.share, 0))) as change
        from ({share.format(code=code, view="now")}) as a
        full join ({share.format(code=code, view="before")}) as b using (position, code)
        group by position
    """


def _unmatched(record_type: str, now: list[str], other: list[str]) -> str:
    if _student(other).startswith("null") or _student(now).startswith("null"):
        return "select null::bigint as position, null::double as share where false"
    rows = f'select position, {_student(now)} as student from "now"'
    per_student = "select distinct" + rows.removeprefix("select")
    return f"""
        select position, count(*) filter (where o.student is null)::double / count(*) as share
        from ({per_student if record_type == "enrollments" else rows}) as n
        left join (select distinct position, {_student(other)} as student from "other") as o using (position, student)
        where position in (select position from "other")
        group by position
    """


def _instructional_days(record_type: str, now: list[str]) -> str:
    if record_type != "calendars" or "calendar_event_code" not in now:
        return "select null::bigint as position, null::bigint as most, null::bigint as fewest where false"
    return """
        select position, max(day_count) as most, min(day_count) as fewest from (
            select position, school_id,
                   count(distinct calendar_date) filter (where calendar_event_code = 'InstructionalDay') as day_count
            from "now" group by position, school_id)
        group by position
    """
