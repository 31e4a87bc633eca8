"""The ledger: a chain that shows where it was touched, and gives back what was released."""

import dataclasses
import hashlib
import json
from pathlib import Path

import polars as pl
import pytest

from privacy import load_policy, protect
from privacy.ledger.chain import START, Ledger, LedgerError
from privacy.structure import check_cells
from tests.unit.test_privacy_protect import make_cells

POLICY = load_policy()
TABLE = "ind_membership_october_1"


def _cells(year: int) -> pl.DataFrame:
    cells = make_cells(4, 3).filter(pl.col("table_id") == TABLE)
    return check_cells(cells.with_columns(school_year=pl.lit(year)), POLICY)


def _fill(folder: Path, tier: str = "public", years: tuple[int, ...] = (2024, 2025, 2026)) -> Ledger:
    ledger = Ledger(folder / "public", folder / "internal", secret=b"s")
    for year in years:
        cells = _cells(year)
        ledger.append(tier, f"report-{year}", [(protect(cells, POLICY).cells, cells)], policy_hash=POLICY.hash)
    return ledger


def test_a_ledger_nobody_touched_holds(tmp_path):
    ledger = _fill(tmp_path)
    assert ledger.verify("public") is None
    entries = ledger.entries("public")
    assert [entry.sequence for entry in entries] == [1, 2, 3]
    assert entries[0].previous == START
    assert entries[2].previous == entries[1].hash
    assert ledger.verify("public", head=ledger.head("public")) is None


def test_the_same_releases_give_the_same_hashes(tmp_path):
    assert _fill(tmp_path / "a").head("public") == _fill(tmp_path / "b").head("public")


def test_a_regenerated_file_of_last_year_is_found(tmp_path):
    ledger = _fill(tmp_path)
    content = ledger.entries("public")[1].tables[0].content
    path = tmp_path / "public/public/tables" / f"{content}.parquet"
    rows = pl.read_parquet(path)
    rows.reverse().write_parquet(path)
    assert ledger.verify("public") is None  # the same content, written otherwise
    rows.with_columns(student_count=pl.col("student_count") + 1).write_parquet(path)
    found = ledger.verify("public")
    assert (found.sequence, found.release) == (2, "report-2025")
    with pytest.raises(LedgerError, match="not the one released"):
        ledger.read_history([(TABLE, 2025)])


def test_a_forged_hash_of_a_file_does_not_make_it_true(tmp_path):
    ledger = _fill(tmp_path)
    content = ledger.entries("public")[1].tables[0].content
    path = tmp_path / f"public/public/tables/{content}.parquet"
    inside = tmp_path / "internal/public/entries/000002.json"
    pl.read_parquet(path).with_columns(student_count=pl.col("student_count") + 1).write_parquet(path)
    said = json.loads(inside.read_text())
    said["files"][0][0] = hashlib.sha256(path.read_bytes()).hexdigest()
    inside.write_text(json.dumps(said))
    with pytest.raises(LedgerError, match="not the one released"):
        ledger.read_history([(TABLE, 2025)])


def test_an_entry_that_names_no_files_is_read_all_the_same(tmp_path):
    ledger = _fill(tmp_path)
    before = ledger.read_history([(TABLE, 2025)])[0]
    inside = tmp_path / "internal/public/entries/000002.json"
    said = json.loads(inside.read_text())
    inside.write_text(json.dumps({name: said[name] for name in ("entry", "seals")}))  # as ledgers were written once
    after = ledger.read_history([(TABLE, 2025)])[0]
    assert after.published.equals(before.published)
    assert after.exact.equals(before.exact)
    assert ledger.verify("public") is None


def test_a_rewritten_entry_is_found(tmp_path):
    ledger = _fill(tmp_path)
    path = tmp_path / "public/public/entries/000002.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "policy_hash": "another"}))
    assert ledger.verify("public").problem == "the entry is not the one that was hashed"
    entry = dataclasses.replace(ledger.entries("public")[1])
    path.write_text(json.dumps({**content, "policy_hash": "another", "hash": entry.compute_hash()}))
    found = ledger.verify("public")  # hashed anew: now the exact values behind it belong to another entry
    assert found.sequence == 2
    assert "exact values" in found.problem


def test_a_removed_entry_is_found(tmp_path):
    ledger = _fill(tmp_path)
    head = ledger.head("public")
    (tmp_path / "public/public/entries/000003.json").unlink()
    assert ledger.verify("public") is None  # the chain itself cannot tell
    assert ledger.verify("public", head=head).problem == "the last entry is not the one kept elsewhere"
    (tmp_path / "public/public/entries/000001.json").unlink()
    assert ledger.verify("public").sequence == 1


def test_a_changed_exact_value_is_found(tmp_path):
    ledger = _fill(tmp_path)
    path = sorted((tmp_path / "internal/public/tables").glob("*.parquet"))[0]
    pl.read_parquet(path).with_columns(student_count=pl.col("student_count") + 1).write_parquet(path)
    assert "not the one sealed" in ledger.verify("public").problem


def test_an_exact_value_of_another_secret_is_not_read(tmp_path):
    _fill(tmp_path)
    other = Ledger(tmp_path / "public", tmp_path / "internal", secret=b"t")
    assert "secret is another" in other.verify("public").problem


def test_what_was_released_comes_back_as_it_was(tmp_path):
    ledger = _fill(tmp_path)
    found = ledger.read_history([(TABLE, 2025)])
    assert [release.release for release in found] == ["report-2025"]
    cells = _cells(2025)
    assert found[0].exact.equals(cells)
    assert found[0].published.equals(protect(cells, POLICY).cells)


def test_the_public_folder_holds_no_withheld_value(tmp_path):
    _fill(tmp_path, years=(2026,))
    files = sorted((tmp_path / "public").rglob("*.parquet"))
    assert len(files) == 1
    shown = pl.read_parquet(files[0])
    assert shown.filter(pl.col("status") == "withheld").height
    assert shown.filter(pl.col("student_count_status") == "withheld")["student_count"].null_count() > 0
    assert shown.filter(pl.col("student_count_status") == "withheld", pl.col("student_count").is_not_null()).is_empty()


def test_a_release_is_added_once(tmp_path):
    ledger, cells = _fill(tmp_path), _cells(2026)
    with pytest.raises(LedgerError, match="already in the ledger"):
        ledger.append("public", "report-2026", [(protect(cells, POLICY).cells, cells)], policy_hash=POLICY.hash)


def test_a_name_that_leads_elsewhere_is_refused(tmp_path):
    cells = _cells(2026)
    with pytest.raises(LedgerError, match="cannot be the name"):
        Ledger(tmp_path, tmp_path, secret=b"s").append("../x", "r", [(cells, cells)], policy_hash="")


def test_other_rows_than_those_published_are_refused(tmp_path):
    cells = _cells(2026)
    with pytest.raises(LedgerError, match="not the same rows"):
        Ledger(tmp_path / "p", tmp_path / "i", secret=b"s").append(
            "public", "r", [(protect(cells, POLICY).cells, cells[1:])], policy_hash=POLICY.hash
        )
