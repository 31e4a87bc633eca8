"""Enough whole values for every sensitive quantity: room, moves, lifted relations, warm starts, what cannot be done."""

import dataclasses
import itertools

import numpy as np
import pytest
from scipy import sparse

from privacy.engine import exploring, intervals, remedies
from privacy.engine.complementary import list_fixed, propose
from privacy.engine.intervals import choose_safely, widen
from privacy.engine.problem import UNBOUNDED, Problem
from privacy.engine.room import list_conditions
from privacy.engine.witnesses import Witnesses
from tests.unit.privacy_engine_problems import count_values, pose_group, pose_table


def _silent(stage, done, total):
    pass


@pytest.mark.parametrize("wave", [intervals.WAVE, 1])
@pytest.mark.parametrize("seed", range(6))
def test_every_sensitive_number_of_a_small_table_has_four_values_by_brute_force(seed, wave, monkeypatch):
    monkeypatch.setattr(intervals, "WAVE", wave)
    problem = pose_table(np.random.default_rng(seed).integers(0, 10, (2, 3)), sensitive_below=4)
    choice = choose_safely(problem, _silent)
    values = count_values(problem, choice.hidden, most=3)
    lacking = problem.sensitive & (values < 4)
    assert set(np.flatnonzero(lacking)) <= set(choice.unprotected)
    assert choice.lower_bound <= choice.cost + 1e-6


def test_of_many_numbers_a_wave_is_priced_roughly_and_helped_before_the_next(monkeypatch):
    asked, find_truly = [], intervals.find_remedy

    def find(places, target, witnesses, *, roughly=False):
        asked.append((roughly, int(witnesses.lacking().sum())))
        return find_truly(places, target, witnesses, roughly=roughly)

    monkeypatch.setattr(intervals, "find_remedy", find)
    inner = np.random.default_rng(2).choice([1, 2, 60, 80], (6, 6, 4), p=[0.15, 0.1, 0.5, 0.25])
    problem = pose_table(inner, sensitive_below=4)
    whole = choose_safely(problem, _silent)
    assert not any(roughly for roughly, _ in asked)
    asked.clear()
    monkeypatch.setattr(intervals, "WAVE", 3)
    choice = choose_safely(problem, _silent)
    assert not len(choice.unprotected)
    assert not len(whole.unprotected)
    lacking = [left for roughly, left in asked if roughly]
    assert len(set(lacking)) > 1, "nothing was taken between the waves"


def test_what_helps_one_of_few_numbers_is_taken_before_the_next_is_asked_about(monkeypatch):
    asked, find_truly = [], intervals.find_remedy

    def find(places, target, witnesses, **options):
        asked.append(target)
        return find_truly(places, target, witnesses, **options)

    monkeypatch.setattr(intervals, "find_remedy", find)
    inner = np.full((6, 6), 60)
    inner[0] = [4, 4, 6000, 6000, 6000, 6000]
    problem = pose_table(inner, sensitive_below=5)
    place = np.arange(49).reshape(7, 7)
    # The two small ones move against each other.
    withheld = np.isin(np.arange(49), [*place[0, :2], *place[2:6, 2:6].ravel()])
    assert not widen(problem, withheld.copy(), _silent).lacking().any()
    assert len(asked) == 1
    asked.clear()
    monkeypatch.setattr(intervals, "FEW", np.inf)
    assert not widen(problem, withheld.copy(), _silent).lacking().any()
    assert len(asked) > 1, "all are priced where many lack values"


@pytest.mark.parametrize("seed", range(8))
def test_no_condition_of_room_forbids_a_set_that_brute_force_finds_safe(seed):
    dice = np.random.default_rng(seed)
    problem = pose_table(dice.integers(1, 9, (2, 2)), sensitive_below=4)
    fixed = list_fixed(problem)
    weights, at_least = list_conditions(problem, fixed)
    for _ in range(6):
        hidden = fixed | (dice.random(len(fixed)) < 0.5)
        if (count_values(problem, hidden, most=3)[problem.sensitive] >= 4).all():
            assert (weights @ hidden >= at_least).all()


def test_a_small_number_beside_smaller_ones_needs_a_third_to_make_room():
    problem = pose_group([2, 2, 30, 40])
    weights, at_least = list_conditions(problem, list_fixed(problem))
    # Each 2 can fall by one and must rise by two; the other 2 makes room for one of these, 30 and 40 for the rest.
    assert weights.toarray()[:, 2:].tolist() == [[1, 1]]
    assert at_least == pytest.approx(1, abs=1e-5)
    assert choose_safely(problem, _silent).hidden.tolist() == [True, True, True, False]


def test_where_nothing_makes_room_for_one_number_the_others_are_still_chosen_for():
    problem = pose_table(np.array([[1, 1, 0], [2, 30, 40], [50, 60, 70]]), sensitive_below=3)
    stuck = dataclasses.replace(problem, known=problem.known | (np.arange(16) == 3))
    choice = choose_safely(stuck, _silent)
    assert choice.lower_bound > 0


def test_the_bound_is_no_more_than_the_cheapest_safe_set_found_by_brute_force():
    problem = pose_table(np.array([[2, 9], [8, 7]]), sensitive_below=4)
    cheapest = np.inf
    fixed = list_fixed(problem)
    free = np.flatnonzero(~fixed)
    for chosen in itertools.product([False, True], repeat=len(free)):
        hidden = fixed.copy()
        hidden[free] = chosen
        cost = problem.cost[hidden & ~fixed].sum()
        if sum(chosen) <= 5 and cost < cheapest:
            values = count_values(problem, hidden, most=3)
            cheapest = cost if (values[problem.sensitive] >= 4).all() else cheapest
    choice = choose_safely(problem, _silent)
    assert choice.lower_bound <= cheapest + 1e-6
    assert choice.cost == pytest.approx(cheapest)


def test_a_ceiling_counts_as_much_as_a_floor():
    free = choose_safely(pose_group([2, 20, 30]), _silent)
    assert np.flatnonzero(free.hidden).tolist() == [0, 1]
    tight = pose_group([2, 20, 30], ceiling=np.array([UNBOUNDED, 20, UNBOUNDED]), floor=np.array([2, 1, 1]))
    assert np.flatnonzero(choose_safely(tight, _silent).hidden).tolist() == [0, 1]
    stuck = pose_group([2, 20, 30], ceiling=np.array([UNBOUNDED, 20, UNBOUNDED]), floor=np.array([1, 20, 1]))
    assert np.flatnonzero(choose_safely(stuck, _silent).hidden).tolist() == [0, 2]


def test_what_an_earlier_release_showed_is_never_withheld_and_does_not_count_as_a_partner():
    problem = pose_group([2, 20, 30], known=np.array([False, True, False]))
    assert np.flatnonzero(choose_safely(problem, _silent).hidden).tolist() == [0, 2]


def test_a_sensitive_number_that_cannot_be_protected_is_reported_and_costs_nothing_more():
    problem = pose_group([2, 20, 30], known=np.array([False, True, True]))
    choice = choose_safely(problem, _silent)
    assert choice.unprotected.tolist() == [0]
    known = pose_group([2, 20, 30], known=np.array([True, False, False]))
    choice = choose_safely(known, _silent)
    assert choice.unprotected.tolist() == [0]
    assert not choice.hidden.any()


def _with_a_percentage(cost_of_lifting: float) -> Problem:
    """5 of 40 in one group, and a published 13 % (12.5 to 13.5) of it, which its own unit lifts."""
    # Quantities: numerator, complement, denominator, and the same of a second group, then the sums.
    problem = pose_group([5, 35, 40, 20, 70, 90])
    rows = np.array([[1, 1, -1, 0, 0, 0], [0, 0, 0, 1, 1, -1], [1, 0, 0, 1, 0, 0], [0, 0, 1, 0, 0, 1]])
    share = np.array([1000, 0, -125, 0, 0, 0])
    matrix = np.vstack([rows, share])
    sums = matrix @ problem.truth
    low, high = sums.copy(), sums.copy()
    low[4], high[4] = 0, 10 * 40
    return dataclasses.replace(
        problem,
        matrix=sparse.csr_matrix(matrix),
        low=low,
        high=high,
        lifted_by=np.array([-1, -1, -1, -1, 6]),
        sensitive=np.array([True, False, False, False, False, False]),
        known=np.array([False, False, True, False, False, True]),
        cost=np.array([1.0, 1, 1, 1, 1, 1, cost_of_lifting]),
    )


def test_a_percentage_that_gives_the_numerator_away_is_lifted_by_withholding_it():
    problem = _with_a_percentage(1.0)
    choice = choose_safely(problem, _silent)
    assert choice.hidden[6]
    assert not len(choice.unprotected)
    assert count_values(problem, choice.hidden, most=4)[0] >= 4
    shown = choice.hidden.copy()
    shown[6] = False
    assert count_values(problem, shown, most=4)[0] == 1


def test_a_warm_start_keeps_what_was_withheld_and_adds_what_lacks():
    problem = pose_table(np.random.default_rng(3).integers(0, 30, (5, 4)), sensitive_below=4)
    cold = choose_safely(problem, _silent)
    warm = choose_safely(problem, _silent, earlier=cold.hidden)
    assert (warm.hidden == cold.hidden).all()
    assert np.isnan(warm.lower_bound)
    less = cold.hidden.copy()
    less[np.flatnonzero(cold.hidden & ~list_fixed(problem))[0]] = False
    again = choose_safely(problem, _silent, earlier=less)
    assert again.hidden[less].all()
    assert not len(again.unprotected)


def test_the_same_problem_gives_the_same_pattern():
    problem = pose_table(np.random.default_rng(4).integers(0, 20, (5, 4, 2)), sensitive_below=4)
    assert (choose_safely(problem, _silent).hidden == choose_safely(problem, _silent).hidden).all()


def test_nothing_sensitive_needs_nothing():
    problem = pose_table(np.array([[20, 30], [40, 50]]))
    hidden, bound = propose(problem, _silent)
    assert not hidden.any()
    assert bound == 0
    assert not len(widen(problem, hidden, _silent).list_unprotected())


@pytest.mark.parametrize(("few", "dear", "place"), [(0, 1, -1), (1000, 1, -1), (0, 30, -1), (1000, 30, 0)])
def test_the_whole_state_is_looked_at_first_where_many_lack_values_and_units_are_dear(few, dear, place, monkeypatch):
    for name in ("push_at_random", "ask_singly"):
        monkeypatch.setattr(exploring, name, lambda *_: None)
    monkeypatch.setattr(exploring, "FEW", few)
    problem, stages = pose_table(np.arange(1, 17).reshape(4, 4)), []
    hidden = np.ones(len(problem.cost), dtype=bool)
    problem = dataclasses.replace(problem, cost=np.where(np.arange(len(hidden)) == 24, dear, 1.0))
    assert problem.is_uneven == (dear == 30)
    exploring.explore(problem, hidden, Witnesses(problem, hidden), lambda stage, *_: stages.append(stage))
    assert len(stages) == 3
    assert stages[place] == "exploring the state"


@pytest.mark.parametrize(("dear", "most"), [(1, remedies.AROUND), (30, remedies.FURTHER)])
def test_more_districts_are_looked_at_around_one_where_units_are_dear(dear, most, monkeypatch):
    asked = []
    monkeypatch.setattr(remedies, "count_near", lambda problem, withheld, at_most: asked.append(at_most) or 1)
    problem = pose_table(np.arange(1, 17).reshape(4, 4))
    hidden = np.ones(len(problem.cost), dtype=bool)
    problem = dataclasses.replace(problem, cost=np.where(np.arange(len(hidden)) == 24, dear, 1.0))
    remedies.Around(problem, exploring.label_parts(problem, ~problem.known), hidden)
    assert asked == [most]
