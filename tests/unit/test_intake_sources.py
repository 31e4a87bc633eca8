"""The sources file: what is accepted, and what people are told when it is wrong."""

import datetime as dt
from pathlib import Path

import pytest

from intake import SourcesError, load_sources

GOOD = """
state: {id: "31", name: Example State}
school_years: [2022]
calendar:
  2022: {first_day: 2021-08-23, last_day: 2022-05-27, closed: [2021-09-06, {from: 2021-11-24, to: 2021-11-26}]}
sources:
  - id: bear_creek
    name: Bear Creek ISD
    lea_id: "255903"
    feeds:
      - {format: edfi_xml, path: "drop/{school_year}", files: ["*.xml"]}
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "sources.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_sources_file_and_defaults_reach_every_source(tmp_path):
    source = load_sources(_write(tmp_path, GOOD)).sources[0]
    assert source.locate(source.feeds[0], 2022) == tmp_path / "drop" / "2022"
    assert source.school_years == (2022,)
    closed = source.calendar[2022].list_closed()
    assert closed == {dt.date(2021, 9, 6), dt.date(2021, 11, 24), dt.date(2021, 11, 25), dt.date(2021, 11, 26)}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: Bear Creek ISD", "nmae: Bear Creek ISD", "sources[0].nmae: this key is not known here"),
        ('lea_id: "255903"', "lea_id: 255903", "sources[0].lea_id: must be text: put it in quotes"),
        ("format: edfi_xml", "format: edfi_json", "format must be one of 'edfi_xml', 'oneroster_csv'"),
        ("id: bear_creek", "id: Bear Creek", "allowed are small letters, digits and _"),
        ('["*.xml"]', '["../*.xml"]', "no '..'"),
        ("school_years: [2022]", "", "no school_years for bear_creek"),
        ("school_years: [2022]", "school_years: [2022]\nschool_years: [2023]", "a key stands twice"),
        ("first_day: 2021-08-23", "first_day: 2023-08-23", "last_day comes before first_day"),
        ('lea_id: "255903"', "student_id_scope: lea", "needs a lea_id"),
    ],
)
def test_a_wrong_key_is_named_with_the_file_and_what_is_allowed(tmp_path, old, new, told):
    assert old in GOOD
    with pytest.raises(SourcesError) as caught:
        load_sources(_write(tmp_path, GOOD.replace(old, new)))
    assert told in str(caught.value)
    assert "sources.yml" in str(caught.value)


def test_two_sources_with_one_id_are_refused(tmp_path):
    entry = GOOD[GOOD.index("  - id:") :]
    with pytest.raises(SourcesError, match="bear_creek stands more than once"):
        load_sources(_write(tmp_path, GOOD + entry))


def test_a_delimited_feed_may_only_fill_columns_of_its_record_type(tmp_path):
    feed = "{format: delimited, path: x, files: [a.csv], record_type: enrollments, columns: {grade: g}}"
    text = GOOD.replace('{format: edfi_xml, path: "drop/{school_year}", files: ["*.xml"]}', feed)
    with pytest.raises(SourcesError, match=r"grade: not a column of enrollments; allowed: .*grade_level_source"):
        load_sources(_write(tmp_path, text))


def test_a_file_that_is_missing_or_no_yaml_is_reported_not_thrown(tmp_path):
    with pytest.raises(SourcesError, match="cannot be read"):
        load_sources(tmp_path / "none.yml")
    with pytest.raises(SourcesError, match="not valid YAML"):
        load_sources(_write(tmp_path, "state: {id: ["))
