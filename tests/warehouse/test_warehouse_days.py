"""Days enrolled and absent, against an independent count that lays out every student's every date."""

import datetime as dt

import pytest


class DayByDay:
    """For each student and school, the dates enrolled and the dates absent, by the plainest reading of the rules."""

    def __init__(self, deliveries):
        self.enrolled, self.absent, self.unmeasured, self.district = {}, {}, set(), {}
        for delivery in deliveries:
            self._read(delivery)

    def _read(self, delivery):
        calendar = {}
        for school, date, *_ in delivery.rows["calendars"]:
            calendar.setdefault(school, set()).add(date)
        attendance = delivery.rows["attendance"]
        last = max((date for dates in calendar.values() for date in dates), default=dt.date.min)
        if attendance and max(row[2] for row in attendance) + dt.timedelta(days=21) < last:
            last = max(row[2] for row in attendance)
        for student, school, entry, end, *_ in delivery.rows["enrollments"]:
            if end and end < entry:
                continue
            dates = {d for d in calendar.get(school, ()) if entry <= d <= min(end or last, last)}
            if school in calendar and not dates:
                continue
            self.district[school] = delivery.lea_id
            self.enrolled.setdefault((student, school), set()).update(dates)
            if not attendance or school not in calendar:
                self.unmeasured.add((student, school))
        missed = {}
        for student, school, date, _, status, fraction, _ in attendance:
            share = fraction if fraction is not None else float(str(status).endswith("Absence"))
            missed[student, school, date] = missed.get((student, school, date), 0) + share
        for (student, school, date), share in missed.items():
            if share > 0.5 and date in self.enrolled.get((student, school), ()):
                self.absent.setdefault((student, school), set()).add(date)

    def at_schools(self):
        """{(student, school): (enrolled, absent)}; unknown attendance is None, an unknown calendar both."""
        return {
            key: (len(dates) or None, None if key in self.unmeasured else len(self.absent.get(key, ())))
            for key, dates in self.enrolled.items()
        }

    def united(self, area):
        """The same over the schools that `area` gives one name, no date twice, absent only where absent everywhere."""
        groups = {}
        for key in self.enrolled:
            if key not in self.unmeasured:
                groups.setdefault((key[0], area(key[1])), []).append(key)
        result = {}
        for name, keys in groups.items():
            dates = set().union(*(self.enrolled[key] for key in keys))
            absent = {d for d in dates
                      if all(d in self.absent.get(key, ()) for key in keys if d in self.enrolled[key])}
            result[name] = (len(dates), len(absent))
        return result


@pytest.fixture(scope="module")
def expected(deliveries):
    return DayByDay(deliveries)


def days(warehouse, table, area):
    return {
        (student, place): (enrolled, absent)
        for student, place, enrolled, absent in warehouse.rows(
            f"select student_key, {area}, days_enrolled, days_absent from core.{table}")
    }


def test_days_at_each_school_equal_a_count_of_dates(built, expected):
    assert days(built, "fct_student_school_year", "school_id") == expected.at_schools()


def test_days_in_each_district_equal_a_count_of_distinct_dates(built, expected):
    got = days(built, "fct_student_lea_year", "lea_id")
    known = {key: value for key, value in got.items() if value[1] is not None}
    assert known == expected.united(lambda school: expected.district[school])


def test_days_in_the_state_equal_a_count_of_distinct_dates(built, expected):
    got = days(built, "fct_student_year", "'ST'")
    known = {key: value for key, value in got.items() if value[1] is not None}
    assert known == expected.united(lambda school: "ST")


@pytest.mark.parametrize(
    ("student", "school", "enrolled", "absent"),
    [
        ("exactly_ten_percent", "A1", 40, 4),
        ("one_day_less", "A1", 40, 3),
        ("nine_days", "A1", 9, 9),
        ("moves_within", "A1", 20, 2),
        ("moves_within", "A2", 20, 0),
        ("overlapping_spells", "A1", 40, 1),
        ("half_days", "A1", 40, 2),
        ("absent_after_leaving", "A1", 10, 1),
        ("year_under_way", "C1", 30, 2),
        ("no_attendance_sent", "D1", 40, None),
        ("no_calendar_sent", "D2", None, None),
    ],
)
def test_each_rule_gives_the_days_worked_out_by_hand(built, student, school, enrolled, absent):
    assert days(built, "fct_student_school_year", "school_id")[student, school] == (enrolled, absent)


def test_a_date_at_two_schools_counts_once_and_is_absent_only_if_absent_from_both(built):
    assert days(built, "fct_student_lea_year", "lea_id")["at_two_schools", "A"] == (40, 4)


def test_the_daily_view_adds_up_to_the_days_of_the_year(built):
    daily = built.rows("select student_key, school_id, count(*), count(*) filter (where is_absent_day) "
                       "from core.fct_student_daily_attendance group by all")
    yearly = built.rows("select student_key, school_id, days_enrolled, days_absent from core.fct_student_school_year "
                        "where days_absent is not null")
    assert sorted(daily) == sorted(yearly)
    assert daily


def test_an_uncounted_record_says_why(built):
    assert dict(built.rows("select student_key, exclusion_reason from core.fct_enrollment "
                           "where exclusion_reason is not null")) == {
        "leaves_before_entering": "exit_before_entry",
        "enters_later": "no_instructional_day",
        "no_calendar_sent": "no_calendar",
    }
    assert built.rows("select exclusion_reason, count(*) from core.fct_attendance_event "
                      "where student_key in ('absent_after_leaving', 'one_day_less') and exclusion_reason is not null "
                      "group by all order by all") == [
        ("not_an_instructional_day", 1), ("not_enrolled", 2), ("unknown_status", 1)]


def test_positive_attendance_is_counted_but_not_kept(built):
    assert built.rows("select present_row_count from core.dim_delivery where delivery_version like '%|a1|%'") == [(1,)]
    assert built.rows("select count(*) from core.fct_attendance_event where student_key = 'one_day_less' "
                      f"and attendance_date = date '{dt.date(2021, 9, 30)}'") == [(0,)]


def test_the_latest_enrolment_decides_between_two_descriptions(built):
    rows = built.rows("select lea_id, sex, race_ethnicity, grade_level_code, english_learner "
                      "from core.dim_student_year where student_key = 'moves_away'")
    assert rows == [("B", "Male", "DemographicRaceTwoOrMoreRaces", "07", "Yes")]


def test_a_status_is_taken_from_programs_and_silence_from_the_habit_of_the_sender(built):
    rows = built.rows("select student_key, idea, economic_disadvantage, homeless from core.dim_student_year "
                      "where student_key in ('one_day_less', 'nine_days', 'half_days')")
    assert sorted(rows) == [
        ("half_days", "No", "No", "Missing"),
        ("nine_days", "No", "Yes", "Missing"),
        ("one_day_less", "Yes", "No", "Missing"),
    ]


def test_an_organization_is_believed_about_itself(built):
    assert built.rows("select org_name, lea_id from core.dim_organization where org_id = 'A1'") == [("School A1", "A")]
    assert built.rows("select is_described, lea_id from core.dim_organization where org_id = 'D2'") == [(False, "D")]
