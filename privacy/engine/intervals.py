"""Enough whole values for every sensitive quantity: proves it where it already holds, withholds more where it does not.

Moves are looked for by linear programs; their corners are almost always whole, and only whole ones are believed.
"""

import numpy as np

from privacy.engine.complementary import Choice, close_implications, list_fixed, propose
from privacy.engine.exploring import explore, label_parts
from privacy.engine.moves import Exchange
from privacy.engine.problem import Problem
from privacy.engine.sparing import spare
from privacy.engine.witnesses import UNSEEN, Witnesses
from privacy.release import Progress

NEARLY_FREE = 0.001  # of a step of what is withheld already, so that moves stay short


def choose_safely(problem: Problem, progress: Progress, earlier: np.ndarray | None = None) -> Choice:
    """The units to withhold so that every sensitive quantity keeps enough whole values, near the cheapest.

    earlier: units (boolean) withheld before; they stay withheld and only what lacks values is looked at. No bound is
    worked out then: lower_bound is nan.
    """
    fixed = list_fixed(problem)
    hidden, lower_bound = propose(problem, progress) if earlier is None else (earlier | fixed, np.nan)
    witnesses = widen(problem, hidden, progress)
    if earlier is None:
        spare(problem, hidden, witnesses, progress)
    return Choice(hidden, lower_bound, float(problem.cost[hidden & ~fixed].sum()), witnesses.list_unprotected())


def widen(problem: Problem, hidden: np.ndarray, progress: Progress) -> Witnesses:
    """Withholds, in place, units until every sensitive quantity keeps enough whole values; returns the proof.

    `hidden` may be an earlier pattern: only what lacks values with it costs time. Ends always: every step proves a
    quantity safe, withholds a unit, or moves on to a wider part of the tables. A quantity that cannot be protected with
    all of it withheld is left as it is: `Witnesses.list_unprotected`.
    """
    hidden |= list_fixed(problem)
    witnesses = Witnesses(problem, hidden)
    universe = label_parts(problem, ~problem.known)
    explore(problem, hidden, witnesses, progress)
    for radius in (_Block, _Region, _Universe, _Everything):
        lacking = np.flatnonzero(witnesses.lacking())
        if not len(lacking):
            break
        place = radius(problem, universe, hidden)
        order = np.lexsort((lacking, problem.block[lacking], universe[lacking]))
        for done, target in enumerate(lacking[order]):
            progress("widening", done, len(lacking))
            place.protect(target, hidden, witnesses)
    return witnesses


class _Block:
    """The cheapest move within one district: its boundary stays as it is, so the move is one of the whole state."""

    def __init__(self, problem: Problem, universe: np.ndarray, hidden: np.ndarray):
        self._problem, self._universe, self._hidden = problem, universe, hidden
        self._kept: tuple = (None, None)
        effects = np.bincount(problem.implies[:, 0], problem.cost[problem.implies[:, 1]], len(problem.cost))
        self._cost = problem.cost + effects

    def _members(self, target: int) -> np.ndarray:
        problem = self._problem
        if problem.block[target] < 0:
            return np.array([target])  # a state-wide quantity has no district: a wider search does it
        return np.flatnonzero((self._universe == self._universe[target]) & (problem.block == problem.block[target]))

    def _place(self, target: int) -> tuple:
        block = self._problem.block[target]
        return self._universe[target], block, target if block < 0 else -1

    def _exchange(self, target: int) -> Exchange:
        """The program around a target, kept while targets come from the same place."""
        if self._kept[0] != self._place(target):
            self._kept = (self._place(target), Exchange(self._problem, self._members(target), self._hidden))
        return self._kept[1]

    def protect(self, target: int, hidden: np.ndarray, witnesses: Witnesses) -> None:
        """Withholds, in place, what the cheapest moves of the target need, until it lacks nothing or none is found."""
        for nearest in [False, True] * self._problem.candidates:
            if not witnesses.lacking(target):
                return
            exchange = self._exchange(target)
            units = self._problem.unit[exchange.columns]
            cost = np.where(hidden[units], NEARLY_FREE, self._cost[units])
            lifting = np.where(hidden[exchange.lifters], 0.0, self._cost[exchange.lifters])
            best = min(
                (
                    move
                    for change in _wanted_changes(self._problem, witnesses, target, nearest)
                    if (move := exchange.find(cost, lifting, target, change)) is not None
                ),
                key=lambda move: move[0],
                default=None,
            )
            if best is not None:
                hidden[units[np.abs(best[1]) > 1e-7]] = True
                hidden[best[2]] = True
                close_implications(self._problem, hidden)
                witnesses.add(exchange.part, best[1])
            elif nearest:
                return


class _Region(_Block):
    """The same over the district, the state and the few districts it is cheapest to exchange with."""

    def _members(self, target: int) -> np.ndarray:
        problem = self._problem
        inside = self._universe == self._universe[target]
        price = np.where(self._hidden, 0, self._cost)[problem.unit]
        partners = problem.list_partners(target, price, inside)
        return np.flatnonzero(inside & np.isin(problem.block, [-1, problem.block[target], *partners]))

    def _place(self, target: int) -> tuple:
        return (target,)


class _Universe(_Block):
    """The same over all tables, organisations and groups that hang together."""

    def _members(self, target: int) -> np.ndarray:
        return np.flatnonzero(self._universe == self._universe[target])

    def _place(self, target: int) -> tuple:
        return (self._universe[target],)


class _Everything(_Universe):
    """The last resort: withhold all of it. One more student like one already there then mostly fits everywhere."""

    def protect(self, target: int, hidden: np.ndarray, witnesses: Witnesses) -> None:
        """As before, after withholding everything; takes that back where it does not help."""
        before, proved = hidden.copy(), witnesses.remember()
        members = self._members(target)
        relations = np.unique(self._problem.by_quantity[:, members].indices)
        lifters = self._problem.lifted_by[relations]
        hidden[self._problem.unit[members]] = True
        hidden[lifters[lifters >= 0]] = True
        self._kept = (None, None)
        super().protect(target, hidden, witnesses)
        if witnesses.lacking(target):
            hidden[:] = before
            witnesses.recall(proved)


def _wanted_changes(problem: Problem, witnesses: Witnesses, target: int, nearest: bool) -> list[int]:
    """A rise and a possible fall of the target: the nearest new ones, or such as may give all it lacks at once."""
    seen = {int(change) for change in witnesses.changes[target] if change != UNSEEN}
    rise = next(step for step in range(1, len(seen) + 1) if step not in seen)
    fall = next(step for step in range(1, len(seen) + 1) if -step not in seen)
    if not nearest:
        further = max(problem.candidates - len(seen), 1) - 1
        low, high = int(witnesses.lowest[target]), int(witnesses.highest[target])
        part, truth = problem.width[target], int(problem.truth[target])
        rise = max(rise + further, int(np.ceil((part * truth + low) / (1 - part))) if part else 0)
        fall = max(fall + further, int(np.ceil(part * (truth + high) - high)) if part else 0)
    return [rise] + ([-fall] if fall <= problem.truth[target] - problem.floor[target] else [])
