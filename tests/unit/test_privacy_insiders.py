"""A district that knows all its own numbers must not get those of others, or of the state, by taking its own away."""

import itertools
import random

import numpy as np
import polars as pl
import pytest

from privacy import audit, load_policy, protect
from privacy.engine.withstanding import _list_halves
from privacy.insiders import Insiders
from privacy.ledger.chain import Release
from privacy.ledger.cumulative import audit_after, protect_after, recall
from privacy.structure import build_structure, check_cells
from tests.unit.statements import make_policy, put_back, read, tabulate
from tests.unit.test_privacy_protect import make_cells

READER = {"name": "reader", "knows_zeros_are_shown": True}
DISTRICT = {"name": "district", "knows_zeros_are_shown": True, "knows_own_district": True}
SYMBOLS = {"name": "reader of symbols", "knows_zeros_are_shown": True, "tells_symbols_apart": True}
OUTSIDE, INSIDE = make_policy(attackers=[READER]), make_policy(attackers=[READER, DISTRICT])
# The first three hide the small group of one district each; all is well for the public, the sums being of two unknowns.
THREE = {"L1": {"x": 4, "y": 20, "z": 30}, "L2": {"x": 6, "y": 20, "z": 30}, "L3": {"x": 40, "y": 50, "z": 60}}


def _state(counts: dict[str, dict[str, int]]) -> pl.DataFrame:
    """Cells of districts (district -> group -> students) and their state, by group and in total; no schools."""
    students = [
        {"school": lea, "group": group}
        for lea, groups in counts.items()
        for group, number in groups.items()
        for _ in range(number)
    ]
    cells = tabulate(students, ["all", "group"], leas={lea: lea for lea in counts})
    return cells.filter(pl.col("org_level") != "school")


def _list_possible(release, counts, insider: str) -> dict[tuple[str, str], set[int]]:
    """By brute force: the values of every district's groups in the tables an insider must think possible.

    All tables within four of the truth: more exist, but none of those fewer.
    """
    leas, groups = sorted(counts), sorted(next(iter(counts.values())))
    choices = []
    for lea, group in itertools.product(leas, groups):
        true, open_ = counts[lea][group], read(release, lea, group) is None and lea != insider
        choices.append(range(max(1, true - 4), true + 5) if open_ else [true])
    tables = np.array(list(itertools.product(*choices))).reshape(-1, len(leas), len(groups))
    fits = np.ones(len(tables), dtype=bool)
    sums = {(lea, "all"): tables[:, i].sum(axis=1) for i, lea in enumerate(leas) if lea != insider}
    sums |= {("ST", group): tables[:, :, j].sum(axis=1) for j, group in enumerate(groups)}
    sums |= {("ST", "all"): tables.sum(axis=(1, 2))}
    for (org, group), total in sums.items():
        shown = read(release, org, group)
        fits &= (total == shown) if shown is not None else True
    places = itertools.product(enumerate(leas), enumerate(groups))
    found = {(lea, group): set(tables[fits][:, i, j].tolist()) for (i, lea), (j, group) in places}
    return found | {("ST", group): set(sums["ST", group][fits].tolist()) for group in groups}


def test_a_release_that_holds_against_the_public_can_fall_to_a_district():
    cells = _state(THREE)
    release = protect(cells, OUTSIDE)
    assert audit(release, OUTSIDE).passed
    assert read(release, "ST", "x") == 50
    assert _list_possible(release, THREE, "L1")["L2", "x"] == {6}
    failures = audit(release, INSIDE, exact=cells).failures
    assert set(failures["attacker"]) == {"district (L1)", "district (L2)"}
    assert set(failures["problem"]) == {"exposed"}
    assert set(failures.filter(pl.col("attacker") == "district (L1)")["org_id"]) == {"L2"}


def test_what_is_protected_from_districts_keeps_four_values_for_each_by_brute_force():
    cells = _state(THREE)
    release = protect(cells, INSIDE)
    assert audit(release, INSIDE, exact=cells).passed
    for insider in THREE:
        possible = _list_possible(release, THREE, insider)
        for org in release.sensitive.filter(pl.col("org_id") != insider)["org_id"]:
            assert len(possible[org, "x"]) >= 4, (insider, org)


def test_of_two_districts_each_is_protected_by_withholding_what_they_are_together():
    counts = {"L1": {"x": 5, "y": 30, "z": 40}, "L2": {"x": 6, "y": 40, "z": 50}}
    release = protect(_state(counts), INSIDE)
    assert read(release, "ST", "x") is None
    assert audit(release, INSIDE, exact=_state(counts)).passed
    assert len(_list_possible(release, counts, "L1")["L2", "x"]) >= 4


def test_what_no_withholding_keeps_from_the_other_district_is_named_and_fails_the_audit():
    # Whoever tells the symbols apart knows that the state has at most 9; the first district, that it has 8 of them.
    cells = _state({"L1": {"x": 8, "y": 40}, "L2": {"x": 1, "y": 50}})
    policy = make_policy(attackers=[SYMBOLS, DISTRICT])
    assert protect(cells, make_policy(attackers=[SYMBOLS])).unprotected.is_empty()
    release = protect(cells, policy)
    named = release.unprotected.select("org_id", "disaggregate_value", "why").rows()
    assert [row[:2] for row in named] == [("L2", "x"), ("ST", "x")]
    assert {row[2] for row in named} == {
        "too few values are possible for a district that knows its own numbers: L1",
    }
    failures = audit(release, policy, exact=cells).failures
    by_engine, by_attack = (failures.filter(pl.col("problem") == one) for one in ("unprotected", "exposed"))
    assert by_engine["org_id"].to_list() == ["L2", "ST"]
    assert set(by_attack["attacker"]) == {"reader of symbols and district (L1)"}


def test_a_number_of_the_state_in_which_only_one_district_is_counted_is_that_districts_own():
    cells = check_cells(_state({"L1": {"x": 4, "y": 30}, "L2": {"y": 40}, "L3": {"y": 50}}), INSIDE)
    structure, truth = build_structure(cells, INSIDE)
    insiders = Insiders(structure, cells, truth == 0)
    place = structure.quantities.filter(pl.col("org_id") == "ST", pl.col("disaggregate_value") == "x")[
        "quantity"
    ].item()
    assert [bool(insiders.list_own(number)[place]) for number in range(3)] == [True, False, False]
    release = protect(cells, INSIDE)
    assert release.unprotected.is_empty()
    assert audit(release, INSIDE, exact=cells).passed


def test_a_third_district_put_back_is_found_by_the_attack_from_inside_alone():
    cells = _state(THREE)
    release = protect(cells, INSIDE)
    assert read(release, "L3", "x") is None
    spoilt = put_back(release, cells, pl.col("org_id") == "L3")
    assert audit(spoilt, OUTSIDE).passed
    assert not audit(spoilt, INSIDE, exact=cells).passed


@pytest.mark.parametrize("seed", [0, 3])
def test_every_one_of_many_districts_is_held_off(seed):
    dice = random.Random(seed)
    counts = {f"L{i}": {group: dice.choice([0, 2, 5, 9, 25, 60]) for group in "wxyz"} for i in range(5 + seed)}
    cells = _state(counts)
    # A student who counts in two districts is once in the state.
    twice = (pl.col("org_id") == "ST") & pl.col("disaggregate_value").is_in(["all", "z"])
    cells = cells.with_columns(student_count=pl.col("student_count") - twice.cast(pl.Int64))
    release = protect(cells, INSIDE)
    assert release.unprotected.is_empty()
    assert audit(release, INSIDE, exact=cells).passed
    assert not audit(protect(cells, OUTSIDE), INSIDE, exact=cells).passed


@pytest.mark.parametrize("districts", [1, 2, 3, 8, 13])
def test_any_two_districts_are_told_apart_by_a_half_with_the_first_alone(districts):
    halves = list(_list_halves(districts))
    for one, other in itertools.permutations(range(districts), 2):
        assert any(half[one] and not half[other] for half in halves)


def test_an_audit_of_insiders_without_all_of_their_numbers_is_refused():
    cells = _state(THREE)
    release = protect(cells, INSIDE)
    with pytest.raises(ValueError, match=r"own district \(district\) need the exact cells"):
        audit(release, INSIDE)
    with pytest.raises(ValueError, match="lack numbers that the release withholds"):
        audit(release, INSIDE, exact=cells.filter(pl.col("org_id") != "L1"))


def test_the_strict_policy_holds_on_a_state_where_the_careful_one_does_not():
    strict, careful = load_policy("strict"), load_policy()
    cells = make_cells().filter(pl.col("table_id") == "ind_chronic_absenteeism")
    assert strict.insiders
    assert not careful.insiders
    assert not audit(protect(cells, careful), strict, exact=cells).passed
    release = protect(cells, strict)
    report = audit(release, strict, exact=cells)
    assert report.passed, report.failures.group_by("problem", "attacker").len()


def test_releases_of_the_ledger_hold_against_districts_that_kept_all_of_them():
    cells = _state(THREE)
    unheld = protect_after(recall(cells, OUTSIDE, [], "public"))
    failures = audit_after(unheld, recall(cells, INSIDE, [], "public")).failures
    assert set(failures["attacker"]) == {"district (L1)", "district (L2)"}
    past = recall(cells, INSIDE, [], "public")
    first = protect_after(past)
    assert audit_after(first, past).passed

    corrected = _state(THREE | {"L3": {"x": 40, "y": 50, "z": 81}})
    again = recall(corrected, INSIDE, [Release("public", "first", 1, first.cells, cells)], "public")
    second = protect_after(again)
    assert audit_after(second, again).passed
    assert read(second, "L3", "z") == 81, "what nobody needs withheld is shown"
