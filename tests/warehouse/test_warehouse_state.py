"""The state's tables over all indicators, each computed a second time in plain Python: gaps, drivers, report card."""

import math
import random
import re
import shutil
from collections import defaultdict
from decimal import Decimal

import duckdb
import pytest

from orchestration.catalog import list_indicators

BREAKDOWNS = {
    "race_ethnicity",
    "sex",
    "economic_disadvantage",
    "english_learner",
    "idea",
    "grade",
    "section_504",
    "homeless",
    "migrant",
    "foster",
    "military_connected",
    "race_ethnicity x sex",
    "idea x sex",
}
DAYS_OR_MOVES = {"I02", "I03", "I03t", "I04i", "I35t"}
LOWER_IS_BETTER = {"I01", "I01u", "I03t", "I04", "I04i", "I14", "I16", "I16i", "I16o", "I16x", "I35t", "I36"}
NEITHER = {"I07am", "I07ar", "I07as"}
OUTCOMES = {
    "chronic_absenteeism": ("I01", "edfacts"),
    "mathematics": ("I06m", "report_card"),
    "reading": ("I06r", "report_card"),
    "graduation_4_year": ("I13", "essa_last_school"),
    "on_track_grade_9": ("I10a", "chicago_consortium"),
}
# Drawn figures of drawn schools: (table, indicator, authority, how many of the schools have it).
DRAWN = [
    ("ind_chronic_absenteeism", "I01", "edfacts", 30),
    ("ind_graduation_rate_4_year", "I13", "essa_last_school", 22),
    ("ind_grade_9_on_track", "I10a", "chicago_consortium", 19),
    ("ind_advanced_course_participation", "I19b", "x", 30),
    ("ind_on_time_attendance", "I03", "openslds", 24),
]


def as_dicts(warehouse, sql):
    names = [row[0] for row in warehouse.rows(f"describe {sql}")]
    return [dict(zip(names, row, strict=True)) for row in warehouse.rows(sql)]


@pytest.fixture(scope="module")
def many(built, new_warehouse):
    """The built state and thirty schools more, of drawn figures: ties, gaps of all sizes, groups that do not add up."""
    warehouse = new_warehouse("many_schools")
    shutil.copytree(built.folder, warehouse.folder, dirs_exist_ok=True)
    generator, schools, rows = random.Random(5), [f"x{number:02d}" for number in range(30)], []
    for table, indicator, authority, count in DRAWN:
        for school in generator.sample(schools, count):
            sizes = [generator.choice([0, 9, 10, 11, 40, 300]) for _ in range(3)]
            shares = [generator.choice([0, size, generator.randint(0, size)]) for size in sizes]
            apart = 0 if generator.random() < 0.9 else 1
            groups = [("all", "All", sum(shares), sum(sizes) + apart)]
            groups += [
                ("idea", name, *both) for name, *both in zip(("Yes", "No", "Missing"), shares, sizes, strict=True)
            ]
            rows += [(table, indicator, authority, school, *group, generator.choice([0, 0, 3])) for group in groups]
    statements = [
        f"insert into core.dim_organization by name select 'school' as org_level, '{name}' as org_id, "
        f"'School {name}' as org_name, 'A' as lea_id"
        for name in schools
    ]
    for table, indicator, authority, school, kind, value, numerator, denominator, missing in rows:
        ratio = round(Decimal(numerator) / denominator, 6) if denominator else "null"
        statements.append(
            f"insert into indicators.{table} by name select '{indicator}' as indicator_id, '{authority}' as authority, "
            f"2022 as school_year, 'school' as org_level, '{school}' as org_id, '{kind}' as disaggregate_type, "
            f"'{value}' as disaggregate_value, {numerator} as numerator, {denominator} as denominator, "
            f"{denominator} as student_count, {missing} as n_missing, 'rate' as unit, {ratio} as value, "
            "1 as coverage_rate, date '2021-07-01' as period_start, date '2022-06-30' as period_end"
        )
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute(";".join(statements))
    # The rows above were put in behind dbt's back.
    warehouse.dbt("run", "--full-refresh", "--select", "state_opportunity_gaps", "state_driver_scorecard",
                  "state_report_card")
    return warehouse


def wilson(x, n):
    z = 1.959963984540054
    middle, half = (x + z * z / 2) / (n + z * z), z / (n + z * z) * math.sqrt(x * (n - x) / n + z * z / 4)
    return middle - half, middle + half


def expected_gaps(rows):
    """Key of the group → what the table should say of it, from the rows of state_indicators."""
    figures = {}
    for row in rows:
        if row["unit"] == "rate" and row["disaggregate_type"] in BREAKDOWNS | {"all"}:
            place = tuple(
                row[name]
                for name in ("indicator_id", "authority", "school_year", "period_start", "org_level", "org_id")
            )
            figures.setdefault(place, defaultdict(dict))[row["disaggregate_type"]][row["disaggregate_value"]] = (
                int(row["numerator"]),
                int(row["denominator"]),
                row["student_count"],
                row["n_missing"],
            )
    expected = {}
    for place, kinds in figures.items():
        everyone = kinds["all"]["All"]
        for kind, groups in kinds.items():
            adds_up = all(sum(group[i] for group in groups.values()) == everyone[i] for i in range(3))
            known = {name: group for name, group in groups.items() if "Missing" not in name.split(" x ")}
            for name, group in known.items():
                if kind != "all" and (group[1] or group[3]):
                    rest = [sum(other[i] for key, other in known.items() if key != name) for i in range(3)]
                    expected[*place, kind, name] = compare(place[0], group, rest, adds_up)
    return expected


def compare(indicator, group, rest, adds_up):
    """(rest's counts, gap, lower, upper, excludes zero, how the group fares, reason)."""
    (x, n, students, _), (y, m, others) = group, rest
    reason = (
        "no_data"
        if n == 0
        else "does_not_add_up"
        if not adds_up
        else "group_too_small"
        if min(students, n) < 10
        else "rest_too_small"
        if min(others, m) < 10
        else "counts_days_or_moves"
        if indicator in DAYS_OR_MOVES
        else None
    )
    if reason not in (None, "counts_days_or_moves"):
        return (*rest, None, None, None, None, None, reason)
    gap = x / n - y / m
    if reason:
        return (*rest, gap, None, None, None, None, reason)
    (low, high), (rest_low, rest_high) = wilson(x, n), wilson(y, m)
    lower, upper = (gap - math.hypot(x / n - low, rest_high - y / m), gap + math.hypot(high - x / n, y / m - rest_low))
    excludes = lower > 0 or upper < 0
    fares = "not_told_apart" if not excludes else "better" if (gap > 0) != (indicator in LOWER_IS_BETTER) else "worse"
    return (*rest, gap, lower, upper, excludes, None if indicator in NEITHER else fares, None)


@pytest.mark.parametrize("state", ["built", "many"])
def test_every_gap_and_interval_is_what_plain_arithmetic_gives(state, request):
    warehouse = request.getfixturevalue(state)
    expected = expected_gaps(as_dicts(warehouse, "select * from state.state_indicators"))
    found = warehouse.rows(
        "select indicator_id, authority, school_year, period_start, org_level, org_id, disaggregate_type, "
        "disaggregate_value, rest_numerator, rest_denominator, rest_student_count, gap, lower_ci, upper_ci, "
        "excludes_zero, group_fares, reason from state.state_opportunity_gaps"
    )
    assert {row[:8] for row in found} == set(expected)
    assert len(found) == len(expected) > 1000
    for row in found:
        for is_, should_be in zip(row[8:], expected[row[:8]], strict=True):
            if isinstance(should_be, float):
                assert abs(float(is_) - should_be) < 6e-7, row
            else:
                assert is_ == should_be, row


def test_the_drawn_schools_show_every_kind_of_comparison(many):
    shown = many.rows("select distinct group_fares, reason from state.state_opportunity_gaps")
    assert set(shown) == {
        ("worse", None),
        ("better", None),
        ("not_told_apart", None),
        (None, "no_data"),
        (None, "does_not_add_up"),
        (None, "group_too_small"),
        (None, "rest_too_small"),
        (None, "counts_days_or_moves"),
    }


def test_what_is_given_an_interval_counts_students_each_once(built, many):
    assert {row[0] for row in built.rows("select definition_id from core.dim_indicator where not counts_students")} == (
        DAYS_OR_MOVES
    )
    for row in as_dicts(built, "select * from state.state_indicators"):
        if (
            row["unit"] == "rate"
            and row["disaggregate_type"] in BREAKDOWNS
            and row["indicator_id"] not in DAYS_OR_MOVES
        ):
            assert row["numerator"] <= row["denominator"] <= row["student_count"] + row["n_missing"], row


def middle_ranks(values):
    return [sum(other < value for other in values) + (values.count(value) + 1) / 2 for value in values]


def spearman(pairs):
    """The correlation of the ranks; None where one side does not vary."""
    x, y = (middle_ranks([pair[side] for pair in pairs]) for side in (0, 1))
    middle = (len(pairs) + 1) / 2
    covariance, *variances = (
        sum((a - middle) * (b - middle) for a, b in zip(p, q, strict=True)) for p, q in ((x, y), (x, x), (y, y))
    )
    return covariance / math.sqrt(math.prod(variances)) if all(variances) else None


def test_every_association_over_schools_is_spearmans(many):
    by_figure = defaultdict(dict)
    for row in as_dicts(
        many,
        "select * from state.state_indicators where org_level = 'school' and value is not null and "
        "period_type is distinct from 'week'",
    ):
        by_figure[row["indicator_id"], row["authority"], row["disaggregate_type"], row["disaggregate_value"]][
            row["org_id"]
        ] = row["value"]
    told = 0
    for row in as_dicts(many, "select * from state.state_driver_scorecard where reporting_status = 'reported'"):
        own = by_figure[row["indicator_id"], row["authority"], row["disaggregate_type"], row["disaggregate_value"]]
        assert row["school_count"] == len(own)
        for name, outcome in OUTCOMES.items():
            other = by_figure[*outcome, "all", "All"]
            pairs = [(own[school], other[school]) for school in own.keys() & other.keys() if row["role"] == "driver"]
            assert row[f"schools_{name}"] == (len(pairs) or None)
            expected = spearman(pairs) if len(pairs) >= 20 else None
            found = row[f"association_{name}"]
            assert found is None if expected is None else abs(float(found) - expected) < 5.1e-5, (row, name)
            told += found is not None
    assert told >= 3


def test_the_scorecard_has_every_indicator_under_each_of_its_drivers(built):
    words = {
        "human_capacity": "human capacity",
        "resources": "resources",
        "leadership": "leadership",
        "policy_and_incentives": "policy",
    }
    expected = set()
    for indicator in list_indicators(built.manifest()):
        if indicator.name.startswith("ind_"):
            text = indicator.meta["driver"].lower()
            drivers = {name for name, word in words.items() if word in text}
            expected |= {(name, indicator.name) for name in drivers}
            # A driver nobody knows, or one misspelt, would drop the indicator from the table without a word.
            assert drivers, indicator.name
            assert not re.sub("policy and incentives|" + "|".join(words.values()) + "| and |[;, ]", "", text), (
                indicator.name
            )
            assert indicator.meta["direction"] in {
                "higher is better",
                "lower is better",
                "none",
                "none; higher is more",
                "closer to zero is better",
                "closer to one is better",
                "nearer to 1 is better",
                "longer is usually better",
                "depends on the measure",
            }
    assert set(built.rows("select distinct driver, indicator_table from state.state_driver_scorecard")) == expected


def test_every_figure_is_found_under_its_definition(built):
    names = dict(built.rows("select indicator_table, definition_id from core.dim_indicator"))
    assert names == {
        indicator.name: indicator.meta["indicator_id"]
        for indicator in list_indicators(built.manifest())
        if indicator.name.startswith("ind_")
    }
    rows = built.rows("select distinct indicator_table, indicator_id from state.state_indicators")
    assert rows
    assert [row for row in rows if not row[1].startswith(names[row[0]])] == []


def test_what_the_scorecard_says_of_the_state_is_its_latest_figure(built):
    figures = {
        (
            row["indicator_id"],
            row["authority"],
            row["disaggregate_type"],
            row["disaggregate_value"],
            row["school_year"],
        ): row["value"]
        for row in as_dicts(
            built, "select * from state.state_indicators where org_level = 'state' and value is not null"
        )
    }
    told = as_dicts(built, "select * from state.state_driver_scorecard where reporting_status = 'reported'")
    for row in told:
        key = (row["indicator_id"], row["authority"], row["disaggregate_type"], row["disaggregate_value"])
        assert row["state_value"] == figures.get((*key, row["school_year"]))
        assert row["state_value_before"] == figures.get((*key, row["school_year"] - 1))
    assert any(row["state_value"] is not None for row in told)
    assert built.rows(
        "select count(*) from state.state_driver_scorecard where reporting_status = 'no data' and "
        "coalesce(school_year, state_value, school_count, coverage_rate) is not null"
    ) == [(0,)]


def test_every_element_of_the_report_card_names_indicators_or_says_why_not(built):
    known = {indicator.meta["indicator_id"] for indicator in list_indicators(built.manifest())}
    elements = built.rows("select element, absence, note from seeds.report_card_elements")
    answers = defaultdict(set)
    for element, indicator in built.rows("select element, indicator_id from seeds.report_card_indicators"):
        answers[element].add(indicator)
    for element, absence, note in elements:
        assert answers[element] <= known, element
        assert (absence is None) == bool(answers[element]), element
        assert absence is None or note, element
    roman = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv"]
    clauses = [row[0] for row in built.rows("select paragraph from seeds.report_card_elements order by sort_order")]
    assert list(dict.fromkeys(clause.split(")")[0][1:] for clause in clauses)) == roman


def test_the_report_card_tells_of_each_element_what_the_warehouse_holds(built):
    rows = as_dicts(built, "select * from state.state_indicators where value is not null")
    answers = built.rows(
        "select element, indicator_id, reporting_status, school_year, figure_count, school_count, "
        "indicator_table from state.state_report_card"
    )
    assert {"reported", "no data", "not collected here", "not counted here"} == {row[2] for row in answers}
    for _, indicator, status, year, count, schools, table in answers:
        held = [row for row in rows if row["indicator_table"] == table]
        latest = [row for row in held if row["school_year"] == max(row["school_year"] for row in held)]
        assert (status == "reported") == bool(held)
        assert (status == "no data") == (indicator is not None and not held)
        if held:
            places = {row["org_id"] for row in latest if row["org_level"] == "school"}
            assert (year, count, schools) == (latest[0]["school_year"], len(latest), len(places))


def upstream_of(warehouse, name):
    graph = warehouse.manifest()["parent_map"]
    seen, left = set(), [f"model.openslds.{name}"]
    while left:
        node = left.pop()
        if node not in seen:
            seen.add(node)
            left += graph.get(node, [])
    return {name.split(".")[-1] for name in seen}


def test_a_districts_report_card_reads_the_indicators_of_the_law_and_no_others(built):
    answering = built.rows(
        "select distinct d.indicator_table from seeds.report_card_indicators as i "
        "inner join core.dim_indicator as d on i.indicator_id = d.definition_id"
    )
    parents = built.manifest()["parent_map"]["model.openslds.district_report_card"]
    read = {name.split(".")[-1] for name in parents}
    assert {name for name in read if name.startswith("ind_")} == {row[0] for row in answering}
    assert {"fct_quarterly_wage", "fct_employment_after_exit"} & upstream_of(built, "district_report_card") == set()


def test_a_district_sees_its_own_figures_exactly_and_of_the_state_only_what_may_be_told(built):
    cards = as_dicts(built, "select * from district.district_report_card where value is not null")
    key = ("indicator_id", "authority", "school_year", "disaggregate_type", "disaggregate_value")
    own, lea_of = {}, dict(built.rows("select org_id, lea_id from core.dim_organization where lea_id is not null"))
    for row in as_dicts(built, "select * from state.state_indicators where value is not null"):
        own[row["org_id"], *(row[name] for name in key)] = row["value"]
    assert {row["org_id"] for row in cards} >= {"A", "A1", "B", "B1"}
    for row in cards:
        place = tuple(row[name] for name in key)
        assert lea_of[row["org_id"]] == row["lea_id"]
        assert own[row["org_id"], *place] == row["value"]
        if row["state_figure"] in ("exact", "protected"):
            # What is shown of the small state's cells is shown as it is; a school's absence is published beside I01u.
            assert row["state_value"] == own["ST", {"I01": "I01u"}.get(place[0], place[0]), *place[1:]]
        else:
            assert row["state_value"] is None
    assert {row["state_figure"] for row in cards} == {"protected", "withheld", "exact", "not given"}
    assert {row["indicator_id"][:3] for row in cards if row["state_figure"] == "exact"} <= {"I30", "I32", "I33"}
    assert {row["publication"] for row in cards} == {"published", "withheld", "not published"}


def test_a_districts_report_card_has_every_element_but_the_national_assessment(built):
    elements = {row[0] for row in built.rows("select element from seeds.report_card_elements")} - {"naep"}
    found = defaultdict(set)
    for lea, element in built.rows("select lea_id, element from district.district_report_card"):
        found[lea].add(element)
    assert set(found) == {"A", "B", "C", "D"}
    assert all(told == elements for told in found.values())
    assert built.rows(
        "select distinct element from district.district_report_card where is_comparison_asked"
    ) == [("achievement",)]
