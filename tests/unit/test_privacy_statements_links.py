"""Links: what a reader knows about statistics of several tables and years counts against a release."""

import dataclasses

import polars as pl
import pytest
from pydantic import ValidationError

from privacy import audit, check, protect
from privacy.structure import build_structure, check_cells
from tests.unit.statements import make_policy, make_students, tabulate

RATE = {"kind": "rate", "thresholds": {"persons": 10, "numerator": 5, "complement": 5}, "zero_is_sensitive": True}
COUNT = {"kind": "count", "thresholds": {"persons": 10}}
SCHOOLS = {"A": 64, "B": 80, "C": 45}
SEX = {"F": 1, "M": 1}


def _hold(release, policy):
    report = audit(release, policy)
    proof = check(release.cells, release.structure, report.certificates, policy, sensitive=release.sensitive)
    return report.passed and proof.passed


def _snapshots():
    """October and the end of the year: one student more in school A, and she was often absent."""
    october = make_students(SCHOOLS, absent={"yes": 3, "no": 7}, sex=SEX)
    final = [*october, {"school": "A", "absent": "yes", "sex": "F"}]
    tables = {"october": october, "final": final}
    return pl.concat([tabulate(s, ["all", "sex"], table=name, outcome="absent") for name, s in tables.items()])


ARRIVALS = [
    {"name": "arrivals", "terms": {"final.denominator": 1, "october.denominator": -1}, "derived": {"threshold": 2}},
    {"name": "absent arrivals", "terms": {"final.numerator": 1, "october.numerator": -1}, "derived": {"threshold": 10}},
    {
        "name": "absent arrivals arrived",
        "terms": {"absent arrivals.derived": 1, "arrivals.derived": -1},
        "at_most": 0,
    },
]


@pytest.fixture(scope="module")
def snapshots():
    policy = make_policy({"october": RATE, "final": RATE}, links=ARRIVALS)
    cells = _snapshots()
    return cells, policy, protect(cells, policy)


def test_a_number_that_follows_from_two_tables_is_protected_though_nobody_publishes_it(snapshots):
    _, policy, release = snapshots
    derived = release.sensitive.filter(pl.col("statistic") == "derived")
    assert set(derived["table_id"]) == {"arrivals", "absent arrivals"}
    assert set(derived["org_id"]) == {"A", "L", "ST"}
    assert _hold(release, policy)
    # … and neither its key nor its reason is published.
    assert not set(release.cells["table_id"]) & {"arrivals", "absent arrivals"}


def test_two_snapshots_protected_each_by_itself_tell_on_the_student_who_arrived(snapshots):
    cells, policy, release = snapshots
    alone = [
        protect(cells.filter(pl.col("table_id") == table), make_policy({table: RATE})).cells
        for table in ("final", "october")
    ]
    naive = dataclasses.replace(release, cells=pl.concat(alone))
    found = audit(naive, policy).failures
    assert "derived" in found["statistic"].to_list()


def test_a_derived_number_nobody_is_behind_is_not_sensitive():
    policy = make_policy(
        {"october": RATE, "final": RATE},
        links=[{**ARRIVALS[0], "derived": {"threshold": 10, "zero_is_sensitive": True}}],
    )
    cells = _snapshots()
    empty = cells.filter(pl.col("org_id") == "B", pl.col("disaggregate_type") == "sex").with_columns(
        disaggregate_value=pl.lit("X") + pl.col("disaggregate_value"),
        student_count=pl.lit(0, pl.Int64),
        numerator=pl.lit(0, pl.Int64),
        denominator=pl.lit(0, pl.Int64),
    )
    release = protect(pl.concat([cells, empty]), policy)
    derived = release.sensitive.filter(pl.col("statistic") == "derived")
    assert derived.filter(pl.col("disaggregate_value").str.starts_with("X")).is_empty()
    assert derived.filter(pl.col("org_id") == "C").height == 3


def test_the_same_cohort_in_two_years_is_linked_by_an_offset():
    four = make_students(SCHOOLS, graduated={"yes": 6, "no": 4}, sex=SEX)
    late = [dict(one) for one in four]
    late[next(i for i, one in enumerate(late) if one["graduated"] == "no")]["graduated"] = "yes"
    cells = pl.concat(
        [
            tabulate(four, ["all", "sex"], table="four", outcome="graduated", year=2025),
            tabulate(late, ["all", "sex"], table="five", outcome="graduated", year=2026),
        ]
    )
    links = [
        {
            "name": "same cohort",
            "terms": {"five.denominator": 1, "four.denominator": -1},
            "years": {"five.denominator": 1},
        },
        {"name": "late", "terms": {"five.numerator": 1, "four.numerator": -1}, "years": {"five.numerator": 1}},
    ]
    links[0]["equals"], links[1]["derived"] = 0, {"threshold": 10}
    policy = make_policy({"four": RATE, "five": RATE}, links=links)
    release = protect(cells, policy)
    late = release.sensitive.filter(pl.col("table_id") == "late")
    assert set(late["school_year"]) == {2025}
    assert set(late["disaggregate_value"]) >= {"all"}
    assert late.height == 6  # one student: in all and in one sex, of a school, the district and the state
    assert _hold(release, policy)
    unlinked = make_policy({"four": RATE, "five": RATE})
    naive = dataclasses.replace(release, cells=protect(cells, unlinked).cells)
    assert "late" in audit(naive, policy).failures["table_id"].to_list()


def test_those_of_one_table_who_are_among_those_of_another_bound_it():
    students = make_students(SCHOOLS, program={"yes": 1, "no": 12}, sex=SEX)
    cells = pl.concat(
        [
            tabulate(students, ["all", "sex"], table="all_of_them"),
            tabulate([s for s in students if s["program"] == "yes"], ["all", "sex"], table="some"),
        ]
    )
    link = {
        "name": "some are of all",
        "terms": {"some.student_count": 1, "all_of_them.student_count": -1},
        "at_most": 0,
    }
    policy = make_policy({"all_of_them": COUNT, "some": COUNT}, links=[link])
    release = protect(cells, policy)
    assert release.structure.relations.filter(pl.col("kind") == "link")["low"].is_null().all()
    assert _hold(release, policy)


def test_the_numerators_of_one_table_are_the_denominators_of_another():
    students = make_students(SCHOOLS, absent={"yes": 3, "no": 7}, sex=SEX, helped={"yes": 1, "no": 2})
    cells = pl.concat(
        [
            tabulate(students, ["all", "sex"], table="absence", outcome="absent"),
            tabulate([s for s in students if s["absent"] == "yes"], ["all", "sex"], table="help", outcome="helped"),
        ]
    )
    link = {"name": "the absent", "terms": {"absence.numerator": 1, "help.denominator": -1}, "equals": 0}
    policy = make_policy({"absence": RATE, "help": RATE}, links=[link])
    assert _hold(protect(cells, policy), policy)


def test_a_link_that_does_not_hold_is_refused_with_a_count_and_no_value():
    policy = make_policy(
        {"october": RATE, "final": RATE},
        links=[{"name": "nobody comes", "terms": {"final.denominator": 1, "october.denominator": -1}, "equals": 0}],
    )
    with pytest.raises(ValueError, match="link nobody comes: does not hold in 6 rows"):
        protect(_snapshots(), policy)


def test_a_link_exists_only_where_all_its_terms_do():
    cells = _snapshots().filter(~((pl.col("table_id") == "final") & (pl.col("org_id") == "B")))
    policy = make_policy({"october": RATE, "final": RATE}, links=ARRIVALS[:1])
    structure, _ = build_structure(check_cells(cells, policy), policy)
    assert set(structure.quantities.filter(pl.col("statistic") == "derived")["org_id"]) == {"A", "C", "L", "ST"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"equals": 0}, "one of equals, derived"),
        ({"terms": {"final.denominator": 0}}, "must not be 0"),
        ({"terms": {"final.nothing": 1}}, "is not a statistic"),
        ({"years": {"october.numerator": 1}}, "years must name terms"),
        ({"name": "final"}, "has this name"),
    ],
)
def test_a_link_that_means_nothing_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        make_policy({"october": RATE, "final": RATE}, links=[{**ARRIVALS[0], **change}])
