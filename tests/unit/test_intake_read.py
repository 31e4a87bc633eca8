"""Reading a whole delivery: nothing is lost, nothing is counted twice, one bad file harms no other."""

import polars as pl
import pytest

from intake import RECORD_TYPES, load_sources, read_delivery, receive

XML = (
    '<Interchange xmlns="http://ed-fi.org/5.2.0"><Student><StudentUniqueId>{id}</StudentUniqueId></Student>'
    "<Location/></Interchange>"
)


@pytest.fixture
def read(tmp_path, request):
    seeds = request.config.rootpath / "dbt_project" / "seeds"

    def read_feeds(feeds: str, files: dict[str, str]):
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content)
        text = f'state: {{id: "1", name: S}}\nschool_years: [2022]\nsources: [{{id: a, name: A, feeds: [{feeds}]}}]'
        (tmp_path / "sources.yml").write_text(text)
        source = load_sources(tmp_path / "sources.yml").sources[0]
        delivery = receive(source, 2022, home=tmp_path / "home").delivery
        return read_delivery(delivery, source, home=tmp_path / "home", crosswalk_dir=seeds)

    return read_feeds


def test_every_table_has_the_contracts_columns_in_order_and_text_alone(read):
    raw = read(
        "{format: edfi_xml, path: x, files: ['*.xml']}, {format: state_csv, path: s, files: ['*.csv']}",
        {"x/a.xml": XML.format(id=1), "s/demographics.csv": "student_id,sex\n1,Male\n"},
    )
    for name, frame in raw.tables.items():
        assert tuple(frame.columns) == RECORD_TYPES[name].emitted
        assert {kind for column, kind in frame.schema.items() if column != "source_row"} == {pl.String}
        assert frame.schema["source_row"] == pl.Int64
    assert raw.tables["demographics"].select("sex_source", "sex_code").rows() == [("Male", "Male")]


def test_a_cut_xml_file_is_reported_and_loses_no_other_file(read):
    raw = read(
        "{format: edfi_xml, path: x, files: ['*.xml']}",
        {"x/a.xml": XML.format(id=1)[:-30], "x/b.xml": XML.format(id=2), "x/c.xml": XML.format(id=3)},
    )
    assert raw.tables["students"].select("student_id", "source_file").rows() == [("2", "b.xml"), ("3", "c.xml")]
    assert raw.findings.select("rule", "severity", "source_file").rows() == [(7, "fatal", "a.xml")]
    assert [name for name, _ in raw.unread_files] == ["a.xml"]
    assert raw.unread_elements == {"Location": 2}
    assert raw.is_held_back


def test_received_is_what_stands_in_the_table_plus_what_could_not_be_taken_apart(read):
    raw = read(
        "{format: state_csv, path: s, files: ['*.csv']}",
        {"s/students_a.csv": "student_id,email\n1,x\n2\n", "s/students_b.csv": "email,student_id\ny,3\n"},
    )
    assert raw.received == {"students": 3}
    assert raw.unparsed == {"students": 1}
    assert raw.tables["students"].select("student_id", "email", "source_row").rows() == [("1", "x", 2), ("3", "y", 2)]


def test_a_fuller_demographics_file_stands_in_place_of_oneroster_demographics(read):
    roster = {
        "o/users.csv": "sourcedId,role,givenName,familyName,metadata.entryDate\n1,student,A,B,2021-08-23\n",
        "o/demographics.csv": "sourcedId,birthDate,sex\n1,2011-01-01,male\n",
    }
    feed = "{format: oneroster_csv, path: o, files: ['*.csv']}"
    alone = read(feed, roster)
    assert alone.tables["demographics"]["sex_code"].to_list() == ["Male"]
    both = read(
        feed + ", {format: state_csv, path: s, files: ['*.csv']}",
        {**roster, "s/demographics.csv": "student_id,sex_source,idea_source\n1,Male,Yes\n"},
    )
    assert both.received["demographics"] == 1
    assert both.tables["demographics"]["idea_code"].to_list() == ["Yes"]
    assert both.tables["students"]["birth_date"].to_list() == ["2011-01-01"]
    assert both.unread_elements["OneRoster demographics: a fuller file was sent beside them"] == 1


def test_a_file_with_a_header_and_no_rows_is_an_empty_table_and_a_warning(read):
    raw = read("{format: state_csv, path: s, files: ['*.csv']}", {"s/students.csv": "student_id,email\n"})
    assert raw.received == {"students": 0}
    assert raw.findings.select("rule", "severity").rows() == [(15, "warning")]


def test_the_same_delivery_read_twice_gives_the_same_tables(read):
    feeds = "{format: edfi_xml, path: x, files: ['*.xml']}"
    files = {f"x/{n}.xml": XML.format(id=n) for n in range(5)}
    first, second = read(feeds, files), read(feeds, files)
    assert all(first.tables[name].equals(second.tables[name]) for name in first.tables)
    assert first.findings.equals(second.findings)
