"""Withholds more where repeating the choice for every possible table would tell what is withheld.

A value is withheld because it is small, or because a small one needs it. So not every table that agrees with a release
would have been published like that. In tables of few numbers, where a reader can go through all that agree, the engine
does so as well.
Source: Wong, Fu, Wang, Pei, Minimality attack in privacy preserving data publishing, VLDB 2007.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from privacy.engine.complementary import Choice, list_fixed
from privacy.engine.exploring import label_parts
from privacy.engine.intervals import choose_safely, widen
from privacy.engine.parts import Part, cut_out
from privacy.engine.problem import Problem
from privacy.release import Progress

FEW = 100  # quantities of a release up to which this is worth its time: the choice is repeated a few times
MOST = 30  # changes of a part beyond which nothing is repeated
STEPS = 2_000  # of the search for them: enough for MOST wherever sums are short


def outlast_replay(
    problem: Problem,
    choice: Choice,
    pose: Callable[[np.ndarray], Problem],
    informed: tuple[np.ndarray, np.ndarray],
    progress: Progress,
) -> Choice:
    """The choice, and more where fewer values than required outlast its being repeated; nothing is shown again.

    pose: the problem with other values. informed: per quantity the least and the most a reader thinks possible who
    knows which withheld ones are sensitive. He is protected against where too little survives: tables like this one,
    with the same quantities small, mostly fail as well and get the same release. What he determines even so stays.
    """
    withheld = choice.hidden[problem.unit] & ~problem.known
    part = label_parts(problem, withheld)
    told = np.zeros(len(part), dtype=bool)
    labels = np.unique(part[problem.guarded & withheld])
    for done, label in enumerate(labels):
        progress("repeating", done, len(labels))
        columns = np.flatnonzero(part == label)
        told[columns] = not _outlasts(problem, choice.hidden, columns, pose)
    floor, ceiling = informed
    asked = told & problem.guarded & (ceiling - floor + 1 >= problem.candidates)
    asked[choice.unprotected] = False
    if not asked.any():
        return choice
    hidden = choice.hidden.copy()
    widen(replace(problem, floor=floor, ceiling=ceiling, sensitive=asked), hidden, progress)
    return replace(choice, hidden=hidden, cost=float(problem.cost[hidden & ~list_fixed(problem)].sum()))


def _outlasts(problem: Problem, hidden: np.ndarray, columns: np.ndarray, pose: Callable[[np.ndarray], Problem]) -> bool:
    """Whether all that is sensitive in a table with the same release keeps the required values among such tables.

    The same answer for each of those tables: if too few survive, all of them are published otherwise. Tables differ in
    some columns, a part. True if there are more than MOST of them.
    """
    changes = _list_changes(cut_out(problem, columns, hidden))
    if changes is None:
        return True
    survivors, sensitive = [np.zeros(len(columns), dtype=np.int64)], problem.guarded[columns]
    changes = changes[changes.any(axis=1)]
    for change in changes[np.argsort(np.abs(changes).sum(axis=1), kind="stable")]:
        if _count_fewest(survivors, sensitive) >= problem.candidates:
            return True
        truth = problem.truth.copy()
        truth[columns] += change
        other = pose(truth)
        if _is_same(problem, hidden, other, choose_safely(other, _say_nothing).hidden):
            survivors.append(change)
            sensitive = sensitive | other.guarded[columns]
    return _count_fewest(survivors, sensitive) >= problem.candidates


def _count_fewest(changes: list[np.ndarray], asked: np.ndarray) -> int:
    """The fewest different values that one of the quantities asked about (boolean) has in some changes."""
    return min(len(np.unique(values)) for values in np.array(changes).T[asked])


def _is_same(problem: Problem, hidden: np.ndarray, other: Problem, others: np.ndarray) -> bool:
    """Whether two choices withhold and lift the same."""
    withheld, theirs = hidden[problem.unit] & ~problem.known, others[other.unit] & ~other.known
    if len(problem.lifted_by) != len(other.lifted_by) or (withheld != theirs).any():
        return False
    return bool((problem.lifted(hidden) == other.lifted(others)).all())


def _list_changes(part: Part) -> np.ndarray | None:
    """Every whole-number move of a part, one per row, a column per quantity; None: more than MOST, or not found out."""
    matrix = part.matrix.toarray()
    found, steps = [], 0
    waiting = [(-part.down, part.up.copy())]
    while waiting:
        steps += 1
        lower, upper = _narrow(matrix, part.low, part.high, *waiting.pop())
        if (lower > upper).any():
            continue
        open_ = np.flatnonzero(lower < upper)
        if not len(open_):
            found.append(lower)
            if len(found) > MOST:
                return None
            continue
        place = open_[np.argmin((upper - lower)[open_])]
        if upper[place] - lower[place] > 2 * MOST or steps > STEPS:
            return None
        for value in np.arange(lower[place], upper[place] + 1):
            low, high = lower.copy(), upper.copy()
            low[place] = high[place] = value
            waiting.append((low, high))
    return np.array(found).reshape(len(found), matrix.shape[1]).astype(np.int64)


def _narrow(
    matrix: np.ndarray, low: np.ndarray, high: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The bounds of moves as far as each relation by itself narrows them."""
    rise, fall = np.maximum(matrix, 0), np.minimum(matrix, 0)
    while True:
        least, most = rise @ lower + fall @ upper, rise @ upper + fall @ lower
        if (least > high).any() or (most < low).any():
            return upper + 1, upper
        # What the other terms of each relation leave to this one.
        own_least, own_most = rise * lower + fall * upper, rise * upper + fall * lower
        room_up = (high - least)[:, None] + own_least
        room_down = (low - most)[:, None] + own_most
        with np.errstate(divide="ignore", invalid="ignore"):
            above = np.where(matrix > 0, room_up / matrix, np.where(matrix < 0, room_down / matrix, np.inf))
            below = np.where(matrix > 0, room_down / matrix, np.where(matrix < 0, room_up / matrix, -np.inf))
        new_upper = np.minimum(upper, np.floor(above.min(axis=0, initial=np.inf) + 1e-9))
        new_lower = np.maximum(lower, np.ceil(below.max(axis=0, initial=-np.inf) - 1e-9))
        if (new_lower > new_upper).any() or ((new_lower == lower) & (new_upper == upper)).all():
            return new_lower, new_upper
        lower, upper = new_lower, new_upper


def _say_nothing(stage: str, done: int, total: int) -> None:
    pass
