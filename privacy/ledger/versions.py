"""One system out of many: the quantities and sums of several states of the same tables, each number once.

A row of which any number was corrected is a new version. What did not change in it stays one quantity, but for the
outcomes: that a student who came is not among the absent is what a correction must not tell.
"""

import numpy as np
import polars as pl

from privacy.ledger.states import State
from privacy.structure import KEY, ROW, Structure

OUTCOMES = ("numerator", "complement")
PAIR = ("newer", "older")


class System:
    """Grows state by state, the newest first. Quantities of the first state keep the numbers they had in it."""

    def __init__(self):
        self.names: list[str] = []
        self._rows: list[pl.DataFrame] = []  # ROW, zero_is_shown, value, version, quantity
        self._relations: list[pl.DataFrame] = []  # low, high, kind, relation
        self._terms: list[pl.DataFrame] = []
        self._said: list[pl.DataFrame] = []  # of as many of these as were asked for: see _say
        self._truth: list[np.ndarray] = []
        self._quantities = self._sums = 0

    def take_in(self, state: State, name: str) -> pl.DataFrame:
        """Adds a state of the tables; gives one row per row of it: KEY, version (the state it is from)."""
        version, rows = len(self.names), state.structure.quantities
        self.names.append(name)
        if state.differs is not None:
            rows = rows.filter(pl.Series(state.differs))
        rows = rows.with_columns(value=pl.Series(state.truth)[rows["quantity"]])
        placed = self._place(rows, state).with_columns(pl.col("version").fill_null(version))
        number, twins = self._number(placed, state, version)
        fresh = placed.filter(pl.col("version") == version)
        self._rows.append(
            fresh.select(*ROW, "zero_is_shown", "value", "version", quantity=pl.Series(number)[fresh["quantity"]])
        )
        self._add_sums(*_cut_sums(state), number)
        if twins.height:
            self._add_twins(twins)
        versions = placed.select(*KEY, "version").unique(maintain_order=True)
        if state.news is None:
            return versions
        every = np.zeros(len(state.news), dtype=np.int32)
        every[state.news] = versions["version"].to_numpy()
        return state.cells.select(*KEY, version=pl.Series(every))

    def list_corrections(self) -> pl.DataFrame:
        """For every two versions of a row and every statistic, the number by which the later exceeds the earlier.

        One row per such number: KEY (a table of its own, `table@tier/release+statistic`), statistic (derived),
        change (its quantity is that plus a power of ten, so as not to be negative), table_of, statistic_of, newer,
        older (the tables of the two versions); value, offset and the quantities, for add_corrections.
        """
        rows = pl.concat(self._rows).filter(pl.col("statistic") != "derived")
        several = rows.filter(pl.col("version") > 0).select(KEY).unique()
        rows = rows.join(several, on=KEY, how="semi").select(*ROW, "value", "version", "quantity")
        pairs = rows.join(rows, on=ROW, suffix="_older").filter(
            pl.col("version") < pl.col("version_older"), pl.col("quantity") != pl.col("quantity_older")
        )
        pairs = pairs.sort(*ROW, "version", "version_older")
        change = pl.col("value") - pl.col("value_older")
        largest = pl.max_horizontal("value", "value_older", 100).cast(pl.Float64)
        pairs = pairs.with_columns(change=change, offset=(10 ** (largest.log10().ceil() + 1)).cast(pl.Int64))
        pairs = pairs.with_columns(
            table_of=pl.col("table_id"),
            statistic_of=pl.col("statistic"),
            newer=label_version(self.names, "version"),
            older=label_version(self.names, "version_older"),
            value=pl.col("change") + pl.col("offset"),
        )
        # Named after both versions; the one at hand has no name of its own.
        since = pl.when(pl.col("version") > 0).then(pl.lit("-") + pl.col("newer").str.split("@").list.last())
        name = pl.concat_str("older", since.otherwise(pl.lit("")), pl.lit("+"), "statistic_of")
        pairs = pairs.with_columns(table_id=name, statistic=pl.lit("derived"))
        return pairs.select(
            *ROW, "change", "table_of", "statistic_of", *PAIR, "value", "offset", "quantity", "quantity_older"
        )

    def add_corrections(self, pairs: pl.DataFrame) -> None:
        """Adds some of list_corrections as quantities. After the last state."""
        number = pl.Series(np.arange(self._quantities, self._quantities + pairs.height))
        self._rows.append(
            pairs.select(*ROW, zero_is_shown=pl.lit(False), value="value", version=pl.lit(0, pl.Int32), quantity=number)
        )
        self._truth.append(pairs["value"].to_numpy())
        self._quantities += pairs.height
        self._add_corrections(pairs.with_columns(correction=number))

    def finish(self) -> tuple[Structure, np.ndarray]:
        """The structure of all that was taken in, tables named by version, and the truth."""
        rows = pl.concat(self._rows).with_columns(table_id=label_version(self.names, "version"))
        quantities = rows.select(*ROW, "quantity", "zero_is_shown")
        relations = pl.concat(self._relations).select("relation", "kind", "low", "high")
        return Structure(quantities, relations, pl.concat(self._terms)), np.concatenate(self._truth)

    def _place(self, rows: pl.DataFrame, state: State) -> pl.DataFrame:
        """The rows with the first version of all the same numbers, and the quantity each is known as (null: none)."""
        if not self._rows:
            return rows.with_columns(version=pl.lit(None, pl.Int32), same_as=pl.lit(None, pl.Int64))
        first, together = self._rows[0], state.together
        first = first if state.differs is None else first.filter(pl.Series(state.differs))
        known = pl.concat([first, *self._rows[1:]]).select(*ROW, "version", known="value", same_as="quantity")
        both = rows.join(known, on=ROW, how="inner", maintain_order="left")
        whole = rows.group_by(KEY).agg(statistics=pl.len())
        same = both.group_by(*KEY, "version").agg(same=(pl.col("value") == pl.col("known")).sum())
        same = same.join(whole, on=KEY, how="left").filter(pl.col("same") == pl.col("statistics"))
        whole = _find_whole(same, together) if together.height else None
        same = same.group_by(KEY).agg(pl.col("version").min())
        rows = rows.join(same, on=KEY, how="left", maintain_order="left")
        equal = both.filter(pl.col("value") == pl.col("known")).select(*ROW, "version", "same_as")
        alike = equal.filter(~pl.col("statistic").is_in(OUTCOMES)).sort("version").unique(ROW, keep="first")
        rows = rows.join(equal, on=[*ROW, "version"], how="left", maintain_order="left")
        rows = rows.join(alike.drop("version"), on=ROW, how="left", suffix="_alike", maintain_order="left")
        rows = rows.with_columns(pl.coalesce("same_as", "same_as_alike").alias("same_as")).drop("same_as_alike")
        if whole is None:
            return rows
        # What did not change in a distribution that did is a row of the new version, but the same quantities.
        rows = rows.join(whole, on=KEY, how="left", maintain_order="left")
        version = pl.when(pl.col("parted").fill_null(False)).then("whole").otherwise("version")
        return rows.with_columns(version=version).drop("whole", "parted")

    def _number(self, placed: pl.DataFrame, state: State, version: int) -> tuple[np.ndarray, pl.DataFrame]:
        """The number in the whole system of every quantity of a state, and pairs of numbers found to be the same."""
        truth = state.truth
        if not version:
            self._truth.append(truth)
            self._quantities = len(truth)
            return np.arange(len(truth)), pl.DataFrame()
        matched = placed.select("quantity", "same_as").drop_nulls().unique()
        first = matched.group_by("quantity").agg(pl.col("same_as").min())
        number = np.full(len(truth), -1, dtype=np.int64)
        if state.differs is not None:  # all else has the number it has in the first state
            same = state.structure.quantities["quantity"].to_numpy()[~state.differs]
            number[same] = same
        number[first["quantity"].to_numpy()] = first["same_as"].to_numpy()
        new = np.flatnonzero(number < 0)
        number[new] = np.arange(self._quantities, self._quantities + len(new))
        self._quantities += len(new)
        self._truth.append(truth[new])
        twins = matched.join(first, on="quantity", suffix="_first").filter(pl.col("same_as") != pl.col("same_as_first"))
        return number, twins.select(pl.col("same_as", "same_as_first")).sort(pl.all())

    def _add_sums(self, relations: pl.DataFrame, terms: pl.DataFrame, number: np.ndarray) -> None:
        """Adds relations, but for those of a later state that say what is said already."""
        terms = terms.with_columns(quantity=pl.Series(number)[terms["quantity"]])
        terms = terms.group_by("relation", "quantity", maintain_order=True).agg(pl.col("coefficient").sum())
        relations = relations.select("relation", "kind", "low", "high")
        if self._relations:
            for said in zip(self._relations[len(self._said) :], self._terms[len(self._said) :], strict=True):
                self._said.append(_say(*said))
            known = pl.concat(self._said)
            news = _say(relations, terms).join(known, on=["low", "high", "said", "said_again"], how="anti")
            relations = relations.join(news, on="relation", how="semi", maintain_order="left")
        self._append(relations, terms)

    def _append(self, relations: pl.DataFrame, terms: pl.DataFrame) -> None:
        numbers = np.arange(self._sums, self._sums + relations.height)
        relations = relations.with_columns(number=pl.Series(numbers, dtype=pl.Int64))
        terms = terms.join(relations.select("relation", "number"), on="relation", how="inner", maintain_order="left")
        self._terms.append(terms.select("quantity", "coefficient", relation="number").select(list(TERM)).cast(TERM))
        self._relations.append(relations.drop("relation").rename({"number": "relation"}))
        self._sums += relations.height

    def _add_twins(self, twins: pl.DataFrame) -> None:
        """One number in two tables then, two quantities now: they are equal all the same."""
        twins = twins.with_row_index("relation").with_columns(pl.col("relation").cast(pl.Int64))
        sides = {"same_as": 1, "same_as_first": -1}
        terms = [twins.select("relation", quantity=side, coefficient=pl.lit(sign)) for side, sign in sides.items()]
        relations = twins.select("relation", kind=pl.lit("same"), low=pl.lit(0, pl.Int64), high=pl.lit(0, pl.Int64))
        self._append(relations, pl.concat(terms))

    def _add_corrections(self, pairs: pl.DataFrame) -> None:
        """newer − older − correction = −offset."""
        pairs = pairs.with_row_index("relation").with_columns(pl.col("relation").cast(pl.Int64), low=-pl.col("offset"))
        sides = {"quantity": 1, "quantity_older": -1, "correction": -1}
        terms = [
            pairs.select("relation", quantity=side, coefficient=pl.lit(sign, pl.Int64)) for side, sign in sides.items()
        ]
        self._append(pairs.select("relation", kind=pl.lit("correction"), low="low", high="low"), pl.concat(terms))


TERM = {"relation": pl.Int64, "quantity": pl.Int64, "coefficient": pl.Int64}


def label_version(names: list[str], version: str) -> pl.Expr:
    """The table_id of a version of a table: its own for the first, else `table@name of the state`."""
    label = pl.col(version).replace_strict(dict(enumerate(names)), default="", return_dtype=pl.String)
    return pl.when(pl.col(version) > 0).then(pl.concat_str("table_id", pl.lit("@"), label)).otherwise("table_id")


def _find_whole(same: pl.DataFrame, together: pl.DataFrame) -> pl.DataFrame:
    """One row per row of a distribution: KEY, whole (the version all rows of it are the same as), parted (true)."""
    whole = same.join(together, on=KEY, how="inner").group_by("distribution", "version").agg(same=pl.len())
    whole = whole.join(together.group_by("distribution").len("same"), on=["distribution", "same"], how="semi")
    whole = whole.group_by("distribution").agg(whole=pl.col("version").min())
    return together.join(whole, on="distribution", how="left").select(*KEY, "whole", parted=pl.lit(True))


def _cut_sums(state: State) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Relations and terms of a state, but for those of which every number is one of the first state."""
    relations, terms = state.structure.relations, state.structure.terms
    if state.differs is None:
        return relations, terms
    differs = np.zeros(len(state.truth), dtype=bool)
    differs[state.structure.quantities["quantity"].to_numpy()[state.differs]] = True
    touched = np.zeros(relations.height, dtype=bool)
    touched[terms["relation"].to_numpy()[differs[terms["quantity"].to_numpy()]]] = True
    return relations.filter(pl.Series(touched)), terms.filter(pl.Series(touched[terms["relation"].to_numpy()]))


def _say(relations: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """What each relation says, in two 64-bit words that do not depend on the order of its terms."""
    term = pl.struct("quantity", "coefficient")
    words = terms.group_by("relation").agg(said=term.hash(1).sum(), said_again=term.hash(2).sum())
    return relations.select("relation", "low", "high").join(words, on="relation", how="left")
