"""The choice of units as a program, and the guarantee against equations alone."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from privacy.engine.algebra import find_recoverable
from privacy.engine.complementary import list_fixed
from privacy.engine.linear import choose_linearly
from privacy.engine.master import Master
from privacy.engine.problem import Problem
from tests.unit.privacy_engine_problems import pose_table


def _silent(stage, done, total):
    pass


def _determined_by_fractions(problem: Problem, hidden: np.ndarray) -> set[int]:
    """Withheld quantities that cannot move, by real numbers: another way than the engine's."""
    withheld = np.flatnonzero(hidden[problem.unit] & ~problem.known)
    _, values, axes = np.linalg.svd(problem.matrix[:, withheld].toarray(), full_matrices=True)
    rank = int((values > 1e-9).sum())
    return set(withheld[np.abs(axes[rank:]).max(axis=0, initial=0) < 1e-9].tolist())


def test_a_single_withheld_cell_in_a_row_is_recoverable():
    problem = pose_table(np.array([[1, 20, 30], [40, 50, 60]]))
    hidden = list_fixed(problem)
    assert np.flatnonzero(find_recoverable(problem, hidden)).tolist() == [0]


@pytest.mark.parametrize("seed", range(12))
def test_what_is_recoverable_is_what_the_null_space_says(seed):
    dice = np.random.default_rng(seed)
    problem = pose_table(dice.integers(0, 9, (3, 3, 2)), sensitive_below=3)
    hidden = list_fixed(problem) | (dice.random(len(problem.cost)) < 0.25)
    assert set(np.flatnonzero(find_recoverable(problem, hidden)).tolist()) == _determined_by_fractions(problem, hidden)


@pytest.mark.parametrize("seed", range(12))
def test_no_sensitive_cell_follows_from_equations_and_the_bound_is_below_the_cost(seed):
    dice = np.random.default_rng(seed)
    problem = pose_table(dice.integers(0, 12, (4, 3, 3)), sensitive_below=3)
    choice = choose_linearly(problem, _silent)
    exposed = _determined_by_fractions(problem, choice.hidden) & set(np.flatnonzero(problem.sensitive).tolist())
    assert exposed <= set(choice.unprotected.tolist())
    assert choice.lower_bound <= choice.cost + 1e-6
    assert 0 <= choice.gap <= 1


def test_a_two_by_two_square_costs_what_the_bound_says():
    problem = pose_table(np.array([[1, 20, 30], [40, 50, 60], [70, 80, 90]]))
    choice = choose_linearly(problem, _silent)
    assert choice.hidden.sum() == 4
    assert choice.cost == pytest.approx(choice.lower_bound, rel=0.05)


def test_a_sum_with_one_withheld_term_may_be_lifted_instead():
    inner = np.array([[1, 20], [40, 50]])
    problem = pose_table(inner)
    n = problem.matrix.shape[1]
    # One more unit, of no quantity, lifts the two sums the sensitive cell is in.
    lifted_by = np.where(problem.matrix[:, [0]].toarray().ravel() != 0, n, -1)
    cheap = pose_table(inner, lifted_by=lifted_by)
    object.__setattr__(cheap, "cost", np.append(cheap.cost, 0.1))
    fixed = list_fixed(cheap)
    master = Master(cheap, fixed)
    master.relax()
    assert np.flatnonzero(master.choose() & ~fixed).tolist() == [n]
    choice = choose_linearly(cheap, _silent)
    assert np.flatnonzero(choice.hidden & ~fixed).tolist() == [n]
    assert not len(choice.unprotected)


def test_a_sensitive_number_everybody_knows_is_reported_and_left():
    problem = pose_table(np.array([[1, 20, 30], [40, 50, 2], [70, 80, 90]]))
    problem.known[0] = True
    choice = choose_linearly(problem, _silent)
    assert choice.unprotected.tolist() == [0]
    assert not choice.hidden[0]


def test_a_table_that_is_all_there_is_reports_what_cannot_be_protected():
    problem = pose_table(np.array([[3], [40]]), sensitive_below=4)
    problem.known[4:] = True
    problem.known[1] = True
    choice = choose_linearly(problem, _silent)
    assert 0 in choice.unprotected.tolist()


@pytest.mark.parametrize("seed", range(6))
def test_the_relaxation_withholds_no_term_of_a_sum_by_itself(seed):
    problem = pose_table(np.random.default_rng(seed).integers(0, 12, (5, 4, 3)), sensitive_below=3)
    master = Master(problem, list_fixed(problem))
    share = np.where(problem.known, 0, master.relax())
    for row in problem.matrix:
        terms = share[row.indices]
        assert 2 * terms.max() <= terms.sum() + 1e-5 or problem.known[row.indices].sum() >= len(row.indices) - 1


def test_the_states_partners_are_found_through_the_regions():
    # Two regions' and the state's rows under four districts, two groups and their total: 7 organisations x 3 numbers.
    links = [((0, 1), 4), ((2, 3), 5), ((4, 5), 6)]
    rows = np.zeros((9, 21), dtype=np.int64)
    for i, (children, parent) in enumerate(links):
        for group in range(3):
            rows[3 * i + group, [3 * child + group for child in children]] = 1
            rows[3 * i + group, 3 * parent + group] = -1
    plain = pose_table(np.full((6, 2), 9))
    problem = replace(plain, matrix=sparse.csr_matrix(rows), block=np.repeat([0, 1, 2, 3, -1, -1, -1], 3))
    price = np.repeat([4.0, 1.0, 3.0, 2.0, 0.0, 0.0, 0.0], 3)
    everything = np.ones(21, dtype=bool)
    assert problem.list_partners(18, price, everything) == [1, 3, 2, 0]
    assert problem.list_partners(12, price, everything) == [1, 0]
    assert problem.list_partners(0, price, everything) == [1, 0]
