"""Medians over time: what one release said of a distribution counts against the next, corrected or not."""

import itertools
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy import protect
from privacy.ledger.campaign import Campaign, conclude, list_parts, read_outcome, solve_part
from privacy.ledger.chain import Release
from privacy.ledger.cumulative import audit_after, check_after, protect_after, recall
from privacy.ledger.history import combine
from privacy.ledger.lost import _silence
from privacy.ledger.outcomes import write_tables
from privacy.structure import check_cells
from tests.unit.statements import make_policy
from tests.unit.test_privacy_medians import APART, BANDS, COUNTED, EARNINGS, _distribution, _medians, _show_low, _state

BOTH = {"F": (20, 40, 30), "M": (60, 20, 15)}


def _release(protected, cells, policy, name: str = "one") -> Release:
    return Release("public", name, 1, protected.cells, check_cells(cells, policy))


def _hold(release, past) -> bool:
    report = audit_after(release, past)
    return report.passed and check_after(release, past, report.certificates).passed


def test_a_median_of_last_time_and_one_of_this_time_are_held_together():
    policy, cells = make_policy({"earnings": COUNTED}, required_candidates=3), _distribution(APART)
    release = protect(cells, policy)
    first = _state(_state(_show_low(release, cells), "F", "high"), "M", None)
    past = recall(cells, policy, [_release(first, cells, policy)], "public")
    swapped = _state(_state(first, "F", None), "M", "high")  # by itself as safe as the first
    problems = set(audit_after(swapped, past).failures.select("disaggregate_value", "problem").rows())
    assert {("low x F", "exposed"), ("low x M", "exposed")} <= problems
    second = protect_after(past)
    assert _medians(second.cells)["M"] is None  # what was withheld stays withheld
    assert _hold(second, past)


def test_what_did_not_change_is_stated_again():
    policy, cells = make_policy({"earnings": EARNINGS}), _distribution(BOTH)
    first = protect(cells, policy)
    past = recall(cells, policy, [_release(first, cells, policy)], "public")
    again = protect_after(past)
    assert again.cells.equals(first.cells)
    assert _hold(again, past)


def test_a_corrected_distribution_is_a_version_of_its_own_and_its_other_levels_the_same_numbers():
    policy, before = make_policy({"earnings": EARNINGS}), _distribution(BOTH)
    after = _distribution({**BOTH, "F": (20, 24, 46)})  # 16 more are high, as many fewer in the middle
    history = combine(after, [_release(protect(before, policy), before, policy)], policy)
    rows = history.structure.quantities.filter(pl.col("statistic") == "numerator")
    versions = rows.filter(pl.col("disaggregate_value").str.ends_with(" x F")).select("table_id", "disaggregate_value")
    assert versions.height == 2 * len(BANDS)
    low = rows.filter(pl.col("disaggregate_value") == "low x F")["quantity"].unique()
    assert low.len() == 1
    assert rows.filter(pl.col("disaggregate_value") == "middle x F")["quantity"].n_unique() == 2
    assert rows.filter(pl.col("disaggregate_value").str.ends_with(" x M"))["table_id"].unique().to_list() == [
        "earnings"
    ]
    stated = history.stated.filter(pl.col("disaggregate_value").str.ends_with(" x F"))
    assert set(stated.select("median", "before", "own").rows()) == {("middle", True, False), ("high", False, True)}


@pytest.mark.parametrize("moved", [1, 16])
def test_a_correction_is_held_against_the_medians_on_both_sides_of_it(moved):
    policy, before = make_policy({"earnings": EARNINGS}), _distribution(BOTH)
    after = _distribution({**BOTH, "F": (20, 40 - moved, 30 + moved)})
    past = recall(after, policy, [_release(protect(before, policy), before, policy)], "public")
    release = protect_after(past)
    assert _hold(release, past)
    assert _medians(release.cells)["F"] == ("high" if moved == 16 else "middle")


def test_medians_that_are_out_bind_a_policy_that_has_them_no_more_or_in_another_order():
    policy, cells = make_policy({"earnings": EARNINGS}), _distribution(BOTH)
    first = _release(protect(cells, policy), cells, policy)
    none = make_policy({"earnings": {**EARNINGS, "median": None, "publish": "counts"}})
    with pytest.raises(ValueError, match="names none any more"):
        recall(cells, none, [first], "public")
    turned = {**EARNINGS, "median": {"levels": ["middle", "low", "high"], "persons": 10}}
    past = recall(cells, make_policy({"earnings": turned}), [first], "public")
    with pytest.raises(ValueError, match="another order of levels"):
        protect_after(past)


WIDTH = 9  # students at a level in a world, from 0


def _fit(worlds: np.ndarray, published: pl.DataFrame) -> np.ndarray:
    """Boolean per world (students by band): it agrees with what one release publishes of all students."""
    fits, size = np.ones(len(worlds), dtype=bool), worlds.sum(axis=1)
    for row in published.iter_rows(named=True):
        fits &= size == row["denominator"] if row["denominator"] is not None else size >= 1
        if row["numerator"] is not None:
            fits &= worlds[:, BANDS.index(row["disaggregate_value"])] == row["numerator"]
        if row["median_level"] is not None:
            middle = (2 * worlds.cumsum(axis=1) >= size[:, None]).argmax(axis=1)
            fits &= middle == BANDS.index(row["median_level"])
    return fits


def _count_values(row: dict, old: np.ndarray, new: np.ndarray) -> int:
    """How many values something sensitive has over worlds before and after a correction."""
    name, _, statistic = row["table_id"].partition("+")
    band = BANDS.index(row["disaggregate_value"])
    values = []
    for worlds in (old, new):
        size, number = worlds.sum(axis=1), worlds[:, band]
        own = {"denominator": size, "numerator": number, "complement": size - number}
        values.append(own[statistic or row["statistic"]])
    return len(np.unique(values[1] - values[0] if statistic else values[int("@" not in name)]))


def _count_least(history, first: pl.DataFrame, second: pl.DataFrame) -> int:
    """By brute force: the fewest values anything sensitive has before and after, whatever readers are granted."""
    worlds = np.array(list(itertools.product(range(WIDTH), repeat=3)), dtype=np.int64)
    old, new = worlds[_fit(worlds, first)], worlds[_fit(worlds, second)]
    old, new = old[np.repeat(np.arange(len(old)), len(new))], new[np.tile(np.arange(len(new)), len(old))]
    rows = history.structure.quantities.filter(pl.col("statistic").is_in(["numerator", "denominator"]))
    alike = rows.group_by("disaggregate_value", "statistic").agg(same=pl.col("quantity").n_unique() == 1)
    fits = np.ones(len(old), dtype=bool)
    for value, statistic, same in alike.iter_rows():
        if same:
            place = [BANDS.index(value)] if statistic == "numerator" else slice(None)
            fits &= old[:, place].sum(axis=1) == new[:, place].sum(axis=1)
    assert fits.any()
    return min((_count_values(row, old[fits], new[fits]) for row in history.sensitive.iter_rows(named=True)), default=9)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.tuples(*[st.integers(0, 5)] * 3).filter(sum),
    st.tuples(*[st.integers(0, 5)] * 3).filter(sum),
    st.sampled_from(["median", "counts"]),
)
def test_what_passes_after_a_correction_brute_force_cannot_narrow(before, after, publish):
    rules = {**EARNINGS, "publish": publish, "thresholds": {"persons": 4, "numerator": 2}}
    rules["median"] = {"levels": list(BANDS), "persons": 4}
    policy = make_policy({"earnings": rules}, required_candidates=2)
    before, after = (
        _distribution({"F": one}).filter(pl.col("disaggregate_type") == "earnings") for one in (before, after)
    )
    first = protect(before, policy)
    past = recall(after, policy, [_release(first, before, policy)], "public")
    second = protect_after(past)
    if _hold(second, past):
        assert _count_least(past.own, first.cells, second.cells) >= 2


def _solve(campaign: Campaign, release: str) -> pl.DataFrame:
    for part in list_parts(campaign):
        solve_part(campaign, part, None)
    conclude(campaign, release)
    (part,) = list_parts(campaign)
    return read_outcome(campaign, part)["published"]


def test_a_campaign_releases_medians_twice(tmp_path: Path):
    policy = make_policy({"earnings": EARNINGS})
    folders = [tmp_path / name for name in ("tables", "store", "public", "internal")]
    campaign = Campaign("public", *folders, policy, b"secret")
    write_tables(_distribution({**BOTH, "X": (1, 2, 0)}), campaign.tables)
    first = _solve(campaign, "one")
    write_tables(_distribution({**BOTH, "X": (1, 2, 0), "F": (2, 40, 48)}), campaign.tables)
    second = _solve(campaign, "two")
    assert _medians(first)["X"] is None
    assert _medians(second)["X"] is None
    assert _medians(second)["all"] is not None
    assert campaign.ledger.verify("public") is None


def test_a_silent_release_states_no_median():
    policy, cells = make_policy({"earnings": EARNINGS}), _distribution(BOTH)
    silent = _silence(protect(cells, policy).cells)
    assert set(_medians(silent).values()) == {None}
    assert silent["median_status"].unique().to_list() == ["withheld"]
