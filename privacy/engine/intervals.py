"""Enough whole values for every sensitive quantity: proves it where it already holds, withholds more where it does not.

Moves are looked for by linear programs; their corners are almost always whole, and only whole ones are believed.
"""

from heapq import heappop, heappush

import numpy as np

from privacy.engine.complementary import Choice, list_fixed, propose
from privacy.engine.exploring import explore, label_parts
from privacy.engine.parts import cut_out
from privacy.engine.problem import Problem
from privacy.engine.remedies import Around, Block, Everything, Region, Remedy, Single, Universe, find_remedy
from privacy.engine.sparing import spare
from privacy.engine.ties import tie_together
from privacy.engine.witnesses import Witnesses
from privacy.release import Progress

WAVE = 400  # quantities that are priced one by one before the first remedy is taken
FEW = 5  # of so many withheld quantities one lacks values at first, as after a correction or for one district alone
ROUGHLY = -1  # stands for how much was withheld when a price was asked: before anything was


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
    lacking, withheld = witnesses.lacking().sum(), (hidden[problem.unit] & ~problem.known).sum()
    few = lacking <= WAVE and FEW * lacking < withheld
    _widen_cheapest_first(problem, universe, hidden, witnesses, progress, one_by_one=few)
    for radius in (Around, Region, Universe, Everything):
        lacking = np.flatnonzero(witnesses.lacking())
        if not len(lacking):
            break
        place = radius(problem, universe, hidden)
        order = np.lexsort((lacking, problem.block[lacking], universe[lacking]))
        for done, target in enumerate(lacking[order]):
            progress("widening", done, len(lacking))
            place.protect(target, witnesses)
    return witnesses


def _widen_cheapest_first(
    problem: Problem,
    universe: np.ndarray,
    hidden: np.ndarray,
    witnesses: Witnesses,
    progress: Progress,
    *,
    one_by_one: bool,
) -> None:
    """Withholds, in place, what frees one quantity after the other: the cheapest to free, or (one_by_one) each in turn.

    What is cheap for one often frees many: most need nothing of their own any more when their turn comes. Programs over
    many quantities are asked only for what no single cheap unit frees. Of few, as a correction leaves them, one mostly
    frees all: they move together.
    """
    reach: tuple[type[Block], ...] = (Single, Around, Region) if one_by_one else (Single,)
    while witnesses.lacking().any():
        before = _measure(hidden, witnesses)
        explore(problem, hidden, witnesses, progress)
        # Anew every time: they count on what was withheld elsewhere when they were made.
        places = tuple(place(problem, universe, hidden) for place in reach)
        most = places[0].cheap if len(places) == 1 else np.inf
        targets = _list_untied(problem, hidden, witnesses)
        waves = len(targets) if one_by_one else -(-len(targets) // WAVE)
        _take_cheapest(targets, places, hidden, witnesses, progress, most=most, waves=waves)
        if len(places) > 1 and _measure(hidden, witnesses) == before:
            return
        reach = (Single, Around, Region)


def _take_cheapest(
    targets: list[int],
    places: tuple[Block, ...],
    hidden: np.ndarray,
    witnesses: Witnesses,
    progress: Progress,
    *,
    most: float,
    waves: int,
) -> None:
    """Takes, in place, remedies for some quantities that cost at most so much, the cheapest first.

    Prices only fall while more is withheld; so a quantity waits at the price it had last. Where there are several waves
    each is priced by itself, at first roughly unless it is of one quantity, and what costs more than the middle price
    waits for the last wave: by then most need nothing of their own any more.
    """
    found: dict[int, Remedy] = {}
    asked_at: dict[int, int] = {}
    queue: list[tuple[float, int]] = []
    roughly = 1 < waves < len(targets) and np.isinf(most)  # against a highest price only the cheapest remedy counts
    for wave in range(waves):
        priced = targets[wave::waves]
        for done, target in enumerate(priced):
            progress("pricing", done, len(priced))
            if not witnesses.lacking(target):
                continue
            remedy = find_remedy(places, target, witnesses, roughly=roughly)
            if remedy and remedy.price <= most:
                found[target], asked_at[target] = remedy, ROUGHLY if roughly else int(hidden.sum())
                heappush(queue, (remedy.price, target))
        last = wave == waves - 1
        limit = np.inf if last or not queue else float(np.median([price for price, _ in queue]))
        while queue and queue[0][0] <= limit:
            progress("widening", len(found) - len(queue), len(found))
            _, target = heappop(queue)
            if not witnesses.lacking(target):
                continue
            remedy, withheld = places[0].price(found[target]), int(hidden.sum())
            if remedy.price > places[0].cheap and asked_at[target] < withheld:
                remedy, asked_at[target] = find_remedy(places, target, witnesses) or remedy, withheld
            found[target] = remedy
            if queue and remedy.price > queue[0][0]:
                heappush(queue, (remedy.price, target))
            else:
                places[0].take(remedy, witnesses)


def _measure(hidden: np.ndarray, witnesses: Witnesses) -> tuple[int, int, int]:
    """What grows whenever something is withheld or proved."""
    return int(hidden.sum()), int(witnesses.count.sum()), int((witnesses.highest - witnesses.lowest).sum())


def _list_untied(problem: Problem, hidden: np.ndarray, witnesses: Witnesses) -> list[int]:
    """Of the quantities that lack values and can only change together one each, district by district."""
    tied = tie_together(cut_out(problem, np.flatnonzero(hidden[problem.unit] & ~problem.known), hidden))
    places = np.flatnonzero(witnesses.lacking(tied.part.columns))
    lacking, tie = tied.part.columns[places], tied.tie[places]
    _, first = np.unique(np.where(tie >= 0, tie, -1 - places), return_index=True)
    lacking = lacking[first]
    return lacking[np.lexsort((lacking, problem.block[lacking]))].tolist()
