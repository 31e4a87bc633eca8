"""One system out of many: the quantities and sums of several states of the same tables, each number once.

A row of which any number was corrected is a new version. What did not change in it stays one quantity, but for the
outcomes: that a student who came is not among the absent is what a correction must not tell.
"""

import numpy as np
import polars as pl

from privacy.structure import KEY, Structure

ROW = [*KEY, "statistic"]
OUTCOMES = ("numerator", "complement")
PAIR = ("newer", "older")


class System:
    """Grows state by state, the newest first. Quantities of the first state keep the numbers they had in it."""

    def __init__(self):
        self.names: list[str] = []
        self._rows: list[pl.DataFrame] = []  # ROW, zero_is_shown, value, version, quantity
        self._relations: list[pl.DataFrame] = []  # low, high, kind, relation
        self._terms: list[pl.DataFrame] = []
        self._truth: list[np.ndarray] = []
        self._quantities = self._sums = 0

    def take_in(self, structure: Structure, truth: np.ndarray, name: str, together: pl.DataFrame) -> pl.DataFrame:
        """Adds a state of the tables; gives one row per row of it: KEY, version (the state it is from).

        together: KEY, distribution of rows that are one version or another only all of them together.
        """
        rows = structure.quantities.with_columns(value=pl.Series(truth)[structure.quantities["quantity"]])
        version = len(self.names)
        self.names.append(name)
        placed = self._place(rows, together).with_columns(pl.col("version").fill_null(version))
        number, twins = self._number(placed, truth, version)
        fresh = placed.filter(pl.col("version") == version)
        self._rows.append(
            fresh.select(*ROW, "zero_is_shown", "value", "version", quantity=pl.Series(number)[fresh["quantity"]])
        )
        self._add_sums(structure.relations, structure.terms, number)
        if twins.height:
            self._add_twins(twins)
        return placed.select(*KEY, "version").unique(maintain_order=True)

    def add_corrections(self) -> pl.DataFrame:
        """Adds, for every two versions of a row and every statistic, the number by which the later exceeds the earlier.

        Gives one row per such number: KEY (a table of its own, `table@tier/release+statistic`), statistic (derived),
        change (its quantity is that plus a power of ten, so as not to be negative), table_of, statistic_of, newer,
        older (the tables of the two versions).
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
        number = pl.Series(np.arange(self._quantities, self._quantities + pairs.height))
        self._rows.append(
            pairs.select(*ROW, zero_is_shown=pl.lit(False), value="value", version=pl.lit(0, pl.Int32), quantity=number)
        )
        self._truth.append(pairs["value"].to_numpy())
        self._quantities += pairs.height
        self._add_corrections(pairs.with_columns(correction=number))
        return pairs.select(*ROW, "change", "table_of", "statistic_of", *PAIR)

    def finish(self) -> tuple[Structure, np.ndarray]:
        """The structure of all that was taken in, tables named by version, and the truth."""
        rows = pl.concat(self._rows).with_columns(table_id=label_version(self.names, "version"))
        quantities = rows.select(*ROW, "quantity", "zero_is_shown")
        relations = pl.concat(self._relations).select("relation", "kind", "low", "high")
        return Structure(quantities, relations, pl.concat(self._terms)), np.concatenate(self._truth)

    def _place(self, rows: pl.DataFrame, together: pl.DataFrame) -> pl.DataFrame:
        """The rows with the first version of all the same numbers, and the quantity each is known as (null: none)."""
        if not self._rows:
            return rows.with_columns(version=pl.lit(None, pl.Int32), same_as=pl.lit(None, pl.Int64))
        known = pl.concat(self._rows).select(*ROW, "version", known="value", same_as="quantity")
        both = rows.join(known, on=ROW, how="inner", maintain_order="left")
        whole = rows.group_by(KEY).agg(statistics=pl.len())
        same = both.group_by(*KEY, "version").agg(same=(pl.col("value") == pl.col("known")).sum())
        same = same.join(whole, on=KEY, how="left").filter(pl.col("same") == pl.col("statistics"))
        whole = same.join(together, on=KEY, how="inner").group_by("distribution", "version").agg(same=pl.len())
        whole = whole.join(together.group_by("distribution").len("same"), on=["distribution", "same"], how="semi")
        whole = together.join(
            whole.group_by("distribution").agg(whole=pl.col("version").min()), on="distribution", how="left"
        )
        same = same.group_by(KEY).agg(pl.col("version").min())
        rows = rows.join(same, on=KEY, how="left", maintain_order="left")
        equal = both.filter(pl.col("value") == pl.col("known")).select(*ROW, "version", "same_as")
        alike = equal.filter(~pl.col("statistic").is_in(OUTCOMES)).sort("version").unique(ROW, keep="first")
        rows = rows.join(equal, on=[*ROW, "version"], how="left", maintain_order="left")
        rows = rows.join(alike.drop("version"), on=ROW, how="left", suffix="_alike", maintain_order="left")
        rows = rows.with_columns(pl.coalesce("same_as", "same_as_alike").alias("same_as")).drop("same_as_alike")
        # What did not change in a distribution that did is a row of the new version, but the same quantities.
        whole = whole.select(*KEY, "whole", parted=pl.lit(True))
        rows = rows.join(whole, on=KEY, how="left", maintain_order="left")
        version = pl.when(pl.col("parted").fill_null(False)).then("whole").otherwise("version")
        return rows.with_columns(version=version).drop("whole", "parted")

    def _number(self, placed: pl.DataFrame, truth: np.ndarray, version: int) -> tuple[np.ndarray, pl.DataFrame]:
        """The number in the whole system of every quantity of a state, and pairs of numbers found to be the same."""
        if not version:
            self._truth.append(truth)
            self._quantities = len(truth)
            return np.arange(len(truth)), pl.DataFrame()
        matched = placed.select("quantity", "same_as").drop_nulls().unique()
        first = matched.group_by("quantity").agg(pl.col("same_as").min())
        number = np.full(len(truth), -1, dtype=np.int64)
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
            known = [pl.concat(parts) for parts in (self._relations, self._terms)]
            news = _say(relations, terms).join(_say(*known), on=["low", "high", "said", "said_again"], how="anti")
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


def _say(relations: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """What each relation says, in two 64-bit words that do not depend on the order of its terms."""
    term = pl.struct("quantity", "coefficient")
    words = terms.group_by("relation").agg(said=term.hash(1).sum(), said_again=term.hash(2).sum())
    return relations.select("relation", "low", "high").join(words, on="relation", how="left")
