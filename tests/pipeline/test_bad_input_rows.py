"""Bad rows: they stay out with file, row and rule number; the good rows of the same district are accepted."""

import polars as pl
import pytest

from expectations.rules import rule

# One night a list, so that one judgement serves three districts. Each: fault, format of the sender, rule, the record
# type that loses the rows, and what loses rows because those are gone.
NIGHTS = {
    "codes and persons": [
        ("unknown_descriptor", "edfi_xml", 1641, "attendance", ()),
        ("duplicate_student", "oneroster_csv", 107, "students", ("enrollments",)),
        ("unknown_descriptor", "state_csv", 1641, "attendance", ()),
    ],
    "dates": [
        ("exit_before_entry", "edfi_xml", 1581, "enrollments", ("attendance",)),
        ("exit_before_entry", "oneroster_csv", 1581, "enrollments", ("attendance",)),
        ("date_0222", "state_csv", 1561, "enrollments", ("attendance",)),
    ],
    "enrollments that cannot be": [
        ("overlapping_enrollments", "edfi_xml", 103, "enrollments", ()),
        ("attendance_without_enrollment", "oneroster_csv", 105, "attendance", ()),
        ("other_districts_students", "state_csv", 102, "enrollments", ()),
    ],
    "the same by other formats": [
        ("other_districts_students", "edfi_xml", 102, "enrollments", ()),
        ("date_0222", "oneroster_csv", 1561, "enrollments", ("attendance",)),
        ("overlapping_enrollments", "state_csv", 103, "enrollments", ()),
    ],
    "persons in XML": [
        ("duplicate_student", "edfi_xml", 107, "students", ()),
        ("duplicate_student", "state_csv", 107, "students", ()),
    ],
}


@pytest.mark.parametrize("strikes", NIGHTS.values(), ids=NIGHTS)
def test_bad_rows_stay_out_and_all_else_of_the_district_is_accepted(
    stage, clean_night, districts, struck, persons, caplog, strikes
):
    keys = [stage.plant(fault, struck[kind]) for fault, kind, *_ in strikes]
    with caplog.at_level("INFO"):
        night = stage.run()
    assert night.exit_code == 3
    for (_, kind, number, record_type, cascade), key in zip(strikes, keys, strict=True):
        source_id = struck[kind]
        rows_are_kept_out(night, source_id, number, record_type, key)
        assert stage.lost(source_id) == []
        rows, before = night.rows(source_id), clean_night.rows(source_id)
        assert {name for name in before if rows[name] != before[name]} <= {record_type, *cascade}
    others_are_untouched(night, clean_night, districts, {key.source_id for key in keys})
    assert night.leaks(caplog.text, persons) == []


def rows_are_kept_out(night, source_id, number, record_type, key):
    """The delivery is in use without the rows planted; list and page name them."""
    entry, found = night.source(source_id), night.findings(source_id)
    assert (entry["status"], entry["in_use"]) == ("accepted", entry["batch_id"])
    assert all(count["received"] == count["accepted"] + count["quarantined"] for count in entry["counts"])
    named = found.filter(pl.col("rule") == number, pl.col("record_type") == record_type)
    assert set(named["source_file"]) == {key.file.split("/")[-1]}
    assert set(key.rows) <= set(named["source_row"])
    kept_out = found.filter(pl.col("severity") == "error").select("record_type", "source_file", "source_row").unique()
    quarantined = {count["record_type"]: count["quarantined"] for count in entry["counts"]}
    assert sum(quarantined.values()) == kept_out.height
    assert quarantined[record_type] >= len(key.rows)
    tell_how_to_mend(night.page(source_id), number, key)


def test_one_person_under_two_numbers_is_named_to_the_sender_and_nothing_is_kept_out(
    stage, clean_night, districts, struck, persons, caplog
):
    """Twins and namesakes exist, so it is a warning: no row is rejected and the night ends well."""
    keys = [stage.plant("same_student_two_ids", source_id) for source_id in struck.values()]
    with caplog.at_level("INFO"):
        night = stage.run()
    assert night.exit_code == 0
    for key in keys:
        entry = night.source(key.source_id)
        assert (entry["status"], entry["quarantined"]) == ("accepted", 0)
        found = night.findings(key.source_id).filter(pl.col("rule") == 108)
        assert set(key.rows) <= set(found["source_row"])
        assert set(found["source_file"]) == {key.file.split("/")[-1]}
        tell_how_to_mend(night.page(key.source_id), 108, key)
    others_are_untouched(night, clean_night, districts, set(struck.values()))
    assert night.leaks(caplog.text, persons) == []


def test_on_a_first_night_bad_rows_of_some_districts_leave_the_others_byte_for_byte(
    first_stage, clean_night, districts, struck
):
    first_stage.plant("date_0222", struck["edfi_xml"])
    first_stage.plant("duplicate_student", struck["oneroster_csv"])
    first_stage.plant("column_missing", struck["state_csv"])
    night = first_stage.run()
    assert night.exit_code == 3
    assert night.source(struck["state_csv"])["in_use"] is None
    for source_id in sorted({*districts, "state_agency"} - set(struck.values())):
        assert night.record_bytes(source_id) == clean_night.record_bytes(source_id)
        assert night.source(source_id)["errors"] == []


def tell_how_to_mend(page, number, key):
    """The page names the rule, the file and each row, and says how to mend it."""
    section = page.partition(f"Rule {number}:")[2]
    assert key.file.split("/")[-1] in section
    assert rule(number).how_to_mend in section


def others_are_untouched(night, clean_night, districts, struck_ids):
    for other in sorted({*districts, "state_agency"} - struck_ids):
        assert night.record_bytes(other) == clean_night.record_bytes(other)
        assert night.source(other)["status"] == "accepted"
        assert night.source(other)["errors"] == []
