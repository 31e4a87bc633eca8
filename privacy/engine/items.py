"""A door for any system of numbers and published items: which items may be published.

For tables that are not cells by organisation and group: somebody else's statistics, with the sums that tie them.
"""

import hashlib

import numpy as np
import polars as pl
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from privacy.engine.intervals import choose_safely, widen
from privacy.engine.problem import UNBOUNDED, Problem

MOST_FREE = 22  # items up to which all sets are gone through


def choose_items(
    numbers: pl.DataFrame,
    relations: pl.DataFrame,
    terms: pl.DataFrame,
    items: pl.DataFrame,
    *,
    candidates: int,
    secret: bytes = b"",
) -> pl.DataFrame:
    """The items, each with `published`: a set near the cheapest to withhold that keeps what is protected open.

    numbers: number (a name), value (exact), low, high (what a reader thinks possible of it unless it is published; null
    = no bound), protected (keeps at least `candidates` whole values).
    relations: relation, low, high (null = no bound); terms: relation, number, coefficient. All whole numbers.
    items: item, cost, frozen (published before, and never withheld again), number, and for a rounded ratio denominator,
    least, most, parts (else null): least x denominator <= parts x number <= most x denominator.
    A number that no item shows is never published. Items of one number are withheld together. `secret` breaks ties.
    Raises ValueError where the values contradict a relation or an item, RuntimeError where nothing protects a number.
    """
    numbers = numbers.sort("number").with_row_index("quantity")
    items = items.sort("item")
    problem, unit = _pose(numbers, relations.sort("relation"), terms, items, candidates, secret)
    sums = problem.matrix @ problem.truth
    if ((sums < problem.low) | (sums > problem.high)).any():
        raise ValueError("the numbers contradict a relation or an item")
    choice = choose_safely(problem, _say_nothing)
    if len(choice.unprotected):
        raise RuntimeError(f"{len(choice.unprotected)} numbers stay unprotected even with everything withheld")
    hidden = choice.hidden
    hidden = _search_all(problem, hidden)
    return items.with_columns(published=pl.col("frozen") | ~pl.Series(hidden[unit]))


def _pose(
    numbers: pl.DataFrame,
    relations: pl.DataFrame,
    terms: pl.DataFrame,
    items: pl.DataFrame,
    candidates: int,
    secret: bytes,
) -> tuple[Problem, np.ndarray]:
    """The engine's problem, and the unit of every item: that of its number, or for a ratio one of its own."""
    place = {name: i for i, name in enumerate(numbers["number"])}
    n, ratios = numbers.height, items.filter(pl.col("denominator").is_not_null())
    counts = items.filter(pl.col("denominator").is_null())
    row = {relation: i for i, relation in enumerate(relations["relation"])}
    entries = [(row[r], place[name], c) for r, name, c in terms.select("relation", "number", "coefficient").iter_rows()]
    low, high = relations["low"].fill_null(-UNBOUNDED).to_list(), relations["high"].fill_null(UNBOUNDED).to_list()
    lifted_by = [-1] * relations.height
    for i, item in enumerate(ratios.iter_rows(named=True)):
        for bound, ends in (("least", (0, UNBOUNDED)), ("most", (-UNBOUNDED, 0))):
            shared = int(np.gcd(item["parts"], item[bound]))
            entries.append((len(low), place[item["number"]], item["parts"] // shared))
            entries.append((len(low), place[item["denominator"]], -item[bound] // shared))
            low.append(ends[0])
            high.append(ends[1])
            lifted_by.append(-1 if item["frozen"] else n + i)
    rows, columns, data = zip(*entries, strict=True) if entries else ((), (), ())
    own = {item: n + i for i, item in enumerate(ratios["item"])}
    names = items.select("item", "number").iter_rows()
    unit = np.array([own.get(item, place[number]) for item, number in names], dtype=np.int64)
    cost = np.zeros(n + ratios.height)
    for target, item in zip(unit, items.iter_rows(named=True), strict=True):
        digest = hashlib.blake2b(str(item["item"]).encode(), key=secret[:64], digest_size=4).digest()
        cost[target] += item["cost"] * (1 + 0.001 * int.from_bytes(digest, "big") / 2**32)
    known = numbers["number"].is_in(counts.filter(pl.col("frozen"))["number"].implode()).to_numpy()
    problem = Problem(
        sparse.csr_matrix((data, (rows, columns)), shape=(len(low), n), dtype=np.int64),
        np.array(low, dtype=np.int64),
        np.array(high, dtype=np.int64),
        np.array(lifted_by, dtype=np.int64),
        numbers["value"].to_numpy(),
        numbers["low"].fill_null(-UNBOUNDED).to_numpy(),
        numbers["high"].fill_null(UNBOUNDED).to_numpy(),
        known,
        np.arange(n),
        np.zeros(n, dtype=np.int64),
        numbers["protected"].to_numpy(),
        np.zeros(n),
        cost,
        np.zeros((0, 2), dtype=np.int64),
        candidates,
    )
    return problem, unit


def _search_all(problem: Problem, hidden: np.ndarray) -> np.ndarray:
    """The cheapest units that can be proved to protect, of a small system: all cheaper sets, from the cheapest on.

    A large system keeps what it has. Sets that leave a sum with one withheld term alone are passed over.
    """
    _, part = connected_components(abs(problem.matrix.T) @ abs(problem.matrix), directed=False)
    near = np.isin(part[problem.unit], part[problem.sensitive])
    forced = np.zeros(len(hidden), dtype=bool)
    forced[problem.unit[problem.sensitive]] = True
    forced[problem.cost == 0] = True
    free = np.unique(problem.unit[near & ~problem.known])
    free = np.concatenate([free, problem.lifted_by[problem.lifted_by >= 0]])
    free = np.unique(free[~forced[free]])
    if len(free) > MOST_FREE:
        return hidden
    cost = np.zeros(1)
    for unit in free:
        cost = np.concatenate([cost, cost + problem.cost[unit]])
    sets = np.flatnonzero(cost < problem.cost[hidden & ~forced].sum() - 1e-9)
    bit = np.zeros(len(hidden), dtype=np.int64)
    bit[free] = 1 << np.arange(len(free))
    for relation in np.flatnonzero(problem.low == problem.high):
        columns = problem.matrix.indices[problem.matrix.indptr[relation] : problem.matrix.indptr[relation + 1]]
        units = problem.unit[columns[~problem.known[columns]]]
        some = int(bit[units].sum())
        always, chosen = int(forced[units].sum()), sets & some
        one = (chosen > 0) & (chosen & (chosen - 1) == 0)
        # Nobody minds if a number that is not protected follows from others.
        alone = always == 1 and problem.sensitive[columns].any()
        sets = sets[~(alone & (chosen == 0)) & ~((always == 0) & one)]
    for chosen in sets[np.argsort(cost[sets], kind="stable")]:
        trial = forced.copy()
        trial[free[(int(chosen) >> np.arange(len(free))) & 1 == 1]] = True
        widened = trial.copy()
        if not len(widen(problem, widened, _say_nothing).list_unprotected()) and (widened == trial).all():
            return trial
    return hidden


def _say_nothing(stage: str, done: int, total: int) -> None:
    pass
