"""Random sabotage of protected releases: does the audit find every one that really leaks?

Usage: python benchmarks/disclosure_sabotage.py 1000      (sabotages that really leak; prints one row per kind)

Small invented states are protected, then the release is spoiled as a mistake or a hand would do it. Whether that leaks
is decided by listing every table of students that agrees with what is published (no code of the package): a protected
number with fewer values than required, or no table at all. What an earlier release showed is the ledger's business.
"""

import dataclasses
import sys
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import polars as pl

from privacy import Policy, Protected, audit, audit_system, load_policy, protect

COUNT, RATE = "ind_membership_october_1", "ind_chronic_absenteeism"
NUMBERS = ("student_count", "numerator", "denominator")
SCHOOLS = {"A": ("L1", "ST"), "B": ("L1", "ST"), "C": ("L2", "ST")}
WORLDS = 1_000_000  # more partial tables than this are not listed: the sabotage is not counted
STUDENTS_OF_A_RATE = "the students of a rate are told apart"
ROOM = 16  # the largest number of students of one kind in a table listed


def make_policy(persons: int, outcome: int, candidates: int) -> Policy:
    """The default policy with other thresholds."""
    content = load_policy().model_dump()
    for table, limits in ((COUNT, {}), (RATE, {"numerator": outcome, "complement": outcome})):
        content["tables"][table]["thresholds"] = {"persons": persons, **limits}
    return Policy.model_validate({**content, "required_candidates": candidates})


STRICT, LAX = make_policy(6, 3, 3), make_policy(3, 1, 2)


class State:
    """An invented state of one table: `atoms` (kinds of students), their true numbers, cells, and what sums to what.

    sums: (org, group, statistic) -> the atoms it counts.
    """

    def __init__(self, seed: int):
        random = np.random.default_rng(seed)
        self.rated = bool(random.random() < 0.5)
        schools = ["A", "B"] if self.rated else ["A", "B", "C"]
        outcomes = ("absent", "there") if self.rated else ("in",)
        self.atoms = [(school, sex, outcome) for school in schools for sex in "FM" for outcome in outcomes]
        self.truth = random.integers(0, 13, len(self.atoms))
        self.truth[random.random(len(self.atoms)) < 0.15] = 0
        self.sums: dict[tuple[str, str, str], np.ndarray] = {}
        orgs = {school: ("school", SCHOOLS[school][0]) for school in schools}
        orgs |= {"L1": ("lea", "ST")} | ({} if self.rated else {"L2": ("lea", "ST"), "ST": ("state", None)})
        rows = []
        for org, (level, parent) in orgs.items():
            for group in ("all", "F", "M"):
                here = [org in (atom[0], *SCHOOLS[atom[0]]) and group in ("all", atom[1]) for atom in self.atoms]
                self._add_sums(org, group, np.array(here))
                value = {name: int(self.truth[self.sums[org, group, name]].sum()) for name in self.statistics}
                count = value["denominator"] if self.rated else value["student_count"]
                parent = None if parent not in orgs else parent
                numbers = (count, value.get("numerator"), value.get("denominator"))
                kind = "all" if group == "all" else "sex"
                rows.append((RATE if self.rated else COUNT, 2026, level, org, parent, kind, group, *numbers))
        names = ["table_id", "school_year", "org_level", "org_id", "parent_org_id"]
        names += ["disaggregate_type", "disaggregate_value", *NUMBERS]
        whole = {name: pl.Int64 for name in ("school_year", *NUMBERS)}
        self.cells = pl.DataFrame(rows, schema={name: whole.get(name, pl.String) for name in names}, orient="row")

    @property
    def statistics(self) -> tuple[str, ...]:
        return ("denominator", "numerator", "complement") if self.rated else ("student_count",)

    def _add_sums(self, org: str, group: str, here: np.ndarray) -> None:
        absent = np.array([outcome == "absent" for *_, outcome in self.atoms])
        own = {"denominator": here, "numerator": here & absent, "complement": here & ~absent, "student_count": here}
        for statistic in self.statistics:
            self.sums[org, group, statistic] = np.flatnonzero(own[statistic])


def read_published(state: State, cells: pl.DataFrame) -> dict[tuple[str, str, str], set[int]]:
    """What a reader sees of every number of a state, in whatever cell it stands: no, one, or contradicting values."""
    seen = {key: set() for key in state.sums}
    for row in cells.iter_rows(named=True):
        org, group = row["org_id"], row["disaggregate_value"]
        values = {"numerator": {row["numerator"]}, "student_count": {row["student_count"]}}
        values["denominator"] = {row["denominator"], row["student_count"]}
        if row["numerator"] is not None:
            values["complement"] = {n - row["numerator"] for n in values["denominator"] if n is not None}
        for statistic in state.statistics:
            seen[org, group, statistic] = values.get(statistic, set()) - {None}
    return seen


def list_worlds(state: State, seen: dict[tuple[str, str, str], set[int]]) -> np.ndarray | None:
    """Every table that agrees with what is seen, one per row, a column per atom; None: too many to list."""
    if any(len(values) > 1 for values in seen.values()):
        return np.zeros((0, len(state.atoms)), dtype=np.int64)
    known = {key: next(iter(values)) for key, values in seen.items() if values}
    worlds = np.zeros((1, 0), dtype=np.int64)
    for atom in range(len(state.atoms)):
        # The table is filled in atom by atom; a sum whose last atom this is leaves it one value.
        rest = np.full(len(worlds), ROOM)
        exact = np.full(len(worlds), -1)
        for key, value in known.items():
            members = state.sums[key]
            if atom in members:
                left = value - worlds[:, members[members < atom]].sum(axis=1)
                rest = np.minimum(rest, left) if atom != members[-1] else rest
                if atom == members[-1]:
                    clash = (left < 0) | ((exact >= 0) & (exact != left))
                    exact = np.where(clash, ROOM * 1000, left)
        low, high = np.where(exact >= 0, exact, 0), np.where(exact >= 0, exact, rest)
        high = np.where(low > rest, -1, high) if (exact >= 0).any() else high
        times = np.maximum(high - low + 1, 0) * (low < ROOM * 1000)
        if times.sum() > WORLDS:
            return None
        row = np.repeat(np.arange(len(worlds)), times)
        step = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
        worlds = np.column_stack([worlds[row], low[row] + step])
    for key, members in state.sums.items():
        if key not in known and key[2] in ("student_count", "denominator"):
            worlds = worlds[worlds[:, members].sum(axis=1) > 0]  # an empty group is always shown as empty
    return worlds


def find_leak(state: State, protected: Protected, cells: pl.DataFrame, required: int) -> bool | None:
    """Whether spoilt cells leave a protected number too few values, or fit no table; None: not decided."""
    worlds = list_worlds(state, read_published(state, cells))
    if worlds is None:
        return None
    for row in protected.sensitive.iter_rows(named=True):
        members = state.sums[row["org_id"], row["disaggregate_value"], row["statistic"]]
        if len(np.unique(worlds[:, members].sum(axis=1))) < required:
            return True
    return False


def spoil(state: State, protected: Protected, random: np.random.Generator) -> Iterator[tuple[str, pl.DataFrame]]:
    """One spoilt version of the published cells for every kind of sabotage there is room for."""
    cells = protected.cells
    columns = ["numerator", "denominator"] if state.rated else ["student_count"]
    shown = [(i, name) for name in columns for i in range(cells.height) if cells[name][i] is not None]
    withheld = [(i, name) for name in columns for i in range(cells.height) if cells[name][i] is None]
    truth = {(i, name): int(state.cells.join(cells[[i]], on=KEYS, how="semi")[name][0]) for i, name in withheld}
    sensitive = {tuple(row) for row in protected.sensitive.select("org_id", "disaggregate_value", "statistic").rows()}
    keys = cells.select("org_id", "disaggregate_value").rows()

    def pick(places):
        return places[random.integers(len(places))]

    complements = [(i, name) for i, name in withheld if (*keys[i], name) not in sensitive]
    if complements:
        place = pick(complements)
        yield "a complement is shown", _set(cells, place, truth[place], show=True)
    zeros = [place for place in withheld if truth[place] == 0]
    if zeros:
        yield "a withheld zero is shown", _set(cells, pick(zeros), 0, show=True)
    if withheld:
        place = pick(withheld)
        yield "a withheld cell holds its value", _set(cells, place, truth[place], show=False)
        yield (
            "a withheld cell holds a wrong value",
            _set(cells, place, truth[place] + int(random.integers(1, 9)), False),
        )
    if shown:
        place = pick(shown)
        digits = list(str(cells[place[1]][place[0]]))
        at = random.integers(len(digits))
        digits[at] = str((int(digits[at]) + int(random.integers(1, 10))) % 10)
        yield "a digit of a shown number is changed", _set(cells, place, int("".join(digits)), show=True)
    sizes = [i for i in range(cells.height) if state.rated]
    if sizes:
        row = pick(sizes)
        size = int(state.cells.join(cells[[row]], on=KEYS, how="semi")["denominator"][0])
        moved = size if cells["denominator"][row] is None else size + 1
        yield STUDENTS_OF_A_RATE, _set(cells, (row, "student_count"), moved, show=True)
    totals = [place for place in shown if cells["disaggregate_value"][place[0]] == "all"]
    if totals:
        place = pick(totals)
        moved = max(0, cells[place[1]][place[0]] + int(random.choice([-3, -2, -1, 1, 2, 3])))
        yield "a total is raised or lowered", _set(cells, place, moved, show=True)
    first, second = random.choice(cells.height, 2, replace=False)
    order = np.arange(cells.height)
    order[[first, second]] = second, first
    yield "two rows are exchanged", _take(cells, cells[order.tolist()])
    lax = protect(state.cells, LAX).cells
    org = pick(sorted(set(cells["org_id"])))
    other = pl.Series(np.where(cells["org_id"] == org, cells.height, 0) + np.arange(cells.height))
    yield "an organisation of another tier's file", _take(cells, pl.concat([cells, lax])[other])


KEYS = ["table_id", "school_year", "org_id", "disaggregate_type", "disaggregate_value"]


def _set(cells: pl.DataFrame, place: tuple[int, str], value: int, show: bool) -> pl.DataFrame:
    """The cells with one number replaced; the denominator of a rate stands there as its students, too."""
    here, shown = pl.int_range(cells.height) == place[0], pl.lit("shown")
    names = [place[1], "student_count"] if place[1] == "denominator" else [place[1]]
    return cells.with_columns(
        *(pl.when(here).then(value).otherwise(pl.col(name)).alias(name) for name in names),
        *(
            pl.when(here & show).then(shown).otherwise(pl.col(f"{name}_status")).alias(f"{name}_status")
            for name in names
        ),
    )


def _take(cells: pl.DataFrame, source: pl.DataFrame) -> pl.DataFrame:
    """The numbers and their statuses of other rows under the keys of these."""
    names = [*NUMBERS, *(f"{name}_status" for name in NUMBERS), "status"]
    return cells.with_columns(source[name].alias(name) for name in names)


def sabotage_percentages(seed: int) -> Iterator[tuple[str, bool, bool]]:
    """A rounded percentage beside a withheld numerator, honest, with one more decimal, with a changed digit.

    Yields kind, whether it leaks, whether the audit of the system finds it. Three groups share a shown total numerator;
    all three numerators are withheld, all denominators shown.
    """
    random = np.random.default_rng(seed)
    whole = random.integers(10, 60, 3)
    part = [int(random.integers(0, n + 1)) for n in whole]
    for kind, decimals in (("a percentage is unrounded", 1), ("a digit of a percentage is changed", 0)):
        unit = 1000 // 10**decimals  # of thousandths of a percent
        shown = round(part[0] * 100_000 / int(whole[0]) / unit) * unit
        if decimals == 0:
            shown = int(np.clip(shown + unit * random.choice([-10, -1, 1, 10]), 0, 100_000))
        low, high = (2 * shown - unit) * int(whole[0]), (2 * shown + unit) * int(whole[0])
        axes = np.meshgrid(*[np.arange(n + 1) for n in whole], indexing="ij")
        worlds = np.stack([axis.ravel() for axis in axes], axis=1)
        worlds = worlds[worlds.sum(axis=1) == sum(part)]
        worlds = worlds[(200_000 * worlds[:, 0] >= low) & (200_000 * worlds[:, 0] <= high)]
        leaks = any(len(np.unique(column)) < STRICT.required_candidates for column in worlds.T)
        ends = {"low": [0, 0, 0], "high": whole.tolist(), "published": [None] * 3}
        quantities = pl.DataFrame({"quantity": [0, 1, 2], **ends}, schema_overrides={"published": pl.Int64})
        relations = pl.DataFrame({"relation": [0, 1], "low": [sum(part), low], "high": [sum(part), high]})
        terms = [(0, 0, 1), (0, 1, 1), (0, 2, 1), (1, 0, 200_000)]
        terms = pl.DataFrame(terms, schema=["relation", "quantity", "coefficient"], orient="row")
        asked = pl.DataFrame({"quantity": [0, 1, 2], "required": [STRICT.required_candidates] * 3, "width": [0.0] * 3})
        verdicts, wrong = audit_system(quantities, relations, terms, asked)
        yield kind, leaks, bool(len(wrong)) or (verdicts["verdict"] != "safe").any()


def run_sabotages(wanted: int, seed: int = 0) -> pl.DataFrame:
    """Sabotages until `wanted` really leak: one row per kind: kind, tried, undecided, leaked, found, false_alarms.

    false_alarms: the audit failed although nothing protected leaks (as for a small value nobody listed).
    """
    counts: dict[str, Counter] = {}

    def note(kind: str, leaks: bool | None, found: bool) -> None:
        tally = counts.setdefault(kind, Counter())
        tally["tried"] += 1
        tally["undecided"] += leaks is None
        tally["leaked"] += leaks is True
        tally["found"] += leaks is True and found
        tally["false_alarms"] += leaks is False and found

    while sum(tally["leaked"] for tally in counts.values()) < wanted:
        state, random = State(seed), np.random.default_rng([seed, 1])
        protected = protect(state.cells, STRICT, secret=b"sabotage")
        note("nothing", find_leak(state, protected, protected.cells, 3), not audit(protected, STRICT).passed)
        for kind, cells in spoil(state, protected, random):
            if not cells.equals(protected.cells):
                leaks = find_leak(state, protected, cells, STRICT.required_candidates)
                spoilt = dataclasses.replace(protected, cells=cells)
                note(kind, leaks, leaks is not None and not audit(spoilt, STRICT).passed)
        for kind, leaks, found in sabotage_percentages(seed):
            note(kind, leaks, found)
        seed += 1
    columns = ("tried", "undecided", "leaked", "found", "false_alarms")
    rows = [{"kind": kind, **{name: tally[name] for name in columns}} for kind, tally in sorted(counts.items())]
    return pl.DataFrame(rows)


if __name__ == "__main__":
    start = time.process_time()
    with pl.Config(tbl_rows=-1, fmt_str_lengths=50, tbl_hide_dataframe_shape=True):
        print(run_sabotages(int(sys.argv[1])))
    print(f"{time.process_time() - start:.0f} CPU s")
