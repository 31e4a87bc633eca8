"""Shows again what no sensitive quantity needs withheld any more, the dearest first.

What is withheld for one quantity often serves others: of all that was added, one after the other, some is too much.
"""

import numpy as np

from privacy.engine.complementary import list_fixed
from privacy.engine.peeling import Peeling
from privacy.engine.problem import Problem
from privacy.engine.windows import Window, Windows
from privacy.engine.witnesses import Witnesses
from privacy.release import Progress

TRIALS = 100  # of showing units again: of abs_300's 167 they bring three quarters of what all do


def spare(problem: Problem, hidden: np.ndarray, witnesses: Witnesses, progress: Progress) -> None:
    """Shows units again, in place, as long as every quantity that is proved to keep enough values still does.

    Units that lift a relation, that require another unit's withholding, or that another requires, stay. So do all but
    the dearest once there were enough trials.
    """
    bound = list_fixed(problem)
    bound[problem.lifted_by[problem.lifted_by >= 0]] = True
    bound[problem.implies[hidden[problem.implies].all(axis=1)]] = True
    peeling = Peeling(problem, hidden, bound)
    trials = Trials(problem, hidden, witnesses)
    candidates = np.flatnonzero(hidden & ~peeling.list_bound())
    tried: set[tuple[int, ...]] = set()  # what is withheld only becomes less: what failed is not tried again
    for unit in candidates[np.argsort(-problem.cost[candidates], kind="stable")].tolist():
        units = peeling.peel(unit) if hidden[unit] else None
        if units is None or tuple(units.tolist()) in tried:
            continue
        if len(tried) == TRIALS:
            return
        progress("showing again", len(tried), min(TRIALS, len(candidates)))
        tried.add(tuple(units.tolist()))
        if trials.show(units, peeling.list_quantities(units)):
            peeling.take(units)


class Trials:
    """Shows units again if all that is proved with them can be proved without."""

    def __init__(self, problem: Problem, hidden: np.ndarray, witnesses: Witnesses):
        self._problem, self._hidden, self._witnesses = problem, hidden, witnesses
        self._hopeless = witnesses.lacking()
        self._windows = Windows(problem, hidden)
        self._number = 0
        self._far: set[int] = set()  # lost what they had, though nothing beside them was shown: they look further

    def show(self, units: np.ndarray, quantities: np.ndarray) -> bool:
        """Shows units, of these quantities, in place; False, and all stays, if something would lack values then."""
        problem, witnesses = self._problem, self._witnesses
        forgotten = witnesses.forget(units)
        self._hidden[units] = False
        self._number += 1
        lost = forgotten.rows[witnesses.lacking(forgotten.rows) & ~self._hopeless[forgotten.rows]]
        near = np.isin(lost, problem.matrix[np.unique(problem.by_quantity[:, quantities].indices)].indices)
        blocks = np.where(problem.block[lost] < 0, problem.block[quantities].max(initial=-1), problem.block[lost])
        order = np.lexsort((lost, blocks, ~near))  # those nearest to what is shown fail first
        for ask in (self._may_prove, self._prove):
            for place in order:
                if not ask(int(lost[place]), int(blocks[place])):
                    if not near[place]:
                        self._far.add(int(lost[place]))
                    self._hidden[units] = True
                    witnesses.put_back(forgotten)
                    return False
        return True

    def _may_prove(self, target: int, block: int) -> bool:
        return target in self._far or self._open(block).may_prove(target)

    def _prove(self, target: int, block: int) -> bool:
        for wide in (False, True) if target in self._far else (False,):
            if self._witnesses.lacking(target):
                self._open(block, wide=wide).prove(target, self._witnesses)
        return not self._witnesses.lacking(target)

    def _open(self, block: int, *, wide: bool = False) -> Window:
        window = self._windows.around(block, wide=wide)
        window.narrow(self._number)
        return window
