"""Nobody is lost on the way: what was received is counted, or excluded with a reason, down to the indicators."""

import duckdb
import pytest

FACTS = ("core.fct_enrollment", "core.fct_attendance_event", "core.fct_assessment_result")
TESTED = "core.fct_assessment_participation"
INDICATORS = ("indicators.ind_membership_october_1", "indicators.ind_average_daily_attendance",
              "indicators.ind_chronic_absenteeism", "indicators.ind_assessment_participation",
              "indicators.ind_academic_achievement")


@pytest.fixture(scope="module")
def accounts(built):
    """(table it leads to, district, disposition, reason) → rows, of school year 2022; those tested are in `tested`."""
    rows = built.rows("select leads_to, lea_id, disposition, reason, row_count from state.state_row_conservation "
                      f"where school_year = 2022 and leads_to <> '{TESTED}'")
    return {row[:4]: row[4] for row in rows}


@pytest.fixture(scope="module")
def tested(built):
    """(unit, district, disposition, reason) → rows that lead to the fact of who was tested, of school year 2022."""
    rows = built.rows("select unit, lea_id, disposition, reason, row_count from state.state_row_conservation "
                      f"where school_year = 2022 and leads_to = '{TESTED}'")
    return {row[:4]: row[4] for row in rows}


@pytest.mark.parametrize("table", [*FACTS, TESTED, *INDICATORS])
def test_the_counted_and_the_excluded_are_the_received(built, table):
    sides = built.rows(
        "select lea_id, school_year, unit, sum(row_count) filter (where disposition = 'received'), "
        "sum(row_count) filter (where disposition <> 'received') from state.state_row_conservation "
        f"where leads_to = '{table}' group by lea_id, school_year, unit")
    assert sides
    assert [side for side in sides if side[3] != side[4]] == []


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


def test_every_result_makes_the_row_of_a_student_or_says_why_not(tested, accounts):
    unit, table = "assessment results", "core.fct_assessment_result"
    assert tested[unit, "A", "received", None] == accounts[table, "A", "received", None] == 6
    # Z9 is described by nobody, so no state test; the state test of the five others counts, also as an excuse.
    assert tested[unit, "A", "excluded", "another_assessment"] == 1
    assert tested[unit, "A", "counted", None] == 5


def test_who_should_have_been_tested_is_counted_with_a_record_or_without(tested, accounts):
    unit = "students in tested subjects"
    # In A three have a score, one a reason, and three were at school in grade 5 that day without a record.
    assert tested[unit, "A", "received", None] == tested[unit, "A", "counted", None] == 7
    assert tested[unit, "B", "excluded", "medical_exemption"] == 1
    for lea_id, count in (("C", 1), ("D", 2)):
        assert tested[unit, lea_id, "excluded", "results_not_sent"] == count
    participation, achievement = "indicators.ind_assessment_participation", "indicators.ind_academic_achievement"
    assert accounts[participation, "A", "counted", None] == 7
    assert accounts[participation, "D", "excluded", "results_not_sent"] == 2
    assert accounts[achievement, "A", "counted", None] == 3
    assert accounts[achievement, "A", "excluded", "not_tested"] == 4


def test_a_student_lost_on_the_way_to_a_rate_is_found_missing(copy_of_built):
    with duckdb.connect(str(copy_of_built.path)) as connection:
        connection.execute(f"delete from {TESTED} where student_key = 'half_days'")
    copy_of_built.dbt("run", "--full-refresh", "--select", "state_row_conservation")
    run = copy_of_built.dbt("test", "--select", "assert_every_row_is_accounted_for", must_pass=False)
    assert run.returncode != 0
    assert copy_of_built.rows(
        "select unit, sum(case when disposition = 'received' then row_count else -row_count end) "
        f"from state.state_row_conservation where leads_to = '{TESTED}' group by unit order by unit") == [
            ("assessment results", 1), ("students in tested subjects", 1)]
