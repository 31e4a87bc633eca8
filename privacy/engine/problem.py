"""The engine's view of one release: the structure as a sparse matrix, the truth, and what may be withheld together.

The auditor has no part in this: it reads the published tables and the structure for itself.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import sparse

REACH = 1000  # how far a search lets a count rise; enough for any width a policy asks of a count
PARTNERS = 5  # districts that a search takes in beside its own
UNEVEN = 4  # times what is usual: a unit of such a cost is dear
UNBOUNDED = 2**40  # stands for no bound: far above any count, and exact in the machine's real numbers


@dataclass(frozen=True)
class Problem:
    """n quantities in m relations and u units; a unit is withheld as a whole.

    matrix (m×n, whole), low, high (m): low <= matrix @ quantities <= high; UNBOUNDED if there is no bound.
    lifted_by (m): the unit whose withholding lifts the relation (a published rounded rate or band is such a
    relation), or -1 for one that always holds. truth, floor, ceiling (n): the true value, and the least and most the
    strongest attacker thinks possible if withheld. known (n): never withheld, everybody knows it (a shown zero, an
    earlier release).
    unit (n). block (n): the district, or -1 for the state. sensitive (n), width (n): required width as a part of the
    upper end. cost (u). implies (k×2): withholding unit [0] requires withholding unit [1]. unpublished: units that no
    release shows, whatever is chosen.
    """

    matrix: sparse.csr_matrix
    low: np.ndarray
    high: np.ndarray
    lifted_by: np.ndarray
    truth: np.ndarray
    floor: np.ndarray
    ceiling: np.ndarray
    known: np.ndarray
    unit: np.ndarray
    block: np.ndarray
    sensitive: np.ndarray
    width: np.ndarray
    cost: np.ndarray
    implies: np.ndarray
    candidates: int
    unpublished: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def lifted(self, hidden: np.ndarray, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Boolean per relation (of some): lifted, its unit being among the hidden ones (boolean per unit)."""
        lifter = self.lifted_by[rows]
        return (lifter >= 0) & hidden[lifter]

    @cached_property
    def by_quantity(self) -> sparse.csc_matrix:
        """The same matrix, quick to cut by quantity."""
        return self.matrix.tocsc()

    def list_partners(self, target: int, price: np.ndarray, inside: np.ndarray) -> list[int]:
        """Of the districts that share a relation with a quantity the few it is cheapest to exchange with, in order.

        Where none does, as with the state's, those that share one with what shares one with it, and so on. price: per
        quantity. Of what costs the same, the smaller district first, by what is `inside` of it (boolean per quantity).
        Quantities that everybody knows are left out.
        """
        siblings, before = np.array([target]), 0
        while len(siblings) > before:
            before = len(siblings)
            siblings = np.unique(self.matrix[np.unique(self.by_quantity[:, siblings].indices)].indices)
            siblings = siblings[~self.known[siblings]]
            if (self.block[siblings] >= 0).any():
                break
        siblings = siblings[self.block[siblings] >= 0]
        size = np.bincount(self.block[inside & (self.block >= 0)], minlength=self.block.max() + 1)
        ranked = siblings[np.lexsort((siblings, size[self.block[siblings]], price[siblings]))]
        return list(dict.fromkeys(self.block[ranked].tolist()))[:PARTNERS]

    @cached_property
    def is_uneven(self) -> bool:
        """Whether some units are dear: then it pays to look further for what to withhold instead."""
        paid = self.cost[self.cost > 0]
        return len(paid) > 0 and bool(paid.max() > UNEVEN * np.median(paid))

    @cached_property
    def guarded(self) -> np.ndarray:
        """Boolean per quantity: sensitive, and not known to everybody."""
        return self.sensitive & ~self.known

    @cached_property
    def room(self) -> tuple[np.ndarray, np.ndarray]:
        """How far each quantity may fall and rise at most, as real numbers."""
        rise = np.minimum(np.maximum(REACH, self.truth), self.ceiling - self.truth)
        return np.maximum(self.truth - self.floor, 0).astype(float), np.maximum(rise, 0).astype(float)

    @cached_property
    def slack(self) -> tuple[np.ndarray, np.ndarray]:
        """How far each relation may fall and rise from the truth, as real numbers, infinite without a bound."""
        now = self.matrix @ self.truth
        return (
            np.where(self.low <= -UNBOUNDED, -np.inf, (self.low - now).astype(float)),
            np.where(self.high >= UNBOUNDED, np.inf, (self.high - now).astype(float)),
        )
