"""The state that most tests of the warehouse are about: rows of deliveries, as senders' record tables hold them.

It has two districts, A (schools A1, A2) and B (B1), with 40 days of instruction from 1 September 2021, so
October 1 is inside; C, whose year is still under way; and D, which sends neither attendance nor discipline, and no
calendar for one of its schools. Named students each stand for one rule; the rest are drawn from a seeded generator.
"""

import datetime as dt
import functools
import random

import expectations
import intake

FLAGS = ("economic_disadvantage", "english_learner", "idea", "section_504", "homeless", "migrant", "foster",
         "military_connected")
CODED = " ".join(f"{flag}_source {flag}_code" for flag in FLAGS)
DATES = ("entry_date", "exit_date", "calendar_date", "attendance_date", "action_date", "begin_date", "end_date",
         "operational_status_date", "diploma_date", "document_date")
COLUMNS = {
    "organizations": "org_id org_type_source org_type_code org_name parent_org_id low_grade high_grade "
    "operational_status_source operational_status_code operational_status_date",
    "calendars": "school_id calendar_date calendar_event_source calendar_event_code",
    "demographics": "student_key sex_source sex_code race_source race_code hispanic_latino_source "
    f"hispanic_latino_code {CODED}",
    "program_participations": "student_key program_source program_code program_name begin_date end_date org_id "
    "service_source",
    "enrollments": "student_key school_id entry_date exit_date grade_level_source grade_level_code entry_type_source "
    "entry_type_code exit_type_source exit_type_code",
    "attendance": "student_key school_id attendance_date attendance_status_source attendance_status_code "
    "absent_fraction minutes_late",
    "discipline_actions": "student_key action_id school_id incident_id action_date action_source action_code "
    "duration_days",
    "sections": "section_id school_id session_name course_id course_title subject_source subject_code",
    "student_sections": "student_key section_id school_id session_name course_id begin_date end_date",
    "staff_sections": "staff_key section_id school_id session_name course_id begin_date end_date position_source",
    "diplomas": "student_key school_id diploma_date diploma_type_source diploma_type_code",
    "exit_documents": "student_key school_id exit_date document_type_source document_type_code document_date "
    "leads_to_diploma_source leads_to_diploma_code",
}
TYPES = {"Date": "DATE", "Time": "TIME", "Float64": "DOUBLE", "Int64": "BIGINT", "Boolean": "BOOLEAN"}
LINEAGE = ("source_id", "lea_id", "school_year", "batch_id", "source_file", "source_row")


@functools.cache
def typed_columns(record_type):
    """Column → DuckDB type of a record table, its lineage columns last."""
    if record_type in COLUMNS:
        return {name: column_type(name) for name in (*COLUMNS[record_type].split(), *LINEAGE)}
    # The rest as the contracts and the split of identities give them: a new record type needs no line here.
    split = intake.split_identity({record_type: expectations.empty_records(record_type)}, key=b"k", lea_id=None,
                                  student_id_scope="state")
    own = {name: kind for name, kind in split.records[record_type].schema.items() if name not in LINEAGE}
    typed = {name: "DECIMAL(18, 2)" if kind.is_decimal() else TYPES.get(str(kind), "VARCHAR")
             for name, kind in own.items()}
    return typed | {name: column_type(name) for name in LINEAGE}


def instructional_days(first=dt.date(2021, 9, 1), count=40):
    """The first `count` weekdays from `first`."""
    days, day = [], first
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day += dt.timedelta(days=1)
    return days


DAYS = instructional_days()


def column_type(name):
    """The type the contract gives a column of a record table."""
    if name in DATES:
        return "DATE"
    if name in ("absent_fraction", "minutes_late", "duration_days"):
        return "DOUBLE"
    return {"school_year": "INTEGER", "source_row": "BIGINT"}.get(name, "VARCHAR")


class Delivery:
    """Rows of one delivery by record type. `add` fills columns that are not given with null."""

    def __init__(self, source_id, lea_id, batch_id, school_year=2022):
        self.source_id, self.lea_id, self.batch_id, self.school_year = source_id, lea_id, batch_id, school_year
        self.received_at = None
        self.rows = {name: [] for name in intake.RECORD_TYPES}

    def add(self, record_type, **values):
        columns = [name for name in typed_columns(record_type) if name not in LINEAGE]
        assert set(values) <= set(columns)
        self.rows[record_type].append([values.get(column) for column in columns])

    def describe_schools(self, *schools, days=DAYS):
        self.add("organizations", org_id=self.lea_id, org_type_code="LEA", org_name=f"District {self.lea_id}")
        for school in schools:
            self.add("organizations", org_id=school, org_type_code="School", org_name=f"School {school}",
                     parent_org_id=self.lea_id)
            for day in days:
                self.add("calendars", school_id=school, calendar_date=day, calendar_event_code="InstructionalDay")

    def enroll(self, student, school, first, last=None, grade="05", days=DAYS):
        """From the day with index `first` through the one with index `last` (None: still enrolled)."""
        self.add("enrollments", student_key=student, school_id=school, entry_date=days[first],
                 exit_date=None if last is None else days[last], grade_level_code=grade)

    def absent(self, student, school, indexes, fraction=None, status="UnexcusedAbsence", days=DAYS):
        for index in indexes:
            self.add("attendance", student_key=student, school_id=school, attendance_date=days[index],
                     attendance_status_code=status, absent_fraction=fraction)

    def participate(self, student, program, begin, end=None):
        self.add("program_participations", student_key=student, program_code=program, program_source=program,
                 begin_date=begin, end_date=end)

    def describe(self, student, **codes):
        codes = {"sex_code": "Female", "race_code": "White", "hispanic_latino_code": "No", **codes}
        self.add("demographics", student_key=student, **codes)


def district_a(batch_id="a1"):
    a = Delivery("src_a", "A", batch_id)
    a.describe_schools("A1", "A2")
    a.enroll("exactly_ten_percent", "A1", 0)
    a.absent("exactly_ten_percent", "A1", [0, 5, 10, 15])
    a.enroll("one_day_less", "A1", 0)
    a.absent("one_day_less", "A1", [0, 5, 10], status="ExcusedAbsence")
    a.enroll("nine_days", "A1", 31)
    a.absent("nine_days", "A1", range(31, 40))
    a.enroll("moves_within", "A1", 0, 19, grade="05")
    a.enroll("moves_within", "A2", 20, grade="06")
    a.absent("moves_within", "A1", [1, 2])
    a.enroll("moves_away", "A1", 0, 9)
    a.absent("moves_away", "A1", [3])
    a.enroll("at_two_schools", "A1", 0)
    a.enroll("at_two_schools", "A2", 0)
    a.absent("at_two_schools", "A1", range(0, 8))
    a.absent("at_two_schools", "A2", range(4, 12))
    a.enroll("overlapping_spells", "A1", 0, 25)
    a.enroll("overlapping_spells", "A1", 10)
    a.absent("overlapping_spells", "A1", [12])
    a.enroll("half_days", "A1", 0)
    a.absent("half_days", "A1", range(0, 8), fraction=0.5)
    a.absent("half_days", "A1", [9], fraction=0.51)
    a.absent("half_days", "A1", [11], fraction=0.4, status="ExcusedAbsence")
    a.absent("half_days", "A1", [11], fraction=0.4)
    a.add("enrollments", student_key="leaves_before_entering", school_id="A1", entry_date=DAYS[5], exit_date=DAYS[1])
    a.enroll("absent_after_leaving", "A1", 0, 9)
    a.absent("absent_after_leaving", "A1", [9, 10, 11])
    a.absent("one_day_less", "A1", [20], status="Tardy")
    a.absent("one_day_less", "A1", [21], status="Present")
    a.absent("one_day_less", "A1", [22], status=None)
    a.add("attendance", student_key="one_day_less", school_id="A1", attendance_date=dt.date(2021, 9, 4),
          attendance_status_code="UnexcusedAbsence")
    for number, (student, school, action) in enumerate([
        ("exactly_ten_percent", "A1", "InSchoolSuspension"), ("exactly_ten_percent", "A1", "OutOfSchoolSuspension"),
        ("one_day_less", "A1", "Other"), ("moves_within", None, "Expulsion"),
    ]):
        a.add("discipline_actions", student_key=student, action_id=f"d{number}", school_id=school, action_code=action,
              action_date=DAYS[25], duration_days=1.0)
    for student in {row[0] for row in a.rows["enrollments"]}:
        a.describe(student)
    a.add("program_participations", student_key="one_day_less", program_code="SpecialEducation",
          program_source="Special Education", begin_date=DAYS[0])
    a.add("program_participations", student_key="nine_days", program_code="SchoolFoodService",
          program_source="School Food Service", begin_date=DAYS[0], service_source="Reduced Price Lunch")
    a.add("program_participations", student_key="half_days", program_code="SchoolFoodService",
          program_source="School Food Service", begin_date=DAYS[0], service_source="Full Price Lunch")
    a.add("sections", section_id="math", school_id="A1", session_name="fall", course_title="Mathematics 5")
    a.add("staff_sections", staff_key="t1", section_id="math", school_id="A1", session_name="fall", begin_date=DAYS[0])
    for student, last in [("exactly_ten_percent", None), ("one_day_less", None), ("half_days", DAYS[20])]:
        a.add("student_sections", student_key=student, section_id="math", school_id="A1", session_name="fall",
              begin_date=DAYS[0], end_date=last)
    return a


def district_b(batch_id="b1"):
    b = Delivery("src_b", "B", batch_id)
    b.describe_schools("B1")
    b.add("organizations", org_id="A1", org_type_code="School", org_name="What B calls A1", parent_org_id="A")
    b.enroll("moves_away", "B1", 12, grade="07")
    b.absent("moves_away", "B1", [12, 13])
    b.describe("moves_away", race_code="Asian|White", sex_code="Male", english_learner_code="Yes")
    generator = random.Random(7)
    for number in range(30):
        student, first = f"b{number:02d}", generator.choice([0, 0, 0, 8, 25])
        b.enroll(student, "B1", first, generator.choice([None, None, 34]), grade=generator.choice(["07", "08", "ZZ"]))
        b.absent(student, "B1", generator.sample(range(40), generator.choice([0, 1, 4, 9])))
        b.describe(student, sex_code=generator.choice(["Male", "Female", "NotSelected", None]),
                   race_code=generator.choice(["White", "Asian", "BlackOrAfricanAmerican|White", None]),
                   hispanic_latino_code=generator.choice(["Yes", "No", None]),
                   idea_code=generator.choice(["Yes", "No", None]))
    return b


def district_c():
    c = Delivery("src_c", "C", "c1")
    days = instructional_days(count=120)
    c.describe_schools("C1", days=days)
    c.enroll("year_under_way", "C1", 0, days=days)
    c.absent("year_under_way", "C1", [2, 29], days=days)
    c.enroll("enters_later", "C1", 60, days=days)
    return c


def district_d():
    d = Delivery("src_d", "D", "d1")
    d.describe_schools("D1")
    d.enroll("no_attendance_sent", "D1", 0)
    d.enroll("no_calendar_sent", "D2", 0)
    return d


def year_before():
    """What A sent the year before: programs alone."""
    a = Delivery("src_a", "A", "a0", school_year=2021)
    a.participate("one_day_less", "EnglishLearner", dt.date(2020, 10, 1))
    a.participate("half_days", "EnglishLearner", dt.date(2020, 10, 1), dt.date(2021, 3, 1))
    a.participate("nine_days", "Homeless", dt.date(2020, 11, 1))
    return a


def with_sources(a):
    """A with one row for each thing a fact must tell apart, of the sources beside enrolment and attendance."""
    a.participate("one_day_less", "EnglishLearner", DAYS[0])
    a.participate("half_days", "EnglishLearner", DAYS[0])
    a.add("program_participations", student_key="half_days", program_source="Chess", program_name="Chess",
          begin_date=DAYS[0])
    for student, worker in (("one_day_less", "w1"), ("half_days", "w2"), ("moves_within", "w2"), ("nine_days", None)):
        a.add("students", student_key=student, worker_key=worker, age_on_october_1=11)
    for student, assessment, day, told in [
        ("one_day_less", "M5", dt.date(2022, 1, 10), {"score_value": "510"}),
        ("half_days", "M5", dt.date(2022, 3, 10), {"score_value": "510"}),
        ("nine_days", "M5", dt.date(2022, 3, 10), {"score_value": "900", "performance_level_source": "below"}),
        ("moves_within", "M5", dt.date(2022, 3, 10), {"reason_not_tested_code": "03451"}),
        ("moves_away", "M5", dt.date(2022, 3, 10), {"reason_not_tested_code": "03454"}),
        ("exactly_ten_percent", "Z9", dt.date(2022, 3, 10), {"score_value": "ten"}),
    ]:
        a.add("assessment_results", student_key=student, assessment_id=assessment, administration_date=day,
              score_type="Scale score", grade_level_code="05", **told)
    a.add("courses", org_id="A", course_id="alg", course_title="Algebra I", subject_code="01166", sced="02052")
    for course, told in [
        ("alg", {"letter_grade_code": "F", "numeric_grade": 99.0}), ("art", {"numeric_grade": 60.0}),
        ("gym", {"credits_attempted": 0.5, "credits_earned": 0.0}), ("lab", {"letter_grade_code": "I"}),
    ]:
        a.add("course_grades", student_key="one_day_less", school_id="A1", session_name="fall", course_id=course,
              **told)
    for period, status, due, came in [
        ("Morning", None, dt.time(7, 50), dt.time(8, 2)), ("Morning", "Canceled", dt.time(7, 50), None),
        ("Morning", None, dt.time(7, 50), None), ("Afternoon", None, dt.time(15, 30), dt.time(15, 20)),
    ]:
        a.add("bus_runs", route_id=f"r{len(a.rows['bus_runs'])}", school_id="A1", run_date=DAYS[0],
              run_period_code=period, run_status_code=status, scheduled_arrival=due, actual_arrival=came)
    a.add("bell_times", school_id="A1", bell_date=DAYS[0], first_bell=dt.time(8, 0))
    a.add("survey_items", survey_id="s", item_id="q1", construct="Belonging", favorable_minimum=4.0)
    for item, value in (("q1", 4.0), ("q1", 3.0), ("q1", None), ("q9", 5.0)):
        a.add("survey_responses", survey_id="s", response_id=f"p{len(a.rows['survey_responses'])}", item_id=item,
              org_id="A1", respondent_role_code="Student", response_value=value)
    for account, kind, function, thing, money in [
        ("i", "Expenditure", "1000", "100", "Federal"), ("c", "Expenditure", "3300", "100", "Local"),
        ("b", "Expenditure", "1000", "730", "State"), ("d", "Expenditure", "5100", "800", "Local"),
        ("r", "Revenue", None, None, "State"), ("u", "Expenditure", None, "100", None),
    ]:
        a.add("finance_accounts", account_id=account, fiscal_year=2022, org_id="A1", account_type_code=kind,
              function_code=function, object_code=thing, funding_code=money, amount_usd=100)
    for staff, begin, end in (("t1", dt.date(2019, 8, 1), None), ("t2", dt.date(2021, 10, 2), None),
                              ("t3", dt.date(2019, 8, 1), dt.date(2021, 10, 1))):
        a.add("staff_assignments", staff_key=staff, org_id="A1", classification_code="ElementaryTeachers",
              begin_date=begin, end_date=end, fte=1.0)
    a.add("staff", staff_key="t1", years_of_experience=0.0)
    return a


def state_agency(batch_id="s1", cut=520):
    """The state: a test whose cut score rose on February 1, college terms, and wages."""
    state = Delivery("src_s", None, batch_id)
    state.add("assessments", assessment_id="M5", assessment_type_code="StateSummative", subject_code="01166")
    for begin, end, met in ((dt.date(2021, 7, 1), dt.date(2022, 1, 31), 500), (dt.date(2022, 2, 1), None, cut)):
        for number, (name, low, high) in enumerate((("Below", 0, met - 1), ("Met", met, 999)), 1):
            state.add("performance_levels", assessment_id="M5", score_type="Scale score", level_number=number,
                      performance_level_source=name, minimum_score=float(low), maximum_score=float(high),
                      is_proficient_code="Yes" if number == 2 else "No", begin_date=begin, end_date=end)
    state.add("postsecondary_enrollments", student_key="one_day_less", institution_id="U",
              begin_date=dt.date(2020, 8, 20), credits_earned=12.0)
    for worker in ("w1", "w2", "w3"):
        state.add("quarterly_wages", worker_key=worker, employer_key="e", wage_year=2021, wage_quarter=4, wages_usd=900)
    return state


def state_agency_before():
    """The year before, when the term's credits were not all in."""
    state = Delivery("src_s", None, "s0", school_year=2021)
    state.add("postsecondary_enrollments", student_key="one_day_less", institution_id="U",
              begin_date=dt.date(2020, 8, 20), credits_earned=9.0)
    return state
