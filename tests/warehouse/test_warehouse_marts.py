"""What each tier's table holds, and that a withheld number stays withheld."""

import pytest


def test_a_teacher_sees_the_students_on_the_roster_on_the_last_day_counted(built):
    assert built.rows("select staff_key, course_title, student_key, days_enrolled, days_absent, days_absent_last_20, "
                      "is_on_track_to_chronic, idea from teacher.teacher_students_today order by student_key") == [
        ("t1", "Mathematics 5", "exactly_ten_percent", 40, 4, 0, True, "No"),
        ("t1", "Mathematics 5", "one_day_less", 40, 3, 0, False, "Yes"),
    ]


def test_a_school_sees_who_is_enrolled_now_and_how_much_each_has_missed(built):
    bands = dict(built.rows("select student_key, attendance_band from school.school_attendance_watch "
                            "where school_id in ('A1', 'D1')"))
    assert "moves_away" not in bands
    assert {bands[name] for name in ("exactly_ten_percent", "at_two_schools")} == {"chronic", "severe"}
    assert (bands["one_day_less"], bands["nine_days"], bands["no_attendance_sent"]) == ("at_risk", "severe", "unknown")
    assert bands["overlapping_spells"] == "satisfactory"


def test_a_district_sees_why_each_student_is_in_the_federal_figure(built):
    flags = dict(built.rows("select student_key, is_chronically_absent from district.district_student_attendance "
                            "where lea_id = 'A' and school_id = 'A1'"))
    assert (flags["exactly_ten_percent"], flags["one_day_less"], flags["nine_days"]) == (True, False, None)
    assert flags["moves_away"] is True


def test_a_district_is_compared_with_its_schools_the_state_and_other_districts(built):
    groups = built.rows("select comparison_group, org_id from district.district_indicator_comparison "
                        "where lea_id = 'A' and disaggregate_type = 'all' group by all order by all")
    assert groups == [("other_lea", "B"), ("other_lea", "C"), ("other_lea", "D"), ("own_lea", "A"),
                      ("own_school", "A1"), ("own_school", "A2"), ("state", "ST")]


def test_the_state_sees_every_authority_exactly(built):
    assert built.rows("select authority, numerator, denominator from state.state_indicators where indicator_id = 'I01' "
                      "and org_id = 'A1' and disaggregate_type = 'all' and authority in ('edfacts', "
                      "'education_to_workforce') order by authority") == [
        ("edfacts", *built.rows("select numerator, denominator from indicators.ind_cells where org_id = 'A1' and "
                                "table_id = 'ind_chronic_absenteeism' and disaggregate_type = 'all'")[0]),
        ("education_to_workforce", 0, 0)]


@pytest.mark.parametrize("table", ["public.public_indicators", "district.district_indicator_comparison"])
def test_a_withheld_cell_shows_no_number_and_no_rate(built, table):
    assert built.rows(f"select count(*) from {table} where is_withheld and (student_count is not null or "
                      "numerator is not null or denominator is not null or rate_percent is not null)") == [(0,)]
    assert built.rows(f"select count(*) > 0, count(*) filter (where is_withheld) > 0 from {table} "
                      "where rate_percent is not null or is_withheld") == [(True, True)]


def test_a_public_rate_is_the_exact_ratio_of_the_two_numbers_shown(built):
    rows = built.rows("select numerator, denominator, cast(rate_percent as varchar) from public.public_indicators "
                      "where rate_percent is not null")
    assert rows
    for numerator, denominator, shown in rows:
        scale = 10 if denominator >= 100 else 1
        exact = (2 * numerator * 100 * scale + denominator) // (2 * denominator)
        assert shown == (f"{exact // 10}.{exact % 10}" if scale == 10 else f"{exact}.0")


def test_every_protected_cell_is_published_once_with_words_for_its_codes(built):
    assert built.rows("select count(*) from public.public_indicators") == built.rows(
        "select count(*) from protected.protected_cells")
    assert built.rows("select count(*) from public.public_indicators where indicator_name is null or org_name is null "
                      "or disaggregate_name is null or org_level_name is null") == [(0,)]


def test_studies_choose_from_every_student_year_once(built):
    rows = built.rows("select student_key, school_year from research.research_student_year")
    assert len(rows) == len(set(rows)) > 0
    assert set(rows) == set(built.rows("select student_key, school_year from core.fct_student_year"))


def test_studies_read_no_exclusion_into_the_silence_of_a_district(built):
    told = dict(built.rows("select student_key, has_exclusionary_discipline from research.research_student_year"))
    assert (told["exactly_ten_percent"], told["one_day_less"], told["moves_within"]) == (True, False, True)
    assert told["no_attendance_sent"] is None


@pytest.mark.parametrize(
    "table", ["teacher.teacher_students_today", "school.school_attendance_watch",
              "district.district_student_attendance", "district.district_indicator_comparison",
              "district.district_graduation_cohort", "district.district_resources", "district.district_leaver_outcomes",
              "district.district_incoming_students", "district.district_report_card", "school.school_early_warning"])
def test_every_table_for_a_district_or_below_can_be_cut_by_district_and_school(built, table):
    assert {"lea_id", "school_id"} <= {row[0] for row in built.rows(f"describe {table}")}
    assert built.rows(f"select count(*) from {table} where lea_id is null") == [(0,)]
