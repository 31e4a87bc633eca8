"""Medians: what one says of the numbers behind it counts, and those that would say too much are withheld."""

import dataclasses
import functools
import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from privacy import audit, certify, check, protect
from privacy.engine.medians import state_medians
from privacy.files import audit_files, check_files, protect_files
from privacy.structure import build_structure, check_cells
from tests.unit.statements import make_policy, put_back

BANDS = ("low", "middle", "high")
EARNINGS = {
    "kind": "rate",
    "levels": "earnings",
    "median": {"levels": list(BANDS), "persons": 10},
    "publish": "median",
    "thresholds": {"persons": 5, "numerator": 3},
}


def _distribution(groups: dict[str, tuple[int, ...]], bands=BANDS, org=("state", "ST", None)) -> pl.DataFrame:
    """Cells of groups (students in each band) and of all of them together."""
    total = tuple(map(sum, zip(*groups.values(), strict=True)))
    rows = []
    for group, counts in {"all": total, **groups}.items():
        for band, count in zip(bands, counts, strict=True):
            kind, value = ("earnings", band) if group == "all" else ("earnings x sex", f"{band} x {group}")
            rows.append(("earnings", 2026, *org, kind, value, sum(counts), count, sum(counts)))
    words = ["table_id", "org_level", "org_id", "parent_org_id", "disaggregate_type", "disaggregate_value"]
    columns = [words[0], "school_year", *words[1:], "student_count", "numerator", "denominator"]
    return pl.DataFrame(rows, schema={name: pl.String if name in words else pl.Int64 for name in columns}, orient="row")


def _medians(cells: pl.DataFrame) -> dict[str, str | None]:
    """Group to what its rows say the median is."""
    group = pl.col("disaggregate_value").str.split(" x ").list.get(1, null_on_oob=True).fill_null("all")
    said = cells.group_by(group=group).agg(pl.col("median_level").unique())
    assert said["median_level"].list.len().eq(1).all()  # all rows of a distribution say the same
    return {group: levels[0] for group, levels in said.iter_rows()}


def _state(release, group: str, level: str | None):
    """The release with a median stated after all, or withheld."""
    value = pl.col("disaggregate_value")
    own = ~value.str.contains(" x ") if group == "all" else value.str.ends_with(f" x {group}")
    cells = release.cells.with_columns(
        median_level=pl.when(own).then(pl.lit(level, pl.String)).otherwise("median_level"),
        median_status=pl.when(own).then(pl.lit("shown" if level else "withheld")).otherwise("median_status"),
    )
    return dataclasses.replace(release, cells=cells)


def _hold(release, policy) -> bool:
    report = audit(release, policy)
    proof = check(release.cells, release.structure, report.certificates, policy, sensitive=release.sensitive)
    return report.passed and proof.passed


def test_of_a_table_that_publishes_medians_only_sizes_and_medians_are_told():
    policy = make_policy({"earnings": EARNINGS})
    release = protect(_distribution({"F": (20, 40, 30), "M": (60, 20, 15)}), policy)
    assert _medians(release.cells) == {"all": "middle", "F": "middle", "M": "low"}
    assert release.cells["numerator"].null_count() == release.cells.height
    assert release.cells["numerator_status"].unique().to_list() == ["not_published"]
    assert release.cells["denominator"].null_count() == 0
    assert _hold(release, policy)


@pytest.mark.parametrize(
    ("counts", "median"),
    [((6, 1, 5), "low"), ((5, 2, 5), "middle"), ((5, 1, 6), "middle"), ((0, 5, 7), "high"), ((12, 0, 0), "low")],
)
def test_the_median_is_the_lowest_level_half_of_the_students_are_at_or_below(counts, median):
    policy = make_policy({"earnings": EARNINGS})
    cells = check_cells(_distribution({"F": counts}).filter(pl.col("disaggregate_type") == "earnings"), policy)
    stated = state_medians(cells, build_structure(cells, policy)[0], policy)
    assert stated["median"].to_list() == [median]


def test_the_median_of_few_is_withheld_and_so_is_that_of_those_it_is_told_apart_from():
    policy = make_policy({"earnings": EARNINGS})
    release = protect(_distribution({"F": (20, 40, 30), "M": (60, 20, 15), "X": (1, 2, 0)}), policy)
    medians = _medians(release.cells)
    assert medians["X"] is None
    assert medians["all"] == "middle"
    # X must not be all minus the others: the size of another group is withheld, and its median with it.
    assert [medians["F"], medians["M"]].count(None) == 1
    assert _hold(release, policy)


def test_a_group_under_the_policys_number_for_medians_shows_its_size_alone():
    policy = make_policy({"earnings": {**EARNINGS, "median": {"levels": list(BANDS), "persons": 30}}})
    release = protect(_distribution({"F": (20, 40, 30), "M": (11, 4, 12)}), policy)
    assert _medians(release.cells) == {"all": "middle", "F": "middle", "M": None}
    few = release.cells.filter(pl.col("disaggregate_value").str.ends_with(" x M"))
    assert few["denominator"].unique().to_list() == [27]
    assert few["status"].unique().to_list() == ["withheld"]
    found = audit(_state(release, "M", "middle"), policy).failures
    assert set(found["problem"]) == {"sensitive_value_shown"}


# Of 20 students 8 are low: with both medians "high", at most 4 of each 10 are, and so 4 of each.
APART = {"F": (4, 0, 6), "M": (4, 0, 6)}
COUNTED = {**EARNINGS, "publish": "counts", "thresholds": {"persons": 5, "numerator": 5}}


def test_two_medians_that_together_tell_a_number_are_not_both_published():
    policy = make_policy({"earnings": COUNTED}, required_candidates=3)
    release = protect(_distribution(APART), policy)
    assert _hold(release, policy)
    low = release.cells.filter(pl.col("disaggregate_type") == "earnings", pl.col("disaggregate_value") == "low")
    medians = _medians(release.cells)
    assert [low["numerator"].item(), medians["F"], medians["M"]].count(None) >= 1


def _show_low(release, cells: pl.DataFrame):
    """The release with the number of all who are low."""
    low = pl.col("disaggregate_value").eq("low") & pl.col("disaggregate_type").eq("earnings")
    return put_back(release, cells, low, "numerator")


def test_a_median_put_back_is_found_by_audit_and_checker():
    policy, cells = make_policy({"earnings": COUNTED}, required_candidates=3), _distribution(APART)
    release = protect(cells, policy)
    one = _state(_state(_show_low(release, cells), "F", "high"), "M", None)
    assert _hold(one, policy)
    both = _state(one, "M", "high")
    found = audit(both, policy).failures
    assert {("low x F", "exposed"), ("low x M", "exposed")} <= set(found.select("disaggregate_value", "problem").rows())
    # What proved it with one median is no proof with two.
    evidence = audit(one, policy).certificates
    assert not check(both.cells, release.structure, evidence, policy, sensitive=release.sensitive).passed


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"median_level": pl.lit("lowest")}, "median_is_wrong"),
        (
            {
                "median_level": pl.when(pl.col("disaggregate_value") == "low x F")
                .then(pl.lit("low"))
                .otherwise("median_level")
            },
            "median_is_wrong",
        ),
        ({"median_status": pl.lit("withheld")}, "value_of_a_withheld_cell"),
    ],
)
def test_medians_that_say_what_they_must_not_are_found(change, problem):
    policy = make_policy({"earnings": EARNINGS})
    release = protect(_distribution({"F": (20, 40, 30), "M": (60, 20, 15)}), policy)
    spoilt = dataclasses.replace(release, cells=release.cells.with_columns(**change))
    assert problem in audit(spoilt, policy).failures["problem"].to_list()
    evidence = audit(release, policy).certificates
    assert not check(spoilt.cells, release.structure, evidence, policy).passed


def test_a_median_that_shown_counts_refute_is_a_wrong_sum():
    policy = make_policy({"earnings": {**COUNTED, "thresholds": {"persons": 5}}})
    release = protect(_distribution({"F": (20, 40, 30), "M": (60, 20, 15)}), policy)
    assert _hold(release, policy)
    found = audit(_state(release, "F", "high"), policy).failures
    assert "sum_is_wrong" in found["problem"].to_list()


def _districts() -> pl.DataFrame:
    """Schools A and B of district L and C and D of district K, whose students are the state's."""
    schools = {
        "A": {"F": (4, 8, 3), "M": (2, 9, 8)},
        "B": {"F": (1, 2, 1), "M": (9, 3, 4)},
        "C": {"F": (6, 6, 9), "M": (8, 9, 1)},
        "D": {"F": (7, 2, 5), "M": (0, 2, 1)},
    }
    places = {"L": ("lea", "L", "ST"), "K": ("lea", "K", "ST"), "ST": ("state", "ST", None)}
    own = {"L": "AB", "K": "CD", "ST": "ABCD"}
    frames = [
        _distribution(groups, org=("school", name, "L" if name in "AB" else "K")) for name, groups in schools.items()
    ]
    for name, place in places.items():
        whole = {sex: tuple(map(sum, zip(*(schools[one][sex] for one in own[name]), strict=True))) for sex in "FM"}
        frames.append(_distribution(whole, org=place))
    return pl.concat(frames)


def test_schools_districts_and_the_state_are_protected_together():
    cells, policy = _districts(), make_policy({"earnings": EARNINGS})
    release = protect(cells, policy)
    assert _hold(release, policy)
    assert release.cells.filter(pl.col("org_level") != "school")["median_level"].is_not_null().any()
    # Certificates from the published cells alone hold as well.
    assert check(release.cells, release.structure, certify(release.cells, release.structure, policy), policy).passed
    assert release.cells.equals(protect(cells.reverse(), policy).cells)


@pytest.mark.parametrize("knows", ["knows_own_record", "tells_symbols_apart", "knows_own_district"])
def test_medians_hold_against_every_kind_of_attacker(knows):
    attackers = [{"name": "reader", "knows_zeros_are_shown": True}, {"name": "other", knows: True}]
    policy = make_policy({"earnings": EARNINGS}, attackers=attackers, required_candidates=2)
    release = protect(_districts(), policy)
    report = audit(release, policy, exact=_districts())
    assert report.passed
    assert check(release.cells, release.structure, report.certificates, policy, sensitive=release.sensitive).passed


# ------------------------------------------------------------------------------------------------- brute force

WIDTH = 9  # students of a kind in a world, from 0


def _oracle_policy(publish: str, required: int):
    rules = {**EARNINGS, "publish": publish, "thresholds": {"persons": 4, "numerator": 3, "complement": 2}}
    return make_policy(
        {"earnings": {**rules, "median": {"levels": list(BANDS), "persons": 4}}}, required_candidates=required
    )


@functools.cache
def _list_all() -> np.ndarray:
    """Students of F, M and all (worlds x groups x bands)."""
    worlds = np.array(list(itertools.product(range(WIDTH), repeat=6)), dtype=np.int8).reshape(-1, 2, 3)
    return np.concatenate([worlds, worlds.sum(axis=1, keepdims=True, dtype=np.int8)], axis=1)


def _list_worlds(release, groups: dict[str, tuple[int, ...]]) -> tuple[np.ndarray, dict]:
    """All numbers of students (worlds x groups x bands) that agree with everything published; group to its place."""
    worlds, rows = _list_all(), {name: i for i, name in enumerate([*groups, "all"])}
    fits = np.ones(len(worlds), dtype=bool)
    for row in release.cells.iter_rows(named=True):
        band, _, group = row["disaggregate_value"].partition(" x ")
        own, size = worlds[:, rows[group or "all"]], worlds[:, rows[group or "all"]].sum(axis=1)
        place = BANDS.index(band)
        if row["denominator"] is not None:
            fits &= size == row["denominator"]
        else:
            fits &= size >= 1  # empty groups are shown
        if row["numerator"] is not None:
            fits &= own[:, place] == row["numerator"]
        if row["median_level"] is not None:
            reached = 2 * own.cumsum(axis=1) >= size[:, None]
            fits &= reached.argmax(axis=1) == BANDS.index(row["median_level"])
    return worlds[fits], rows


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(0, 4), min_size=6, max_size=6),
    st.sampled_from(["median", "counts"]),
    st.sampled_from([2, 3]),
)
def test_brute_force_cannot_narrow_what_is_protected_beside_medians(inner, publish, required):
    groups, policy = {"F": tuple(inner[:3]), "M": tuple(inner[3:])}, _oracle_policy(publish, required)
    release = protect(_distribution(groups), policy)
    worlds, rows = _list_worlds(release, groups)
    truth = np.array([groups["F"], groups["M"], np.add(groups["F"], groups["M"])])
    assert (worlds == truth).all(axis=(1, 2)).any()
    failed = set()
    for row in release.sensitive.iter_rows(named=True):
        band, _, group = row["disaggregate_value"].partition(" x ")
        own = worlds[:, rows[group or "all"]]
        number, size = own[:, BANDS.index(band)], own.sum(axis=1)
        values = {"numerator": number, "denominator": size, "complement": size - number}[row["statistic"]]
        if len(np.unique(values)) < required:
            failed.add((row["disaggregate_value"], row["statistic"]))
    unprotected = set(release.unprotected.select("disaggregate_value", "statistic").rows())
    assert failed <= unprotected
    report = audit(release, policy)
    assert report.passed == (not unprotected)
    if report.passed:
        evidence = report.certificates
        assert check(release.cells, release.structure, evidence, policy, sensitive=release.sensitive).passed


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 4), min_size=6, max_size=6), st.sampled_from(["F", "M", "all"]))
def test_every_median_put_back_that_leaks_by_brute_force_is_found(inner, group):
    groups, policy = {"F": tuple(inner[:3]), "M": tuple(inner[3:])}, _oracle_policy("counts", 3)
    release = protect(_distribution(groups), policy)
    own = np.array(groups.get(group) or np.add(groups["F"], groups["M"]))
    if _medians(release.cells)[group] is not None or not own.sum() or len(release.unprotected):
        return
    median = BANDS[int((2 * own.cumsum() >= own.sum()).argmax())]
    spoilt = _state(release, group, median)
    worlds, rows = _list_worlds(spoilt, groups)
    leaks = False
    for row in release.sensitive.iter_rows(named=True):
        band, _, name = row["disaggregate_value"].partition(" x ")
        here = worlds[:, rows[name or "all"]]
        number, size = here[:, BANDS.index(band)], here.sum(axis=1)
        values = {"numerator": number, "denominator": size, "complement": size - number}[row["statistic"]]
        leaks |= len(np.unique(values)) < 3
    passed = audit(spoilt, policy).passed
    assert not (leaks and passed)


# --------------------------------------------------------------------------------------------------- the policy


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"levels": None}, "name its levels"),
        ({"median": None}, "needs median"),
        ({"median": {"levels": ["low"]}}, "at least 2"),
        ({"median": {"levels": ["low", "low"]}}, "same name"),
        ({"median": {"levels": list(BANDS), "persons": 2}}, "greater than or equal to 3"),
        ({"publish": "percent_only"}, "percent_only"),
        ({"kind": "median"}, "kind: rate, with levels and median"),
        ({"kind": "count"}, "kind: rate only"),
    ],
)
def test_a_median_of_nothing_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        make_policy({"earnings": {**EARNINGS, **change}})


@pytest.mark.parametrize(
    "change",
    [
        lambda cells: cells.filter(pl.col("disaggregate_value") != "high x F"),
        lambda cells: cells.with_columns(pl.col("disaggregate_value").str.replace("high x F", "top x F")),
        lambda cells: cells.with_columns(
            numerator=pl.when(pl.col("disaggregate_value") == "low x F").then(1).otherwise("numerator")
        ),
    ],
    ids=["a level is missing", "a level is called otherwise", "students at no level"],
)
def test_distributions_without_a_median_are_refused_with_a_count(change):
    with pytest.raises(ValueError, match="1 distributions lack a level of their median"):
        protect(change(_distribution({"F": (20, 40, 30), "M": (60, 20, 15)})), make_policy({"earnings": EARNINGS}))


def test_plain_files_publish_medians_with_the_symbol_where_they_are_withheld(tmp_path):
    policy = make_policy({"earnings": EARNINGS})
    (tmp_path / "policy.yml").write_text(policy.model_dump_json())
    (tmp_path / "cells.yml").write_text("version: 1\n")
    _distribution({"F": (20, 40, 30), "M": (60, 20, 15), "X": (1, 2, 0)}).write_csv(tmp_path / "cells.csv")
    out, rules = tmp_path / "release", tmp_path / "policy.yml"
    protect_files(tmp_path / "cells.csv", tmp_path / "cells.yml", rules, out)
    assert audit_files(out, rules).passed
    places = out / "public/cells.parquet", out / "public/structure", out / "public/certificates"
    assert check_files(*places, rules).passed
    written = pl.read_csv(out / "public/cells.csv", infer_schema=False)
    few = written.filter(pl.col("disaggregate_value").str.ends_with(" x X"))
    assert few["median_level"].unique().to_list() == ["*"]
