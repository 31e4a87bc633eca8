"""Small problems for the tests of the engine."""

import dataclasses
import itertools

import numpy as np
from scipy import sparse

from privacy.engine.problem import UNBOUNDED, Problem


def pose_table(inner: np.ndarray, *, sensitive_below: int = 5, lifted_by: np.ndarray | None = None) -> Problem:
    """A crossed table of any number of ways with all margins; each cell is a unit; small cells are sensitive."""
    table = inner
    for axis in range(inner.ndim):
        table = np.concatenate([table, table.sum(axis=axis, keepdims=True)], axis=axis)
    place, rows = np.arange(table.size).reshape(table.shape), []
    for axis in range(inner.ndim):
        for line in np.moveaxis(place, axis, -1).reshape(-1, table.shape[axis]):
            row = np.zeros(table.size, dtype=np.int64)
            row[line[:-1]], row[line[-1]] = 1, -1
            rows.append(row)
    truth, m, n = table.ravel(), len(rows), table.size
    known = truth == 0
    return Problem(
        matrix=sparse.csr_matrix(np.array(rows)),
        low=np.zeros(m, dtype=np.int64),
        high=np.zeros(m, dtype=np.int64),
        lifted_by=np.full(m, -1) if lifted_by is None else lifted_by,
        truth=truth,
        floor=(~known).astype(np.int64),
        ceiling=np.full(n, UNBOUNDED),
        known=known,
        unit=np.arange(n),
        block=np.full(n, -1),
        sensitive=(truth > 0) & (truth < sensitive_below),
        width=np.zeros(n),
        cost=1 + np.log2(1 + truth) + 0.001 * np.arange(n) / n,
        implies=np.zeros((0, 2), dtype=np.int64),
        candidates=4,
    )


def pose_group(truth: list[int], **changes) -> Problem:
    """Some numbers, units of their own, that add up to a shown total."""
    n = len(truth)
    problem = Problem(
        matrix=sparse.csr_matrix(np.array([[1] * n])),
        low=np.array([sum(truth)]),
        high=np.array([sum(truth)]),
        lifted_by=np.array([-1]),
        truth=np.array(truth),
        floor=np.ones(n, dtype=np.int64),
        ceiling=np.full(n, UNBOUNDED),
        known=np.zeros(n, dtype=bool),
        unit=np.arange(n),
        block=np.full(n, -1),
        sensitive=np.array(truth) < 5,
        width=np.zeros(n),
        cost=1.0 + np.arange(n),
        implies=np.zeros((0, 2), dtype=np.int64),
        candidates=4,
    )
    return dataclasses.replace(problem, **changes)


def count_values(problem: Problem, hidden: np.ndarray, most: int) -> np.ndarray:
    """By brute force over changes up to `most`: how many whole values each quantity has with these units withheld."""
    withheld = np.flatnonzero(hidden[problem.unit] & ~problem.known)
    ranges = [
        range(max(problem.floor[q], problem.truth[q] - most), min(problem.ceiling[q], problem.truth[q] + most) + 1)
        for q in withheld
    ]
    tables = np.tile(problem.truth, (int(np.prod([len(r) for r in ranges])), 1))
    tables[:, withheld] = np.array(list(itertools.product(*ranges))).reshape(len(tables), len(withheld))
    sums = tables @ problem.matrix.T.toarray()
    holds = ~problem.lifted(hidden)
    fits = ((sums >= problem.low) & (sums <= problem.high))[:, holds].all(axis=1)
    return np.array([len(np.unique(column)) for column in tables[fits].T])
