"""A first set of values to withhold beside the sensitive ones, near the cheapest: no sum has exactly one of them.

That is necessary, not sufficient: intervals.py adds what is missing for every sensitive quantity to keep enough values.
"""

from dataclasses import dataclass

import numpy as np

from privacy.engine.master import Master
from privacy.engine.problem import Problem
from privacy.engine.room import list_conditions
from privacy.release import Progress


@dataclass(frozen=True)
class Choice:
    """What is to be withheld, and how near to the cheapest that is.

    hidden: boolean per unit. lower_bound: what any safe set costs at least beyond the units that are fixed (nan: not
    looked for); cost: what this one costs beyond them. unprotected: the sensitive quantities it does not protect, in
    order.
    """

    hidden: np.ndarray
    lower_bound: float
    cost: float
    unprotected: np.ndarray

    @property
    def gap(self) -> float:
        """The part of the cost that may be avoidable, 0 to 1 (nan without a bound)."""
        return float(np.maximum(0.0, 1 - self.lower_bound / self.cost)) if self.cost else 0.0


def list_fixed(problem: Problem) -> np.ndarray:
    """Boolean per unit: withheld in any case: for a sensitive quantity, what that implies, or never published."""
    fixed = np.zeros(len(problem.cost), dtype=bool)
    fixed[problem.unpublished] = True
    fixed[problem.unit[problem.sensitive & ~problem.known]] = True
    close_implications(problem, fixed)
    return fixed


def choose_units(problem: Problem) -> np.ndarray:
    """Boolean per unit: withheld. Contains every unit with a sensitive quantity and what those imply; see `propose`."""
    return propose(problem, lambda stage, done, total: None)[0]


def propose(problem: Problem, progress: Progress) -> tuple[np.ndarray, float]:
    """The units to withhold (boolean), and what any safe set costs at least beyond those it cannot do without.

    Minimises the cost subject to: every relation has none or at least two withheld terms, and those beside a sensitive
    one have room for it to move.
    """
    fixed = list_fixed(problem)
    if not fixed.any():
        return fixed, 0.0
    progress("choosing", 0, 1)
    master = Master(problem, fixed)
    master.cut(*list_conditions(problem, fixed))
    master.relax()
    hidden = master.choose()
    mend_single_terms(problem, hidden)
    return hidden, master.lower_bound


def close_implications(problem: Problem, hidden: np.ndarray) -> None:
    """Withholds, in place, what the withheld units imply."""
    before = -1
    while before != (before := int(hidden.sum())):
        hidden[problem.implies[hidden[problem.implies[:, 0]], 1]] = True


def mend_single_terms(problem: Problem, hidden: np.ndarray) -> None:
    """Withholds, in place, the cheapest partner where a relation has exactly one withheld term and can have another."""
    terms = abs(problem.matrix[problem.low == problem.high])
    terms.data[:] = 1
    while True:
        withheld = hidden[problem.unit] & ~problem.known
        lonely = np.flatnonzero(terms @ withheld.astype(np.int64) == 1)
        changed = False
        for relation in lonely:
            columns = terms.indices[terms.indptr[relation] : terms.indptr[relation + 1]]
            units = problem.unit[columns[~problem.known[columns]]]
            if hidden[units].sum() == 1 and len(units) > 1:
                others = units[~hidden[units]]
                hidden[others[np.argmin(problem.cost[others])]] = changed = True
        close_implications(problem, hidden)
        if not changed:
            return
