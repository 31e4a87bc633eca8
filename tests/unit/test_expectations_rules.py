"""The catalogue of rules, and its agreement with the contracts."""

import subprocess
import sys

import polars as pl
import pytest

import expectations
from expectations.contracts import CONTRACTS
from expectations.relations import PLACES, REFERENCES
from expectations.rows import checks_of, empty_records, own_columns, record_columns, schema_of
from expectations.rules import load_rules, row_rules, rule
from expectations.suites.judge import load_thresholds
from expectations.suites.profile import METRICS


def test_a_rule_is_found_by_its_number():
    assert rule(1501).column == "student_id"


def test_an_unknown_number_is_refused_with_a_message():
    with pytest.raises(KeyError, match="no rule 999"):
        rule(999)


def test_every_rule_says_what_it_means_and_how_to_mend_it():
    for found in load_rules().values():
        assert found.meaning.endswith(".")
        assert found.how_to_mend.endswith(".")
        assert found.title
        assert "{" not in found.title + found.meaning + found.how_to_mend


def test_every_record_type_has_a_block_of_a_hundred_numbers_to_itself_in_the_order_of_the_contracts():
    blocks = []
    for record_type in CONTRACTS:
        [block] = {found.number // 100 for found in row_rules(record_type).values()}
        blocks.append(block)
    assert blocks == sorted(set(blocks))
    assert blocks[0] == 10


@pytest.mark.parametrize("record_type", CONTRACTS)
def test_every_check_of_a_contract_has_a_rule_and_every_rule_a_check(record_type):
    schema, rules = schema_of(record_type), row_rules(record_type)
    required = {name for name, column in schema.columns.items() if not column.nullable}
    required -= {"source_file", "source_row", "source_id", "school_year"}
    assert {column for kind, column in rules if kind == "missing"} == required
    in_contract = {found.number for _, _, found in checks_of(record_type)}
    by_text = {"missing", "unreadable", "unreadable_optional", "unknown_code", "unknown_code_optional"}
    in_catalogue = {found.number for (kind, _), found in rules.items() if kind not in by_text}
    assert in_contract == in_catalogue - {rules["repeated", None].number, rules["contradicted", None].number}
    typed = {name for name, dtype in own_columns(record_type).items() if dtype != pl.String}
    assert {column for kind, column in rules if kind.startswith("unreadable")} == typed
    coded = {name for name in record_columns(record_type) if name.endswith("_code")}
    assert {column for kind, column in rules if kind.startswith("unknown_code")} == coded


def test_every_relation_and_threshold_has_a_rule_in_its_block():
    relations = [made.rule for made in REFERENCES] + [number for number, *_ in PLACES]
    assert all(100 <= rule(number).number < 150 for number in relations)
    for made in REFERENCES:
        assert rule(made.rule).record_type == made.record_type
    for limit in load_thresholds():
        assert 150 <= rule(limit["rule"]).number < 200
        assert limit["metric"] in METRICS
    assert {limit["rule"] for limit in load_thresholds()} == {n for n in load_rules() if 150 <= n < 200}


def test_a_rule_limited_to_some_years_is_silent_in_others():
    limited = rule(1501).__class__(1, "t", "error", "m.", "h.", first_school_year=2020, last_school_year=2021)
    assert [limited.applies_to(year) for year in (2019, 2020, 2021, 2022)] == [False, True, True, False]


@pytest.mark.parametrize("record_type", CONTRACTS)
def test_an_empty_table_has_the_typed_columns(record_type):
    empty = empty_records(record_type)
    assert empty.height == 0
    assert dict(empty.schema) == dict(record_columns(record_type))


def test_all_doors_can_be_opened():
    for name in expectations.__all__:
        assert getattr(expectations, name) is not None


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, expectations; print([m for m in ('pandera', 'great_expectations') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
