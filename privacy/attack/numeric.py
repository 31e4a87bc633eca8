"""What a reader can work out: the numeric attack behind the audit. It shares no code with the engine, on purpose.

A quantity is safe when enough different whole values have each been exhibited in a whole-number table that agrees with
everything published. It is exposed when no more exist. Linear programs find the tables, first close to home; where
their corners are not whole numbers, a whole-number search decides.
"""

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from privacy.attack.exhibits import WHOLE, Exhibits, Unknowns
from privacy.attack.programs import Moves, ShortMoves, WholeMoves, find_ceiling, find_table
from privacy.attack.verdicts import EXPOSED, SAFE, UNPROVED, Leak, Verdicts

CHUNK = 800  # unknowns in one program: many more make it slow, fewer leave too little room and cost as much to set up
TRIES = 60  # values tried one by one before giving up on a quantity
GAIN = 0.1  # random directions are given up when one finds less than this part of the values still lacking
FEW = 50  # of so many unknowns one is open, as after a correction: each may be asked for over everything first,
LARGE = 10_000  # but not over more than so many: that takes seconds
MANY, DENSE = 200, 0.25  # unknowns, and part of all, that are settled together where so many are left
WIDER = (2 * CHUNK, 3 * CHUNK, 4 * CHUNK)  # unknowns in one program over whole numbers
FEW_GROUPS, SMALL_GAIN = 8, 0.05  # the search is given up when so many groups find less than this part of what lacks
FURTHER = 8  # times the way that is needed: with more of it whole numbers are found sooner


class Attack:
    """One attack on unknowns that hang together: `required` values (0: not asked) and `width` are to be exhibited.

    `group`: where to look first: a change that stays within a group is found in a small program. It changes no verdict.
    `start`: a table to start from and what is known to hold from there, if something is.
    """

    def __init__(
        self,
        unknowns: Unknowns,
        required: np.ndarray,
        width: np.ndarray,
        group: np.ndarray,
        settle: bool = True,
        start: Callable[[], Exhibits] | None = None,
    ):
        self.unknowns, self.required, self.width, self.settle = unknowns, required, width, settle
        self.start = start
        self.labels, self.group = np.unique(group, return_inverse=True)
        self.random = np.random.default_rng(0)
        self.bounds: dict[int, tuple[int, int]] = {}
        self.leaks: list[Leak] = []
        self.ceiling = find_ceiling(unknowns)
        self._all: Moves | None = None

    def run(self) -> Verdicts:
        """The verdict on every unknown asked about."""
        n, asked = len(self.required), self.required > 0
        if self.start:
            self.found = self.start()
            self._ask_at_large()
        else:
            room = np.maximum(self.required, self.required.max(initial=1)) - 1.0
            base, contradiction = find_table(self.unknowns, room)
            if base is None:
                nothing = np.zeros(n, int)
                return Verdicts(np.where(asked, UNPROVED, ""), nothing, nothing, nothing, contradiction)
            self.found = Exhibits(self.unknowns, base, self.required, self.width)
        self._search_groups()
        verdict = np.where(asked, SAFE, "").astype(object)
        for place in np.flatnonzero(self.found.open):
            if self.found.open[place]:
                verdict[place] = self._settle(place) if self.settle else UNPROVED
        lowest, highest = self.found.lowest.copy(), self.found.highest.copy()
        for place in np.flatnonzero(verdict == EXPOSED):
            lowest[place], highest[place] = self.bounds[place]
        return Verdicts(verdict, self.found.count, lowest, highest, False, self.found, self.leaks)

    def _ask_at_large(self) -> None:
        """Few open unknowns, one by one over everything: as far as it can go, then step by step; until one stays open.

        What a correction leaves open hangs together, and on more than the groups it lies in: one mostly shows all.
        """
        open_, found = np.flatnonzero(self.found.open), self.found
        if not FEW * len(open_) < len(self.group) <= LARGE:
            return
        for place in open_:
            ends, _ = self._go_furthest(place)
            steps = range(1, self.required[place]) if len(ends) == 2 else ()
            for change in (sign * step for step in steps for sign in (1, -1)):
                if found.open[place] and ends[0] <= found.base[place] + change <= ends[1]:
                    self._ask(place, change)
            if found.open[place]:
                return

    def _search_groups(self) -> None:
        """Sweeps over some groups at a time, then over more of them with those most tied to them, then over everything.

        Only the groups that still lack something are gone over again.
        """
        if not self.found.open.any():
            return
        every = np.arange(len(self.group))
        order = np.argsort(self.group, kind="stable")
        members = np.split(order, np.flatnonzero(np.diff(self.group[order])) + 1)
        ties = self._tie_groups() if len(every) > CHUNK else []
        size, partners = CHUNK, 0
        while ties and size < len(every):
            lacking = [label for label, own in enumerate(members) if self.found.open[own].any()]
            if partners:
                self.random.shuffle(lacking)
            for chunk in _chunk(lacking, members, size):
                tied = [other for label in chunk for other in ties[label][:partners]]
                near = np.concatenate([members[label] for label in dict.fromkeys([*chunk, *tied])])
                self._sweep(np.sort(near), np.concatenate([members[label] for label in chunk]))
            size, partners = 2 * size, 1
        many = max(MANY, DENSE * len(every))
        for size in WIDER if ties else ():
            open_ = self.found.open.sum()
            if open_ <= many or (size > WIDER[0] and size >= len(every)):
                break
            self._sweep_whole(members, ties, size)
            if self.found.open.sum() > (1 - GAIN) * open_:
                break
            many = MANY / 4  # where it pays it is gone on with
        for size in (CHUNK, 4 * CHUNK) if ties else ():
            for label, own in enumerate(members):
                if self.found.open[own].any():
                    near = _chunk([label, *ties[label]], members, size)[0]
                    near = np.sort(np.concatenate([members[one] for one in near]))
                    self._search_singly(near, own[self.found.open[own]])
        if not ties:
            self._sweep(every, every)

    def _tie_groups(self) -> list[list[int]]:
        """Per group the others, those first with which it shares most relations for their size."""
        entries = coo_matrix(self.unknowns.matrix)
        shape = (len(self.labels), entries.shape[0])
        meets = csr_matrix((np.ones(entries.nnz), (self.group[entries.col], entries.row)), shape=shape)
        meets.data[:] = 1
        shared = (meets @ meets.T).tocsr()
        size = np.bincount(self.group)
        ranked = []
        for label in range(len(self.labels)):
            span = slice(shared.indptr[label], shared.indptr[label + 1])
            others, weight = shared.indices[span], shared.data[span]
            worth = weight / np.sqrt(size[others])
            ranked.append([int(one) for one in others[np.argsort(-worth, kind="stable")] if one != label])
        return ranked

    def _sweep(self, places: np.ndarray, wanted: np.ndarray) -> None:
        """Random directions over everything open in some places, as long as what is wanted gains by it.

        Long steps first: what they change alike takes all values between. Shorter ones find a way where room differs.
        """
        found = self.found
        if not found.open[wanted].any():
            return
        reach = self._reach(places[found.open[places]])
        moves = Moves(found, places, self.ceiling, reach)
        while True:
            left = found.lacking(wanted)
            before = np.inf
            while left and left < (1 - GAIN) * before:
                before = left
                direction = np.where(found.open[places], self.random.choice([-1.0, 1.0], len(places)), 0)
                moves.push(direction)
                moves.push(-direction)
                left = found.lacking(wanted)
            if reach == 1 or not left:
                return
            reach = np.ceil(reach / 2)
            moves.shorten(reach)

    def _sweep_whole(self, members: list[np.ndarray], ties: list[list[int]], size: int) -> None:
        """Whole numbers in random directions: a group that lacks something, what it is tied to most, others at random.

        Together they are far fewer than everything, which has more ways and takes longer by far. Again while it gains.
        """
        found, every, before, tried = self.found, np.arange(len(self.group)), np.inf, 0
        while lacking := [label for label, own in enumerate(members) if found.open[own].any()]:
            for label in self.random.permutation(lacking):
                if not found.open[members[label]].any():
                    continue
                if tried % FEW_GROUPS == 0:
                    left = found.lacking(every)
                    if left > (1 - SMALL_GAIN) * before:
                        return
                    before = left
                tried += 1
                near = dict.fromkeys([label, *ties[label][:1], *self.random.permutation(len(members))])
                places = np.concatenate([members[one] for one in _chunk(list(near), members, size)[0]])
                places.sort()
                open_ = found.open[places]
                moves = WholeMoves(found, places, self.ceiling, FURTHER * self._reach(places[open_]))
                direction = np.where(open_, self.random.choice([-1.0, 1.0], len(places)), 0)
                moves.push(direction)
                moves.push(-direction)

    def _search_singly(self, places: np.ndarray, wanted: np.ndarray) -> None:
        """The shortest moves of each wanted unknown up and down, within some places: short ones are mostly whole."""
        found = self.found
        short = ShortMoves(found, places, self.ceiling, self._reach(wanted))
        for one in wanted:
            far = int(self._reach(np.array([one])))
            shut = set()  # ways that do not even lead one further, so not further than that either
            for change in dict.fromkeys((far, -far, 1, -1, 2, -2)):
                if not found.open[one] or np.sign(change) in shut:
                    continue
                if not short.push(one, change) and abs(change) == 1:
                    shut.add(np.sign(change))

    def _reach(self, open_: np.ndarray) -> float:
        """How far a move needs to go: not far, so that what it changes it changes alike and many steps lie between."""
        width, base = self.width[open_], self.found.base[open_]
        reach = np.maximum(self.required[open_] - 1, np.where(width > 0, np.ceil((width * base + 1) / (1 - width)), 0))
        return float(reach.max(initial=1))

    def _everything(self) -> Moves:
        """The program over all unknowns, made once."""
        if self._all is None:
            self._all = Moves(self.found, np.arange(len(self.group)), self.ceiling)
        return self._all

    def _go_furthest(self, place: int) -> tuple[list[float], list[np.ndarray]]:
        """Down and up as far as one unknown can go while it is open: where that ends, and the multipliers that show it.

        Fewer than two ends where it is closed on the way, or a program has no answer.
        """
        ends, duals = [], []
        for sign in (-1.0, 1.0):
            direction = np.zeros(len(self.group))
            direction[place] = sign
            reached = self._everything().push(direction) if self.found.open[place] else None
            if reached is None:
                break
            ends.append(self.found.base[place] + sign * reached)
            duals.append(-self._everything().multipliers())
        return ends, duals

    def _ask(self, place: int, change: int, whole: bool = False) -> None:
        """Asks everything else to let one unknown change by so much, and takes in what that proves."""
        moves = self._everything()
        moves.fix(place, change)
        moves.push(np.zeros(len(self.group)), whole)
        moves.fix(place, None)

    def _settle(self, place: int) -> str:
        """The verdict on one unknown: first its interval, then its whole values one by one."""
        found, base = self.found, int(self.found.base[place])
        ends, duals = self._go_furthest(place)
        if not found.open[place]:
            return SAFE
        if len(ends) < 2:
            return UNPROVED
        low, high = int(np.ceil(ends[0] - WHOLE)), int(np.floor(ends[1] + WHOLE))
        if high < low:
            return UNPROVED
        self.bounds[place] = low, high
        if high - low + 1 < self.required[place] or high - low < self.width[place] * high:
            self.leaks.append(Leak(place, self._everything().relations, *duals))
            return EXPOSED
        seen = set((found.changes[place, : found.count[place]] + base).tolist())
        for value in [high, *range(low, min(high, low + TRIES) + 1)]:
            if value in seen:
                continue
            self._ask(place, value - base, whole=True)
            if not found.open[place]:
                return SAFE
        return EXPOSED if high - low <= TRIES else UNPROVED


def _chunk(labels: list[int], members: list[np.ndarray], size: int) -> list[list[int]]:
    """Groups, in the order given, put together up to a number of unknowns."""
    chunks, filled = [], size
    for label in labels:
        if filled + len(members[label]) > size:
            chunks.append([])
            filled = 0
        chunks[-1].append(label)
        filled += len(members[label])
    return chunks
