"""The choice of units as a linear program: what every safe set must satisfy, and the cheapest set that does.

Its relaxation bounds from below what any safe set costs; over whole numbers it proposes one.
"""

import highspy
import numpy as np
from scipy import sparse

from privacy.engine.problem import Problem

SUPPORT = 1e-6  # below this a value of the relaxation counts as zero
MOST = 60_000  # units beyond which only those the relaxation takes are looked at: more would take minutes


class Master:
    """The cheapest units that contain the fixed ones, leave no relation with one withheld term, and meet all cuts.

    A cut (weights over units, at_least) holds for every safe set. `relax` and `choose` may be called again after `cut`.
    """

    def __init__(self, problem: Problem, fixed: np.ndarray):
        self.problem, self.fixed = problem, fixed
        self._units = len(fixed)
        self._price = np.where(fixed, 0.0, problem.cost)
        rows, self._sums = _relation_rows(problem, fixed)
        pairs = problem.implies[~fixed[problem.implies[:, 1]]]
        k = len(pairs)
        implied = sparse.csr_matrix(
            (np.repeat([1.0, -1.0], k), (np.tile(np.arange(k), 2), np.concatenate([pairs[:, 1], pairs[:, 0]]))),
            shape=(k, self._units + self._sums),
        )
        self._rows = sparse.vstack([rows[0], implied]).tocsr()
        self._at_least = np.concatenate([rows[1], np.zeros(k)])
        self._solver = self._open(np.ones(self._units + self._sums))
        self.lower_bound = 0.0
        self.relaxed = np.zeros(self._units)

    def cut(self, weights: sparse.csr_matrix, at_least: np.ndarray) -> None:
        """Adds one cut per row of `weights` (over units); what the fixed units contribute is taken off already."""
        weights = sparse.csr_matrix(weights, dtype=float)
        wide = sparse.csr_matrix(
            (weights.data, weights.indices, weights.indptr), shape=(weights.shape[0], self._units + self._sums)
        )
        self._rows = sparse.vstack([self._rows, wide]).tocsr()
        self._at_least = np.concatenate([self._at_least, at_least])
        none = np.full(len(at_least), highspy.kHighsInf)
        self._solver.addRows(
            len(at_least), at_least.astype(float), none, wide.nnz, wide.indptr[:-1], wide.indices, wide.data
        )

    def relax(self) -> np.ndarray:
        """The relaxation's share of every unit; sets `lower_bound`, the least a safe set costs beyond the fixed."""
        self._solver.run()
        solution = self._solver.getSolution()
        if solution.value_valid:
            self.relaxed = np.array(solution.col_value)[: self._units]
            self.lower_bound = float(self._price @ self.relaxed)
        return self.relaxed

    def choose(self, *, loss: float = 0.0) -> np.ndarray:
        """Boolean per unit: a cheap whole set within the relaxation's support.

        loss: also among units that cost the relaxation at most so much more; dearer to find, and 1 to 3 % cheaper.
        """
        upper = np.ones(self._units + self._sums)
        allowed = self.relaxed > SUPPORT
        if loss and self._units <= MOST:
            allowed |= np.array(self._solver.getSolution().col_dual)[: self._units] < loss
        upper[: self._units][~allowed & ~self.fixed] = 0
        solver = self._open(upper, whole=True)
        if loss:
            solver.setOptionValue("mip_max_nodes", 1)
        solver.run()
        solution = solver.getSolution()
        found = np.array(solution.col_value)[: self._units] if solution.value_valid else self.relaxed
        return (found > 0.5 - SUPPORT) | self.fixed

    def _open(self, upper: np.ndarray, *, whole: bool = False) -> highspy.Highs:
        """A solver over the columns that may be above zero."""
        none = np.zeros(self._sums)
        cost, lower = np.concatenate([self._price, none]), np.concatenate([self.fixed.astype(float), none])
        return open_solver(self._rows, self._at_least, cost, lower, upper, self._units if whole else 0)


def cover(members: sparse.csc_matrix, cost: np.ndarray) -> np.ndarray:
    """Boolean per column: the cheapest columns of which every row that has any has one."""
    rows = members.tocsr()
    rows = rows[np.diff(rows.indptr) > 0]
    chosen = np.zeros(len(cost), dtype=bool)
    if rows.shape[0]:
        solver = open_solver(rows, np.ones(rows.shape[0]), cost, np.zeros(len(cost)), np.ones(len(cost)), len(cost))
        solver.run()
        chosen = np.array(solver.getSolution().col_value) > 0.5
    return chosen


def find_cheapest_change(sums: sparse.csr_matrix, price: np.ndarray, target: np.ndarray) -> np.ndarray | None:
    """A change of quantities that keeps every sum and raises the target (boolean) by one; None if there is none."""
    sums = sums[np.diff(sums.indptr) > 0]
    both = sparse.hstack([sums, -sums]).tocsr()
    rows = sparse.vstack([both, -both]).tocsr()
    lower = np.concatenate([target.astype(float), np.zeros(len(target))])
    upper = np.where(np.tile(target, 2), lower, np.inf)
    solver = open_solver(rows, np.zeros(rows.shape[0]), np.tile(price, 2), lower, upper, 0)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    values = np.array(solver.getSolution().col_value)
    return values[: len(target)] - values[len(target) :]


def open_solver(
    rows: sparse.csr_matrix,
    at_least: np.ndarray,
    cost: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    whole: int,
) -> highspy.Highs:
    """A solver for the cheapest x with rows @ x >= at_least, the first `whole` columns over whole numbers.

    One thread and no clock: the same input gives the same answer.
    """
    columns = rows.tocsc().astype(float)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = columns.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, lower, upper
    lp.row_lower_, lp.row_upper_ = at_least.astype(float), np.full(len(at_least), highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = columns.indptr, columns.indices, columns.data
    if whole:
        kinds = np.full(len(cost), highspy.HighsVarType.kContinuous)
        kinds[:whole][upper[:whole] > lower[:whole]] = highspy.HighsVarType.kInteger
        lp.integrality_ = list(kinds)
    solver = highspy.Highs()
    options = {"output_flag": False, "threads": 1, "random_seed": 1, "mip_rel_gap": 0.01, "mip_max_nodes": 100}
    for option, value in options.items():
        solver.setOptionValue(option, value)
    solver.passModel(lp)
    return solver


def _relation_rows(problem: Problem, fixed: np.ndarray) -> tuple[tuple[sparse.csr_matrix, np.ndarray], int]:
    """Rows that forbid exactly one withheld term: over units, then one column per sum that may have none or two.

    A relation whose fixed terms are two has nothing to ask; with one, it asks for another. Otherwise its column z says
    whether anything is withheld: every unit <= z, and the terms add up to 2 z. A unit that lifts it counts for two.
    """
    counts, lifts = _count_terms(problem)
    units = len(fixed)
    held = counts @ fixed.astype(float) + lifts @ fixed.astype(float)
    both = (counts + lifts).tocsr()
    loose = counts.multiply(~fixed).tocsr()
    loose.eliminate_zeros()
    alone = np.flatnonzero(held == 1)
    open_ = np.flatnonzero((held == 0) & (np.diff(loose.indptr) > 0))
    shut = sparse.diags((~fixed).astype(float)).tocsr()
    asks = both[alone] @ shut
    z = len(open_)
    sums = sparse.hstack([both[open_] @ shut, sparse.diags(np.full(z, -2.0)) if z else sparse.csr_matrix((0, 0))])
    terms = loose[open_].tocoo()
    k = terms.nnz
    links = sparse.csr_matrix(
        (np.repeat([1.0, -1.0], k), (np.tile(np.arange(k), 2), np.concatenate([units + terms.row, terms.col]))),
        shape=(k, units + z),
    )
    asks = sparse.csr_matrix((asks.data, asks.indices, asks.indptr), shape=(len(alone), units + z))
    satisfiable = np.diff(asks.indptr) > 0
    rows = sparse.vstack([asks[satisfiable], sums, links]).tocsr()
    at_least = np.concatenate([np.ones(satisfiable.sum()), np.zeros(z + k)])
    return (rows, at_least), z


def _count_terms(problem: Problem) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """For every different sum: how many terms each unit has in it that may be withheld, and 2 for a unit that lifts it.

    Sums alike in their units are one.
    """
    units = len(problem.cost)
    sums = np.flatnonzero(problem.low == problem.high)
    terms = problem.matrix[sums].tocoo()
    kept = ~problem.known[terms.col] & (terms.data != 0)
    rows, columns = terms.row[kept], problem.unit[terms.col[kept]]
    counts = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(sums), units))
    counts.data = np.minimum(counts.data, 2)
    lifter = problem.lifted_by[sums]
    lifted = np.flatnonzero(lifter >= 0)
    lifts = sparse.csr_matrix((np.full(len(lifted), 2.0), (lifted, lifter[lifted])), shape=(len(sums), units))
    key = np.random.default_rng(0).integers(1, 2**40, (units, 2))
    labels = np.column_stack([counts.astype(np.int64) @ key, lifter])
    _, first = np.unique(labels, axis=0, return_index=True)
    several = first[np.diff(counts.indptr)[first] > 0]
    several.sort()
    return counts[several], lifts[several]
