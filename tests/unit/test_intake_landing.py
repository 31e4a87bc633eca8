"""Landing and archives: bytes are kept once and for ever, and nothing a sender puts into a zip gets out of it."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from intake import load_delivery, load_sources, read_delivery, receive, received_at
from intake.archives import Limits
from intake.landing import find_object

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
STUDENTS = "student_id,first_name,last_name\n1,A,B\n2,C,D\n"


@pytest.fixture
def drop(tmp_path):
    (tmp_path / "drop").mkdir()
    return tmp_path / "drop"


def _source(folder: Path, files: str = '["*.csv", "*.zip"]', path: str = "drop"):
    text = f"""
state: {{id: "1", name: S}}
school_years: [2022]
sources: [{{id: a, name: A, lea_id: "7", feeds: [{{format: state_csv, path: {path}, files: {files}}}]}}]
"""
    (folder / "sources.yml").write_text(text)
    return load_sources(folder / "sources.yml").sources[0]


def _read(tmp_path, limits=None, **feed):
    source = _source(tmp_path, **feed)
    receipt = receive(source, 2022, home=tmp_path / "home")
    return read_delivery(
        receipt.delivery, source, home=tmp_path / "home", crosswalk_dir=SEEDS, limits=limits or Limits()
    )


def _zip(path: Path, members: dict[str, bytes | str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _rules(raw) -> list[int]:
    return raw.findings["rule"].to_list()


def test_the_same_bytes_are_the_same_delivery_and_new_bytes_leave_the_old_in_place(tmp_path, drop):
    source, home = _source(tmp_path), tmp_path / "home"
    (drop / "students.csv").write_text(STUDENTS)
    first = receive(source, 2022, home=home)
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()}
    again = receive(source, 2022, home=home)
    assert first.is_new
    assert not again.is_new
    assert again.delivery == first.delivery
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()} == before
    (drop / "students.csv").write_text(STUDENTS + "3,E,F\n")
    second = receive(source, 2022, home=home)
    assert second.is_new
    assert (first.delivery.sequence, second.delivery.sequence) == (1, 2)
    assert find_object(home, first.delivery.files[0].sha256).read_text() == STUDENTS
    manifest = home / "landing" / "deliveries" / "a" / "2022" / f"{first.delivery.batch_id}.json"
    assert load_delivery(manifest) == first.delivery


def test_the_time_of_a_receipt_is_noted_once_and_stands_in_no_manifest(tmp_path, drop):
    source, home = _source(tmp_path), tmp_path / "home"
    (drop / "students.csv").write_text(STUDENTS)
    batch = receive(source, 2022, home=home).delivery.batch_id
    noted = received_at(home, "a", 2022, batch)
    note = home / "landing" / "receipts" / "a" / "2022" / f"{batch}.json"
    note.write_text(note.read_text().replace(str(noted.year), "2001"))
    receive(source, 2022, home=home)
    assert received_at(home, "a", 2022, batch).year == 2001
    manifest = home / "landing" / "deliveries" / "a" / "2022" / f"{batch}.json"
    assert "received_at" not in manifest.read_text()
    note.unlink()
    receive(source, 2022, home=home)
    assert received_at(home, "a", 2022, batch) is None


def test_a_missing_or_empty_folder_is_a_receipt_with_a_problem_and_no_delivery(tmp_path, drop):
    for path in ("drop", "nowhere"):
        receipt = receive(_source(tmp_path, path=path), 2022, home=tmp_path / "home")
        assert receipt.delivery is None
        assert receipt.problem
        assert receipt.findings.select("rule", "severity").rows() == [(1, "fatal")]


def test_a_changed_file_of_the_same_size_and_modification_time_is_noticed(tmp_path, drop):
    source, home, path = _source(tmp_path), tmp_path / "home", drop / "students.csv"
    path.write_text(STUDENTS)
    os.utime(path, ns=(10**18, 10**18))
    first = receive(source, 2022, home=home)
    path.write_text(STUDENTS.replace("A", "Z"))
    os.utime(path, ns=(10**18, 10**18))
    assert receive(source, 2022, home=home).delivery.batch_id != first.delivery.batch_id


def test_an_unchanged_file_is_recognised_without_being_read(tmp_path, drop, monkeypatch):
    source, home, path = _source(tmp_path), tmp_path / "home", drop / "students.csv"
    path.write_text(STUDENTS)
    # Let the file look settled: its change time cannot be set back, so the clock is moved on.
    monkeypatch.setattr("intake.hash_memory.time.time_ns", lambda: path.stat().st_ctime_ns + 10**10)
    first = receive(source, 2022, home=home)
    monkeypatch.setattr("intake.landing._copy_object", lambda *_: pytest.fail("the file was read again"))
    assert receive(source, 2022, home=home).delivery == first.delivery


def test_a_lost_object_is_landed_again_though_the_hash_is_remembered(tmp_path, drop, monkeypatch):
    source, home, path = _source(tmp_path), tmp_path / "home", drop / "students.csv"
    path.write_text(STUDENTS)
    monkeypatch.setattr("intake.hash_memory.time.time_ns", lambda: path.stat().st_ctime_ns + 10**10)
    landed = find_object(home, receive(source, 2022, home=home).delivery.files[0].sha256)
    landed.unlink()
    receive(source, 2022, home=home)
    assert landed.read_text() == STUDENTS


def test_a_link_out_of_the_drop_folder_is_refused(tmp_path, drop):
    (tmp_path / "secret.csv").write_text(STUDENTS)
    (drop / "students.csv").symlink_to(tmp_path / "secret.csv")
    receipt = receive(_source(tmp_path), 2022, home=tmp_path / "home")
    assert receipt.delivery is None
    assert receipt.findings["rule"].to_list() == [18]


def test_a_zip_is_landed_as_it_came_and_its_members_are_read(tmp_path, drop):
    _zip(drop / "all.zip", {"students.csv": STUDENTS, "deep/staff.csv": "staff_id\n9\n"})
    raw = _read(tmp_path)
    assert raw.received == {"students": 2, "staff": 1}
    assert raw.tables["students"]["source_file"].unique().to_list() == ["all.zip/students.csv"]
    assert not raw.is_held_back


def test_a_feed_that_is_a_zip_gives_the_members_its_patterns_name(tmp_path, drop):
    _zip(drop / "all.zip", {"students.csv": STUDENTS, "readme.txt": "x"})
    raw = _read(tmp_path, path="drop/all.zip", files='["students*.csv"]')
    assert raw.received == {"students": 2}
    assert raw.unread_files == [("all.zip/readme.txt", "not named by the feed")]


def test_a_truncated_zip_is_reported_and_loses_no_other_file(tmp_path, drop):
    _zip(drop / "bad.zip", {"staff.csv": "staff_id\n9\n"})
    (drop / "bad.zip").write_bytes((drop / "bad.zip").read_bytes()[:40])
    (drop / "students.csv").write_text(STUDENTS)
    raw = _read(tmp_path)
    assert _rules(raw) == [3]
    assert raw.received == {"students": 2}
    assert raw.is_held_back


@pytest.mark.parametrize(
    ("member", "rule"),
    [("../evil.csv", 5), ("/etc/evil.csv", 5), ("a/../../evil.csv", 5), ("..\\evil.csv", 5), ("inner.zip", 6)],
)
def test_an_unsafe_member_is_a_finding_naming_archive_and_member_and_nothing_is_written(tmp_path, drop, member, rule):
    _zip(drop / "all.zip", {member: STUDENTS, "students.csv": STUDENTS})
    raw = _read(tmp_path)
    assert raw.findings.select("rule", "source_file").rows() == [(rule, f"all.zip/{member}")]
    assert raw.received == {"students": 2}
    assert not [path for path in tmp_path.rglob("*evil*")]
    assert not Path("/etc/evil.csv").exists()


def test_an_archive_hidden_under_another_name_is_found_out(tmp_path, drop):
    inner = io.BytesIO()
    _zip(inner, {"students.csv": STUDENTS})
    _zip(drop / "all.zip", {"students.csv": inner.getvalue()})
    assert _rules(_read(tmp_path)) == [6]


def test_an_encrypted_member_is_reported(tmp_path, drop):
    _zip(drop / "all.zip", {"students.csv": STUDENTS})
    content = bytearray((drop / "all.zip").read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    (drop / "all.zip").write_bytes(content)
    assert _rules(_read(tmp_path)) == [6]


def test_a_bomb_is_refused_by_what_it_declares(tmp_path, drop):
    _zip(drop / "all.zip", {"students.csv": b"0" * (20 << 20)})
    assert _rules(_read(tmp_path)) == [4]


def test_an_archive_of_many_members_is_stopped_at_the_limit_for_all_together(tmp_path, drop):
    _zip(drop / "all.zip", {f"students_{n}.csv": STUDENTS + os.urandom(900).hex() + ",,\n" for n in range(4)})
    raw = _read(tmp_path, limits=Limits(unpacked_bytes=4000))
    assert 4 in _rules(raw)
    assert 0 < raw.received["students"] < 12


def test_a_bomb_that_lies_about_its_size_is_stopped_while_it_is_read(tmp_path, drop):
    _zip(drop / "all.zip", {"students.csv": b"0" * 5000})
    content = (drop / "all.zip").read_bytes().replace((5000).to_bytes(4, "little"), (50).to_bytes(4, "little"))
    (drop / "all.zip").write_bytes(content)
    raw = _read(tmp_path)
    assert raw.received == {}
    assert raw.is_held_back


def test_a_damaged_member_loses_no_other_member(tmp_path, drop):
    _zip(drop / "all.zip", {"staff.csv": "staff_id\n" + os.urandom(400).hex(), "students.csv": STUDENTS})
    content = bytearray((drop / "all.zip").read_bytes())
    content[60] ^= 0xFF
    (drop / "all.zip").write_bytes(content)
    raw = _read(tmp_path)
    assert raw.findings.select("rule", "source_file").rows() == [(3, "all.zip/staff.csv")]
    assert raw.received == {"students": 2}


def test_the_same_content_under_two_names_is_read_once(tmp_path, drop):
    for name in ("students_a.csv", "students_b.csv"):
        (drop / name).write_text(STUDENTS)
    raw = _read(tmp_path)
    assert _rules(raw) == [16]
    assert raw.received == {"students": 2}


def test_a_feed_that_is_a_zip_of_the_year_is_known_by_its_name_of_the_year(tmp_path, drop):
    _zip(drop / "all_2022.zip", {"students.csv": STUDENTS, "readme.txt": "x"})
    raw = _read(tmp_path, path='"drop/all_{school_year}.zip"', files='["*.csv"]')
    assert raw.received == {"students": 2}
    assert raw.findings.is_empty()
