"""Record types, crosswalks and the default calendar."""

import csv
import re
from pathlib import Path

import polars as pl
import pytest
import yaml

from expectations.rules import load_rules
from intake import CODE_SETS, FILE_RULES, RECORD_TYPES, fill_calendar, load_sources
from intake.crosswalks import load_crosswalks, map_codes

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "dbt_project" / "seeds"


def test_the_record_types_are_those_of_the_contract_in_its_order():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", text, flags=re.MULTILINE)
    documented = {name: re.sub(r"\([^)]*\)", "", columns) for name, columns in rows if name in RECORD_TYPES}
    assert list(documented) == list(RECORD_TYPES)
    for name, columns in documented.items():
        words = [word.strip() for word in columns.split(",")]
        assert [re.sub(r"\W", "", word) for word in words] == [column.name for column in RECORD_TYPES[name].columns]
        assert {re.sub(r"\W", "", word) for word in words if "*" in word} == {
            column.name for column in RECORD_TYPES[name].columns if column.is_key
        }
        assert {re.sub(r"\W", "", word) for word in words if "†" in word} == {
            column.name for column in RECORD_TYPES[name].columns if column.is_identifier
        }


def test_every_code_set_is_a_documented_seed_of_text_without_a_blank_or_a_wording_twice():
    documented = {seed["name"]: seed for seed in yaml.safe_load((SEEDS / "_xwalk.yml").read_text())["seeds"]}
    assert set(documented) == {f"xwalk_{name}" for name in CODE_SETS}
    for name in CODE_SETS:
        with (SEEDS / f"xwalk_{name}.csv").open(newline="") as stream:
            header, *rows = list(csv.reader(stream))
        assert all(row[0] in ("edfi", "oneroster", "ceds") and all(row) for row in rows), name
        assert documented[f"xwalk_{name}"]["config"]["column_types"] == dict.fromkeys(header, "varchar")
    assert set(load_crosswalks(SEEDS)) == set(CODE_SETS)


def test_the_tables_that_can_be_opened_or_pulled_are_those_of_the_tiers_that_get_data_back():
    marts = SEEDS.parent / "models" / "marts"
    served = {path.stem for tier in ("district", "school", "teacher") for path in (marts / tier).glob("*.sql")}
    assert set(load_crosswalks(SEEDS)["returned_table"].values()) == served


def test_every_code_a_crosswalk_gives_is_a_wording_of_its_own_in_ceds():
    for name, codes in load_crosswalks(SEEDS).items():
        for code in set(codes.values()):
            assert codes.get(("ceds", code.casefold())) == code, (name, code)


def test_wordings_match_without_case_or_space_and_an_unknown_one_is_an_empty_code():
    frame = pl.DataFrame(
        {
            "student_id": list("abcdef"),
            "sex_source": [" male ", "FEMALE", "M", None, "Male", "Male"],
            "race_source": ["Asian", "White|Asian", "Asian|White", "Asian|Martian", None, "White"],
        }
    )
    absent = [name for name in RECORD_TYPES["demographics"].sent if name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)
    mapped = map_codes(frame, "demographics", system="edfi", crosswalks=load_crosswalks(SEEDS))
    assert mapped["sex_code"].to_list() == ["Male", "Female", None, None, "Male", "Male"]
    assert mapped["race_code"].to_list() == ["Asian", "Asian|White", "Asian|White", None, None, "White"]


def test_a_crosswalk_with_one_wording_twice_is_refused_by_name(tmp_path):
    for name in CODE_SETS:
        (tmp_path / f"xwalk_{name}.csv").write_text("source_system,source_value,code\nedfi,A,1\nedfi, a ,2\n")
    with pytest.raises(ValueError, match=r"xwalk_.*stands twice"):
        load_crosswalks(tmp_path)


def _source(tmp_path):
    text = """
state: {id: "1", name: S}
school_years: [2022, 2023]
calendar: {2022: {first_day: 2021-09-01, last_day: 2021-10-29, closed: [2021-09-06]}}
sources: [{id: a, name: A, feeds: [{format: state_csv, path: d, files: ["*"]}]}]
"""
    (tmp_path / "sources.yml").write_text(text)
    return load_sources(tmp_path / "sources.yml").sources[0]


def _calendar(school: str, days: int) -> pl.DataFrame:
    dates = pl.date_range(pl.date(2021, 9, 1), pl.date(2022, 5, 1), eager=True).head(days)
    return pl.DataFrame({"school_id": [school] * days, "calendar_date": dates.cast(pl.String)}).with_columns(
        pl.lit("Instructional day").alias("calendar_event_source"),
        pl.lit("InstructionalDay").alias("calendar_event_code"),
        pl.lit("c.csv").alias("source_file"),
        pl.int_range(2, days + 2, dtype=pl.Int64).alias("source_row"),
    )


def test_schools_without_a_usable_calendar_get_the_default_and_others_keep_theirs(tmp_path):
    given = pl.concat([_calendar("full", 40), _calendar("two_days", 2)])
    organizations = pl.DataFrame({"org_id": ["full", "two_days", "none"], "org_type_code": ["School"] * 3})
    tables = {"calendars": given, "organizations": organizations}
    filled = fill_calendar(tables, _source(tmp_path), 2022)["calendars"]
    assert filled.head(given.height).equals(given)
    added = filled.slice(given.height)
    assert added["source_file"].unique().to_list() == ["sources.yml"]
    counts = dict(added.group_by("school_id").len().iter_rows())
    # 1 September to 29 October 2021 has 43 weekdays; two of them are given already for one school.
    assert counts == {"two_days": 41, "none": 43}
    labor_day = added.filter(pl.col("calendar_date") == "2021-09-06")
    assert labor_day["calendar_event_code"].to_list() == ["Holiday", "Holiday"]
    assert added["source_row"].to_list() == list(range(1, 85))


def test_without_a_default_calendar_for_the_year_nothing_is_made_up(tmp_path):
    tables = {"enrollments": pl.DataFrame({"school_id": ["x"]})}
    assert fill_calendar(tables, _source(tmp_path), 2023) is tables
    assert fill_calendar(tables, _source(tmp_path), 2022)["calendars"].height == 43


def test_every_file_rule_stands_in_the_catalogue_for_senders_with_the_same_severity():
    catalogue = load_rules()
    for number, rule in FILE_RULES.items():
        assert (catalogue[number].severity, catalogue[number].title) == (rule.severity, rule.title)
