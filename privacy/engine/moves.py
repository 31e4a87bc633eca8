"""Linear programs over moves: whole-number changes of the truth that break no relation and no bound."""

from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from privacy.engine.problem import Problem

SMALL = 3000  # columns up to which presolving costs more than it saves


@dataclass(frozen=True)
class Part:
    """Some quantities, and relations they have a part in, cut out once for all programs and checks over them.

    columns, rows: their numbers, ascending. matrix (rows × columns). down, up: how far each quantity may fall and rise;
    low, high: how far each relation may.
    """

    columns: np.ndarray
    rows: np.ndarray
    matrix: sparse.csc_matrix
    down: np.ndarray
    up: np.ndarray
    low: np.ndarray
    high: np.ndarray


def cut_out(problem: Problem, columns: np.ndarray, hidden: np.ndarray) -> Part:
    """The part of some quantities (ascending) and all relations that hold for a move of them."""
    touched = np.unique(problem.by_quantity[:, columns].indices)
    return cut_out_relations(problem, columns, touched[~problem.lifted(hidden, touched)])


def cut_out_relations(problem: Problem, columns: np.ndarray, rows: np.ndarray) -> Part:
    """The part of some quantities and some relations, both ascending."""
    terms = problem.by_quantity[:, columns]
    place = np.searchsorted(rows, terms.indices)
    kept = np.take(rows, place, mode="clip") == terms.indices if len(rows) else np.zeros(terms.nnz, dtype=bool)
    ends = np.concatenate([[0], np.cumsum(kept)])[terms.indptr]
    matrix = sparse.csc_matrix(
        (terms.data[kept].astype(float), place[kept], ends), shape=(len(rows), len(columns)), copy=False
    )
    down, up = problem.room
    slack = problem.slack
    return Part(columns, rows, matrix, down[columns], up[columns], slack[0][rows], slack[1][rows])


def open_moves(part: Part, near: float = np.inf) -> highspy.Highs:
    """A solver over moves that keep a part's relations: a signed column per quantity, none beyond `near`."""
    return _open(part.matrix, -np.minimum(part.down, near), np.minimum(part.up, near), part.low, part.high)


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
    options["presolve"] = "choose" if matrix.shape[1] > SMALL else "off"
    options["mip_rel_gap"] = 0.2  # any near whole move will do
    for option, value in options.items():
        solver.setOptionValue(option, value)
    solver.passModel(lp)
    return solver


class Exchange:
    """The cheapest move of one quantity by a given amount, among some quantities and all relations they touch.

    Each quantity has a column for its rise and one for its fall; each relation that a shown unit would lift has two for
    how far it is broken.
    """

    def __init__(self, problem: Problem, columns: np.ndarray, hidden: np.ndarray):
        self.part, self.columns = cut_out(problem, columns, hidden), columns
        rows, terms = self.part.rows, self.part.matrix
        self._liftable = np.flatnonzero(problem.lifted_by[rows] >= 0)
        self.lifters = problem.lifted_by[rows[self._liftable]]
        k = len(self._liftable)
        breaks = sparse.csc_matrix((np.ones(k), (self._liftable, np.arange(k))), shape=(len(rows), k))
        upper = np.concatenate([self.part.up, self.part.down, np.full(2 * k, np.inf)])
        matrix = sparse.hstack([terms, -terms, breaks, -breaks]).tocsc()
        self._scale = np.maximum(np.asarray(abs(terms.tocsr()[self._liftable]).max(axis=1).todense()).ravel(), 1.0)
        self._solver = _open(matrix, np.zeros(len(upper)), upper, self.part.low, self.part.high)
        self._upper = upper
        self._presolve = self._solver.getOptionValue("presolve")[1]

    def find(
        self, cost: np.ndarray, lifting: np.ndarray, target: int, change: int
    ) -> tuple[float, np.ndarray, np.ndarray] | None:
        """The cost per step, the move (whole if possible) and the units that must be lifted for it; None if none.

        cost: of each column's quantity, per step. lifting: of each of `lifters`.
        """
        k, solver = len(self.columns), self._solver
        place = int(np.searchsorted(self.columns, target)) + (0 if change > 0 else k)
        opposite = (place + k) % (2 * k)
        size = float(abs(change))
        if size > self._upper[place]:
            return None
        price = np.concatenate([cost, cost, np.tile(lifting / self._scale, 2)])
        solver.changeColsCost(len(price), np.arange(len(price), dtype=np.int32), price)
        solver.changeColBounds(place, size, size)
        solver.changeColBounds(opposite, 0.0, 0.0)
        try:
            solver.run()
            if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                return None
            values = np.array(solver.getSolution().col_value)
            if np.abs(values[: 2 * k] - np.rint(values[: 2 * k])).max() > 1e-6:
                values = self._find_whole(values, price)
            move = values[:k] - values[k : 2 * k]
            broken = (values[2 * k :].reshape(2, -1) > 1e-6).any(axis=0)
            return float(price @ values) / size, move, self.lifters[broken]
        finally:
            solver.changeColBounds(place, 0.0, self._upper[place])
            solver.changeColBounds(opposite, 0.0, self._upper[opposite])

    def _find_whole(self, relaxed: np.ndarray, price: np.ndarray) -> np.ndarray:
        """The move over whole numbers, or the relaxed one if the search ends without.

        It looks first among what the relaxed one moves and what is cheapest, being withheld already.
        """
        solver, k = self._solver, 2 * len(self.columns)
        every = np.arange(k, dtype=np.int32)
        shut = every[(relaxed[:k] <= 1e-6) & (price[:k] > price[:k].min())]
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
