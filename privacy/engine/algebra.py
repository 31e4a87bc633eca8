"""Exact linear algebra over the withheld quantities: which of them follow from the published ones by equations alone.

Counts being whole or not negative is not used here: that is the business of intervals.py. All is done modulo a prime
near 2^31; that could mislead only where a multiplier of the tables is a multiple of it.
"""

import heapq
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy import sparse

from privacy.engine.parts import cut_out_relations
from privacy.engine.problem import Problem
from privacy.engine.ties import tie_together

PRIME = 2**31 - 1  # a product of two remainders fits a machine word
Pivots = list[tuple[int, list[tuple[int, int]]]]  # as _eliminate gives them


class Algebra:
    """The sums that hold over the withheld quantities of one set of units.

    relations: the sums that hold. system: they × all quantities. withheld: the quantities that are.
    """

    def __init__(self, problem: Problem, hidden: np.ndarray):
        self.problem, self.relations = problem, np.flatnonzero((problem.low == problem.high) & ~problem.lifted(hidden))
        self.system = problem.matrix[self.relations].tocsr()
        self.withheld = np.flatnonzero(hidden[problem.unit] & ~problem.known)
        self._inside = self.system[:, self.withheld].tocsr()
        self._tied = tie_together(cut_out_relations(problem, self.withheld, self.relations))

    def sample_changes(self, samples: int) -> np.ndarray:
        """Random changes of the withheld quantities that keep every sum: one row per withheld quantity, seeded.

        A quantity is determined where every change is zero, and two determine each other where their changes are in
        one proportion; a random change is zero elsewhere once in two thousand million.
        """
        tied = self._tied
        changes = _draw(self._changes, len(tied.down), samples)
        if not len(changes):
            return np.zeros((len(self.withheld), samples), dtype=np.int64)
        return np.where(tied.tie[:, None] >= 0, changes[tied.tie] * tied.sign.astype(np.int64)[:, None] % PRIME, 0)

    @cached_property
    def _changes(self) -> Pivots:
        return _eliminate(self._tied.matrix.tocsr().astype(np.int64), len(self._tied.down))

    def list_determined(self) -> np.ndarray:
        """The quantities that are withheld, and yet the sums that hold determine them."""
        return self.withheld[self.sample_changes(1)[:, 0] == 0]

    def explain(self, determined: np.ndarray, samples: int) -> tuple[sparse.csr_matrix, sparse.csr_matrix, np.ndarray]:
        """Why quantities are determined: for each a combination of the sums in which it is the only withheld term.

        Two matrices of remainders with one row per determined quantity: its shares over all relations of the problem,
        and what they add up to over all quantities, where its own entry is 1. And for every quantity how random
        combinations of the sums without withheld terms contain it, one per column: a shown quantity whose row is zero
        could be withheld and would change with others; two in one proportion would change together.
        """
        rows, k = self.system.shape[0], len(determined)
        place = np.searchsorted(self.withheld, determined)
        targets = sparse.csr_matrix((np.full(k, -1), (place, np.arange(k))), shape=(len(self.withheld), k))
        solved = _eliminate(sparse.hstack([self._inside.T, targets]).tocsr(), rows)
        shares: dict[int, dict[int, int]] = {rows + target: {target: 1} for target in range(k)}
        for pivot, others in reversed(solved):
            total: dict[int, int] = {}
            for column, coefficient in others:
                for target, share in shares.get(column, {}).items():
                    total[target] = (total.get(target, 0) - coefficient * share) % PRIME
            if total := {target: share for target, share in total.items() if share}:
                shares[pivot] = total
        entries = [(t, row, share) for row, own in shares.items() if row < rows for t, share in own.items()]
        at, row, share = np.array(entries, dtype=np.int64).reshape(-1, 3).T
        mix = sparse.csr_matrix((share, (at, self.relations[row])), shape=(k, self.problem.matrix.shape[0]))
        explained = mix @ self.problem.matrix
        explained.data %= PRIME
        explained.eliminate_zeros()
        blind = [(pivot, [term for term in others if term[0] < rows]) for pivot, others in solved]
        return mix, explained, _multiply(self.system.T.tocsr(), _draw(blind, rows, samples))


def find_recoverable(problem: Problem, hidden: np.ndarray) -> np.ndarray:
    """Boolean per quantity: withheld, and yet the sums that hold determine it."""
    found = np.zeros(len(problem.truth), dtype=bool)
    found[Algebra(problem, hidden).list_determined()] = True
    return found


def directions(rows: np.ndarray) -> np.ndarray:
    """A label per row of remainders, the same for rows in one proportion; 0 for rows of zeros."""
    lead = np.argmax(rows != 0, axis=1)
    first = rows[np.arange(len(rows)), lead]
    inverse = np.array([pow(int(value), -1, PRIME) if value else 0 for value in first], dtype=np.int64)
    scaled = rows * inverse[:, None] % PRIME
    _, label = np.unique(np.vstack([np.zeros((1, rows.shape[1]), dtype=np.int64), scaled]), axis=0, return_inverse=True)
    return label[1:]


def _multiply(matrix: sparse.csr_matrix, values: np.ndarray) -> np.ndarray:
    """The product modulo PRIME."""
    place = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    total = np.zeros((matrix.shape[0], values.shape[1]), dtype=np.int64)
    np.add.at(total, place, matrix.data[:, None] % PRIME * values[matrix.indices] % PRIME)
    return total % PRIME


def _draw(solved: Pivots, unknowns: int, samples: int) -> np.ndarray:
    """Random solutions of an eliminated system, all sums zero, modulo PRIME, seeded: one row per unknown."""
    values = np.random.default_rng(0).integers(1, PRIME, (unknowns, samples))
    for pivot, others in reversed(solved):
        if others:
            columns, coefficients = np.array(others).T
            values[pivot] = -(coefficients[:, None] * values[columns] % PRIME).sum(axis=0) % PRIME
        else:
            values[pivot] = 0
    return values


def _eliminate(system: sparse.csr_matrix, unknowns: int) -> Pivots:
    """Each pivot column and its equation, pivot = -sum of coefficient x column; later pivots are not in earlier ones.

    Columns from `unknowns` on are given and never pivots. The shortest equation goes next, solved for the column in
    fewest others: little fills in (Markowitz).
    """
    rows, users = _as_dicts(system)
    lengths = [sum(column < unknowns for column in row) for row in rows]
    queue = [(length, number) for number, length in enumerate(lengths) if length]
    heapq.heapify(queue)
    solved = []
    while queue:
        length, number = heapq.heappop(queue)
        row = rows[number]
        if not row or lengths[number] != length:
            continue
        pivot = min((c for c in row if c < unknowns), key=lambda column: (len(users[column]), column))
        inverse = pow(row.pop(pivot), -1, PRIME)
        others = [(column, value * inverse % PRIME) for column, value in row.items()]
        solved.append((pivot, others))
        rows[number] = {}
        users[pivot].discard(number)
        for column, _ in others:
            users[column].discard(number)
        for user in sorted(users[pivot]):
            lengths[user] += _substitute(rows[user], user, pivot, others, users, unknowns)
            if lengths[user]:
                heapq.heappush(queue, (lengths[user], user))
        users[pivot] = set()
    return solved


def _substitute(row: dict, number: int, pivot: int, others: list, users: list[set[int]], unknowns: int) -> int:
    """Puts the pivot's equation into a row that has the pivot, in place; the change of its number of unknowns."""
    factor, change = row.pop(pivot), -1
    for column, value in others:
        old = row.get(column, 0)
        new = (old - factor * value) % PRIME
        if new:
            row[column] = new
            if not old:
                users[column].add(number)
                change += column < unknowns
        elif old:
            del row[column]
            users[column].discard(number)
            change -= column < unknowns
    return change


def _as_dicts(system: sparse.csr_matrix) -> tuple[list[dict[int, int]], list[set[int]]]:
    """The equations as column -> remainder, and the equations each column is in."""
    indices, data, starts = system.indices.tolist(), (system.data % PRIME).tolist(), system.indptr.tolist()
    rows: list[dict[int, int]] = []
    users: list[set[int]] = [set() for _ in range(system.shape[1])]
    for number, (start, end) in enumerate(pairwise(starts)):
        rows.append(dict(zip(indices[start:end], data[start:end], strict=True)))
        for column in indices[start:end]:
            users[column].add(number)
    return rows, users
