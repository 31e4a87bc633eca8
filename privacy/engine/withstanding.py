"""Withholds what districts that know all their own numbers would otherwise work out of others, a region or the state.

A move that changes no number of a district is one that this district must think possible, too. So most is proved for
many districts at once: by moves within one district against all others, then with half of the districts held fixed.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy import sparse

from privacy.engine.complementary import Choice, list_fixed
from privacy.engine.exploring import explore
from privacy.engine.intervals import widen
from privacy.engine.problem import Problem
from privacy.engine.witnesses import Witnesses
from privacy.insiders import Insiders
from privacy.release import Progress


def withstand(
    problem: Problem, choice: Choice, insiders: Insiders, progress: Progress
) -> tuple[Choice, dict[str, np.ndarray]]:
    """The choice with what districts with their own numbers make necessary, and what holds against some of them not.

    Nothing that was withheld is shown again. The second: by district the sensitive quantities, neither its own nor
    among those the choice does not protect from anybody, that keep too few whole values for it.
    """
    hidden = choice.hidden.copy()
    lacking = problem.sensitive & ~problem.known
    lacking[choice.unprotected] = False
    lacking &= _explore(_part(problem, insiders.block), hidden, lacking, progress)
    asked = np.flatnonzero(lacking)
    # Who has all its numbers shown knows what everybody knows. That stays so: moves found without it are moves still.
    secretive = np.unique(insiders.block[hidden[problem.unit] & ~problem.known])
    pending = np.zeros((len(asked), len(insiders.names)), dtype=bool)
    for district in secretive[secretive >= 0]:
        pending[:, district] = ~insiders.list_own(district)[asked]
    for together in _list_halves(len(insiders.names)):
        fixed = np.isin(insiders.block, np.flatnonzero(together))
        rows = pending[:, together].any(axis=1) & ~fixed[asked]
        wanted = np.zeros(len(fixed), dtype=bool)
        wanted[asked[rows]] = True
        left = _explore(replace(problem, known=problem.known | fixed), hidden, wanted, progress)
        pending[np.ix_(rows & ~left[asked], together)] = False
    exposed = {}
    for district in np.flatnonzero(pending.any(axis=0)):
        wanted = np.zeros(len(lacking), dtype=bool)
        wanted[asked[pending[:, district]]] = True
        known = problem.known | insiders.list_own(district)
        found = widen(replace(problem, known=known, sensitive=wanted), hidden, progress).list_unprotected()
        if len(found):
            exposed[insiders.names[district]] = found
    cost = float(problem.cost[hidden & ~list_fixed(problem)].sum())
    return replace(choice, hidden=hidden, cost=cost), exposed


def _explore(problem: Problem, hidden: np.ndarray, wanted: np.ndarray, progress: Progress) -> np.ndarray:
    """Boolean per quantity: wanted, and no moves found that give it enough whole values."""
    problem = replace(problem, sensitive=wanted)
    witnesses = Witnesses(problem, hidden)
    if wanted.any():
        explore(problem, hidden, witnesses, progress)
    return witnesses.lacking()


def _part(problem: Problem, block: np.ndarray) -> Problem:
    """The problem with every sum over several districts, or over one and the state, cut into one for each.

    Whatever moves then moves within one of them, and the rest stays as it is.
    """
    terms = problem.matrix.tocoo()
    size = block.max(initial=-1) + 2
    label, row = np.unique(terms.row.astype(np.int64) * size + block[terms.col] + 1, return_inverse=True)
    relation = label // size
    matrix = sparse.csr_matrix((terms.data, (row, terms.col)), shape=(len(label), len(problem.truth)))
    now = matrix @ problem.truth
    alone = np.bincount(relation, minlength=problem.matrix.shape[0])[relation] == 1
    low, high = np.where(alone, problem.low[relation], now), np.where(alone, problem.high[relation], now)
    return replace(problem, matrix=matrix, low=low, high=high, lifted_by=problem.lifted_by[relation])


def _list_halves(districts: int) -> Iterator[np.ndarray]:
    """Sets of districts (boolean), about half of all, such that any two are told apart by one with the first alone."""
    number = np.arange(districts)
    for digit in range(max(districts - 1, 1).bit_length()):
        for side in (0, 1):
            yield (number >> digit) & 1 == side
