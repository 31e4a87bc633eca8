"""Whole-number bounds that sums imply: each quantity in a sum is bounded by what its others leave. No search.

What this narrows to one value is recovered for certain; what it leaves wide may still be narrower to a cleverer reader.
"""

from dataclasses import dataclass

import numpy as np

SLACK = 1e-6  # below any step of a whole number, above the rounding of machine numbers here


@dataclass
class System:
    """low (n), high (n): what is possible for whole quantities; `terms`: relation, quantity, coefficient of each term;
    least (m), most (m): least <= sum of coefficient x quantity <= most. Infinite where there is no bound."""

    low: np.ndarray
    high: np.ndarray
    relation: np.ndarray
    quantity: np.ndarray
    coefficient: np.ndarray
    least: np.ndarray
    most: np.ndarray


def narrow(system: System, sweeps: int = 100) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bounds no reader can doubt, (low, high) by quantity, and the relations that cannot hold.

    A relation that cannot hold is left out from then on. Fewer sweeps than it takes give wider bounds, not wrong ones.
    """
    low, high = system.low.astype(float), system.high.astype(float)
    broken = np.zeros(len(system.least), dtype=bool)
    rows, columns, times = system.relation, system.quantity, system.coefficient.astype(float)
    for _ in range(sweeps):
        ends = times * low[columns], times * high[columns]
        lower, upper = np.where(times > 0, *ends), np.where(times > 0, *ends[::-1])
        least, most = _rest(rows, lower, len(broken)), _rest(rows, upper, len(broken))
        broken |= (least[1] > system.most + SLACK) | (most[1] < system.least - SLACK)
        floor, ceiling = system.least[rows] - most[0], system.most[rows] - least[0]
        up, down = np.where(times > 0, floor, ceiling) / times, np.where(times > 0, ceiling, floor) / times
        keep = ~broken[rows]
        new_low, new_high = low.copy(), high.copy()
        np.maximum.at(new_low, columns[keep], np.ceil(up[keep] - SLACK))
        np.minimum.at(new_high, columns[keep], np.floor(down[keep] + SLACK))
        crossed = new_low > new_high
        if crossed.any():
            # Two relations disagree about a quantity: none of those that touch it is believed.
            broken |= np.bincount(rows[crossed[columns]], minlength=len(broken)) > 0
            new_low, new_high = np.where(crossed, low, new_low), np.where(crossed, high, new_high)
        if np.array_equal(new_low, low) and np.array_equal(new_high, high):
            break
        low, high = new_low, new_high
    return low, high, np.flatnonzero(broken)


def _rest(rows: np.ndarray, ends: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Per term the sum of the other terms' ends in its relation, and per relation the sum of all. May be infinite."""
    finite = np.isfinite(ends)
    sign = np.sign(ends[~finite][0]) if not finite.all() else 1.0
    sums = np.bincount(rows, np.where(finite, ends, 0), minlength=count)
    endless = np.bincount(rows, ~finite, minlength=count)
    total = np.where(endless > 0, sign * np.inf, sums)
    others = endless[rows] - ~finite > 0
    return np.where(others, sign * np.inf, sums[rows] - np.where(finite, ends, 0)), total
