"""Bad files: the delivery is held back whole, the sender is told, and the previous good delivery stays in use."""

import resource
import shutil

import polars as pl
import pytest

from expectations.rules import rule

# A delivery is a snapshot, so what cannot be read whole cannot be used in part: a missing file reads as a mass exit.
BAD_FILES = [
    ("truncated_zip", "state_csv", 3),
    ("zip_bomb", "state_csv", 4),
    ("zip_path_traversal", "oneroster_csv", 5),
    ("truncated_xml", "edfi_xml", 7),
    ("billion_laughs", "edfi_xml", 8),
    ("empty_file", "edfi_xml", 2),
    ("empty_file", "oneroster_csv", 2),
    ("column_missing", "state_csv", 10),
    ("column_renamed", "oneroster_csv", 10),
    ("wrong_school_year", "edfi_xml", 101),
    ("wrong_school_year", "oneroster_csv", 101),
    ("wrong_school_year", "state_csv", 101),
]


@pytest.mark.parametrize(("fault", "kind", "number"), BAD_FILES)
def test_a_bad_file_holds_its_delivery_back_and_nothing_else(
    stage, clean_night, districts, struck, persons, caplog, fault, kind, number
):
    source_id = struck[kind]
    key = stage.plant(fault, source_id)
    with caplog.at_level("INFO"):
        night = stage.run()

    entry = night.source(source_id)
    assert (night.exit_code, entry["status"]) == (3, "held_back")
    assert entry["in_use"] == clean_night.source(source_id)["batch_id"] != entry["batch_id"]
    assert all(count["received"] == count["accepted"] + count["quarantined"] for count in entry["counts"])
    assert stage.lost(source_id) == []

    found = night.findings(source_id).filter(pl.col("rule") == number)
    assert set(found["severity"]) == {"fatal"}
    assert found["source_file"].null_count() == 0
    if fault != "wrong_school_year":
        assert all(name.startswith(key.file.split("/")[-1]) for name in found["source_file"])
    section = night.page(source_id).partition(f"Rule {number}:")[2]
    assert found["source_file"][0] in section
    assert rule(number).how_to_mend in section
    assert "Your last good delivery, if there is one, stays in use." in night.page(source_id)

    for other in sorted({*districts, "state_agency"}):
        assert night.record_bytes(other) == clean_night.record_bytes(other)
    assert night.leaks(caplog.text, persons) == []


def test_the_sender_is_told_which_column_is_missing_and_what_it_may_be_called_now(stage, struck):
    path = stage.files(struck["state_csv"]) / "state" / "enrollments.csv"
    path.write_text(path.read_text().replace("student_id", "studnet_id", 1))
    page = stage.run().page(struck["state_csv"])
    assert "student_id (studnet_id looks like student_id)" in page.partition("Rule 10:")[2]


def test_a_cut_xml_file_is_named_with_the_line_where_it_breaks(stage, struck):
    key = stage.plant("truncated_xml", struck["edfi_xml"])
    found = stage.run().findings(struck["edfi_xml"]).filter(pl.col("rule") == 7)
    lines = (stage.state / key.file).read_bytes().count(b"\n")
    assert found["source_row"].item() == pytest.approx(lines, abs=2)


def test_a_zip_of_ten_gigabytes_is_refused_without_unpacking_it(stage, struck):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stage.plant("zip_bomb", struck["state_csv"])
    stage.run()
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 512 << 10
    assert sum(path.stat().st_size for path in stage.home.rglob("*") if path.is_file()) < 200 << 20


def test_a_climbing_path_in_a_zip_writes_nothing_outside_the_landing(stage, struck, tmp_path):
    stage.plant("zip_path_traversal", struck["state_csv"])
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(stage.home)}
    stage.run()
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(stage.home)} == before
    assert not list(stage.home.rglob("outside*"))


def test_mended_files_are_taken_in_on_the_next_night(stage, clean_stage, clean_night, struck):
    source_id = struck["state_csv"]
    stage.plant("truncated_zip", source_id)
    assert stage.run().exit_code == 3
    shutil.rmtree(stage.files(source_id))
    shutil.copytree(clean_stage.files(source_id), stage.files(source_id))
    night = stage.run()
    assert (night.exit_code, night.source(source_id)["status"]) == (0, "accepted")
    assert night.record_bytes(source_id) == clean_night.record_bytes(source_id)


def test_a_district_whose_folder_is_gone_keeps_its_last_good_delivery_and_is_told(stage, clean_night, struck):
    source_id = struck["state_csv"]
    shutil.rmtree(stage.files(source_id))
    night = stage.run()
    assert (night.exit_code, night.source(source_id)["status"]) == (3, "problem")
    assert night.record_bytes(source_id) == clean_night.record_bytes(source_id)
    page = night.page(source_id)
    assert "Your newest files could not be taken in. Your last good delivery stays in use." in page
    assert rule(1).how_to_mend in page


def test_a_district_that_never_sent_anything_is_missing_and_stops_nobody(first_stage, clean_night, districts, struck):
    source_id = struck["state_csv"]
    shutil.rmtree(first_stage.files(source_id))
    night = first_stage.run()
    assert (night.exit_code, night.source(source_id)["status"]) == (3, "missing")
    assert "Nothing usable has arrived from you for this school year yet." in night.page(source_id)
    for other in sorted(set(districts) - {source_id}):
        assert night.record_bytes(other) == clean_night.record_bytes(other)
