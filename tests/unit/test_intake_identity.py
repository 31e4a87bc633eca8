"""Identity: no direct identifier survives the split, pseudonyms hold for ever, keys are never mixed up."""

import os
import stat
from datetime import date

import polars as pl
import pytest

from intake import RECORD_TYPES, KeyMismatch, load_key, pseudonymise, split_identity, write_identities

KEY = b"k" * 32


def _every_table() -> dict[str, pl.DataFrame]:
    """Each record type with one row whose values name their column."""
    return {
        name: pl.DataFrame({column: [3 if column == "source_row" else f"value of {column}"] for column in kind.emitted})
        for name, kind in RECORD_TYPES.items()
    }


def test_no_direct_identifier_survives_the_split_in_any_record_type():
    tables = _every_table()
    split = split_identity(tables, key=KEY, lea_id="7", student_id_scope="state")
    marked = {name for kind in RECORD_TYPES.values() for name in kind.identifiers}
    assert {"student_id", "staff_id", "first_name", "birth_date", "other_ids"} <= marked
    for name, frame in split.records.items():
        assert not marked & set(frame.columns)
        values = {str(value) for row in frame.rows() for value in row}
        assert not {f"value of {column}" for column in marked} & values
        kept = [column for column in RECORD_TYPES[name].emitted if column not in marked]
        keys = ("student_key", "staff_key", "worker_key", "employer_key")
        assert [column for column in frame.columns if column not in keys] == kept


def test_the_identity_table_has_everyone_seen_anywhere_and_leads_from_key_to_person():
    tables = {
        "students": pl.DataFrame({"student_id": ["1", "2"], "first_name": ["A", "B"], "last_name": ["C", "D"]}),
        "enrollments": pl.DataFrame({"student_id": ["2", "3", None], "school_id": ["x", "x", "x"]}),
    }
    split = split_identity(tables, key=KEY, lea_id=None, student_id_scope="state")
    people = split.identities["students"]
    assert sorted(people.select("student_id", "first_name").rows()) == [("1", "A"), ("2", "B"), ("3", None)]
    keys = dict(people.select("student_id", "student_key").iter_rows())
    assert split.records["enrollments"]["student_key"].to_list() == [keys["2"], keys["3"], None]
    assert "staff" not in split.identities


def test_the_number_of_a_teaching_license_that_anyone_can_look_up_stays_behind():
    table = pl.DataFrame({"staff_id": ["1"], "license_number": ["C9"], "credential_type_source": ["Regular"]})
    split = split_identity({"staff_credentials": table}, key=KEY, lea_id="7", student_id_scope="state")
    assert split.records["staff_credentials"].columns == ["staff_key", "credential_type_source"]


def test_an_id_column_is_taken_out_even_where_the_contract_does_not_expect_it():
    split = split_identity(
        {"bell_times": pl.DataFrame({"student_id": ["1"]})}, key=KEY, lea_id="7", student_id_scope="state"
    )
    assert split.records["bell_times"].columns == ["student_key"]


def test_pseudonyms_differ_by_kind_scope_and_key_and_by_nothing_else():
    ids = pl.Series("student_id", ["1", " 1 ", "2", None, "1"])
    made = pseudonymise("student", ids, KEY, "state").to_list()
    assert made[0] == made[1] == made[4] != made[2]
    assert made[3] is None
    assert len(made[0]) == 32
    assert int(made[0], 16) >= 0
    for kind, key, scope in (("staff", KEY, "state"), ("student", b"x" * 32, "state"), ("student", KEY, "lea 7")):
        assert pseudonymise(kind, ids, key, scope)[0] != made[0]
    assert pseudonymise("a", pl.Series(["bc"]), KEY, "d")[0] != pseudonymise("ab", pl.Series(["c"]), KEY, "d")[0]


def test_a_pseudonym_never_changes_from_one_version_to_the_next():
    assert pseudonymise("student", pl.Series(["1"]), KEY, "state")[0] == "d49fd28ba7314aeecc346dd1d7386db9"


def test_ids_that_are_unique_within_a_district_give_different_people_in_two_districts():
    table = {"students": pl.DataFrame({"student_id": ["1"]})}
    keys = {
        (scope, lea): split_identity(table, key=KEY, lea_id=lea, student_id_scope=scope).records["students"].item()
        for scope in ("state", "lea")
        for lea in ("7", "8")
    }
    assert keys["state", "7"] == keys["state", "8"]
    assert keys["lea", "7"] != keys["lea", "8"]
    with pytest.raises(ValueError, match="lea_id"):
        split_identity(table, key=KEY, lea_id=None, student_id_scope="lea")


def test_the_key_is_made_once_with_nobody_else_reading_it(tmp_path):
    key = load_key(tmp_path)
    assert load_key(tmp_path) == key
    assert len(key) >= 32
    assert stat.S_IMODE(os.stat(tmp_path / "private").st_mode) == 0o700
    assert stat.S_IMODE(os.stat(tmp_path / "private" / "pseudonym.key").st_mode) == 0o600
    assert load_key(tmp_path / "other") != key


def test_another_key_or_a_lost_key_is_noticed_and_never_shown(tmp_path):
    key = load_key(tmp_path).decode()
    with pytest.raises(KeyMismatch) as caught:
        load_key(tmp_path, configured="another key " * 4)
    assert key not in str(caught.value)
    assert "another key" not in str(caught.value)
    (tmp_path / "private" / "pseudonym.key").unlink()
    with pytest.raises(KeyMismatch, match="gone"):
        load_key(tmp_path)
    assert load_key(tmp_path, configured=key) == key.encode()


def test_a_configured_key_is_never_written_down_and_must_be_long(tmp_path):
    configured = "s3cret " * 6
    assert load_key(tmp_path, configured=configured) == configured.strip().encode()
    assert not any(configured.strip().encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    with pytest.raises(KeyMismatch, match="shorter"):
        load_key(tmp_path / "other", configured="short")


def test_identities_are_written_where_only_the_owner_reads(tmp_path):
    people = {"students": pl.DataFrame({"student_key": ["k"], "student_id": ["1"]})}
    (path,) = write_identities(people, home=tmp_path, source_id="a", school_year=2022, batch_id="b")
    assert path == tmp_path / "private" / "identity" / "a" / "2022" / "b.students.parquet"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in list(path.parents)[:4]:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert pl.read_parquet(path).equals(people["students"])


def test_a_student_and_a_worker_with_one_social_security_number_have_one_worker_key():
    numbers = ["SSN:123-45-6789|District:4", "District:5|SSN:900112222", "District:6", "SSN:123-00-0000", None]
    tables = {
        "students": pl.DataFrame(
            {
                "student_id": list("abcde"),
                "other_ids": numbers,
                "birth_date": [date(2010, 10, 1), date(2010, 10, 2), None, date(2015, 1, 1), date(2016, 12, 31)],
                "school_year": pl.Series([2022] * 5, dtype=pl.Int32),
            }
        ),
        "quarterly_wages": pl.DataFrame(
            {
                "worker_id": ["123456789", "900-11-2222", "000000000"],
                "employer_id": ["1", "1", "2"],
                "wages_usd": [1, 2, 3],
            }
        ),
    }
    split = split_identity(tables, key=KEY, lea_id="7", student_id_scope="lea")
    students, wages = split.records["students"], split.records["quarterly_wages"]
    assert students.columns == ["student_key", "school_year", "worker_key", "age_on_october_1"]
    assert wages.columns == ["worker_key", "employer_key", "wages_usd"]
    assert students["worker_key"].to_list()[:2] == wages["worker_key"].to_list()[:2]
    assert students["worker_key"].to_list()[2:] == [None] * 3
    assert wages["worker_key"][2] is None
    assert students["age_on_october_1"].to_list() == [11, 10, None, 6, 4]
    assert wages["employer_key"].n_unique() == 2
    assert "SSN" not in str(students.rows()) + str(wages.rows())
