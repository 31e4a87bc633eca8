"""OneRoster CSV: rosters become record tables, ids are followed, and people who are nobody's record are counted."""

import io

from intake.archives import InputFile
from intake.formats.oneroster_csv import read_oneroster_files

FILES = {
    "manifest": "propertyName,value\nx,y\n",
    "orgs": "sourcedId,status,name,type,identifier,parentSourcedId\no1,,D,district,0700,\no2,,S,school,0701,o1\n",
    "academicSessions": "sourcedId,title,type,startDate,endDate\nt1,Fall,term,2021-08-23,2021-12-17\n",
    "courses": "sourcedId,title,courseCode,subjects\nc1,Algebra,ALG1,Mathematics\n",
    "classes": "sourcedId,title,courseSourcedId,schoolSourcedId,termSourcedIds\nk1,Period 1,c1,o2,t1\n",
    "users": (
        "sourcedId,enabledUser,orgSourcedIds,role,givenName,familyName,middleName,identifier,userIds,grades,"
        "metadata.entryDate,metadata.exitDate,metadata.exitType,metadata.entryType\n"
        'u1,true,o2,student,A,B,M,9001,"{state:9001},{fed:77}",05,2021-08-23,,,74001\n'
        "u2,true,o2,teacher,C,D,,,,,,,,\n"
        "u3,true,o2,parent,E,F,,,,,,,,\n"
    ),
    "demographics": (
        "sourcedId,birthDate,sex,asian,white,demographicRaceTwoOrMoreRaces,hispanicOrLatinoEthnicity\n"
        "u1,2011-02-03,female,true,true,true,false\nu2,1980-01-01,male,true,false,false,false\n"
    ),
    "enrollments": (
        "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n"
        "e1,k1,o2,u1,student,,,\ne2,k1,o2,u2,teacher,true,2021-09-01,\n"
    ),
}


def _read(**changed: str):
    files = {**FILES, **changed}
    return read_oneroster_files(
        [InputFile(f"{name}.csv", lambda text=text: io.BytesIO(text.encode())) for name, text in files.items()]
    )


def test_users_become_students_with_enrollments_and_staff_and_parents_are_counted():
    found = _read()
    assert found.findings == []
    student = found.tables["students"].row(0, named=True)
    assert (student["student_id"], student["birth_date"], student["other_ids"]) == (
        "9001",
        "2011-02-03",
        "state:9001|fed:77",
    )
    enrollment = found.tables["enrollments"].row(0, named=True)
    assert (enrollment["student_id"], enrollment["school_id"], enrollment["entry_date"]) == (
        "9001",
        "0701",
        "2021-08-23",
    )
    assert enrollment["grade_level_source"] == "05"
    assert found.tables["staff"]["staff_id"].to_list() == ["u2"]
    assert found.unread_elements["OneRoster users: neither student nor staff"] == 1
    assert found.unread_files == [("manifest.csv", "holds nothing that is collected")]


def test_races_are_listed_and_two_or_more_is_kept_only_where_it_says_something():
    table = _read().tables["demographics"]
    assert table.select("student_id", "sex_source", "race_source").rows() == [("9001", "female", "Asian|White")]
    alone = FILES["demographics"].replace("true,true,true,false", "false,false,true,false")
    table = _read(demographics=alone).tables["demographics"]
    assert table["race_source"].to_list() == ["DemographicRaceTwoOrMoreRaces"]


def test_rosters_follow_ids_and_take_the_terms_first_day_where_they_have_no_date():
    tables = _read().tables
    assert tables["sections"].select("section_id", "school_id", "session_name", "course_id", "course_title").rows() == [
        ("k1", "0701", "Fall", "ALG1", "Algebra")
    ]
    assert tables["student_sections"].select("student_id", "session_name", "begin_date").rows() == [
        ("9001", "Fall", "2021-08-23")
    ]
    assert tables["staff_sections"].select("staff_id", "begin_date", "position_source").rows() == [
        ("u2", "2021-09-01", "teacher (primary)")
    ]


def test_roles_may_stand_in_a_file_of_their_own_as_in_version_1_2():
    users = FILES["users"].replace("orgSourcedIds,role", "x,y").replace("o2,student", ",").replace("o2,teacher", ",")
    roles = "userSourcedId,roleType,role,orgSourcedId\nu1,secondary,student,o1\nu1,primary,student,o2\nu2,,teacher,o2\n"
    tables = _read(users=users.replace("o2,parent", ","), roles=roles).tables
    assert tables["enrollments"]["school_id"].to_list() == ["0701"]
    assert tables["staff"].height == 1


def test_without_entry_dates_there_is_a_warning_and_no_made_up_enrollment():
    found = _read(users=FILES["users"].replace("metadata.entryDate", "metadata.other"))
    assert "enrollments" not in found.tables
    assert [(each.rule, each.severity) for each in found.findings] == [(22, "warning")]


def test_a_row_marked_for_deletion_is_left_out_and_counted():
    found = _read(orgs=FILES["orgs"].replace("o2,,S", "o2,tobedeleted,S"))
    assert [(each.rule, each.source_row) for each in found.findings] == [(23, 3)]
    assert found.unparsed["organizations"] == 1
    assert found.tables["organizations"].height == 1


def test_one_unusable_file_leaves_the_others_read():
    found = _read(orgs="name\nS\n", classes="")
    assert sorted(each.rule for each in found.findings) == [2, 10]
    assert found.tables["students"].height == 1
    assert found.tables["student_sections"].height == 1
