"""What is returned to a district about students who left it and students who came, row by row on a made-up state."""

import datetime as dt

import pytest

from tests.warehouse.leaving_state import mondays
from tests.warehouse.returning_state import DIPLOMA, FIRST_FALL, LAST_SEARCH, make_state

LEAVERS, INCOMING = "district.district_leaver_outcomes", "district.district_incoming_students"
COLLEGE = (
    "is_in_college_by_october_31",
    "is_in_college_within_16_months",
    "college_begin_date",
    "institution_sector",
    "institution_level_code",
    "second_fall_status",
    "first_award_date",
    "first_award_level_code",
)
UNKNOWN = dict.fromkeys(COLLEGE)


@pytest.fixture(scope="module")
def returned(new_delivery, new_warehouse):
    """The state, built through to the two marts, the project's data tests passed."""
    warehouse = new_warehouse("returned")
    warehouse.load(*make_state(new_delivery))
    warehouse.dbt(
        "build",
        "--exclude-resource-type",
        "unit_test",
        "--indirect-selection",
        "buildable",
        "--select",
        "+district_leaver_outcomes",
        "+district_incoming_students",
    )
    return warehouse


def row_of(warehouse, table, lea, student):
    """Column → value of the district's row about the student; fails unless there is exactly one."""
    columns = [name for name, *_ in warehouse.rows(f"describe {table}")]
    [row] = warehouse.rows(f"select * from {table} where lea_id = '{lea}' and student_key = '{student}'")
    return dict(zip(columns, row, strict=True))


def students_by_district(warehouse, table):
    return {
        lea: set(students)
        for lea, students in warehouse.rows(f"select lea_id, list(student_key) from {table} group by lea_id")
    }


def test_the_leavers_of_a_district_are_its_high_school_students_who_finished_left_or_were_not_sent_again(returned):
    assert students_by_district(returned, LEAVERS) == {
        "L": {
            "in_college",
            "searched_not_found",
            "never_searched",
            "blocked",
            "blocked_after_a_term",
            "certificate",
            "drops_out",
            "not_sent_again",
            "finishes_elsewhere",
            "there_and_back",
        },
        "K": {"finishes_elsewhere", "two_districts_before"},
        "M": {"two_districts_before", "nothing_told"},
    }


def test_a_graduate_found_in_college_is_told_with_where_and_what_followed(returned):
    assert row_of(returned, LEAVERS, "L", "in_college") == {
        "lea_id": "L",
        "school_id": "L1",
        "school_year": 2022,
        "student_key": "in_college",
        "grade_level_code": "12",
        "completion_type": "regular",
        "completion_date": DIPLOMA,
        "last_exit_date": mondays(2022)[-1],
        "last_exit_type_code": "01921",
        "exit_kind": "graduated",
        "reconciliation": "finished",
        "next_entry_date": None,
        "counts_here": True,
        "is_in_college_by_october_31": True,
        "is_in_college_within_16_months": True,
        "college_begin_date": FIRST_FALL,
        "institution_sector": "InStatePublicFourYear",
        "institution_level_code": "FourYear",
        "second_fall_status": "same_institution",
        "first_award_date": dt.date(2022, 5, 13),
        "first_award_level_code": "07",
        "college_as_of_date": LAST_SEARCH,
        "status": "provisional",
        "as_of_date": mondays(2022)[-1],
    }


def test_who_was_searched_and_not_found_is_not_in_college_and_who_was_never_searched_is_unknown(returned):
    found = row_of(returned, LEAVERS, "L", "searched_not_found")
    assert {name: found[name] for name in COLLEGE} == UNKNOWN | {
        "is_in_college_by_october_31": False,
        "is_in_college_within_16_months": False,
    }
    never = row_of(returned, LEAVERS, "L", "never_searched")
    assert {name: never[name] for name in COLLEGE} == UNKNOWN


@pytest.mark.parametrize("student", ["blocked", "blocked_after_a_term"])
def test_a_blocked_search_cannot_be_told_from_one_that_was_never_made(returned, student):
    never = row_of(returned, LEAVERS, "L", "never_searched")
    assert row_of(returned, LEAVERS, "L", student) == never | {"student_key": student}


@pytest.mark.parametrize(
    ("student", "expected"),
    [
        ("drops_out", (None, "01927", "discontinued", "left_without_document")),
        ("not_sent_again", (None, None, None, "enrolled_last")),
        ("certificate", ("equivalency", "01921", "graduated", "finished")),
    ],
)
def test_who_left_otherwise_is_told_by_what_was_sent_and_found(returned, student, expected):
    row = row_of(returned, LEAVERS, "L", student)
    assert tuple(row[name] for name in ("completion_type", "last_exit_type_code", "exit_kind", "reconciliation")) == (
        expected
    )
    assert row["counts_here"]
    assert {name: row[name] for name in COLLEGE} == UNKNOWN


def test_who_finished_in_another_district_is_told_there_and_here_only_that_they_went_on(returned):
    here, there = (row_of(returned, LEAVERS, lea, "finishes_elsewhere") for lea in "LK")
    assert (here["reconciliation"], here["next_entry_date"], here["counts_here"], here["completion_type"]) == (
        "transfer_found",
        mondays(2022)[0],
        False,
        None,
    )
    assert {name: here[name] for name in COLLEGE} == UNKNOWN
    assert not {"K", "K1"} & set(here.values())
    assert (there["is_in_college_by_october_31"], there["second_fall_status"]) == (True, "same_institution")


def test_the_incoming_are_those_whose_last_school_was_of_another_district_or_none(returned):
    assert students_by_district(returned, INCOMING) == {
        "L": {"from_another_district", "from_another_state", "two_districts_before", "nothing_told", "there_and_back"},
        "K": {"there_and_back", "at_two_districts"},
    }


def test_a_student_from_another_district_comes_with_the_history_of_the_day_of_entry(returned):
    row = row_of(returned, INCOMING, "L", "from_another_district")
    assert {name: value for name, value in row.items() if value is not None} == {
        "lea_id": "L",
        "school_id": "L1",
        "school_year": 2023,
        "student_key": "from_another_district",
        "grade_level_code": "09",
        "entry_date": mondays(2023)[0],
        "entry_type_code": "01822",
        "came_from": "another_district",
        "previous_lea_id": "K",
        "previous_lea_name": "District K",
        "previous_school_id": "K1",
        "previous_school_name": "School K1",
        "previous_school_year": 2022,
        "previous_grade_level_code": "08",
        "previous_lea_count": 1,
        "days_enrolled_last_year": len(mondays(2022)),
        "days_absent_last_year": 3,
        "idea_last_year": "Yes",
        "section_504_last_year": "Missing",
        "english_learner_last_year": "Yes",
        "special_education_begin_date": mondays(2022)[0],
        "mathematics_performance_level": "Met",
        "mathematics_assessment_type_code": "StateSummative",
        "mathematics_test_date": mondays(2022)[30],
        "credits_earned": 1,
        "out_of_school_suspension_count": 1,
        "expulsion_count": 0,
        "previous_as_of_date": mondays(2022)[-1],
        "as_of_date": mondays(2023)[-1],
    }


def test_a_student_from_another_state_has_no_history_and_the_row_says_so(returned):
    row = row_of(returned, INCOMING, "L", "from_another_state")
    assert {name: value for name, value in row.items() if value is not None} == {
        "lea_id": "L",
        "school_id": "L1",
        "school_year": 2023,
        "student_key": "from_another_state",
        "grade_level_code": "10",
        "entry_date": mondays(2023)[4],
        "entry_type_code": "01823",
        "came_from": "no_earlier_record",
        "as_of_date": mondays(2023)[-1],
    }


def test_of_two_districts_before_the_last_is_named_and_last_year_is_of_both(returned):
    row = row_of(returned, INCOMING, "L", "two_districts_before")
    # K alone tells attendance and discipline, so absences are counted over what is known.
    assert (row["previous_lea_id"], row["previous_school_id"], row["previous_lea_count"]) == ("K", "K1", 2)
    assert (row["days_enrolled_last_year"], row["days_absent_last_year"]) == (len(mondays(2022)) - 11, 0)
    assert (row["out_of_school_suspension_count"], row["expulsion_count"]) == (0, 0)


def test_what_the_previous_district_never_sent_is_unknown_and_not_zero(returned):
    row = row_of(returned, INCOMING, "L", "nothing_told")
    assert (row["previous_lea_id"], row["days_enrolled_last_year"]) == ("M", len(mondays(2022)))
    assert [
        row[name]
        for name in (
            "days_absent_last_year",
            "credits_earned",
            "out_of_school_suspension_count",
            "expulsion_count",
            "mathematics_performance_level",
        )
    ] == [None] * 5


def test_a_district_is_told_nothing_from_after_the_entry(returned):
    at_l, at_k = (row_of(returned, INCOMING, lea, "there_and_back") for lea in "LK")
    assert (at_l["previous_lea_id"], at_l["previous_exit_date"], at_l["expulsion_count"]) == ("K", mondays(2023)[9], 1)
    assert (at_k["previous_lea_id"], at_k["previous_exit_date"], at_k["expulsion_count"]) == ("L", mondays(2023)[20], 2)


@pytest.mark.parametrize("table", [LEAVERS, INCOMING])
def test_a_district_never_sees_a_student_it_never_had(returned, table):
    assert returned.rows(f"select count(*) from {table}")[0][0] > 0
    assert (
        returned.rows(
            f"select lea_id, student_key from {table} except select lea_id, student_key from records.enrollments"
        )
        == []
    )


def test_no_column_tells_of_wages_or_work(returned):
    for table in (LEAVERS, INCOMING):
        columns = {name for name, *_ in returned.rows(f"describe {table}")}
        assert [name for name in columns if any(word in name for word in ("wage", "employ", "earnings", "usd"))] == []
    graph = returned.manifest()["parent_map"]
    seen, left = set(), ["model.openslds.district_leaver_outcomes", "model.openslds.district_incoming_students"]
    while left:
        node = left.pop()
        if node not in seen:
            seen.add(node)
            left += graph.get(node, [])
    assert "model.openslds.fct_postsecondary_search" in seen
    assert {"model.openslds.fct_quarterly_wage", "model.openslds.fct_employment_after_exit"} & seen == set()
