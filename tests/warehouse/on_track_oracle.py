"""What every student of the made-up state did in a year, read a second time in plain Python, and the figures of it.

It shares no text with the warehouse: neither SQL nor seeds. Who a student is (race, statuses) is given to it.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction

from tests.warehouse.on_track_state import COURSES, LEA_OF, YEARS, days_of, last_day_sent

POINTS = {"A": 40, "B": 30, "C": 20, "C-": 17, "D": 10, "F": 0}
PASSING = {**{letter: True for letter in ("A", "B", "C", "C-", "D", "P")}, "F": False, "NP": False}
ENGLISH, MATHEMATICS, CORE = {"13373"}, {"01166"}, {"01166", "13373", "00562"}
STATE = "ST"


@dataclass
class Stay:
    """A student's days at one school in one year."""

    school: str
    year: int
    entry: dt.date
    exit: dt.date | None
    grade: str
    days: set = field(default_factory=set)
    absent: set = field(default_factory=set)
    late: dict = field(default_factory=dict)

    @property
    def lea(self):
        return LEA_OF[self.school]

    @property
    def is_there_at_the_end(self):
        return max(self.days) == max(day for day in days_of(self.year) if day <= last_day_sent(self.lea, self.year))


def read_stays(state):
    """(student, year) → stays, those without a day left out."""
    stays = defaultdict(dict)
    for row in state.sent["enrollments"]:
        last = min(row["exit_date"] or dt.date.max, last_day_sent(row["lea"], row["year"]))
        stay = Stay(row["school_id"], row["year"], row["entry_date"], row["exit_date"], row["grade_level_code"])
        stay.days = {day for day in days_of(row["year"]) if row["entry_date"] <= day <= last}
        if stay.days:
            stays[row["student_key"], row["year"]][row["school_id"]] = stay
    for row in state.sent["attendance"]:
        stay = stays.get((row["student_key"], row["year"]), {}).get(row["school_id"])
        if stay is None or row["attendance_date"] not in stay.days:
            continue
        if row["attendance_status_code"] == "Tardy":
            stay.late[row["attendance_date"]] = row["minutes_late"]
        else:
            stay.absent.add(row["attendance_date"])
    return {key: list(by_school.values()) for key, by_school in stays.items()}


def days_together(stays):
    """(days enrolled, absent, late) over several stays: a date once, absent if absent from all schools then."""
    dates = set().union(*(stay.days for stay in stays))
    absent = {day for day in dates if all(day in stay.absent for stay in stays if day in stay.days)}
    late = {day for day in dates - absent if any(day in stay.late for stay in stays)}
    return dates, absent, late


def place_at_the_end(stays):
    """(school, grade, why the student is in no figure of the end of the year)."""
    stay = min(stays, key=lambda each: (not each.is_there_at_the_end, -each.entry.toordinal(), each.lea, each.school))
    reason = None
    if not stay.is_there_at_the_end:
        reason = "left_before_the_end"
    elif last_day_sent(stay.lea, stay.year) < days_of(stay.year)[-1]:
        reason = "year_under_way"
    return stay.school, stay.grade, reason


@dataclass
class Grade:
    """A final grade."""

    lea: str
    year: int
    course: str
    letter: str | None
    is_passing: bool
    credits: Fraction | None
    attempted: Fraction | None
    posted: dt.date | None
    is_summer: bool

    @property
    def subject(self):
        return COURSES[self.course][0]

    @property
    def semesters(self):
        return max(1, int(2 * self.attempted)) if self.attempted is not None else 1


def exact(number):
    return None if number is None else Fraction(str(number))


def read_grades(state):
    """(student, year) → final grades."""
    grades = defaultdict(list)
    for row in state.sent["course_grades"]:
        letter, number = row["letter_grade_code"], row["numeric_grade"]
        attempted, earned = exact(row["credits_attempted"]), exact(row["credits_earned"])
        if letter in PASSING:
            is_passing = PASSING[letter]
        elif letter is not None:
            continue  # incomplete: not yet a grade, whatever credits were attempted
        elif number is not None:
            is_passing = number >= 60
        elif attempted and earned is not None:
            is_passing = earned > 0
        else:
            continue
        credits = earned
        if earned is None and attempted is not None:
            credits = attempted if is_passing else Fraction(0)
        grades[row["student_key"], row["year"]].append(Grade(
            row["lea"], row["year"], row["course_id"], letter, is_passing, credits, attempted, row["posted_date"],
            "Summer" in row["session_name"]))
    return grades


def core_fs(grades):
    return sum(grade.semesters for grade in grades
               if grade.subject in CORE and not grade.is_passing and not grade.is_summer)


def credits_of(grades):
    """Credits outside of summer sessions; None where no grade has any."""
    known = [grade.credits for grade in grades if grade.credits is not None and not grade.is_summer]
    return sum(known) if known else None


def judge_chicago(grades, minimum):
    """True, False or None (not known) by credits and core Fs."""
    told = [grade for grade in grades if grade.subject and not grade.is_summer]
    if not told or credits_of(grades) is None:
        return None
    return credits_of(grades) >= minimum and core_fs(grades) <= 1


def judge_framework(stays, grades, exclusions, *, gpa, attendance, no_d):
    """True, False or None by the E-W Framework; `exclusions` None: the district sends no discipline."""
    asked = [grade for grade in grades if grade.subject in ENGLISH | MATHEMATICS]
    if not ({grade.subject for grade in asked} >= ENGLISH | MATHEMATICS) or exclusions is None:
        return None
    if no_d and any(grade.is_passing and grade.letter not in POINTS and grade.letter != "P" for grade in asked):
        return None
    pointed = [grade for grade in grades if grade.letter in POINTS and grade.letter is not None]
    if gpa and not pointed:
        return None
    days, absent, _ = days_together(stays)
    weighted = all(grade.attempted for grade in pointed)
    weights = [grade.attempted if weighted else 1 for grade in pointed]
    points = sum(POINTS[grade.letter] * weight for grade, weight in zip(pointed, weights, strict=True))
    bad = {"D", "F", "NP"} if no_d else set()
    return (100 * len(days - absent) >= attendance * len(days) and (not gpa or points >= gpa * sum(weights))
            and all(grade.is_passing and grade.letter not in bad for grade in asked) and exclusions == 0)


def first_years_of_high_school(stays):
    """Student → year of the first stay of grades 9 to 12, if it was grade 9."""
    first = {}
    for (student, year), each in stays.items():
        for stay in each:
            if stay.grade in ("09", "10", "11", "12"):
                first[student] = min(first.get(student, (9999,)), (year, stay.entry, stay.grade))
    return {student: found[0] for student, found in first.items() if found[2] == "09"}


def completed_algebra(grades, student, year):
    """True, False or None: a full course passed up to a year, or all its grades of a year where it earns no credit."""
    credits, whole_years, has_mathematics = Fraction(0), False, False
    for each in YEARS:
        if each > year:
            continue
        taken = [grade for grade in grades.get((student, each), []) if grade.subject in MATHEMATICS]
        algebra = [grade for grade in taken if grade.course in ("ALG", "ALG8")]
        credits += sum(grade.credits for grade in algebra if grade.is_passing and grade.credits is not None)
        plain = [grade for grade in algebra if grade.credits is None]
        whole_years |= bool(plain) and all(grade.is_passing for grade in plain)
        has_mathematics |= each == year and bool(taken)
    return True if credits >= 1 or whole_years else False if has_mathematics else None


def at_every_level(school):
    return [("school", school), ("lea", LEA_OF[school]), ("state", STATE)]


def tabulate(rows, described, values):
    """Student rows (authority, year, level, org, student, numerator, denominator, missing) as figures of every group.

    {(authority, year, level, org, breakdown, value): (numerator, denominator, missing)}, zeros included.
    """
    figures = {}
    for authority, year, level, org, student, *numbers in rows:
        groups = described[student, year]
        for kind, all_values in values.items():
            for value in all_values:
                figures.setdefault((authority, year, level, org, kind, value), [0, 0, 0])
            own = "All" if kind == "all" else " x ".join(groups[part] for part in kind.split(" x "))
            cell = figures[authority, year, level, org, kind, own]
            for place, number in enumerate(numbers):
                cell[place] += number
    return {key: tuple(cell) for key, cell in figures.items()}


def as_numbers(judgment):
    """(numerator, denominator, missing) of True, False or None."""
    return (0, 0, 1) if judgment is None else (int(judgment), 1, 0)


class OnTrack:
    """The student rows of every on-track indicator."""

    def __init__(self, state):
        self.stays, self.grades = read_stays(state), read_grades(state)
        self.first = first_years_of_high_school(self.stays)
        self.exclusions = defaultdict(int)
        self.senders_of_discipline = {(row["lea"], row["year"]) for row in state.sent["discipline_actions"]}
        for row in state.sent["discipline_actions"]:
            self.exclusions[row["student_key"], row["year"]] += row["action_code"] != "Other"
        self.senders_of_grades = {(grade.lea, grade.year) for grades in self.grades.values() for grade in grades}

    def students_at_the_end(self):
        for (student, year), stays in self.stays.items():
            school, grade, reason = place_at_the_end(stays)
            if reason is None and (LEA_OF[school], year) in self.senders_of_grades:
                yield student, year, school, grade

    def chicago(self):
        for student, year, school, _ in self.students_at_the_end():
            if self.first.get(student) == year:
                judged = judge_chicago(self.grades[student, year], 5)
                for level, org in at_every_level(school):
                    yield ("chicago_consortium", year, level, org, student, *as_numbers(judged))

    def chicago_semester_1(self):
        for (student, year), stays in self.stays.items():
            date = dt.date(year, 2, 28)
            there = [stay for stay in stays if stay.entry <= date <= (stay.exit or dt.date(year, 6, 30))]
            end_school = place_at_the_end(stays)[0]
            if self.first.get(student) != year or not there or (LEA_OF[end_school], year) not in self.senders_of_grades:
                continue
            stay = min(there, key=lambda each: (-each.entry.toordinal(), each.lea, each.school))
            if last_day_sent(stay.lea, year) < date:
                continue
            posted = [grade for grade in self.grades[student, year] if grade.posted and grade.posted <= date]
            for level, org in at_every_level(stay.school):
                yield ("chicago_consortium", year, level, org, student, *as_numbers(
                    judge_chicago(posted, Fraction(5, 2))))

    def framework(self, wanted, **conditions):
        for student, year, school, grade in self.students_at_the_end():
            if grade != wanted:
                continue
            excluded = self.exclusions.get((student, year))
            if excluded is None or (excluded == 0):
                excluded = 0 if (LEA_OF[school], year) in self.senders_of_discipline else None
            judged = judge_framework(self.stays[student, year], self.grades[student, year], excluded, **conditions)
            for level, org in at_every_level(school):
                yield ("education_to_workforce", year, level, org, student, *as_numbers(judged))

    def algebra(self):
        for student, year, school, _ in self.students_at_the_end():
            if self.first.get(student) == year:
                for level, org in at_every_level(school):
                    yield ("education_to_workforce", year, level, org, student,
                           *as_numbers(completed_algebra(self.grades, student, year)))
