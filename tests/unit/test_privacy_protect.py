"""The two doors on a made-up state: what is published is safe, and whatever is tampered with is found."""

import dataclasses
import functools
import random

import polars as pl
import pytest

from privacy import audit, check, load_policy, protect
from privacy.engine import exploring

KEY = ["table_id", "school_year", "org_id", "disaggregate_type", "disaggregate_value"]
RACES, SEXES = ("White", "Black", "Asian", "AmericanIndian"), ("Female", "Male")
TABLES = {
    "ind_membership_october_1": None,
    "ind_chronic_absenteeism": "absent",
    "ind_exclusionary_discipline": "excluded",
    "ind_average_daily_attendance": "days",
}


def _make_students(schools: int, seed: int) -> pl.DataFrame:
    dice = random.Random(seed)
    rows = []
    for school in range(schools):
        for _ in range(dice.choice([14, 45, 120, 260])):
            absent = dice.random() < 0.2
            rows.append(
                {
                    "school": f"S{school}",
                    "lea": f"L{school // 3}",
                    "state": "ST",
                    "race_ethnicity": dice.choices(RACES, [60, 25, 10, 4])[0],
                    "sex": dice.choice(SEXES),
                    "absent": int(absent),
                    "excluded": int(dice.random() < 0.05),
                    "enrolled": dice.choice([180, 180, 90]),
                    "present": 80 if absent else 88,
                }
            )
    return pl.DataFrame(rows)


@functools.cache
def make_cells(schools: int = 6, seed: int = 1) -> pl.DataFrame:
    students, parts = _make_students(schools, seed), []
    groups = {
        "all": {"all": pl.lit(True)},
        "race_ethnicity": {race: pl.col("race_ethnicity") == race for race in RACES},
        "sex": {sex: pl.col("sex") == sex for sex in SEXES},
    }
    for table, outcome in TABLES.items():
        for level, parent in (("school", "lea"), ("lea", "state"), ("state", None)):
            orgs = students.group_by(org_id=level, parent_org_id=parent or pl.lit(None, pl.String))
            for kind, values in groups.items():
                for value, member in values.items():
                    count = member.cast(pl.Int64).sum() if value != "all" else pl.len().cast(pl.Int64)
                    chosen = {
                        column: pl.col(column).filter(member if value != "all" else True).sum()
                        for column in ("absent", "excluded", "present", "enrolled")
                    }
                    sums = [pl.lit(None, pl.Int64)] * 2
                    if outcome:
                        sums = (
                            [chosen["present"], chosen["enrolled"]] if outcome == "days" else [chosen[outcome], count]
                        )
                    parts.append(
                        orgs.agg(student_count=count, numerator=sums[0], denominator=sums[1]).with_columns(
                            table_id=pl.lit(table),
                            school_year=pl.lit(2026),
                            org_level=pl.lit(level),
                            disaggregate_type=pl.lit(kind),
                            disaggregate_value=pl.lit(value),
                        )
                    )
    return pl.concat(parts, how="diagonal").with_columns(
        parent_org_id=pl.when(pl.col("org_level") != "state").then("parent_org_id")
    )


@pytest.fixture(scope="module")
def policy():
    return load_policy()


@pytest.fixture(scope="module")
def release(policy):
    return protect(make_cells(), policy)


def _with_cells(release, cells):
    return dataclasses.replace(release, cells=cells)


def _unhide(release, keys: pl.DataFrame, truth: pl.DataFrame, statistics):
    """The release with some withheld statistics put back."""
    cells = release.cells.join(
        truth.select(*KEY, *[pl.col(s).alias(f"true_{s}") for s in statistics]), on=KEY, how="left"
    )
    chosen = pl.struct(KEY).is_in(keys.select(pl.struct(KEY)).to_series().implode())
    cells = cells.with_columns(
        *[pl.when(chosen).then(pl.col(f"true_{s}")).otherwise(pl.col(s)).alias(s) for s in statistics],
        *[
            pl.when(chosen).then(pl.lit("shown")).otherwise(pl.col(f"{s}_status")).alias(f"{s}_status")
            for s in statistics
        ],
    )
    return _with_cells(release, cells.select(release.cells.columns))


def test_what_is_protected_passes_the_audit_of_every_attacker(release, policy):
    report = audit(release, policy)
    assert report.passed, report.failures.group_by("problem", "attacker").len()
    assert report.tables["table_id"].to_list() == sorted(TABLES)
    assert (report.tables["checked"] > 0).all()


def test_shown_values_are_the_true_ones_and_withheld_ones_are_gone(release):
    joined = release.cells.join(make_cells().with_columns(pl.col("school_year").cast(pl.Int64)), on=KEY, suffix="_true")
    assert joined.height == make_cells().height
    for statistic in ("student_count", "numerator", "denominator"):
        shown = joined.filter(pl.col(f"{statistic}_status") == "shown")
        assert (shown[statistic] == shown[f"{statistic}_true"].fill_null(0)).all()
        assert joined.filter(pl.col(f"{statistic}_status") != "shown")[statistic].is_null().all()


def test_no_small_group_and_no_small_outcome_is_shown(release):
    rates = release.cells.filter(pl.col("table_id").is_in(["ind_chronic_absenteeism", "ind_exclusionary_discipline"]))
    assert rates.filter(pl.col("denominator").is_between(1, 9)).is_empty()
    assert rates.filter(pl.col("denominator") > 0, pl.col("numerator") < 10).is_empty()
    assert rates.filter(pl.col("denominator") > 0, pl.col("denominator") - pl.col("numerator") < 10).is_empty()


def test_an_empty_group_is_shown_as_empty(release):
    empty = make_cells().filter(pl.col("student_count") == 0).select(KEY)
    shown = release.cells.join(empty.with_columns(pl.col("school_year").cast(pl.Int64)), on=KEY)
    assert empty.height > 0
    assert set(shown["status"]) == {"shown"}


def test_most_of_what_is_large_stays_published(release):
    state = release.cells.filter(pl.col("org_level") == "state", pl.col("disaggregate_type") == "all")
    assert set(state["status"]) == {"shown"}
    assert (release.cells["denominator_status"] != "withheld").mean() > 0.5


def test_a_district_s_days_are_withheld_as_a_whole_row(release):
    days = release.cells.filter(pl.col("table_id") == "ind_average_daily_attendance")
    assert (days["numerator_status"] == days["denominator_status"]).all()
    assert set(days["student_count_status"]) == {"not_published"}


def test_the_release_depends_on_neither_the_order_nor_the_number_of_runs(release, policy):
    again = protect(make_cells().sample(fraction=1, shuffle=True, seed=3), policy)
    assert again.cells.equals(release.cells)
    assert again.reasons.equals(release.reasons)


def test_the_secret_breaks_ties_and_nothing_else(release, policy):
    kept = protect(make_cells(), policy, secret=b"one key")
    assert kept.cells.equals(protect(make_cells(), policy, secret=b"one key").cells)
    assert not kept.cells.equals(release.cells)
    assert kept.sensitive.equals(release.sensitive)
    assert audit(kept, policy).passed


def test_publishing_one_sensitive_value_is_found(release, policy):
    truth = make_cells().with_columns(pl.col("school_year").cast(pl.Int64))
    key = release.sensitive.filter(
        pl.col("statistic") == "numerator", pl.col("table_id") == "ind_chronic_absenteeism"
    ).head(1)
    report = audit(_unhide(release, key, truth, ["numerator"]), policy)
    assert not report.passed
    assert set(report.failures["problem"]) >= {"value_of_a_withheld_cell"} or "sensitive_value_shown" in set(
        report.failures["problem"]
    )


def test_publishing_all_complements_again_is_found_as_recovery(release, policy):
    truth = make_cells().with_columns(pl.col("school_year").cast(pl.Int64))
    table = "ind_membership_october_1"
    complements = release.reasons.filter(pl.col("reason") == "complementary", pl.col("table_id") == table)
    assert complements.height > 0
    report = audit(_unhide(release, complements, truth, ["student_count"]), policy)
    failed = report.failures.filter(pl.col("problem") == "exposed")
    assert failed.height > 0
    assert set(failed["table_id"]) == {table}


def test_republishing_complements_one_at_a_time_is_found_whenever_brute_subtraction_works(release, policy):
    """Every complement whose return leaves a sensitive count alone in its sum must make the audit fail."""
    truth = make_cells().with_columns(pl.col("school_year").cast(pl.Int64))
    table = "ind_membership_october_1"
    reasons = release.reasons.filter(pl.col("table_id") == table)
    tried = 0
    for row in reasons.filter(pl.col("reason") == "complementary").iter_slices(1):
        same_sum = ["org_id", "disaggregate_type"]
        left = reasons.join(row.select(KEY), on=KEY, how="anti").join(row.select(same_sum), on=same_sum, how="semi")
        everyone = reasons.filter(pl.col("disaggregate_type") == "all").join(
            row.select("org_id"), on="org_id", how="semi"
        )
        if left.height == 1 and left["reason"][0] == "primary_n" and everyone.is_empty():
            tried += 1
            assert not audit(_unhide(release, row, truth, ["student_count"]), policy).passed
    assert tried > 0


def test_a_wrong_digit_in_a_published_sum_is_found(release, policy):
    wrong = release.cells.with_columns(
        student_count=pl.when((pl.col("org_level") == "state") & (pl.col("disaggregate_type") == "all"))
        .then(pl.col("student_count") + 1)
        .otherwise(pl.col("student_count"))
    )
    report = audit(_with_cells(release, wrong), policy)
    assert "sum_is_wrong" in set(report.failures["problem"])


def test_a_value_left_in_a_withheld_cell_is_found(release, policy):
    first = pl.int_range(pl.len()) == release.cells["student_count_status"].to_list().index("withheld")
    leaky = release.cells.with_columns(student_count=pl.when(first).then(7).otherwise(pl.col("student_count")))
    assert "value_of_a_withheld_cell" in set(audit(_with_cells(release, leaky), policy).failures["problem"])


def test_the_audit_finds_a_sensitive_quantity_that_nobody_listed(release, policy):
    truth = make_cells().with_columns(pl.col("school_year").cast(pl.Int64))
    table = "ind_membership_october_1"
    complements = release.reasons.filter(pl.col("reason") == "complementary", pl.col("table_id") == table)
    unlisted = dataclasses.replace(
        _unhide(release, complements, truth, ["student_count"]),
        sensitive=release.sensitive.filter(pl.col("table_id") != table),
    )
    assert "exposed" in set(audit(unlisted, policy).failures["problem"])


def test_the_reasons_are_not_in_what_is_published(release):
    assert not {"reason", "reasons"} & set(release.cells.columns)
    assert set(release.cells["status"]) == {"shown", "withheld"}


@pytest.mark.parametrize("name", ["nces", "texas", "wisconsin"])
def test_a_release_under_a_ready_policy_is_safe(name):
    policy = load_policy(name)
    release = protect(make_cells(), policy)
    report = audit(release, policy)
    assert report.passed, report.failures.group_by("problem", "statistic").len()
    proof = check(release.cells, release.structure, report.certificates, policy, sensitive=release.sensitive)
    assert proof.passed, proof.faults


def test_a_duplicated_student_in_two_districts_does_not_break_the_protection(policy):
    cells = make_cells(seed=5).with_columns(
        *[
            pl.when(
                (pl.col("org_level") == "state")
                & (pl.col("disaggregate_type") == "all")
                & (pl.col("table_id") != "ind_average_daily_attendance")
            )
            .then(pl.col(c) - 1)
            .otherwise(pl.col(c))
            .alias(c)
            for c in ("student_count", "denominator")
        ]
    )
    release = protect(cells, policy)
    assert audit(release, policy).passed


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("student_count", -1, "null or negative"),
        ("numerator", 10**6, "0 <= numerator <= denominator"),
        ("org_level", "planet", "unknown org_level"),
        ("table_id", "ind_unheard_of", "says nothing about"),
    ],
)
def test_cells_that_cannot_be_right_are_refused_without_showing_a_value(policy, column, value, message):
    with pytest.raises(ValueError, match=message) as caught:
        protect(make_cells().with_columns(pl.lit(value).alias(column)), policy)
    assert str(10**6) not in str(caught.value)


def test_nothing_sensitive_means_nothing_is_withheld(policy):
    big = make_cells().filter(
        pl.col("org_level") == "state",
        pl.col("disaggregate_type") == "all",
        pl.col("table_id") == "ind_membership_october_1",
    )
    release = protect(big, policy)
    assert release.reasons.is_empty()
    assert audit(release, policy).passed


def test_a_release_is_as_safe_where_single_questions_are_asked_among_neighbours_only(policy, monkeypatch):
    asked, ask_truly = [], exploring.ask_singly

    def ask(problem, part, witnesses):
        asked.append(part)
        ask_truly(problem, part, witnesses)

    settings = {"MANY": 1, "ask_singly": ask, "push_at_random": lambda *_: None}
    for name, value in settings.items():
        monkeypatch.setattr(exploring, name, value)
    release = protect(make_cells(schools=12), policy)
    assert len(asked) > 10
    assert release.unprotected.is_empty()
    assert audit(release, policy).passed
