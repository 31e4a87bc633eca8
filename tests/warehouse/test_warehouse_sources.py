"""The facts made of sources beside enrolment and attendance: what each record becomes, and that none is lost."""

import duckdb


def test_a_level_is_read_by_the_cut_scores_of_the_day_of_the_test(built):
    rows = built.rows("select student_key, performance_level, is_proficient, level_origin "
                      "from core.fct_assessment_result where assessment_id = 'M5' and score is not null order by 1")
    assert rows == [
        ("half_days", "Below", False, "derived"),  # 510 in March, when 520 was needed
        ("nine_days", "Below", False, "reported"),  # 900, but the sender's word goes first
        ("one_day_less", "Met", True, "derived"),  # the same 510 in January
    ]


def test_who_was_not_tested_stays_with_the_reason_and_a_waiver_is_no_refusal(built):
    rows = built.rows("select student_key, participation, exclusion_reason from core.fct_assessment_result "
                      "where score_value is null order by 1")
    assert rows == [("moves_away", "MedicalExemption", "not_tested"),
                    ("moves_within", "DidNotParticipate", "not_tested")]


def test_a_score_that_is_no_number_or_of_an_unknown_test_stays_without_a_level(built):
    rows = built.rows("select score_value, score, participation, exclusion_reason from core.fct_assessment_result "
                      "where assessment_id = 'Z9'")
    assert rows == [("ten", None, "Participated", "no_performance_level")]


def test_new_cut_scores_of_the_state_read_a_districts_old_results_anew(copy_of_built, deliveries, sender):
    others = [each for each in deliveries if each.batch_id != "s1"]
    copy_of_built.load(*others, sender["state"]("s2", cut=505))
    copy_of_built.dbt("run", "--select", "stg_deliveries", "dim_performance_level", "fct_assessment_result")
    rows = copy_of_built.rows("select student_key, performance_level from core.fct_assessment_result "
                              "where assessment_id = 'M5' and level_origin = 'derived' order by 1")
    assert rows == [("half_days", "Met"), ("one_day_less", "Met")]
    assert copy_of_built.rows("select count(*) from core.fct_assessment_result") == [(6,)]


def test_a_grade_passes_by_its_letter_else_its_number_else_its_credits(built):
    rows = built.rows("select course_id, is_passing, grade_points, exclusion_reason from core.fct_course_grade "
                      "order by 1")
    assert [(course, passing, reason) for course, passing, _, reason in rows] == [
        ("alg", False, None), ("art", True, None), ("gym", False, None), ("lab", None, "no_final_grade")]
    assert rows[0][2] == 0


def test_a_course_the_district_describes_for_all_its_schools_is_found_from_a_school(built):
    rows = built.rows("select course_title, sced, is_core from core.fct_course_grade where course_id in ('alg', 'art') "
                      "order by course_id")
    assert rows == [("Algebra I", "02052", True), (None, None, None)]


def test_a_program_goes_on_over_a_summer_and_ends_with_the_last_file_that_tells_of_it(built):
    rows = built.rows("select student_key, spell_number, cast(begin_date as varchar), cast(end_date as varchar), "
                      "record_count from core.fct_program_spell "
                      "where program_code in ('EnglishLearner', 'Homeless') order by 1, 2")
    assert rows == [
        ("half_days", 1, "2020-10-01", "2021-03-01", 1), ("half_days", 2, "2021-09-01", None, 1),
        ("nine_days", 1, "2020-11-01", "2021-06-30", 1),
        ("one_day_less", 1, "2020-10-01", None, 2),
    ]
    assert built.rows("select unmapped_program_name, exclusion_reason from core.fct_program_spell "
                      "where program_code is null") == [("Chess", "unknown_program")]


def test_a_term_sent_again_is_one_row_with_the_newest_words_and_stands_for_both(built):
    assert built.rows("select school_year, credits_earned, record_count from core.fct_postsecondary_enrollment") == [
        (2022, 12.0, 2)]


def test_wages_are_a_students_only_where_one_student_alone_has_the_number(built):
    rows = built.rows("select worker_key, student_key, exclusion_reason from core.fct_quarterly_wage order by 1")
    assert rows == [("w1", "one_day_less", None), ("w2", None, "several_students"), ("w3", None, "no_student")]


def test_a_bus_is_late_by_the_clock_and_one_that_nobody_saw_is_neither_late_nor_on_time(built):
    rows = built.rows("select minutes_after_scheduled, minutes_after_bell, exclusion_reason from core.fct_bus_run "
                      "order by route_id")
    assert rows == [(12, 2, None), (None, None, "not_run"), (None, None, "arrival_unknown"), (-10, None, None)]


def test_an_answer_is_favorable_from_the_items_minimum_on_and_no_answer_is_no_dislike(built):
    rows = built.rows("select is_favorable, exclusion_reason from core.fct_survey_response order by response_id")
    assert rows == [(True, None), (False, None), (None, "no_answer"), (None, "unknown_item")]


def test_current_expenditure_leaves_out_community_services_property_debt_and_revenue(built):
    rows = built.rows("select account_id, is_current_expenditure, funding_group from core.fct_finance order by 1")
    assert rows == [("b", False, "StateLocal"), ("c", False, "StateLocal"), ("d", False, "StateLocal"),
                    ("i", True, "Federal"), ("r", False, "StateLocal"), ("u", None, None)]


def test_staff_are_counted_on_october_1(built):
    rows = built.rows("select staff_key, is_on_october_1, years_of_experience from core.fct_staff_assignment "
                      "order by 1")
    assert rows == [("t1", True, 0.0), ("t2", False, None), ("t3", True, None)]


def test_a_source_that_nobody_sends_gives_a_table_without_rows(built):
    for fact in ("fct_postsecondary_award", "fct_industry_credential", "fct_restraint_event", "fct_staff_credential",
                 "fct_net_price", "fct_data_access"):
        assert built.rows(f"select count(*) from core.{fact}") == [(0,)]


def test_a_record_that_goes_missing_from_a_fact_is_found(copy_of_built):
    [check] = (copy_of_built.folder / "target" / "compiled").rglob("assert_every_record_is_kept.sql")
    with duckdb.connect(str(copy_of_built.path)) as connection:
        assert connection.execute(check.read_text()).fetchall() == []
        connection.execute("delete from core.fct_bus_run where exclusion_reason = 'not_run'")
        connection.execute("update core.fct_postsecondary_enrollment set record_count = 3")
        assert sorted(connection.execute(check.read_text()).fetchall()) == [
            ("fct_bus_run", 3, 4), ("fct_postsecondary_enrollment", 3, 2)]
