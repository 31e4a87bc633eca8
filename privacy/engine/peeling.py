"""Which units can only be shown again together: no sum may be left with one withheld term."""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from privacy.engine.problem import Problem


class Peeling:
    """Counts the withheld terms of every sum. bound: boolean per unit, those that must stay withheld."""

    def __init__(self, problem: Problem, hidden: np.ndarray, bound: np.ndarray):
        self._unit, self._bound = problem.unit, bound
        self._sums = abs(problem.matrix[problem.low == problem.high])
        self._sums.data[:] = 1
        self._by_quantity = self._sums.tocsc()
        order = np.argsort(problem.unit, kind="stable")
        self._quantities = np.split(order, np.searchsorted(problem.unit[order], np.arange(1, len(hidden))))
        self._withheld = hidden[problem.unit] & ~problem.known
        self._count = self._sums @ self._withheld.astype(np.int64)

    def list_bound(self) -> np.ndarray:
        """Boolean per unit: bound itself, or through sums of two withheld terms one after the other to one that is."""
        pairs = self._sums[self._count == 2].tocoo()
        kept, units = self._withheld[pairs.col], len(self._bound)
        ends = (self._unit[pairs.col[kept]], units + pairs.row[kept])
        size = units + pairs.shape[0]
        links = sparse.coo_matrix((np.ones(len(ends[0])), ends), shape=(size, size))
        _, label = connected_components(links, directed=False)
        return np.isin(label[:units], label[:units][self._bound])

    def peel(self, unit: int) -> np.ndarray | None:
        """The unit and all that would then be the only withheld term of a sum, and so on; None if one is bound."""
        count, withheld = self._count.copy(), self._withheld.copy()
        shown, peeled = [], np.array([unit])
        while len(peeled):
            if self._bound[peeled].any():
                return None
            shown.append(peeled)
            sums = self._show(peeled, count, withheld)
            terms = self._sums[sums[count[sums] == 1]].indices
            peeled = np.unique(self._unit[terms[withheld[terms]]])
        return np.sort(np.concatenate(shown))

    def take(self, units: np.ndarray) -> None:
        """Counts without units that are shown again."""
        self._show(units, self._count, self._withheld)

    def list_quantities(self, units: np.ndarray) -> np.ndarray:
        """The quantities of units."""
        return np.concatenate([self._quantities[unit] for unit in units])

    def _show(self, units: np.ndarray, count: np.ndarray, withheld: np.ndarray) -> np.ndarray:
        """Counts, in place, without the units; returns the sums that had them."""
        quantities = self.list_quantities(units)
        quantities = quantities[withheld[quantities]]
        withheld[quantities] = False
        sums = self._by_quantity[:, quantities].indices
        np.subtract.at(count, sums, 1)
        return np.unique(sums)
