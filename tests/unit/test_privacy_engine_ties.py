"""Quantities that can only change together: nothing that can change is lost, and nothing is added."""

import itertools

import numpy as np
import pytest
from scipy import sparse

from privacy.engine.complementary import list_fixed
from privacy.engine.parts import Part, cut_out
from privacy.engine.ties import Tied, tie_together, tighten
from tests.unit.privacy_engine_problems import pose_table

STEPS = 2  # how far each quantity is tried to change


def _part(seed: int, share: float = 0.3) -> Part:
    dice = np.random.default_rng(seed)
    problem = pose_table(dice.integers(0, 7, (3, 3)), sensitive_below=4)
    hidden = list_fixed(problem) | (dice.random(len(problem.cost)) < share)
    columns = np.flatnonzero(hidden[problem.unit] & ~problem.known)
    return cut_out(problem, columns[:9], hidden)


def _list_changes(part: Part | Tied) -> set[tuple[int, ...]]:
    """By brute force all whole changes up to STEPS that keep every relation and bound."""
    ranges = [range(-int(min(d, STEPS)), int(min(u, STEPS)) + 1) for d, u in zip(part.down, part.up, strict=True)]
    every = np.array(list(itertools.product(*ranges)), dtype=np.int64)
    sums = every @ part.matrix.toarray().T
    return set(map(tuple, every[((sums >= part.low) & (sums <= part.high)).all(axis=1)].tolist()))


@pytest.mark.parametrize("seed", range(12))
def test_the_changes_of_the_ties_are_the_changes_of_the_quantities(seed):
    part = _part(seed)
    tied = tie_together(part)
    spread = {tuple(tied.spread(np.array(change, dtype=float)).astype(int).tolist()) for change in _list_changes(tied)}
    assert spread == _list_changes(part)
    assert len(tied.down) <= len(part.columns)


def test_most_quantities_of_a_sparse_pattern_are_tied():
    tied = tie_together(_part(1, share=0.0))
    assert len(tied.down) < len(tied.part.columns)


@pytest.mark.parametrize("seed", range(12))
def test_shortening_a_way_loses_no_change(seed):
    tied = tie_together(_part(seed, share=0.5))
    assert _list_changes(tighten(tied)) == _list_changes(tied)


def test_what_the_others_of_its_sum_do_not_let_move_is_found_without_a_program():
    problem = pose_table(np.array([[1, 1, 30], [40, 50, 60]]), sensitive_below=4)
    columns = np.array([0, 1, 4, 5])  # 1 and 1, and the two below them: whoever rises needs the other to fall below 1
    hidden = np.isin(np.arange(len(problem.cost)), columns)
    tied = tighten(tie_together(cut_out(problem, columns, hidden)))
    assert (tied.down + tied.up == 0).all()


def test_a_sum_that_may_be_broken_holds_nothing_back():
    problem = pose_table(np.array([[1, 1, 30], [40, 50, 60]]), sensitive_below=4)
    hidden = np.isin(np.arange(len(problem.cost)), [0, 1, 4, 5])
    part = cut_out(problem, np.array([0, 1, 4, 5]), hidden)
    loose = np.zeros(len(part.rows), dtype=bool)
    tied = tighten(tie_together(part, loose), loose)
    assert (tied.down == part.down).all()
    assert (tied.up == part.up).all()


def test_a_sum_that_may_be_broken_ties_nothing():
    part = _part(3)
    assert len(tie_together(part, np.zeros(len(part.rows), dtype=bool)).down) == len(part.columns)


def test_of_many_sums_only_those_that_say_the_same_are_one():
    dice, m, n = np.random.default_rng(4), 6000, 80
    sums = np.unique(np.sort(np.argsort(dice.random((m, n)), axis=1)[:, :3], axis=1), axis=0)
    twice = np.concatenate([sums, sums[:50]])
    signs = np.concatenate([np.tile([1.0, -1.0, 1.0], len(sums)), np.tile([-1.0, 1.0, -1.0], 50)])
    rows = np.repeat(np.arange(len(twice)), 3)
    matrix = sparse.csc_matrix((signs, (rows, twice.ravel())), shape=(len(twice), n))
    room, none = np.full(n, 9.0), np.zeros(len(twice))
    tied = tie_together(Part(np.arange(n), np.arange(len(twice)), matrix, room, room, none, none))
    assert tied.rows.tolist() == list(range(len(sums)))
