"""The checker believes a certificate only if plain whole-number arithmetic confirms it."""

import ast
import dataclasses
from pathlib import Path

import polars as pl
import pytest

import privacy
from privacy import audit, audit_system, certify, check, load_policy, protect, read_certificates
from privacy.attack.recovery import attack_system
from privacy.certificates import SCALE, Certificates, no_certificates
from privacy.structure import Structure

GROUPS = {"A": [4, 31, 25], "B": [17, 3, 40], "C": [60, 22, 18], "D": [12, 44, 5]}


def _cells() -> pl.DataFrame:
    rows = []
    orgs = {name: ("school", "L1" if name in "AB" else "L2", values) for name, values in GROUPS.items()}
    for lea, schools in (("L1", "AB"), ("L2", "CD")):
        orgs[lea] = ("lea", "ST", [sum(GROUPS[s][i] for s in schools) for i in range(3)])
    orgs["ST"] = ("state", None, [sum(values[i] for values in GROUPS.values()) for i in range(3)])
    for org, (level, parent, values) in orgs.items():
        for kind, group, count in [("all", "all", sum(values)), *zip(["race"] * 3, "xyz", values, strict=True)]:
            rows.append(("ind_membership_october_1", 2026, level, org, parent, kind, group, count, None, None))
    names = [
        "table_id",
        "school_year",
        "org_level",
        "org_id",
        "parent_org_id",
        "disaggregate_type",
        "disaggregate_value",
    ]
    numbers = ["student_count", "numerator", "denominator"]
    return pl.DataFrame(rows, schema=[*names, *numbers], orient="row").with_columns(pl.col(numbers).cast(pl.Int64))


@pytest.fixture(scope="module")
def policy():
    return load_policy()


@pytest.fixture(scope="module")
def release(policy):
    return protect(_cells(), policy)


@pytest.fixture(scope="module")
def certificates(release, policy):
    return audit(release, policy).certificates


def _check(release, certificates, policy, cells=None):
    cells = release.cells if cells is None else cells
    return check(cells, release.structure, certificates, policy, sensitive=release.sensitive)


def test_the_certificates_of_a_safe_release_prove_every_protected_quantity(release, certificates, policy):
    report = _check(release, certificates, policy)
    assert report.passed, report.faults
    assert report.proven.height >= release.sensitive.height > 0


def test_certificates_made_of_the_published_cells_alone_prove_the_same_and_hold_no_leak(release, policy):
    public = certify(release.cells, release.structure, policy)
    report = _check(release, public, policy)
    assert report.passed, report.faults
    assert public.leaks.is_empty()


def test_public_certificates_follow_from_the_published_cells_in_any_order(release, policy):
    first = certify(release.cells, release.structure, policy)
    again = certify(release.cells.sample(fraction=1, shuffle=True, seed=1), release.structure, policy)
    for part in ("base", "moves", "spans", "claims"):
        assert getattr(first, part).equals(getattr(again, part))


def test_certificates_survive_being_written_and_read(release, certificates, policy, tmp_path):
    certificates.write(tmp_path)
    assert _check(release, read_certificates(tmp_path), policy).passed
    (tmp_path / "moves.parquet").unlink()
    with pytest.raises(ValueError, match=r"moves\.parquet is missing"):
        read_certificates(tmp_path)


def _plus_one(frame: pl.DataFrame, column: str, row: int) -> pl.DataFrame:
    return frame.with_columns(
        pl.when(pl.int_range(pl.len()) == row).then(pl.col(column) + 1).otherwise(pl.col(column)).alias(column)
    )


@pytest.mark.parametrize(("part", "column"), [("base", "value"), ("moves", "step"), ("spans", "last")])
def test_a_certificate_changed_by_one_anywhere_is_refused_or_proves_no_less(
    release, certificates, policy, part, column
):
    refused = 0
    for row in range(getattr(certificates, part).height):
        changed = _plus_one(getattr(certificates, part), column, row)
        refused += not _check(release, dataclasses.replace(certificates, **{part: changed}), policy).passed
    height = getattr(certificates, part).height
    assert refused == height if part == "base" else refused > height / 2


@pytest.mark.parametrize("part", ["base", "moves", "claims"])
def test_a_certificate_with_a_row_missing_is_refused(release, certificates, policy, part):
    shorter = dataclasses.replace(certificates, **{part: getattr(certificates, part).head(-1)})
    assert not _check(release, shorter, policy).passed


def test_nothing_proves_nothing(release, policy):
    report = _check(release, no_certificates(), policy)
    assert not report.passed
    assert "protected_quantity_is_unproved" in set(report.faults["problem"])


def test_a_certificate_about_quantities_there_are_not_is_malformed(release, certificates, policy):
    wild = dataclasses.replace(certificates, claims=certificates.claims.with_columns(pl.col("quantity") + 10**6))
    assert _check(release, wild, policy).faults["problem"].to_list()[0] == "certificate_is_malformed"


def test_a_claim_of_fewer_values_than_the_policy_requires_is_refused(release, certificates, policy):
    modest = dataclasses.replace(certificates, claims=certificates.claims.with_columns(required=pl.lit(2, pl.Int64)))
    assert "claim_is_too_small" in set(_check(release, modest, policy).faults["problem"])


def test_a_shown_value_changed_by_one_is_refused(release, certificates, policy):
    for row in range(release.cells.height):
        if release.cells["student_count"][row] is not None:
            cells = _plus_one(release.cells, "student_count", row)
            assert not _check(release, certificates, policy, cells).passed


def test_putting_a_withheld_value_back_is_refused(release, certificates, policy):
    truth = _cells().sort(release.cells.columns[:5])["student_count"]
    for row in range(release.cells.height):
        if release.cells["student_count"][row] is None:
            here = pl.int_range(pl.len()) == row
            cells = release.cells.with_columns(
                student_count=pl.when(here).then(truth[row]).otherwise(pl.col("student_count")),
                student_count_status=pl.when(here).then(pl.lit("shown")).otherwise(pl.col("student_count_status")),
            )
            assert not _check(release, certificates, policy, cells).passed


def test_a_cell_left_out_is_refused(release, certificates, policy):
    assert not _check(release, certificates, policy, release.cells.head(-1)).passed


def _leak(policy) -> tuple[pl.DataFrame, Structure, Certificates]:
    """A row of three with one value withheld: its sum gives it away."""
    cells = (
        _cells()
        .filter(pl.col("org_id") == "ST")
        .with_columns(
            student_count=pl.when(pl.col("disaggregate_value") != "x").then("student_count"),
            student_count_status=pl.when(pl.col("disaggregate_value") != "x")
            .then(pl.lit("shown"))
            .otherwise(pl.lit("withheld")),
            numerator_status=pl.lit("not_published"),
            denominator_status=pl.lit("not_published"),
        )
    )
    structure = protect(_cells().filter(pl.col("org_id") == "ST"), policy).structure
    shown = structure.quantities.join(cells, on=privacy.structure.KEY, how="left", maintain_order="left")
    quantities = shown.select("quantity", low=pl.lit(1), high=pl.lit(None, pl.Int64), published="student_count")
    asked = quantities.filter(pl.col("published").is_null()).select("quantity", required=pl.lit(4), width=pl.lit(0.0))
    assert set(audit_system(quantities, structure.relations, structure.terms, asked)[0]["verdict"]) == {"exposed"}
    return cells, structure, attack_system(quantities, structure.relations, structure.terms, asked)[2]


def test_the_multipliers_of_a_leak_are_confirmed_and_wrong_ones_are_not(policy):
    cells, structure, found = _leak(policy)
    report = check(cells, structure, found, policy)
    assert report.passed, report.faults
    assert report.leaks.height == 1
    wrong = dataclasses.replace(found, leaks=found.leaks.with_columns(multiplier=pl.lit(-SCALE // 2, pl.Int64)))
    assert "leak_is_not_shown" in set(check(cells, structure, wrong, policy).faults["problem"])


def test_the_checker_uses_no_solver_and_nothing_of_the_engine_or_the_audit():
    tree = ast.parse((Path(privacy.__file__).parent / "checker.py").read_text())
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
    own = {"certificates", "knowledge", "medians", "policy", "release", "structure"}
    assert {name for name in names if name.startswith("privacy")} == {f"privacy.{name}" for name in own}
    assert not {name for name in names if "highs" in name or "optimize" in name}
