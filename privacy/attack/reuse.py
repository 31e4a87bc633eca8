"""What an earlier attack found and still holds: only the rest needs to be attacked anew.

Earlier certificates are proposals, no more: every move is held against what is published now, in whole numbers, and the
base table is mended where it does not fit any more.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from privacy.attack.exhibits import UNLIMITED, UNSEEN, Exhibits, Unknowns
from privacy.attack.programs import find_table
from privacy.attack.verdicts import SAFE, Verdicts
from privacy.certificates import Certificates

TOGETHER = 3000  # unknowns looked at in one program


@dataclass
class Reused:
    """Per unknown: base (a table, where fits), count of values shown, lowest, highest, open (lacks values; asked for).

    steps: the moves that hold, one row each; each goes from first to last. required, width: as asked.
    """

    required: np.ndarray
    width: np.ndarray
    base: np.ndarray
    fits: np.ndarray
    changes: np.ndarray
    count: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    open: np.ndarray
    steps: csr_matrix
    first: np.ndarray
    last: np.ndarray

    def split(self, parts: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        """The unknowns of all parts that need no attack, rising, and the parts that do."""
        open_ = [bool(self.open[part].any()) for part in parts]
        holds = [part for part, one in zip(parts, open_, strict=True) if not one]
        rest = [part for part, one in zip(parts, open_, strict=True) if one]
        return np.sort(np.concatenate([np.array([], dtype=np.int64), *holds])), rest

    def confirm(self, unknowns: Unknowns, part: np.ndarray) -> Verdicts:
        """The verdict on unknowns that need no attack."""
        found = self.start(unknowns, part)
        verdict = np.where(self.required[part] > 0, SAFE, "").astype(object)
        return Verdicts(verdict, found.count, found.lowest, found.highest, exhibits=found)

    def join_groups(self, part: np.ndarray, group: np.ndarray) -> np.ndarray:
        """The groups of some unknowns, with those in which anything lacks as one, if they are not too many.

        A correction reaches from a school to the state: what it changed has to move together.
        """
        lacking = np.unique(group[self.open[part]])
        joined = np.isin(group, lacking)
        return np.where(joined, lacking[0], group) if 0 < joined.sum() <= TOGETHER else group

    def start(self, unknowns: Unknowns, part: np.ndarray) -> Exhibits:
        """Where an attack on some unknowns starts: the base, and all that holds for them."""
        found = Exhibits(unknowns, self.base[part], self.required[part], self.width[part])
        home = self.steps.indices[self.steps.indptr[:-1]]
        mine = np.flatnonzero(np.isin(home, part))
        steps = self.steps[mine][:, part]
        found.changes[:, : self.changes.shape[1]] = self.changes[part][:, : found.changes.shape[1]]
        found.count, found.open = self.count[part].copy(), self.open[part].copy()
        found.lowest, found.highest = self.lowest[part].copy(), self.highest[part].copy()
        for row, first, last in zip(range(len(mine)), self.first[mine], self.last[mine], strict=True):
            span = slice(steps.indptr[row], steps.indptr[row + 1])
            found.moves.append((steps.indices[span], steps.data[span], int(first), int(last)))
        return found


def reuse(
    unknowns: Unknowns,
    quantity: np.ndarray,
    earlier: Certificates,
    required: np.ndarray,
    width: np.ndarray,
    group: np.ndarray,
) -> Reused:
    """What earlier certificates prove of unknowns now (`quantity`: their numbers, rising).

    Unknowns that hang together and for which no base is found fit nowhere, and nothing is proved of them.
    """
    fixed = mark_fixed(quantity, earlier)
    # Moves reach beyond what is at hand, so all of it hangs together.
    part = _label(unknowns) if earlier.fixed is None else np.zeros(len(quantity), dtype=np.int64)
    base, sure = _propose(quantity, earlier.base, unknowns)
    if earlier.guess is not None and not sure.all():
        guess, possible = _propose(quantity, pl.concat([earlier.base, earlier.guess]), unknowns)
        if possible.all() and not _find_broken(unknowns, guess).any():
            base, sure = guess, possible
    room = np.maximum(required, required.max(initial=1)) - 1.0
    base, fits = mend_base(unknowns, base, sure, group, part, room, ~fixed)
    steps, move = _read_moves(quantity, earlier, fits, part)
    backward, forward = limit_moves(unknowns, base, steps)
    if earlier.fixed is not None:
        spans = earlier.spans.sort("move")
        place = np.searchsorted(spans["move"].to_numpy(), move)
        backward = np.minimum(backward, -spans["first"].to_numpy()[place])
        forward = np.minimum(forward, spans["last"].to_numpy()[place])
    able = np.flatnonzero((backward > 0) | (forward > 0))
    steps, first, last = steps[able], -backward[able], forward[able]
    changes, count = list_changes(steps, first, last, required)
    lowest, highest = _find_extremes(base, steps, first, last)
    narrow = highest - lowest < width * highest
    return Reused(
        required,
        width,
        base,
        fits,
        changes,
        count,
        lowest,
        highest,
        (count < required) | narrow | ~fits,
        steps,
        first,
        last,
    )


def mark_fixed(quantity: np.ndarray, earlier: Certificates) -> np.ndarray:
    """Boolean per unknown: its base stays as it was, and only earlier moves may change it."""
    return np.isin(quantity, [] if earlier.fixed is None else earlier.fixed)


def _label(unknowns: Unknowns) -> np.ndarray:
    """Which unknowns hang together through relations."""
    entries, (m, n) = coo_matrix(unknowns.matrix), unknowns.matrix.shape
    links = coo_matrix((np.ones(entries.nnz), (entries.row, m + entries.col)), shape=(m + n, m + n))
    return connected_components(links, directed=False)[1][m:]


def _propose(quantity: np.ndarray, earlier: pl.DataFrame, unknowns: Unknowns) -> tuple[np.ndarray, np.ndarray]:
    """An earlier base, and where it says anything that is still possible."""
    base, sure = np.zeros(len(quantity), dtype=np.int64), np.zeros(len(quantity), dtype=bool)
    named = earlier.filter(pl.col("quantity").is_in(pl.Series(quantity).implode()))
    place = np.searchsorted(quantity, named["quantity"].to_numpy())
    base[place], sure[place] = named["value"].to_numpy(), True
    return base, sure & (base >= unknowns.least) & (base <= unknowns.most)


def mend_base(
    unknowns: Unknowns,
    base: np.ndarray,
    sure: np.ndarray,
    group: np.ndarray,
    part: np.ndarray,
    room: np.ndarray,
    movable: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """A table near `base` that agrees with all that is known, and boolean: the part of the unknown has one.

    First only what is unsure changes, so that most earlier moves keep their room; then the groups in which something
    is unsure or does not add up; then the whole parts. What is not movable stays.
    """
    base, loose, matrix = base.copy(), ~sure, unknowns.matrix
    for label in (None, group, part):
        broken = _find_broken(unknowns, base)
        if not broken.any() and not loose.any():
            break
        free = np.flatnonzero(loose & movable)
        if label is not None:
            touched = loose | (abs(matrix[broken]).sum(axis=0).A1 > 0)
            free = np.flatnonzero(np.isin(label, label[touched]) & movable)
        if not len(free):
            continue
        fixed = base.copy()
        fixed[free] = 0
        sums, columns = matrix @ fixed, matrix[:, free]
        rows = np.flatnonzero(np.diff(columns.indptr))
        local = Unknowns(
            columns[rows],
            (unknowns.low - sums)[rows],
            (unknowns.high - sums)[rows],
            unknowns.least[free],
            unknowns.most[free],
        )
        table, _ = find_table(local, room[free])
        if table is not None:
            base[free] = table
            loose = loose & ~movable
    bad = abs(matrix[_find_broken(unknowns, base)]).sum(axis=0).A1 > 0
    return base, ~np.isin(part, part[bad | loose])


def _find_broken(unknowns: Unknowns, base: np.ndarray) -> np.ndarray:
    sums = unknowns.matrix @ base
    return (sums < unknowns.low) | (sums > unknowns.high)


def _read_moves(
    quantity: np.ndarray, earlier: Certificates, fits: np.ndarray, part: np.ndarray
) -> tuple[csr_matrix, np.ndarray]:
    """The earlier moves of which all quantities are still unknown, within one part that has a base; their numbers."""
    terms = earlier.moves.filter(pl.col("step") != 0)
    move, at = np.unique(terms["move"].to_numpy(), return_inverse=True)
    number, step = terms["quantity"].to_numpy(), terms["step"].to_numpy()
    place = np.minimum(np.searchsorted(quantity, number), max(len(quantity) - 1, 0))
    bad = np.zeros(len(move), dtype=bool)
    if not len(quantity):
        return csr_matrix((0, 0), dtype=np.int64), move[:0]
    bad[at[(quantity[place] != number) | ~fits[place]]] = True
    home = np.zeros(len(move), dtype=np.int64)
    home[at] = part[place]
    bad[at[part[place] != home[at]]] = True
    steps = csr_matrix((step, (at, place)), shape=(len(move), len(quantity)))
    return steps[np.flatnonzero(~bad)], move[~bad]


def limit_moves(unknowns: Unknowns, base: np.ndarray, steps: csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """How many whole steps every move can go back and forth from a table before something meets its bound."""
    terms, net = coo_matrix(steps), coo_matrix(steps @ unknowns.matrix.T)
    sums = unknowns.matrix @ base
    limits = []
    for sign in (-1, 1):
        limit = np.full(steps.shape[0], UNLIMITED)
        for part, value, low, high in (
            (terms, base, unknowns.least, unknowns.most),
            (net, sums, unknowns.low, unknowns.high),
        ):
            moving = np.flatnonzero(part.data)
            row, column, step = part.row[moving], part.col[moving], sign * part.data[moving]
            room = np.where(step > 0, high[column] - value[column], value[column] - low[column])
            times = np.minimum(room, UNLIMITED).astype(np.int64) // np.abs(step)
            np.minimum.at(limit, row, times)
        limits.append(limit)
    return limits[0], limits[1]


def list_changes(
    steps: csr_matrix, first: np.ndarray, last: np.ndarray, required: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Per unknown different changes that moves show, 0 among them, up to the most required; and how many."""
    most, n = max(int(required.max(initial=1)), 1), steps.shape[1]
    terms = coo_matrix(steps)
    found = pl.DataFrame(
        {"place": terms.col.astype(np.int64), "step": terms.data, "first": first[terms.row], "last": last[terms.row]}
    ).unique()
    times = pl.int_ranges(pl.col("first").clip(-most), pl.col("last").clip(upper_bound=most) + 1)
    found = found.with_columns(change=times * pl.col("step")).explode("change").filter(pl.col("change") != 0)
    found = found.select("place", "change").unique().sort("place", pl.col("change").abs(), "change")
    at = found.select(pl.int_range(pl.len()).over("place")).to_series().to_numpy() + 1
    place, change = found["place"].to_numpy(), found["change"].to_numpy()
    kept = at < np.maximum(required, 1)[place]
    changes, count = np.full((n, most), UNSEEN), np.ones(n, dtype=np.int64)
    changes[:, 0] = 0
    changes[place[kept], at[kept]] = change[kept]
    np.add.at(count, place[kept], 1)
    return changes, count


def _find_extremes(
    base: np.ndarray, steps: csr_matrix, first: np.ndarray, last: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    terms, lowest, highest = coo_matrix(steps), base.copy(), base.copy()
    for end in (first, last):
        value = base[terms.col] + terms.data * end[terms.row]
        np.minimum.at(lowest, terms.col, value)
        np.maximum.at(highest, terms.col, value)
    return lowest, highest
