"""Study codes: random, kept apart, stable for one study and worthless for another."""

import hashlib
import hmac
import stat

import polars as pl
import pytest

from privacy.research.study_codes import CodesError, load_codes, save_codes

PERSONS = pl.Series([f"student-{i:04}" for i in range(300)])


def test_a_person_keeps_her_code_when_others_come_and_the_same_run_again_writes_the_same_bytes(tmp_path):
    path = save_codes(load_codes(tmp_path, "one").extend(PERSONS[:200]), tmp_path)
    first = load_codes(tmp_path, "one").table
    save_codes(load_codes(tmp_path, "one").extend(PERSONS), tmp_path)
    later, before = load_codes(tmp_path, "one").table, path.read_bytes()
    assert first.join(later, on=["person", "code"], how="semi").height == 200
    assert later.height == 300
    save_codes(load_codes(tmp_path, "one").extend(PERSONS), tmp_path)
    assert path.read_bytes() == before


def test_two_studies_give_the_same_person_unrelated_codes(tmp_path):
    one, other = (load_codes(tmp_path, study).extend(PERSONS).table for study in ("one", "other"))
    assert set(one["code"]).isdisjoint(other["code"])


def test_the_codes_say_nothing_of_the_order_of_persons(tmp_path):
    table = load_codes(tmp_path, "one").extend(PERSONS).table
    assert table["code"].is_sorted()
    rank = table.select(pl.corr(pl.col("person").rank(), pl.int_range(pl.len()), method="spearman")).item()
    assert abs(rank) < 0.35  # six standard deviations for 300 random codes


def test_no_code_is_a_hash_of_the_identifier_the_study_or_both(tmp_path):
    table = load_codes(tmp_path, "one").extend(PERSONS).table
    guessed = set()
    for person in PERSONS:
        for text in (person, f"one{person}", f"one:{person}", f"{person}one", f"{person}:one"):
            for name in ("md5", "sha1", "sha224", "sha256", "sha512", "sha3_256", "blake2b", "blake2s"):
                digests = [hashlib.new(name, text.encode()).hexdigest()]
                digests += [hmac.new(key, text.encode(), name).hexdigest() for key in (b"", b"one")]
                guessed |= {part for digest in digests for part in (digest[:16], digest[-16:])}
        for size in (8, 16):
            digest = hashlib.blake2b(person.encode(), digest_size=size).hexdigest()
            guessed |= {digest[:16], digest[-16:]}
    assert guessed.isdisjoint(table["code"])


def test_the_file_is_for_its_owner_alone(tmp_path):
    path = save_codes(load_codes(tmp_path / "secret", "one").extend(PERSONS), tmp_path / "secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["one.parquet"]


def test_codes_another_run_gave_in_the_meantime_are_not_overwritten(tmp_path):
    mine, theirs = (load_codes(tmp_path, "one").extend(PERSONS[:10]) for _ in range(2))
    save_codes(theirs, tmp_path)
    with pytest.raises(CodesError, match="lose or change the codes of 10 persons"):
        save_codes(mine, tmp_path)


def test_a_file_of_another_study_or_of_something_else_is_refused(tmp_path):
    path = save_codes(load_codes(tmp_path, "one").extend(PERSONS), tmp_path)
    path.rename(tmp_path / "two.parquet")
    with pytest.raises(CodesError, match="another study"):
        load_codes(tmp_path, "two")
    (tmp_path / "two.parquet").write_bytes(b"no parquet")
    with pytest.raises(CodesError, match="cannot be read"):
        load_codes(tmp_path, "two")
    table = pl.DataFrame({"study": ["two"] * 2, "person": ["a", "a"], "code": ["x", "y"]})
    table.write_parquet(tmp_path / "two.parquet")
    with pytest.raises(CodesError, match="there twice"):
        load_codes(tmp_path, "two")


def test_a_row_that_names_nobody_is_refused(tmp_path):
    with pytest.raises(CodesError, match="1 rows name no person"):
        load_codes(tmp_path, "one").extend(pl.Series(["a", None]))
