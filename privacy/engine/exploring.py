"""Proves that quantities keep enough values with what is withheld, as far as that is so: withholds nothing itself.

Moves are looked for by linear programs; their corners are almost always whole, and only whole ones are believed.
"""

from collections.abc import Iterator

import highspy
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from privacy.engine.moves import SMALL, WHOLE, is_whole, open_moves
from privacy.engine.parts import cut_out
from privacy.engine.problem import Problem
from privacy.engine.ties import Tied, tie_together, tighten
from privacy.engine.witnesses import Witnesses
from privacy.release import Progress

IDLE_ROUNDS, PROGRESS = 2, 0.9  # random directions are given up after so many rounds that left more of what was open
LARGE = 10_000  # relations from which one such round is enough: it takes many seconds
NEIGHBOURS = 20  # districts among which single quantities are asked about
FEW = 50  # of so many withheld quantities one lacks values: few enough to look near them before the whole state
MANY = 3_000  # withheld quantities that are looked at together, about: in dense tables few districts have so many
TURNS = 3  # other corners that are looked at where one is none of whole numbers
PRIMAL = 4  # the simplex method that starts from a possible corner, as HiGHS numbers it


def explore(problem: Problem, hidden: np.ndarray, witnesses: Witnesses, progress: Progress) -> None:
    """Looks for moves of withheld quantities that lack values.

    In random directions, a few wherever things hang together: every corner they reach is a table that speaks for all
    quantities in it. In each district first, where what is left is asked one by one; then among a few districts and
    what is above them; over the whole state last, because a question takes as long as its program is large. But where
    many are left and units are dear, as the state's, the state comes first: what is asked with few is not always found.
    """
    withheld = hidden[problem.unit] & ~problem.known
    stages = [_explore_districts, _explore_neighbours, _explore_state]
    if problem.is_uneven and FEW * witnesses.lacking().sum() >= withheld.sum():
        stages = [stages[2], *stages[:2]]
    part = label_parts(problem, withheld)
    for stage in stages:
        stage(problem, hidden, witnesses, part, progress)


def _explore_state(
    problem: Problem, hidden: np.ndarray, witnesses: Witnesses, part: np.ndarray, progress: Progress
) -> None:
    for columns in _divide(part, witnesses, progress, "exploring the state"):
        push_at_random(problem, tighten(tie_together(cut_out(problem, columns, hidden))), witnesses)


def _explore_districts(
    problem: Problem, hidden: np.ndarray, witnesses: Witnesses, part: np.ndarray, progress: Progress
) -> None:
    own = np.where(part >= 0, part * (problem.block.max() + 2) + problem.block + 1, -1)
    for columns in _divide(own, witnesses, progress, "exploring districts"):
        tied = tighten(tie_together(cut_out(problem, columns, hidden)))
        push_at_random(problem, tied, witnesses)
        ask_singly(problem, tied, witnesses)


def _explore_neighbours(
    problem: Problem, hidden: np.ndarray, witnesses: Witnesses, part: np.ndarray, progress: Progress
) -> None:
    block, withheld = problem.block, part >= 0
    groups = np.where(block < 0, -1, rank_districts(problem)[block] // count_near(problem, withheld, NEIGHBOURS))
    above = withheld & (block < 0)
    for columns in _divide(part, witnesses, progress, "exploring neighbours"):
        for group in np.unique(groups[columns[witnesses.lacking(columns)]]):
            near = columns[(groups[columns] == group) | above[columns]]
            ask_singly(problem, tighten(tie_together(cut_out(problem, near, hidden))), witnesses)


def _divide(label: np.ndarray, witnesses: Witnesses, progress: Progress, stage: str) -> Iterator[np.ndarray]:
    """The quantities of each label (ascending; -1: of none) some of which lack values; one by itself cannot change."""
    labels = np.unique(label[witnesses.lacking() & (label >= 0)])
    members = np.flatnonzero(label >= 0)
    order = members[np.argsort(label[members], kind="stable")]
    starts, ends = (np.searchsorted(label[order], labels, side=side) for side in ("left", "right"))
    for done, (start, end) in enumerate(zip(starts, ends, strict=True)):
        progress(stage, done, len(labels))
        columns = order[start:end]
        if len(columns) > 1 and witnesses.lacking(columns).any():
            yield columns


def count_near(problem: Problem, withheld: np.ndarray, most: int, about: int = MANY) -> int:
    """How many districts, `most` at most, have about so many withheld quantities (boolean) together."""
    district = problem.block >= 0
    each = (withheld & district).sum() / max(len(np.unique(problem.block[district])), 1)
    return int(np.clip(about // max(each, 1.0), 1, most))


def rank_districts(problem: Problem) -> np.ndarray:
    """A place for every district among all of them, those of a region one after the other."""
    terms = problem.matrix.tocoo()
    block = problem.block[terms.col]
    inside = block >= 0
    m, size = problem.matrix.shape[0], int(problem.block.max(initial=-1)) + 1
    links = (np.ones(inside.sum()), (terms.row[inside], m + block[inside]))
    _, region = connected_components(sparse.coo_matrix(links, shape=(m + size, m + size)), directed=False)
    rank = np.full(size + 1, -1)
    rank[np.lexsort((np.arange(size), region[m:]))] = np.arange(size)
    return rank


def label_parts(problem: Problem, member: np.ndarray) -> np.ndarray:
    """Which quantities hang together through relations, among the members: a label per quantity, -1 for others."""
    matrix = problem.matrix.tocoo()
    kept = member[matrix.col]
    m, n = matrix.shape
    links = sparse.coo_matrix((np.ones(kept.sum()), (matrix.row[kept], m + matrix.col[kept])), shape=(m + n, m + n))
    _, label = connected_components(links, directed=False)
    return np.where(member, label[m:], -1)


def push_at_random(problem: Problem, tied: Tied, witnesses: Witnesses) -> None:
    """Looks for moves in random directions that prove as much as possible at once."""
    columns = tied.part.columns
    lacking = witnesses.lacking(columns)
    wanted = tied.any_of(lacking)
    if not wanted.any():
        return
    # No further than needed: what moves at all then moves by the same amount, with all steps between.
    near = np.inf if problem.width[columns[lacking]].any() else float(problem.candidates - 1)
    solver = open_moves(tied, near)
    rng = np.random.default_rng(len(columns))
    idle, enough = 0, IDLE_ROUNDS if len(tied.rows) < LARGE else 1
    while wanted.any() and idle < enough:
        before = wanted.sum()
        for _ in range(2):
            # What cannot fall can only rise. Half of them at a time: all would stand in each other's way.
            way = np.where(tied.down < 1, 1.0, np.where(tied.up < 1, -1.0, rng.choice([-1.0, 1.0], len(wanted))))
            _push(solver, tied, np.where(wanted & (rng.random(len(wanted)) < 0.5), way, 0), witnesses)
            wanted = tied.any_of(witnesses.lacking(columns))
        idle = idle + 1 if wanted.sum() > PROGRESS * before else 0


def ask_singly(problem: Problem, tied: Tied, witnesses: Witnesses) -> None:
    """How far each quantity that lacks values can rise and fall, and each change on the way there.

    What follows one tie is asked about once.
    """
    columns, near = tied.part.columns, problem.candidates - 1
    lacking, asked = tied.any_of(witnesses.lacking(columns)), tied.down + tied.up < near
    if not (lacking & ~asked).any():
        return
    solver = open_moves(tied)
    # Only the direction changes from one question to the next: the last corner stays a possible one to start from.
    solver.setOptionValue("simplex_strategy", PRIMAL)
    for tie in np.flatnonzero(lacking & ~tied.any_of(problem.width[columns] > 0)):
        solver.changeColBounds(int(tie), -min(tied.down[tie], 2 * near), min(tied.up[tie], 2 * near))
    # Beside what it asks, every question moves what else is open one way or the other.
    beside = np.where(lacking & ~asked, 1.0, 0.0)
    beside *= np.random.default_rng(len(columns)).choice([-1.0, 1.0], len(asked)) / (20 * near * max(beside.sum(), 1))
    solver.changeColsCost(len(asked), np.arange(len(asked), dtype=np.int32), beside)
    for place in np.flatnonzero(witnesses.lacking(columns)):
        tie = int(tied.tie[place])
        if tie >= 0 and not asked[tie]:
            _ask(solver, tied, np.flatnonzero(tied.tie == tie), near, beside, witnesses)
            asked[tie] = True


def _ask(
    solver: highspy.Highs, tied: Tied, places: np.ndarray, near: int, beside: np.ndarray, witnesses: Witnesses
) -> None:
    """How far the tie of some places can rise and fall; each step on the way that one of them lacks."""
    tie = int(tied.tie[places[0]])
    _, _, lower, upper, _ = solver.getCol(tie)
    for sign in (1.0, -1.0):
        places = places[witnesses.lacking(tied.part.columns[places])]
        if not len(places):
            return
        solver.changeColCost(tie, -sign)
        reached = _run(solver, tied, witnesses)
        # A corner may jump over values, or be none of whole numbers: each is asked for by itself.
        furthest = near if reached is None else int(abs(reached[tie]) + WHOLE)
        whole = reached is not None and is_whole(reached)
        for step in range(1, min(furthest if whole else furthest + 1, near + 1)):
            places = places[witnesses.lacking(tied.part.columns[places])]
            own = sign * step * tied.sign[places]
            if not (witnesses.changes[tied.part.columns[places]] == own[:, None]).any(axis=1).all():
                solver.changeColBounds(tie, sign * step, sign * step)
                change = _run(solver, tied, witnesses)
                # In a large program another corner takes as long as a remedy, and is less.
                if change is not None and not is_whole(change) and solver.getNumRow() <= SMALL:
                    _turn(solver, tied, change, beside, witnesses)
        solver.changeColBounds(tie, lower, upper)
        solver.changeColCost(tie, beside[tie])


def _turn(solver: highspy.Highs, tied: Tied, corner: np.ndarray, beside: np.ndarray, witnesses: Witnesses) -> None:
    """Looks among the other corners for one of whole numbers: nearly every second is one."""
    rng = np.random.default_rng(len(corner))
    crooked = np.abs(corner - np.rint(corner)) > WHOLE
    for _ in range(TURNS):
        change = _push(solver, tied, np.where(crooked, rng.standard_normal(len(corner)), 0.0), witnesses)
        if change is not None and is_whole(change):
            break
    solver.changeColsCost(len(beside), np.arange(len(beside), dtype=np.int32), beside)


def _push(solver: highspy.Highs, tied: Tied, direction: np.ndarray, witnesses: Witnesses) -> np.ndarray | None:
    solver.changeColsCost(len(direction), np.arange(len(direction), dtype=np.int32), -direction)
    return _run(solver, tied, witnesses)


def _run(solver: highspy.Highs, tied: Tied, witnesses: Witnesses) -> np.ndarray | None:
    """The change of the ties the program arrives at, taken in; None if it has no answer."""
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    change = np.array(solver.getSolution().col_value)
    witnesses.add(tied.part, tied.spread(change))
    return change
