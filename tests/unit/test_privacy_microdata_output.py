"""The output check: what a reader can find out from the tables a researcher brings back is found before they leave."""

import dataclasses
import random

import polars as pl
import pytest

from privacy import audit, protect
from privacy.policy import Policy
from privacy.research.output_check import check_output
from privacy.structure import CELL_COLUMNS, KEY

POLICY = {
    "version": 1,
    "name": "a study",
    "attackers": [{"name": "reader_of_the_rules", "knows_zeros_are_shown": True}],
    "tables": {
        "students": {"kind": "count", "thresholds": {"persons": 10}},
        "absent": {
            "kind": "rate",
            "thresholds": {"persons": 10, "numerator": 10, "complement": 10},
            "zero_is_sensitive": True,
        },
        "days": {"kind": "magnitude", "thresholds": {"persons": 10}},
    },
    "complement_cost": {"level": {"state": 30, "lea": 4, "school": 1}},
}


def _policy(**changes):
    return Policy.model_validate(POLICY | changes)


def _cells(*rows, table="students", org="S", level="school", parent=None):
    """(type, value, count) or (type, value, denominator, numerator) or (…, denominator, numerator, persons)."""
    made = []
    for kind, value, *numbers in rows:
        count = numbers[-1] if table == "days" else numbers[0]
        numerator = numbers[1] if len(numbers) > 1 else None
        denominator = numbers[0] if len(numbers) > 1 else None
        made.append((table, 2026, org, kind, value, level, parent, count, numerator, denominator))
    text, whole = pl.String, pl.Int64
    schema = dict(zip(CELL_COLUMNS, [text, whole, text, text, text, text, text, whole, whole, whole], strict=True))
    return pl.DataFrame(made, schema=schema, orient="row")


def _found(tables, earlier=None, policy=None):
    tables = tables if isinstance(tables, dict) else {"new": tables}
    findings = check_output(tables, policy or _policy(), earlier=earlier).findings
    return set(findings.select("output", "row", "statistic", "problem").iter_rows())


def test_a_table_without_small_numbers_passes():
    table = _cells(("all", "all", 100), ("sex", "F", 40), ("sex", "M", 60))
    report = check_output({"new": table}, _policy())
    assert (report.passed, report.shown, report.withheld) == (True, 3, 0)


def test_a_small_number_that_is_shown_is_found_by_its_row():
    table = _cells(("all", "all", 100), ("sex", "F", 94), ("sex", "M", 6))
    assert _found(table) == {("new", 3, "student_count", "small_number_shown")}


def test_a_single_withheld_number_is_recovered_by_subtraction():
    table = _cells(("all", "all", 100), ("sex", "F", 94), ("sex", "M", None))
    assert _found(table) == {("new", 3, "student_count", "recoverable")}


def test_a_small_group_left_off_the_list_is_recovered_too():
    table = _cells(("all", "all", 100), ("sex", "F", 94))
    assert _found(table) == {("new", 1, "student_count", "small_rest")}
    assert _found(_cells(("all", "all", 100), ("sex", "F", 80))) == set()


def test_two_withheld_numbers_that_leave_too_few_possibilities_are_found():
    rows = [("all", "all", 100), ("race", "A", 97), ("race", "B", None), ("race", "C", None)]
    expected = {("new", row, "student_count", "recoverable") for row in (3, 4)}
    assert _found(_cells(*rows)) == expected
    assert _found(_cells(rows[0], ("race", "A", 80), *rows[2:])) == set()


def test_crossed_groups_add_up_over_each_of_their_types():
    rows = [("all", "all", 200), ("race", "A", 100), ("race", "B", 100), ("sex", "F", 90), ("sex", "M", 110)]
    crossed = [("race x sex", "A x F", 50), ("race x sex", "A x M", 50), ("sex x race", "M x B", 60)]
    assert _found(_cells(*rows, *crossed)) == set()
    withheld = _cells(*rows, *crossed[:2], ("race x sex", "B x M", None), ("race x sex", "B x F", None))
    assert _found(withheld) == set()
    few = [*rows[:3], ("sex", "F", 55), ("sex", "M", 145)]
    found = _found(_cells(*few, *crossed[:2], ("race x sex", "B x M", None), ("race x sex", "B x F", None)))
    assert found == {("new", 9, "student_count", "recoverable")}
    left_off = _found(_cells(*few, *crossed[:2], ("sex x race", "M x B", 95)))
    assert left_off == {("new", row, "student_count", "small_rest") for row in (3, 4)}


def test_a_grouping_is_a_sum_only_once_all_its_members_are_there():
    policy = _policy(groupings=[{"type": "band", "of": "grade", "groups": {"low": ["1", "2", "3"]}}])
    rows = [("band", "low", 90), ("grade", "1", 52), ("grade", "2", None)]
    assert _found(_cells(*rows), policy=policy) == set()
    assert _found(_cells(*rows, ("grade", "3", 31)), policy=policy) == {("new", 3, "student_count", "recoverable")}


def test_a_withheld_number_that_is_surely_large_is_nobodys_secret():
    table = _cells(("all", "all", 100), ("sex", "F", 40), ("sex", "M", None))
    assert _found(table) == set()


def test_a_withheld_empty_group_is_no_contradiction():
    table = _cells(("all", "all", 100), ("sex", "F", 100), ("sex", "M", None))
    assert _found(table) == set()


def test_an_earlier_output_gives_away_what_this_one_withholds_and_the_other_way_round():
    first = _cells(("all", "all", 100), ("race", "A", 80), ("race", "B", None), ("race", "C", None))
    second = _cells(("race", "B", 14))
    assert _found({"first": first}) == set()
    assert _found({"second": second}) == set()
    expected = {("first", 4, "student_count", "recoverable")}
    assert _found({"second": second}, earlier={"first": first}) == expected
    assert _found({"first": first}, earlier={"second": second}) == expected


def test_two_outputs_that_show_different_numbers_for_one_cell_are_found():
    found = _found({"second": _cells(("all", "all", 103))}, earlier={"first": _cells(("all", "all", 100))})
    assert found == {("second", 1, "student_count", "outputs_differ")}


def test_a_withheld_school_is_recovered_from_its_district():
    table = pl.concat(
        [
            _cells(("all", "all", 100), org="D", level="lea"),
            _cells(("all", "all", 95), org="S1", parent="D"),
            _cells(("all", "all", None), org="S2", parent="D"),
        ]
    )
    assert _found(table) == {("new", 3, "student_count", "recoverable")}
    assert _found(table.head(2)) == {("new", 1, "student_count", "small_rest")}


def test_outcomes_of_everybody_of_nobody_and_of_a_few_are_small():
    rows = [("all", "all", 200, 60), ("race", "A", 50, 0), ("race", "B", 50, 50), ("race", "C", 100, 10)]
    found = _found(_cells(*rows, table="absent"))
    assert found == {
        ("new", 2, "numerator", "small_number_shown"),
        ("new", 3, "complement", "small_number_shown"),
    }


def test_an_outcome_is_recovered_from_the_other_groups_though_its_group_is_large():
    rows = [("all", "all", 200, 64), ("race", "A", 100, 60), ("race", "B", 100, None)]
    assert ("new", 3, "numerator", "recoverable") in _found(_cells(*rows, table="absent"))
    left_off = _found(_cells(*rows[:2], table="absent"))
    assert left_off == {("new", 1, "numerator", "recoverable_rest")}


def test_a_denominator_given_only_as_the_count_of_students_is_known_to_the_reader():
    rows = [("all", "all", 200, 64), ("race", "A", 100, 60), ("race", "B", 94)]
    table = _cells(*rows, table="absent")
    assert table["denominator"].to_list() == [200, 100, None]
    assert ("new", 1, "denominator", "small_rest") in _found(table)


def test_days_of_few_or_of_who_knows_how_many_persons_are_small():
    rows = [("all", "all", 9000, 700, 60), ("sex", "F", 5000, 400, 52), ("sex", "M", 4000, 300, 8)]
    expected = {("new", 3, one, "small_number_shown") for one in ("numerator", "denominator", "complement")}
    assert _found(_cells(*rows, table="days")) == expected
    unknown = [("all", "all", 9000, 700, None)]
    assert {row[3] for row in _found(_cells(*unknown, table="days"))} == {"small_number_shown"}


def test_parts_that_exceed_or_miss_the_whole_are_said_and_not_relied_on():
    exceeding = _cells(("all", "all", 100), ("race", "A", 80), ("race", "B", 30))
    assert _found(exceeding) == {("new", 1, "student_count", "parts_exceed_whole")}
    missing = _cells(("all", "all", 100, 50), ("sex", "F", 60, 20), ("sex", "M", 40, 20), table="absent")
    assert ("new", 1, "numerator", "sums_disagree") in _found(missing)


def test_a_number_that_another_table_shows_under_another_name_is_known():
    withheld = _cells(("all", "all", 100), ("race", "A", 80), ("race", "B", None), ("race", "C", None))
    rate = _cells(("race", "B", 13, None), table="absent")
    same = [{"left": "students.student_count", "right": "absent.denominator"}]
    assert _found({"a": withheld, "b": rate}) == set()
    assert _found({"a": withheld, "b": rate}, policy=_policy(same_as=same)) == {
        ("a", 4, "student_count", "recoverable")
    }


def _random_schools(seed):
    """A rate for six schools in two districts, by race and sex, with everything adding up."""
    draw = random.Random(seed)
    rows, sums = [], {}
    for school in range(6):
        for race in "ABC":
            for sex in "FM":
                count = draw.choice([3, 9, 14, 25, 60])
                absent = draw.randint(0, count)
                places = [
                    (f"S{school}", "school", f"D{school % 2}"),
                    (f"D{school % 2}", "lea", "ST"),
                    ("ST", "state", None),
                ]
                for place in places:
                    for group in (("all", "all"), ("race", race), ("sex", sex)):
                        old = sums.get((place, group), (0, 0))
                        sums[place, group] = (old[0] + count, old[1] + absent)
    for ((org, level, parent), (kind, value)), (count, absent) in sums.items():
        rows.append(_cells((kind, value, count, absent), table="absent", org=org, level=level, parent=parent))
    return pl.concat(rows)


def _withhold_carelessly(release, cells):
    """The release as somebody makes it who only withholds what is sensitive in itself."""
    sensitive = release.sensitive.with_columns(pl.col("statistic").replace({"complement": "numerator"}))
    sensitive = (
        sensitive.select(*KEY, "statistic", yes=pl.lit(True)).unique().pivot(on="statistic", index=KEY, values="yes")
    )
    numbers = cells.select(*KEY, "student_count", "numerator", "denominator")
    truth = release.cells.drop(numbers.columns[len(KEY) :]).join(numbers, on=KEY, how="left", maintain_order="left")
    marked = truth.join(sensitive, on=KEY, how="left", maintain_order="left", suffix=" is sensitive")
    shown = {one: pl.col(f"{one} is sensitive").is_null() for one in ("numerator", "denominator")}
    shown["student_count"] = shown["denominator"]
    return marked.with_columns(
        *[pl.when(see).then(one).alias(one) for one, see in shown.items()],
        *[
            pl.when(see).then(pl.lit("shown")).otherwise(pl.lit("withheld")).alias(f"{one}_status")
            for one, see in shown.items()
        ],
    ).select(release.cells.columns)


@pytest.mark.parametrize("seed", range(3))
def test_without_the_truth_it_passes_what_protect_made_and_finds_all_the_audit_finds_in_less(seed):
    cells, policy = _random_schools(seed), _policy()
    release = protect(cells, policy)
    assert check_output({"release": release.cells}, policy).passed
    careless = _withhold_carelessly(release, cells)
    failures = audit(dataclasses.replace(release, cells=careless), policy).failures
    expected = failures.select(*KEY, "statistic").unique()
    findings = check_output({"careless": careless}, policy).findings
    numbered = careless.with_row_index("row", offset=1).select(pl.col("row").cast(pl.Int64), *KEY)
    found = findings.join(numbered, on="row").select(*KEY, "statistic")
    assert expected.height >= 5
    assert expected.join(found, on=[*KEY, "statistic"], how="anti").is_empty()


def test_findings_say_where_in_plain_words_and_hold_no_number_of_the_table():
    table = _cells(("all", "all", 4321), ("sex", "F", 4314), ("sex", "M", None))
    findings = check_output({"new": table}, _policy()).findings
    assert findings["message"][0].startswith("this number is withheld, but")
    assert not any(number in str(findings.to_dicts()) for number in ("4321", "4314", "7"))


def test_tables_that_are_not_what_they_should_be_are_refused_by_column_and_count():
    table = _cells(("all", "all", 100), ("all", "all", 100))
    with pytest.raises(ValueError, match="new: 2 rows are about the same cell"):
        check_output({"new": table}, _policy())
    with pytest.raises(ValueError, match="lacks the columns org_level"):
        check_output({"new": table.drop("org_level")}, _policy())
    with pytest.raises(ValueError, match="says nothing about students"):
        check_output({"new": table}, _policy(tables={"days": POLICY["tables"]["days"]}))
    with pytest.raises(ValueError, match="means cannot be checked: students"):
        check_output({"new": table}, _policy(tables={"students": {"kind": "mean", "lowest": 0, "highest": 9}}))
    with pytest.raises(ValueError, match="same name: new"):
        check_output({"new": table}, _policy(), earlier={"new": table})
