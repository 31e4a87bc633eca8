"""The plan of a study: every column has one part, and what does not fit is refused by the name of its field."""

import pytest

from privacy.research.study_plan import PlanError, load_plan

PLAN = """\
version: 1
study: absence-2026
person: student_key
time: school_year
quasi_identifiers: [race]
sensitive: {suspended: 2}
other: [days_absent]
rules:
  - {rule: pool, column: race, fewer_than: 10, into: other}
  - {rule: band, column: days_absent, bottom: 0, step: 5, top: 60}
"""


@pytest.fixture
def plan(tmp_path):
    def load(*change):
        path = tmp_path / "plan.yml"
        path.write_text(PLAN.replace(*change) if change else PLAN)
        return load_plan(path)

    return load


def test_a_plan_is_read_and_its_hash_is_of_its_content(plan):
    read = plan()
    assert read.columns == ("school_year", "race", "suspended", "days_absent")
    assert (read.k, read.when_it_fails) == (10, "withhold")
    assert (
        plan("study: absence-2026\nperson: student_key", "person: student_key\nstudy: absence-2026").hash == read.hash
    )
    assert plan("suspended: 2", "suspended: 3").hash != read.hash


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("other:", "others:"), "others"),
        (("suspended: 2", "suspended: 1"), "sensitive.suspended"),
        (("study: absence-2026", "study: ../elsewhere"), "study"),
        (("[days_absent]", "[student_key, days_absent]"), "says who a person is"),
        (("[days_absent]", "[race, days_absent]"), "named twice"),
        (("[days_absent]", "[study_code, days_absent]"), "study_code: this name is taken"),
        (("column: race", "column: sex"), "'sex' is not a column"),
        (("column: race", "column: school_year"), "tells a person's rows apart"),
        (("into: other", "into: other, groups: {A: B}"), "either into or groups"),
        (("top: 60", "top: 61"), "whole number of steps"),
        (("rule: pool", "rule: hash"), "rules.0"),
        (("version: 1", "version: [1"), "not YAML"),
        (("version: 1", "k: 2\nversion: 1"), "k: "),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_by_the_name_of_its_field(plan, change, message):
    with pytest.raises(PlanError, match=message):
        plan(*change)


def test_a_grade_without_quotes_is_refused_and_not_read_as_a_number(plan):
    rule = "{rule: coarsen, column: race, to: {01: lower}}"
    with pytest.raises(PlanError, match="to"):
        plan("{rule: pool, column: race, fewer_than: 10, into: other}", rule)
