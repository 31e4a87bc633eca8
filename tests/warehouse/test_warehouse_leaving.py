"""Graduation, dropout and mobility of a made-up state of six years, each computed a second time in plain Python."""

import pytest

from tests.warehouse.leaving_oracle import BREAKDOWNS, STATUSES, expected_rates
from tests.warehouse.leaving_state import make_state
from tests.warehouse.moving_oracle import expected_dropouts, expected_moves

MADE_OF_LEAVING = ["+ind_graduation_rate_4_year", "+ind_graduation_rate_5_year", "+ind_graduation_rate_6_year",
                   "+district_graduation_cohort", "+state_graduation_cohort", "+ind_event_dropout",
                   "+ind_student_mobility", "+ind_student_mobility_incidence", "+ind_student_stability"]
DESCRIBED = ("race_ethnicity", "sex", *STATUSES)


@pytest.fixture(scope="module")
def state(new_delivery):
    return make_state(new_delivery)


@pytest.fixture(scope="module")
def leaving(new_warehouse, state):
    """The state, built through to the indicators and the marts about leaving, the project's data tests passed."""
    warehouse = new_warehouse("leaving")
    warehouse.load(*state)
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable",
                  "--select", *MADE_OF_LEAVING)
    return warehouse


@pytest.fixture(scope="module")
def described(leaving):
    """(student, year) → who the warehouse says the student was."""
    columns = ", ".join(DESCRIBED)
    rows = leaving.rows(f"select student_key, school_year, grade_level_code, {columns} from core.dim_student_year")
    return {row[:2]: dict(zip(("grade", *DESCRIBED), row[2:], strict=True)) for row in rows}


@pytest.fixture(scope="module")
def values(leaving):
    """Breakdown → all its values, from the seed."""
    single = {}
    for kind, value in leaving.rows("select disaggregate_type, disaggregate_value from seeds.subgroup_values"):
        single.setdefault(kind, []).append(value)
    crossed = {name: [f"{a} x {b}" for a in single[name.split(" x ")[0]] for b in single[name.split(" x ")[1]]]
               for name in BREAKDOWNS if " x " in name}
    return single | crossed


@pytest.fixture(scope="module")
def rates(state, described, values):
    """Extent in years → the second computation: (rows, reasons)."""
    return {years: expected_rates(state, described, values, years) for years in (4, 5, 6)}


def differences(warehouse, model, expected):
    """The rows in which an indicator and its second computation differ: key → (found, expected)."""
    found = {row[:6]: row[6:] for row in warehouse.rows(
        "select authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value, numerator, "
        f"denominator from indicators.{model}")}
    assert len(found) > 1000
    return {key: (found.get(key), expected.get(key)) for key in expected.keys() | found.keys()
            if found.get(key) != expected.get(key)}


@pytest.mark.parametrize("years", [4, 5, 6])
def test_every_row_of_a_graduation_rate_equals_the_second_computation(leaving, rates, years):
    expected, _ = rates[years]
    assert differences(leaving, f"ind_graduation_rate_{years}_year", expected) == {}


def test_every_row_of_the_dropout_rate_equals_the_second_computation(leaving, state, described, values):
    assert differences(leaving, "ind_event_dropout", expected_dropouts(state, described, values)) == {}


def test_every_row_of_mobility_and_stability_equals_the_second_computation(leaving, state, described, values):
    models = ("ind_student_mobility", "ind_student_mobility_incidence", "ind_student_stability")
    for model, expected in zip(models, expected_moves(state, described, values), strict=True):
        assert differences(leaving, model, expected) == {}, model


@pytest.mark.parametrize("years", [4, 5, 6])
def test_every_student_has_the_reason_of_the_second_computation(leaving, rates, years):
    _, expected = rates[years]
    found = {row[:2]: row[2] for row in leaving.rows(
        "select student_key, school_year, outcome_reason from core.fct_cohort_membership "
        f"where authority = 'essa_last_school' and years = {years}")}
    assert found.keys() == expected.keys()
    # Of two sufficient documents about one exit either may be named.
    assert {key: (reason, expected[key]) for key, reason in found.items()
            if reason not in expected[key].split("|")} == {}


def test_the_worked_example_of_the_reference_is_what_the_warehouse_says(leaving):
    for years, expected in ((4, (90, 103, "0.873786")), (5, (94, 103, "0.912621"))):
        assert leaving.rows(
            f"select numerator, denominator, cast(value as varchar) from indicators.ind_graduation_rate_{years}_year "
            "where org_id = 'G' and org_level = 'lea' and disaggregate_type = 'all' "
            f"and authority = 'essa_last_school' and school_year = {2016 + years}") == [expected]
    assert dict(leaving.rows("select outcome_reason, count(*) from core.fct_cohort_membership where last_lea_id = 'G' "
                             "and authority = 'essa_last_school' and years = 4 group by all")) == {
        "regular_diploma": 90, "equivalency": 3, "transfer_undocumented": 1, "still_enrolled": 9,
        "transferred_out": 5, "emigrated": 1, "died": 1}


def test_every_way_of_leaving_occurs(leaving):
    occurring = {row[0] for row in leaving.rows("select distinct outcome_reason from core.fct_cohort_membership")}
    known = {row[0] for row in leaving.rows("select reason_code from seeds.cohort_rules where effect <> 'enters'")}
    assert known - occurring == set()


def test_the_arithmetic_of_a_rate_adds_up_from_entries_to_outcomes(leaving):
    rows = leaving.rows("select step, effect, sum(student_count), sum(denominator), sum(numerator) "
                        "from state.state_graduation_cohort where lea_id = 'G' and years = 4 and school_year = 2020 "
                        "and authority = 'essa_last_school' group by all order by all")
    assert rows == [("entry", "enters", 110, 103, 90), ("outcome", "graduate", 90, 90, 90),
                    ("outcome", "not_graduate", 13, 13, 0), ("outcome", "removed", 7, 0, 0)]


def test_a_district_reads_why_each_of_its_students_counts_and_what_would_change_it(leaving):
    [(words, rule, record, contest)] = leaving.rows(
        "select what_became, outcome_rule_number, evidence_record, how_to_contest "
        "from district.district_graduation_cohort where lea_id = 'G' and student_key = 'g097' and years = 4 "
        "and authority = 'essa_last_school'")
    assert "no written confirmation was sent" in words
    assert (rule, record) == (4036, "enrollments")
    assert "TranscriptRequest" in contest


def test_a_district_is_told_that_a_student_went_on_but_nothing_of_the_other_district(leaving):
    rows = leaving.rows("select distinct what_became, counted_at_school_id, outcome_rule_number, evidence_code "
                        "from district.district_graduation_cohort where not counts_here")
    assert {row[1:] for row in rows} == {(None, None, None)}
    assert {row[0].split(",")[0] for row in rows} == {
        "You reported the student as gone", "The student went on to another district of the state and counts there."}


def test_who_counts_is_in_the_lists_of_exactly_one_district(leaving):
    assert leaving.rows("select count(*) from (select student_key from district.district_graduation_cohort "
                        "where years = 4 and authority = 'essa_last_school' group by student_key "
                        "having count(*) filter (where counts_here) <> 1)") == [(0,)]
