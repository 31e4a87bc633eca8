"""What the engine has proved so far: whole-number tables, other than the truth, that agree with everything published.

A move is a whole-number change of withheld quantities that breaks no relation and no floor; the truth plus the move
is such a table. Withholding more never spoils a move.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from privacy.engine.parts import Part
from privacy.engine.problem import Problem

UNSEEN = np.iinfo(np.int64).min
PIECES = 30  # in which what moves need is kept before it is put together: that copies all of it
BATCH = 100_000  # quantities of moves that are taken apart at a time


@dataclass(frozen=True)
class Forgotten:
    """What was known of some quantities (rows, ascending) before it was forgotten."""

    rows: np.ndarray
    proofs: tuple[np.ndarray, ...]


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
        # For `forget`: which part of a move shows each change, and the lowest and the highest (-1: none, as of the
        # truth), and what every part needs withheld, as pairs of a part and a unit. A move's number is -2, -3, … until
        # it is taken apart.
        self._shown_by = np.full((n, problem.candidates), -1)
        self._ends_by = np.full((n, 2), -1)
        self._whole: list[np.ndarray] = []
        self._parts, self._needs = 0, [(np.zeros(0, np.int64), np.zeros(0, np.int64))]

    def lacking(self, columns: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Boolean per quantity: sensitive, and not yet proved to keep enough values or a wide enough interval."""
        problem = self._problem
        highest = self.highest[columns]
        narrow = highest - self.lowest[columns] < problem.width[columns] * (problem.truth[columns] + highest)
        return problem.guarded[columns] & ((self.count[columns] < problem.candidates) | narrow)

    def remember(self) -> tuple[np.ndarray, ...]:
        """What is proved now, for `recall`."""
        self._take_apart()
        return tuple(table.copy() for table in self._tables())

    def recall(self, before: tuple[np.ndarray, ...]) -> None:
        """Forgets what was proved since: needed where units are shown again that those moves use."""
        self._whole.clear()
        for table, old in zip(self._tables(), before, strict=True):
            table[:] = old

    def forget(self, units: np.ndarray) -> Forgotten:
        """Forgets, and returns, what only moves of some units' quantities prove. The units must not lift a relation.

        Of a move only the part that hangs together with them: the rest is a move by itself.
        """
        self._take_apart()
        chosen = np.zeros(len(self._problem.cost), dtype=bool)
        chosen[units] = True
        needing = np.zeros(self._parts + 1, dtype=bool)
        for part, unit in self._needs:
            needing[part[chosen[unit]]] = True
        listed = (np.flatnonzero(needing[table]) // table.shape[1] for table in (self._shown_by, self._ends_by))
        rows = np.unique(np.concatenate(list(listed)))
        forgotten = Forgotten(rows, tuple(table[rows] for table in self._tables()))
        left = ~needing[self._shown_by[rows]] & (self.changes[rows] != UNSEEN)
        order = np.argsort(~left, axis=1, kind="stable")
        left = np.take_along_axis(left, order, axis=1)
        for table, none in ((self.changes, UNSEEN), (self._shown_by, -1)):
            table[rows] = np.where(left, np.take_along_axis(table[rows], order, axis=1), none)
        self.count[rows] = left.sum(axis=1)
        known = np.where(left, self.changes[rows], 0)
        furthest = known.argmin(axis=1), known.argmax(axis=1)
        for side, end in enumerate((self.lowest, self.highest)):
            gone = np.flatnonzero(needing[self._ends_by[rows, side]])
            place = gone, furthest[side][gone]
            end[rows[gone]] = known[place]
            self._ends_by[rows[gone], side] = np.where(left[place], self._shown_by[rows[gone], place[1]], -1)
        return forgotten

    def put_back(self, forgotten: Forgotten) -> None:
        """Remembers what was forgotten where nothing else was found: what was is as good where the units stay."""
        lacking = self.lacking(forgotten.rows)
        for table, old in zip(self._tables(), forgotten.proofs, strict=True):
            table[forgotten.rows[lacking]] = old[lacking]

    def _tables(self) -> tuple[np.ndarray, ...]:
        return self.changes, self.count, self.lowest, self.highest, self._shown_by, self._ends_by

    def _take_apart(self) -> None:
        """Finds the parts of all moves that are whole: quantities that share no relation with those of other parts."""
        batch = np.cumsum([len(moved) for moved in self._whole], dtype=np.int64) // BATCH
        for first, last in pairwise([0, *(np.flatnonzero(np.diff(batch)) + 1).tolist(), len(self._whole)]):
            self._take_some_apart(first, last)
        self._whole.clear()

    def _take_some_apart(self, first: int, last: int) -> None:
        if first == last:
            return
        problem, n, whole = self._problem, len(self._problem.truth), self._whole[first:last]
        columns = np.concatenate(whole)
        move = np.repeat(np.arange(first, last), [len(moved) for moved in whole])
        terms = problem.by_quantity[:, columns]
        term, row = np.repeat(np.arange(len(columns)), np.diff(terms.indptr)), terms.indices
        binds = (terms.data != 0) & ~problem.lifted(self._hidden, row)
        term, row = term[binds], row[binds]
        _, sums = np.unique(move[term] * len(problem.low) + row, return_inverse=True)
        size = len(columns) + len(sums)
        links = sparse.coo_matrix((np.ones(len(term)), (term, len(columns) + sums)), shape=(size, size))
        _, label = connected_components(links, directed=False)
        part = self._parts + label[: len(columns)]
        shown = []
        for table in (self._shown_by, self._ends_by):
            number = -2 - table
            rows, places = np.nonzero((first <= number) & (number < last))
            table[rows, places] = part[np.searchsorted(move * n + columns, number[rows, places] * n + rows)]
            shown.append(table[rows, places])
        self._parts = int(part.max()) + 1
        showing = np.isin(part, np.concatenate(shown))
        self._needs.append((part[showing], problem.unit[columns[showing]]))
        if len(self._needs) > PIECES:
            self._needs = [tuple(np.concatenate(piece) for piece in zip(*self._needs, strict=True))]

    def list_unprotected(self) -> np.ndarray:
        """The sensitive quantities without proof: known to everybody, or lacking values."""
        return np.flatnonzero(self.lacking() | (self._problem.sensitive & self._problem.known))

    def add(self, part: Part, move: np.ndarray) -> bool:
        """Takes in what a move of a part's quantities shows for those that lack values.

        The part must hold all relations of its quantities that hidden units do not lift. False if the move is not
        whole, changes what is shown, or breaks a relation or a bound: it proves nothing then.
        """
        whole = np.rint(move)
        moved = np.flatnonzero(whole)
        change = whole[moved]
        if np.abs(move - whole).max(initial=0) > 1e-5 or (change < -part.down[moved]).any():
            return False
        if (change > part.up[moved]).any() or not self._hidden[self._problem.unit[part.columns[moved]]].all():
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
        self._whole.append(part.columns[moved])
        columns, change = part.columns[moved[lacking]], change.astype(np.int64)
        self._take(columns, change[lacking], change[lacking])
        if (np.abs(change[lacking]) > 1).any() and self.lacking(columns).any():
            steps = _smallest_steps(change, relation, term)[lacking]
            self._take(columns, steps, change[lacking])

    def _take(self, columns: np.ndarray, step: np.ndarray, last: np.ndarray) -> None:
        """Notes the changes step, 2 step, … as far as `last`."""
        move = -1 - len(self._whole)
        further = last < self.lowest[columns], last > self.highest[columns]
        for side, end in enumerate((self.lowest, self.highest)):
            end[columns[further[side]]] = last[further[side]]
            self._ends_by[columns[further[side]], side] = move
        for times in range(1, self._problem.candidates):
            change = step * times
            able = (np.abs(change) <= np.abs(last)) & (self.count[columns] < self._problem.candidates)
            if not able.any():
                return
            rows, change = columns[able], change[able]
            fresh = ~(self.changes[rows] == change[:, None]).any(axis=1)
            rows = rows[fresh]
            self.changes[rows, self.count[rows]] = change[fresh]
            self._shown_by[rows, self.count[rows]] = move
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
