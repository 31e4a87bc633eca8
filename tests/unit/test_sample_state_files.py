"""The files that sample_state writes: the same each time, complete, well-formed, and in the words of their formats."""

import csv
import hashlib
import re
import time
import xml.etree.ElementTree as ElementTree
from fnmatch import fnmatch
from pathlib import Path

import polars as pl
import pytest
import yaml

from intake import CODE_SETS, RECORD_TYPES
from sample_state import write_sample
from sample_state.codes import RECORD_COLUMNS, STATEWIDE
from sample_state.edfi_xml import render

ROOT = Path(__file__).parents[2]
NAMESPACE = "{http://ed-fi.org/5.2.0}"


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    return write_sample(folder, districts=6, students=700, seed=3)


def hash_files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def folder_of(sample, kind: str) -> Path:
    sources = yaml.safe_load((sample.folder / "sources.yml").read_text())["sources"]
    source = next(each for each in sources if each["feeds"][0]["format"] == kind and "lea_id" in each)
    return sample.folder / "districts" / source["id"] / "2022"


def read(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False)


def read_element_counts(path: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    depth = 0
    for event, element in ElementTree.iterparse(path, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "end" and depth == 1:
            name = element.tag.removeprefix(NAMESPACE)
            counts[name] = counts.get(name, 0) + 1
            element.clear()
    return counts


def test_the_same_arguments_write_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_sample(tmp_path / name, districts=3, students=150, years=2, seed=5, faults=("crlf", "truncated_zip"))
    assert hash_files(tmp_path / "one") == hash_files(tmp_path / "two")


def test_another_seed_writes_another_state(tmp_path, sample):
    write_sample(tmp_path, districts=6, students=700, seed=4)

    def hash_persons(folder: Path) -> set[str]:
        people = {"students.csv", "users.csv", "Student.xml", "attendance.csv", "StudentSchoolAttendance.xml"}
        return {digest for name, digest in hash_files(folder).items() if name.rpartition("/")[2] in people}

    assert len(hash_persons(tmp_path)) == 12  # six attendance files, two of students in each format
    assert not hash_persons(tmp_path) & hash_persons(sample.folder)


def test_writing_again_leaves_no_district_of_the_run_before(tmp_path):
    write_sample(tmp_path, districts=4, students=100, seed=1, faults=("crlf",))
    write_sample(tmp_path, districts=2, students=60, seed=2)
    assert len(list((tmp_path / "districts").iterdir())) == 2
    assert not (tmp_path / "faults.json").exists()


def test_the_sources_file_describes_every_district_and_every_file(sample):
    content = yaml.safe_load((sample.folder / "sources.yml").read_text())
    assert content["school_years"] == [2022]
    described = set()
    for source in content["sources"]:
        assert re.fullmatch(r"[a-z0-9_]+", source["id"])
        for feed in source["feeds"]:
            path = sample.folder / feed["path"].format(school_year=2022)
            matched = [each for each in path.iterdir() if any(fnmatch(each.name, pattern) for pattern in feed["files"])]
            assert matched, f"no file for {feed['path']}"
            described |= set(matched)
    written = {path for path in sample.folder.rglob("*") if path.is_file()}
    assert written - described == {sample.folder / "sources.yml"}


def test_a_third_of_the_districts_sends_each_format(sample):
    sources = yaml.safe_load((sample.folder / "sources.yml").read_text())["sources"]
    formats = [source["feeds"][0]["format"] for source in sources if "lea_id" in source]
    assert {kind: formats.count(kind) for kind in formats} == {"edfi_xml": 2, "oneroster_csv": 2, "state_csv": 2}


def test_columns_are_those_of_the_contract():
    text = (ROOT / "docs/architecture.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", text, flags=re.MULTILINE))
    # "(each code/source…)" speaks of the columns before it.
    each_coded = {"demographics": set(RECORD_COLUMNS["demographics"][1:])}
    for record_type, columns in RECORD_COLUMNS.items():
        listed = re.sub(r"\([^()]*(code/source|source only)[^()]*\)", "#", rows[record_type])
        listed = re.sub(r"\([^()]*\)", "", listed).replace("*", "").replace("†", "")
        names = [name.strip() for name in listed.split(",")]
        expected = []
        for name in names:
            bare = name.rstrip("# ").strip()
            coded = name.endswith("#") or f"{bare}_source" in each_coded.get(record_type, ())
            expected.append(f"{bare}_source" if coded else bare)
        assert list(columns) == expected, record_type


def test_state_csv_files_hold_the_rows_of_every_record_type(sample):
    folder = folder_of(sample, "state_csv")
    received = sample.received[folder.parent.name, 2022]
    assert set(received) == set(RECORD_COLUMNS) - set(STATEWIDE)
    for record_type, count in received.items():
        # What is rare may not happen in a small district; then no file is sent.
        if count or record_type not in ("restraint_events", "industry_credentials", "work_based_learning"):
            table = read(folder / f"state/{record_type}.csv")
            assert tuple(table.columns) == RECORD_COLUMNS[record_type]
            assert table.height == count > 0


def test_xml_is_well_formed_and_holds_every_record(sample):
    folder = folder_of(sample, "edfi_xml")
    received = sample.received[folder.parent.name, 2022]
    counts: dict[str, int] = {}
    for path in sorted((folder / "edfi").iterdir()):
        counts |= read_element_counts(path)
    assert counts["Student"] == received["students"] == counts["StudentEducationOrganizationAssociation"]
    for element, record_type in {
        "StudentSchoolAssociation": "enrollments", "StudentSchoolAttendanceEvent": "attendance",
        "CalendarDate": "calendars", "StudentAssessment": "assessment_results", "Section": "sections",
        "DisciplineIncident": "discipline_incidents", "DisciplineAction": "discipline_actions", "Staff": "staff",
        "StudentSectionAssociation": "student_sections", "StaffSectionAssociation": "staff_sections",
        "StaffEducationOrganizationAssignmentAssociation": "staff_assignments",
        "StudentAcademicRecord": "diplomas",
    }.items():
        assert counts[element] == received[record_type], element
    programs = sum(count for name, count in counts.items() if name.endswith("ProgramAssociation"))
    assert programs == received["program_participations"]


def test_oneroster_files_refer_to_each_other_and_hold_every_student(sample):
    folder = folder_of(sample, "oneroster_csv")
    files = {path.stem: read(path) for path in (folder / "oneroster").iterdir()}
    received = sample.received[folder.parent.name, 2022]
    ids = {name: set(table["sourcedId"]) for name, table in files.items()}
    users, classes, enrollments = files["users"], files["classes"], files["enrollments"]
    assert users.filter(role="student").height == received["students"] == files["demographics"].height
    assert all(len(ids[name]) == table.height for name, table in files.items() if name != "enrollments")
    assert set(classes["courseSourcedId"]) <= ids["courses"]
    assert set(classes["termSourcedIds"]) <= ids["academicSessions"]
    assert set(classes["schoolSourcedId"]) | set(users["orgSourcedIds"]) <= ids["orgs"]
    assert set(enrollments["classSourcedId"]) <= ids["classes"]
    assert set(enrollments["userSourcedId"]) <= ids["users"]
    assert set(files["demographics"]["sourcedId"]) == set(users.filter(role="student")["sourcedId"])


def test_oneroster_and_its_supplement_hold_every_enrolment_once(sample):
    folder = folder_of(sample, "oneroster_csv")
    earlier = read(folder / "state/enrollments.csv")
    latest = read(folder / "oneroster/users.csv").filter(role="student")
    received = sample.received[folder.parent.name, 2022]["enrollments"]
    assert earlier.height + latest.height == received
    assert latest["metadata.entryDate"].null_count() == 0


def test_every_code_written_is_known_to_the_crosswalk(sample):
    seeds = ROOT / "dbt_project/seeds"
    known = {}
    for code_set in CODE_SETS:
        table = read(seeds / f"xwalk_{code_set}.csv")
        known[code_set] = {(system, word.casefold()) for system, word in table.select(table.columns[:2]).iter_rows()}
    folder = folder_of(sample, "state_csv")
    agency = sample.folder / "state_agency" / "2022"
    for path in [*sorted((folder / "state").iterdir()), *sorted(agency.iterdir())]:
        table = read(path)
        for column in RECORD_TYPES[path.stem].coded:
            column, code_set = column.sent, column.code_set
            if column in table.columns:
                words = {part for value in table[column].drop_nulls().unique() for part in value.split("|")}
                assert {("ceds", word.casefold()) for word in words} <= known[code_set], column
    text = "".join(path.read_text() for path in (folder_of(sample, "edfi_xml") / "edfi").iterdir())
    for descriptor, code_set in {
        "CalendarEvent": "calendar_event", "Sex": "sex", "Race": "race", "ProgramType": "program",
        "AcademicSubject": "subject", "GradeLevel": "grade_level", "EntryType": "entry_type",
        "ExitWithdrawType": "exit_type", "Behavior": "behavior", "AttendanceEventCategory": "attendance_status",
        "Discipline": "discipline_action", "StaffClassification": "staff_classification",
        "EducationOrganizationCategory": "org_type", "LimitedEnglishProficiency": "yes_no",
        "AssessmentCategory": "assessment_type", "ReasonNotTested": "reason_not_tested",
        "CourseLevelCharacteristic": "course_level", "Disability": "disability",
        "SpecialEducationSetting": "educational_environment", "OperationalStatus": "operational_status",
    }.items():
        words = set(re.findall(rf"/{descriptor}Descriptor#([^<]+)<", text))
        assert words
        assert {("edfi", word.casefold()) for word in words} <= known[code_set], descriptor


def test_direct_identifiers_are_in_the_files_for_the_system_to_keep_out(sample):
    students = read(folder_of(sample, "state_csv") / "state/students.csv")
    assert students["other_ids"].str.contains(r"SSN:9\d\d-\d\d-\d{4}").all()
    assert students["first_name"].null_count() == 0
    assert students["student_id"].str.contains(r"^31\d{8}$").all()


def test_a_line_whose_column_is_null_is_left_out_and_markup_is_escaped():
    table = pl.DataFrame({"name": ["A & B", "C"], "end": [None, "2022-05-01"]})
    template = "<X>\n<Name>{name}</Name>\n<End>{end}</End>\n</X>\n"
    first, second = render(table, template)
    assert first == "<X>\n<Name>A &amp; B</Name>\n</X>\n"
    assert second == "<X>\n<Name>C</Name>\n<End>2022-05-01</End>\n</X>\n"


def test_two_thousand_students_take_a_few_seconds(tmp_path):
    # About one second on two idle cores; the bound leaves room for busy ones.
    started = time.perf_counter()
    summary = write_sample(tmp_path, students=2000)
    assert time.perf_counter() - started < 15
    assert summary.students == 2000


def test_a_state_of_one_small_district_can_be_written(tmp_path):
    summary = write_sample(tmp_path, districts=1, students=8)
    assert (summary.districts, summary.schools) == (1, 1)
    assert len(list(tmp_path.rglob("*.xml"))) == 12


@pytest.mark.parametrize("wrong", [{"districts": 0}, {"years": 0}, {"students": 10, "districts": 6},
                                   {"faults": ("no_such_fault",)}])
def test_arguments_that_make_no_state_are_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match=r"must be at least|no such fault"):
        write_sample(tmp_path, **wrong)


def test_progress_is_told_once_for_each_district_and_year(tmp_path):
    lines: list[str] = []
    write_sample(tmp_path, districts=2, students=40, years=2, first_school_year=2020, progress=lines.append)
    assert [line.split()[0] for line in lines] == ["2020", "2020", "2021", "2021"]


def test_names_outside_ascii_are_written_in_utf8(sample):
    text = (folder_of(sample, "state_csv") / "state/students.csv").read_bytes().decode("utf-8")
    assert any(ord(letter) > 127 for letter in text)
    assert len({len(row) for row in csv.reader(text.splitlines())}) == 1
