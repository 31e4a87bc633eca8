"""A made-up state of six years in which students leave, come back, finish and are lost in every way the rules know.

Three districts: G, whose cohort is the worked example of the reference; N, which sends diploma records; and M, which
sends none. Who does what is drawn from a seeded generator, with no regard for what is likely: the rules must hold for
every combination that can be sent.
"""

import datetime as dt
import random
from functools import cache

YEARS = range(2017, 2023)
SCHOOLS = {"G": ["G1"], "N": ["N1", "N2"], "M": ["M1", "M2"]}
GRADES = ["07", "08", "09", "10", "11", "12"]
EXITS = ["01907", "01908", "01909", "01916", "01917", "01918", "01921", "01922", "01924", "01925", "01926", "01927",
         "01928", "01931", "03502", "03503", "03505", "03509", "09999", "73062", "73064", "73066", "73067", "73068",
         None]
DOCUMENTS = ["TranscriptRequest", "EnrollmentConfirmation", "HomeSchoolNotice", "EmigrationNotice", "DeathRecord",
             "FacilityPlacement"]
DIPLOMAS = ["00806", "00806", "00806", "00807", "00810", "00814", "00815", "00816", "75000", "75000"]


@cache
def mondays(school_year):
    """The days of instruction of every school: Mondays from September to May."""
    day, days = dt.date(school_year - 1, 9, 1), []
    while day <= dt.date(school_year, 5, 31):
        if day.weekday() == 0:
            days.append(day)
        day += dt.timedelta(days=1)
    return days


def make_state(new_delivery, *, students=600, seed=3):
    """One delivery per district and year."""
    generator = random.Random(seed)
    deliveries = {(lea, year): new_delivery(f"src_{lea}", lea, f"{lea}{year}", year)
                  for lea in SCHOOLS for year in YEARS}
    for (lea, year), delivery in deliveries.items():
        delivery.describe_schools(*SCHOOLS[lea], days=mondays(year))
    add_worked_example(deliveries)
    for number in range(students):
        add_student(generator, deliveries, f"r{number:03d}")
    return list(deliveries.values())


def enroll(deliveries, student, school, year, entry, leave=None, *, grade, exit_type=None):
    deliveries[school[0], year].add("enrollments", student_key=student, school_id=school, entry_date=entry,
                                    exit_date=leave, grade_level_code=grade, exit_type_code=exit_type)


def describe(generator, deliveries, student, lea, year):
    deliveries[lea, year].describe(
        student, sex_code=generator.choice(["Female", "Male"]), race_code=generator.choice(["White", "Asian"]),
        idea_code=generator.choice(["Yes", "No", "No", None]),
        english_learner_code=generator.choice(["Yes", "No", "No"]))


def add_worked_example(deliveries):
    """Reference I13: 100 + 10 in - 5 out - 1 emigrated - 1 died = 103; 90 graduate in four years and 4 more in five."""
    for number in range(110):
        student, joins = f"g{number:03d}", number >= 100
        years = range(2018 if joins else 2017, 2021)
        for year in years:
            first = mondays(year)[0]
            left = {100: ("01909", "TranscriptRequest"), 101: ("01909", "TranscriptRequest"),
                    102: ("73068", "EnrollmentConfirmation"), 103: ("01918", "HomeSchoolNotice"),
                    104: ("01909", "TranscriptRequest"), 105: ("01916", "EmigrationNotice"),
                    106: ("73064", "DeathRecord"), 97: ("01909", None)}.get(number)
            grade = GRADES[2 + year - 2017]
            deliveries["G", year].describe(student)
            if left and year == 2019:
                day = mondays(year)[20]
                enroll(deliveries, student, "G1", year, first, day, grade=grade, exit_type=left[0])
                if left[1]:
                    deliveries["G", year].add("exit_documents", student_key=student, exit_date=day,
                                              document_type_code=left[1], leads_to_diploma_code="Yes")
                break
            ends = year == 2020
            finishes = ends and (number < 90)
            enroll(deliveries, student, "G1", year, first, mondays(year)[-1] if finishes else None, grade=grade,
                   exit_type="01921" if finishes else None)
            if finishes:
                deliveries["G", year].add("diplomas", student_key=student, school_id="G1",
                                          diploma_date=dt.date(2020, 5, 25), diploma_type_code="00806")
            elif ends and number in (94, 95, 96):
                deliveries["G", year].add("diplomas", student_key=student, diploma_date=dt.date(2020, 6, 25),
                                          diploma_type_code="00816")
            elif ends and 90 <= number < 94:
                deliveries["G", 2021].describe(student)
                enroll(deliveries, student, "G1", 2021, mondays(2021)[0], mondays(2021)[9], grade="12",
                       exit_type="01921")
                deliveries["G", 2021].add("diplomas", student_key=student, school_id="G1",
                                          diploma_date=mondays(2021)[9], diploma_type_code="00806")


def add_student(generator, deliveries, student):
    """Up to six years of one student: enrolments, moves, exits with and without documents, and credentials."""
    pick = generator.choice
    lea, grade = pick("NNMM"), generator.randrange(len(GRADES))
    for year in range(pick([2017, 2017, 2017, 2018, 2019, 2020]), 2023):
        days, school = mondays(year), pick(SCHOOLS[lea])
        describe(generator, deliveries, student, lea, year)
        level = "UG" if generator.random() < 0.02 else GRADES[grade]
        first = pick([0, 0, 0, 0, 2, 6, 20])
        outcome = generator.random()
        if outcome < 0.5 and not (grade == 5 and outcome < 0.3):
            enroll(deliveries, student, school, year, days[first], grade=level)
        else:
            last = pick([generator.randrange(first, len(days)), min(first + 1, len(days) - 1)])
            code = "01921" if grade == 5 and generator.random() < 0.7 else pick(EXITS)
            enroll(deliveries, student, school, year, days[first], days[last], grade=level, exit_type=code)
            add_papers(generator, deliveries, student, school, year, days[last], grade)
            follows = generator.random()
            if follows < 0.35 and last + 2 < len(days):
                lea = pick("NM")
                describe(generator, deliveries, student, lea, year)
                enroll(deliveries, student, pick([name for name in SCHOOLS[lea] if name != school]), year,
                       days[pick([last, last + 1, len(days) - 1])], grade=level)
            elif follows < 0.75:
                return
            elif follows < 0.85:
                continue
        if generator.random() < 0.06:
            other = pick("NM")
            describe(generator, deliveries, student, other, year)
            enroll(deliveries, student, next(name for name in SCHOOLS[other] if name != school), year, days[-4],
                   pick([None, days[-2]]), grade=level, exit_type=pick(EXITS))
        grade += generator.random() < 0.88
        if grade == len(GRADES):
            if generator.random() < 0.6:
                return
            grade = 5


def add_papers(generator, deliveries, student, school, year, day, grade):
    """What may come with an exit: a document, another one, a credential in time, late, or in the summer."""
    pick = generator.choice
    papers = [pick(DOCUMENTS) for _ in range(pick([0, 0, 1, 1, 2]))]
    for paper in dict.fromkeys(papers):
        deliveries[school[0], pick([year, min(year + 1, 2022)])].add(
            "exit_documents", student_key=student, exit_date=day, document_type_code=paper,
            school_id=pick([None, school, "M2"]), document_date=day + dt.timedelta(days=9),
            leads_to_diploma_code=pick(["Yes", "Yes", "No", None]))
    if school[0] != "M" and generator.random() < (0.8 if grade == 5 else 0.1):
        award = pick([day, day, dt.date(year, 8, 31), dt.date(year, 9, 1)])
        deliveries[school[0], year].add("diplomas", student_key=student, diploma_date=award,
                                        school_id=pick([None, school]), diploma_type_code=pick(DIPLOMAS))
