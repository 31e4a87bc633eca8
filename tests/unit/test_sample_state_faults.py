"""Planted faults: each is where its key says, and nowhere else."""

import datetime as dt
import json
import shutil
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import polars as pl
import pytest

from sample_state import FAULTS, plant, write_sample
from sample_state.fault_files import ZIP_BOMB_BYTES, write_zip_of_zeros
from sample_state.record_file import RecordFile, open_records

YEAR = 2022
KINDS = ("edfi_xml", "oneroster_csv", "state_csv")
CASES = [(fault, kind) for fault in FAULTS for kind in FAULTS[fault].formats]
# Faults that touch more than the file the key names.
WIDE = {"wrong_school_year", "truncated_zip", "same_student_two_ids"}


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    write_sample(folder, districts=3, students=150, seed=2)
    return folder


@pytest.fixture
def folder(clean, tmp_path):
    shutil.copytree(clean, tmp_path, dirs_exist_ok=True)
    return tmp_path


def source_of(folder: Path, kind: str) -> str:
    marker = {"edfi_xml": "edfi", "oneroster_csv": "oneroster"}.get(kind, "state/enrollments.csv")
    for path in sorted((folder / "districts").iterdir()):
        base = path / str(YEAR)
        if (base / marker).exists() and (kind != "state_csv" or not (base / "oneroster").exists()):
            return path.name
    raise AssertionError(kind)


def plant_in(folder: Path, fault: str, kind: str):
    key = plant(folder, fault, source_of(folder, kind), YEAR)
    return key, folder / "districts" / key.source_id / str(YEAR)


def open_struck(folder: Path, key, kind: str, record_type: str) -> tuple[RecordFile, list[int]]:
    """The struck file and the indexes of the records whose numbers are in the key."""
    file = open_records(folder / "districts" / key.source_id / str(YEAR), kind, record_type)
    assert file.path == folder / key.file
    return file, [row - (1 if file.element else 2) for row in key.rows]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("fault", "kind"), [case for case in CASES if case[0] != "zip_bomb"])
def test_a_fault_changes_the_file_its_key_names_and_no_other(folder, clean, fault, kind):
    key, _ = plant_in(folder, fault, kind)
    before, after = snapshot(clean), snapshot(folder)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert any(name.startswith(key.file) for name in changed)
    if fault not in WIDE:
        assert changed == {key.file}
    assert all(name.startswith(f"districts/{key.source_id}/") for name in changed)


@pytest.mark.parametrize(("fault", "kind"), [(name, FAULTS[name].formats[-1]) for name in FAULTS if name != "zip_bomb"])
def test_the_same_seed_plants_the_same_bytes(folder, clean, tmp_path_factory, fault, kind):
    other = tmp_path_factory.mktemp("other")
    shutil.copytree(clean, other, dirs_exist_ok=True)
    first, _ = plant_in(folder, fault, kind)
    second, _ = plant_in(other, fault, kind)
    assert first == second
    assert snapshot(folder) == snapshot(other)


@pytest.mark.parametrize("kind", KINDS)
def test_entry_dates_of_the_year_222_stand_in_the_rows_of_the_key(folder, kind):
    key, _ = plant_in(folder, "date_0222", kind)
    file, struck = open_struck(folder, key, kind, "enrollments")
    assert [file.get(index, "entry_date") for index in struck] == ["0222-09-01"] * 3
    assert sum("0222-09-01" in record for record in file.records) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_exits_lie_before_entries_in_the_rows_of_the_key_alone(folder, kind):
    key, _ = plant_in(folder, "exit_before_entry", kind)
    file, struck = open_struck(folder, key, kind, "enrollments")
    wrong = [index for index in range(len(file.records))
             if file.get(index, "exit_date") and file.get(index, "exit_date") < file.get(index, "entry_date")]
    assert wrong == struck
    assert len(struck) == 3


@pytest.mark.parametrize("kind", FAULTS["overlapping_enrollments"].formats)
def test_a_second_enrolment_at_the_same_school_begins_within_the_first(folder, kind):
    key, _ = plant_in(folder, "overlapping_enrollments", kind)
    file, struck = open_struck(folder, key, kind, "enrollments")
    for index in struck:
        same = [other for other in range(len(file.records)) if other != index and
                all(file.get(other, name) == file.get(index, name) for name in ("student_id", "school_id"))]
        begin = dt.date.fromisoformat(file.get(index, "entry_date"))
        assert any(dt.date.fromisoformat(file.get(other, "entry_date")) < begin <=
                   dt.date.fromisoformat(file.get(other, "exit_date") or "2022-06-30") for other in same)


@pytest.mark.parametrize("kind", FAULTS["other_districts_students"].formats)
def test_enrolments_at_another_districts_school_stand_in_the_rows_of_the_key(folder, kind):
    key, _ = plant_in(folder, "other_districts_students", kind)
    file, struck = open_struck(folder, key, kind, "enrollments")
    organizations = pl.read_csv(folder / "state_agency/2022/organizations.csv", infer_schema=False)
    name = key.source_id.replace("_", " ").title() + " School District"
    lea_id = organizations.filter(org_name=name)["org_id"][0]
    foreign = [index for index in range(len(file.records)) if not file.get(index, "school_id").startswith(lea_id)]
    assert foreign == struck
    assert {file.get(index, "school_id") for index in foreign} <= set(organizations["org_id"])


@pytest.mark.parametrize("kind", KINDS)
def test_attendance_of_nobody_enrolled_stands_in_the_rows_of_the_key(folder, kind):
    key, _ = plant_in(folder, "attendance_without_enrollment", kind)
    attendance, struck = open_struck(folder, key, kind, "attendance")
    enrolled = open_records(folder / "districts" / key.source_id / "2022", kind, "enrollments")
    ids = {enrolled.get(index, "student_id") for index in range(len(enrolled.records))}
    assert all(attendance.get(index, "student_id") not in ids for index in struck)
    assert len(struck) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_statuses_stand_in_the_rows_of_the_key_alone(folder, kind):
    key, _ = plant_in(folder, "unknown_descriptor", kind)
    file, struck = open_struck(folder, key, kind, "attendance")
    found = [i for i in range(len(file.records)) if file.get(i, "attendance_status").rpartition("#")[2] == "Vanished"]
    assert found == struck


@pytest.mark.parametrize("kind", KINDS)
def test_a_duplicate_student_has_the_id_of_another_and_another_name(folder, kind):
    key, _ = plant_in(folder, "duplicate_student", kind)
    file, struck = open_struck(folder, key, kind, "students")
    ids = [file.get(index, "student_id") for index in range(len(file.records))]
    for index in struck:
        first = ids.index(ids[index])
        assert first < index
        assert file.get(first, "last_name") != file.get(index, "last_name")


@pytest.mark.parametrize("kind", KINDS)
def test_one_student_under_two_ids_has_the_same_name_and_birth_date(folder, kind):
    key, base = plant_in(folder, "same_student_two_ids", kind)
    file, struck = open_struck(folder, key, kind, "students")
    ids = [file.get(index, "student_id") for index in range(len(file.records))]
    names = [(file.get(index, "first_name"), file.get(index, "last_name")) for index in range(len(file.records))]
    for index in struck:
        assert ids.count(ids[index]) == 1
        assert names.count(names[index]) >= 2
    if kind == "oneroster_csv":
        demographics = pl.read_csv(base / "oneroster/demographics.csv", infer_schema=False)
        added = demographics.filter(pl.col("sourcedId").is_in([ids[index] for index in struck]))
        assert added.height == len(struck)
        assert added["birthDate"].null_count() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_files_of_another_year_hold_no_date_of_this_one(folder, clean, kind):
    key, base = plant_in(folder, "wrong_school_year", kind)
    before = sum(path.read_text().count("2021-09-") for path in (clean / key.file).rglob("*.*"))
    texts = [path.read_text() for path in base.rglob("*.*")]
    assert before > 0
    assert sum(text.count("2021-09-") for text in texts) == 0
    assert sum(text.count("2019-09-") for text in texts) >= before


def test_broken_addresses_are_still_one_record_each(folder, clean):
    key, _ = plant_in(folder, "quoted_newline", "state_csv")
    before = pl.read_csv(clean / key.file, infer_schema=False)
    after = pl.read_csv(folder / key.file, infer_schema=False)
    assert after.height == before.height
    assert after["address"].str.contains("\n").sum() == 3
    assert after.drop("address").equals(before.drop("address"))


@pytest.mark.parametrize(("fault", "gone", "new"), [
    ("column_missing", {"run_date"}, set()), ("column_renamed", {"student_id"}, {"PupilNo"}),
    ("column_reordered", set(), set()),
])
def test_columns_are_missing_renamed_or_in_another_order(folder, clean, fault, gone, new):
    key, _ = plant_in(folder, fault, "edfi_xml")
    before, after = (pl.read_csv(each / key.file, infer_schema=False) for each in (clean, folder))
    assert set(before.columns) - set(after.columns) == gone
    assert set(after.columns) - set(before.columns) == new
    kept = [name for name in before.columns if name in after.columns]
    assert after.select(kept).equals(before.select(kept))
    assert before.columns != after.columns


@pytest.mark.parametrize(("fault", "decode"), [
    ("utf8_bom", "utf-8-sig"), ("utf16", "utf-16"), ("latin1", "latin-1"),
])
@pytest.mark.parametrize("kind", ["oneroster_csv", "state_csv"])
def test_a_recoded_file_holds_the_same_text(folder, clean, fault, decode, kind):
    key, _ = plant_in(folder, fault, kind)
    assert (folder / key.file).read_bytes().decode(decode) == (clean / key.file).read_bytes().decode("utf-8")
    assert (folder / key.file).read_bytes() != (clean / key.file).read_bytes()
    if fault == "latin1":
        with pytest.raises(UnicodeDecodeError):
            (folder / key.file).read_bytes().decode("utf-8")


@pytest.mark.parametrize(("fault", "mark"), [("crlf", b"\r\n"), ("column_case", b"SCHOOL_ID")])
def test_line_ends_and_case_of_headers_change_nothing_else(folder, clean, fault, mark):
    key, _ = plant_in(folder, fault, "state_csv")
    before, after = (pl.read_csv(each / key.file, infer_schema=False) for each in (clean, folder))
    assert after.rename(str.lower).equals(before)
    assert mark in (folder / key.file).read_bytes()
    assert mark not in (clean / key.file).read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_file_has_no_byte(folder, kind):
    key, _ = plant_in(folder, "empty_file", kind)
    assert (folder / key.file).read_bytes() == b""


def test_a_cut_xml_file_is_not_well_formed_but_its_beginning_is_there(folder, clean):
    key, _ = plant_in(folder, "truncated_xml", "edfi_xml")
    with pytest.raises(ElementTree.ParseError):
        ElementTree.parse(folder / key.file)
    cut = (folder / key.file).read_bytes()
    assert len(cut) > 100
    assert (clean / key.file).read_bytes().startswith(cut)


def test_a_cut_zip_cannot_be_opened_and_its_members_are_gone(folder, clean):
    key, base = plant_in(folder, "truncated_zip", "state_csv")
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(folder / key.file)
    before = {path.name for path in (clean / key.file).parent.iterdir()}
    gone = before - {path.name for path in (base / "state").iterdir()}
    assert gone == {"finance_accounts.csv", "professional_learning.csv", "item_responses.csv"}


def test_the_laughing_file_declares_entities_ten_times_over(folder):
    key, _ = plant_in(folder, "billion_laughs", "edfi_xml")
    text = (folder / key.file).read_text()
    assert "<!DOCTYPE" in text
    assert text.count("&lol") == 9 * 10 + 1


def test_a_member_of_the_climbing_zip_leaves_the_folder(folder):
    key, _ = plant_in(folder, "zip_path_traversal", "oneroster_csv")
    with zipfile.ZipFile(folder / key.file) as archive:
        assert archive.namelist() == ["../../../outside.csv"]


def test_the_zip_bomb_is_small_and_says_ten_gibibytes(folder):
    key, _ = plant_in(folder, "zip_bomb", "state_csv")
    assert (folder / key.file).stat().st_size < 12_000_000
    with zipfile.ZipFile(folder / key.file) as archive:
        assert archive.infolist()[0].file_size == ZIP_BOMB_BYTES == 10 * 1024**3


def test_a_zip_of_zeros_is_a_valid_zip_with_the_right_checksum(tmp_path):
    write_zip_of_zeros(tmp_path / "zeros.zip", "zeros.csv", 5 << 20)
    with zipfile.ZipFile(tmp_path / "zeros.zip") as archive:
        assert archive.testzip() is None
        assert archive.read("zeros.csv") == bytes(5 << 20)
    with pytest.raises(ValueError, match="whole MiB"):
        write_zip_of_zeros(tmp_path / "zeros.zip", "zeros.csv", 100)


def test_all_faults_are_planted_spread_over_the_districts_and_listed(tmp_path):
    summary = write_sample(tmp_path, districts=9, students=600, faults="all")
    listed = json.loads((tmp_path / "faults.json").read_text())
    assert [key["fault"] for key in listed] == list(FAULTS) == [key.fault for key in summary.faults]
    assert len({key["source_id"] for key in listed}) == 9
    assert all((tmp_path / key["file"]).exists() for key in listed)
    assert all(key["count"] == (len(key["rows"]) or 1) for key in listed)
    assert set(listed[0]) >= {"fault", "source_id", "school_year", "file", "rows", "count", "expected_rule_hint"}


def test_a_fault_that_has_no_place_in_the_format_is_refused(folder):
    with pytest.raises(ValueError, match="needs a district that sends edfi_xml"):
        plant(folder, "truncated_xml", source_of(folder, "state_csv"), YEAR)
    with pytest.raises(ValueError, match="no such fault"):
        plant(folder, "hiccups", source_of(folder, "state_csv"), YEAR)
    with pytest.raises(ValueError, match="no such district"):
        plant(folder, "crlf", "atlantis", YEAR)
    with pytest.raises(ValueError, match="no files of 1999"):
        plant(folder, "crlf", source_of(folder, "state_csv"), 1999)


def test_students_of_another_district_need_another_district(tmp_path):
    write_sample(tmp_path, districts=1, students=60)
    source_id = next((tmp_path / "districts").iterdir()).name
    with pytest.raises(ValueError, match="second district"):
        plant(tmp_path, "other_districts_students", source_id, YEAR)
