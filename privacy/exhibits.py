"""The whole-number tables an attack has found: one base table, and moves from it, each checked exactly.

No solver here: whatever a program proposes is believed only if whole-number arithmetic confirms it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_matrix, csc_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

WHOLE = 1e-6  # how near to a whole number a corner has to be before it is tested, exactly, as one
UNSEEN = np.iinfo(np.int64).min
UNLIMITED = 2**40  # a number of steps beyond anything asked for


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

    def cut(self, part: np.ndarray) -> "Unknowns":
        """The same for a part of the unknowns to which no others are tied."""
        columns = self.by_unknown[:, part]
        touched, row = np.unique(columns.indices, return_inverse=True)
        matrix = csc_matrix((columns.data, row, columns.indptr), shape=(len(touched), len(part))).tocsr()
        return Unknowns(matrix, self.low[touched], self.high[touched], self.least[part], self.most[part])

    def fits(self, table: np.ndarray) -> bool:
        """Whether a whole-number table agrees with all that is known."""
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

    def take(self, places: np.ndarray, change: np.ndarray) -> None:
        """Takes in whatever a change of some unknowns proves; parts of it that share no relation each by themselves."""
        moved = np.flatnonzero(np.abs(change) > WHOLE)
        if not len(moved):
            return
        places, change = places[moved], change[moved]
        touching = self.unknowns.by_unknown[:, places]
        relations, row = np.unique(touching.indices, return_inverse=True)
        column = np.repeat(np.arange(len(places)), np.diff(touching.indptr))
        k = len(places)
        size = k + len(relations)
        links = coo_matrix((np.ones(len(row)), (column, k + row)), shape=(size, size))
        parts, label = connected_components(links, directed=False)
        part, part_of_row = label[:k], label[k:]
        step = _whole_steps(change, part, parts)
        net = np.bincount(row, touching.data * step[column], len(relations)).astype(np.int64)
        forward, backward = np.full(parts, UNLIMITED), np.full(parts, UNLIMITED)
        for limit, sign in ((forward, 1), (backward, -1)):
            _limit(limit, part, sign * step, self.down[places], self.up[places])
            _limit(limit, part_of_row, sign * net, self.slack_down[relations], self.slack_up[relations])
        useful = np.zeros(parts, dtype=bool)
        useful[part[self.open[places]]] = True
        useful[part[step == 0]] = False
        useful &= (forward > 0) | (backward > 0)
        kept = useful[part] & self.open[places]
        if kept.any():
            gain = self._exhibit(places[kept], step[kept], backward[part[kept]], forward[part[kept]])
            for one in np.unique(part[kept][gain]):
                chosen = part == one
                self.moves.append((places[chosen], step[chosen], -int(backward[one]), int(forward[one])))

    def _exhibit(self, places: np.ndarray, step: np.ndarray, backward: np.ndarray, forward: np.ndarray) -> np.ndarray:
        """Notes the values a move shows for open unknowns; boolean: whether it showed anything new."""
        gain = np.zeros(len(places), dtype=bool)
        ends = np.stack([self.base[places] - step * backward, self.base[places] + step * forward])
        wide = self.width[places] > 0
        gain |= wide & ((ends.min(0) < self.lowest[places]) | (ends.max(0) > self.highest[places]))
        self.lowest[places] = np.minimum(self.lowest[places], ends.min(0))
        self.highest[places] = np.maximum(self.highest[places], ends.max(0))
        for times in range(1, self.changes.shape[1]):
            for sign, limit in ((1, forward), (-1, backward)):
                able = (limit >= times) & (self.count[places] < self.required[places])
                if not able.any():
                    continue
                rows, change = places[able], sign * times * step[able]
                fresh = ~(self.changes[rows] == change[:, None]).any(axis=1)
                rows = rows[fresh]
                self.changes[rows, self.count[rows]] = change[fresh]
                self.count[rows] += 1
                gain[np.flatnonzero(able)[fresh]] = True
        self._close(places)
        return gain


def _steps(room: np.ndarray) -> np.ndarray:
    """Room as whole numbers, what is unlimited as very much."""
    return np.minimum(room, UNLIMITED).astype(np.int64)


def _whole_steps(change: np.ndarray, part: np.ndarray, parts: int) -> np.ndarray:
    """The smallest whole step of every part in its direction; twice the change where a half was proposed; else 0."""
    whole = np.rint(change)
    crooked = np.zeros(parts, dtype=bool)
    crooked[part[np.abs(change - whole) > WHOLE]] = True
    whole = np.where(crooked[part], np.rint(2 * change), whole)
    broken = np.zeros(parts, dtype=bool)
    broken[part[crooked[part] & (np.abs(2 * change - whole) > WHOLE)]] = True
    step = np.where(broken[part], 0, whole).astype(np.int64)
    divisor = np.zeros(parts, dtype=np.int64)
    np.gcd.at(divisor, part, np.abs(step))
    return step // np.maximum(divisor, 1)[part]


def _limit(limit: np.ndarray, part: np.ndarray, step: np.ndarray, down: np.ndarray, up: np.ndarray) -> None:
    """Lowers, in place, the number of steps every part can go before something meets its bound."""
    moving = np.flatnonzero(step)
    room = np.where(step[moving] > 0, up[moving], down[moving]) // np.abs(step[moving])
    np.minimum.at(limit, part[moving], room)
