"""What every safe set must contain as single sums show it: whoever is to move needs others in its sums that make room.

A count of 2 that may not fall below 1 must be able to rise by two for four values; so the withheld terms beside it must
be able to fall by two in all, or the sum itself to rise.
Source: Fischetti and Salazar, Solving the cell suppression problem on tabular data with linear constraints (2001):
capacity constraints, here those of one relation each.
"""

import numpy as np
from scipy import sparse

from privacy.engine.problem import Problem

SLACK = 1e-6  # by how much a condition is loosened against rounding


def list_conditions(problem: Problem, fixed: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Weights (conditions × units) of withheld units that are not fixed, and what they must at least add up to.

    Of each sum and way the condition of the term that needs most. fixed: boolean per unit, withheld in any case.
    """
    sums = np.flatnonzero(problem.low == problem.high)
    terms = problem.matrix[sums].tocoo()
    open_ = ~problem.known[terms.col] & (terms.data != 0)
    row, column, amount = terms.row[open_], terms.col[open_], terms.data[open_].astype(float)
    unit, size = problem.unit[column], np.abs(amount)
    need = np.maximum(problem.candidates - 1, problem.width * problem.truth)[column]
    down, up = (room[column] for room in problem.room)
    lifter = problem.lifted_by[sums]
    asking = problem.guarded[column] & ~((lifter >= 0) & fixed[lifter])[row]
    found = []
    # A sum rises as terms with a plus rise and terms with a minus fall; what moves it up needs others to move it down.
    for way in (1.0, -1.0):
        able = size * np.where(way * amount > 0, down, up)
        given = np.bincount(row[fixed[unit]], able[fixed[unit]], minlength=len(sums))
        own = np.where(way * amount > 0, down, up)
        lack = size * (need - np.minimum(own, need)) - (given[row] - np.where(fixed[unit], able, 0.0))
        most = np.zeros(len(sums))
        np.maximum.at(most, row[asking], lack[asking])
        kept = ~fixed[unit] & (most[row] > 0) & (able > 0)
        weight = np.minimum(able[kept] / most[row[kept]], 1.0)
        lifted = np.flatnonzero((most > 0) & (lifter >= 0))
        entries = (
            np.concatenate([weight, np.ones(len(lifted))]),
            (np.concatenate([row[kept], lifted]), np.concatenate([unit[kept], lifter[lifted]])),
        )
        found.append(sparse.csr_matrix(entries, shape=(len(sums), len(fixed)))[most > 0])
    weights = sparse.vstack(found).tocsr()
    weights.data = np.minimum(weights.data, 1.0)
    # What all units together do not meet nothing meets: that quantity cannot be protected, and no set is asked to.
    weights = weights[np.asarray(weights.sum(axis=1)).ravel() >= 1]
    return weights, np.full(weights.shape[0], 1 - SLACK)
