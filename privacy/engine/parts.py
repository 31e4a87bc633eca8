"""Parts of a problem: some quantities and the relations they have a part in, cut out for programs and checks."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from privacy.engine.problem import Problem


@dataclass(frozen=True)
class Part:
    """Some quantities, and relations they have a part in, cut out once for all programs and checks over them.

    columns, rows: their numbers, ascending. matrix (rows × columns). down, up: how far each quantity may fall and rise;
    low, high: how far each relation may.
    """

    columns: np.ndarray
    rows: np.ndarray
    matrix: sparse.csc_matrix
    down: np.ndarray
    up: np.ndarray
    low: np.ndarray
    high: np.ndarray


def cut_out(problem: Problem, columns: np.ndarray, hidden: np.ndarray) -> Part:
    """The part of some quantities (ascending) and all relations that hold for a move of them."""
    bound = np.zeros(problem.matrix.shape[0], dtype=bool)  # quicker than a sort, unless relations are very many
    bound[problem.by_quantity[:, columns].indices] = True
    return cut_out_relations(problem, columns, np.flatnonzero(bound & ~problem.lifted(hidden)))


def cut_out_relations(problem: Problem, columns: np.ndarray, rows: np.ndarray) -> Part:
    """The part of some quantities and some relations, both ascending."""
    terms = problem.by_quantity[:, columns]
    number = np.full(problem.matrix.shape[0], -1)
    number[rows] = np.arange(len(rows))
    place = number[terms.indices]
    kept = place >= 0
    ends = np.concatenate([[0], np.cumsum(kept)])[terms.indptr]
    matrix = sparse.csc_matrix(
        (terms.data[kept].astype(float), place[kept], ends), shape=(len(rows), len(columns)), copy=False
    )
    down, up = problem.room
    slack = problem.slack
    return Part(columns, rows, matrix, down[columns], up[columns], slack[0][rows], slack[1][rows])
