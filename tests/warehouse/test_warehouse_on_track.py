"""On-track, early warning and discipline of a made-up state of three years, each computed a second time in plain Python."""

import pytest

from tests.warehouse.on_track_oracle import OnTrack, tabulate
from tests.warehouse.on_track_state import make_state

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
MODELS = [*ON_TRACK]


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
