"""Readers who kept every release: what the past shows binds the new one, and what it has spoilt is named."""

import polars as pl

from privacy import Policy, audit, check, load_policy, protect
from privacy.ledger.chain import Release
from privacy.ledger.cumulative import audit_after, protect_after, recall
from privacy.ledger.history import combine
from privacy.ledger.translation import Found
from privacy.structure import KEY, check_cells

COUNT, RATE = "ind_membership_october_1", "ind_chronic_absenteeism"
POLICY = load_policy()


def _policy(persons: int) -> Policy:
    content = POLICY.model_dump(mode="json")
    content["tables"][COUNT]["thresholds"]["persons"] = persons
    return Policy.model_validate(content)


def _cells(schools: dict[str, int], absent: dict[str, int] | None = None) -> pl.DataFrame:
    """One district's schools and their sum; with `absent` students as a rate."""
    numbers = {**schools, "D": sum(schools.values())}
    outcomes = {**absent, "D": sum(absent.values())} if absent else None
    rows = [
        {
            "table_id": RATE if absent else COUNT,
            "school_year": 2026,
            "org_id": org,
            "disaggregate_type": "all",
            "disaggregate_value": "all",
            "org_level": "lea" if org == "D" else "school",
            "parent_org_id": None if org == "D" else "D",
            "student_count": count,
            "numerator": outcomes[org] if absent else None,
            "denominator": count if absent else None,
        }
        for org, count in numbers.items()
    ]
    schema = {"parent_org_id": pl.String, "numerator": pl.Int64, "denominator": pl.Int64}
    return check_cells(pl.DataFrame(rows, schema_overrides=schema), POLICY)


def _hide(cells: pl.DataFrame, orgs: str, name: str = "one", tier: str = "public") -> Release:
    """A release of counts that withholds some organisations, whatever any rule says."""
    shown = protect(cells, _policy(3)).cells
    gone = pl.col("org_id").is_in(list(orgs.split()))
    status = pl.when(gone).then(pl.lit("withheld")).otherwise(pl.lit("shown"))
    shown = shown.with_columns(
        student_count=pl.when(~gone).then("student_count"), student_count_status=status, status=status
    )
    return Release(tier, name, 1, shown, cells)


def _withheld(cells: pl.DataFrame, statistic: str = "student_count") -> set[str]:
    return set(cells.filter(pl.col(f"{statistic}_status") == "withheld")["org_id"])


def _problems(report) -> set[tuple[str, str]]:
    return set(report.failures.select("org_id", "problem").rows())


ALTERNATING = {"A": 6, "B": 40, "C": 56, "E": 80}


def test_a_pattern_that_alternates_is_found():
    cells = _cells(ALTERNATING)
    first = _hide(cells, "A B")
    naive = protect(cells, POLICY)
    second = naive.__class__(**{**naive.__dict__, "cells": _hide(cells, "A C").published})
    assert audit(second, POLICY).passed
    report = audit_after(second, recall(cells, POLICY, [first], "public"))
    assert ("A", "exposed") in _problems(report)


def test_a_pattern_stays_as_it_was():
    cells = _cells(ALTERNATING)
    for orgs in ("A B", "A C", "A B C"):
        release = protect_after(recall(cells, POLICY, [_hide(cells, orgs)], "public"))
        assert _withheld(release.cells) == set(orgs.split())
        assert audit_after(release, recall(cells, POLICY, [_hide(cells, orgs)], "public")).passed


def test_a_value_shown_once_protects_nothing_any_more():
    cells = _cells(ALTERNATING)
    releases = [_hide(cells, "A C", "one"), _hide(cells, "A B", "two")]
    past = recall(cells, POLICY, releases, "public")
    report = audit_after(protect_after(past), past)
    assert not report.passed  # each hid another partner of A: it is lost, and said to be
    assert _problems(report) == {("A", "exposed")}


def test_a_small_value_shown_before_is_named_and_the_rest_protected():
    cells = _cells({"A": 7, "B": 6, "C": 90, "E": 80})
    first = _hide(cells, "B C")
    release = protect_after(recall(cells, POLICY, [first], "public"))
    assert {"A", "B", "C"} <= _withheld(release.cells)
    assert recall(cells, POLICY, [first], "public").find_shown()["org_id"].to_list() == ["A"]
    report = audit_after(release, recall(cells, POLICY, [first], "public"))
    assert _problems(report) == {("A", "shown_in_an_earlier_release")}


def test_a_correction_of_one_student_is_kept_back():
    before, after = _cells({"A": 50, "B": 60, "C": 70}), _cells({"A": 51, "B": 60, "C": 70})
    first = _hide(before, "")
    report = audit_after(protect(after, POLICY), recall(after, POLICY, [first], "public"))
    assert {row[0] for row in _problems(report)} == {"A", "D"}
    release = protect_after(recall(after, POLICY, [first], "public"))
    assert _withheld(release.cells) == {"A", "D"}
    assert audit_after(release, recall(after, POLICY, [first], "public")).passed


def test_a_correction_of_many_students_is_shown():
    before, after = _cells({"A": 50, "B": 60, "C": 70}), _cells({"A": 65, "B": 60, "C": 70})
    release = protect_after(recall(after, POLICY, [_hide(before, "")], "public"))
    assert _withheld(release.cells) == set()
    assert audit_after(release, recall(after, POLICY, [_hide(before, "")], "public")).passed


def test_small_corrections_hide_among_one_another():
    before, after = _cells({"A": 50, "B": 60, "C": 70}), _cells({"A": 58, "B": 68, "C": 70})
    release = protect_after(recall(after, POLICY, [_hide(before, "")], "public"))
    assert _withheld(release.cells) == {"A", "B"}
    assert audit_after(release, recall(after, POLICY, [_hide(before, "")], "public")).passed


def test_the_outcome_of_one_student_who_came_is_kept_back_though_it_changed_nothing():
    schools, absent = {"A": 150, "B": 160, "C": 170}, {"A": 50, "B": 60, "C": 70}
    before = _cells(schools, absent)
    after = _cells({**schools, "A": 151}, absent)
    first = Release("public", "one", 1, protect(before, POLICY).cells, before)
    assert not _withheld(first.published, "numerator")
    release = protect_after(recall(after, POLICY, [first], "public"))
    assert _withheld(release.cells, "numerator") == {"A", "D"}
    assert audit_after(release, recall(after, POLICY, [first], "public")).passed
    assert not audit_after(protect(after, POLICY), recall(after, POLICY, [first], "public")).passed


def test_two_tiers_put_together_tell_no_more_than_each_may():
    cells = _cells({"A": 4, "B": 14, "C": 43, "E": 60})
    mart = _hide(cells, "A D", "mart", tier="districts")
    naive = protect(cells, POLICY)
    report = audit_after(naive, recall(cells, POLICY, [mart], "public"))
    assert ("A", "exposed") in _problems(report)
    assert report.failures["attacker"].str.starts_with("all tiers: ").all()
    release = protect_after(recall(cells, POLICY, [mart], "public"))
    assert audit_after(release, recall(cells, POLICY, [mart], "public")).passed
    assert _withheld(release.cells) >= {"A", "D"}


def test_what_another_tier_may_show_is_no_failure_of_this_one():
    cells = _cells({"A": 7, "B": 14, "C": 43, "E": 60})
    mart = _hide(cells, "", "mart", tier="districts")
    release = protect_after(recall(cells, POLICY, [mart], "public"))
    assert "A" in _withheld(release.cells)
    assert audit_after(release, recall(cells, POLICY, [mart], "public")).passed


def test_a_checker_without_a_solver_confirms_the_attack_on_all_releases():
    before, after = _cells({"A": 50, "B": 60, "C": 70}), _cells({"A": 51, "B": 60, "C": 70})
    first = _hide(before, "")
    release = protect_after(recall(after, POLICY, [first], "public"))
    report = audit_after(release, recall(after, POLICY, [first], "public"))
    history = combine(after, [first], POLICY)
    found = check(
        history.publish(release.cells),
        history.structure,
        report.certificates,
        history.policy,
        sensitive=history.sensitive,
    )
    assert found.passed


def test_a_year_released_before_and_not_now_stays_part_of_the_system():
    this, last = _cells(ALTERNATING), _cells(ALTERNATING).with_columns(school_year=pl.lit(2025, pl.Int64))
    history = combine(this, [_hide(last, "A B")], POLICY)
    years = history.structure.quantities.filter(pl.Series(history.shown[history.structure.quantities["quantity"]]))
    assert set(years["school_year"]) == {2025}
    assert history.current.equals(this.select(KEY))
    assert history.settled.sum() == 2


def test_what_the_last_audit_found_carries_over_a_correction():
    schools = {one: 40 + 7 * n for n, one in enumerate("ABCEFGHI")}
    absent = {one: 3 + 4 * n for n, one in enumerate("ABCEFGHI")}
    before = _cells(schools, absent)
    after = _cells({**schools, "C": schools["C"] + 1}, {**absent, "C": absent["C"] + 1})
    start = recall(before, POLICY, [], "public")
    first = protect_after(start)
    report = audit_after(first, start)
    found = Found("public/one", start.own.structure.quantities, report.certificates)
    past = recall(after, POLICY, [Release("public", "one", 1, first.cells, before)], "public")
    second = protect_after(past, earlier=found)
    again = audit_after(second, past, earlier=found)
    assert again.passed
    assert audit_after(second, past).passed
    assert _withheld(second.cells, "numerator") >= _withheld(first.cells, "numerator") | {"C", "D"}
    history = past.own
    shown = history.publish(second.cells)
    assert check(shown, history.structure, again.certificates, history.policy, sensitive=history.sensitive).passed


def test_a_third_release_is_held_against_both_before_it():
    steps = [{"A": 50, "B": 60, "C": 70}, {"A": 55, "B": 60, "C": 70}, {"A": 62, "B": 60, "C": 70}]
    releases, found = [], None
    for number, schools in enumerate(steps):
        cells = _cells(schools)
        past = recall(cells, POLICY, releases, "public")
        release = protect_after(past, earlier=found)
        report = audit_after(release, past, earlier=found)
        assert report.passed
        found = Found(f"public/{number}", past.own.structure.quantities, report.certificates)
        releases.append(Release("public", str(number), number + 1, release.cells, cells))
    assert _withheld(releases[1].published) == _withheld(releases[2].published) == {"A", "D"}


def test_a_table_may_be_told_any_correction_if_the_policy_says_so():
    before, after = _cells({"A": 50, "B": 60, "C": 70}), _cells({"A": 51, "B": 60, "C": 70})
    policy = POLICY.model_copy(update={"revision_threshold": 1})
    past = recall(after, policy, [_hide(before, "")], "public")
    release = protect_after(past)
    assert _withheld(release.cells) == set()
    assert audit_after(release, past).passed


def test_bands_of_an_earlier_release_bind_the_next():
    policy = load_policy("nces")
    schools = {one: 60 + 37 * n for n, one in enumerate("ABCEFGHI")}
    absent = {one: 4 + 9 * n for n, one in enumerate("ABCEFGHI")}
    before = _cells(schools, absent)
    after = _cells({**schools, "C": schools["C"] + 2}, {**absent, "C": absent["C"] + 1})
    first = protect_after(recall(before, policy, [], "public"))
    assert first.cells["rate_label"].null_count() < first.cells.height
    past = recall(after, policy, [Release("public", "one", 1, first.cells, before)], "public")
    second = protect_after(past)
    report = audit_after(second, past)
    assert report.passed
    unchanged = first.cells.filter(~pl.col("org_id").is_in(["C", "D"])).select(*KEY, "rate_label")
    assert second.cells.join(unchanged, on=[*KEY, "rate_label"], how="semi", nulls_equal=True).height == 7
    naive = audit_after(protect(after, policy), past)
    assert not naive.passed
