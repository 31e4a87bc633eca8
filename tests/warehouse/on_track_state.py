"""A made-up state of three years in which students pass and fail, come late and stay away, are removed and move.

Three districts: P sends everything; Q sends no discipline and no late arrivals, and half of its marks as numbers; R's
last year is under way. Nothing is likely here: the rules must hold for every combination that can be sent.
"""

import datetime as dt
import random
from functools import cache

YEARS = (2020, 2021, 2022)
SCHOOLS = {"P": ["P1", "P2"], "Q": ["Q1", "Q2"], "R": ["R1"]}
LEA_OF = {school: lea for lea, schools in SCHOOLS.items() for school in schools}
GRADES = ["06", "07", "08", "09", "10", "11"]
# Course → (subject, code): subjects of English, mathematics, science and art, and a course nobody described.
COURSES = {"MATH": ("01166", "02072"), "ALG": ("01166", "02052"), "ALG8": ("01166", "52052"), "ELA": ("13373", None),
           "SCI": ("00562", None), "ART": ("13371", None), "ODD": (None, None)}
LETTERS = ["A", "B", "B", "C", "C-", "D", "F", "F", "P", "NP", "I"]
ACTIONS = ["InSchoolSuspension", "InSchoolSuspension", "OutOfSchoolSuspension", "OutOfSchoolSuspension", "Expulsion",
           "Other"]
RACES = ["White", "White", "Asian", "BlackOrAfricanAmerican", None]
TERMS = (dt.time(8, 0), dt.time(10, 0), dt.time(7, 30))


@cache
def days_of(school_year):
    """The days of instruction of every school: Mondays and Thursdays from September to May."""
    day, days = dt.date(school_year - 1, 9, 1), []
    while day <= dt.date(school_year, 5, 31):
        if day.weekday() in (0, 3):
            days.append(day)
        day += dt.timedelta(days=1)
    return days


def last_day_sent(lea, year):
    """The day through which a district's year is counted."""
    return days_of(year)[50] if (lea, year) == ("R", 2022) else days_of(year)[-1]


class State:
    """The deliveries, and every row sent as a dict with its district and year: what the second computation reads."""

    def __init__(self, new_delivery):
        self.sent = {}
        self.deliveries = {(lea, year): new_delivery(f"src_{lea}", lea, f"{lea}{year}", year)
                           for lea in SCHOOLS for year in YEARS}

    def send(self, record_type, lea, year, **values):
        self.deliveries[lea, year].add(record_type, **values)
        self.sent.setdefault(record_type, []).append({"lea": lea, "year": year, **values})


def make_state(new_delivery, *, students=420, seed=11):
    state, generator = State(new_delivery), random.Random(seed)
    for (lea, year), delivery in state.deliveries.items():
        delivery.describe_schools(*SCHOOLS[lea], days=days_of(year))
        for course, (subject, sced) in COURSES.items():
            if subject:
                delivery.add("courses", org_id=lea, course_id=course, course_title=course, subject_code=subject,
                             sced=sced)
        add_bells(generator, state, lea, year)
        # Somebody absent on the last day sent tells how far the year has come.
        anchor = f"anchor{lea}{year}"
        delivery.describe(anchor)
        state.send("enrollments", lea, year, student_key=anchor, school_id=SCHOOLS[lea][0], entry_date=days_of(year)[0],
                   exit_date=None, grade_level_code="UG")
        state.send("attendance", lea, year, student_key=anchor, school_id=SCHOOLS[lea][0],
                   attendance_date=last_day_sent(lea, year), attendance_status_code="ExcusedAbsence", minutes_late=None)
    for number in range(students):
        add_student(generator, state, f"s{number:03d}")
    return state


def add_bells(generator, state, lea, year):
    for school in SCHOOLS[lea]:
        if school == "P2":
            continue
        for day in days_of(year):
            state.send("bell_times", lea, year, school_id=school, bell_date=day,
                       first_bell=generator.choices(TERMS, (20, 2, 1))[0])


def add_student(generator, state, student):
    pick = generator.choice
    lea, grade = pick("PPQR"), generator.randrange(len(GRADES))
    race, idea = pick(RACES), pick(["Yes", "Yes", "No", "No", None])
    disability, setting = pick(["SLD", "SLD", "ID", "AUT", "MD"]), pick(["RC39", "RC80", "SS", "RF"])
    for year in YEARS:
        if generator.random() < 0.1:
            continue
        days = days_of(year)
        state.deliveries[lea, year].describe(student, race_code=race, idea_code=idea, sex_code=pick(["Female", "Male"]))
        state.deliveries[lea, year].add("students", student_key=student, age_on_october_1=None)
        if idea == "Yes" and generator.random() < 0.9:
            state.send("idea_eligibilities", lea, year, student_key=student, begin_date=dt.date(year - 1, 8, 1),
                       primary_disability_code=disability, educational_environment_code=setting)
        spells, school = [], pick(SCHOOLS[lea])
        first, outcome = pick([0, 0, 0, 12]), generator.random()
        if outcome < 0.75:
            spells.append((lea, school, days[first], None))
        else:
            last = generator.randrange(first, len(days) - 2)
            spells.append((lea, school, days[first], days[last]))
            if outcome < 0.93:
                lea = pick("PQR")
                state.deliveries[lea, year].describe(student, race_code=race, idea_code=idea)
                # Now and then a week before the exit: at two schools at once.
                begin = max(first, last + pick([1, 1, 2, -2]))
                other = pick([name for name in SCHOOLS[lea] if name != school] or SCHOOLS[lea])
                if other != school:
                    spells.append((lea, other, days[begin], pick([None, None, None, days[-2]])))
        for district, place, begin, end in spells:
            state.send("enrollments", district, year, student_key=student, school_id=place, entry_date=begin,
                       exit_date=end, grade_level_code=GRADES[grade])
            add_events(generator, state, student, district, place, year, begin, end)
            add_grades(generator, state, student, district, place, year, GRADES[grade])
        grade += generator.random() < 0.85
        if grade == len(GRADES):
            return


def add_events(generator, state, student, lea, school, year, begin, end):
    """Absences, late arrivals, actions, incidents and restraint of one stay; some fall outside of it."""
    pick, last = generator.choice, last_day_sent(lea, year)
    chance = pick([0.0, 0.02, 0.05, 0.12, 0.25])
    for day in days_of(year):
        if day <= last and generator.random() < chance:
            status = pick(["ExcusedAbsence", "UnexcusedAbsence", "Tardy"])
            if status == "Tardy" and lea == "Q":
                continue
            late = pick([None, 5.0, 60.0, 120.0, 121.0]) if status == "Tardy" else None
            state.send("attendance", lea, year, student_key=student, school_id=school, attendance_date=day,
                       attendance_status_code=status, minutes_late=late)
    if lea == "Q":
        return
    for number in range(pick([0, 0, 0, 1, 3])):
        day = pick([each for each in days_of(year) if each <= last])
        incident = f"{student}{school}{year}{number}"
        state.send("discipline_actions", lea, year, student_key=student, action_id=incident, incident_id=incident,
                   school_id=pick([school, SCHOOLS[lea][0]]), action_date=day, action_code=pick(ACTIONS),
                   duration_days=pick([1.0, 2.5, 8.0, 8.0, None]))
        if generator.random() < 0.7:
            state.send("discipline_incidents", lea, year, incident_id=incident, school_id=school, incident_date=day)
        state.send("incident_participations", lea, year, student_key=student, incident_id=incident, school_id=school,
                   behavior_code="04645", participation_code=pick(["Perpetrator", "Perpetrator", "Victim", None]))
    if year > 2020 and generator.random() < 0.05:
        state.send("restraint_events", lea, year, student_key=student, school_id=school, event_id=f"{student}{school}",
                   event_date=begin, restraint_type_code="Seclusion")


def add_grades(generator, state, student, lea, school, year, grade):
    pick = generator.choice
    if (lea, grade) == ("R", "06") or generator.random() < 0.08:
        return
    high, numbers = grade >= "09", lea == "Q" and generator.random() < 0.5
    courses = ["ELA", "SCI", "ART", "ODD", pick(["ALG", "MATH"] if high else ["ALG8", "MATH"])]
    whole_year = generator.random() < 0.2
    passing = pick([0.2, 1.0, 1.0, 1.0])
    for course in courses:
        if generator.random() < 0.04:
            continue
        for session, posted in ([("Year", dt.date(year, 6, 3))] if whole_year else [
                ("Fall Semester", dt.date(year - 1, 12, 20)), ("Spring Semester", dt.date(year, 6, 3)),
                ("Summer School", dt.date(year, 7, 20))]):
            if session == "Summer School" and generator.random() < 0.9:
                continue
            letter = pick(LETTERS) if generator.random() > passing else pick(LETTERS[:5])
            attempted = (1.0 if whole_year or (generator.random() < 0.2) else 0.5) if high else None
            earned = None if attempted is None or generator.random() < 0.1 else (
                0.0 if letter in ("F", "NP", "I") else attempted)
            state.send("course_grades", lea, year, student_key=student, school_id=school, course_id=course,
                       session_name=session, grade_level_code=grade, posted_date=pick([posted, posted, posted, None]),
                       letter_grade_code=None if numbers else letter,
                       numeric_grade=pick([45.0, 60.0, 88.0]) if numbers else None,
                       credits_attempted=attempted, credits_earned=earned)
