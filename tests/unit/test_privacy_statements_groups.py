"""Crossed groups and groupings: what adds up over any dimension is held against a release."""

import dataclasses

import polars as pl
import pytest

from privacy import audit, check, protect
from privacy.structure import build_structure, check_cells
from tests.unit.statements import TABLE, make_policy, make_students, put_back, read, tabulate

SEX, RACE = {"F": 5, "M": 5}, {"AS": 1, "BL": 3, "WH": 8}
GRADE = {"3": 22, "4": 19, "5": 1}


@pytest.fixture(scope="module")
def crossed():
    students = make_students({"A": 120, "B": 90, "C": 70}, sex=SEX, race=RACE)
    return tabulate(students, ["all", "sex", "race", "race x sex"], leas={"A": "L1", "B": "L1", "C": "L2"})


def _hold(release, policy):
    report = audit(release, policy)
    proof = check(release.cells, release.structure, report.certificates, policy, sensitive=release.sensitive)
    return report.passed and proof.passed


def _sums(cells, policy):
    cells = check_cells(cells, policy)
    return build_structure(cells, policy)[0]


def test_a_crossed_group_adds_up_over_each_of_its_dimensions(crossed):
    structure = _sums(crossed, make_policy())
    partitions = structure.relations.filter(pl.col("kind") == "partition")
    # Of every organisation (6): race to all, sex to all, race x sex to each of 3 races and of 2 sexes.
    assert partitions.height == 6 * (1 + 1 + 3 + 2)
    assert partitions["low"].eq(0).all()
    assert partitions["high"].eq(0).all()


def test_three_dimensions_add_up_to_every_pair_whatever_the_order_of_their_names():
    students = make_students({"A": 80}, sex=SEX, race=RACE, el={"EL": 3, "not": 7})
    cells = tabulate(students, ["race x sex x el", "el x race", "sex x race"])
    structure = _sums(cells, make_policy())
    # sex to el x race (6 sums), el to sex x race (6), nothing to sex x el, which is no table; three organisations.
    assert structure.relations.filter(pl.col("kind") == "partition").height == 3 * 12


def test_a_crossed_table_and_its_margins_are_protected_together(crossed):
    policy = make_policy()
    release = protect(crossed, policy)
    assert release.reasons.filter(pl.col("disaggregate_type") == "race x sex").height > 0
    assert _hold(release, policy)


def test_publishing_the_margin_s_partner_of_a_crossed_cell_is_found(crossed):
    policy = make_policy()
    release = protect(crossed, policy)
    lost = release.reasons.filter(pl.col("reason") == "complementary", pl.col("disaggregate_type") == "race x sex")
    assert lost.height
    keys = pl.struct("org_id", "disaggregate_value").is_in(
        lost.select(pl.struct("org_id", "disaggregate_value")).to_series().implode()
    )
    assert not audit(put_back(release, crossed, keys), policy).passed


def test_where_a_crossed_cell_is_missing_the_others_are_only_no_more_than_the_whole(crossed):
    gone = (pl.col("org_id") == "C") & (pl.col("disaggregate_value") == "WH x F")
    structure = _sums(crossed.filter(~gone), make_policy())
    bounded = structure.relations.filter(pl.col("low").is_null())
    assert bounded["kind"].to_list() == ["partition", "partition"]
    assert bounded["high"].to_list() == [0, 0]
    policy = make_policy()
    assert _hold(protect(crossed.filter(~gone), policy), policy)


def test_a_crossed_type_with_too_few_values_is_refused(crossed):
    wrong = crossed.with_columns(pl.col("disaggregate_value").str.replace(" x F", ""))
    with pytest.raises(ValueError, match="another number of types than of values"):
        protect(wrong, make_policy())


def test_the_same_group_under_two_orders_of_its_types_is_refused(crossed):
    pair = pl.col("disaggregate_type") == "race x sex"
    turned = crossed.filter(pair).with_columns(
        disaggregate_type=pl.lit("sex x race"),
        disaggregate_value=pl.col("disaggregate_value").str.replace(r"(\w+) x (\w+)", "$2 x $1"),
    )
    with pytest.raises(ValueError, match="their types in another order"):
        protect(pl.concat([crossed, turned]), make_policy())


BANDS = {("band", "grade"): {"3-5": ["3", "4", "5"], "3-4": ["3", "4"]}}
GROUPINGS = [{"type": "band", "of": "grade", "groups": BANDS["band", "grade"]}]


@pytest.fixture(scope="module")
def banded():
    students = make_students({"A": 45, "B": 60}, grade={"3": 22, "4": 19, "5": 4, "6": 15}, sex=SEX)
    return tabulate(students, ["all", "grade", "band", "band x sex", "grade x sex"], bands=BANDS)


def test_overlapping_bands_of_grades_do_not_give_the_grade_between_them_away(banded):
    policy = make_policy(groupings=GROUPINGS)
    release = protect(banded, policy)
    assert _hold(release, policy)
    assert read(release, "A", "5") is None
    assert read(release, "A", "3-5") is None or read(release, "A", "3-4") is None


def test_without_the_grouping_in_the_policy_bands_would_give_the_grade_away(banded):
    told, untold = make_policy(groupings=GROUPINGS), make_policy()
    bands = banded.filter(pl.col("disaggregate_type").is_in(["grade", "band"]))
    apart = [protect(bands.filter(pl.col("disaggregate_type") == one), untold) for one in ("grade", "band")]
    together = protect(bands, told)
    both = dataclasses.replace(together, cells=pl.concat([one.cells for one in apart]))
    assert not audit(both, told).passed


def test_bands_that_overlap_are_not_taken_to_add_up_to_all_students(banded):
    structure = _sums(banded, make_policy(groupings=GROUPINGS))
    # A residual would tell how many students are in both.
    assert structure.relations["high"].eq(0).all()


def test_grouped_and_crossed_cells_hang_together(banded):
    structure = _sums(banded.filter(pl.col("disaggregate_type").str.contains(" x ")), make_policy(groupings=GROUPINGS))
    assert structure.relations.filter(pl.col("kind") == "partition").height == 4 * 2 * 2
    assert TABLE in structure.quantities["table_id"].to_list()
