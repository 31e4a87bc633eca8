"""Every row rule of every contract, on a good row and a bad one."""

import polars as pl
import pytest

from expectations import check_delivery
from expectations.contracts import CONTRACTS
from expectations.contracts.row_contract import LINEAGE
from expectations.rows import own_columns, schema_of
from expectations.rules import load_rules, row_rules, rule

YEAR = 2022
GOOD = {pl.Date: "2022-01-15", pl.Time: "08:00", pl.Boolean: "true", pl.Int64: "5", pl.Float64: "0.5"}
GOOD_BY_NAME = {
    "birth_date": "2010-05-05",
    "fiscal_year": "2022",
    "award_year": "2022",
    "wage_year": "2022",
    "wage_quarter": "3",
    "wages_usd": "12.50",
    "end_date": "2022-02-15",
    "exit_date": "2022-02-15",
    "last_bell": "15:00",
    "amount_usd": "12.50",
    "tier": "school",
    "table_name_code": "school_early_warning",
    "academic_year": "2022",
    "net_price_usd": "12.50",
}
OUTSIDE = {
    1161: ["0222-09-01", "2021-06-30", "2022-07-31"],
    1261: ["2021-01-01", "1922-06-30", "2090-01-01"],
    1461: ["2000-01-01", "2022-09-01"],
    1561: ["2019-06-30", "2022-08-30", "0222-09-01"],
    1562: ["2019-06-30", "2022-08-30"],
    1661: ["2021-06-30", "2022-07-31", "0222-09-01"],
    1662: ["-0.1", "1.01"],
    1663: ["-1", "721"],
    1761: ["2015-06-30", "2022-09-01"],
    1861: ["2021-06-30", "2022-07-31"],
    1961: ["2021-06-30", "2022-09-01"],
    1962: ["-1", "367"],
    2061: ["2010-01-01", "1900-01-01"],
    2161: ["1950-01-01", "2022-09-01"],
    2162: ["-0.5", "2.5"],
    2361: ["2019-06-30", "2022-09-01"],
    2461: ["2019-06-30", "2022-09-01"],
    2661: ["2016", "2024"],
    2761: ["2021-06-30", "2022-07-31"],
    2861: ["2021-06-30", "2022-07-31"],
    2862: ["-1", "201"],
    2961: ["2021-06-30", "2022-07-31"],
    3061: ["2021-06-30", "2022-09-01"],
    3062: ["-1", "401"],
    3161: ["2015-06-30", "2022-10-09"],
    3261: ["2015-06-30", "2022-08-30"],
    2062: ["-1", "71"],
    2561: ["-1", "201"],
    2863: ["-1", "201"],
    2864: ["-1", "501"],
    2865: ["-1", "501"],
    3461: ["-1", "21"],
    3561: ["-1", "21"],
    3661: ["-1", "121"],
    3662: ["-1", "31"],
    3663: ["-1", "31"],
    3664: ["2008-06-30", "2022-10-09"],
    3861: ["2021-06-30", "2022-08-30"],
    3862: ["-1", "1441"],
    3961: ["2001-06-30", "2022-08-30"],
    4061: ["2015-06-30", "2022-10-09"],
    4161: ["2019-06-30", "2022-08-30"],
    4162: ["-1", "4001"],
    4261: ["1989", "2101"],
    4262: ["2021-06-30", "2022-10-09"],
    4263: ["2021-06-30", "2022-10-09"],
    4361: ["2021-06-30", "2022-10-09"],
    4461: ["2009-06-30", "2022-08-30"],
    4462: ["0", "121"],
    4463: ["-1", "61"],
    4464: ["-1", "61"],
    4561: ["2009-06-30", "2022-08-30"],
    4661: ["1989", "2101"],
    4662: ["0", "5"],
    4663: ["-0.01"],
    4961: ["-1", "10000001"],
    4962: ["2021-06-30", "2022-08-30"],
    5061: ["2021-06-30", "2022-08-30"],
    5161: ["state", "public"],
    5162: ["2021-06-30", "2022-07-01"],
    5261: ["1989", "2101"],
    5262: ["-50000.01", "250001"],
}
CONTRADICTION = {
    1481: {"end_date": "2021-12-01"},
    1581: {"exit_date": "2021-12-01"},
    1582: {"exit_date": None, "exit_type_source": "moved"},
    1781: {"score_value": None, "performance_level_source": None, "reason_not_tested_source": None},
    2181: {"end_date": "2021-12-01"},
    2381: {"end_date": "2021-12-01"},
    2481: {"end_date": "2021-12-01"},
    2781: {"last_bell": "07:00"},
    3481: {"end_date": "2021-12-01"},
    3482: {"maximum_score": "0.4"},
    3681: {"letter_grade_source": None, "numeric_grade": None, "credits_earned": None},
    3682: {"credits_earned": "0.6"},
    3981: {"end_date": "2021-12-01"},
    4181: {"end_date": "2021-12-01"},
    4281: {"completed_date": "2021-12-01"},
    4481: {"end_date": "2021-12-01"},
    4482: {"credits_earned": "0.6"},
    4781: {"expiration_date": "2021-12-01"},
    4981: {"end_date": "2021-12-01"},
    5181: {"tier": "teacher"},
}
ROW_RULES = [found for record_type in CONTRACTS for found in row_rules(record_type).values()]


def good_row(record_type, number=1):
    types = own_columns(record_type)
    row = {name: GOOD_BY_NAME.get(name, GOOD.get(dtype, f"{name} {number}")) for name, dtype in types.items()}
    if record_type == "staff":
        row["birth_date"] = "1980-01-01"
    return row | {"source_file": "sent.csv", "source_row": str(number)}


def bad_values(found):
    """What to change in a good row so that it breaks the rule, one dict per way of breaking it."""
    if found.kind == "missing":
        return [{found.column: None}, {found.column: "  "}]
    if found.kind.startswith("unreadable"):
        return [{found.column: "31/12 twelve"}]
    if found.kind.startswith("unknown_code"):
        return [{found.column: None}]
    if found.kind in ("outside", "implausible"):
        return [{found.column: value} for value in OUTSIDE[found.number]]
    return [CONTRADICTION[found.number]]


def check(record_type, *rows):
    table = pl.DataFrame(list(rows), infer_schema_length=None)
    return check_delivery({record_type: table}, source_id="src", lea_id="lea", school_year=YEAR, school_ids=None)


SINGLE = [found for found in ROW_RULES if found.kind not in ("repeated", "contradicted")]


@pytest.mark.parametrize("record_type", CONTRACTS)
def test_a_good_row_breaks_no_rule(record_type):
    checked = check(record_type, good_row(record_type))
    assert checked.findings.is_empty()
    assert checked.counts.row(0) == (record_type, 1, 1, 0)


@pytest.mark.parametrize("found", SINGLE, ids=lambda found: str(found.number))
def test_a_bad_row_breaks_exactly_its_rule_and_the_good_row_beside_it_stays(found):
    for change in bad_values(found):
        good, bad = good_row(found.record_type, 1), good_row(found.record_type, 2) | change
        checked = check(found.record_type, good, bad)
        hits = checked.findings.filter(pl.col("rule") == found.number)
        assert hits["source_row"].to_list() == [2], change
        assert set(checked.findings["source_row"].drop_nulls()) == {2}
        kept = [1] if found.severity == "error" else [1, 2]
        assert checked.accepted[found.record_type]["source_row"].to_list() == kept
        assert checked.quarantine.is_empty() == (found.severity == "warning")


@pytest.mark.parametrize("found", [f for f in SINGLE if f.kind == "implausible"], ids=lambda f: str(f.number))
def test_an_implausible_optional_value_is_emptied_and_its_row_kept(found):
    bad = good_row(found.record_type) | {found.column: OUTSIDE[found.number][0]}
    accepted = check(found.record_type, bad).accepted[found.record_type]
    assert accepted[found.column].to_list() == [None]


@pytest.mark.parametrize("record_type", CONTRACTS)
def test_a_repeated_row_is_kept_once(record_type):
    rows = [good_row(record_type) | {"source_row": str(number)} for number in (3, 4, 5)]
    checked = check(record_type, *rows)
    repeated = row_rules(record_type)["repeated", None].number
    assert checked.findings.select("rule", "source_row").rows() == [(repeated, 4), (repeated, 5)]
    assert checked.counts.row(0) == (record_type, 3, 1, 2)


def optional_column(record_type):
    """The last column that may be empty and is neither in the key nor a mapped code; None if there is none."""
    schema = schema_of(record_type)
    names = [name for name in own_columns(record_type) if name not in schema.unique and not name.endswith("_code")]
    return next((name for name in reversed(names) if schema.columns[name].nullable), None)


@pytest.mark.parametrize("record_type", [name for name in CONTRACTS if optional_column(name)])
def test_a_contradicting_row_is_kept_out_and_the_first_stays(record_type):
    changed = {optional_column(record_type): None, "source_row": "2"}
    checked = check(record_type, good_row(record_type), good_row(record_type) | changed)
    contradicted = row_rules(record_type)["contradicted", None].number
    assert (contradicted, 2) in checked.findings.select("rule", "source_row").rows()
    assert checked.accepted[record_type]["source_row"].to_list() == [1]


def test_a_row_that_is_kept_out_does_not_make_a_later_good_row_a_repeat():
    bad = good_row("enrollments") | {"grade_level_source": None}
    checked = check("enrollments", bad, good_row("enrollments") | {"source_row": "2"})
    assert checked.accepted["enrollments"]["source_row"].to_list() == [2]


def test_a_row_with_several_errors_is_counted_once():
    checked = check("enrollments", good_row("enrollments") | {"student_id": None, "entry_date": "x"})
    assert checked.quarantine.height == 2
    assert checked.counts.row(0) == ("enrollments", 1, 0, 1)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1,5", "5%"])
def test_a_number_that_is_none_is_counted_and_never_stored(text):
    checked = check("attendance", good_row("attendance") | {"absent_fraction": text})
    assert checked.findings["rule"].to_list() == [1622]


def test_columns_that_were_not_sent_are_empty_and_columns_nobody_knows_are_dropped():
    row = {name: good_row("enrollments")[name] for name in ("student_id", "school_id", "entry_date")}
    row |= {"grade_level_source": "g", "grade_level_code": "01", "shoe_size": "44"}
    accepted = check("enrollments", row).accepted["enrollments"]
    assert accepted.columns == [*own_columns("enrollments"), *LINEAGE]
    assert accepted["exit_date"].to_list() == [None]


def test_the_boundaries_of_the_windows_are_inside():
    for entry in ("2019-07-01", "2022-08-29"):
        row = good_row("enrollments") | {"entry_date": entry, "exit_date": None, "exit_type_source": None,
                                         "exit_type_code": None}  # fmt: skip
        assert check("enrollments", row).accepted["enrollments"].height == 1
    for day in ("2021-07-01", "2022-07-30"):
        assert check("attendance", good_row("attendance") | {"attendance_date": day}).accepted["attendance"].height == 1


def test_an_unknown_record_type_is_refused_without_naming_it():
    with pytest.raises(KeyError) as refused:
        check("secret_name", {"a": "b"})
    assert "secret_name" not in str(refused.value)


def test_every_rule_with_bounds_is_tested():
    assert {f.number for f in SINGLE if f.kind in ("outside", "implausible")} == set(OUTSIDE)
    assert all(rule(number).number in load_rules() for number in CONTRADICTION)
