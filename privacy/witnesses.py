"""What the engine has proved so far: whole-number tables, other than the truth, that agree with everything published.

A move is a whole-number change of withheld quantities that breaks no relation and no floor; the truth plus the move
is such a table. Withholding more never spoils a move.
"""

import numpy as np

from privacy.problem import Problem

UNSEEN = np.iinfo(np.int64).min


class Witnesses:
    """Per quantity the different changes seen, up to the required number of values, and the furthest ones.

    `hidden` (boolean per unit) may grow: a relation that a withheld unit lifts binds no move.
    """

    def __init__(self, problem: Problem, hidden: np.ndarray):
        n = len(problem.truth)
        self._problem, self._hidden = problem, hidden
        self.changes = np.full((n, problem.candidates), UNSEEN)
        self.changes[:, 0] = 0  # the truth itself
        self.count = np.ones(n, dtype=np.int64)
        self.lowest, self.highest = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)

    def lacking(self, columns: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Boolean per quantity: sensitive, and not yet proved to keep enough values or a wide enough interval."""
        problem = self._problem
        highest = self.highest[columns]
        narrow = highest - self.lowest[columns] < problem.width[columns] * (problem.truth[columns] + highest)
        return (problem.sensitive & ~problem.known)[columns] & ((self.count[columns] < problem.candidates) | narrow)

    def remember(self) -> tuple[np.ndarray, ...]:
        """What is proved now, for `recall`."""
        return tuple(part.copy() for part in (self.changes, self.count, self.lowest, self.highest))

    def recall(self, before: tuple[np.ndarray, ...]) -> None:
        """Forgets what was proved since: needed where units are shown again that those moves use."""
        self.changes, self.count, self.lowest, self.highest = (part.copy() for part in before)

    def list_unprotected(self) -> np.ndarray:
        """The sensitive quantities without proof: known to everybody, or lacking values."""
        return np.flatnonzero(self.lacking() | (self._problem.sensitive & self._problem.known))

    def add(self, columns: np.ndarray, move: np.ndarray) -> bool:
        """Takes in what a move of some quantities shows for those that lack values.

        False if it is not whole, or breaks a relation or a bound: it proves nothing then.
        """
        whole = np.rint(move)
        if np.abs(move - whole).max(initial=0) > 1e-5:
            return False
        moved = np.flatnonzero(whole)
        columns, whole = columns[moved], whole[moved].astype(np.int64)
        problem, after = self._problem, self._problem.truth[columns] + whole
        if (after < problem.floor[columns]).any() or (after > problem.ceiling[columns]).any():
            return False
        quantity, relation, coefficient = self._list_terms(columns)
        change = np.bincount(relation, coefficient * whole[quantity], len(problem.low))
        changed = np.flatnonzero(change)
        if len(changed):
            reached = problem.matrix[changed] @ problem.truth + change[changed]
            if (reached < problem.low[changed]).any() or (reached > problem.high[changed]).any():
                return False
        # What lies between the truth and a possible table is possible, part by part: ranges have no holes.
        lacking = self.lacking(columns)
        self._take(columns[lacking], whole[lacking], whole[lacking])
        lacking &= (np.abs(whole) > 1) & self.lacking(columns)
        if lacking.any():
            steps = _smallest_steps(whole, quantity, relation)
            self._take(columns[lacking], steps[lacking], whole[lacking])
        return True

    def _list_terms(self, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Place of the quantity, relation and coefficient of every term of some quantities in relations that hold."""
        matrix = self._problem.by_quantity
        starts, ends = matrix.indptr[columns], matrix.indptr[columns + 1]
        lengths = ends - starts
        # Cutting the matrix itself costs more than the rest of the check: this reads its columns in place.
        place = np.repeat(ends - np.cumsum(lengths), lengths) + np.arange(lengths.sum())
        quantity, relation = np.repeat(np.arange(len(columns)), lengths), matrix.indices[place]
        lifter = self._problem.lifted_by[relation]
        holds = (lifter < 0) | ~self._hidden[lifter]
        return quantity[holds], relation[holds], matrix.data[place][holds]

    def _take(self, columns: np.ndarray, step: np.ndarray, last: np.ndarray) -> None:
        """Notes the changes step, 2 step, … as far as `last`."""
        self.lowest[columns] = np.minimum(self.lowest[columns], last)
        self.highest[columns] = np.maximum(self.highest[columns], last)
        for times in range(1, self._problem.candidates):
            change = step * times
            able = (np.abs(change) <= np.abs(last)) & (self.count[columns] < self._problem.candidates)
            rows, change = columns[able], change[able]
            fresh = ~(self.changes[rows] == change[:, None]).any(axis=1)
            rows = rows[fresh]
            self.changes[rows, self.count[rows]] = change[fresh]
            self.count[rows] += 1


def _smallest_steps(move: np.ndarray, quantity: np.ndarray, relation: np.ndarray) -> np.ndarray:
    """A move is a sum of moves of parts that share no relation, each some times a smallest step: that, per quantity.

    quantity and relation pair up the terms of the relations the move touches.
    """
    divisor = np.abs(move)
    while True:
        # The greatest common divisor of a part: passed on along its relations until nothing changes.
        shared, own = np.zeros(relation.max(initial=-1) + 1, dtype=np.int64), divisor.copy()
        np.gcd.at(shared, relation, divisor[quantity])
        np.gcd.at(own, quantity, shared[relation])
        if (own == divisor).all():
            return move // divisor
        divisor = own
