"""What the engine has proved so far: whole-number tables, other than the truth, that agree with everything published.

A move is a whole-number change of withheld quantities that breaks no relation and no floor; the truth plus the move
is such a table. Withholding more never spoils a move.
"""

import numpy as np
from scipy import sparse

from privacy.engine.parts import Part
from privacy.engine.problem import Problem

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
        # Which move shows each change, and the units every move needs withheld: for `forget`.
        self._shown_by = np.full((n, problem.candidates), -1)
        self._needs: list[np.ndarray] = []
        self._moves_with: dict[int, list[int]] = {}
        self._listed = 0

    def lacking(self, columns: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Boolean per quantity: sensitive, and not yet proved to keep enough values or a wide enough interval."""
        problem = self._problem
        highest = self.highest[columns]
        narrow = highest - self.lowest[columns] < problem.width[columns] * (problem.truth[columns] + highest)
        return problem.guarded[columns] & ((self.count[columns] < problem.candidates) | narrow)

    def remember(self) -> tuple[np.ndarray, ...]:
        """What is proved now, for `recall`."""
        return tuple(part.copy() for part in (self.changes, self.count, self.lowest, self.highest, self._shown_by))

    def recall(self, before: tuple[np.ndarray, ...]) -> None:
        """Forgets what was proved since: needed where units are shown again that those moves use."""
        proved = tuple(part.copy() for part in before)
        self.changes, self.count, self.lowest, self.highest, self._shown_by = proved

    def forget(self, units: np.ndarray) -> None:
        """Forgets what only moves of some units' quantities prove. The units must not lift a relation."""
        for number in range(self._listed, len(self._needs)):
            for needed in self._needs[number].tolist():
                self._moves_with.setdefault(needed, []).append(number)
        self._listed = len(self._needs)
        needing = np.zeros(len(self._needs) + 1, dtype=bool)
        for unit in units.tolist():
            needing[self._moves_with.get(unit, [])] = True
        lost = needing[self._shown_by]
        rows = np.flatnonzero(lost.any(axis=1))
        for row in rows:
            left = ~lost[row] & (self.changes[row] != UNSEEN)
            k = self.count[row] = left.sum()
            self.changes[row] = np.concatenate([self.changes[row][left], np.full(len(left) - k, UNSEEN)])
            self._shown_by[row] = np.concatenate([self._shown_by[row][left], np.full(len(left) - k, -1)])
        known = np.where(self.changes[rows] == UNSEEN, 0, self.changes[rows])
        self.lowest[rows], self.highest[rows] = known.min(axis=1, initial=0), known.max(axis=1, initial=0)

    def list_unprotected(self) -> np.ndarray:
        """The sensitive quantities without proof: known to everybody, or lacking values."""
        return np.flatnonzero(self.lacking() | (self._problem.sensitive & self._problem.known))

    def add(self, part: Part, move: np.ndarray) -> bool:
        """Takes in what a move of a part's quantities shows for those that lack values.

        The part must hold all relations of its quantities that hidden units do not lift. False if the move is not
        whole, or breaks a relation or a bound: it proves nothing then.
        """
        whole = np.rint(move)
        moved = np.flatnonzero(whole)
        change = whole[moved]
        if np.abs(move - whole).max(initial=0) > 1e-5 or (change < -part.down[moved]).any():
            return False
        if (change > part.up[moved]).any():
            return False
        relation, term, amount = _list_terms(part.matrix, moved)
        sums = np.bincount(relation, amount * change[term], minlength=len(part.rows))
        broken = (sums < part.low) | (sums > part.high)
        if broken.any() and not self._problem.lifted(self._hidden, part.rows[broken]).all():
            return False
        self._note(part, moved, change, relation, term)
        return True

    def _note(self, part: Part, moved: np.ndarray, change: np.ndarray, relation: np.ndarray, term: np.ndarray) -> None:
        """Takes in a move that holds: the columns it moves, by how much, and which relations they are terms of."""
        # What lies between the truth and a possible table is possible, part by part: ranges have no holes.
        lacking = np.flatnonzero(self.lacking(part.columns[moved]))
        if not len(lacking):
            return
        self._needs.append(np.unique(self._problem.unit[part.columns[moved]]))
        columns, change = part.columns[moved[lacking]], change.astype(np.int64)
        self._take(columns, change[lacking], change[lacking])
        if (np.abs(change[lacking]) > 1).any() and self.lacking(columns).any():
            steps = _smallest_steps(change, relation, term)[lacking]
            self._take(columns, steps, change[lacking])

    def _take(self, columns: np.ndarray, step: np.ndarray, last: np.ndarray) -> None:
        """Notes the changes step, 2 step, … as far as `last`."""
        self.lowest[columns] = np.minimum(self.lowest[columns], last)
        self.highest[columns] = np.maximum(self.highest[columns], last)
        for times in range(1, self._problem.candidates):
            change = step * times
            able = (np.abs(change) <= np.abs(last)) & (self.count[columns] < self._problem.candidates)
            if not able.any():
                return
            rows, change = columns[able], change[able]
            fresh = ~(self.changes[rows] == change[:, None]).any(axis=1)
            rows = rows[fresh]
            self.changes[rows, self.count[rows]] = change[fresh]
            self._shown_by[rows, self.count[rows]] = len(self._needs) - 1
            self.count[rows] += 1


def _list_terms(matrix: sparse.csc_matrix, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of some columns every entry: its row, which of the columns it stands in, and its amount."""
    starts, ends = matrix.indptr[columns], matrix.indptr[columns + 1]
    lengths = ends - starts
    entry = np.repeat(ends - np.cumsum(lengths), lengths) + np.arange(lengths.sum())
    return matrix.indices[entry], np.repeat(np.arange(len(columns)), lengths), matrix.data[entry]


def _smallest_steps(move: np.ndarray, relation: np.ndarray, term: np.ndarray) -> np.ndarray:
    """A move is a sum of moves of parts that share no relation, each some times a smallest step: that, per quantity.

    move: whole, without zeros. relation, term: which relation (0, 1, ...) has which of its quantities as a term.
    """
    divisor = np.abs(move)
    while True:
        # The greatest common divisor of a part: passed on along its relations until nothing changes.
        shared, own = np.zeros(relation.max(initial=-1) + 1, dtype=np.int64), divisor.copy()
        np.gcd.at(shared, relation, divisor[term])
        np.gcd.at(own, term, shared[relation])
        if (own == divisor).all():
            return move // divisor
        divisor = own
