"""The states a set of tables was in, the newest first; an older one is built only where it differs from the newest.

Most of a state is what it was before a correction. Its sums are the same but for what their parts exceed a whole by.
So the newest state is built from its cells, and of an older one with the same rows only what differs is looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from privacy.distributions import list_distributions
from privacy.ledger.chain import TABLE, Release
from privacy.policy import Policy
from privacy.structure import CELL_COLUMNS, KEY, Structure, build_structure, check_cells, check_rows, rebuild_structure

SHAPE = [*KEY, "org_level", "parent_org_id"]  # what the sums of a table follow from, but for its numbers


@dataclass(frozen=True, eq=False)
class State:
    """The tables as they were at one time. Internal.

    - `cells`: checked cells. `said`: the releases that left them so (of the one at hand: earlier ones that did).
    - `structure`, `truth`: as build_structure gives them. `together`: KEY, distribution of rows of one distribution.
    - `news`: boolean per row of `cells`, `differs` per row of `structure.quantities`: false where every number of the
      row is that of the newest state, which has the same rows, quantities and terms. None: nothing of that is known.
    """

    cells: pl.DataFrame = field(repr=False)
    said: list[Release] = field(repr=False)
    structure: Structure = field(repr=False)
    truth: np.ndarray = field(repr=False)
    together: pl.DataFrame = field(repr=False)
    news: np.ndarray | None = field(default=None, repr=False)
    differs: np.ndarray | None = field(default=None, repr=False)

    @property
    def changed(self) -> pl.DataFrame:
        """The cells, but for those that are known to be those of the newest state."""
        return self.cells if self.news is None else self.cells.filter(self.news)

    @cached_property
    def is_plain(self) -> bool:
        """Whether every quantity is a number of one row, and follows from nothing else."""
        rows = self.structure.quantities
        alone = rows.height == len(self.truth) and self.together.is_empty()
        return self.news is not None or (alone and not (rows["statistic"] == "derived").any())

    @cached_property
    def row_of_quantity(self) -> np.ndarray:
        """The row of `cells` every quantity of a plain state is a number of."""
        own = self.cells.select(KEY).with_row_index("row")
        rows = self.structure.quantities.join(own, on=KEY, how="left", maintain_order="left")
        return rows["row"].to_numpy().astype(np.int64)

    @cached_property
    def matrix(self) -> csr_matrix:
        """The terms of the structure: one row per relation, one column per quantity."""
        terms = self.structure.terms
        places = (terms["relation"].to_numpy(), terms["quantity"].to_numpy())
        return csr_matrix((terms["coefficient"].to_numpy(), places), (self.structure.relations.height, len(self.truth)))


def build_states(cells: pl.DataFrame, releases: Sequence[Release], policy: Policy) -> Iterator[State]:
    """The different states of the tables that checked `cells` and earlier releases are about, the newest first.

    Every tier has states of its own; what the release at hand does not contain is as it was last released. Raises
    ValueError as check_cells and build_structure do.
    """
    (tables, said), *others = _list_states(cells, releases, policy)
    state = _join(tables)
    newest = _build(state if state is cells else check_cells(state, policy), said, policy)
    yield newest
    others = [(_join(tables), said) for tables, said in others]
    news = [_find_news(state, newest) for state, _ in others]
    changed = [state.filter(new) for (state, _), new in zip(others, news, strict=True) if new is not None]
    if changed:  # all at once, many times quicker than one by one
        check_rows(pl.concat(changed), policy)
    for (state, said), new in zip(others, news, strict=True):
        built = _build_where_new(state, said, newest, new, policy) if new is not None else None
        yield built or _build(check_cells(state, policy), said, policy)


def _join(tables: pl.DataFrame | dict[tuple, pl.DataFrame]) -> pl.DataFrame:
    if isinstance(tables, pl.DataFrame):
        return tables
    return pl.concat([tables[key] for key in sorted(tables)])


def _build(cells: pl.DataFrame, said: list[Release], policy: Policy) -> State:
    structure, truth = build_structure(cells, policy)
    together = list_distributions(structure.quantities, policy).select(*KEY, "distribution")
    return State(cells, said, structure, truth, together)


def _find_news(cells: pl.DataFrame, newest: State) -> np.ndarray | None:
    """Boolean per row: a number of it is not that of the newest state; None if rows are others, or it is not plain."""
    same = newest.is_plain and cells.schema == newest.cells.schema
    if not same or not cells.select(SHAPE).equals(newest.cells.select(SHAPE)):
        return None
    numbers = [name for name in CELL_COLUMNS if name not in SHAPE]
    news = pl.any_horizontal(cells[name].ne_missing(newest.cells[name]).alias(name) for name in numbers)
    return cells.select(news).to_series().to_numpy()


def _build_where_new(
    cells: pl.DataFrame, said: list[Release], newest: State, news: np.ndarray, policy: Policy
) -> State | None:
    """A state of the rows of the newest, a plain one, built from it; None if its sums do not follow from there."""
    differs = news[newest.row_of_quantity]
    built = rebuild_structure(cells.filter(news), differs, newest.structure, newest.truth, newest.matrix, policy)
    return State(cells, said, *built, newest.together, news, differs) if built else None


def _list_states(
    cells: pl.DataFrame, releases: Sequence[Release], policy: Policy
) -> Iterator[tuple[pl.DataFrame | dict[tuple, pl.DataFrame], list[Release]]]:
    """Per state, the newest first: its tables (`cells` where they are all of it), and the releases that left it so."""
    states: list[tuple[dict, list[Release]]] = []
    latest: dict[tuple, pl.DataFrame] = {}
    tiers: dict[str, dict[tuple, pl.DataFrame]] = {}
    for release in releases:
        exact = release.exact.select(CELL_COLUMNS).filter(pl.col("table_id").is_in(list(policy.tables)))
        parts = exact.partition_by(TABLE, as_dict=True)
        tiers[release.tier] = {**tiers.get(release.tier, {}), **parts}
        latest |= parts
        states.append((tiers[release.tier], [release]))
    at_hand = cells.select(CELL_COLUMNS).partition_by(TABLE, as_dict=True)
    states.append((latest | at_hand, []))
    distinct: list[tuple[dict, list[Release]]] = []
    for state, said in reversed(states):
        for other, others in distinct:
            if state.keys() == other.keys() and all(_is_same(state[key], other[key]) for key in state):
                others.extend(said)
                break
        else:
            distinct.append((state, said))
    for number, (state, said) in enumerate(distinct):
        yield cells if not number and state.keys() == at_hand.keys() else state, said


def _is_same(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    return one is other or one.equals(other)
