"""The files for EDFacts of a made-up state, each counted a second time in plain Python, and written."""

import csv
import datetime as dt
import json

import duckdb
import pytest

from delivery import edfacts
from orchestration.edfacts import submit
from orchestration.exits import Refused
from orchestration.home import Home
from tests.warehouse.edfacts_oracle import DAYS, SCHOOLS, expected_counts, make_staff, make_students

FILES = ("FS002", "FS006", "FS033", "FS052", "FS059", "FS141", "FS195")


def deliver(new_delivery, students, staff):
    """The deliveries of three districts."""
    senders = {}
    for lea in ("A", "B", "C"):
        senders[lea] = new_delivery(f"src_{lea}", lea, f"{lea}1")
        senders[lea].describe_schools(*(school for school, owner in SCHOOLS.items() if owner == lea), days=DAYS)
    for student in students:
        for lea in {SCHOOLS[name] for name, _, _ in student["spells"]}:
            describe(senders[lea], student)
        home = senders[SCHOOLS[student["spells"][0][0]]]
        for name, first, last in student["spells"]:
            sender = senders[SCHOOLS[name]]
            sender.enroll(student["key"], name, first, last, grade=student["grade"], days=DAYS)
            sender.absent(student["key"], name, student["absent"].get(name, ()), days=DAYS)
        if home.lea_id != "C" and student["meal"]:
            home.add("program_participations", student_key=student["key"], program_code="SchoolFoodService",
                     program_source="Food Service", service_source=student["meal"], begin_date=dt.date(2021, 8, 20),
                     end_date=student["meal_end"])
        for begin, end, disability, environment in student["eligibilities"]:
            home.add("idea_eligibilities", student_key=student["key"], begin_date=begin, end_date=end,
                     primary_disability_code=disability, educational_environment_code=environment)
        for number, (day, action, length) in enumerate(student["removals"]):
            home.add("discipline_actions", student_key=student["key"], action_id=f"{student['key']}-{number}",
                     action_code=action, action_date=day, duration_days=length, school_id=student["spells"][0][0])
    for number, (lea, org, position, begin, end, fte) in enumerate(staff):
        senders[lea].add("staff_assignments", staff_key=f"t{number}", org_id=org, classification_code=position,
                         begin_date=begin, end_date=end, fte=fte)
    return list(senders.values())


def describe(sender, student):
    flags = {f"{flag}_code": student[flag] for flag in ("english_learner", "idea", "section_504", "homeless")}
    sender.add("demographics", student_key=student["key"], sex_code=student["sex"], race_code=student["race"],
               hispanic_latino_code="Yes" if student["hispanic"] else "No", **flags)
    sender.add("students", student_key=student["key"], age_on_october_1=student["age"])


@pytest.fixture(scope="module")
def people():
    return make_students(), make_staff()


@pytest.fixture(scope="module")
def warehouse(new_warehouse, new_delivery, people):
    """The state, built through to the counts of every file, the project's data tests passed."""
    found = new_warehouse("edfacts")
    found.load(*deliver(new_delivery, *people))
    found.dbt("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable",
              "--select", "+path:models/edfacts")
    return found


@pytest.mark.parametrize("spec", FILES)
def test_every_count_of_a_file_is_that_of_the_second_computation(warehouse, people, spec):
    categories = [row[0] for row in warehouse.rows(f"describe edfacts.edfacts_{spec.lower()}")][7:-1]
    columns = "table_name, org_level, org_id, category_set"
    found = {}
    for *key, values, amount in warehouse.rows(
        f"select {columns}, [{', '.join(categories)}], amount from edfacts.edfacts_{spec.lower()}"
    ):
        group = tuple(sorted(pair for pair in zip(categories, values, strict=True) if pair[1] is not None))
        found[*key, group] = amount
    expected = expected_counts(spec, *people)
    assert len(expected) > 8
    differ = {key: (found.get(key), expected.get(key)) for key in found.keys() | expected.keys()
              if found.get(key) != expected.get(key)}
    assert differ == {}


def test_membership_of_the_file_is_the_membership_indicator(warehouse):
    totals = warehouse.rows("select org_level, org_id, amount from edfacts.edfacts_fs052 where category_set = 'EUT'")
    indicator = warehouse.rows(
        "select 'school', school_id, count(*) from core.fct_membership where authority = 'edfacts' group by school_id")
    assert {row for row in totals if row[0] == "school"} == set(indicator)


@pytest.fixture(scope="module")
def home(warehouse):
    """A home whose warehouse is the built one."""
    root = warehouse.folder / "home"
    (root / "warehouse").mkdir(parents=True)
    (root / "warehouse" / "slds.duckdb").write_bytes(warehouse.path.read_bytes())
    return Home(root)


def write(home, *specs, school_year=2022, fips="31", out=None):
    return submit(home, list(specs), school_year=school_year, out=out, form="csv", fips=fips, revision=1)


@pytest.fixture(scope="module")
def written(home):
    """What came of some files, by number."""
    return {submission.layout.spec: submission for submission in write(home, "FS052", "FS195", "FS033", "FS150")}


def test_files_are_written_checked_and_kept_apart_from_everything_released(home, written):
    assert all(not submission.problems for submission in written.values())
    paths = [file.path for submission in written.values() for file in submission.files]
    assert {path.name for path in paths} == {
        "NESEAMEMBER2022-01.csv", "NELEAMEMBER2022-01.csv", "NESCHMEMBER2022-01.csv", "NESCHCHRONABSE2022-01.csv",
        "NESCHLUNCHFRED2022-01.csv"}
    assert {path.parent for path in paths} == {home.root / "edfacts" / "2022"}
    assert not home.releases.exists()
    with (home.edfacts / "2022" / "NESEAMEMBER2022-01.csv").open() as lines:
        header, *records = csv.reader(lines)
    assert header[:2] == ["SEA MEMBERSHIP", str(len(records))]
    summary = json.loads((home.edfacts / "2022" / "FS195.json").read_text())
    assert summary["organizations_without_data"] == {"school": ["C1"]}
    assert summary["check_against_the_file_specification"]


def test_a_file_without_data_is_refused_and_named_not_written_with_zeros(home, written):
    # The state has no diplomas: no cohort has ended.
    assert written["FS150"].files == []
    assert "nobody sent diplomas for 2022" in written["FS150"].no_data
    assert not list((home.edfacts / "2022").glob("*GRADRATE*"))


def test_counts_that_are_wrong_are_not_written(home, monkeypatch):
    monkeypatch.setattr("orchestration.edfacts._build", lambda home, files: spoil(home))
    [submission] = write(home, "FS141")
    assert submission.files == []
    assert "FS141 LEPENROLLED: set CSC does not add up to EUT in state ST." in submission.problems
    assert not list((home.edfacts / "2022").glob("*ELENROLL*"))


def spoil(home):
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("delete from edfacts.edfacts_fs141 where category_set = 'CSC' and org_level = 'state' "
                           "and raceethnic = 'WH7'")


def test_a_year_without_a_layout_a_state_without_a_code_and_a_public_folder_are_refused(home):
    with pytest.raises(Refused, match="no EDFacts layout of school year 2021"):
        write(home, "FS052", school_year=2021)
    with pytest.raises(Refused, match="not the FIPS code"):
        write(home, "FS052", fips=None)
    with pytest.raises(Refused, match="exact counts"):
        write(home, "FS052", out=home.releases / "x")
    with pytest.raises(Refused, match="no warehouse"):
        write(Home(home.root / "elsewhere"), "FS052")


def test_the_layout_of_the_warehouse_is_that_of_the_seeds(warehouse):
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        sets = connection.sql("select * from seeds.edfacts_category_sets").pl()
        values = connection.sql("select * from seeds.edfacts_permitted_values").pl()
    layout = edfacts.load_layout(2022, category_sets=sets, permitted_values=values)
    assert "01" in layout.values_of("GRADELVMEM")
    assert layout.sets_of(layout.file("FS052")).filter(category_set="EUT")["categories"].list.len().to_list() == [0] * 3
