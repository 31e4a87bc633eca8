"""That a release holds against districts is not the attack's word alone: the checker proves it for each of them."""

import dataclasses
import json

import polars as pl
import pytest

from privacy import audit, load_policy, protect
from privacy.attack import auditing
from privacy.district_proofs import UNPROVED, DistrictProofs
from privacy.files import audit_files, protect_files
from privacy.ledger.chain import Release
from privacy.ledger.cumulative import audit_after, check_after, open_proofs, protect_after, recall
from privacy.structure import ROW
from tests.unit.test_privacy_insiders import INSIDE, OUTSIDE, THREE, _state
from tests.unit.test_privacy_medians import EARNINGS, _districts, make_policy
from tests.unit.test_privacy_protect import make_cells

INSIDER = {"name": "district", "knows_zeros_are_shown": True, "knows_own_district": True}


def _prove(release, policy, exact: pl.DataFrame, spoil=lambda evidence: evidence) -> DistrictProofs:
    proofs = DistrictProofs(release.cells, release.structure, release.sensitive, policy)
    audit(release, policy, exact=exact, witness=lambda *seen, last=proofs: last(*seen[:3], spoil(seen[3])))
    return proofs


def test_the_checker_proves_for_every_district_what_is_not_its_own():
    cells = _state(THREE)
    proofs = _prove(protect(cells, INSIDE), INSIDE, cells)
    assert proofs.districts == 3
    assert proofs.list_faults().is_empty()


def test_what_the_public_cannot_tell_but_a_district_can_is_not_proved():
    cells = _state(THREE)
    proofs = _prove(protect(cells, OUTSIDE), INSIDE, cells)
    known = proofs.unproved.filter(pl.col("district") == "L1").select("org_id", "disaggregate_value").rows()
    assert ("L2", "x") in known
    assert "L1" not in {org for org, _ in known}, "its own numbers need not be kept from it"
    assert proofs.list_faults().rows() == [(UNPROVED, proofs.unproved.height)]
    assert proofs.list_faults(proofs.unproved.select(ROW)).is_empty(), "what is lost need not be proved"


def _drop_claims(evidence):
    return dataclasses.replace(evidence, claims=evidence.claims.clear())


def _lengthen(evidence):
    return dataclasses.replace(evidence, spans=evidence.spans.with_columns(pl.col("last") + 1000))


def _raise_base(evidence):
    return dataclasses.replace(evidence, base=evidence.base.with_columns(pl.col("value") + 1))


@pytest.mark.parametrize(
    ("spoil", "fault"), [(_drop_claims, None), (_lengthen, "move_is_no_table"), (_raise_base, "base_breaks_a_sum")]
)
def test_certificates_of_a_district_that_prove_nothing_are_faults(spoil, fault):
    cells = _state(THREE)
    proofs = _prove(protect(cells, INSIDE), INSIDE, cells, spoil)
    assert proofs.unproved["district"].n_unique() == 3
    assert set(proofs.list_faults()["problem"]) >= {UNPROVED, *([fault] if fault else [])}


@pytest.mark.parametrize("table", ["ind_chronic_absenteeism", "ind_membership_october_1"])
def test_rates_and_counts_of_schools_are_proved_under_the_strict_policy(table):
    strict, cells = load_policy("strict"), make_cells().filter(pl.col("table_id") == table)
    release = protect(cells, strict)
    proofs = _prove(release, strict, cells)
    assert proofs.districts > 0
    # What nothing keeps from a district is named by the engine, and nothing else is unproved.
    assert proofs.list_faults(release.unprotected.select(ROW)).is_empty()


def test_distributions_and_medians_are_proved():
    policy = make_policy({"earnings": EARNINGS}, attackers=[INSIDER], required_candidates=2)
    proofs = _prove(protect(_districts(), policy), policy, _districts())
    assert proofs.districts > 0
    assert proofs.list_faults().is_empty()


def _check_next(cells: pl.DataFrame, policy, releases=(), spoil=lambda evidence: evidence):
    past = recall(cells, policy, releases, "public")
    release = protect_after(past)
    proofs = open_proofs(release, past)
    report = audit_after(release, past, witness=lambda *seen: proofs(*seen[:3], spoil(seen[3])))
    assert report.passed
    return release, check_after(release, past, report.certificates, proofs=proofs)


def test_a_release_of_the_ledger_passes_the_check_only_with_a_proof_for_every_district():
    cells, corrected = _state(THREE), _state(THREE | {"L3": {"x": 40, "y": 50, "z": 81}})
    first, checked = _check_next(cells, INSIDE)
    assert checked.passed
    releases = [Release("public", "first", 1, first.cells, cells)]
    assert _check_next(corrected, INSIDE, releases)[1].passed
    spoilt = _check_next(corrected, INSIDE, releases, _drop_claims)[1]
    assert not spoilt.passed
    assert spoilt.faults["problem"].to_list() == [UNPROVED]


def test_of_a_policy_without_districts_nothing_more_is_asked():
    past = recall(_state(THREE), OUTSIDE, [], "public")
    assert open_proofs(protect_after(past), past) is None


def test_an_audit_of_files_fails_where_no_certificate_convinces_the_checker_for_a_district(tmp_path, monkeypatch):
    policy = tmp_path / "policy.json"  # JSON is YAML
    policy.write_text(INSIDE.model_dump_json(), encoding="utf-8")
    _state(THREE).write_parquet(tmp_path / "cells.parquet")
    (tmp_path / "description.yml").write_text("version: 1\n", encoding="utf-8")
    out = tmp_path / "out"
    protect_files(tmp_path / "cells.parquet", tmp_path / "description.yml", policy, out)
    assert audit_files(out, policy).passed
    assert json.loads((out / "internal" / "audit.json").read_text(encoding="utf-8"))["districts"] == 3
    whole = auditing._attack_in_turn

    def without_claims(*arguments):
        found, named, evidence = whole(*arguments)
        return found, named, _drop_claims(evidence)

    monkeypatch.setattr(auditing, "_attack_in_turn", without_claims)
    report = audit_files(out, policy)
    assert not report.passed
    assert set(report.failures["problem"]) == {"unproved"}
    assert set(report.failures["attacker"]) == {"district (L1)", "district (L2)", "district (L3)"}
    assert not (out / "public" / "certificates").exists()
