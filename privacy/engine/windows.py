"""The shortest moves of what is withheld around a district, asked for while ever more of it is shown again.

Short moves need few units: what is shown again spoils few of them. And most of their corners are whole.
"""

from dataclasses import replace

import highspy
import numpy as np

from privacy.engine.exploring import count_near, rank_districts
from privacy.engine.moves import WHOLE, is_whole, open_exchange, open_moves
from privacy.engine.parts import cut_out
from privacy.engine.problem import Problem
from privacy.engine.remedies import list_wanted_changes
from privacy.engine.ties import tie_together, tighten
from privacy.engine.witnesses import Witnesses

ABOUT = 1_100  # withheld quantities of districts in a window: larger ones take longer and tell little more
WIDE = 4  # times as many districts, where those are not enough
KEPT = 150  # windows that are kept open at a time
TURNS = 3  # other corners that are looked at where one is none of whole numbers
UNEVEN = 0.1  # by how much the price of a step differs at most, so that one corner is the cheapest


class Windows:
    """A window on what is withheld in each district, in those around it, and above them: opened when asked for."""

    def __init__(self, problem: Problem, hidden: np.ndarray):
        self._problem, self._hidden = problem, hidden
        self._rank = rank_districts(problem)
        self._withheld = hidden[problem.unit] & ~problem.known
        self._near = count_near(problem, self._withheld, len(self._rank), ABOUT)
        self._open: dict[tuple[int, bool], Window] = {}

    def around(self, block: int, *, wide: bool = False) -> "Window":
        """The window on a district (-1: on some district, for what is the state's)."""
        place = block, wide
        if place not in self._open:
            if len(self._open) >= KEPT:
                self._open.pop(next(iter(self._open)))
            near = self._near * (WIDE if wide else 1)
            rank = self._rank[self._problem.block]
            first = np.clip(self._rank[block] - near // 2, 0, max(rank.max() + 1 - near, 0))
            inside = (self._problem.block < 0) | ((first <= rank) & (rank < first + near))
            self._open[place] = Window(self._problem, np.flatnonzero(self._withheld & inside), self._hidden)
        return self._open[place]


class Window:
    """Moves of some withheld quantities (ascending), of which `hidden` may show some again later: see `narrow`."""

    def __init__(self, problem: Problem, columns: np.ndarray, hidden: np.ndarray):
        self._problem, self._hidden, self._columns = problem, hidden, columns
        self._part = cut_out(problem, columns, hidden)
        self._tied = self._now = tighten(tie_together(self._part))
        self._narrowed = -1
        self._ties = np.arange(2 * len(self._tied.down), dtype=np.int32)  # all rises, then all falls
        self._solver, self._turner = open_exchange(self._tied), None
        self._rng = np.random.default_rng(len(columns))
        self._solver.changeColsCost(len(self._ties), self._ties, 1 + UNEVEN * self._rng.random(len(self._ties)))

    def narrow(self, number: int) -> None:
        """Lets nothing move any more that is shown by now. number: of the trial, so that it is done once for each."""
        if number == self._narrowed:
            return
        shown = self._tied.any_of(~self._hidden[self._problem.unit[self._columns]])
        down, up = np.where(shown, 0.0, self._tied.down), np.where(shown, 0.0, self._tied.up)
        self._now, self._narrowed = tighten(replace(self._tied, down=down, up=up)), number
        self._solver.changeColsBounds(len(self._ties), self._ties, np.zeros(len(self._ties)), self._list_ways())

    def may_prove(self, target: int) -> bool:
        """Whether the bounds of what is around a quantity leave it room for enough values."""
        tie = self._tied.tie[np.searchsorted(self._columns, target)]
        room = self._now.down[tie] + self._now.up[tie] if tie >= 0 else 0
        return bool(self._problem.width[target] or room >= self._problem.candidates - 1)

    def prove(self, target: int, witnesses: Witnesses) -> None:
        """Looks for a short move for every value that a quantity lacks."""
        for nearest in (False, True):
            before = -1
            while witnesses.lacking(target) and before < (before := int(witnesses.count[target])):
                for change in list_wanted_changes(self._problem, witnesses, target, nearest):
                    if witnesses.lacking(target):
                        self._ask(target, change, witnesses)

    def _list_ways(self) -> np.ndarray:
        return np.concatenate([self._now.up, self._now.down])

    def _ask(self, target: int, change: int, witnesses: Witnesses) -> None:
        """Takes in the shortest move found that changes the target so much."""
        own, k = int(np.searchsorted(self._columns, target)), len(self._ties) // 2
        tie, ways, size = int(self._tied.tie[own]), self._list_ways(), float(abs(change))
        rise, fall = (tie, tie + k) if change * self._tied.sign[own] > 0 else (tie + k, tie)
        if tie < 0 or size > ways[rise]:
            return
        self._solver.changeColBounds(rise, size, size)
        self._solver.changeColBounds(fall, 0.0, 0.0)
        self._solver.run()
        if self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            values = np.array(self._solver.getSolution().col_value)
            move = values[:k] - values[k:]
            witnesses.add(self._part, self._tied.spread(move if is_whole(move) else self._turn(tie, move)))
        for column in (rise, fall):
            self._solver.changeColBounds(column, 0.0, ways[column])

    def _turn(self, tie: int, corner: np.ndarray) -> np.ndarray:
        """A move of whole numbers that changes a tie as a corner does, nearly always; or else the last one found."""
        ties = self._ties[: len(corner)]
        furthest = max(2.0 * self._problem.candidates, np.abs(corner).max())
        if self._turner is None:
            self._turner = open_moves(self._tied)
        lower, upper = np.maximum(-self._now.down, -furthest), np.minimum(self._now.up, furthest)
        lower[tie] = upper[tie] = np.rint(corner[tie])
        self._turner.changeColsBounds(len(ties), ties, lower, upper)
        for _ in range(TURNS):
            crooked = np.abs(corner - np.rint(corner)) > WHOLE
            self._turner.changeColsCost(len(ties), ties, np.where(crooked, self._rng.standard_normal(len(ties)), 0.0))
            self._turner.run()
            if self._turner.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                break
            corner = np.array(self._turner.getSolution().col_value)
            if is_whole(corner):
                break
        return corner
