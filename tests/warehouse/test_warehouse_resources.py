"""Staff, money and buses of a made-up state of three years, each figure computed a second time in plain Python."""

import pytest

from tests.warehouse import resources_oracle as oracle
from tests.warehouse.resources_state import make_state

INDICATORS = ["student_teacher_ratio", "students_per_support_staff", "educator_retention", "principal_tenure",
              "bus_on_time_arrival", "bus_minutes_late", "bus_student_minutes_lost", "bus_ride_minutes",
              "per_pupil_expenditure", "professional_learning_participation", "professional_learning_hours"]


@pytest.fixture(scope="module")
def state(new_delivery):
    return make_state(new_delivery)


@pytest.fixture(scope="module")
def resources(new_warehouse, state):
    """The state, built through to the figures about resources, the project's data tests passed."""
    warehouse = new_warehouse("resources")
    warehouse.load(*state.deliveries.values())
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable", "--select",
                  *(f"+ind_{name}" for name in INDICATORS), "+ind_late_bus_tardy_share",
                  "+fct_student_daily_arrival", "+district_resources")
    return warehouse


@pytest.fixture(scope="module")
def expected(state):
    """Indicator → its rows by the second computation."""
    ratio, support = oracle.expected_ratios(state)
    on_time, late, lost = oracle.expected_runs(state)
    participation, hours = oracle.expected_learning(state)
    return {
        "student_teacher_ratio": ratio, "students_per_support_staff": support,
        "educator_retention": oracle.expected_retention(state), "principal_tenure": oracle.expected_tenure(state),
        "bus_on_time_arrival": on_time, "bus_minutes_late": late, "bus_student_minutes_lost": lost,
        "bus_ride_minutes": oracle.expected_rides(state), "per_pupil_expenditure": oracle.expected_expenditure(state),
        "professional_learning_participation": participation, "professional_learning_hours": hours,
    }


@pytest.mark.parametrize("name", INDICATORS)
def test_every_row_equals_the_second_computation(resources, expected, name):
    figure = "value" if next(iter(expected[name].values()))[0] is None else "null"
    found = {row[:6]: row[6:] for row in resources.rows(
        "select authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value, numerator, "
        f"denominator, {figure}, n_missing from indicators.ind_{name} where authority <> 'utah'")}
    assert len(found) > 10
    assert {key: (found.get(key), expected[name].get(key)) for key in expected[name].keys() | found.keys()
            if found.get(key) != expected[name].get(key)} == {}


def test_every_late_or_absent_student_day_has_the_reason_of_the_second_computation(resources, state):
    expected = oracle.expected_arrivals(state)
    found = {row[:2]: row[2:] for row in resources.rows(
        "select student_key, attendance_date, bus_evidence, arrival from core.fct_student_arrival")}
    assert {key: (found.get(key), expected.get(key)) for key in expected.keys() | found.keys()
            if found.get(key) != expected.get(key)} == {}
    assert len(set(expected.values())) == 14


def test_the_share_explained_by_the_bus_counts_the_student_days_told(resources, state):
    arrivals = oracle.expected_arrivals(state)
    days = [arrival for (_, day), (evidence, arrival) in arrivals.items()
            if evidence != "no_bus_data" and 2021 < day.year + 1 <= 2022]
    assert resources.rows(
        "select numerator, denominator from indicators.ind_late_bus_tardy_share where org_level = 'state' "
        "and school_year = 2022 and disaggregate_type = 'all'") == [
            (days.count("tardy_bus"), days.count("tardy_bus") + days.count("tardy_other"))]


def test_every_student_day_is_on_time_or_has_a_reason(resources):
    [(days, enrolled, on_time)] = resources.rows(
        "select count(*), (select count(*) from core.fct_student_daily_attendance), "
        "count(*) filter (where arrival = 'on_time') from core.fct_student_daily_arrival")
    assert days == enrolled
    assert on_time == days - resources.rows("select count(*) from core.fct_student_arrival")[0][0]


def test_every_outcome_of_a_teacher_and_every_reason_against_an_account_occurs(resources):
    assert len(resources.rows("select distinct retention_outcome from core.fct_educator_retention")) == 7
    assert {row[0] for row in resources.rows("select distinct exclusion_reason from core.fct_expenditure")} == {
        None, "not_an_expenditure", "purpose_unknown", "not_current"}


def test_the_classes_of_retention_add_up_to_the_teachers_known(resources):
    assert resources.rows(
        "select count(*) from (select max(denominator) as teachers, sum(numerator) as classes "
        "from indicators.ind_educator_retention where disaggregate_type = 'retention_outcome' "
        "group by school_year, org_level, org_id) where teachers <> classes") == [(0,)]


def test_a_district_sees_its_schools_beside_itself_and_the_state_and_nothing_of_others(resources):
    assert {row for row in resources.rows("select distinct lea_id, org_id from district.district_resources")} == {
        (lea, org) for lea in ("A", "B", "C") for org in (lea, f"{lea}1")} | {("A", "A2")}
    assert resources.rows(
        "select count(*) > 0, count(*) filter (where r.value is distinct from i.value "
        "or r.lea_value is distinct from l.value or r.state_value is distinct from s.value) "
        "from district.district_resources as r "
        + " ".join(f"left join indicators.ind_per_pupil_expenditure as {name} on {name}.org_id = {org} "
                   f"and {name}.authority = r.authority and {name}.school_year = r.school_year "
                   f"and {name}.disaggregate_value = r.disaggregate_value"
                   for name, org in (("i", "r.org_id"), ("l", "r.lea_id"), ("s", "'ST'")))
        + " where r.indicator_id = 'I30'") == [(True, 0)]
