"""Readiness, achievement, participation, growth and English of a made-up state, each computed a second time."""

import pytest

from tests.warehouse import achieving_counts as counts
from tests.warehouse.achieving_oracle import (
    expected_english,
    expected_participation,
    expected_readiness,
    read_records,
    read_spells,
)
from tests.warehouse.achieving_state import SILENT, make_state
from tests.warehouse.small_state import LINEAGE, typed_columns

MODELS = ["ind_academic_achievement", "ind_assessment_participation", "ind_alternate_assessment",
          "ind_growth_gain", "ind_growth_residual", "ind_growth_percentile", "ind_growth_value_table",
          "ind_english_learner_progress", "ind_english_learner_reclassification", "ind_kindergarten_readiness"]


@pytest.fixture(scope="module")
def state(new_delivery):
    return make_state(new_delivery)


@pytest.fixture(scope="module")
def achieving(new_warehouse, state):
    """The state, built through to the indicators of achievement, the project's data tests passed."""
    warehouse = new_warehouse("achieving")
    warehouse.load(*state)
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable",
                  "--select", *(f"+{model}" for model in MODELS))
    return warehouse


@pytest.fixture(scope="module")
def described(achieving):
    """(student, year) → who the warehouse says the student was."""
    names = ("race_ethnicity", "sex", *counts.STATUSES)
    rows = achieving.rows(
        f"select student_key, school_year, grade_level_code, {', '.join(names)} from core.dim_student_year")
    return {row[:2]: dict(zip(("grade", *names), row[2:], strict=True)) for row in rows}


@pytest.fixture(scope="module")
def values(achieving):
    """Breakdown → all its values, from the seed."""
    single = {}
    for kind, value in achieving.rows("select disaggregate_type, disaggregate_value from seeds.subgroup_values"):
        single.setdefault(kind, []).append(value)
    crossed = {name: [f"{a} x {b}" for a in single[name.split(" x ")[0]] for b in single[name.split(" x ")[1]]]
               for name in counts.BREAKDOWNS if " x " in name}
    return {kind: single[kind] for kind in ("all", *counts.BREAKDOWNS) if kind in single} | crossed


@pytest.fixture(scope="module")
def programs(achieving):
    """Student → spells as an English learner."""
    found = {}
    for student, begin, end in achieving.rows("select student_key, begin_date, end_date from core.fct_program_spell "
                                              "where program_code = 'EnglishLearner'"):
        found.setdefault(student, []).append((begin, end))
    return found


@pytest.fixture(scope="module")
def spells(state):
    return read_spells(state)


@pytest.fixture(scope="module")
def records(state):
    kinds = ("assessments", "performance_levels", "assessment_results")
    return read_records(state, {kind: [name for name in typed_columns(kind) if name not in LINEAGE] for kind in kinds})


@pytest.fixture(scope="module")
def students(spells, records, described):
    return expected_participation(spells, records, described)


@pytest.fixture(scope="module")
def pairs(students):
    found = counts.pair(students)
    counts.add_residuals(found)
    counts.add_percentiles(found)
    return found


def differences(warehouse, model, expected, *, tolerance=1e-9, at_least=1000):
    """The rows in which an indicator and its second computation differ: key → (found, expected)."""
    found = {row[:7]: row[7:] for row in warehouse.rows(
        "select indicator_id, authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value, "
        f"numerator, denominator, student_count, n_missing, value from indicators.{model}")}
    assert len(found) > at_least
    assert any(row[-1] for row in found.values())

    def is_same(one, other, within):
        return one is other is None or (None not in (one, other) and abs(float(one) - float(other)) <= within)

    def agree(one, other):
        # Numerators are shown in hundredths of a point.
        return one and other and is_same(one[-1], other[-1], tolerance) and all(
            is_same(a, b, 0.005000001) for a, b in zip(one[:-1], other[:-1], strict=True))
    return {key: (found.get(key), expected.get(key)) for key in expected.keys() | found.keys()
            if not agree(found.get(key), expected.get(key))}


def test_every_student_has_the_code_and_the_reason_of_the_second_computation(achieving, students):
    found = {row[:3]: row[3:] for row in achieving.rows(
        "select student_key, school_year, subject, school_id, grade_level_code, participation_code, exclusion_reason, "
        "has_valid_score, is_recent_arrival, is_full_year_school, is_full_year_lea, is_full_year_state "
        "from core.fct_assessment_participation")}
    expected = {key: (row["school"], row["grade"], row["code"], row["reason"], row["valid"], row["is_new"],
                      *row["full"].values()) for key, row in students.items()}
    assert {key: (found.get(key), expected.get(key)) for key in found.keys() | expected.keys()
            if found.get(key) != expected.get(key)} == {}


def test_every_code_and_every_reason_occurs(achieving):
    rows = achieving.rows("select distinct participation_code from core.fct_assessment_participation")
    assert {row[0] for row in rows} == {"REGPARTWOACC", "REGPARTWACC", "ALTPARTALTACH", "PARTELP", "NPART", "MEDEXEMPT",
                                        None}
    rows = achieving.rows("select distinct exclusion_reason from core.fct_assessment_participation")
    assert {row[0] for row in rows} == {"not_enrolled_on_test_day", "medical_exemption", "passed_earlier",
                                        "results_not_sent", None}


def test_every_row_of_achievement_equals_the_second_computation(achieving, students, described, values):
    expected = counts.achievement(students, described, values)
    assert differences(achieving, "ind_academic_achievement", expected) == {}


def test_every_row_of_participation_equals_the_second_computation(achieving, students, described, values):
    for model, alternate in (("ind_assessment_participation", False), ("ind_alternate_assessment", True)):
        expected = counts.participation(students, described, values, alternate=alternate)
        assert differences(achieving, model, expected) == {}, model


@pytest.mark.parametrize(("method", "model"), [("a", "ind_growth_gain"), ("b", "ind_growth_residual"),
                                               ("c", "ind_growth_percentile"), ("d", "ind_growth_value_table")])
def test_every_row_of_growth_equals_the_second_computation(achieving, pairs, described, values, method, model):
    expected = counts.growth(pairs, described, values, method)
    # A root and a quotient of floats stand behind a residual alone; its sixth place may be rounded the other way.
    assert differences(achieving, model, expected, tolerance=2e-6 if method == "b" else 1e-9) == {}


def test_every_row_of_english_progress_equals_the_second_computation(
        achieving, spells, records, described, programs, values):
    students = expected_english(spells, records, described, programs)
    found = {row[:2]: row[2:] for row in achieving.rows(
        "select student_key, school_year, school_id, participation_code, progress_code, exclusion_reason "
        "from core.fct_english_learner_progress")}
    assert found == {key: (row["school"], row["code"], row["progress"], row["reason"]) for key, row in students.items()}
    expected = counts.english_progress(students, described, values)
    assert differences(achieving, "ind_english_learner_progress", expected) == {}


def test_every_row_of_reclassification_equals_the_second_computation(achieving, described, programs, values):
    schools = {row[:2]: row[2:] for row in achieving.rows(
        "select student_key, school_year, school_id, lea_id from core.dim_student_year")}
    expected = counts.reclassification(described, schools, programs, values)
    assert differences(achieving, "ind_english_learner_reclassification", expected, at_least=300) == {}


def test_every_row_of_readiness_equals_the_second_computation(achieving, spells, records, described, values):
    expected = counts.readiness(expected_readiness(spells, records), described, values)
    assert differences(achieving, "ind_kindergarten_readiness", expected) == {}


def test_a_district_that_sent_no_results_is_missing_and_nobody_there_refused(achieving):
    lea, year = SILENT
    [(required, missing, refused)] = achieving.rows(
        "select count(*) filter (where is_required), count(*) filter (where exclusion_reason = 'results_not_sent'), "
        "count(*) filter (where participation_code = 'NPART' and not has_record) "
        f"from core.fct_assessment_participation where lea_id = '{lea}' and school_year = {year} "
        "and subject = 'Mathematics'")
    assert (missing > 10, refused) == (True, 0)
    assert achieving.rows("select denominator, n_missing from indicators.ind_assessment_participation "
                          f"where org_id = '{lea}' and org_level = 'lea' and school_year = {year} "
                          "and disaggregate_type = 'all' and indicator_id = 'I07m'") == [(required, missing)]
