"""The linear programs of the audit, and their solver. What they answer is a proposal: exhibits.py checks it."""

import highspy
import numpy as np
from scipy.sparse import csc_matrix, hstack

from privacy.attack.exhibits import WHOLE, Exhibits, Unknowns
from privacy.attack.narrowing import System, narrow

CEILING = (
    10  # unbounded quantities are looked at up to this multiple of everything published (a smaller world is safer)
)
NODES = 2000  # of a whole-number search: a count, not a clock, so that the same input gives the same answer
FEW_NODES, NEARLY = 20, 0.5  # of one that takes any answer; and the part of the way in which it may stop short
FAR = 64  # steps away from a corner up to which a table is looked for before it may be anywhere
SWEEPS = 10  # of additions over all sums of a program before it is asked


def find_ceiling(unknowns: Unknowns) -> np.ndarray:
    """How far up each unknown is looked at."""
    known = (unknowns.low, unknowns.high, unknowns.least)
    finite = np.concatenate([np.abs(side[np.isfinite(side)]) for side in known])
    ceiling = max(1000.0, CEILING * float(finite.max(initial=0)))
    return np.minimum(unknowns.most, np.maximum(ceiling, unknowns.least))


def find_table(unknowns: Unknowns, room: np.ndarray) -> tuple[np.ndarray | None, bool]:
    """A whole-number table that agrees with what is known, if one is found; and whether there can be none at all.

    The more unknowns have `room` above their least value, the better: from such a table small moves lead everywhere.
    Where the program's answer is not whole, whole numbers are searched close by, then further around and further off.
    """
    ceiling, n = find_ceiling(unknowns), len(room)
    near = np.minimum(room, ceiling - unknowns.least)
    columns, rows = unknowns.by_unknown.astype(float), (unknowns.low, unknowns.high)
    lower = np.concatenate([unknowns.least, np.zeros(n)])
    upper = np.concatenate([unknowns.least + near, ceiling - unknowns.least - near])
    reward = -np.repeat([1.0, 0.0], n)
    solver = open_solver(hstack([columns, columns]).tocsc(), lower, upper, *rows, reward)
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None, True
    parts = _values(solver)
    table, away = (unknowns.least, np.inf) if parts is None else (parts[:n] + parts[n:], 1.0)
    free = np.ones(n, dtype=bool) if parts is None else _crooked(table)
    pattern = abs(columns)
    while free.any():
        before, free = free, pattern.T @ (pattern @ free) > 0
        fixed = columns @ np.where(free, 0, np.rint(table))
        lower = np.maximum(np.floor(table + WHOLE) - away, unknowns.least)
        upper = np.minimum(np.ceil(table - WHOLE) + away, ceiling)
        reward = -(upper <= unknowns.least + near).astype(float)
        solver = open_solver(columns[:, free], lower[free], upper[free], *(side - fixed for side in rows), reward[free])
        set_whole(solver, int(free.sum()), True)
        solver.setOptionValue("mip_rel_gap", NEARLY)
        solver.run()
        if (whole := _values(solver)) is not None:
            table = table.copy()
            table[free] = whole
            break
        if np.isinf(away) and (before == free).all():
            return None, solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible
        away = 8 * away if away < FAR else np.inf
    table = np.rint(table).astype(np.int64)
    return (table if unknowns.fits(table) else None), False


def _values(solver: highspy.Highs) -> np.ndarray | None:
    solution = solver.getSolution()
    return np.array(solution.col_value) if solution.value_valid else None


def _crooked(values: np.ndarray) -> np.ndarray:
    return np.abs(values - np.rint(values)) > WHOLE


def open_solver(
    matrix: csc_matrix, lower: np.ndarray, upper: np.ndarray, low: np.ndarray, high: np.ndarray, cost: np.ndarray
) -> highspy.Highs:
    """A solver that minimises cost @ x over low <= matrix @ x <= high, lower <= x <= upper. One thread, no clock."""
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_, model.col_lower_, model.col_upper_ = cost, lower.astype(float), upper.astype(float)
    model.row_lower_, model.row_upper_ = low.astype(float), high.astype(float)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data.astype(float)
    solver = highspy.Highs()
    options = {"output_flag": False, "threads": 1, "random_seed": 7, "mip_max_nodes": NODES, "presolve": "off"}
    for option, value in options.items():
        solver.setOptionValue(option, value)
    solver.passModel(model)
    return solver


def set_whole(solver: highspy.Highs, columns: int, whole: bool) -> None:
    """Whether the solver looks for whole numbers only. Presolving pays for these alone."""
    kind = highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous
    solver.setOptionValue("presolve", "choose" if whole else "off")
    solver.changeColsIntegrality(columns, np.arange(columns, dtype=np.int32), np.full(columns, kind))


class Moves:
    """Changes of some unknowns from a base table, all others staying; `reach`: how far each may go at most."""

    def __init__(self, exhibits: Exhibits, places: np.ndarray, ceiling: np.ndarray, reach: float = np.inf):
        unknowns = exhibits.unknowns
        columns = unknowns.by_unknown[:, places]
        touched, row = np.unique(columns.indices, return_inverse=True)
        matrix = csc_matrix((columns.data, row, columns.indptr), shape=(len(touched), len(places)))
        self.exhibits, self.places, self.relations = exhibits, places, touched
        self.lower = -np.minimum(exhibits.down[places].astype(float), reach)
        self.upper = np.minimum(np.maximum(ceiling[places] - exhibits.base[places], 0), reach)
        low, high = unknowns.low[touched], unknowns.high[touched]
        sums = unknowns.matrix[touched] @ exhibits.base
        self.solver = open_solver(matrix, self.lower, self.upper, low - sums, high - sums, np.zeros(len(places)))

    def push(self, direction: np.ndarray, whole: bool = False) -> float | None:
        """Goes as far as it can in a direction and takes in what that proves; None if the program has no answer.

        `whole`: looks on for a whole-number answer if the first is none, and has no answer without one.
        """
        k = len(self.places)
        self.solver.changeColsCost(k, np.arange(k, dtype=np.int32), -direction)
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        change = np.array(self.solver.getSolution().col_value)
        reached = float(direction @ change)
        self.exhibits.take(self.places, change)
        if whole and _crooked(change).any() and (change := self._search_whole(change)) is not None:
            self.exhibits.take(self.places, change)
        return None if change is None else reached

    def _search_whole(self, corner: np.ndarray) -> np.ndarray | None:
        """A whole-number answer: first of what a corner changes alone, a far smaller program; then of everything."""
        shut = np.flatnonzero(corner == 0).astype(np.int32)
        found, none = None, np.zeros(len(shut))
        set_whole(self.solver, len(corner), True)
        for lower, upper in ((none, none), (self.lower[shut], self.upper[shut])):
            self.solver.changeColsBounds(len(shut), shut, lower, upper)
            if found is None:
                self.solver.run()
                found = _values(self.solver)
        set_whole(self.solver, len(corner), False)
        return found

    def shorten(self, reach: float) -> None:
        """Lets no unknown go further than this."""
        k = len(self.places)
        self.lower, self.upper = np.maximum(self.lower, -reach), np.minimum(self.upper, reach)
        self.solver.changeColsBounds(k, np.arange(k, dtype=np.int32), self.lower, self.upper)

    def multipliers(self) -> np.ndarray:
        """What every relation of the last program contributes to its answer (its duals)."""
        return np.array(self.solver.getSolution().row_dual)

    def fix(self, place: int, change: float | None) -> None:
        """Fixes the change of one unknown, or with None sets it free again."""
        at = int(np.searchsorted(self.places, place))
        lower, upper = (self.lower[at], self.upper[at]) if change is None else (change, change)
        self.solver.changeColBounds(at, float(lower), float(upper))


class WholeMoves(Moves):
    """The same over whole numbers: among many unknowns corners seldom are. Nearly the furthest is far enough."""

    def __init__(self, exhibits: Exhibits, places: np.ndarray, ceiling: np.ndarray, reach: float):
        super().__init__(exhibits, places, ceiling, reach)
        for option, value in {"mip_max_nodes": FEW_NODES, "mip_rel_gap": NEARLY}.items():
            self.solver.setOptionValue(option, value)
        set_whole(self.solver, len(places), True)

    def push(self, direction: np.ndarray) -> None:
        """Goes nearly as far as it can in a direction and takes in what that proves."""
        k = len(self.places)
        self.solver.changeColsCost(k, np.arange(k, dtype=np.int32), -direction)
        self.solver.run()
        if (change := _values(self.solver)) is not None:
            self.exhibits.take(self.places, change)


class ShortMoves:
    """The moves that change one unknown by a given amount and everything else as little as can be."""

    def __init__(self, exhibits: Exhibits, places: np.ndarray, ceiling: np.ndarray, reach: float):
        signed = Moves(exhibits, places, ceiling, reach)
        self.exhibits, self.places = exhibits, places
        model = signed.solver.getLp()
        columns, k = csc_matrix(exhibits.unknowns.by_unknown[:, places][signed.relations]), len(places)
        rows = np.array(model.row_lower_), np.array(model.row_upper_)
        terms = columns.tocoo()
        # Most that cannot move show it by additions alone, and no program is asked.
        system = System(signed.lower, signed.upper, terms.row, terms.col, terms.data, *rows)
        lower, upper, _ = narrow(system, SWEEPS)
        self.upper = np.concatenate([upper, -lower])
        self.solver = open_solver(
            hstack([columns, -columns]).tocsc(), np.zeros(2 * k), self.upper, *rows, np.ones(2 * k)
        )

    def push(self, place: int, change: int) -> bool:
        """Takes in the shortest move that changes one unknown by `change`; whether there is one, whole or not."""
        k = len(self.places)
        rise = int(np.searchsorted(self.places, place))
        at, opposite = (rise, rise + k) if change > 0 else (rise + k, rise)
        if abs(change) > self.upper[at]:
            return False
        self.solver.changeColBounds(at, float(abs(change)), float(abs(change)))
        self.solver.changeColBounds(opposite, 0.0, 0.0)
        self.solver.run()
        possible = self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        if possible:
            values = np.array(self.solver.getSolution().col_value)
            self.exhibits.take(self.places, values[:k] - values[k:])
        self.solver.changeColBounds(at, 0.0, float(self.upper[at]))
        self.solver.changeColBounds(opposite, 0.0, float(self.upper[opposite]))
        return possible
