"""Enough whole values for every sensitive quantity: proves it where it already holds, withholds more where it does not.

Moves are looked for by linear programs; their corners are almost always whole, and only whole ones are believed.
"""

import highspy
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from privacy.complementary import close_implications
from privacy.problem import Problem
from privacy.release import Progress
from privacy.witnesses import UNSEEN, Witnesses

REACH = 1000  # how far a search lets a count rise; enough for any width a policy asks of a count
PARTNERS = 5  # districts a regional search takes in beside the target's own
IDLE_ROUNDS = 2  # random directions are given up after this many that settled less than 5 %
SMALL = 3000  # columns up to which presolving costs more than it saves


def widen(problem: Problem, hidden: np.ndarray, progress: Progress) -> Witnesses:
    """Withholds, in place, units until every sensitive quantity keeps enough whole values; returns the proof.

    Ends always: every step proves a quantity safe, withholds a unit, or moves on to a wider part of the tables, the
    widest being to withhold all of it. Raises RuntimeError if even that leaves a quantity unprotected.
    """
    witnesses = Witnesses(problem)
    universe = _label(problem, ~problem.known)
    explore(problem, hidden, witnesses, progress)
    for radius in (_Block, _Region, _Universe, _Everything):
        lacking = np.flatnonzero(witnesses.lacking())
        if not len(lacking):
            return witnesses
        place = radius(problem, universe, hidden)
        order = np.lexsort((lacking, problem.block[lacking], universe[lacking]))
        for done, target in enumerate(lacking[order]):
            progress("widening", done, len(lacking))
            place.protect(target, hidden, witnesses)
    explore(problem, hidden, witnesses, progress)
    if witnesses.lacking().any():
        raise RuntimeError(
            f"{int(witnesses.lacking().sum())} quantities stay unprotected even with everything withheld"
        )
    return witnesses


def explore(problem: Problem, hidden: np.ndarray, witnesses: Witnesses, progress: Progress) -> None:
    """Looks for moves of withheld quantities that lack values: in each district, then wherever they hang together.

    Random directions, a few per part: every corner they reach is a table that speaks for all quantities in it. What
    they do not settle is asked one by one where it would be mended, too.
    """
    withheld = hidden[problem.unit] & ~problem.known
    part = _label(problem, withheld)
    within = part * (problem.block.max() + 2) + problem.block + 1
    for stage, label in (("exploring districts", within), ("exploring the state", part)):
        lacking = np.flatnonzero(witnesses.lacking() & withheld)
        labels = np.unique(label[lacking])
        members = np.flatnonzero(withheld)
        order = members[np.argsort(label[members], kind="stable")]
        starts, ends = (np.searchsorted(label[order], labels, side=side) for side in ("left", "right"))
        for done, (start, end) in enumerate(zip(starts, ends, strict=True)):
            progress(stage, done, len(labels))
            if end - start > 1:
                _explore_part(problem, np.sort(order[start:end]), witnesses)


def _label(problem: Problem, member: np.ndarray) -> np.ndarray:
    """Which quantities hang together through relations, among the members: a label per quantity, -1 for others."""
    matrix = problem.matrix.tocoo()
    kept = member[matrix.col]
    m, n = matrix.shape
    links = sparse.coo_matrix((np.ones(kept.sum()), (matrix.row[kept], m + matrix.col[kept])), shape=(m + n, m + n))
    _, label = connected_components(links, directed=False)
    return np.where(member, label[m:], -1)


def _explore_part(problem: Problem, columns: np.ndarray, witnesses: Witnesses) -> None:
    lacking = witnesses.lacking(columns)
    model = _moves_model(problem, columns, signed=True)
    if not problem.width[columns[lacking]].any():
        # No further than needed: what moves at all then moves by the same amount, with all steps between.
        near = float(problem.candidates - 1)
        model.col_lower_ = np.maximum(model.col_lower_, -near)
        model.col_upper_ = np.minimum(model.col_upper_, near)
    solver = _solver(model)
    rng = np.random.default_rng(len(columns))
    idle = 0
    while lacking.any() and idle < IDLE_ROUNDS:
        before = lacking.sum()
        direction = np.where(lacking, rng.choice([-1.0, 1.0], len(columns)), 0)
        _push(solver, columns, direction, witnesses)
        _push(solver, columns, -direction, witnesses)
        lacking = witnesses.lacking(columns)
        idle = idle + 1 if lacking.sum() > 0.95 * before else 0


def _push(solver: highspy.Highs, columns: np.ndarray, direction: np.ndarray, witnesses: Witnesses) -> None:
    solver.changeColsCost(len(columns), np.arange(len(columns), dtype=np.int32), -direction)
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
        witnesses.add(columns, np.array(solver.getSolution().col_value))


def _moves_model(problem: Problem, columns: np.ndarray, *, signed: bool) -> highspy.HighsLp:
    """Moves of some quantities, all others staying: one signed column each, or a rise and a fall column each."""
    touched = np.unique(problem.by_quantity[:, columns].indices)
    rows = problem.matrix[touched][:, columns].astype(float)
    now = problem.matrix[touched] @ problem.truth
    room = (problem.truth - problem.floor)[columns].astype(float)
    rise = np.maximum(REACH, problem.truth[columns]).astype(float)
    matrix = (rows if signed else sparse.hstack([rows, -rows])).tocsc()
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_ = np.zeros(matrix.shape[1])
    lp.col_lower_ = -room if signed else np.zeros(matrix.shape[1])
    lp.col_upper_ = rise if signed else np.concatenate([rise, room])
    lp.row_lower_ = (problem.low[touched] - now).astype(float)
    lp.row_upper_ = (problem.high[touched] - now).astype(float)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    return lp


def _solver(model: highspy.HighsLp) -> highspy.Highs:
    """One thread and no clock: the same input gives the same answer."""
    solver = highspy.Highs()
    presolve = "choose" if model.num_col_ > SMALL else "off"
    options = {"output_flag": False, "threads": 1, "random_seed": 1, "mip_max_nodes": 500, "presolve": presolve}
    for option, value in options.items():
        solver.setOptionValue(option, value)
    solver.passModel(model)
    return solver


class _Block:
    """The cheapest move within one district: its boundary stays as it is, so the move is one of the whole state."""

    def __init__(self, problem: Problem, universe: np.ndarray, hidden: np.ndarray):
        self._problem, self._universe = problem, universe
        self._models: tuple = (None, None, None)
        effects = np.bincount(problem.implies[:, 0], problem.cost[problem.implies[:, 1]], len(problem.cost))
        self._cost = problem.cost + effects

    def _members(self, target: int) -> np.ndarray:
        problem = self._problem
        if problem.block[target] < 0:
            return np.array([target])  # a state-wide quantity has no district: a wider search does it
        return np.flatnonzero((self._universe == self._universe[target]) & (problem.block == problem.block[target]))

    def _model(self, target: int) -> tuple[np.ndarray, highspy.Highs]:
        """The columns around a target and their solver, kept while targets come from the same place."""
        columns = self._models[1]
        if columns is None or self._models[0] != self._place(target):
            columns = self._members(target)
            self._models = (self._place(target), columns, _solver(_moves_model(self._problem, columns, signed=False)))
        return self._models[1:]

    def _place(self, target: int) -> tuple:
        return self._universe[target], self._problem.block[target]

    def protect(self, target: int, hidden: np.ndarray, witnesses: Witnesses) -> None:
        """Withholds, in place, what the cheapest moves of the target need, until it lacks nothing or none is found."""
        for nearest in [False, True] * self._problem.candidates:
            if not witnesses.lacking(target):
                return
            columns, solver = self._model(target)
            units = self._problem.unit[columns]
            # A little for withheld ones too, so that moves stay short.
            cost = np.where(hidden[units], 0.001, self._cost[units])
            best = min(
                (
                    move
                    for change in _wanted_changes(self._problem, witnesses, target, nearest)
                    if (move := _cheapest_move(solver, columns, cost, target, change)) is not None
                ),
                key=lambda move: move[0],
                default=None,
            )
            if best is not None:
                hidden[units[np.abs(best[1]) > 1e-7]] = True
                close_implications(self._problem, hidden)
                witnesses.add(columns, best[1])
            elif nearest:
                return


class _Region(_Block):
    """The same over the district, the state and the few districts it is cheapest to exchange with."""

    def __init__(self, problem: Problem, universe: np.ndarray, hidden: np.ndarray):
        super().__init__(problem, universe, hidden)
        self._hidden = hidden

    def _members(self, target: int) -> np.ndarray:
        problem = self._problem
        inside = self._universe == self._universe[target]
        siblings = problem.matrix[problem.by_quantity[:, [target]].indices].indices
        siblings = siblings[~problem.known[siblings] & (problem.block[siblings] >= 0)]
        units = problem.unit[siblings]
        price = np.where(self._hidden[units], 0, self._cost[units])
        size = np.bincount(problem.block[inside & (problem.block >= 0)], minlength=problem.block.max() + 1)
        ranked = siblings[np.lexsort((siblings, size[problem.block[siblings]], price))]
        partners = list(dict.fromkeys(problem.block[ranked].tolist()))[:PARTNERS]
        return np.flatnonzero(inside & np.isin(problem.block, [-1, problem.block[target], *partners]))

    def _place(self, target: int) -> tuple:
        return (target,)


class _Universe(_Block):
    """The same over all tables, organisations and groups that hang together."""

    def _members(self, target: int) -> np.ndarray:
        return np.flatnonzero(self._universe == self._universe[target])

    def _place(self, target: int) -> tuple:
        return (self._universe[target],)


class _Everything(_Universe):
    """The last resort: withhold all of it. One more student like one already there then fits everywhere."""

    def protect(self, target: int, hidden: np.ndarray, witnesses: Witnesses) -> None:
        if witnesses.lacking(target):
            hidden[self._problem.unit[self._members(target)]] = True
            super().protect(target, hidden, witnesses)


def _wanted_changes(problem: Problem, witnesses: Witnesses, target: int, nearest: bool) -> list[int]:
    """A rise and a possible fall of the target: the nearest new ones, or such as may give all it lacks at once."""
    seen = {int(change) for change in witnesses.changes[target] if change != UNSEEN}
    rise = next(step for step in range(1, len(seen) + 1) if step not in seen)
    fall = next(step for step in range(1, len(seen) + 1) if -step not in seen)
    if not nearest:
        further = max(problem.candidates - len(seen), 1) - 1
        low, high = int(witnesses.lowest[target]), int(witnesses.highest[target])
        part, truth = problem.width[target], int(problem.truth[target])
        rise = max(rise + further, int(np.ceil((part * truth + low) / (1 - part))) if part else 0)
        fall = max(fall + further, int(np.ceil(part * (truth + high) - high)) if part else 0)
    return [rise] + ([-fall] if fall <= problem.truth[target] - problem.floor[target] else [])


def _cheapest_move(
    solver: highspy.Highs, columns: np.ndarray, cost: np.ndarray, target: int, change: int
) -> tuple[float, np.ndarray] | None:
    """The cost per step and the move, whole if possible, that changes the target by `change`; None if there is none."""
    k = len(columns)
    place = int(np.searchsorted(columns, target)) + (0 if change > 0 else k)
    opposite = (place + k) % (2 * k)
    _, _, _, upper, _ = solver.getCol(place)
    _, _, _, upper_opposite, _ = solver.getCol(opposite)
    size = float(abs(change))
    if size > upper:
        return None
    solver.changeColsCost(2 * k, np.arange(2 * k, dtype=np.int32), np.concatenate([cost, cost]))
    solver.changeColBounds(place, size, size)
    solver.changeColBounds(opposite, 0.0, 0.0)
    try:
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        values = np.array(solver.getSolution().col_value)
        if np.abs(values - np.rint(values)).max() > 1e-6:
            values = _solve_whole(solver, k, values)
        move = values[:k] - values[k:]
        return float(cost @ np.abs(move)) / size, move
    finally:
        solver.changeColBounds(place, 0.0, upper)
        solver.changeColBounds(opposite, 0.0, upper_opposite)


def _solve_whole(solver: highspy.Highs, k: int, relaxed: np.ndarray) -> np.ndarray:
    """The move over whole numbers, or the relaxed one if the search ends without."""
    every = np.arange(2 * k, dtype=np.int32)
    solver.changeColsIntegrality(2 * k, every, np.full(2 * k, highspy.HighsVarType.kInteger))
    solver.run()
    solution = solver.getSolution()
    found = np.array(solution.col_value) if solution.value_valid else relaxed
    solver.changeColsIntegrality(2 * k, every, np.full(2 * k, highspy.HighsVarType.kContinuous))
    return found
