"""The real sample districts beside the checkout: every element accounted for, every code known."""

import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from intake import RECORD_TYPES, load_sources, read_delivery, receive

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the folder ../shared/data is not here")

STUDENTS = {"sea": 0, "bear_creek": 856, "lakeside": 888, "grand_bend": 960}
UNMAPPED = {
    ("grand_bend", "attendance", "attendance_status_source", "Partial"): 1,
    ("bear_creek", "idea_eligibilities", "primary_disability_source", "Sensory impairment"): 1,
    ("grand_bend", "idea_eligibilities", "primary_disability_source", "Sensory impairment"): 1,
}
"""Codes without a crosswalk row on purpose; see the descriptions of the two crosswalks."""


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    found = {}
    for source in load_sources(ROOT / "examples" / "shared-data" / "sources.yml").sources:
        receipt = receive(source, 2022, home=home)
        seeds = ROOT / "dbt_project" / "seeds"
        found[source.id] = (source, receipt, read_delivery(receipt.delivery, source, home=home, crosswalk_dir=seeds))
    return found


def test_all_students_of_the_three_districts_arrive_without_a_finding(deliveries):
    assert {name: raw.received.get("students", 0) for name, (_, _, raw) in deliveries.items()} == STUDENTS
    assert all(raw.findings.is_empty() and not raw.unread_files for _, _, raw in deliveries.values())
    assert deliveries["grand_bend"][2].received["enrollments"] == 953
    assert deliveries["grand_bend"][2].received["attendance"] == 1917


def test_no_code_is_unmapped_but_those_listed(deliveries):
    unmapped: Counter = Counter()
    for name, (_, _, raw) in deliveries.items():
        for record_type, frame in raw.tables.items():
            for column in RECORD_TYPES[record_type].coded:
                source, code = column.emitted
                for wording in frame.filter(pl.col(code).is_null())[source].drop_nulls():
                    unmapped[name, record_type, source, wording] += 1
    assert unmapped == UNMAPPED


def test_every_element_of_every_xml_file_is_in_a_table_or_counted_as_unread(deliveries):
    lookups = {"CourseOffering", "ChartOfAccount", "Credential", "Survey", "SurveyResponse"}
    for source, receipt, raw in deliveries.values():
        elements: Counter = Counter()
        folder = source.locate(source.feeds[0], 2022)
        for file in (each for each in receipt.delivery.files if each.feed == 0):
            root = ElementTree.parse(folder / file.path).getroot()
            elements.update(child.tag.rpartition("}")[2] for child in root)
        unread = Counter(raw.unread_elements)
        read = elements - unread
        assert all(elements[name] == count for name, count in unread.items())
        # Rows per file and element number: each element that was read is the source of at least one row.
        places = pl.concat([frame.select("source_file", "source_row") for frame in raw.tables.values()]).unique()
        xml_places = places.filter(pl.col("source_file").str.ends_with(".xml")).height
        assert xml_places == sum(count for name, count in read.items() if name not in lookups)


def test_nearly_every_attendance_event_of_grand_bend_falls_into_the_students_school(deliveries):
    tables = deliveries["grand_bend"][2].tables
    joined = tables["attendance"].join(tables["enrollments"], on=["student_id", "school_id"], how="semi")
    assert joined.height == 1913


def test_what_grand_bend_has_beside_enrolment_arrives_and_hangs_together(deliveries):
    tables = deliveries["grand_bend"][2].tables
    for record_type, count in {
        "courses": 84, "incident_participations": 21, "idea_eligibilities": 97, "staff_credentials": 56,
        "survey_items": 5, "survey_responses": 60, "student_transportation": 30, "finance_accounts": 72,
    }.items():  # fmt: skip
        assert tables[record_type].height == count, record_type
    met = tables["performance_levels"].filter(assessment_id="ACT Composite")
    bounds = met.select("performance_level_source", "minimum_score", "maximum_score")
    assert bounds.rows() == [("Met Standard", "24", "36")]
    incidents = tables["incident_participations"].join(tables["discipline_incidents"], on=["incident_id", "school_id"])
    assert incidents.height == 21
    assert set(tables["survey_responses"]["respondent_role_source"].drop_nulls()) == {"Student"}
    assert set(tables["finance_accounts"]["account_type_code"]) == {"Expenditure", "Revenue"}
    not_tested = tables["assessment_results"].filter(pl.col("reason_not_tested_code").is_not_null())
    assert not_tested["score_value"].null_count() == not_tested.height > 0
