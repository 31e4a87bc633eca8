"""Delimited files: every row read, every line number right, every fault named and no value shown."""

import io

import pytest

from intake.archives import InputFile
from intake.findings import UnreadableFile
from intake.formats import delimited_text
from intake.formats.delimited import read_mapped_file, read_state_file
from intake.formats.delimited_text import read_delimited_text


def _file(content: bytes | str, name: str = "students.csv") -> InputFile:
    data = content.encode() if isinstance(content, str) else content
    return InputFile(name, lambda: io.BytesIO(data))


def _rows(content: bytes | str) -> list[tuple]:
    frame = read_delimited_text(_file(content)).frame
    return frame.select("source_row", *[name for name in frame.columns if name != "source_row"]).rows()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "cp1252"])
def test_every_usual_encoding_gives_the_same_text(encoding):
    text = "student_id,first_name\n1,Zoë\n"
    data = b"\xff\xfe" + text.encode("utf-16-le") if encoding == "utf-16-le-bom" else text.encode(encoding)
    found = read_delimited_text(_file(data))
    assert found.frame["first_name"].to_list() == ["Zoë"]
    assert [each.rule for each in found.findings] == ([12] if encoding == "cp1252" else [])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_told_by_the_header(separator):
    assert _rows(f"a{separator}b\n1{separator}2\n") == [(2, "1", "2")]


def test_a_quoted_line_break_does_not_shift_the_line_numbers():
    assert _rows('a,b\n"x\ny",2\n\n3,4\n') == [(2, "x\ny", "2"), (5, "3", "4")]


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,2\n3,4\n",
        "a,b\r\n1,2\r\n 3 ,\r\n",
        "a,b\n1,2\n3,4",
        "a\n1\n\n2\n",
        "a,b\n",
        "a,b\n1\n1,2,3\n4,5\n",
        "a,b\n1,2\n\n\n3,4\n",
        "a,b\n,\n1,NA\n",
        "a,b\nü,é\n",
        "a;b\r1;2\r3;4\r",
    ],
)
def test_the_fast_road_and_the_row_by_row_road_give_the_same_rows(content, monkeypatch):
    usual = read_delimited_text(_file(content))
    monkeypatch.setattr(delimited_text, "_read_clean", lambda *_: None)
    slow = read_delimited_text(_file(content))
    assert usual.frame.equals(slow.frame)
    assert usual.findings == slow.findings
    assert usual.unparsed == slow.unparsed


def test_clean_files_really_take_the_fast_road(monkeypatch):
    monkeypatch.setattr(delimited_text, "_read_by_row", lambda *_: pytest.fail("row by row"))
    assert _rows("a,b\r\n1,2\r\n3,\r\n") == [(2, "1", "2"), (3, "3", None)]


def test_a_ragged_row_is_a_finding_with_its_line_and_the_others_are_read():
    found = read_delimited_text(_file("a,b\n1\n1,2,3\n4,5\n"))
    assert [(each.rule, each.severity, each.source_row) for each in found.findings] == [
        (13, "error", 2),
        (13, "error", 3),
    ]
    assert found.unparsed == 2
    assert found.frame.height == 1


@pytest.mark.parametrize(
    ("content", "rule"),
    [(b"", 2), (b" \n", 2), (b"a,b\n1,\x002\n", 9), (b"a,A\n1,2\n", 19), (b'a,b\n1,"2\n3,4\n', 20)],
)
def test_a_file_that_cannot_be_trusted_is_refused_whole(content, rule):
    with pytest.raises(UnreadableFile) as caught:
        read_delimited_text(_file(content))
    assert caught.value.finding.rule == rule
    assert caught.value.finding.severity == "fatal"


def test_headers_match_without_case_space_underscore_or_order():
    found = read_state_file(_file("Last Name,STUDENT_ID,FirstName\nB,1,A\n"))
    assert found.frame.select("student_id", "first_name", "last_name").rows() == [("1", "A", "B")]
    assert found.findings == []


def test_a_coded_column_may_drop_its_source_ending():
    found = read_state_file(_file("student_id,sex\n1,Male\n", "demographics.csv"))
    assert found.frame["sex_source"].to_list() == ["Male"]


def test_a_missing_key_column_names_the_column_and_the_near_miss():
    with pytest.raises(UnreadableFile) as caught:
        read_state_file(_file("studnet_id,first_name\n1,A\n"))
    assert caught.value.finding.rule == 10
    assert caught.value.finding.column == "student_id"
    assert "studnet_id looks like student_id" in caught.value.finding.message


def test_a_file_without_header_shows_no_value_of_its_first_row():
    with pytest.raises(UnreadableFile) as caught:
        read_state_file(_file("4711,Ann,Miller,Ann\n4712,Bob,Moss,Bob\n"))
    assert not any(value in caught.value.finding.message for value in ("4711", "Ann", "Miller"))


def test_an_unknown_column_is_a_warning_and_the_file_is_read():
    found = read_state_file(_file("student_id,frist_name\n1,A\n"))
    assert [(each.rule, each.severity, each.column) for each in found.findings] == [(11, "warning", "frist_name")]
    assert "first_name" in found.findings[0].message
    assert found.frame.height == 1


@pytest.mark.parametrize(
    ("name", "record_type"),
    [("staff.csv", "staff"), ("staff_assignments.csv", "staff_assignments"), ("Attendance_2021-09.CSV", "attendance")],
)
def test_the_file_name_tells_the_record_type(name, record_type):
    content = (
        "staff_id,org_id,classification,begin_date,student_id,school_id,attendance_date,attendance_status\n"
        "1,2,3,4,5,6,7,8\n"
    )
    assert read_state_file(_file(content, name)).record_type == record_type


@pytest.mark.parametrize(("name", "rule", "severity"), [("notes.csv", 14, "warning"), ("enrolments.csv", 21, "fatal")])
def test_a_file_of_no_record_type_is_left_out_and_a_misspelt_one_holds_the_delivery_back(name, rule, severity):
    with pytest.raises(UnreadableFile) as caught:
        read_state_file(_file("student_id\n1\n", name))
    assert (caught.value.finding.rule, caught.value.finding.severity) == (rule, severity)


def test_a_mapped_file_takes_the_senders_headers_and_constants():
    found = read_mapped_file(
        _file("Pupil No,Campus,Extra\n1,9,x\n"),
        "enrollments",
        columns={"student_id": "pupil_no", "school_id": "campus"},
        constants={"grade_level_source": "Ungraded"},
    )
    assert found.frame.select("student_id", "school_id", "grade_level_source").rows() == [("1", "9", "Ungraded")]
    assert found.findings == []
    with pytest.raises(UnreadableFile) as caught:
        read_mapped_file(_file("pupil,campus\n1,9\n"), "enrollments", columns={"student_id": "puppil"}, constants={})
    assert "pupil looks like puppil" in caught.value.finding.message
