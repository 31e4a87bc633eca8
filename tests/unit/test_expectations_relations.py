"""Rules across the record types of one delivery, each with rows that keep it and rows that break it."""

from datetime import date

import polars as pl
import pytest

from expectations import check_delivery

LEA, OWN, FOREIGN = "255901", "255901001", "999999001"


def rows(*made):
    numbered = [row | {"source_file": "f.csv", "source_row": str(n)} for n, row in enumerate(made, start=1)]
    return pl.DataFrame(numbered, infer_schema_length=None)


def enrolled(student, school=OWN, entry="2021-08-20", exit_date=None):
    return {"student_id": student, "school_id": school, "entry_date": entry, "exit_date": exit_date,
            "grade_level_source": "Third", "grade_level_code": "03"}  # fmt: skip


def attended(student, day, school=OWN):
    return {"student_id": student, "school_id": school, "attendance_date": day,
            "attendance_status_source": "P", "attendance_status_code": "Present"}  # fmt: skip


def person(student, first="Ann", last="Lee", born="2010-01-02"):
    return {"student_id": student, "first_name": first, "last_name": last, "birth_date": born}


def calendar_day(day, event="InstructionalDay", school=OWN):
    return {"school_id": school, "calendar_date": day, "calendar_event_source": event, "calendar_event_code": event}


def school(org, parent=LEA):
    return {"org_id": org, "org_type_source": "School", "org_type_code": "School", "parent_org_id": parent}


def check(tables, *, school_ids=None, calendar_days=None, lea_id=LEA):
    return check_delivery(
        tables, source_id="src", lea_id=lea_id, school_year=2022, school_ids=school_ids, calendar_days=calendar_days
    )


def hits(checked, number):
    return checked.findings.filter(pl.col("rule") == number)["source_row"].to_list()


def test_attendance_of_another_school_year_holds_the_delivery_back():
    last_year = [attended("s", f"2020-10-{day:02}") for day in range(1, 6)]
    checked = check({"attendance": rows(*last_year, attended("s", "2021-10-01"))})
    assert hits(checked, 101) == [None]
    assert checked.is_held_back


def test_a_few_wrong_dates_do_not_hold_the_delivery_back():
    this_year = [attended("s", f"2021-10-{day:02}") for day in range(1, 6)]
    checked = check({"attendance": rows(*this_year, attended("s", "2020-10-01"))})
    assert hits(checked, 101) == []
    assert not checked.is_held_back


def test_a_calendar_of_another_school_year_holds_the_delivery_back():
    assert check({"calendars": rows(calendar_day("2020-10-01"), calendar_day("2020-10-02"))}).is_held_back


def test_enrollments_that_closed_before_the_school_year_hold_the_delivery_back():
    closed = [enrolled(str(n), entry="2020-08-01", exit_date="2021-06-01") for n in range(3)]
    assert check({"enrollments": rows(*closed)}).is_held_back
    still_open = [enrolled(str(n), entry="2020-08-01") for n in range(3)]
    assert not check({"enrollments": rows(*still_open)}).is_held_back


def test_an_enrollment_at_another_districts_school_is_kept_out():
    checked = check({"enrollments": rows(enrolled("1"), enrolled("2", FOREIGN))}, school_ids=[OWN])
    assert hits(checked, 102) == [2]
    assert checked.accepted["enrollments"]["student_id"].to_list() == ["1"]


def test_without_a_list_the_districts_own_organizations_tell_which_schools_are_its_own():
    tables = {"organizations": rows(school(OWN), school(FOREIGN, parent="999999")),
              "enrollments": rows(enrolled("1"), enrolled("2", FOREIGN))}  # fmt: skip
    assert hits(check(tables), 102) == [2]


def test_without_any_list_no_school_is_foreign():
    assert check({"enrollments": rows(enrolled("1", FOREIGN))}).findings.is_empty()


def test_an_overlapping_stay_at_the_same_school_is_kept_out():
    made = rows(enrolled("1", entry="2021-08-20", exit_date="2022-01-10"), enrolled("1", entry="2022-01-05"))
    checked = check({"enrollments": made})
    assert hits(checked, 103) == [2]
    assert hits(checked, 104) == []


def test_stays_that_follow_each_other_do_not_overlap():
    made = rows(
        enrolled("1", entry="2021-08-20", exit_date="2022-01-10"),
        enrolled("1", entry="2022-01-10", exit_date="2022-02-10"),
        enrolled("1", entry="2022-02-11"),
        enrolled("2", entry="2021-09-20"),
    )
    assert check({"enrollments": made}).findings.is_empty()


def test_a_stay_that_overlaps_only_a_stay_that_was_dropped_is_kept():
    made = rows(
        enrolled("1", entry="2021-08-20", exit_date="2021-10-10"),
        enrolled("1", entry="2021-09-01", exit_date="2022-03-01"),
        enrolled("1", entry="2022-02-01"),
    )
    assert hits(check({"enrollments": made}), 103) == [2]


def test_being_enrolled_at_two_schools_at_once_is_pointed_out_and_kept():
    checked = check({"enrollments": rows(enrolled("1"), enrolled("1", "255901002", entry="2021-09-01"))})
    assert hits(checked, 104) == [2]
    assert checked.accepted["enrollments"].height == 2


def test_attendance_is_kept_only_while_enrolled_at_that_school():
    tables = {
        "enrollments": rows(enrolled("1", exit_date="2022-01-10"), enrolled("1", entry="2022-02-01")),
        "attendance": rows(
            attended("1", "2021-08-20"),
            attended("1", "2022-01-10"),
            attended("1", "2022-01-11"),
            attended("1", "2022-02-01"),
            attended("1", "2021-09-01", school="255901002"),
            attended("2", "2021-09-01"),
        ),
    }
    checked = check(tables)
    assert hits(checked, 105) == [3, 5, 6]
    assert checked.accepted["attendance"]["source_row"].to_list() == [1, 2, 4]


def test_without_enrollments_in_the_delivery_attendance_is_not_judged_by_them():
    assert check({"attendance": rows(attended("1", "2021-09-01"))}).findings.is_empty()


def test_attendance_on_a_day_without_instruction_is_pointed_out_and_kept():
    tables = {
        "calendars": rows(calendar_day("2021-09-01"), calendar_day("2021-09-02", "Holiday")),
        "attendance": rows(
            attended("1", "2021-09-01"), attended("1", "2021-09-02"), attended("1", "2021-09-02", "no calendar")
        ),
    }
    checked = check(tables)
    assert hits(checked, 106) == [2]
    assert checked.accepted["attendance"].height == 3


def test_a_calendar_from_elsewhere_stands_in_for_one_that_was_not_sent():
    days = pl.DataFrame(
        {"school_id": [OWN], "calendar_date": [date(2021, 9, 1)], "calendar_event_code": ["InstructionalDay"]}
    )
    made = rows(attended("1", "2021-09-01"), attended("1", "2021-09-02"))
    assert hits(check({"attendance": made}, calendar_days=days), 106) == [2]


def test_a_student_number_with_two_persons_is_kept_out_whole():
    checked = check({"students": rows(person("1"), person("1", first="Bob"), person("2", last="Ray"))})
    assert hits(checked, 107) == [1, 2]
    assert checked.accepted["students"]["student_id"].to_list() == ["2"]


def test_a_difference_of_upper_and_lower_case_is_no_other_person():
    assert hits(check({"students": rows(person("1"), person("1", first="ANN"))}), 107) == []


def test_the_same_person_under_two_numbers_is_pointed_out_on_both_rows():
    checked = check({"students": rows(person("1"), person("2", first="ann"), person("3", born="2011-01-02"))})
    assert hits(checked, 108) == [1, 2]
    assert checked.accepted["students"].height == 3


ROSTER = {"section_id": "a", "school_id": OWN, "session_name": "Fall"}
GRADE = {"student_id": "s", "school_id": OWN, "course_id": "c", "session_name": "Fall", "numeric_grade": "80"}
REFERENCING = {
    110: ("enrollments", enrolled("{}"), "students", person("known")),
    111: ("demographics", {"student_id": "{}"}, "enrollments", enrolled("known")),
    112: ("program_participations", {"student_id": "{}", "program_source": "p", "program_code": "p",
          "begin_date": "2021-09-01"}, "enrollments", enrolled("known")),
    113: ("assessment_results", {"student_id": "{}", "assessment_id": "a", "administration_date": "2022-04-01",
          "score_value": "3"}, "enrollments", enrolled("known")),
    114: ("discipline_actions", {"student_id": "{}", "action_id": "a", "action_date": "2021-10-01",
          "action_source": "x", "action_code": "Other"}, "enrollments", enrolled("known")),
    115: ("student_sections", ROSTER | {"student_id": "{}", "begin_date": "2021-09-01"}, "enrollments",
          enrolled("known")),
    116: ("student_transportation", {"student_id": "{}", "org_id": OWN, "route_id": "9"}, "enrollments",
          enrolled("known")),
    117: ("item_responses", ROSTER | {"student_id": "{}", "ticket_date": "2021-10-01", "item_id": "1"}, "enrollments",
          enrolled("known")),
    118: ("diplomas", {"student_id": "{}", "diploma_date": "2022-06-01", "diploma_type_source": "d",
          "diploma_type_code": "00806"}, "enrollments", enrolled("known")),
    119: ("exit_documents", {"student_id": "{}", "exit_date": "2022-03-01", "document_type_source": "t",
          "document_type_code": "TranscriptRequest"}, "enrollments", enrolled("known")),
    120: ("student_sections", ROSTER | {"section_id": "{}", "student_id": "s", "begin_date": "2021-09-01"},
          "sections", ROSTER | {"section_id": "known"}),
    121: ("staff_sections", ROSTER | {"section_id": "{}", "staff_id": "s"}, "sections",
          ROSTER | {"section_id": "known"}),
    122: ("item_responses", ROSTER | {"section_id": "{}", "student_id": "s", "ticket_date": "2021-10-01",
          "item_id": "1"}, "sections", ROSTER | {"section_id": "known"}),
    123: ("discipline_actions", {"student_id": "s", "incident_id": "{}", "action_id": "{}", "action_source": "x",
          "action_date": "2021-10-01", "action_code": "Other"}, "discipline_incidents",
          {"incident_id": "known", "school_id": OWN, "incident_date": "2021-10-01"}),
    124: ("staff_assignments", {"staff_id": "{}", "org_id": OWN, "classification_source": "t",
          "classification_code": "t", "begin_date": "2021-08-01"}, "staff",
          {"staff_id": "known", "first_name": "A", "last_name": "B"}),
    125: ("staff_sections", ROSTER | {"staff_id": "{}"}, "staff",
          {"staff_id": "known", "first_name": "A", "last_name": "B"}),
    126: ("professional_learning", {"staff_id": "{}", "session_id": "1"}, "staff",
          {"staff_id": "known", "first_name": "A", "last_name": "B"}),
    127: ("staff_credentials", {"staff_id": "{}", "license_number": "1"}, "staff",
          {"staff_id": "known", "first_name": "A", "last_name": "B"}),
    135: ("course_grades", GRADE | {"student_id": "{}"}, "enrollments", enrolled("known")),
    136: ("incident_participations", {"student_id": "{}", "incident_id": "1", "school_id": OWN}, "enrollments",
          enrolled("known")),
    137: ("restraint_events", {"student_id": "{}", "school_id": OWN, "event_id": "1", "event_date": "2021-10-01"},
          "enrollments", enrolled("known")),
    138: ("idea_eligibilities", {"student_id": "{}", "begin_date": "2021-10-01"}, "enrollments", enrolled("known")),
    139: ("industry_credentials", {"student_id": "{}", "credential_id": "1", "award_date": "2022-05-01"},
          "enrollments", enrolled("known")),
    140: ("work_based_learning", {"student_id": "{}", "activity_id": "1", "activity_type_source": "w",
          "activity_type_code": "w", "begin_date": "2021-10-01"}, "enrollments", enrolled("known")),
    141: ("course_grades", GRADE | {"course_id": "{}"}, "courses", {"org_id": OWN, "course_id": "known"}),
    142: ("incident_participations", {"student_id": "s", "incident_id": "{}", "school_id": OWN},
          "discipline_incidents", {"incident_id": "known", "school_id": OWN, "incident_date": "2021-10-01"}),
    143: ("survey_responses", {"survey_id": "s", "response_id": "1", "item_id": "{}"}, "survey_items",
          {"survey_id": "s", "item_id": "known"}),
    130: ("staff_assignments", {"staff_id": "s", "org_id": "{}", "classification_source": "t",
          "classification_code": "t", "begin_date": "2021-08-01"}, "organizations", school("known")),
    131: ("enrollments", enrolled("s", school="{}"), "organizations", school("known", parent="not ours")),
    132: ("calendars", calendar_day("2021-09-01", school="{}"), "organizations", school("known")),
    133: ("sections", ROSTER | {"school_id": "{}"}, "organizations", school("known")),
    134: ("discipline_incidents", {"incident_id": "1", "school_id": "{}", "incident_date": "2021-10-01"},
          "organizations", school("known")),
}  # fmt: skip


@pytest.mark.parametrize("number", REFERENCING)
def test_a_row_that_names_what_was_not_sent_is_pointed_out_and_kept(number):
    record_type, row, target, target_row = REFERENCING[number]
    made = [{name: text and text.format(value) for name, text in row.items()} for value in ("known", "unknown")]
    checked = check({record_type: rows(*made), target: rows(target_row)})
    assert hits(checked, number) == [2]
    assert checked.accepted[record_type].height == 2
    alone = check({record_type: rows(*made)})
    assert hits(alone, number) == []


def test_what_was_kept_out_does_not_count_as_sent():
    tables = {
        "sections": rows(ROSTER, ROSTER | {"section_id": "b", "session_name": None}),
        "staff_sections": rows(ROSTER | {"staff_id": "s"}, ROSTER | {"section_id": "b", "staff_id": "s"}),
    }
    assert hits(check(tables), 121) == [2]
