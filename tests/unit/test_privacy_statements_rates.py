"""Rates, bands and means: what a published percentage says about the students behind it counts as published."""

import dataclasses

import polars as pl
import pytest
from pydantic import ValidationError

from privacy import audit, check, protect
from privacy.attack.reading import _read_label
from privacy.engine.coding import PARTS, state_rates
from privacy.statements import TablePolicy
from tests.unit.statements import make_policy, make_students, tabulate

SENSITIVE = {"thresholds": {"persons": 10, "numerator": 10, "complement": 10}, "zero_is_sensitive": True}
RATE = {"kind": "rate", **SENSITIVE}
GRID = [
    {"from": 300, "bottom": 1, "top": 99, "step": 1},
    {"from": 100, "bottom": 2, "top": 98, "step": 1},
    {"from": 40, "bottom": 5, "top": 95, "step": 1},
    {"from": 20, "bottom": 10, "top": 90, "step": 10},
    {"from": 10, "bottom": 20, "top": 80, "step": 10},
]
MODES = {
    "bands beside counts": {"coding": "grid"},
    "rounded percentages": {"publish": "percent", "decimals": 1},
    "bands instead of counts": {"publish": "percent", "coding": "grid"},
    "percentages without sizes": {"publish": "percent_only", "decimals": 0},
}


def _policy(**fields):
    return make_policy({"rates": {**RATE, **fields}}, grids={"grid": GRID})


def _hold(release, policy):
    report = audit(release, policy)
    proof = check(release.cells, release.structure, report.certificates, policy, sensitive=release.sensitive)
    return report.passed and proof.passed, report.failures, proof.faults


@pytest.fixture(scope="module")
def cells():
    students = make_students(
        {"A": 160, "B": 90, "C": 45, "D": 130},
        sex={"F": 1, "M": 1},
        race={"AS": 1, "BL": 3, "WH": 6},
        absent={"yes": 2, "no": 7},
    )
    return tabulate(
        students,
        ["all", "sex", "race"],
        table="rates",
        outcome="absent",
        leas=dict(zip("ABCD", ["L1", "L1", "L2", "L2"], strict=True)),
    )


def _single(numerator: int, denominator: int):
    students = [{"school": "A", "absent": "yes" if i < numerator else "no"} for i in range(denominator)]
    return tabulate(students, ["all"], table="rates", outcome="absent").filter(pl.col("org_level") == "state")


def _state(numerator: int, denominator: int, **fields) -> dict:
    return state_rates(_single(numerator, denominator), _policy(**fields)).row(0, named=True)


@pytest.mark.parametrize("fields", MODES.values(), ids=MODES.keys())
def test_a_release_of_rates_is_safe_and_audit_and_checker_agree(cells, fields):
    policy = _policy(**fields)
    if fields.get("publish") == "percent_only":  # sizes unknown: many more tables to search
        cells = cells.filter(pl.col("disaggregate_type") != "race")
    release = protect(cells, policy)
    passed, failures, faults = _hold(release, policy)
    assert passed, (failures, faults)
    assert release.cells["rate_label"].is_not_null().any()


@pytest.mark.parametrize("fields", MODES.values(), ids=MODES.keys())
def test_what_a_label_says_is_true(cells, fields):
    policy = _policy(**fields)
    joined = protect(cells, policy).cells.join(cells, on=["org_id", "disaggregate_value"], suffix="_true")
    rated = joined.filter(pl.col("rate_label").is_not_null()).with_columns(
        rate=100 * PARTS * pl.col("numerator_true") / pl.col("denominator_true")
    )
    assert rated.height
    for row in rated.iter_rows(named=True):
        assert row["rate_low"] <= row["rate"] <= row["rate_high"]
        assert _read_label(row["rate_label"], policy.tables["rates"]) == (row["rate_low"], row["rate_high"])


def test_numbers_that_a_table_does_not_publish_are_in_no_cell(cells):
    percent, alone = (protect(cells, _policy(publish=one)).cells for one in ("percent", "percent_only"))
    assert percent.filter(pl.col("denominator") > 0)["numerator"].is_null().all()
    assert percent["denominator"].is_not_null().any()
    for column in ("student_count", "numerator", "denominator"):
        assert alone.filter(pl.col(column) > 0).is_empty()
    assert set(alone.filter(pl.col("rate_label").is_not_null())["denominator_status"]) == {"not_published"}


def test_23_1_percent_of_13_is_exactly_3_and_is_withheld():
    assert _state(3, 13, publish="percent")["plain_label"] == "23.1"
    assert _state(3, 13, publish="percent")["rate_label"] is None
    policy = _policy(publish="percent")
    release = protect(_single(3, 13), policy)
    assert release.cells["rate_status"].to_list() == ["withheld"]
    assert release.cells["denominator"].to_list() == [13]
    assert _hold(release, policy)[0]


def test_a_rate_put_back_is_found_by_the_audit():
    policy = _policy(publish="percent")
    release = protect(_single(3, 13), policy)
    told = {"rate_low": 230_500, "rate_high": 231_500, "rate_label": "23.1", "rate_status": "shown"}
    leaky = dataclasses.replace(release, cells=release.cells.with_columns(**{k: pl.lit(v) for k, v in told.items()}))
    assert set(audit(leaky, policy).failures["problem"]) == {"exposed"}


def test_a_rounded_rate_of_a_large_group_may_stand_though_its_numerator_may_not():
    # 0.1 % of 5,000: 3 to 7 students.
    stated = _state(5, 5000, publish="percent")
    assert (stated["rate_label"], stated["least"], stated["most"]) == ("0.1", 3, 7)
    policy = _policy(publish="percent")
    release = protect(_single(5, 5000), policy)
    assert release.cells["rate_label"].to_list() == ["0.1"]
    assert _hold(release, policy)[0]


@pytest.mark.parametrize(
    ("numerator", "denominator", "label"),
    [
        (0, 15, "<=20"),
        (15, 15, ">=80"),
        (8, 16, None),  # 50-59 % of 16 is 8 or 9
        (25, 30, ">=80"),  # 80-89 % of 30 is 24 to 26: the next coarser row
        (8, 30, None),
        (12, 36, "30-39"),
        (31, 200, "11-19"),  # one percent of 200 is two students: the next coarser row that leaves four
        (160, 400, "40"),
        (3, 9, None),
    ],
)
def test_bands_follow_the_size_of_the_group_and_become_coarser_until_enough_is_left(numerator, denominator, label):
    assert _state(numerator, denominator, coding="grid")["rate_label"] == label


def test_a_band_never_leaves_fewer_numerators_than_are_required():
    one = _single(1, 20)
    pairs = [
        (n, d) for d in (10, 13, 20, 27, 39, 40, 99, 100, 299, 300, 1000) for n in range(0, d + 1, max(d // 40, 1))
    ]
    many = pl.concat(
        one.with_columns(org_id=pl.lit(f"{n}/{d}"), numerator=pl.lit(n, pl.Int64), denominator=pl.lit(d, pl.Int64))
        for n, d in pairs
    )
    policy = _policy(coding="grid")
    stated = state_rates(many, policy).filter(pl.col("rate_label").is_not_null())
    assert stated.height > 100
    for row in stated.iter_rows(named=True):
        numerator, denominator = map(int, row["org_id"].split("/"))
        low, high = row["rate_low"], row["rate_high"]
        end = high + (high == 100 * PARTS)
        fits = [n for n in range(denominator + 1) if low * denominator <= 100 * PARTS * n < end * denominator]
        assert numerator in fits
        assert (fits[0], fits[-1]) == (row["least"], row["most"])
        assert len(fits) >= policy.required_candidates


def test_a_band_beside_counts_says_something_where_the_number_is_withheld(cells):
    plain, banded = (protect(cells, one).cells for one in (_policy(), _policy(coding="grid")))
    gained = banded.filter(pl.col("rate_status") == "banded")
    assert gained.height
    assert gained["numerator"].is_null().all()
    assert "rate_status" not in plain.columns


def test_a_label_that_says_something_else_than_its_bounds_is_found(cells):
    policy = _policy(coding="grid")
    release = protect(cells, policy)
    first = pl.int_range(pl.len()) == release.cells["rate_status"].to_list().index("banded")
    changed = release.cells.with_columns(rate_label=pl.when(first).then(pl.lit("7")).otherwise("rate_label"))
    assert "rate_is_wrong" in set(audit(dataclasses.replace(release, cells=changed), policy).failures["problem"])


def test_a_rate_left_in_a_withheld_row_is_found_by_audit_and_checker(cells):
    policy = _policy(publish="percent")
    release = protect(cells, policy)
    certificates = audit(release, policy).certificates
    first = pl.int_range(pl.len()) == release.cells["rate_status"].to_list().index("withheld")
    leaky = dataclasses.replace(
        release, cells=release.cells.with_columns(rate_label=pl.when(first).then(pl.lit("7.0")).otherwise("rate_label"))
    )
    assert "value_of_a_withheld_cell" in set(audit(leaky, policy).failures["problem"])
    proof = check(leaky.cells, leaky.structure, certificates, policy, sensitive=leaky.sensitive)
    assert "value_in_a_withheld_cell" in proof.faults["problem"].to_list()


def test_levels_of_a_distribution_add_up_to_those_tested():
    students = make_students({"A": 60, "B": 80}, level={"1": 1, "2": 4, "3": 6, "4": 2}, sex={"F": 1, "M": 1})
    tested = tabulate(students, ["all", "sex"])
    counts = tabulate(students, ["level", "level x sex"])
    shares = counts.join(
        tested.select("org_id", sex="disaggregate_value", size="student_count"),
        left_on=[
            "org_id",
            pl.col("disaggregate_value").str.split(" x ").list.get(1, null_on_oob=True).fill_null("all"),
        ],
        right_on=["org_id", "sex"],
        maintain_order="left",
    ).with_columns(table_id=pl.lit("rates"), numerator="student_count", denominator="size", student_count="size")
    policy = make_policy({"rates": {**RATE, "levels": "level"}})
    release = protect(shares, policy)
    levels = release.structure.relations.filter(pl.col("kind") == "levels")
    assert levels.height == 4 * 3
    assert levels["high"].eq(0).all()
    assert _hold(release, policy)[0]
    untold = protect(shares, make_policy({"rates": RATE}))
    naive = dataclasses.replace(release, cells=untold.cells)
    lost = [(one.cells["numerator_status"] == "withheld").sum() for one in (untold, release)]
    assert lost[0] != lost[1] or not audit(naive, policy).passed


MEAN = {"kind": "mean", "thresholds": {"persons": 10}, "lowest": 200, "highest": 800, "decimals": 1}


def _scores(*groups: list[int]):
    students = [
        {"school": "A", "group": f"g{place}", "score": score} for place, scores in enumerate(groups) for score in scores
    ]
    rows = []
    for kind, value, members in [
        ("all", "all", students),
        *[
            ("group", name, [s for s in students if s["group"] == name])
            for name in sorted({s["group"] for s in students})
        ],
    ]:
        total = sum(student["score"] for student in members)
        rows.append(("scores", 2026, "state", "ST", None, kind, value, len(members), total, len(members)))
    return pl.DataFrame(rows, schema=tabulate([{"school": "A"}], ["all"]).schema, orient="row")


def test_the_mean_of_two_groups_and_of_one_do_not_give_the_other_s():
    policy = make_policy({"scores": MEAN})
    cells = _scores([500, 520, 610, 480], [450] * 30, [560] * 25)
    release = protect(cells, policy)
    assert _hold(release, policy)[0]
    labels = dict(release.cells.select("disaggregate_value", "rate_label").iter_rows())
    assert labels["g0"] is None
    assert None in {labels["all"], labels["g1"], labels["g2"]}
    assert release.cells["numerator"].is_null().all()


def test_a_mean_at_the_end_of_the_scale_says_what_everybody_has():
    policy = make_policy({"scores": {**MEAN, "zero_is_sensitive": True}})
    release = protect(_scores([800] * 30, [450] * 30), policy)
    assert release.sensitive["disaggregate_value"].to_list() == ["g0"]
    assert _hold(release, policy)[0]


def test_scores_that_nobody_can_have_are_refused():
    with pytest.raises(ValueError, match="a sum of scores that so many students cannot have"):
        protect(_scores([900] * 30), make_policy({"scores": MEAN}))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "median"}, "median is no sum"),
        ({"kind": "mean"}, "belong to kind: mean"),
        ({"kind": "count", "publish": "percent"}, "kind: rate only"),
        ({"kind": "rate", "coding": "grid", "scale": 1000}, "scale must be 100"),
        ({"kind": "mean", "lowest": 5, "highest": 5}, "less than"),
    ],
)
def test_statistics_that_cannot_be_protected_are_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        TablePolicy.model_validate(fields)
