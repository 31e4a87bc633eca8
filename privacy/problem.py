"""The engine's view of one release: the structure as a sparse matrix, the truth, and what may be withheld together.

The auditor has no part in this: it reads the published tables and the structure for itself.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

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
    upper end. cost (u). implies (k×2): withholding unit [0] requires withholding unit [1].
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

    def lifted(self, hidden: np.ndarray) -> np.ndarray:
        """Boolean per relation: lifted, its unit being among the hidden ones (boolean per unit)."""
        return (self.lifted_by >= 0) & hidden[self.lifted_by]

    @cached_property
    def by_quantity(self) -> sparse.csc_matrix:
        """The same matrix, quick to cut by quantity."""
        return self.matrix.tocsc()
