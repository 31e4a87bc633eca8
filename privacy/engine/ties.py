"""Withheld quantities that can only change together: a sum with two withheld terms ties them to each other.

Cheap sets withhold two terms of most sums, so a program over ties is a quarter of one over quantities, and one question
answers for all that hang on it.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from privacy.engine.parts import Part

PASSES = 10  # of shortening ways; with floors of small counts nothing changes after six
ROUNDING = 1e-9


@dataclass(frozen=True)
class Tied:
    """A part whose quantities change by whole multiples of few numbers, the ties.

    tie, sign (columns of the part): which tie a quantity follows (-1: it cannot change), the same way or opposite.
    rows: which of the part's relations still say something. matrix (those × ties), down, up, low, high: as of a part,
    in terms of ties.
    """

    part: Part
    tie: np.ndarray
    sign: np.ndarray
    rows: np.ndarray
    matrix: sparse.csc_matrix
    down: np.ndarray
    up: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def spread(self, change: np.ndarray) -> np.ndarray:
        """The change of every quantity of the part when the ties change."""
        return np.where(self.tie >= 0, change[self.tie] * self.sign, 0.0) if len(change) else np.zeros(len(self.tie))

    def any_of(self, chosen: np.ndarray) -> np.ndarray:
        """Boolean per tie: a chosen quantity (boolean per column) follows it."""
        return np.bincount(self.tie[chosen & (self.tie >= 0)], minlength=self.matrix.shape[1]) > 0


@dataclass(frozen=True)
class _Terms:
    """Relations term by term, in the order of rows and then of ties: all three of one length, no amount 0."""

    row: np.ndarray
    tie: np.ndarray
    amount: np.ndarray

    def sort(self) -> "_Terms":
        """The same in order, those of one place added up."""
        order = np.argsort(self.row * (self.tie.max(initial=0) + 1) + self.tie, kind="stable")
        row, tie, amount = self.row[order], self.tie[order], self.amount[order]
        first = np.ones(len(row), dtype=bool)
        first[1:] = (row[1:] != row[:-1]) | (tie[1:] != tie[:-1])
        row, tie = row[first], tie[first]
        if len(row):
            amount = np.add.reduceat(amount, np.flatnonzero(first))
        some = amount != 0  # a rate may say nothing of its denominator
        return _Terms(row[some], tie[some], amount[some])


def tie_together(part: Part, firm: np.ndarray | bool = True) -> Tied:
    """The part in terms of its ties: those of sums with two terms left, one after the other until there is none.

    firm: boolean per relation of the part, false for what may be broken and so ties nothing.
    """
    m, n = part.matrix.shape
    tie, sign, number = np.arange(n), np.ones(n), n
    exact = (part.low == 0) & (part.high == 0) & firm
    terms = _Terms(
        part.matrix.indices.astype(np.int64), np.repeat(tie, np.diff(part.matrix.indptr)), part.matrix.data
    ).sort()
    while True:
        count = np.bincount(terms.row, minlength=m)
        start = np.cumsum(count) - count
        pairs = start[exact & (count == 2)]
        pairs = pairs[np.abs(terms.amount[pairs]) == np.abs(terms.amount[pairs + 1])]
        single = terms.tie[start[exact & (count == 1)]]
        if not len(pairs) and not len(single):
            break
        follows, way, number = _join(terms, number, pairs, single)
        sign = sign * np.where(tie >= 0, way[tie], 1.0)
        tie = np.where(tie >= 0, follows[tie], -1)
        kept = follows[terms.tie] >= 0
        old = terms.tie[kept]
        terms = _Terms(terms.row[kept], follows[old], terms.amount[kept] * way[old]).sort()
    rows = _list_different(terms, exact)
    place = np.full(m, -1)
    place[rows] = np.arange(len(rows))
    kept = place[terms.row] >= 0
    entries = (terms.amount[kept], (place[terms.row[kept]], terms.tie[kept]))
    bound = tie >= 0
    same = sign[bound] > 0
    down, up = np.full(number, np.inf), np.full(number, np.inf)
    np.minimum.at(down, tie[bound], np.where(same, part.down[bound], part.up[bound]))
    np.minimum.at(up, tie[bound], np.where(same, part.up[bound], part.down[bound]))
    matrix = sparse.csc_matrix(entries, shape=(len(rows), number))
    return Tied(part, tie, sign, rows, matrix, down, up, part.low[rows], part.high[rows])


def tighten(tied: Tied, firm: np.ndarray | bool = True) -> Tied:
    """The same with every tie's way no longer than the others of each sum let it be, by additions alone.

    firm: boolean per relation of the tied part, false for what may be broken and so holds nothing back. Four in five
    that cannot move far enough show it here, and need not be asked for by a program.
    """
    low, high = np.where(firm, tied.low, -np.inf), np.where(firm, tied.high, np.inf)
    row, tie = tied.matrix.indices, np.repeat(np.arange(len(tied.down)), np.diff(tied.matrix.indptr))
    size, rises = np.abs(tied.matrix.data), tied.matrix.data > 0
    down, up = tied.down, tied.up
    for _ in range(PASSES):
        own_up, own_down = size * up[tie], size * down[tie]
        more = np.bincount(row, np.where(rises, own_up, own_down), len(low))  # how far all terms may move a sum
        less = np.bincount(row, np.where(rises, own_down, own_up), len(low))
        # What moves a sum up by itself is made up for by the others, or by the sum's own slack.
        moves_up = (high[row] + less[row] - np.where(rises, own_down, own_up)) / size
        moves_down = (more[row] - np.where(rises, own_up, own_down) - low[row]) / size
        before, (down, up) = (down, up), (down.copy(), up.copy())
        np.minimum.at(up, tie, np.floor(np.where(rises, moves_up, moves_down) + ROUNDING))
        np.minimum.at(down, tie, np.floor(np.where(rises, moves_down, moves_up) + ROUNDING))
        if (down == before[0]).all() and (up == before[1]).all():
            break
    return replace(tied, down=np.maximum(down, 0.0), up=np.maximum(up, 0.0))


def _join(terms: _Terms, number: int, pairs: np.ndarray, single: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Which new tie each of a number follows (-1: none, it cannot change), which way, and how many there are.

    Every tie is two points, its rise and its fall; a sum of two joins them crosswise or not. What rises as it falls
    cannot change.
    """
    a, b = terms.tie[pairs], terms.tie[pairs + 1]
    opposite = np.where(terms.amount[pairs] * terms.amount[pairs + 1] > 0, number, 0)
    left = np.concatenate([a, a + number, single])
    right = np.concatenate([b + opposite, b + (number - opposite), single + number])
    label = _label_groups(left, right, 2 * number)
    rise, fall = label[:number], label[number:]
    free = rise != fall
    named = np.zeros(2 * number, dtype=bool)
    named[np.minimum(rise, fall)[free]] = True
    follows = np.where(free, (np.cumsum(named) - 1)[np.minimum(rise, fall)], -1)
    return follows, np.where(rise < fall, 1.0, -1.0), int(named.sum())


def _label_groups(left: np.ndarray, right: np.ndarray, number: int) -> np.ndarray:
    """For each of a number of points the first one it hangs together with through links from left to right.

    Of small graphs: a library's answer takes four times as long to ask for.
    """
    label = np.arange(number)
    while True:
        before = label.copy()
        least = np.minimum(label[left], label[right])
        np.minimum.at(label, before[left], least)
        np.minimum.at(label, before[right], least)
        while (label != (further := label[label])).any():
            label = further
        if (label == before).all():
            return label


def _list_different(terms: _Terms, exact: np.ndarray) -> np.ndarray:
    """The rows that say something, and of sums that say the same one."""
    # Two keys: of thousands of sums some pair has one in common by chance. They are small, so that sums are exact.
    key = np.random.default_rng(0).integers(1, 2**20, (terms.tie.max(initial=-1) + 1, 2)).astype(float)
    first = np.flatnonzero(np.diff(terms.row, prepend=-1))
    some, lead = terms.row[first], np.sign(terms.amount[first])
    sums = (np.bincount(terms.row, terms.amount * one[terms.tie], len(exact))[some] for one in key.T)
    label = np.where(exact[some], 0, 1 + some), *(lead * one for one in sums)
    order = np.lexsort(label)
    again = np.logical_and.reduce([one[order][1:] == one[order][:-1] for one in label])
    return some[np.sort(np.delete(order, 1 + np.flatnonzero(again)))]
