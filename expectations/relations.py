"""Rules across the record types of one delivery: who is enrolled where, on which days, and does what is named exist.

The order matters: enrollments are settled first, because attendance is accepted only where an enrollment was.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from expectations.contracts.row_contract import SCHOOL_YEAR_END, SCHOOL_YEAR_START
from expectations.findings import Ledger

WRONG_SCHOOL_YEAR, FOREIGN_SCHOOL, OVERLAP, CONCURRENT = 101, 102, 103, 104
NOT_ENROLLED_THAT_DAY, NO_INSTRUCTION, TWO_PERSONS_ONE_ID, ONE_PERSON_TWO_IDS = 105, 106, 107, 108

MOSTLY = 0.5  # a file of the wrong year has nearly all dates outside; a file of the right one nearly none
OPEN_ENDED = date(9999, 12, 31)
Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Surroundings:
    """What is known about the sender from outside the delivery; see `check_delivery`."""

    lea_id: str | None
    school_year: int
    school_ids: Collection[str] | None
    calendar_days: pl.DataFrame | None


@dataclass(frozen=True)
class Reference:
    """`columns` of `record_type` should be found in `target`, in columns of the same names. Nulls are not judged."""

    rule: int
    record_type: str
    columns: tuple[str, ...]
    target: str


SECTION = ("section_id", "school_id", "session_name")
REFERENCES = (
    Reference(110, "enrollments", ("student_id",), "students"),
    Reference(111, "demographics", ("student_id",), "enrollments"),
    Reference(112, "program_participations", ("student_id",), "enrollments"),
    Reference(113, "assessment_results", ("student_id",), "enrollments"),
    Reference(114, "discipline_actions", ("student_id",), "enrollments"),
    Reference(115, "student_sections", ("student_id",), "enrollments"),
    Reference(116, "student_transportation", ("student_id",), "enrollments"),
    Reference(117, "item_responses", ("student_id",), "enrollments"),
    Reference(118, "diplomas", ("student_id",), "enrollments"),
    Reference(119, "exit_documents", ("student_id",), "enrollments"),
    Reference(120, "student_sections", SECTION, "sections"),
    Reference(121, "staff_sections", SECTION, "sections"),
    Reference(122, "item_responses", SECTION[:2], "sections"),
    Reference(123, "discipline_actions", ("incident_id",), "discipline_incidents"),
    Reference(124, "staff_assignments", ("staff_id",), "staff"),
    Reference(125, "staff_sections", ("staff_id",), "staff"),
    Reference(126, "professional_learning", ("staff_id",), "staff"),
    Reference(127, "staff_credentials", ("staff_id",), "staff"),
    Reference(135, "course_grades", ("student_id",), "enrollments"),
    Reference(136, "incident_participations", ("student_id",), "enrollments"),
    Reference(137, "restraint_events", ("student_id",), "enrollments"),
    Reference(138, "idea_eligibilities", ("student_id",), "enrollments"),
    Reference(139, "industry_credentials", ("student_id",), "enrollments"),
    Reference(140, "work_based_learning", ("student_id",), "enrollments"),
    Reference(141, "course_grades", ("course_id",), "courses"),
    Reference(142, "incident_participations", ("incident_id",), "discipline_incidents"),
    Reference(143, "survey_responses", ("survey_id", "item_id"), "survey_items"),
)
PLACES = (
    (130, "staff_assignments", "org_id"),
    (131, "enrollments", "school_id"),
    (132, "calendars", "school_id"),
    (133, "sections", "school_id"),
    (134, "discipline_incidents", "school_id"),
)


def check_relations(tables: Tables, surroundings: Surroundings, ledger: Ledger) -> None:
    """Records where the typed tables of a delivery contradict each other; skips a rule whose other side was not sent.

    `tables` hold every row received; rows already kept out are not judged again and do not count as a match.
    """
    _check_school_year(tables, surroundings, ledger)
    _check_persons(tables, ledger)
    _check_own_schools(tables, surroundings, ledger)
    _check_overlaps(tables, ledger)
    _check_attendance_is_enrolled(tables, ledger)
    _check_attendance_is_instructional(tables, surroundings, ledger)
    _check_references(tables, ledger)
    _check_places(tables, surroundings, ledger)


def _standing(tables: Tables, record_type: str, ledger: Ledger) -> pl.DataFrame:
    """The rows not kept out so far, with their `position` in the raw table."""
    return tables[record_type].with_row_index("position").filter(ledger.standing(record_type))


def _was_sent(tables: Tables, record_type: str) -> bool:
    return record_type in tables and tables[record_type].height > 0


def _check_school_year(tables: Tables, surroundings: Surroundings, ledger: Ledger) -> None:
    first = date(surroundings.school_year - 1, *SCHOOL_YEAR_START)
    last = date(surroundings.school_year, *SCHOOL_YEAR_END)
    in_year = {
        "calendars": pl.col("calendar_date").is_between(first, last),
        "attendance": pl.col("attendance_date").is_between(first, last),
        # an enrollment counts as this year's if it was open on any day of it
        "enrollments": (pl.col("entry_date") <= last) & (pl.col("exit_date").fill_null(OPEN_ENDED) >= first),
    }
    for record_type, is_inside in in_year.items():
        if _was_sent(tables, record_type):
            share_outside = tables[record_type].select((~is_inside).mean()).item()
            if share_outside is not None and share_outside > MOSTLY:
                ledger.record_whole(record_type, WRONG_SCHOOL_YEAR)


def _check_persons(tables: Tables, ledger: Ledger) -> None:
    if not _was_sent(tables, "students"):
        return
    particulars = ["last_name", "first_name", "birth_date"]
    person = pl.struct(pl.col("last_name", "first_name").str.to_lowercase(), "birth_date")
    rows = tables["students"].with_row_index("position")
    complete = rows.drop_nulls(["student_id", *particulars]).with_columns(person=person)
    torn = complete.filter(pl.col("person").n_unique().over("student_id") > 1)
    ledger.record("students", TWO_PERSONS_ONE_ID, torn["position"])
    doubled = complete.filter(pl.col("student_id").n_unique().over("person") > 1)
    ledger.record("students", ONE_PERSON_TWO_IDS, doubled["position"])


def _check_own_schools(tables: Tables, surroundings: Surroundings, ledger: Ledger) -> None:
    own = surroundings.school_ids
    if own is None and _was_sent(tables, "organizations") and surroundings.lea_id:
        is_own = (pl.col("parent_org_id") == surroundings.lea_id) & (pl.col("org_type_code") == "School")
        own = _standing(tables, "organizations", ledger).filter(is_own)["org_id"].to_list() or None
    if own is None or not _was_sent(tables, "enrollments"):
        return
    rows = _standing(tables, "enrollments", ledger)
    foreign = rows.filter(~pl.col("school_id").is_in(pl.Series(sorted(own), dtype=pl.String).implode()))
    ledger.record("enrollments", FOREIGN_SCHOOL, foreign["position"])


def _check_overlaps(tables: Tables, ledger: Ledger) -> None:
    if not _was_sent(tables, "enrollments"):
        return
    ledger.record("enrollments", OVERLAP, _overlapping_stays(_standing(tables, "enrollments", ledger)))
    ended = pl.col("exit_date").fill_null(OPEN_ENDED)
    stays = _standing(tables, "enrollments", ledger).sort("student_id", "entry_date", "position")
    # stays at one school no longer overlap, so an earlier stay still open can only be at another school
    earlier_end = ended.cum_max().shift(1).over("student_id")
    ledger.record("enrollments", CONCURRENT, stays.filter(pl.col("entry_date") < earlier_end)["position"])


def _overlapping_stays(rows: pl.DataFrame) -> pl.Series:
    """Positions of stays that begin before the last kept stay of the same student at the same school has ended.

    A stay that overlaps only a stay that was itself dropped is kept, which a running maximum could not tell, so the
    few groups that overlap at all are walked row by row.
    """
    group = ["student_id", "school_id"]
    ended = pl.col("exit_date").fill_null(OPEN_ENDED)
    stays = rows.select("position", *group, "entry_date", ended).sort(*group, "entry_date", "position")
    earlier_end = pl.col("exit_date").cum_max().shift(1).over(group)
    touching = stays.select((pl.col("entry_date") < earlier_end).fill_null(False)).to_series()
    suspects = stays.join(stays.filter(touching).select(group).unique(), on=group, how="semi", maintain_order="left")
    dropped, previous, kept_until = [], None, None
    for position, student, school, entry, end in suspects.iter_rows():
        if (student, school) != previous:
            previous, kept_until = (student, school), end
        elif entry < kept_until:
            dropped.append(position)
        else:
            kept_until = end
    return pl.Series(dropped, dtype=pl.UInt32)


def _check_attendance_is_enrolled(tables: Tables, ledger: Ledger) -> None:
    if not (_was_sent(tables, "attendance") and _was_sent(tables, "enrollments")):
        return
    rows = _standing(tables, "attendance", ledger).select("position", "student_id", "school_id", "attendance_date")
    stays = _standing(tables, "enrollments", ledger).select(
        "student_id", "school_id", "entry_date", pl.col("exit_date").fill_null(OPEN_ENDED)
    )
    covered = (
        rows.lazy()
        .join(stays.lazy(), on=["student_id", "school_id"])
        .filter(pl.col("attendance_date").is_between("entry_date", "exit_date"))
        .select("position")
        .collect()
    )
    if covered.height < rows.height:
        uncovered = rows.filter(~pl.col("position").is_in(covered["position"].implode()))
        ledger.record("attendance", NOT_ENROLLED_THAT_DAY, uncovered["position"])


def _check_attendance_is_instructional(tables: Tables, surroundings: Surroundings, ledger: Ledger) -> None:
    calendar = surroundings.calendar_days
    if _was_sent(tables, "calendars"):
        calendar = _standing(tables, "calendars", ledger)
    if calendar is None or not _was_sent(tables, "attendance"):
        return
    instructional = calendar.filter(pl.col("calendar_event_code") == "InstructionalDay").select(
        "school_id", attendance_date="calendar_date"
    )
    rows = _standing(tables, "attendance", ledger).select("position", "school_id", "attendance_date")
    with_calendar = rows.join(instructional.select("school_id").unique(), on="school_id", how="semi")
    idle = with_calendar.join(instructional, on=["school_id", "attendance_date"], how="anti")
    ledger.record("attendance", NO_INSTRUCTION, idle["position"])


def _check_references(tables: Tables, ledger: Ledger) -> None:
    for reference in REFERENCES:
        if _was_sent(tables, reference.record_type) and _was_sent(tables, reference.target):
            columns = list(reference.columns)
            targets = _standing(tables, reference.target, ledger).select(columns).unique()
            rows = _standing(tables, reference.record_type, ledger).select("position", *columns).drop_nulls()
            ledger.record(
                reference.record_type, reference.rule, rows.join(targets, on=columns, how="anti")["position"]
            )


def _check_places(tables: Tables, surroundings: Surroundings, ledger: Ledger) -> None:
    known = set(surroundings.school_ids or ())
    if _was_sent(tables, "organizations"):
        known |= set(_standing(tables, "organizations", ledger)["org_id"])
    if not known:
        return
    known |= {surroundings.lea_id} if surroundings.lea_id else set()
    places = pl.Series(sorted(known), dtype=pl.String).implode()
    for number, record_type, column in PLACES:
        if _was_sent(tables, record_type):
            rows = _standing(tables, record_type, ledger).filter(pl.col(column).is_not_null())
            ledger.record(record_type, number, rows.filter(~pl.col(column).is_in(places))["position"])
