"""Shows again what no sensitive quantity needs withheld any more, the dearest first.

What is withheld for one quantity often serves others: of all that was added, one after the other, some is too much.
"""

import numpy as np
from scipy import sparse

from privacy.engine.complementary import list_fixed
from privacy.engine.exploring import ask_singly, label_parts, push_at_random
from privacy.engine.parts import cut_out
from privacy.engine.problem import Problem
from privacy.engine.ties import tie_together, tighten
from privacy.engine.witnesses import Witnesses
from privacy.release import Progress

MANY = 5_000  # quantities beyond which it takes longer than what it saves is worth


def spare(problem: Problem, hidden: np.ndarray, witnesses: Witnesses, progress: Progress) -> None:
    """Shows units again, in place, as long as every quantity that is proved to keep enough values still does.

    Nothing is done for a problem of MANY quantities. Units that lift a relation, that require another unit's
    withholding, or that another requires, stay.
    """
    if len(problem.truth) > MANY:
        return
    bound = list_fixed(problem)
    bound[problem.lifted_by[problem.lifted_by >= 0]] = True
    bound[problem.implies[hidden[problem.implies].all(axis=1)]] = True
    hopeless = witnesses.lacking()
    candidates = np.flatnonzero(hidden & ~bound)
    candidates = candidates[np.argsort(-problem.cost[candidates], kind="stable")]
    sums = abs(problem.matrix[problem.low == problem.high])
    sums.data[:] = 1
    for done, unit in enumerate(candidates):
        progress("showing again", done, len(candidates))
        units = _peel(problem, sums, hidden, bound, unit) if hidden[unit] else None
        if units is not None:
            _try_without(problem, hidden, witnesses, units, hopeless)


def _peel(
    problem: Problem, sums: sparse.csr_matrix, hidden: np.ndarray, bound: np.ndarray, unit: int
) -> np.ndarray | None:
    """The unit and all that would then be the only withheld term of a sum, and so on; None if one of them is bound."""
    withheld = hidden[problem.unit] & ~problem.known
    several = sums @ withheld.astype(np.int64) > 1
    peeled = np.array([unit])
    shown = np.zeros(len(hidden), dtype=bool)
    while len(peeled):
        if bound[peeled].any():
            return None
        shown[peeled] = True
        withheld &= ~shown[problem.unit]
        terms = sums[several & (sums @ withheld.astype(np.int64) == 1)].indices
        peeled = np.unique(problem.unit[terms[withheld[terms]]])
    return np.flatnonzero(shown)


def _try_without(
    problem: Problem, hidden: np.ndarray, witnesses: Witnesses, units: np.ndarray, hopeless: np.ndarray
) -> None:
    """Shows units, in place, if everything that was proved can be proved without them; else leaves all as it was."""
    before = witnesses.remember()
    hidden[units] = False
    witnesses.forget(units)
    part = label_parts(problem, hidden[problem.unit] & ~problem.known)
    own = np.flatnonzero(np.isin(problem.unit, units))
    near = np.unique(problem.matrix[np.unique(problem.by_quantity[:, own].indices)].indices)
    # Those nearest to what is shown again fail first; what is left then is mostly proved many at a time.
    for chosen in (near, slice(None)):
        wanted = np.zeros(len(hopeless), dtype=bool)
        wanted[chosen] = True
        while len(lacking := np.flatnonzero(witnesses.lacking() & ~hopeless & wanted)):
            label = part[lacking[0]]
            asked = lacking[part[lacking] == label]
            columns = np.flatnonzero(part == label) if label >= 0 else lacking[:1]
            place = tighten(tie_together(cut_out(problem, columns, hidden)))
            if chosen is not near:
                push_at_random(problem, place, witnesses)
            ask_singly(problem, place, witnesses, np.searchsorted(columns, asked), all_or_none=True)
            if witnesses.lacking(asked).any():
                hidden[units] = True
                witnesses.recall(before)
                return
