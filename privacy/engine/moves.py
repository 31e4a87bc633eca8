"""Linear programs over moves: whole-number changes of the truth that break no relation and no bound."""

import highspy
import numpy as np
from scipy import sparse

from privacy.engine.parts import Part, cut_out
from privacy.engine.problem import Problem
from privacy.engine.ties import Tied, tie_together, tighten

NEARLY_FREE = 0.001  # the price of a step of what is withheld already, so that moves stay short
WHOLE = 1e-6  # how far from a whole number what counts as one may be
SMALL = 1000  # relations up to which presolving costs more than it saves


def open_moves(part: Part | Tied, near: float = np.inf) -> highspy.Highs:
    """A solver over moves that keep a part's relations: a signed column per quantity or tie, none beyond `near`."""
    return _open(part.matrix, -np.minimum(part.down, near), np.minimum(part.up, near), part.low, part.high)


def open_exchange(tied: Tied) -> highspy.Highs:
    """A solver over the same moves of ties with two columns each: first all rises, then all falls."""
    matrix, upper = _put_side_by_side(tied.matrix, -tied.matrix), np.concatenate([tied.up, tied.down])
    return _open(matrix, np.zeros(len(upper)), upper, tied.low, tied.high)


def _open(
    matrix: sparse.csc_matrix, lower: np.ndarray, upper: np.ndarray, low: np.ndarray, high: np.ndarray
) -> highspy.Highs:
    """One thread and no clock: the same input gives the same answer."""
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.zeros(matrix.shape[1]), lower, upper
    lp.row_lower_, lp.row_upper_ = low, high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = matrix.data
    solver = highspy.Highs()
    options = {"output_flag": False, "threads": 1, "random_seed": 1, "mip_max_nodes": 50}
    options["presolve"] = "choose" if matrix.shape[0] > SMALL else "off"
    options["mip_rel_gap"] = 0.2  # any near whole move will do
    for option, value in options.items():
        solver.setOptionValue(option, value)
    solver.passModel(lp)
    return solver


def _put_side_by_side(*matrices: sparse.csc_matrix) -> sparse.csc_matrix:
    """One matrix of several of as many rows; a library's checks of each take as long as the program that it is for."""
    ends = np.cumsum([0] + [matrix.nnz for matrix in matrices])
    starts = [matrix.indptr[:-1] + end for matrix, end in zip(matrices, ends, strict=False)]
    amounts, rows = (np.concatenate([getattr(matrix, of) for matrix in matrices]) for of in ("data", "indices"))
    shape = matrices[0].shape[0], sum(matrix.shape[1] for matrix in matrices)
    return sparse.csc_matrix((amounts, rows, np.concatenate([*starts, ends[-1:]])), shape=shape)


def is_whole(change: np.ndarray) -> bool:
    """Whether all of it are whole numbers, but for what a solver is off by."""
    return bool(np.abs(change - np.rint(change)).max(initial=0.0) <= WHOLE)


class Exchange:
    """The cheapest move of one quantity by a given amount, among some quantities and all relations they touch.

    Each tie has a column for its rise and one for its fall; each relation that a shown unit would lift has two for how
    far it is broken.
    """

    def __init__(self, problem: Problem, columns: np.ndarray, hidden: np.ndarray):
        self.part, self.columns = cut_out(problem, columns, hidden), columns
        lifters = problem.lifted_by[self.part.rows]
        tied = tie_together(self.part, lifters < 0)
        self._tied = tied = tighten(tied, lifters[tied.rows] < 0)
        self._liftable = np.flatnonzero(lifters[tied.rows] >= 0)
        self.lifters = lifters[tied.rows[self._liftable]]
        k = len(self._liftable)
        breaks = sparse.csc_matrix((np.ones(k), self._liftable, np.arange(k + 1)), shape=(len(tied.rows), k))
        upper = np.concatenate([tied.up, tied.down, np.full(2 * k, np.inf)])
        matrix = _put_side_by_side(tied.matrix, -tied.matrix, breaks, -breaks)
        self._scale = np.ones(k)
        amounts = tied.matrix.tocsr()[self._liftable].tocoo()
        np.maximum.at(self._scale, amounts.row, np.abs(amounts.data))
        self._solver = _open(matrix, np.zeros(len(upper)), upper, tied.low, tied.high)
        self._upper = upper
        self._presolve = self._solver.getOptionValue("presolve")[1]

    def find(
        self, cost: np.ndarray, lifting: np.ndarray, target: int, change: int, *, whole: bool
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """The cheapest move and the units that must be lifted for it; None if there is none.

        cost: of each column's quantity, per step, 0 if withheld. lifting: of each of `lifters`. whole: look for one of
        whole numbers if the cheapest is not; that takes long.
        """
        tied, solver = self._tied, self._solver
        own, k = int(np.searchsorted(self.columns, target)), len(tied.down)
        if tied.tie[own] < 0:
            return None
        place = int(tied.tie[own]) + (0 if change * tied.sign[own] > 0 else k)
        opposite = (place + k) % (2 * k)
        size = float(abs(change))
        if size > self._upper[place]:
            return None
        cost = np.bincount(tied.tie[tied.tie >= 0], cost[tied.tie >= 0], minlength=k)
        price = np.concatenate([np.tile(np.maximum(cost, NEARLY_FREE), 2), np.tile(lifting / self._scale, 2)])
        solver.changeColsCost(len(price), np.arange(len(price), dtype=np.int32), price)
        solver.changeColBounds(place, size, size)
        solver.changeColBounds(opposite, 0.0, 0.0)
        try:
            solver.run()
            if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                return None
            values = np.array(solver.getSolution().col_value)
            if whole and not is_whole(values[: 2 * k]):
                shut = (values[: 2 * k] <= 1e-6) & (np.tile(cost, 2) > 0)
                shut[opposite] = False
                values = self._find_whole(values, np.flatnonzero(shut).astype(np.int32))
            move = tied.spread(values[:k] - values[k : 2 * k])
            broken = (values[2 * k :].reshape(2, -1) > 1e-6).any(axis=0)
            return move, self.lifters[broken]
        finally:
            solver.changeColBounds(place, 0.0, self._upper[place])
            solver.changeColBounds(opposite, 0.0, self._upper[opposite])

    def _find_whole(self, relaxed: np.ndarray, shut: np.ndarray) -> np.ndarray:
        """The move over whole numbers, or the relaxed one if the search ends without.

        It looks first without the columns in `shut`: among what the relaxed one moves and what is withheld already.
        """
        solver, k = self._solver, 2 * len(self._tied.down)
        every = np.arange(k, dtype=np.int32)
        none = np.zeros(len(shut))
        solver.changeColsIntegrality(k, every, np.full(k, highspy.HighsVarType.kInteger))
        solver.setOptionValue("presolve", "on")
        found = None
        for upper in (none, self._upper[shut]):
            solver.changeColsBounds(len(shut), shut, none, upper)
            if found is None:
                solver.run()
                solution = solver.getSolution()
                found = np.array(solution.col_value) if solution.value_valid else None
        solver.changeColsIntegrality(k, every, np.full(k, highspy.HighsVarType.kContinuous))
        solver.setOptionValue("presolve", self._presolve)
        return relaxed if found is None else found
