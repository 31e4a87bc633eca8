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


def test_the_cells_hold_four_tables_and_one_authority_of_each(built):
    assert built.rows("select distinct table_id from indicators.ind_cells order by 1") == [
        ("ind_average_daily_attendance",), ("ind_chronic_absenteeism",), ("ind_exclusionary_discipline",),
        ("ind_membership_october_1",)]
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
    values = built.rows("select count(*) from seeds.subgroup_values")[0][0]
    assert built.rows("select distinct n from (select table_id, org_level, org_id, count(*) as n "
                      "from indicators.ind_cells group by all)") == [(values,)]


def test_only_the_state_has_no_parent(built):
    assert built.rows("select distinct org_level, parent_org_id from indicators.ind_cells "
                      "where org_level <> 'school' order by all") == [("lea", "ST"), ("state", None)]
    assert built.rows("select distinct parent_org_id from indicators.ind_cells where org_id = 'A2'") == [("A",)]
