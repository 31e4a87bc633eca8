"""The whole-number tables an attack has found: one base table, and moves from it, each checked exactly.

No solver here: whatever a program proposes is believed only if whole-number arithmetic confirms it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

WHOLE = 1e-6  # how near to a whole number a corner has to be before it is tested, exactly, as one
UNSEEN = np.iinfo(np.int64).min
UNLIMITED = 2**40  # a number of steps beyond anything asked for
EXACT = 2.0**53  # sums up to here are exact in whole and in real numbers; what might go further is not believed
AT_ONCE = 8  # multiples of a step looked at together


@dataclass
class Unknowns:
    """Withheld whole quantities x, and what is known: low <= matrix @ x <= high, least <= x <= most (inf: none)."""

    matrix: csr_matrix
    low: np.ndarray
    high: np.ndarray
    least: np.ndarray
    most: np.ndarray

    @cached_property
    def by_unknown(self) -> csc_matrix:
        """The matrix, quick to cut by unknown."""
        return self.matrix.tocsc()

    def touching(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where some unknowns occur, unknown after unknown: entries of each; by entry its relation and coefficient.

        What a cut of the matrix says, many times quicker for a few unknowns.
        """
        columns = self.by_unknown
        start = columns.indptr[places]
        length = columns.indptr[places + 1] - start
        ends = np.cumsum(length)
        at = np.arange(ends[-1] if len(ends) else 0) + np.repeat(start - ends + length, length)
        return length, columns.indices[at], columns.data[at]

    def cut(self, part: np.ndarray) -> "Unknowns":
        """The same for a part of the unknowns to which no others are tied."""
        length, relation, coefficient = self.touching(part)
        touched, row = np.unique(relation, return_inverse=True)
        indptr = np.concatenate([[0], np.cumsum(length)])
        matrix = csc_matrix((coefficient, row, indptr), shape=(len(touched), len(part))).tocsr()
        return Unknowns(matrix, self.low[touched], self.high[touched], self.least[part], self.most[part])

    def fits(self, table: np.ndarray) -> bool:
        """Whether a table of whole numbers (int64) agrees with all that is known."""
        if (abs(self.matrix) @ np.abs(table).astype(float)).max(initial=0) >= EXACT:
            return False
        sums = self.matrix @ table
        inside = (table >= self.least).all() and (table <= self.most).all()
        return bool(inside and (sums >= self.low).all() and (sums <= self.high).all())


class Exhibits:
    """A base table and moves: base + j x step is a table for every whole j from the move's first to its last.

    required, width: per unknown, how many values and what part of the upper end must be exhibited (0: not asked).
    """

    def __init__(self, unknowns: Unknowns, base: np.ndarray, required: np.ndarray, width: np.ndarray):
        self.unknowns, self.base, self.required, self.width = unknowns, base, required, width
        sums = unknowns.matrix @ base
        self.down, self.up = _steps(base - unknowns.least), _steps(unknowns.most - base)
        self.slack_down, self.slack_up = _steps(sums - unknowns.low), _steps(unknowns.high - sums)
        n = len(base)
        self.changes = np.full((n, max(int(required.max(initial=1)), 1)), UNSEEN)
        self.changes[:, 0] = 0
        self.count = np.ones(n, dtype=np.int64)
        self.lowest, self.highest = base.copy(), base.copy()
        self.open = np.zeros(n, dtype=bool)
        self.moves: list[tuple[np.ndarray, np.ndarray, int, int]] = []
        self._close(np.flatnonzero(required > 0))

    def _close(self, places: np.ndarray) -> None:
        wide = self.highest[places] - self.lowest[places] >= self.width[places] * self.highest[places]
        self.open[places] = (self.count[places] < self.required[places]) | ~wide

    def lacking(self, places: np.ndarray) -> int:
        """How many values, and widths, are still to be exhibited for some unknowns."""
        short = np.maximum(self.required[places] - self.count[places], 0)
        return int(short.sum() + self.open[places].sum())

    def take(self, places: np.ndarray, change: np.ndarray) -> None:
        """Takes in whatever a change of some unknowns proves; parts of it that share no relation each by themselves."""
        moved = np.flatnonzero(np.abs(change) > WHOLE)
        places, change = places[moved], change[moved]
        if not self.open[places].any():
            return
        length, relation, coefficient = self.unknowns.touching(places)
        relations, row = np.unique(relation, return_inverse=True)
        part, part_of_row, parts = _split(length, row, len(relations))
        step = _whole_steps(change, part, parts)
        product = coefficient * np.repeat(step, length)
        if np.abs(product).astype(float).sum() >= EXACT:
            return
        net = np.bincount(row, product, len(relations)).astype(np.int64)
        forward, backward = np.full(parts, UNLIMITED), np.full(parts, UNLIMITED)
        for limit, sign in ((forward, 1), (backward, -1)):
            _limit(limit, part, sign * step, self.down[places], self.up[places])
            _limit(limit, part_of_row, sign * net, self.slack_down[relations], self.slack_up[relations])
        kept = np.flatnonzero(self.open[places] & (step != 0) & ((forward > 0) | (backward > 0))[part])
        if len(kept):
            gain = self._exhibit(places[kept], step[kept], backward[part[kept]], forward[part[kept]])
            for one in np.unique(part[kept][gain]):
                chosen = part == one
                self.moves.append((places[chosen], step[chosen], -int(backward[one]), int(forward[one])))

    def _exhibit(self, places: np.ndarray, step: np.ndarray, backward: np.ndarray, forward: np.ndarray) -> np.ndarray:
        """Notes the values a move shows for open unknowns; boolean: whether it showed anything new."""
        ends = np.stack([self.base[places] - step * backward, self.base[places] + step * forward])
        least, most = ends.min(0), ends.max(0)
        gain = (self.width[places] > 0) & ((least < self.lowest[places]) | (most > self.highest[places]))
        self.lowest[places] = np.minimum(self.lowest[places], least)
        self.highest[places] = np.maximum(self.highest[places], most)
        for first in range(1, self.changes.shape[1], AT_ONCE):
            times = np.arange(first, min(first + AT_ONCE, self.changes.shape[1]))
            able = np.concatenate([forward[:, None] >= times, backward[:, None] >= times], axis=1)
            change = step[:, None] * np.concatenate([times, -times])
            seen = self.changes[places]
            able &= ~(seen[:, :, None] == change[:, None, :]).any(axis=1)
            count = self.count[places]
            at = count[:, None] + np.cumsum(able, axis=1) - 1
            able &= at < self.required[places][:, None]
            if not able.any():
                break
            row, column = np.nonzero(able)
            self.changes[places[row], at[row, column]] = change[row, column]
            self.count[places] = count + able.sum(axis=1)
            gain |= able.any(axis=1)
        self._close(places)
        return gain


def _steps(room: np.ndarray) -> np.ndarray:
    """Room as whole numbers, what is unlimited as very much."""
    return np.minimum(room, UNLIMITED).astype(np.int64)


def _split(length: np.ndarray, row: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray, int]:
    """The part every unknown and every relation belongs to, and how many parts: what shares no relation is apart."""
    k = len(length)
    indptr = np.zeros(k + rows + 1, dtype=np.int32)
    np.cumsum(length, out=indptr[1 : k + 1])
    indptr[k + 1 :] = indptr[k]
    links = csr_matrix((np.ones(len(row)), (k + row).astype(np.int32), indptr), shape=(k + rows, k + rows))
    parts, label = connected_components(links, directed=False)
    return label[:k], label[k:], parts


def _whole_steps(change: np.ndarray, part: np.ndarray, parts: int) -> np.ndarray:
    """The smallest step of every part near its direction; twice the change where rounding would not keep it."""
    whole = np.rint(change)
    crooked = np.abs(change - whole) > WHOLE
    if crooked.any():
        doubled = np.zeros(parts, dtype=bool)
        doubled[part[crooked]] = True
        whole = np.where(doubled[part], np.rint(2 * change), whole)
    step = whole.astype(np.int64)
    divisor = np.zeros(parts, dtype=np.int64)
    np.gcd.at(divisor, part, np.abs(step))
    return step // np.maximum(divisor, 1)[part]


def _limit(limit: np.ndarray, part: np.ndarray, step: np.ndarray, down: np.ndarray, up: np.ndarray) -> None:
    """Lowers, in place, the number of steps every part can go before something meets its bound."""
    moving = np.flatnonzero(step)
    room = np.where(step[moving] > 0, up[moving], down[moving]) // np.abs(step[moving])
    np.minimum.at(limit, part[moving], room)
