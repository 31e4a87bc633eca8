"""One more correction: built only where it differs, as if it were built whole; and no search for what is known."""

from functools import cache

import numpy as np
import polars as pl
import pytest

from benchmarks.disclosure_scale import correct, make_policy, make_schools, make_table
from privacy import load_policy, protect
from privacy.ledger import cumulative, states
from privacy.ledger.chain import Release
from privacy.ledger.cumulative import audit_after, protect_after, recall
from privacy.ledger.history import combine
from privacy.ledger.states import build_states
from privacy.ledger.translation import Found, name_quantities, translate
from privacy.structure import build_structure, check_cells

POLICY = make_policy(1)
CROSSED = [("sex x swd", f"{sex} x {swd}") for sex in ("F", "M") for swd in ("SWD", "nSWD")]
GROUPS = [("all", "all"), ("sex", "F"), ("sex", "M"), ("swd", "SWD"), ("swd", "nSWD"), *CROSSED]


@cache
def _make_states(corrections: int) -> tuple[pl.DataFrame, ...]:
    """The tables of a small state, after so many corrections; the first are those before any."""
    cells = [check_cells(make_table(make_schools(30), 0, 0), POLICY)]
    for number in range(corrections):
        cells.append(check_cells(correct(cells[-1], f"D000{number % 3}"), POLICY))
    return tuple(cells)


def _release(cells: pl.DataFrame, number: int) -> Release:
    return Release("public", f"release-{number}", number, protect(cells, POLICY).cells, cells)


def _make_crossed(dice: np.random.Generator, gone: np.ndarray) -> pl.DataFrame:
    """Crossed groups of three organisations in any numbers, some groups of some of them missing."""
    rows = [(org, *group) for org in ("A", "B", "D") for group in GROUPS]
    count = dice.integers(10, 30, len(rows))
    frame = pl.DataFrame(rows, schema=["org_id", "disaggregate_type", "disaggregate_value"], orient="row")
    frame = frame.with_columns(
        table_id=pl.lit("indicator_0"),
        school_year=pl.lit(2021, pl.Int64),
        org_level=pl.when(pl.col("org_id") == "D").then(pl.lit("lea")).otherwise(pl.lit("school")),
        parent_org_id=pl.when(pl.col("org_id") != "D").then(pl.lit("D")),
        student_count=count,
        denominator=count,
        numerator=dice.integers(0, 10, len(rows)),
    )
    return check_cells(frame.filter(pl.Series(~gone)), POLICY)


def _is_built_whole(state) -> bool:
    structure, truth = build_structure(check_cells(state.cells, POLICY), POLICY)
    parts = [
        (getattr(structure, name), getattr(state.structure, name)) for name in ("quantities", "relations", "terms")
    ]
    return all(one.equals(other) for one, other in parts) and (truth == state.truth).all()


def test_a_state_built_where_it_differs_is_the_state_built_whole():
    cells = _make_states(5)
    built = list(build_states(cells[-1], [_release(one, n) for n, one in enumerate(cells[:-1])], POLICY))
    assert [state.news is None for state in built] == [True, False, False, False, False, False]
    assert [state.changed.height for state in built[1:3]] < [100, 100]
    assert all(_is_built_whole(state) for state in built)


def test_a_state_in_which_parts_lack_is_built_as_it_is():
    ways = []
    for seed in range(30):
        dice = np.random.default_rng(seed)
        gone = np.array([" x " in group[0] for _ in "ABD" for group in GROUPS]) & (dice.random(3 * len(GROUPS)) < 0.2)
        before, after = (_make_crossed(dice, gone) for _ in range(2))
        # Most numbers stay: only some rows are corrected.
        stays = pl.Series(dice.random(before.height) < 0.8)
        numbers = [
            pl.when(stays).then(before[one]).otherwise(one) for one in ("student_count", "denominator", "numerator")
        ]
        both = list(build_states(after.with_columns(numbers), [Release("public", "one", 1, before, before)], POLICY))
        assert all(_is_built_whole(state) for state in both)
        ways.append(both[1].news is None)
    assert 0 < sum(ways) < 30  # both ways were taken


@pytest.mark.parametrize("again", [False, True])
def test_a_history_is_the_same_whichever_way_its_bothwere_built(again, monkeypatch):
    cells = _make_states(5)
    releases = [_release(one, n) for n, one in enumerate(cells)]
    # With `again` the rows are once more what they were two releases before.
    at_hand = cells[-3] if again else check_cells(correct(cells[-1], "D0001"), POLICY)
    quick = combine(at_hand, releases, POLICY)
    monkeypatch.setattr(states, "_build_where_new", lambda *given: None)
    whole = combine(at_hand, releases, POLICY)
    for name in ("cells", "current", "sensitive", "past"):
        assert getattr(quick, name).equals(getattr(whole, name)), name
    for name in ("quantities", "relations", "terms"):
        assert getattr(quick.structure, name).equals(getattr(whole.structure, name)), name
    assert (quick.truth == whole.truth).all()
    assert quick.policy == whole.policy
    assert list(quick.known_as) == list(whole.known_as)
    assert all(quick.known_as[name].equals(whole.known_as[name]) for name in quick.known_as)


def _count(students: int, number: int) -> pl.DataFrame:
    """Schools and their sum; students of the first that came since, so many with every release."""
    counts = {"A": 50 + number * students, "B": 60, "C": 70}
    counts["D"] = sum(counts.values())
    frame = pl.DataFrame({"org_id": list(counts), "student_count": list(counts.values())}).with_columns(
        table_id=pl.lit("ind_membership_october_1"),
        school_year=pl.lit(2026),
        disaggregate_type=pl.lit("all"),
        disaggregate_value=pl.lit("all"),
        org_level=pl.when(pl.col("org_id") == "D").then(pl.lit("lea")).otherwise(pl.lit("school")),
        parent_org_id=pl.when(pl.col("org_id") != "D").then(pl.lit("D")),
        numerator=pl.lit(None, pl.Int64),
        denominator=pl.lit(None, pl.Int64),
    )
    return check_cells(frame, load_policy())


@pytest.mark.parametrize(("students", "corrections"), [(15, 0), (4, 2 * 5 * 2 - 2), (1, 2 * 15)])
def test_only_corrections_that_tell_on_few_are_numbers(students, corrections):
    # Of 6 states, for the school and the district: 4 and 8 students are few, 12 are not; 1 to 5 all are.
    policy, cells = load_policy(), [_count(students, number) for number in range(6)]
    releases = [Release("public", f"r{n}", n, protect(one, policy).cells, one) for n, one in enumerate(cells[:-1])]
    history = combine(cells[-1], releases, policy)
    derived = history.structure.quantities.filter(pl.col("statistic") == "derived")
    assert derived.height == corrections
    small = history.sensitive.filter(pl.col("reason") == "primary_change")
    assert small.join(derived, on=["table_id", "org_id", "statistic"]).height == small.height == corrections


def _find(cells: pl.DataFrame, releases: list[Release], earlier: Found | None):
    """One more release, as it was found safe: the release and what was found."""
    past = recall(cells, POLICY, releases, "public")
    protected = protect_after(past, secret=b"secret", earlier=earlier)
    report = audit_after(protected, past, earlier=earlier)
    assert report.passed
    name = f"release-{len(releases)}"
    found = Found(f"public/{name}", name_quantities(past.own, report.certificates), report.certificates)
    return Release("public", name, len(releases), protected.cells, cells), found, (protected, past)


def _correct(cells: pl.DataFrame) -> pl.DataFrame:
    return check_cells(correct(cells, "D0001"), POLICY)


def test_the_engine_does_not_search_anew_for_what_makes_one_more_correction_possible(monkeypatch):
    cells, releases, found, asked, widen = _make_states(0)[0], [], None, [], cumulative.widen
    monkeypatch.setattr(cumulative, "widen", lambda problem, *rest: asked.append(problem) or widen(problem, *rest))
    for _ in range(4):
        before = len(asked)
        release, found, (protected, past) = _find(cells, releases, found)
        releases.append(release)
        cells = _correct(cells)
    assert len(asked) == before
    # An attack that knows neither the move nor anything found before agrees.
    assert audit_after(protected, past).passed


def test_what_is_guessed_of_a_corrected_row_fits_everything_and_leaves_earlier_moves_as_they_are():
    cells = _make_states(0)[0]
    first, found, _ = _find(cells, [], None)
    second, found, _ = _find(_correct(cells), [first], found)
    history = recall(_correct(_correct(cells)), POLICY, [first, second], "public").own
    earlier = translate(found, history)
    table = np.where(history.shown, history.truth, -1)
    for part in (earlier.base, earlier.guess):
        table[part["quantity"].to_numpy()] = part["value"].to_numpy()
    assert earlier.guess.height > 40
    assert (table >= 0).all()
    sums = history.structure.terms.with_columns(
        value=pl.col("coefficient") * pl.Series(table[history.structure.terms["quantity"].to_numpy()])
    )
    sums = sums.group_by("relation").agg(pl.col("value").sum()).join(history.structure.relations, on="relation")
    assert sums.filter(pl.col("value") < pl.col("low")).is_empty()
    assert sums.filter(pl.col("value") > pl.col("high")).is_empty()


def test_a_move_that_does_not_hold_is_not_believed():
    # Everything else is shown, so that nothing else can move: the correction of a school tells on its student.
    before, after = _count(1, 0), _count(1, 1)
    policy = load_policy()
    past = recall(before, policy, [], "public")
    protected = protect_after(past)
    report = audit_after(protected, past)
    found = Found("public/one", name_quantities(past.own, report.certificates), report.certificates)
    past = recall(after, policy, [Release("public", "one", 1, protected.cells, before)], "public")
    release = protect_after(past, earlier=found)
    hidden = release.cells.filter(pl.col("student_count_status") == "withheld")["org_id"].to_list()
    assert hidden == ["A", "D"]
    assert audit_after(release, past).passed
