"""On-track, early warning and discipline of a made-up state, each row computed a second time in plain Python."""

from fractions import Fraction

import pytest

from tests.warehouse.on_track_oracle import OnTrack, tabulate
from tests.warehouse.on_track_state import make_state
from tests.warehouse.removal_oracle import KINDS, Removals
from tests.warehouse.warning_oracle import NUMBERS, Warnings, share

STATUSES = ("economic_disadvantage", "english_learner", "idea", "section_504", "homeless", "migrant", "foster",
            "military_connected")
DESCRIBED = ("race_ethnicity", "sex", *STATUSES)
ON_TRACK = {
    "ind_grade_9_on_track": lambda oracle: oracle.chicago(),
    "ind_grade_9_on_track_semester_1": lambda oracle: oracle.chicago_semester_1(),
    "ind_grade_9_on_track_e_w": lambda oracle: oracle.framework("09", gpa=30, attendance=96, no_d=True),
    "ind_grade_8_on_track": lambda oracle: oracle.framework("08", gpa=25, attendance=96, no_d=True),
    "ind_grade_6_on_track": lambda oracle: oracle.framework("06", gpa=0, attendance=90, no_d=False),
    "ind_algebra_by_grade_9": lambda oracle: oracle.algebra(),
}
REMOVALS = {
    **{model: lambda oracle, model=model: oracle.removals(model) for model in KINDS},
    "ind_positive_behavior": lambda oracle: oracle.positive_behavior(),
    "ind_days_lost_to_discipline": lambda oracle: oracle.days_lost(),
    "ind_on_time_attendance": lambda oracle: oracle.punctuality(of_days_present=False),
    "ind_tardy_rate": lambda oracle: oracle.punctuality(of_days_present=True),
}
MODELS = [*ON_TRACK, *REMOVALS, "ind_significant_disproportionality", "ind_discipline_risk_ratio",
          "school_early_warning", "state_early_warning_validation"]
PUBLISHED = ("race_ethnicity", "sex", "economic_disadvantage", "english_learner", "idea", "grade")


@pytest.fixture(scope="module")
def state(new_delivery):
    return make_state(new_delivery)


@pytest.fixture(scope="module")
def built_state(new_warehouse, state):
    """The state, built through to these indicators, the project's data tests passed."""
    warehouse = new_warehouse("on_track")
    warehouse.load(*state.deliveries.values())
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable",
                  "--select", *(f"+{model}" for model in MODELS))
    return warehouse


@pytest.fixture(scope="module")
def described(built_state):
    """(student, year) → who the warehouse says the student was."""
    rows = built_state.rows(
        f"select student_key, school_year, grade_level_code, {', '.join(DESCRIBED)} from core.dim_student_year")
    return {row[:2]: dict(zip(("grade", *DESCRIBED), row[2:], strict=True)) for row in rows}


@pytest.fixture(scope="module")
def removals(state):
    return Removals(state, OnTrack(state).stays)


@pytest.fixture(scope="module")
def warnings(state):
    return Warnings(state)


@pytest.fixture(scope="module")
def values(built_state):
    """Breakdown → all its values, from the seed."""
    single = {}
    for kind, value in built_state.rows("select disaggregate_type, disaggregate_value from seeds.subgroup_values"):
        single.setdefault(kind, []).append(value)
    return single | {f"{a} x {b}": [f"{x} x {y}" for x in single[a] for y in single[b]]
                     for a, b in (("race_ethnicity", "sex"), ("idea", "sex"))}


def figures_of(warehouse, model):
    return {row[:6]: row[6:] for row in warehouse.rows(
        "select authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value, numerator, "
        f"denominator, n_missing from indicators.{model}")}


def differences(found, expected, *, at_least=500):
    """The rows in which two computations differ: key → (found, expected)."""
    assert len(found) > at_least
    return {key: (found.get(key), expected.get(key)) for key in expected.keys() | found.keys()
            if found.get(key) != expected.get(key)}


@pytest.mark.parametrize("model", ON_TRACK)
def test_every_row_of_an_on_track_indicator_equals_the_second_computation(built_state, state, described, values, model):
    expected = tabulate(ON_TRACK[model](OnTrack(state)), described, values)
    assert any(0 < numerator < denominator and missing for numerator, denominator, missing in expected.values())
    assert differences(figures_of(built_state, model), expected) == {}


@pytest.mark.parametrize("model", REMOVALS)
def test_every_row_about_removals_and_lateness_equals_the_second_computation(
        built_state, removals, described, values, model):
    expected = tabulate(REMOVALS[model](removals), described, values)
    assert any(0 < numerator < denominator and missing for numerator, denominator, missing in expected.values())
    assert differences(figures_of(built_state, model), expected) == {}


def test_every_risk_ratio_of_idea_equals_the_second_computation(built_state, removals, described):
    expected = removals.risk_ratios(described)
    found = {row[:4]: row[4:] for row in built_state.rows(
        "select school_year, lea_id, category, race_ethnicity, outcome_count, child_count, other_outcome_count, "
        "other_count, method, years_exceeded, ratio_numerator, ratio_denominator "
        "from core.fct_significant_disproportionality")}
    exact = {key: (*row[:6], Fraction(row[6], row[7]) if row[7] else None) for key, row in found.items()}
    assert {row[4] for row in exact.values()} >= {"risk_ratio", "group_below_minimum", "alternate_risk_ratio"}
    assert differences(exact, expected, at_least=200) == {}


def test_a_risk_ratio_is_the_share_of_a_group_over_the_share_of_all_others(built_state):
    shares = {row[:5]: row[5:] for row in built_state.rows(
        "select school_year, org_level, org_id, disaggregate_type, disaggregate_value, numerator, denominator "
        "from indicators.ind_exclusionary_discipline where disaggregate_value <> 'Missing'")}
    for *key, value in built_state.rows(
            "select school_year, org_level, org_id, disaggregate_type, disaggregate_value, value "
            "from indicators.ind_discipline_risk_ratio"):
        others = [row for other, row in shares.items() if other[:4] == tuple(key[:4]) and other[4] != key[4]]
        removed, count = sum(row[0] for row in others), sum(row[1] for row in others)
        own = shares[tuple(key)]
        if removed == 0 or own[1] == 0:
            assert value is None
        else:
            assert abs(Fraction(own[0], own[1]) / Fraction(removed, count) - Fraction(value)) <= Fraction(1, 2_000_000)


def test_every_row_of_the_early_warning_equals_the_second_computation(built_state, warnings):
    found = {row[:3]: row[3:] for row in built_state.rows(
        "select student_key, school_id, as_of_date, week, checkpoint, grade_level_code, is_flag_a, is_flag_b, "
        f"is_flag_c, thresholds_met, level, {', '.join(NUMBERS)} from core.fct_early_warning")}
    expected = {key: (row["week"], row["checkpoint"], row["grade"], *row["flags"].values(), row["names"],
                      sum(flag or False for flag in row["flags"].values()), *(row[name] for name in NUMBERS))
                for key, row in warnings.rows.items()}
    assert {row[7] for row in found.values()} == {0, 1, 2, 3}
    assert differences(found, expected) == {}


def test_the_list_of_a_school_holds_this_week_and_what_a_week_changed(built_state, warnings):
    weeks = {week: {key[:2]: row for key, row in warnings.rows.items() if row["week"] == week}
             for week in ("this_week", "last_week")}
    expected = {}
    for key, now in weeks["this_week"].items():
        before = weeks["last_week"].get(key)
        up = {name.upper() for name, flag in now["flags"].items() if flag}
        was_up = {name.upper() for name, flag in before["flags"].items() if flag} if before else set()
        if up or was_up:
            expected[key] = (len(up), len(was_up) if before else None, " ".join(sorted(up - was_up)),
                             " ".join(sorted(was_up - up)),
                             now["days_absent"] - before["days_absent"] if before else None)
    found = {row[:2]: row[2:] for row in built_state.rows(
        "select student_key, school_id, level, level_last_week, new_flags, cleared_flags, days_absent_since_last_week "
        "from school.school_early_warning")}
    assert differences(found, expected, at_least=50) == {}


def test_every_row_of_the_validation_equals_the_second_computation(built_state, warnings, described):
    dropouts = {row[:2]: row[2] for row in built_state.rows(
        "select student_key, school_year, is_dropout = 1 from core.fct_fall_status where authority = 'edfacts'")}
    expected = warnings.validation(dropouts, described, PUBLISHED)
    found = {row[:7]: row[7:] for row in built_state.rows(
        "select school_year, checkpoint, rule, org_level, lea_id, disaggregate_type, disaggregate_value, "
        "student_count, n_missing, warned_count, outcome_count, warned_outcome_count, sensitivity, precision, "
        "base_rate from state.state_early_warning_validation")}
    assert differences({key: row[:5] for key, row in found.items()}, expected, at_least=2000) == {}
    for students, _, warned, outcomes, both, *shares in found.values():
        exact = [None if value is None else Fraction(value) for value in shares]
        assert exact == [share(both, outcomes), share(both, warned), share(outcomes, students)]


def test_nothing_but_the_list_of_a_school_and_the_validation_of_the_state_is_made_of_the_early_warning(built_state):
    nodes = built_state.manifest()["nodes"].values()
    made_of_it = {node["name"] for node in nodes if node["resource_type"] == "model"
                  and "model.openslds.fct_early_warning" in node["depends_on"]["nodes"]}
    assert made_of_it == {"school_early_warning", "state_early_warning_validation"}
