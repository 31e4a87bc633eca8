"""Proves that quantities keep enough values with what is withheld, as far as that is so: withholds nothing itself.

Moves are looked for by linear programs; their corners are almost always whole, and only whole ones are believed.
"""

import highspy
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from privacy.engine.moves import Part, cut_out, open_moves
from privacy.engine.problem import Problem
from privacy.engine.witnesses import Witnesses
from privacy.release import Progress

IDLE_ROUNDS, PROGRESS = 4, 0.97  # random directions are given up after so many rounds that left more of what was open
LARGE = 6000  # quantities beyond which one is asked about in a program of its neighbours alone
NEIGHBOURS = 8  # districts in such a program
PRIMAL = 4  # the simplex method that starts from a possible corner, as HiGHS numbers it


def explore(problem: Problem, hidden: np.ndarray, witnesses: Witnesses, progress: Progress) -> None:
    """Looks for moves of withheld quantities that lack values: in each district, then wherever they hang together.

    Random directions, a few per part: every corner they reach is a table that speaks for all quantities in it. What
    they do not settle is asked one by one where it would be mended, too; in a LARGE part among a few districts only,
    for a question takes as long as its program is large, and most of those left over are asked in vain.
    """
    withheld = hidden[problem.unit] & ~problem.known
    part = label_parts(problem, withheld)
    above = withheld & (problem.block < 0)
    groups = _group_districts(problem)
    within = part * (problem.block.max() + 2) + problem.block + 1
    for stage, label in (("exploring districts", within), ("exploring the state", part)):
        lacking = np.flatnonzero(witnesses.lacking() & withheld)
        labels = np.unique(label[lacking])
        members = np.flatnonzero(withheld)
        order = members[np.argsort(label[members], kind="stable")]
        starts, ends = (np.searchsorted(label[order], labels, side=side) for side in ("left", "right"))
        for done, (start, end) in enumerate(zip(starts, ends, strict=True)):
            progress(stage, done, len(labels))
            if end - start > 1:
                columns = np.sort(order[start:end])
                own = cut_out(problem, columns, hidden)
                push_at_random(problem, own, witnesses)
                if len(columns) <= LARGE:
                    ask_singly(problem, own, witnesses)
                    continue
                for group in np.unique(groups[columns[witnesses.lacking(columns)]]):
                    near = columns[(groups[columns] == group) | above[columns]]
                    ask_singly(problem, cut_out(problem, near, hidden), witnesses)


def _group_districts(problem: Problem) -> np.ndarray:
    """A label per quantity: the few districts it is asked about with, those of a region first; -1 above districts."""
    terms = problem.matrix.tocoo()
    block = problem.block[terms.col]
    inside = block >= 0
    m, size = problem.matrix.shape[0], int(problem.block.max(initial=-1)) + 1
    links = (np.ones(inside.sum()), (terms.row[inside], m + block[inside]))
    _, region = connected_components(sparse.coo_matrix(links, shape=(m + size, m + size)), directed=False)
    rank = np.empty(size + 1, dtype=np.int64)
    rank[np.lexsort((np.arange(size), region[m:]))] = np.arange(size)
    return np.where(problem.block < 0, -1, rank[problem.block] // NEIGHBOURS)


def label_parts(problem: Problem, member: np.ndarray) -> np.ndarray:
    """Which quantities hang together through relations, among the members: a label per quantity, -1 for others."""
    matrix = problem.matrix.tocoo()
    kept = member[matrix.col]
    m, n = matrix.shape
    links = sparse.coo_matrix((np.ones(kept.sum()), (matrix.row[kept], m + matrix.col[kept])), shape=(m + n, m + n))
    _, label = connected_components(links, directed=False)
    return np.where(member, label[m:], -1)


def push_at_random(problem: Problem, part: Part, witnesses: Witnesses) -> None:
    """Looks for moves in random directions that prove as much as possible at once."""
    columns = part.columns
    lacking = witnesses.lacking(columns)
    # No further than needed: what moves at all then moves by the same amount, with all steps between.
    near = np.inf if problem.width[columns[lacking]].any() else float(problem.candidates - 1)
    solver = open_moves(part, near)
    rng = np.random.default_rng(len(columns))
    idle = 0
    while lacking.any() and idle < IDLE_ROUNDS:
        before = lacking.sum()
        for _ in range(2):
            # What cannot fall can only rise. Half of them at a time: all would stand in each other's way.
            way = np.where(part.down < 1, 1.0, np.where(part.up < 1, -1.0, rng.choice([-1.0, 1.0], len(columns))))
            _push(solver, part, np.where(lacking & (rng.random(len(columns)) < 0.5), way, 0), witnesses)
            lacking = witnesses.lacking(columns)
        idle = idle + 1 if lacking.sum() > PROGRESS * before else 0


def ask_singly(
    problem: Problem, part: Part, witnesses: Witnesses, order: np.ndarray | None = None, *, all_or_none: bool = False
) -> None:
    """How far each quantity that lacks values can rise and fall, and each change on the way there.

    order: places in the part, to ask about these in this order. all_or_none: stop at the first that stays without.
    """
    columns, solver = part.columns, open_moves(part)
    # Only the direction changes from one question to the next: the last corner stays a possible one to start from.
    solver.setOptionValue("simplex_strategy", PRIMAL)
    near = problem.candidates - 1
    for place in np.flatnonzero(witnesses.lacking(columns) & (problem.width[columns] == 0)):
        _, _, lower, upper, _ = solver.getCol(int(place))
        solver.changeColBounds(int(place), max(lower, -2 * near), min(upper, 2 * near))
    for place in np.flatnonzero(witnesses.lacking(columns)) if order is None else order:
        _ask(solver, part, int(place), near, witnesses)
        if all_or_none and witnesses.lacking(columns[place]):
            return


def _ask(solver: highspy.Highs, part: Part, place: int, near: int, witnesses: Witnesses) -> None:
    target = part.columns[place]
    _, _, lower, upper, _ = solver.getCol(place)
    for sign in (1.0, -1.0):
        if not witnesses.lacking(target):
            return
        solver.changeColCost(place, -sign)
        reached = _run(solver, part, witnesses)
        # A corner may jump over values: each is asked for by itself.
        furthest = near if reached is None else int(abs(reached[place]) + 1e-6)
        for step in range(1, min(furthest, near + 1)):
            if not witnesses.lacking(target):
                break
            if not (witnesses.changes[target] == sign * step).any():
                solver.changeColBounds(place, sign * step, sign * step)
                _run(solver, part, witnesses)
        solver.changeColBounds(place, lower, upper)
        solver.changeColCost(place, 0.0)


def _push(solver: highspy.Highs, part: Part, direction: np.ndarray, witnesses: Witnesses) -> None:
    solver.changeColsCost(len(direction), np.arange(len(direction), dtype=np.int32), -direction)
    _run(solver, part, witnesses)


def _run(solver: highspy.Highs, part: Part, witnesses: Witnesses) -> np.ndarray | None:
    """The move the program arrives at, taken in; None if it has no answer."""
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    move = np.array(solver.getSolution().col_value)
    witnesses.add(part, move)
    return move
