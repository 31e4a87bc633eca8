"""What a reader can work out: the numeric attack behind the audit. It shares no code with the engine, on purpose.

A quantity is safe when enough different whole values have each been exhibited in a whole-number table that agrees with
everything published. It is exposed when no more exist. Linear programs find the tables; where their corners are not
whole numbers, a whole-number search decides.
"""

from dataclasses import dataclass, field
from functools import cached_property
from math import gcd

import highspy
import numpy as np
from scipy.sparse import csc_matrix, csr_matrix

SAFE, EXPOSED, UNPROVED = "safe", "exposed", "unproved"
WHOLE = 1e-6  # how near to a whole number a corner has to be before it is tested, exactly, as one
CEILING = (
    10  # unbounded quantities are looked at up to this multiple of everything published (a smaller world is safer)
)
NEIGHBOURS, BRANCHES, CHOICES = 300, 4, 3  # the part looked at for one unknown before the whole is: size, spread, tries
TRIES = 60  # values tried one by one before giving up on a quantity


@dataclass
class Unknowns:
    """Withheld whole quantities x, and what is known: low <= matrix @ x <= high, least <= x <= most (inf: none)."""

    matrix: csr_matrix
    low: np.ndarray
    high: np.ndarray
    least: np.ndarray
    most: np.ndarray

    @cached_property
    def by_unknown(self) -> csc_matrix:
        """The matrix, quick to cut by unknown."""
        return self.matrix.tocsc()

    def cut(self, part: np.ndarray, table: np.ndarray | None = None) -> "Unknowns":
        """The same for a part of the unknowns; the others, if any are tied to it, stay as they are in a table."""
        touched = np.unique(self.by_unknown[:, part].indices)
        rows = self.matrix[touched]
        matrix, low, high = rows[:, part], self.low[touched], self.high[touched]
        if table is not None:
            others = rows @ table - matrix @ table[part]
            low, high = low - others, high - others
        return Unknowns(matrix, low, high, self.least[part], self.most[part])


@dataclass
class Verdicts:
    """Per unknown: verdict ('' if not asked for), number of values exhibited (up to what was required), their extremes.

    For an exposed unknown lowest and highest are what the linear program leaves; nothing outside them is possible.
    """

    verdict: np.ndarray
    exhibited: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    contradiction: bool = field(default=False)


class Attack:
    """One attack on unknowns that hang together. `asked`: which must be safe, `required` values and `width` each.

    `group`: where to look first: a change that stays within a group is found in a small program. It changes no verdict.
    """

    def __init__(
        self,
        unknowns: Unknowns,
        asked: np.ndarray,
        required: np.ndarray,
        width: np.ndarray,
        group: np.ndarray,
        seed: int = 0,
    ):
        self.unknowns, self.asked, self.required, self.width, self.group = unknowns, asked, required, width, group
        n = unknowns.matrix.shape[1]
        self.seen: list[set[int]] = [set() for _ in range(n)]
        self.lowest, self.highest = np.full(n, np.inf), np.full(n, -np.inf)
        self.open = asked.copy()
        self.bounds: dict[int, tuple[int, int]] = {}
        self.last: np.ndarray | None = None
        self.random = np.random.default_rng(seed)
        self.solver = self._load(unknowns)

    def _load(self, unknowns: Unknowns) -> highspy.Highs:
        finite = np.concatenate(
            [np.abs(side[np.isfinite(side)]) for side in (unknowns.low, unknowns.high, unknowns.least)]
        )
        ceiling = max(1000.0, CEILING * float(finite.max(initial=0)))
        self.ceiling = np.minimum(unknowns.most, np.maximum(ceiling, unknowns.least))
        model, columns = highspy.HighsLp(), unknowns.matrix.tocsc()
        model.num_row_, model.num_col_ = columns.shape
        model.col_cost_ = np.zeros(columns.shape[1])
        model.col_lower_, model.col_upper_ = unknowns.least.astype(float), self.ceiling.astype(float)
        model.row_lower_, model.row_upper_ = unknowns.low.astype(float), unknowns.high.astype(float)
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_ = columns.indptr, columns.indices
        model.a_matrix_.value_ = columns.data.astype(float)
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("random_seed", 7)
        solver.setOptionValue("mip_max_nodes", 2000)
        solver.passModel(model)
        return solver

    def run(self) -> Verdicts:
        """The verdict on every unknown asked about."""
        n = len(self.asked)
        if not self._optimise(np.zeros(n)):
            return Verdicts(np.where(self.asked, UNPROVED, ""), np.zeros(n, int), self.lowest, self.highest, True)
        self._look_within_groups()
        self._sweep()
        verdict = np.where(self.asked, SAFE, "").astype(object)
        for place in np.flatnonzero(self.open):
            if self.open[place]:
                self._look_around(place)
            if self.open[place]:
                verdict[place] = self._settle(place)
                self.open[place] = False
        for place in np.flatnonzero(verdict == EXPOSED):
            self.lowest[place], self.highest[place] = self.bounds[place]
        return Verdicts(verdict, np.array([len(seen) for seen in self.seen]), self.lowest, self.highest)

    def _look_within_groups(self) -> None:
        """Sweeps over each group alone, all else as in the table found first: a table of it is one of the whole."""
        if self.last is None or len(np.unique(self.group)) < 2:
            return
        for label in np.unique(self.group[self.open]):
            part = np.flatnonzero(self.group == label)
            local = self._around(part, self.open[part])
            if local._optimise(np.zeros(len(part))):
                local._sweep()
            self._learn(part, local)

    def _look_around(self, place: int) -> None:
        """The whole attack on one unknown and some neighbours, all else as in the last table; a few choices of them."""
        if self.last is None or len(self.open) <= NEIGHBOURS:
            return
        for _ in range(CHOICES):
            part = self._choose_neighbours(place)
            local = self._around(part, part == place)
            local.run()
            self._learn(part, local)
            if not self.open[place]:
                return

    def _choose_neighbours(self, place: int) -> np.ndarray:
        """Some unknowns near one: a few from every relation met, so that the part reaches deep and not wide."""
        by_unknown, by_relation = self.unknowns.by_unknown, self.unknowns.matrix
        chosen, met, edge = {place}, set(), [place]
        while edge and len(chosen) < NEIGHBOURS:
            wider = []
            for unknown in edge:
                for relation in by_unknown.indices[
                    by_unknown.indptr[unknown] : by_unknown.indptr[unknown + 1]
                ].tolist():
                    if relation in met:
                        continue
                    met.add(relation)
                    members = by_relation.indices[by_relation.indptr[relation] : by_relation.indptr[relation + 1]]
                    first = int(self.random.integers(len(members)))
                    wider += np.concatenate([members[first:], members[:first]])[:BRANCHES].tolist()
            edge = [unknown for unknown in dict.fromkeys(wider) if unknown not in chosen]
            chosen.update(edge[: NEIGHBOURS - len(chosen)])
        return np.array(sorted(chosen))

    def _around(self, part: np.ndarray, asked: np.ndarray) -> "Attack":
        """An attack on a part, all else as in the last table, that starts from what is already exhibited."""
        unknowns = self.unknowns.cut(part, self.last)
        local = Attack(unknowns, asked, self.required[part], self.width[part], np.zeros(len(part)))
        local.seen = [set(self.seen[place]) for place in part]
        local.lowest, local.highest = self.lowest[part].copy(), self.highest[part].copy()
        return local

    def _learn(self, part: np.ndarray, local: "Attack") -> None:
        """Takes over what an attack on a part exhibited."""
        for place, values in zip(part, local.seen, strict=True):
            self.seen[place] |= values
        self.lowest[part] = np.minimum(self.lowest[part], local.lowest)
        self.highest[part] = np.maximum(self.highest[part], local.highest)
        self._close(part[self.open[part]])

    def _close(self, places: np.ndarray) -> None:
        """Closes those of some places that have proved safe."""
        count = np.array([len(self.seen[place]) for place in places], dtype=np.int64)
        wide = self.highest[places] - self.lowest[places] >= self.width[places] * self.highest[places]
        self.open[places] = (count < self.required[places]) | ~wide

    def _sweep(self) -> None:
        """Random directions over everything open: each corner is a table for all of them at once."""
        idle = 0
        while self.open.any() and idle < 2:
            before = int(self.open.sum())
            direction = np.where(self.open, self.random.choice([-1.0, 1.0], len(self.open)), 0)
            self._optimise(direction)
            self._optimise(-direction)
            idle = idle + 1 if int(self.open.sum()) > 0.95 * before else 0

    def _settle(self, place: int) -> str:
        """The verdict on one unknown: first its interval, then its whole values one by one."""
        ends = []
        for sign in (-1.0, 1.0):
            direction = np.zeros(len(self.open))
            direction[place] = sign
            found = self._optimise(direction)
            if not found:
                return UNPROVED
            ends.append(sign * found[0])
            if not self.open[place]:
                return SAFE
        low, high = int(np.ceil(ends[0] - WHOLE)), int(np.floor(ends[1] + WHOLE))
        if high < low:
            return UNPROVED
        self.bounds[place] = low, high
        if high - low + 1 < self.required[place] or high - low < self.width[place] * high:
            return EXPOSED
        candidates = [value for value in range(low, min(high, low + TRIES) + 1) if value not in self.seen[place]]
        for value in [high, *candidates]:
            if value not in self.seen[place] and self._try_value(place, value) and not self.open[place]:
                return SAFE
        return EXPOSED if high - low <= TRIES else UNPROVED

    def _try_value(self, place: int, value: int) -> bool:
        self.solver.changeColBounds(place, float(value), float(value))
        found = self._optimise(np.zeros(len(self.open)), whole=True)
        self.solver.changeColBounds(place, float(self.unknowns.least[place]), float(self.ceiling[place]))
        return bool(found)

    def _optimise(self, direction: np.ndarray, whole: bool = False) -> tuple[float] | None:
        """Goes as far as it can in a direction and notes the table it ends at; None if there is no table at all."""
        every = np.arange(len(direction), dtype=np.int32)
        self.solver.changeColsCost(len(direction), every, -direction)
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        table = np.array(self.solver.getSolution().col_value)
        reached = float(direction @ table)
        if not self._note(table) and whole:
            kinds = np.full(len(direction), highspy.HighsVarType.kInteger)
            self.solver.changeColsIntegrality(len(direction), every, kinds)
            self.solver.run()
            solution = self.solver.getSolution()
            noted = solution.value_valid and self._note(np.array(solution.col_value))
            self.solver.changeColsIntegrality(
                len(direction), every, np.full(len(kinds), highspy.HighsVarType.kContinuous)
            )
            return (reached,) if noted else None
        return (reached,)

    def _note(self, table: np.ndarray) -> bool:
        """Takes in a table if it is whole and fits, exactly, all that is known; and those between it and the last."""
        whole = np.rint(table)
        if np.abs(table - whole).max(initial=0) > WHOLE:
            return False
        whole = whole.astype(np.int64)
        known = self.unknowns
        sums = known.matrix @ whole
        if (
            (sums < known.low).any()
            or (sums > known.high).any()
            or (whole < known.least).any()
            or (whole > known.most).any()
        ):
            return False
        self.lowest, self.highest = np.minimum(self.lowest, whole), np.maximum(self.highest, whole)
        between = [whole]
        if self.last is not None:
            change = whole - self.last
            steps = gcd(*map(int, change[change != 0])) if change.any() else 0
            between += [self.last + change // steps * step for step in range(1, min(steps, int(self.required.max())))]
        places = np.flatnonzero(self.open)
        for place in places:
            values = self.seen[place]
            for one in between:
                if len(values) < self.required[place]:
                    values.add(int(one[place]))
        self._close(places)
        self.last = whole
        return True
