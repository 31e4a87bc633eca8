"""What every safe set must contain, learnt from sets that are not: the duals of a reader's linear programs.

A reader bounds a quantity by adding up relations with multipliers. Whatever the set, those multipliers bound it by the
room of the withheld terms in what is added up; so their room must come to what the quantity needs.
Source: Fischetti and Salazar, Solving the cell suppression problem on tabular data with linear constraints (2001).
"""

from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from privacy.engine.moves import cut_out_relations, open_moves
from privacy.engine.problem import Problem

LARGE = 300  # withheld quantities that hang together: beyond, cuts cost more time than they save cells
TINY = 1e-7
SLACK = 1e-6  # by how much a cut is loosened against the rounding of the duals


@dataclass
class Cuts:
    """Found cuts: weights (cuts × units) of withheld units that are not fixed must add up to at least 1, per row."""

    weights: sparse.csr_matrix
    at_least: np.ndarray


def find_cuts(problem: Problem, hidden: np.ndarray, fixed: np.ndarray, label: np.ndarray) -> Cuts:
    """Cuts that a set of units breaks: one for each sensitive quantity that cannot move far enough within its label.

    Parts that are too LARGE yield none. Only relations among quantities of one label (per quantity; -1: none) are used,
    which lets things move further than they can: what binds so does bind.
    """
    inside = _rows_within(problem, hidden, label)
    withheld = np.flatnonzero(hidden[problem.unit] & ~problem.known & (label >= 0))
    links = problem.matrix[inside][:, withheld].tocoo()
    m = len(inside)
    size = m + len(withheld)
    _, part = connected_components(
        sparse.coo_matrix((np.ones(links.nnz), (links.row, m + links.col)), shape=(size, size)), directed=False
    )
    order = np.argsort(part[m:], kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(part[m:][order])) + 1)
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for group in groups:
        columns = withheld[np.sort(group)]
        if len(columns) <= LARGE and problem.sensitive[columns].any():
            rows = inside[np.unique(problem.matrix[inside][:, columns].tocsc().indices)]
            found += _Part(problem, columns, rows).find(fixed)
    lengths = [len(units) for units, _ in found]
    units = np.concatenate([units for units, _ in found] or [np.zeros(0, dtype=np.int64)])
    weights = np.concatenate([weights for _, weights in found] or [np.zeros(0)])
    row = np.repeat(np.arange(len(found)), lengths)
    return Cuts(
        sparse.csr_matrix((weights, (row, units)), shape=(len(found), len(fixed))), np.full(len(found), 1 - SLACK)
    )


def _rows_within(problem: Problem, hidden: np.ndarray, label: np.ndarray) -> np.ndarray:
    """The relations that hold and whose terms, but for what everybody knows, all have one label."""
    terms = problem.matrix.tocoo()
    kept = ~problem.known[terms.col]
    row, own = terms.row[kept], label[terms.col[kept]]
    least, most = np.full(problem.matrix.shape[0], np.iinfo(np.int64).max), np.full(problem.matrix.shape[0], -1)
    np.minimum.at(least, row, own)
    np.maximum.at(most, row, own)
    return np.flatnonzero((least == most) & (least >= 0) & ~problem.lifted(hidden))


class _Part:
    """The reader's program over withheld quantities that hang together."""

    def __init__(self, problem: Problem, columns: np.ndarray, rows: np.ndarray):
        self._problem, self._columns, self._rows = problem, columns, rows
        down, up = problem.room
        all_terms = problem.matrix[rows].tocsc()
        self._around = np.flatnonzero((np.diff(all_terms.indptr) > 0) & ~problem.known)
        self._turned = all_terms[:, self._around].T.tocsr().astype(float)
        self._down, self._up = down[self._around], up[self._around]
        self._slack_low, self._slack_high = (slack[rows] for slack in problem.slack)
        self._need = np.maximum(problem.candidates - 1, problem.width * problem.truth)

    def find(self, fixed: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Units and weights of each cut."""
        problem, columns = self._problem, self._columns
        solver = open_moves(cut_out_relations(problem, columns, self._rows))
        highest, lowest = np.zeros(len(columns)), np.zeros(len(columns))
        found = []
        for place in np.flatnonzero(problem.sensitive[columns]):
            need = self._need[columns[place]]
            if highest[place] - lowest[place] >= need - TINY:
                continue
            weights, reached, given = np.zeros(len(self._around)), 0.0, 0.0
            lifters = np.zeros(len(self._rows), dtype=bool)
            for sign in (1.0, -1.0):
                solver.changeColCost(int(place), -sign)
                solver.run()
                solved, solution = solver.getModelStatus(), solver.getSolution()
                solver.changeColCost(int(place), 0.0)
                if solved != highspy.HighsModelStatus.kOptimal:
                    reached = np.inf
                    break
                values = np.array(solution.col_value)
                np.maximum(highest, values, out=highest)
                np.minimum(lowest, values, out=lowest)
                reached += sign * values[place]
                given += self._add_up(-np.array(solution.row_dual), columns[place], sign, weights, lifters)
            if reached < need - TINY:
                cut = self._as_cut(weights, lifters, need - given, fixed)
                if len(cut[0]):
                    found.append(cut)
        return found

    def _add_up(
        self, multipliers: np.ndarray, target: int, sign: float, weights: np.ndarray, lifters: np.ndarray
    ) -> float:
        """Adds, in place, how far each term lets the target move; returns what the relations' own slack lets it."""
        multipliers = np.where(np.abs(multipliers) > TINY, multipliers, 0.0)
        left = -(self._turned @ multipliers)
        left[np.searchsorted(self._around, target)] += sign
        left[np.abs(left) < TINY] = 0.0
        weights += np.where(left > 0, left * self._up, -left * self._down)
        used = multipliers != 0
        lifters |= used & (self._problem.lifted_by[self._rows] >= 0)
        ends = np.where(multipliers > 0, self._slack_high, self._slack_low)
        return float(multipliers[used] @ ends[used])

    def _as_cut(
        self, weights: np.ndarray, lifters: np.ndarray, needed: float, fixed: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        problem = self._problem
        units = np.concatenate([problem.unit[self._around], problem.lifted_by[self._rows[lifters]]])
        amounts = np.concatenate([weights, np.full(int(lifters.sum()), needed)])
        units, place = np.unique(units, return_inverse=True)
        amounts = np.bincount(place, amounts)
        needed -= amounts[fixed[units]].sum()
        kept = ~fixed[units] & (amounts > 0)
        return units[kept], np.minimum(amounts[kept] / max(needed, TINY), 1.0)
