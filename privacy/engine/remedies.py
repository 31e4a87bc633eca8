"""The cheapest move that gives a quantity a value it lacks, and what that needs withheld, in places of any size."""

from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from privacy.engine.complementary import close_implications
from privacy.engine.exploring import count_near, rank_districts
from privacy.engine.moves import Exchange, is_whole
from privacy.engine.parts import Part
from privacy.engine.problem import Problem
from privacy.engine.witnesses import UNSEEN, Witnesses

CHEAP = 0.25  # the part of all units that cost anything that counts as of the cheaper kind
AROUND, FURTHER = 16, 24  # districts looked at with one, half before and half behind it; and where units are dear
KEPT = 150  # programs around districts that are kept at a time


@dataclass(frozen=True)
class Remedy:
    """A move that gives a quantity another value: the change of a part's quantities, and all the units that needs.

    price: what those cost that were not withheld when it was found. whole: the move is one of whole numbers; if not, it
    proves nothing.
    """

    price: float
    whole: bool
    units: np.ndarray
    part: Part
    change: np.ndarray

    @property
    def rank(self) -> tuple[bool, float]:
        """Smaller is better: whole ones first, then cheap ones."""
        return not self.whole, self.price


class Block:
    """The cheapest move within one district: its boundary stays as it is, so the move is one of the whole state."""

    enough = 1.0  # how many times what is cheap a remedy may cost that is not compared with those of a wider place

    def __init__(self, problem: Problem, universe: np.ndarray, hidden: np.ndarray):
        self._problem, self._universe, self._hidden = problem, universe, hidden
        self._kept: dict[tuple, Exchange] = {}
        effects = np.bincount(problem.implies[:, 0], problem.cost[problem.implies[:, 1]], len(problem.cost))
        self._cost = problem.cost + effects
        # Whatever costs no more than two units of the cheaper kind is not worth comparing with anything.
        paid = self._cost[self._cost > 0]
        self.cheap = 2 * float(np.quantile(paid, CHEAP)) if len(paid) else 0.0

    def _members(self, target: int) -> np.ndarray:
        problem = self._problem
        if problem.block[target] < 0:
            return np.array([target])  # a state-wide quantity has no district: a wider search does it
        return np.flatnonzero((self._universe == self._universe[target]) & (problem.block == problem.block[target]))

    def _place(self, target: int) -> tuple:
        block = self._problem.block[target]
        return self._universe[target], block, target if block < 0 else -1

    def _exchange(self, target: int) -> Exchange:
        """The program around a target, kept for the next targets of the same place."""
        place = self._place(target)
        if place not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[place] = Exchange(self._problem, self._members(target), self._hidden)
        return self._kept[place]

    def find(self, target: int, witnesses: Witnesses, *, whole: bool, roughly: bool = False) -> Remedy | None:
        """The cheapest move found that gives the target what it lacks, or else one value more; None if there is none.

        roughly: the first one of whole numbers will do. whole: search for one of whole numbers where no program arrives
        at one. That takes long; where it ends without, the cheapest move may be none of whole numbers.
        """
        found = []
        for nearest, search in ((False, False), (True, False), (False, True), (True, True)):
            if search and not whole:
                break
            for change in list_wanted_changes(self._problem, witnesses, target, nearest):
                remedy = self._ask(target, change, search)
                if remedy is not None:
                    found.append(remedy)
                    if remedy.whole and (roughly or remedy.price <= self.cheap):
                        return remedy
            if any(remedy.whole for remedy in found):
                break
        return min(found, key=lambda remedy: remedy.rank, default=None)

    def _ask(self, target: int, change: int, whole: bool) -> Remedy | None:
        exchange = self._exchange(target)
        units = self._problem.unit[exchange.columns]
        cost = np.where(self._hidden[units], 0.0, self._cost[units])
        lifting = np.where(self._hidden[exchange.lifters], 0.0, self._cost[exchange.lifters])
        move = exchange.find(cost, lifting, target, change, whole=whole)
        if move is None:
            return None
        needed = np.unique(np.concatenate([units[np.abs(move[0]) > 1e-7], move[1]]))
        return self.price(Remedy(np.nan, is_whole(move[0]), needed, exchange.part, move[0]))

    def price(self, remedy: Remedy) -> Remedy:
        """The same remedy at what it costs now."""
        fresh = remedy.units[~self._hidden[remedy.units]]
        return replace(remedy, price=float(self._cost[fresh].sum()))

    def take(self, remedy: Remedy, witnesses: Witnesses) -> None:
        """Withholds, in place, what a remedy needs."""
        self._hidden[remedy.units] = True
        close_implications(self._problem, self._hidden)
        witnesses.add(remedy.part, remedy.change)

    def protect(self, target: int, witnesses: Witnesses) -> None:
        """Withholds, in place, what the cheapest moves of the target need, until it lacks nothing or none is found."""
        for _ in range(2 * self._problem.candidates):
            if not witnesses.lacking(target) or (remedy := self.find(target, witnesses, whole=True)) is None:
                return
            self.take(remedy, witnesses)


class Around(Block):
    """The same with the state, and with what is withheld already in the districts around."""

    enough = 8.0  # the next place has programs of its own for every quantity

    def __init__(self, problem: Problem, universe: np.ndarray, hidden: np.ndarray):
        super().__init__(problem, universe, hidden)
        self._rank = rank_districts(problem)
        self._withheld = hidden[problem.unit] & ~problem.known
        self._around = count_near(problem, self._withheld, FURTHER if problem.is_uneven else AROUND)

    def _members(self, target: int) -> np.ndarray:
        problem = self._problem
        block = problem.block[target]
        districts = self._rank[problem.block]
        near = np.abs(districts - self._rank[block]) <= self._around // 2 if block >= 0 else districts <= self._around
        shown = ((problem.block == block) | (problem.block < 0)) & self._useful()
        return np.flatnonzero((self._universe == self._universe[target]) & (shown | (self._withheld & near)))

    def _useful(self) -> np.ndarray | bool:
        """Boolean per quantity: looked at if shown."""
        return True

    def _place(self, target: int) -> tuple:
        return self._universe[target], self._problem.block[target]


class Single(Around):
    """The same where one more unit is enough: every sum it is a term of has another term withheld already."""

    enough = 1.0

    def __init__(self, problem: Problem, universe: np.ndarray, hidden: np.ndarray):
        super().__init__(problem, universe, hidden)
        terms = abs(problem.matrix)
        terms.data[:] = 1
        alone = (terms @ self._withheld.astype(np.int64) == 0) & (problem.lifted_by < 0)
        self._joining = terms.T @ alone.astype(np.int64) == 0

    def _useful(self) -> np.ndarray | bool:
        return self._joining


class Region(Block):
    """The same over the district, the state and the few districts it is cheapest to exchange with."""

    def _members(self, target: int) -> np.ndarray:
        problem = self._problem
        inside = self._universe == self._universe[target]
        price = np.where(self._hidden, 0, self._cost)[problem.unit]
        partners = problem.list_partners(target, price, inside)
        return np.flatnonzero(inside & np.isin(problem.block, [-1, problem.block[target], *partners]))

    def _place(self, target: int) -> tuple:
        return (target,)


class Universe(Block):
    """The same over all tables, organisations and groups that hang together."""

    def _members(self, target: int) -> np.ndarray:
        return np.flatnonzero(self._universe == self._universe[target])

    def _place(self, target: int) -> tuple:
        return (self._universe[target],)


class Everything(Universe):
    """The last resort: withhold all of it. One more student like one already there then mostly fits everywhere."""

    def protect(self, target: int, witnesses: Witnesses) -> None:
        """As before, after withholding everything; takes that back where it does not help."""
        hidden = self._hidden
        before, proved = hidden.copy(), witnesses.remember()
        members = self._members(target)
        relations = np.unique(self._problem.by_quantity[:, members].indices)
        lifters = self._problem.lifted_by[relations]
        hidden[self._problem.unit[members]] = True
        hidden[lifters[lifters >= 0]] = True
        self._kept = {}
        super().protect(target, witnesses)
        if witnesses.lacking(target):
            hidden[:] = before
            witnesses.recall(proved)


def find_remedy(
    places: tuple[Block, ...], target: int, witnesses: Witnesses, *, roughly: bool = False
) -> Remedy | None:
    """The cheapest whole-number remedy; looked for in a wider place only if the ones before have none cheap enough.

    roughly: the first one found, whatever it costs.
    """
    best = None
    for place in places:
        remedy = place.find(target, witnesses, whole=False, roughly=roughly)
        if remedy and remedy.whole and (best is None or remedy.price < best.price):
            best = remedy
        if best and (roughly or best.price <= place.enough * place.cheap):
            break
    return best


def list_wanted_changes(problem: Problem, witnesses: Witnesses, target: int, nearest: bool) -> list[int]:
    """A rise and a possible fall of the target: the nearest new ones, or such as may give all it lacks at once."""
    seen = {int(change) for change in witnesses.changes[target] if change != UNSEEN}
    least_rise = least_fall = 1
    if not nearest:
        least_rise = least_fall = max(problem.candidates - len(seen), 1)
        low, high = int(witnesses.lowest[target]), int(witnesses.highest[target])
        part, truth = problem.width[target], int(problem.truth[target])
        if part:
            least_rise = max(least_rise, int(np.ceil((part * truth + low) / (1 - part))))
            least_fall = max(least_fall, int(np.ceil(part * (truth + high) - high)))
    rise = next(step for step in count(least_rise) if step not in seen)
    fall = next(step for step in count(least_fall) if -step not in seen)
    return [rise] + ([-fall] if fall <= problem.truth[target] - problem.floor[target] else [])
