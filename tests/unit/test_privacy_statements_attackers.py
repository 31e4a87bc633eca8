"""Attackers are data: each field of the policy makes one who knows more, and the release must hold against all."""

import dataclasses

import polars as pl
import pytest
from pydantic import ValidationError

from privacy import audit, check, protect
from privacy.knowledge import bound_quantities
from tests.unit.statements import TABLE, make_policy, make_students, tabulate

RATE = {"kind": "rate", "thresholds": {"persons": 10, "numerator": 5, "complement": 5}, "zero_is_sensitive": True}
READER = {"name": "reader", "knows_zeros_are_shown": True}
MEMBER = {"name": "member", "knows_zeros_are_shown": True, "knows_own_record": True}
SYMBOLS = {"name": "reader of symbols", "knows_zeros_are_shown": True, "tells_symbols_apart": True}


@pytest.fixture(scope="module")
def rates():
    students = make_students(
        {"A": 60, "B": 90, "C": 30}, sex={"F": 1, "M": 1}, race={"AS": 1, "BL": 2, "WH": 7}, absent={"yes": 1, "no": 9}
    )
    leas = {"A": "L1", "B": "L1", "C": "L2"}
    return tabulate(students, ["all", "sex", "race", "race x sex"], table="rates", outcome="absent", leas=leas)


def _row(counts: dict[str, int]):
    """One school that is its state: a row of groups with its total."""
    students = [{"school": "A", "group": name} for name, number in counts.items() for _ in range(number)]
    cells = tabulate(students, ["all", "group"])
    return cells.filter(pl.col("org_level") == "state")


def _hold(release, policy):
    report = audit(release, policy)
    proof = check(release.cells, release.structure, report.certificates, policy, sensitive=release.sensitive)
    return report.passed and proof.passed


def test_a_member_of_a_protected_group_knows_that_its_numbers_are_not_zero(rates):
    policy = make_policy({"rates": RATE}, attackers=[READER, MEMBER])
    release = protect(rates, policy)
    assert _hold(release, policy)
    bounds = bound_quantities(release.structure.quantities, release.sensitive, policy, policy.attackers)
    listed = release.structure.quantities.join(release.sensitive, on=release.sensitive.columns[:6]).join(
        bounds, on="quantity"
    )
    assert (listed["low"] == (~listed["nobody"]).cast(pl.Int64)).all()
    assert listed["nobody"].any()


def test_a_release_safe_from_readers_alone_need_not_be_safe_from_members():
    # Three withheld numerators that sum to three: 0 … 3 each for a reader, one each for the three students themselves.
    students = [
        {"school": "A", "group": group, "absent": "yes" if i == 0 else "no"} for group in "xyz" for i in range(30)
    ]
    students += [{"school": "A", "group": "w", "absent": "yes" if i < 20 else "no"} for i in range(60)]
    cells = tabulate(students, ["all", "group"], table="rates", outcome="absent").filter(pl.col("org_level") == "state")
    told, untold = (make_policy({"rates": RATE}, attackers=one) for one in ([READER], [READER, MEMBER]))
    release = protect(cells, told)
    assert set(release.reasons["disaggregate_value"]) == {"x", "y", "z"}
    assert audit(release, told).passed
    failures = audit(release, untold).failures
    assert set(failures["attacker"]) == {"member"}
    assert set(failures["problem"]) == {"exposed"}
    assert _hold(protect(cells, untold), untold)


def test_whoever_tells_the_symbols_apart_knows_on_which_side_of_the_threshold_a_value_is():
    cells = _row({"x": 1, "y": 10, "z": 60})
    plain, apart = make_policy(attackers=[READER]), make_policy(attackers=[SYMBOLS])
    release = protect(cells, plain)
    assert release.reasons.height == 2
    # x + y = 11 with x in 1 … 9 and y >= 10 has one solution.
    failures = audit(release, apart).failures
    assert failures["disaggregate_value"].to_list() == ["x"]
    assert failures["candidates"].to_list() == [1]


def test_a_release_can_hold_against_whoever_tells_the_symbols_apart():
    cells = _row({"x": 1, "y": 10, "z": 60})
    policy = make_policy(attackers=[SYMBOLS])
    release = protect(cells, policy)
    # z, which leaves x all its values, although y would be cheaper.
    assert release.reasons["disaggregate_value"].to_list() == ["x", "z"]
    assert _hold(release, policy)


def test_symbols_that_leave_too_few_values_under_a_threshold_are_refused():
    with pytest.raises(ValidationError, match="at most 3 values are left below"):
        make_policy({TABLE: {"kind": "count", "thresholds": {"persons": 4}}}, attackers=[SYMBOLS])
    zero_only = {**RATE, "thresholds": {"persons": 10}}
    with pytest.raises(ValidationError, match="at most 1 values are left"):
        make_policy({"rates": zero_only}, attackers=[SYMBOLS])


def test_the_checker_refuses_a_table_beyond_what_an_attacker_thinks_possible(rates):
    policy = make_policy({"rates": RATE}, attackers=[MEMBER])
    release = protect(rates, policy)
    certificates = audit(release, policy).certificates
    listed = release.structure.quantities.join(
        release.sensitive.filter(~pl.col("nobody")), on=release.sensitive.columns[:6]
    )
    chosen = pl.col("quantity") == listed["quantity"][0]
    base = certificates.base.with_columns(value=pl.when(chosen).then(0).otherwise("value"))
    report = check(
        release.cells,
        release.structure,
        dataclasses.replace(certificates, base=base),
        policy,
        sensitive=release.sensitive,
    )
    assert "base_is_beyond_what_is_possible" in report.faults["problem"].to_list()
