"""The indicators of the small state, recounted from the days per student and from the records themselves."""

import datetime as dt

import pytest

LEVELS = {"school": ("fct_student_school_year", "school_id"), "lea": ("fct_student_lea_year", "lea_id"),
          "state": ("fct_student_year", "'ST'")}


def cells(warehouse, table_id, level, columns="numerator, denominator"):
    rows = warehouse.rows(f"select org_id, {columns} from indicators.ind_cells where table_id = '{table_id}' "
                          f"and org_level = '{level}' and disaggregate_type = 'all'")
    return {row[0]: row[1:] for row in rows}


def students(warehouse, level):
    table, place = LEVELS[level]
    return warehouse.rows(f"select {place}, student_key, days_enrolled, days_absent from core.{table}")


def test_the_cells_hold_the_tables_that_count_somebody_and_one_authority_of_each(built):
    assert built.rows("select distinct table_id from indicators.ind_cells order by 1") == [
        ("ind_academic_achievement_mathematics",), ("ind_average_daily_attendance",), ("ind_chronic_absenteeism",),
        ("ind_exclusionary_discipline",), ("ind_membership_october_1",)]
    assert built.rows("select count(distinct authority) from indicators.ind_chronic_absenteeism") == [(4,)]


@pytest.mark.parametrize("level", LEVELS)
def test_chronic_absence_equals_a_recount_of_students(built, level):
    expected = {}
    for place, _, enrolled, absent in students(built, level):
        numerator, denominator = expected.get(place, (0, 0))
        counted = absent is not None and enrolled >= 10
        expected[place] = (numerator + (counted and 10 * absent >= enrolled), denominator + counted)
    assert cells(built, "ind_chronic_absenteeism", level) == expected


@pytest.mark.parametrize("level", LEVELS)
def test_average_daily_attendance_pools_the_days_of_all_students(built, level):
    expected = {}
    for place, _, enrolled, absent in students(built, level):
        present, days = expected.get(place, (0, 0))
        known = absent is not None
        expected[place] = (present + (enrolled - absent if known else 0), days + (enrolled if known else 0))
    assert cells(built, "ind_average_daily_attendance", level) == expected


def test_membership_counts_each_student_enrolled_on_october_1_once(built, deliveries):
    date, members = dt.date(2021, 10, 1), {}
    for delivery in deliveries:
        for student, school, entry, end, *_ in delivery.rows["enrollments"]:
            if entry <= date and (end is None or end >= date):
                members.setdefault(student, set()).add((school, delivery.lea_id))
    assert len(members["at_two_schools"]) == 2
    schools = cells(built, "ind_membership_october_1", "school", "student_count, numerator, denominator")
    assert sum(count for count, *_ in schools.values()) == len(members)
    assert schools["A1"] == (sum(("A1", "A") in places for places in members.values()), None, None)
    assert cells(built, "ind_membership_october_1", "state", "student_count") == {"ST": (len(members),)}


def test_discipline_counts_students_not_actions_and_a_silent_district_is_missing(built):
    assert cells(built, "ind_exclusionary_discipline", "school")["A1"][0] == 1
    assert cells(built, "ind_exclusionary_discipline", "school")["A2"][0] == 1
    assert cells(built, "ind_exclusionary_discipline", "lea")["A"][0] == 2
    assert cells(built, "ind_exclusionary_discipline", "lea")["D"] == (0, 0)
    assert built.rows("select n_missing from indicators.ind_exclusionary_discipline where org_id = 'D' "
                      "and disaggregate_type = 'all'") == [(2,)]


def test_every_organization_has_every_subgroup_value(built):
    rows = built.rows("select disaggregate_type, disaggregate_value from seeds.subgroup_values")
    values = {kind: {value for found, value in rows if found == kind} for kind, _ in rows}
    for crossing in ("race_ethnicity x sex", "idea x sex"):
        first, second = crossing.split(" x ")
        values[crossing] = {f"{a} x {b}" for a in values[first] for b in values[second]}
    expected = {(kind, value) for kind, found in values.items() for value in found}
    for place in built.rows("select distinct org_level, org_id from indicators.ind_membership_october_1"):
        found = built.rows("select disaggregate_type, disaggregate_value from indicators.ind_membership_october_1 "
                           f"where (org_level, org_id) = {place}")
        assert len(found) == len(expected)
        assert set(found) == expected


def test_the_privacy_step_is_given_no_crossing_and_no_group_that_is_not_switched_on(built):
    assert {row[0] for row in built.rows("select distinct disaggregate_type from indicators.ind_cells")} == {
        "all", "race_ethnicity", "sex", "economic_disadvantage", "english_learner", "idea", "grade"}


@pytest.mark.parametrize(("crossing", "margin"), [("race_ethnicity x sex", "race_ethnicity"), ("idea x sex", "sex")])
def test_a_crossing_adds_up_to_both_of_its_groups(built, crossing, margin):
    part = crossing.split(" x ").index(margin) + 1
    crossed = built.rows(f"select org_level, org_id, split_part(disaggregate_value, ' x ', {part}), sum(numerator), "
                         "sum(denominator) from indicators.ind_average_daily_attendance "
                         f"where disaggregate_type = '{crossing}' group by all order by all")
    assert crossed == built.rows("select org_level, org_id, disaggregate_value, numerator, denominator from "
                                 f"indicators.ind_average_daily_attendance where disaggregate_type = '{margin}' "
                                 "order by all")
    assert len({row[2] for row in crossed if row[4]}) > 1


def test_every_row_states_its_value_coverage_status_and_period(built):
    rows = built.rows("select numerator, denominator, student_count, n_missing, cast(value as varchar), "
                      "cast(coverage_rate as varchar), status, period_type, period_start, period_end "
                      "from indicators.ind_average_daily_attendance")
    for numerator, denominator, students, missing, value, coverage, *rest in rows:
        assert value == exact(numerator, denominator)
        assert coverage == exact(students, students + missing)
        assert rest == ["provisional", "school_year", dt.date(2021, 7, 1), dt.date(2022, 6, 30)]
    assert {row[5] for row in rows} >= {"0.000000", "1.000000", None}
    assert built.rows("select distinct period_type, period_start, period_end, value = student_count "
                      "from indicators.ind_membership_october_1") == [
        ("day", dt.date(2021, 10, 1), dt.date(2021, 10, 1), True)]


def exact(numerator, denominator):
    """Six places, halves up, by whole numbers."""
    if not denominator:
        return None
    millionths = (2 * numerator * 10**6 + denominator) // (2 * denominator)
    return f"{millionths // 10**6}.{millionths % 10**6:06d}"


def test_only_the_state_has_no_parent(built):
    assert built.rows("select distinct org_level, parent_org_id from indicators.ind_cells "
                      "where org_level <> 'school' order by all") == [("lea", "ST"), ("state", None)]
    assert built.rows("select distinct parent_org_id from indicators.ind_cells where org_id = 'A2'") == [("A",)]
