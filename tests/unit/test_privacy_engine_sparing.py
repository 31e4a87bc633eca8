"""What nothing needs is shown again: what is forgotten with it, what is asked instead, and that all stays safe."""

import dataclasses

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from privacy.engine import sparing, windows
from privacy.engine import witnesses as witnesses_module
from privacy.engine.complementary import list_fixed
from privacy.engine.intervals import widen
from privacy.engine.parts import cut_out
from privacy.engine.peeling import Peeling
from privacy.engine.problem import Problem
from privacy.engine.sparing import spare
from privacy.engine.witnesses import BATCH, UNSEEN, Witnesses
from tests.unit.privacy_engine_problems import pose_group, pose_table


def _silent(stage, done, total):
    pass


def _pose_districts(seed: int, districts: int = 6) -> Problem:
    """Schools by group in districts, with all margins; a district's own numbers are its block."""
    inner = np.random.default_rng(seed).integers(0, 25, (districts, 3, 4))
    problem = pose_table(inner, sensitive_below=4)
    block = np.tile(np.arange(districts + 1)[:, None, None], (1, 4, 5))
    return dataclasses.replace(problem, block=np.where(block == districts, -1, block).ravel())


def _pose_anything(seed: int) -> Problem:
    """A small table with what else a release may have: rates that a unit lifts, units of several numbers, units that
    require another, numbers everybody knows, tight bounds, and numbers of which an interval is required.
    """
    dice = np.random.default_rng(seed)
    problem = pose_table(dice.integers(0, 25, [(3, 4), (4, 4), (3, 3, 2)][seed % 3]), sensitive_below=6)
    n, (m, _) = len(problem.truth), problem.matrix.shape
    rates, now = np.zeros((3, n), dtype=np.int64), []
    for rate in rates:
        numerator, denominator = dice.choice(n, 2, replace=False)
        rate[numerator], rate[denominator] = 10, -3
        now.append(rate @ problem.truth)
    unit = np.arange(n)
    for _ in range(3):
        one, other = dice.choice(n, 2, replace=False)
        unit[unit == unit[other]] = unit[one]
    used, unit = np.unique(unit, return_inverse=True)
    some = dice.random((4, n)) < 0.3
    return dataclasses.replace(
        problem,
        matrix=sparse.csr_matrix(sparse.vstack([problem.matrix, rates])),
        low=np.concatenate([problem.low, np.array(now) - dice.integers(0, 6, 3)]),
        high=np.concatenate([problem.high, np.array(now) + dice.integers(0, 6, 3)]),
        lifted_by=np.concatenate([np.full(m, -1), len(used) + np.arange(3)]),
        known=problem.known | (dice.random(n) < 0.05),
        unit=unit,
        block=dice.integers(-1, 4, n),
        cost=1 + 3 * dice.random(len(used) + 3),
        implies=np.array([[len(used) - 1, len(used)], [0, 1]]),
        floor=np.where(some[0], np.maximum(problem.truth - 2, 0), problem.floor),
        ceiling=np.where(some[1], problem.truth + 2, problem.ceiling),
        width=np.where(some[2], 0.2, 0.0),
        sensitive=problem.sensitive | (some[3] & (problem.truth > 0)),
    )


def _widen(problem: Problem) -> tuple[np.ndarray, Witnesses]:
    hidden = np.ones(len(problem.cost), dtype=bool)
    return hidden, widen(problem, hidden, _silent)


def _is_possible(problem: Problem, hidden: np.ndarray, quantity: int, change: int) -> bool:
    """Whether a solver of its own finds a whole table with this change that agrees with everything shown."""
    free = hidden[problem.unit] & ~problem.known
    low, high = np.where(free, problem.floor, problem.truth), np.where(free, problem.ceiling, problem.truth)
    low, high = np.minimum(low, problem.truth), np.maximum(high, problem.truth)
    low[quantity] = high[quantity] = problem.truth[quantity] + change
    holds = ~problem.lifted(hidden)
    sums = LinearConstraint(problem.matrix[holds], problem.low[holds], problem.high[holds])
    n = len(low)
    return (free[quantity] or not change) and milp(
        np.zeros(n), constraints=sums, bounds=Bounds(low, high), integrality=np.ones(n)
    ).success


def _list_false(problem: Problem, hidden: np.ndarray, witnesses: Witnesses) -> list[tuple[int, int]]:
    """The quantities and changes that the witnesses hold for possible, and are not."""
    return [
        (quantity, change)
        for quantity in np.flatnonzero(problem.guarded).tolist()
        for change in {int(change) for change in witnesses.changes[quantity] if change != UNSEEN}
        | {int(witnesses.lowest[quantity]), int(witnesses.highest[quantity])}
        if not _is_possible(problem, hidden, quantity, change)
    ]


@pytest.mark.parametrize("seed", range(18))
def test_of_no_release_anything_is_believed_that_is_not_so_once_units_are_shown_again(seed, monkeypatch):
    monkeypatch.setattr(witnesses_module, "BATCH", [BATCH, 1, 30][seed % 3])
    monkeypatch.setattr(witnesses_module, "PIECES", [30, 1][seed % 2])
    monkeypatch.setattr(windows, "ABOUT", [windows.ABOUT, 1, 20][seed % 3])
    problem = _pose_anything(seed)
    hidden, witnesses = _widen(problem)
    lacking, bound = witnesses.lacking(), hidden.copy()
    spare(problem, hidden, witnesses, _silent)
    assert not (witnesses.lacking() & ~lacking).any()
    assert not _list_false(problem, hidden, witnesses)
    assert hidden[problem.lifted_by[problem.lifted_by >= 0]].all()
    assert hidden[problem.implies][hidden[problem.implies[:, 0]]].all()
    assert hidden[list_fixed(problem)].all()
    assert bound[hidden].all()


def test_the_ends_of_an_interval_are_forgotten_with_the_move_that_showed_them():
    problem = pose_group([100, 8, 400], width=np.array([0.2, 0, 0]), floor=np.zeros(3, dtype=np.int64))
    problem = dataclasses.replace(problem, sensitive=np.array([True, False, False]))
    hidden = np.ones(3, dtype=bool)
    witnesses, part = Witnesses(problem, hidden), cut_out(problem, np.arange(3), hidden)
    assert witnesses.add(part, np.array([3.0, -3.0, 0.0]))
    assert witnesses.lacking().tolist() == [True, False, False]
    assert witnesses.add(part, np.array([60.0, 0.0, -60.0]))
    assert not witnesses.lacking().any()
    forgotten = witnesses.forget(np.array([2]))
    assert forgotten.rows.tolist() == [0]
    assert (witnesses.lowest[0], witnesses.highest[0], witnesses.lacking()[0]) == (0, 3, True)
    assert witnesses.forget(np.array([1])).rows.tolist() == [0], "the end is now that of the first move"
    witnesses.put_back(forgotten)
    assert witnesses.highest[0] == 60


def test_a_move_of_what_is_shown_proves_nothing():
    problem = pose_group([2, 20, 30])
    hidden = np.array([True, False, True])
    witnesses = Witnesses(problem, hidden)
    assert not witnesses.add(cut_out(problem, np.arange(3), hidden), np.array([3.0, -3.0, 0.0]))
    assert witnesses.add(cut_out(problem, np.arange(3), hidden), np.array([3.0, 0.0, -3.0]))


def test_only_what_hangs_together_with_units_shown_again_is_forgotten():
    sums = {"matrix": sparse.csr_matrix(np.array([[1, 1, 0, 0], [0, 0, 1, 1]])), "lifted_by": np.array([-1, -1])}
    problem = pose_group([2, 20, 3, 40], low=np.array([22, 43]), high=np.array([22, 43]), **sums)
    hidden = np.ones(4, dtype=bool)
    witnesses = Witnesses(problem, hidden)
    assert witnesses.add(cut_out(problem, np.arange(4), hidden), np.array([3.0, -3.0, 3.0, -3.0]))
    assert not witnesses.lacking().any()
    assert witnesses.forget(np.array([1])).rows.tolist() == [0]
    assert witnesses.lacking().tolist() == [True, False, False, False]


@pytest.mark.parametrize("batch", [BATCH, 1])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_left_when_units_are_forgotten_is_possible_without_them(seed, batch, monkeypatch):
    monkeypatch.setattr(witnesses_module, "BATCH", batch)
    dice = np.random.default_rng(seed)
    problem = pose_table(dice.integers(1, 9, (3, 3)), sensitive_below=7)
    hidden = np.ones(len(problem.cost), dtype=bool)
    witnesses = widen(problem, hidden, _silent)
    units = dice.choice(len(hidden), 2, replace=False)
    forgotten = witnesses.forget(units)
    hidden[units] = False
    assert len(forgotten.rows), "something hung on them"
    for quantity, changes in enumerate(witnesses.changes):
        known = changes[changes != UNSEEN]
        assert all(_is_possible(problem, hidden, quantity, int(change)) for change in known)
        assert witnesses.count[quantity] == len(known)
        assert (witnesses.lowest[quantity], witnesses.highest[quantity]) == (known.min(), known.max())
    hidden[units] = True
    witnesses.put_back(forgotten)
    assert not witnesses.lacking().any()


def test_what_was_found_without_the_units_is_kept_when_they_go_back():
    problem = pose_group([2, 20, 30])
    hidden = np.array([True, True, True])
    witnesses = Witnesses(problem, hidden)
    assert witnesses.add(cut_out(problem, np.array([0, 1]), hidden), np.array([3.0, -3.0]))
    forgotten = witnesses.forget(np.array([1]))
    assert np.flatnonzero(witnesses.lacking()).tolist() == [0]
    assert witnesses.add(cut_out(problem, np.array([0, 2]), hidden), np.array([3.0, -3.0]))
    witnesses.put_back(forgotten)
    assert not len(witnesses.forget(np.array([1])).rows), "it no longer needs the second"
    assert witnesses.forget(np.array([2])).rows.tolist() == [0]


def test_what_was_remembered_is_recalled():
    problem = pose_group([2, 20, 30])
    hidden = np.array([True, True, True])
    witnesses = Witnesses(problem, hidden)
    before = witnesses.remember()
    assert witnesses.add(cut_out(problem, np.array([0, 1]), hidden), np.array([3.0, -3.0]))
    assert not witnesses.lacking().any()
    witnesses.recall(before)
    assert np.flatnonzero(witnesses.lacking()).tolist() == [0]
    assert witnesses.add(cut_out(problem, np.array([0, 2]), hidden), np.array([3.0, -3.0]))
    assert not len(witnesses.forget(np.array([1])).rows), "that move is no longer known"
    assert witnesses.forget(np.array([2])).rows.tolist() == [0]


def test_a_unit_takes_those_with_it_that_would_be_alone_in_a_sum():
    problem = pose_table(np.array([[10, 20, 30], [40, 50, 60], [70, 80, 90]]))
    place = np.arange(16).reshape(4, 4)
    hidden = np.isin(np.arange(16), place[:2, :2])
    nothing = np.zeros(16, dtype=bool)
    peeling = Peeling(problem, hidden, nothing)
    assert peeling.peel(int(place[0, 0])).tolist() == sorted(place[:2, :2].ravel().tolist())
    assert not peeling.list_bound().any()
    bound = np.arange(16) == place[1, 1]
    assert Peeling(problem, hidden, bound).peel(int(place[0, 0])) is None
    assert np.flatnonzero(Peeling(problem, hidden, bound).list_bound()).tolist() == place[:2, :2].ravel().tolist()
    wider = np.isin(np.arange(16), place[:3, :3])
    peeling = Peeling(problem, wider, nothing)
    assert peeling.peel(int(place[0, 0])).tolist() == [0]
    peeling.take(np.array([0]))
    assert peeling.peel(int(place[0, 1])).tolist() == place[0, 1:3].tolist()


@pytest.mark.parametrize("about", [windows.ABOUT, 1])
@pytest.mark.parametrize("seed", range(3))
def test_what_nothing_needs_is_shown_again_and_everything_stays_safe(seed, about, monkeypatch):
    monkeypatch.setattr(windows, "ABOUT", about)
    problem = _pose_districts(seed)
    hidden, witnesses = _widen(problem)
    before = int(hidden.sum())
    spare(problem, hidden, witnesses, _silent)
    assert hidden.sum() < before
    assert hidden[list_fixed(problem)].all()
    assert not (abs(problem.matrix) @ (hidden & ~problem.known).astype(np.int64) == 1).any(), "one would be no secret"
    again = hidden.copy()
    assert not len(widen(problem, again, _silent).list_unprotected())
    assert (again == hidden).all(), "nothing had to be withheld again"


def test_a_unit_goes_back_when_a_quantity_would_lack_values_without_it(monkeypatch):
    tried, show = [], sparing.Trials.show
    monkeypatch.setattr(sparing.Trials, "show", lambda *args: tried.append(show(*args)))
    problem = pose_group([2, 2, 30])
    hidden, witnesses = _widen(problem)
    spare(problem, hidden, witnesses, _silent)
    assert tried == [False]
    assert hidden.all()
    assert not witnesses.lacking().any()


def test_no_set_of_units_is_tried_twice_and_the_dearest_are_tried_first(monkeypatch):
    problem, tried, show = _pose_districts(4), [], sparing.Trials.show

    def count(self, units, quantities):
        tried.append(tuple(units.tolist()))
        return show(self, units, quantities)

    monkeypatch.setattr(sparing.Trials, "show", count)
    hidden, witnesses = _widen(problem)
    spare(problem, hidden, witnesses, _silent)
    assert len(set(tried)) == len(tried) > 3
    first = list(tried)
    tried.clear()
    monkeypatch.setattr(sparing, "TRIALS", 3)
    hidden, witnesses = _widen(problem)
    spare(problem, hidden, witnesses, _silent)
    assert tried == first[:3]
    dearest = [max(problem.cost[list(units)]) for units in first]
    assert dearest[0] == max(dearest)


def test_what_a_window_finds_no_values_for_is_asked_for_in_a_wider_one(monkeypatch):
    monkeypatch.setattr(windows, "ABOUT", 1)
    asked, around = set(), windows.Windows.around

    def note(self, block, *, wide=False):
        asked.add(wide)
        return around(self, block, wide=wide)

    monkeypatch.setattr(windows.Windows, "around", note)
    for seed in range(6):
        problem = _pose_districts(seed, districts=10)
        hidden, witnesses = _widen(problem)
        spare(problem, hidden, witnesses, _silent)
    assert asked == {False, True}


def test_another_corner_is_looked_for_where_one_is_none_of_whole_numbers(monkeypatch):
    turned, turn = [], windows.Window._turn

    def note(self, tie, corner):
        found = turn(self, tie, corner)
        turned.append(bool((found == np.rint(found)).all()) and bool((corner != np.rint(corner)).any()))
        return found

    monkeypatch.setattr(windows.Window, "_turn", note)
    for seed in range(12):
        problem = pose_table(np.random.default_rng(seed).integers(1, 12, (4, 4, 3)), sensitive_below=5)
        hidden, witnesses = _widen(problem)
        spare(problem, hidden, witnesses, _silent)
    assert any(turned)
