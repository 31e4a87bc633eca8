"""Withheld quantities that can only change together: a sum with two withheld terms ties them to each other.

Cheap sets withhold two terms of most sums, so a program over ties is a quarter of one over quantities, and one question
answers for all that hang on it.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

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


def tie_together(part: Part, firm: np.ndarray | bool = True) -> Tied:
    """The part in terms of its ties: those of sums with two terms left, one after the other until there is none.

    firm: boolean per relation of the part, false for what may be broken and so ties nothing.
    """
    n = len(part.columns)
    tie, sign = np.arange(n), np.ones(n)
    exact = (part.low == 0) & (part.high == 0) & firm
    matrix = part.matrix.tocsr()
    matrix.eliminate_zeros()  # a rate may say nothing of its denominator
    while True:
        count, start = np.diff(matrix.indptr), matrix.indptr[:-1]
        pairs = start[exact & (count == 2)]
        pairs = pairs[np.abs(matrix.data[pairs]) == np.abs(matrix.data[pairs + 1])]
        single = matrix.indices[start[exact & (count == 1)]]
        if not len(pairs) and not len(single):
            break
        follows, way, number = _join(matrix, pairs, single)
        sign = sign * np.where(tie >= 0, way[tie], 1.0)
        tie = np.where(tie >= 0, follows[tie], -1)
        matrix = _follow(matrix, follows, way, number)
    number = matrix.shape[1]
    rows = _list_different(matrix, exact)
    bound = tie >= 0
    same = sign[bound] > 0
    down, up = np.full(number, np.inf), np.full(number, np.inf)
    np.minimum.at(down, tie[bound], np.where(same, part.down[bound], part.up[bound]))
    np.minimum.at(up, tie[bound], np.where(same, part.up[bound], part.down[bound]))
    return Tied(part, tie, sign, rows, matrix[rows].tocsc(), down, up, part.low[rows], part.high[rows])


def tighten(tied: Tied, firm: np.ndarray | bool = True) -> Tied:
    """The same with every tie's way no longer than the others of each sum let it be, by additions alone.

    firm: boolean per relation of the tied part, false for what may be broken and so holds nothing back. Four in five
    that cannot move far enough show it here, and need not be asked for by a program.
    """
    low, high = np.where(firm, tied.low, -np.inf), np.where(firm, tied.high, np.inf)
    matrix = tied.matrix.tocsr()
    plus, minus = matrix.maximum(0), (-matrix).maximum(0)
    row = np.repeat(np.arange(len(tied.rows)), np.diff(matrix.indptr))
    tie, size, rises = matrix.indices, np.abs(matrix.data), matrix.data > 0
    down, up = tied.down, tied.up
    for _ in range(PASSES):
        more, less = plus @ up + minus @ down, plus @ down + minus @ up  # how far all terms may move a sum
        own_up, own_down = size * up[tie], size * down[tie]
        # What moves a sum up by itself is made up for by the others, or by the sum's own slack.
        moves_up = (high[row] + less[row] - np.where(rises, own_down, own_up)) / size
        moves_down = (more[row] - np.where(rises, own_up, own_down) - low[row]) / size
        before, (down, up) = (down, up), (down.copy(), up.copy())
        np.minimum.at(up, tie, np.floor(np.where(rises, moves_up, moves_down) + ROUNDING))
        np.minimum.at(down, tie, np.floor(np.where(rises, moves_down, moves_up) + ROUNDING))
        if (down == before[0]).all() and (up == before[1]).all():
            break
    return replace(tied, down=np.maximum(down, 0.0), up=np.maximum(up, 0.0))


def _join(matrix: sparse.csr_matrix, pairs: np.ndarray, single: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Which new tie each follows (-1: none, it cannot change), which way, and how many there are.

    Every tie is two points, its rise and its fall; a sum of two joins them crosswise or not. What rises as it falls
    cannot change.
    """
    number = matrix.shape[1]
    a, b = matrix.indices[pairs], matrix.indices[pairs + 1]
    opposite = np.where(matrix.data[pairs] * matrix.data[pairs + 1] > 0, number, 0)
    left = np.concatenate([a, a + number, single])
    right = np.concatenate([b + opposite, b + (number - opposite), single + number])
    links = sparse.coo_matrix((np.ones(len(left)), (left, right)), shape=(2 * number, 2 * number))
    _, label = connected_components(links, directed=False)
    rise, fall = label[:number], label[number:]
    free = rise != fall
    named = np.zeros(2 * number, dtype=bool)
    named[np.minimum(rise, fall)[free]] = True
    follows = np.where(free, (np.cumsum(named) - 1)[np.minimum(rise, fall)], -1)
    return follows, np.where(rise < fall, 1.0, -1.0), int(named.sum())


def _follow(matrix: sparse.csr_matrix, follows: np.ndarray, way: np.ndarray, number: int) -> sparse.csr_matrix:
    """The relations in terms of the ties that the old ones follow."""
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    kept = follows[matrix.indices] >= 0
    old = matrix.indices[kept]
    terms = (matrix.data[kept] * way[old], (row[kept], follows[old]))
    followed = sparse.csr_matrix(terms, shape=(matrix.shape[0], number))
    followed.eliminate_zeros()
    return followed


def _list_different(matrix: sparse.csr_matrix, exact: np.ndarray) -> np.ndarray:
    """The rows that say something, and of sums that say the same one."""
    # Two keys: of thousands of sums some pair has one in common by chance. They are small, so that sums are exact.
    key = np.random.default_rng(0).integers(1, 2**20, (matrix.shape[1], 2)).astype(float)
    some = np.flatnonzero(np.diff(matrix.indptr))
    lead = np.sign(matrix.data[matrix.indptr[some]])
    label = np.where(exact[some], 0, 1 + some), *(lead * (matrix[some] @ key).T)
    order = np.lexsort(label)
    again = np.logical_and.reduce([one[order][1:] == one[order][:-1] for one in label])
    return some[np.sort(np.delete(order, 1 + np.flatnonzero(again)))]
