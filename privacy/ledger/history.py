"""All releases as one: what somebody has who kept every table ever shown, written as a single set of tables.

A row whose exact numbers are those of an earlier release is the same quantities, shown or withheld: readers are granted
to know what did not change. A row that was corrected is a second version, a table of its own (`table@tier/release`),
and the corrections are numbers nobody publishes (`table@tier/release+numerator`). So whatever protects, attacks or
checks one release does the same for all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl

from privacy.engine.medians import MEDIAN
from privacy.engine.posing import RATE, list_statements
from privacy.engine.primary import find_sensitive, find_sensitive_derived
from privacy.ledger.chain import Release
from privacy.ledger.states import State, build_states
from privacy.ledger.versions import OUTCOMES, PAIR, System, label_version
from privacy.policy import Policy
from privacy.release import BANDED, PUBLISHED, RATES, SHOWN
from privacy.release import MEDIAN as MEDIAN_LEVEL
from privacy.structure import KEY, ROW, Structure

CHANGE = "primary_change"
STATUSES = [f"{statistic}_status" for statistic in (*PUBLISHED, RATE, MEDIAN)]


@dataclass(frozen=True, eq=False)
class History:
    """One system of the release at hand and what came before. Internal.

    - `cells`: exact cells of all versions of all rows. `current`: KEY of those of the release at hand.
    - `policy`: the policy, with what the added tables need. `structure`, `truth`: as build_structure gives them, with
      the corrections as derived numbers (plus a power of ten each, so as not to be negative).
    - `sensitive`: KEY, statistic, reason, nobody, as protect has them, of all of that.
    - `past`: one row per row of `cells` that an earlier release was about: KEY, the published columns (null = never
      shown) and their status (shown if any release showed it).
    - `known_as`: per earlier release (`tier/release`) one row per row of the tables as it left them: KEY, version (the
      table_id it has here).
    - `alone`: structure and truth of the release at hand by itself; None where tables of earlier ones count besides.
    """

    cells: pl.DataFrame = field(repr=False)
    current: pl.DataFrame = field(repr=False)
    policy: Policy = field(repr=False)
    structure: Structure = field(repr=False)
    truth: np.ndarray = field(repr=False)
    sensitive: pl.DataFrame = field(repr=False)
    past: pl.DataFrame = field(repr=False)
    known_as: dict[str, pl.DataFrame] = field(repr=False)
    alone: tuple[Structure, np.ndarray] | None = field(repr=False)

    @cached_property
    def shown(self) -> np.ndarray:
        """Boolean per quantity: an earlier release showed it, so every reader knows it for ever."""
        return self._mark(list_shown(self.past))

    @cached_property
    def settled(self) -> np.ndarray:
        """Boolean per quantity: withheld whatever the release at hand does: it has no part in it."""
        return ~self._mark(self.current) & ~self.shown

    @cached_property
    def stated(self) -> pl.DataFrame:
        """What list_statements gives, in order; `before`: an earlier release stated it; `own`: this one may.

        Raises ValueError where an earlier release stated another median of the same numbers: its levels had another
        order.
        """
        rows = list_statements(self.cells, self.structure, self.policy)
        said = {RATE: "rate_label", MEDIAN: "median_level"}
        before = [
            self.past.filter(pl.col(one).is_not_null()).select(*KEY, statistic=pl.lit(name), before=one)
            for name, one in said.items()
        ]
        rows = rows.join(pl.concat(before), on=ROW, how="left", maintain_order="left")
        if rows.filter(pl.col("statistic") == MEDIAN, pl.col("before") != pl.col(MEDIAN)).height:
            raise ValueError("a median was published before in another order of levels: both cannot be protected")
        rows = rows.join(self.current.with_columns(own=pl.lit(True)), on=KEY, how="left", maintain_order="left")
        return rows.with_columns(pl.col("before").is_not_null(), pl.col("own").fill_null(False))

    @cached_property
    def corrections(self) -> pl.DataFrame:
        """One row per correction: quantity, newer, older (quantities), offset (quantity is newer − older + offset)."""
        sums = self.structure.relations.filter(pl.col("kind") == "correction").select("relation", offset=-pl.col("low"))
        terms = self.structure.terms.join(sums, on="relation", how="inner")
        sides = terms.group_by("relation").agg(
            quantity=pl.col("quantity").max(),  # corrections have the last numbers
            newer=pl.col("quantity").filter(pl.col("coefficient") > 0).first(),
            older=pl.col("quantity").filter(pl.col("coefficient") < 0).min(),
            offset=pl.col("offset").first(),
        )
        return sides.drop("relation").sort("quantity")

    def list_corrected(self, release: str) -> pl.DataFrame:
        """One row per number of a row that was corrected since a release (`tier/release`): quantity, before."""
        numbers = self.structure.quantities.select(*ROW, "quantity")
        then = self.known_as[release].filter(pl.col("version") != pl.col("table_id"))
        rows = numbers.join(then, on=KEY, how="inner", maintain_order="left")
        before = numbers.rename({"table_id": "version", "quantity": "before"})
        rows = rows.join(before, on=["version", *ROW[1:]], how="inner", maintain_order="left")
        return rows.filter(pl.col("quantity") != pl.col("before")).select("quantity", "before").unique().sort(pl.all())

    def _mark(self, rows: pl.DataFrame) -> np.ndarray:
        on = [column for column in ROW if column in rows.columns]
        found = np.zeros(len(self.truth), dtype=bool)
        found[self.structure.quantities.join(rows, on=on, how="semi")["quantity"].to_numpy()] = True
        return found

    def publish(self, cells: pl.DataFrame) -> pl.DataFrame:
        """What all releases together show, this one included: one row per row of the history, like Protected.cells."""
        shown = _overlay([cells, self.past])
        added = [*RATES, "rate_status", MEDIAN_LEVEL, "median_status"]
        return shown.drop([one for one in added if one not in cells.columns])


def combine(cells: pl.DataFrame, releases: Sequence[Release], policy: Policy) -> History:
    """The history of checked `cells` about to be released and earlier releases, of all tables that are tied to them.

    Tables the policy no longer names are left out: no relation ties them. A school year of a table that the release at
    hand does not contain counts as it was last released. Raises ValueError as check_cells and build_structure do.
    """
    if any(mark in name for name in policy.tables for mark in "@+"):
        raise ValueError("no table that is held against earlier releases may have @ or + in its name")
    _refuse_forgotten_medians(releases, policy)
    system, rows, sensitive, past, known_as = System(), [], [], [], {}
    for number, state in enumerate(build_states(cells, releases, policy)):
        if not number:
            alone = (state.structure, state.truth) if state.cells is cells else None
        version = system.take_in(state, f"{state.said[0].tier}/{state.said[0].release}" if number else "")
        own = version.filter(pl.col("version") == number)
        rows.append(state.changed.join(own, on=KEY, how="inner", maintain_order="left"))
        sensitive.append(_find_sensitive(state, own, policy))
        known = version.select(KEY, version=label_version(system.names, "version"))
        for release in state.said:
            past.append(_attach(release.published, version))
            known_as[f"{release.tier}/{release.release}"] = known
    # States come from the ledger and from the caller, whose columns may stand in another order.
    every = _rename(pl.concat([one.select(rows[0].columns) for one in rows]), system.names)
    corrections = system.list_corrections()
    small_changes = find_small_changes(corrections, every, policy)
    # Any other may be told. Nobody publishes it, and nothing asks for it: as a number it would only grow with the
    # square of how often a row was corrected.
    system.add_corrections(corrections.join(small_changes, on=ROW, how="semi", maintain_order="left"))
    shown = [_rename(pl.concat(past, how="diagonal_relaxed"), system.names)] if past else []
    added = {name: policy.tables[name.partition("@")[0]] for name in every["table_id"].unique()}
    structure, truth = system.finish()
    return History(
        every,
        cells.select(KEY),
        policy.model_copy(update={"tables": {**policy.tables, **added}}),
        structure,
        truth,
        pl.concat([_rename(pl.concat(sensitive), system.names), small_changes]),
        _overlay([_nothing(), *shown]),
        known_as,
        alone,
    )


def _find_sensitive(state: State, own: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """What protect would find sensitive in some rows of a state, with their version."""
    found = find_sensitive(state.changed, policy)
    if not state.is_plain:
        found = pl.concat([found, find_sensitive_derived(state.structure, state.truth, policy)])
    return found.join(own, on=KEY, how="inner", maintain_order="left")


def _attach(published: pl.DataFrame, version: pl.DataFrame) -> pl.DataFrame:
    """The published rows a state has, with their version in it."""
    if published.select(KEY).equals(version.select(KEY)):  # as mostly
        return published.with_columns(version["version"])
    return published.join(version, on=KEY, how="inner", maintain_order="left")


def _refuse_forgotten_medians(releases: Sequence[Release], policy: Policy) -> None:
    """A median that is out binds for ever, and only a policy that has its levels says what it means."""
    for release in releases:
        if MEDIAN_LEVEL in release.published.columns:
            told = release.published.filter(pl.col(MEDIAN_LEVEL).is_not_null())["table_id"].unique()
            if any(name in policy.tables and not policy.tables[name].median for name in told):
                raise ValueError("medians were published before of a table of which the policy names none any more")


def list_shown(cells: pl.DataFrame) -> pl.DataFrame:
    """One row per published value: KEY, statistic, published. A complement is shown by the other two."""
    rows = cells.select(*KEY, *PUBLISHED).with_columns(complement=pl.col("denominator") - pl.col("numerator"))
    return rows.unpivot(index=KEY, variable_name="statistic", value_name="published").drop_nulls("published")


def find_small_changes(corrections: pl.DataFrame, cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row per correction that tells on few students: KEY, statistic, reason, nobody.

    A change of 1 to one less than the threshold, either way. Where few students came or went, all numbers of a
    magnitude, and of a rate also an unchanged outcome, if the policy holds that none and all of them tell on everybody.
    """
    if corrections.is_empty():
        words = dict.fromkeys([*ROW, "reason"], pl.String)
        return pl.DataFrame(schema={**words, "school_year": pl.Int64, "nobody": pl.Boolean})
    tables = {name: policy.tables[name] for name in corrections["table_of"].unique()}
    limit = {name: policy.revision_threshold or rules.thresholds.persons for name, rules in tables.items()}
    people = cells.select(*KEY, people="student_count")
    for side in PAIR:
        corrections = corrections.join(
            people.rename({"table_id": side, "people": f"people_{side}"}), on=[side, *KEY[1:]], how="left"
        )
    came = (pl.col("people_newer") - pl.col("people_older")).abs()
    limit = pl.col("table_of").replace_strict(limit, return_dtype=pl.Int64)
    kind = pl.col("table_of").replace_strict({name: rules.kind for name, rules in tables.items()})
    zeros = [name for name, rules in tables.items() if rules.zero_is_sensitive]
    few = came.is_between(1, limit - 1)
    outcome = pl.col("statistic_of").is_in(OUTCOMES)
    small = (
        pl.col("change").abs().is_between(1, limit - 1)
        | (few & (kind == "magnitude"))
        | (few & outcome & (pl.col("change") == 0) & pl.col("table_of").is_in(zeros))
    )
    return corrections.filter(small).select(*ROW, reason=pl.lit(CHANGE), nobody=pl.lit(False)).sort(ROW)


def _nothing() -> pl.DataFrame:
    """What no release shows: no row, and the columns every release has."""
    words = [*KEY, "org_level", "parent_org_id", "rate_label", MEDIAN_LEVEL, *STATUSES, "status"]
    numbers = ["school_year", *PUBLISHED, "rate_low", "rate_high"]
    return pl.DataFrame(schema={**dict.fromkeys(words, pl.String), **dict.fromkeys(numbers, pl.Int64)})


def _rename(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    return rows.with_columns(table_id=label_version(names, "version")).drop("version")


def _overlay(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """One row per row in any of some published tables, with whatever one of them shows.

    Raises ValueError if they state the same rate in two ways, which together may say more than either.
    """
    rows = pl.concat(frames, how="diagonal_relaxed")
    ways = rows.filter(pl.col("rate_label").is_not_null()).group_by(KEY)
    ways = ways.agg(ways=pl.struct("rate_low", "rate_high").n_unique(), known=pl.col("numerator").is_not_null().any())
    if ways.filter(pl.col("ways") > 1, ~pl.col("known")).height:
        raise ValueError("a rate was stated in another way before: two ways of stating one rate cannot be protected")
    statuses = [column for column in rows.columns if column == "status" or column.endswith("_status")]
    told = [
        pl.when((pl.col(one) == status).any()).then(pl.lit(status)) for one in statuses for status in (SHOWN, BANDED)
    ]
    told = [
        pl.coalesce(shown, banded, pl.col(one).first()).alias(one)
        for one, shown, banded in zip(statuses, told[::2], told[1::2], strict=True)
    ]
    rest = [pl.col(c).drop_nulls().first() for c in rows.columns if c not in (*KEY, *statuses)]
    return rows.group_by(KEY, maintain_order=True).agg(*rest, *told).select(rows.columns)
