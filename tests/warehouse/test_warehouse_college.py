"""Diplomas, college, work, courses and climate of a made-up state, each computed a second time in plain Python."""

import pytest

from tests.warehouse.college_oracle import Oracle, tally
from tests.warehouse.college_state import make_state
from tests.warehouse.course_oracle import CourseOracle
from tests.warehouse.leaving_oracle import BREAKDOWNS, STATUSES

# Model → its rows in the second computation.
COLLEGE = {
    "ind_regular_diplomas": lambda o: o.completers("regular"),
    "ind_other_completers": lambda o: o.completers("alternate", "other"),
    "ind_high_school_equivalencies": lambda o: o.completers("equivalency"),
    "ind_college_enrollment_october_31": lambda o: o.college("october_31", "education_to_workforce"),
    "ind_college_enrollment_16_months": lambda o: o.college("sixteen_months", "edfacts"),
    "ind_college_persistence": lambda o: o.second_fall(there=False),
    "ind_college_retention": lambda o: o.second_fall(there=True),
    "ind_credential_attainment_100_percent": lambda o: o.attained(100),
    "ind_credential_attainment_150_percent": lambda o: o.attained(150),
    "ind_credential_attainment_200_percent": lambda o: o.attained(200),
    "ind_first_year_credits": lambda o: o.first_year("credits"),
    "ind_gateway_courses": lambda o: o.first_year("gateways"),
    "ind_employment_second_quarter": lambda o: o.employed(2),
    "ind_employment_fourth_quarter": lambda o: o.employed(4),
}
COURSES = {
    "ind_fafsa_completion": lambda o: o.fafsa()[0],
    "ind_cte_concentration": lambda o: o.careers("concentration"),
    "ind_industry_credential": lambda o: o.careers(("industry_credentials", "award_date")),
    "ind_work_based_learning": lambda o: o.careers(("work_based_learning", "begin_date")),
    "ind_advanced_course_participation": lambda o: o.advanced("participation"),
    "ind_advanced_course_completion": lambda o: o.advanced("completion"),
    "ind_advanced_course_success": lambda o: o.advanced("success"),
    "ind_college_entrance_participation": lambda o: o.exams("participation"),
    "ind_college_entrance_readiness": lambda o: o.exams("readiness"),
}
OTHERS = ["ind_college_sector_16_months", "ind_median_earnings", "ind_median_earnings_constant_dollars",
          "ind_fafsa_completion_by_week", "ind_advanced_course_equity_gap", "ind_advanced_course_parity",
          "ind_school_climate", "fct_earnings_publication_flag"]
DESCRIBED = ("race_ethnicity", "sex", *STATUSES)
KEYS = "authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value"


@pytest.fixture(scope="module")
def state(new_delivery):
    return make_state(new_delivery)


@pytest.fixture(scope="module")
def college(new_warehouse, state):
    """The state, built through to the indicators of this area, the project's data tests passed."""
    warehouse = new_warehouse("college")
    warehouse.load(*state)
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable",
                  "--select", *(f"+{model}" for model in (*COLLEGE, *COURSES, *OTHERS)))
    return warehouse


@pytest.fixture(scope="module")
def described(college):
    """(student, year) → who the warehouse says the student was."""
    columns = ", ".join(DESCRIBED)
    rows = college.rows(f"select student_key, school_year, grade_level_code, {columns} from core.dim_student_year")
    return {row[:2]: dict(zip(("grade", *DESCRIBED), row[2:], strict=True)) for row in rows}


@pytest.fixture(scope="module")
def values(college):
    """Breakdown → all its values, from the seed."""
    single = {}
    for kind, value in college.rows("select disaggregate_type, disaggregate_value from seeds.subgroup_values"):
        single.setdefault(kind, []).append(value)
    crossed = {name: [f"{a} x {b}" for a in single[name.split(" x ")[0]] for b in single[name.split(" x ")[1]]]
               for name in BREAKDOWNS if " x " in name}
    return single | crossed


@pytest.fixture(scope="module")
def oracle(state):
    return Oracle(state)


@pytest.fixture(scope="module")
def course_oracle(state):
    return CourseOracle(state)


def differences(found, expected):
    """key → (found, expected) where the two computations differ."""
    assert found
    return {key: (found.get(key), expected.get(key)) for key in expected.keys() | found.keys()
            if found.get(key) != expected.get(key)}


@pytest.mark.parametrize("model", [*COLLEGE, *COURSES])
def test_every_row_of_an_indicator_equals_the_second_computation(
    college, described, values, oracle, course_oracle, model
):
    rows = COLLEGE[model](oracle) if model in COLLEGE else COURSES[model](course_oracle)
    expected = {key: tuple(cell) for key, cell in tally(rows, described, values).items()}
    found = {row[:6]: row[6:] for row in college.rows(
        f"select {KEYS}, coalesce(numerator, 0), coalesce(denominator, 0), student_count, n_missing "
        f"from indicators.{model}")}
    assert len(found) > 1000
    assert differences(found, expected) == {}
    # The drawn state leaves nothing at zero by accident.
    assert sum(cell[2] for cell in expected.values()) > 0


@pytest.mark.parametrize("model", ["ind_median_earnings", "ind_median_earnings_constant_dollars"])
def test_every_median_equals_the_second_computation(college, described, values, oracle, model):
    expected = oracle.earnings(described, values, in_prices=model.endswith("dollars"))
    found = {row[:6]: row[6:] for row in college.rows(
        f"select {KEYS}, value, student_count, n_missing from indicators.{model}")}
    assert differences(found, expected) == {}


def test_the_kinds_of_institutions_equal_the_second_computation(college, oracle):
    found = {row[:4]: list(row[4:]) for row in college.rows(
        "select school_year, org_level, org_id, disaggregate_value, numerator, denominator, n_missing "
        "from indicators.ind_college_sector_16_months")}
    assert differences(found, oracle.sectors()) == {}


def test_every_week_of_the_fafsa_curve_equals_the_second_computation(college, course_oracle):
    found = {row[:4]: list(row[4:]) for row in college.rows(
        "select school_year, org_level, org_id, period_end, numerator, denominator "
        "from indicators.ind_fafsa_completion_by_week")}
    assert differences(found, course_oracle.fafsa()[1]) == {}


def test_every_scale_of_every_survey_equals_the_second_computation(college, course_oracle):
    found = {row[:5]: list(row[5:]) for row in college.rows(
        "select school_year, org_level, org_id, respondent_role_code, construct, favorable_count, valid_count, "
        "invited_count from core.fct_survey_scale")}
    assert differences(found, course_oracle.climate()) == {}
    assert college.rows("select count(*) from indicators.ind_school_climate") == [(len(found),)]


def test_the_gaps_of_a_breakdown_add_up_to_zero(college):
    assert college.rows(
        "select count(*) from (select sum(value) as total from indicators.ind_advanced_course_equity_gap "
        "group by school_year, org_level, org_id, disaggregate_type) as t where abs(total) > 0.0001") == [(0,)]


def test_no_graduate_is_lost_between_the_diploma_and_the_windows(college):
    assert college.rows(
        "select count(*) from core.fct_high_school_completion as c inner join (select distinct window_name, "
        "school_year from core.fct_college_enrollment_window) as w on c.school_year = w.school_year left join "
        "core.fct_college_enrollment_window as f on f.window_name = w.window_name and f.student_key = c.student_key "
        "where c.exclusion_reason is null and c.counts_as = 'regular' and f.student_key is null") == [(0,)]


def test_every_reason_for_knowing_or_not_knowing_of_college_occurs(college):
    found = {row[0] for row in college.rows("select distinct status_reason from core.fct_college_enrollment_window")}
    assert found == {"record_in_window", "search_found_nothing", "records_outside_window", "never_searched",
                     "searched_too_early", "found_without_record", "blocked", "not_searchable"}
