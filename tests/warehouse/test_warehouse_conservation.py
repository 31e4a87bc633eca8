"""Nobody is lost on the way: what was received is counted, or excluded with a reason, down to the indicators."""

import pytest

FACTS = ("core.fct_enrollment", "core.fct_attendance_event", "core.fct_assessment_result")
INDICATORS = ("indicators.ind_membership_october_1", "indicators.ind_average_daily_attendance",
              "indicators.ind_chronic_absenteeism")


@pytest.fixture(scope="module")
def accounts(built):
    """(table it leads to, district, disposition, reason) → rows, of school year 2022."""
    rows = built.rows("select leads_to, lea_id, disposition, reason, row_count from state.state_row_conservation "
                      "where school_year = 2022")
    return {row[:4]: row[4] for row in rows}


@pytest.mark.parametrize("table", FACTS + INDICATORS)
def test_the_counted_and_the_excluded_are_the_received(built, table):
    sides = built.rows(
        "select lea_id, school_year, sum(row_count) filter (where disposition = 'received'), "
        "sum(row_count) filter (where disposition <> 'received') from state.state_row_conservation "
        f"where leads_to = '{table}' group by lea_id, school_year")
    assert sides
    assert [side for side in sides if side[2] != side[3]] == []


def test_every_record_received_is_in_the_account(built, deliveries):
    received = dict(built.rows("select unit, sum(row_count) from state.state_row_conservation "
                               f"where disposition = 'received' and leads_to in {FACTS} group by unit"))
    for unit, record_type in (("enrollments", "enrollments"), ("attendance records", "attendance"),
                              ("assessment results", "assessment_results")):
        assert received[unit] == sum(len(delivery.rows[record_type]) for delivery in deliveries)


def test_each_reason_to_exclude_is_named_where_it_arose(accounts):
    # In district A a spell ends before it begins; attendance falls on a Saturday, after an exit, and has no status.
    assert accounts["core.fct_enrollment", "A", "excluded", "exit_before_entry"] == 1
    for reason in ("not_an_instructional_day", "not_enrolled", "unknown_status"):
        assert accounts["core.fct_attendance_event", "A", "excluded", reason] >= 1
    assert accounts["core.fct_attendance_event", "A", "counted", "present_as_the_calendar_says"] == 1
    assert accounts["core.fct_assessment_result", "A", "excluded", "no_performance_level"] >= 1


def test_days_that_two_enrolments_share_are_counted_once(accounts):
    # `overlapping_spells`: through day 25 by the first, from day 10 on by the second.
    table = "indicators.ind_average_daily_attendance"
    assert accounts[table, "A", "excluded", "day_of_two_enrollments"] == 16


def test_a_district_without_attendance_has_its_days_excluded_not_lost(accounts):
    table = "indicators.ind_average_daily_attendance"
    assert accounts[table, "D", "excluded", "attendance_not_sent"] == accounts[table, "D", "received", None]
    assert (table, "D", "counted", None) not in accounts


def test_a_student_below_the_minimum_of_days_is_excluded_from_chronic_absenteeism(accounts):
    table = "indicators.ind_chronic_absenteeism"
    assert accounts[table, "A", "excluded", "enrolled_less_than_the_minimum"] >= 1
