"""Cost follows change: what one changed delivery rewrites, and that any interrupted state converges."""

import duckdb

FACTS = {"dim_calendar": "school_id, calendar_date, day_ordinal", "dim_delivery": "as_of_date, attendance_row_count",
         "fct_enrollment": "student_key, school_id, first_day_ordinal, last_day_ordinal, exclusion_reason",
         "fct_attendance_event": "student_key, school_id, attendance_date, absent_fraction, exclusion_reason",
         "fct_student_school_year": "student_key, school_id, days_enrolled, days_absent, days_tardy"}


def contents(warehouse):
    return {fact: sorted(warehouse.rows(f"select delivery_version, {columns} from core.{fact}"), key=repr)
            for fact, columns in FACTS.items()}


def tamper(warehouse, sql):
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute(sql)


def test_a_changed_delivery_rewrites_its_own_rows_only_and_an_interrupted_run_is_made_good(copy_of_built, sender):
    warehouse, changed = copy_of_built, sender["A"]("a2")
    changed.absent("one_day_less", "A1", [30, 31])
    tamper(warehouse, "update core.fct_student_school_year set days_tardy = 777")

    warehouse.load(changed, sender["B"]())
    warehouse.run_facts()
    marks = warehouse.rows("select lea_id, bool_and(days_tardy = 777), bool_or(days_tardy = 777) "
                           "from core.fct_student_school_year group by all order by all")
    assert marks == [("A", False, False), ("B", True, True)], "B must be untouched, C and D gone"
    assert warehouse.rows("select days_absent from core.fct_student_school_year "
                          "where student_key = 'one_day_less'") == [(5,)]

    # As if killed between two tables: facts lost a district, and one still holds a delivery long replaced.
    tamper(warehouse, "delete from core.fct_student_school_year where lea_id = 'B'; "
           "delete from core.fct_attendance_event where lea_id = 'B'; "
           "insert into core.fct_enrollment select * replace ('gone' as delivery_version) from core.fct_enrollment")
    warehouse.run_facts()
    repaired = contents(warehouse)
    warehouse.run_facts("--full-refresh")
    assert repaired == contents(warehouse)
    assert all(repaired.values())


def test_another_as_of_date_recounts_every_delivery(copy_of_built, school_days):
    copy_of_built.run_facts("--vars", f"{{as_of_date: '{school_days[9]}'}}")
    assert copy_of_built.rows("select distinct as_of_date from core.dim_delivery") == [(school_days[9],)]
    assert copy_of_built.rows("select max(days_enrolled) from core.fct_student_school_year") == [(10,)]
    assert copy_of_built.rows("select days_enrolled, days_absent from core.fct_student_school_year "
                              "where student_key = 'one_day_less'") == [(10, 2)]
