"""The choice of units as a linear program: what every safe set must satisfy, and the cheapest set that does.

Its relaxation bounds from below what any safe set costs; over whole numbers it proposes one.
"""

import highspy
import numpy as np
from scipy import sparse

from privacy.engine.problem import Problem

SUPPORT = 1e-6  # below this a value of the relaxation counts as zero
LARGE = 60_000  # units beyond which only those the relaxation takes are looked at: more would take minutes


class Master:
    """The cheapest units that contain the fixed ones, leave no sum with one withheld term, and meet all cuts.

    A cut (weights over units, at_least) is a condition that every safe set meets. `relax` and `choose` may be called
    again after `cut`.
    """

    def __init__(self, problem: Problem, fixed: np.ndarray):
        self.problem, self.fixed = problem, fixed
        self._price = np.where(fixed, 0.0, problem.cost)
        single, self._sums = _split_sums(problem, fixed)
        self._asked = np.zeros(self._sums.nnz, dtype=bool)
        pairs = problem.implies[~fixed[problem.implies[:, 1]]]
        k = len(pairs)
        implied = sparse.csr_matrix(
            (np.repeat([1.0, -1.0], k), (np.tile(np.arange(k), 2), np.concatenate([pairs[:, 1], pairs[:, 0]]))),
            shape=(k, len(fixed)),
        )
        self._rows = sparse.vstack([single, implied]).tocsr()
        self._at_least = np.concatenate([np.ones(single.shape[0]), np.zeros(k)])
        self._solver = open_solver(self._rows, self._at_least, self._price, fixed.astype(float), np.ones(len(fixed)), 0)
        self.lower_bound = 0.0
        self.relaxed = np.zeros(len(fixed))
        self._dearer = np.full(len(fixed), np.inf)  # by how much a unit would make the relaxation cost more

    def cut(self, weights: sparse.csr_matrix, at_least: np.ndarray) -> None:
        """Adds one cut per row of `weights` (over units); what the fixed units contribute is taken off already."""
        weights = sparse.csr_matrix(weights, dtype=float)
        self._rows = sparse.vstack([self._rows, weights]).tocsr()
        self._at_least = np.concatenate([self._at_least, at_least])
        self._add(weights, at_least)

    def relax(self) -> np.ndarray:
        """The relaxation's share of every unit; sets `lower_bound`, the least a safe set costs beyond the fixed.

        That no term of a sum may be withheld by itself is asked of the program only where it would be: few sums matter.
        """
        while True:
            self._solver.run()
            if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                return self.relaxed  # as where no set is safe: the last answer is the best there is
            solution = self._solver.getSolution()
            self.relaxed, self._dearer = np.array(solution.col_value), np.array(solution.col_dual)
            self.lower_bound = float((self._price * self.relaxed).sum())
            share = np.where(self.fixed, 0.0, self.relaxed)
            excess = 2 * share[self._sums.indices] - np.repeat(self._sums @ share, np.diff(self._sums.indptr))
            alone = np.flatnonzero((self._sums.data == 1) & (excess > SUPPORT) & ~self._asked)
            if not len(alone):
                return self.relaxed
            self._asked[alone] = True
            self._add(_ask_for_company(self._sums, alone), np.zeros(len(alone)))

    def choose(self, *, loss: float = 0.0) -> np.ndarray:
        """Boolean per unit: a cheap whole set within the relaxation's support.

        loss: also among units that cost the relaxation at most so much more; dearer to find, and 1 to 3 % cheaper.
        """
        allowed = (self.relaxed > SUPPORT) | self.fixed
        if len(allowed) <= LARGE:
            allowed |= self._dearer < loss
        sums = (self._sums @ sparse.diags(allowed.astype(float))).tocsr()
        sums.eliminate_zeros()
        company = _ask_for_company(sums, np.flatnonzero(sums.data == 1))
        rows = sparse.vstack([self._rows, company]).tocsr()
        at_least = np.concatenate([self._at_least, np.zeros(company.shape[0])])
        solver = open_solver(rows, at_least, self._price, self.fixed.astype(float), allowed.astype(float), len(allowed))
        solver.run()
        solution = solver.getSolution()
        found = np.array(solution.col_value) if solution.value_valid else self.relaxed
        return (found > 0.5 - SUPPORT) | self.fixed

    def _add(self, rows: sparse.csr_matrix, at_least: np.ndarray) -> None:
        none = np.full(len(at_least), highspy.kHighsInf)
        self._solver.addRows(
            len(at_least), at_least.astype(float), none, rows.nnz, rows.indptr[:-1], rows.indices, rows.data
        )


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

    One thread and no clock: the same input gives the same answer. Beyond the root nothing better was found in minutes.
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
    options = {"output_flag": False, "threads": 1, "random_seed": 1, "mip_rel_gap": 0.01, "mip_max_nodes": 1}
    options["mip_heuristic_run_root_reduced_cost"] = False  # a third of the time, for sets no cheaper
    for option, value in options.items():
        solver.setOptionValue(option, value)
    solver.passModel(lp)
    return solver


def _split_sums(problem: Problem, fixed: np.ndarray) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """The sums that ask for something, over units that are not fixed: the number of their terms that a unit withholds.

    First those with one fixed term: they need another. Then those with none: none, or two at least. A unit that lifts a
    sum counts for two. A sum whose fixed terms are two has nothing to ask.
    """
    counts, lifts = _count_terms(problem)
    both = counts + lifts
    held = both @ fixed.astype(float)
    loose = (both @ sparse.diags((~fixed).astype(float))).tocsr()
    loose.eliminate_zeros()
    some = np.diff(loose.indptr) > 0
    return loose[(held == 1) & some], loose[(held == 0) & some]


def _ask_for_company(sums: sparse.csr_matrix, entries: np.ndarray) -> sparse.csr_matrix:
    """A row for each of some entries of the sums: the others in its sum come to no less than its unit does."""
    k = len(entries)
    row = np.repeat(np.arange(sums.shape[0]), np.diff(sums.indptr))[entries]
    own = sparse.csr_matrix((np.full(k, 2.0), (np.arange(k), sums.indices[entries])), shape=(k, sums.shape[1]))
    return (sums[row] - own).tocsr()


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
