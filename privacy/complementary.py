"""A first set of values to withhold beside the sensitive ones, near the cheapest: no sum has exactly one of them.

That is necessary, not sufficient: intervals.py adds what is missing for every sensitive quantity to keep enough values.
"""

from collections.abc import Iterator

import highspy
import numpy as np
from scipy import sparse

from privacy.problem import Problem

SUPPORT = 1e-6  # below this a value of the linear relaxation counts as zero


def choose_units(problem: Problem) -> np.ndarray:
    """Boolean per unit: withheld. Contains every unit with a sensitive quantity and what those imply.

    Minimises the cost subject to: every relation has none or at least two withheld units, and a sensitive term has
    siblings that can move far enough. The relaxation is nearly whole (measured: within 1-3 %), so the search is
    limited to its support.
    """
    hidden = np.zeros(len(problem.cost), dtype=bool)
    hidden[problem.unit[problem.sensitive]] = True
    close_implications(problem, hidden)
    if not hidden.any():
        return hidden
    model, columns = _build_model(problem, hidden)
    relaxed = _solve(model)
    if relaxed is not None:
        free = np.flatnonzero(relaxed[:columns] > SUPPORT)
        chosen = _solve(_restrict(model, relaxed, columns))
        values = relaxed if chosen is None else chosen
        hidden[free[values[free] > 0.5]] = True
    mend_single_terms(problem, hidden)
    return hidden


def close_implications(problem: Problem, hidden: np.ndarray) -> None:
    """Withholds, in place, what the withheld units imply."""
    before = -1
    while before != (before := int(hidden.sum())):
        hidden[problem.implies[hidden[problem.implies[:, 0]], 1]] = True


def mend_single_terms(problem: Problem, hidden: np.ndarray) -> None:
    """Withholds, in place, the cheapest partner where a relation has exactly one withheld term and can have another."""
    terms = abs(problem.matrix[problem.low == problem.high])
    terms.data[:] = 1
    while True:
        withheld = hidden[problem.unit] & ~problem.known
        lonely = np.flatnonzero(terms @ withheld.astype(np.int64) == 1)
        changed = False
        for relation in lonely:
            columns = terms.indices[terms.indptr[relation] : terms.indptr[relation + 1]]
            units = problem.unit[columns[~problem.known[columns]]]
            if hidden[units].sum() == 1 and len(units) > 1:
                others = units[~hidden[units]]
                hidden[others[np.argmin(problem.cost[others])]] = changed = True
        close_implications(problem, hidden)
        if not changed:
            return


def _unit_relations(problem: Problem) -> Iterator[tuple[np.ndarray, bool]]:
    """The distinct sums as units, without what everybody knows, and whether each term is a unit of its own."""
    seen = set()
    for relation in np.flatnonzero(problem.low == problem.high):
        columns = problem.matrix.indices[problem.matrix.indptr[relation] : problem.matrix.indptr[relation + 1]]
        columns = columns[~problem.known[columns]]
        units = problem.unit[columns]
        distinct = np.unique(units)
        if len(distinct) > 1 and (key := distinct.tobytes()) not in seen:
            seen.add(key)
            # Two terms of one unit guard each other.
            yield units, (len(distinct) == len(units))


def _capacity_rows(problem: Problem) -> tuple[list, list, list, list]:
    """Sums in which a sensitive term has too few values unless its siblings have room: rows over units, and bounds."""
    indices, values, starts, bounds = [], [], [0], []
    room = problem.truth - problem.floor
    need = problem.candidates - 1
    tight = problem.sensitive & (room < need)
    matrix = problem.matrix
    for relation in np.flatnonzero((problem.low == problem.high) & (abs(matrix) @ tight > 0)):
        span = slice(matrix.indptr[relation], matrix.indptr[relation + 1])
        columns, signs = matrix.indices[span], matrix.data[span]
        keep = ~problem.known[columns]
        columns, signs = columns[keep], signs[keep]
        for place in np.flatnonzero(tight[columns]):
            short = need - room[columns[place]]
            # The target rises: a sibling of the same sign must fall (as far as it has room), one of the other rises
            # freely.
            able = np.where(signs == signs[place], np.minimum(room[columns], short), short)
            able[place] = 0
            units, able = _sum_by_unit(problem.unit[columns], able)
            able = np.minimum(able, short)
            if (able >= short).all() or able.sum() < short:
                continue
            indices.extend(units[able > 0])
            values.extend(able[able > 0])
            starts.append(len(indices))
            bounds.append(short)
    return indices, values, starts, bounds


def _sum_by_unit(units: np.ndarray, amounts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    distinct, place = np.unique(units, return_inverse=True)
    return distinct, np.bincount(place, weights=amounts).astype(np.int64)


def _build_model(problem: Problem, hidden: np.ndarray) -> tuple[highspy.HighsLp, int]:
    """The relaxation: one column per unit, then one per sum (whether it has anything withheld)."""
    units = len(problem.cost)
    rows, columns, values, lower, sums = [], [], [], [], 0

    def add(row_columns, row_values, at_least):
        rows.extend([len(lower)] * len(row_columns))
        columns.extend(row_columns)
        values.extend(row_values)
        lower.append(at_least)

    for members, plain in _unit_relations(problem):
        z = units + sums
        sums += 1
        for unit in np.unique(members):
            if not hidden[unit]:
                add([z, unit], [1, -1], 0)
        if hidden[members].sum() < 2 and plain:
            add([*members, z], [1] * len(members) + [-2], 0)
        if hidden[members].any():
            add([z], [1], 1)
    indices, amounts, starts, bounds = _capacity_rows(problem)
    for i, bound in enumerate(bounds):
        add(indices[starts[i] : starts[i + 1]], amounts[starts[i] : starts[i + 1]], bound)
    for cause, effect in problem.implies:
        if not hidden[effect]:
            add([effect, cause], [1, -1], 0)
    total = units + sums
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = total, len(lower)
    lp.col_cost_ = np.concatenate([problem.cost, np.zeros(sums)])
    lp.col_lower_ = np.concatenate([hidden.astype(float), np.zeros(sums)])
    lp.col_upper_ = np.ones(total)
    lp.row_lower_, lp.row_upper_ = np.array(lower, dtype=float), np.full(len(lower), np.inf)
    matrix = sparse.csc_matrix((np.array(values, dtype=float), (rows, columns)), shape=(len(lower), total))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    return lp, units


def _restrict(model: highspy.HighsLp, relaxed: np.ndarray, units: int) -> highspy.HighsLp:
    """The same model over whole numbers, without the units the relaxation leaves alone."""
    upper = np.array(model.col_upper_)
    upper[:units][relaxed[:units] <= SUPPORT] = 0
    model.col_upper_ = upper
    fractional = (relaxed[:units] > SUPPORT) & (relaxed[:units] < 1 - SUPPORT)
    if not fractional.any():
        return model
    kinds = [highspy.HighsVarType.kContinuous] * len(upper)
    for unit in np.flatnonzero(upper[:units] > np.array(model.col_lower_)[:units]):
        kinds[unit] = highspy.HighsVarType.kInteger
    model.integrality_ = kinds
    return model


def _solve(model: highspy.HighsLp) -> np.ndarray | None:
    """The best values, or None if there are none. One thread and no clock: the same input gives the same answer."""
    solver = highspy.Highs()
    for option, value in {
        "output_flag": False,
        "threads": 1,
        "random_seed": 1,
        "mip_rel_gap": 0.005,
        "mip_max_nodes": 200,
    }.items():
        solver.setOptionValue(option, value)
    solver.passModel(model)
    solver.run()
    solution = solver.getSolution()
    return np.array(solution.col_value) if solution.value_valid else None
