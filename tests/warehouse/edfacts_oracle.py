"""A made-up state for the files of EDFacts, and their counts a second time: plain Python over the students, no SQL."""

import csv
import datetime as dt
import itertools
import random
from collections import Counter

from orchestration.home import CHECKOUT

OCTOBER_1 = dt.date(2021, 10, 1)
# Forty weekdays from September 1.
DAYS = [day for day in (dt.date(2021, 9, 1) + dt.timedelta(n) for n in range(56)) if day.weekday() < 5]
SCHOOLS = {"A1": "A", "A2": "A", "B1": "B", "C1": "C"}
RACES = {"Asian": "AS7", "BlackOrAfricanAmerican": "BL7", "White": "WH7", None: "MISSING"}
SEXES = {"Female": "F", "Male": "M", "NonBinary": "MISSING", None: "MISSING"}
FLAGS = ("english_learner", "idea", "section_504", "homeless")
MEALS = {"Free Lunch": "FL", "Reduced Price Lunch": "RPL", "Full Price Lunch": None, None: None}
METHODS = {"InSchoolSuspension": "INSCHOOL", "OutOfSchoolSuspension": "OUTOFSCHOOL", "Expulsion": "OUTOFSCHOOL"}
POSITIONS = {"KindergartenTeachers": "KGTCH", "SecondaryTeachers": "SECTCH", "SpecialEducationTeachers": "MISSING",
             "LeaAdministrators": "LEAADM"}  # fmt: skip
GRADES = ("PK", "KG", "01", "05", "12", "13", "AE", "IT", None)
CHRONIC_GRADES = ("KG", "01", "05", "12")


def make_students(seed=11):
    """Students with one or two spells, each at one school; C sends neither attendance, meals nor discipline."""
    draw = random.Random(seed)
    students = []
    for number in range(360):
        school = draw.choice(list(SCHOOLS))
        first = draw.choice((0, 0, 0, 5, 30))
        spells = [(school, first, draw.choice((None, None, None, first + 8, 37)))]
        if draw.random() < 0.2:
            # Leaves, and comes to another school the day after; or is at both at once.
            leave = first + draw.choice((3, 6))
            other = draw.choice([name for name in SCHOOLS if name != school])
            spells = [(school, first, leave if draw.random() < 0.7 else None), (other, leave + 1, None)]
        student = {
            "key": f"s{number:03d}", "spells": spells, "grade": draw.choice(GRADES), "sex": draw.choice(list(SEXES)),
            "race": draw.choice(list(RACES)), "hispanic": draw.random() < 0.2,
            "age": draw.choice((4, 5, 6, 9, 14, 21, 22, None)),
            **{flag: draw.choice(("Yes", "No", None)) for flag in FLAGS},
        }  # fmt: skip
        student["absent"] = {
            name: sorted(draw.sample(range(40), draw.choice((0, 1, 3, 4, 9))))
            for name, _, _ in spells
            if SCHOOLS[name] != "C"
        }
        student["meal"] = draw.choice(list(MEALS))
        student["meal_end"] = draw.choice((None, None, OCTOBER_1, OCTOBER_1 - dt.timedelta(1)))
        student["eligibilities"] = [
            (begin, draw.choice((None, None, dt.date(2021, 9, 30), OCTOBER_1)), draw.choice(("AUT", "SLD", None)),
             draw.choice(("RC80", "HH", "PPPS", "REC09YOTHLOC", None)))
            for begin in draw.choice(([], [dt.date(2021, 8, 20)], [dt.date(2020, 8, 20), dt.date(2021, 9, 10)],
                                      [dt.date(2021, 10, 5)]))
        ]  # fmt: skip
        student["removals"] = [
            (DAYS[draw.randrange(40)], draw.choice([*METHODS, "Other"]), draw.choice((0.25, 0.5, 1.0, 6.0, 10.5, None)))
            for _ in range(draw.choice((0, 0, 1, 3)))
            if SCHOOLS[school] != "C"
        ]
        students.append(student)
    return students


def make_staff(seed=3):
    """(district, organization, classification, begin, end, fte) of every assignment."""
    draw = random.Random(seed)
    found = []
    for lea in ("A", "B", "C") * 20:
        organizations = [lea, *(name for name, owner in SCHOOLS.items() if owner == lea)]
        begin, end = dt.date(2021, draw.choice((8, 10, 11)), 1), draw.choice((None, dt.date(2021, 9, 30), OCTOBER_1))
        fte = draw.choice((0.25, 0.5, 1.0, None))
        found.append((lea, draw.choice(organizations), draw.choice(list(POSITIONS)), begin, end, fte))
    return found


def codes(student):
    """Who the student is in the codes of EDFacts."""
    learner, flagged = student["english_learner"], {}
    for flag, category, code in (("idea", "disabstatus", "WDIS"), ("section_504", "disabstatus504", "DISAB504STAT"),
                                 ("homeless", "homelsenrlstat", "HOMELSENRL"), ("english_learner", "leponly", "LEP")):
        flagged[category] = {"Yes": code, "No": None, None: "MISSING"}[student[flag]]
    return {
        "raceethnic": "HI7" if student["hispanic"] else RACES[student["race"]],
        "sex": SEXES[student["sex"]],
        "lepboth": {"Yes": "LEP", "No": "NLEP", None: "MISSING"}[learner],
        **flagged,
    }


def member_school(student):
    """The school of October 1: of two, the one entered last."""
    there = [(DAYS[first], SCHOOLS[name], name) for name, first, last in student["spells"]
             if DAYS[first] <= OCTOBER_1 and (last is None or DAYS[last] >= OCTOBER_1)]
    return min(there, key=lambda spell: (-spell[0].toordinal(), spell[1], spell[2]))[2] if there else None


def permitted(value, category, values):
    return value if value in values[category] else "MISSING"


def eligible_on(student, day):
    """The newest eligibility that holds on a day."""
    holding = [entry for entry in student["eligibilities"] if entry[0] <= day and (entry[1] is None or entry[1] >= day)]
    return max(holding, key=lambda entry: entry[0]) if holding else None


def at_levels(table, school, levels, values, amount=1):
    organizations = {"state": "ST", "lea": SCHOOLS[school], "school": school}
    return [(table, level, organizations[level], values, amount) for level in levels]


def people(spec, students, staff, values):
    """(table, level, organization, {category: value}, amount) of everybody whom a file counts, or looks at."""
    rows, every = [], ("state", "lea", "school")
    for student in students:
        who, school = codes(student), member_school(student)
        if spec == "FS052" and school:
            grade = permitted(student["grade"], "GRADELVMEM", values)
            rows += at_levels("MEMBER", school, every, {**who, "gradelvmem": grade})
        if spec == "FS141" and school and student["grade"] not in ("PK", "AE") and who["lepboth"] != "MISSING":
            grade = permitted(student["grade"], "GRADELVBASICW13", values)
            described = {**who, "gradelvbasicw13": grade, "langhome": "MISSING"}
            rows += at_levels("LEPENROLLED", school, every, described, int(who["lepboth"] == "LEP"))
        if spec == "FS033" and school and SCHOOLS[school] != "C":
            meal = MEALS[student["meal"]] if student["meal_end"] in (None, OCTOBER_1) else None
            if SCHOOLS[student["spells"][0][0]] == "C":
                meal = None
            rows += at_levels("LUNCHFREERED", school, ("school",), {"lunchprog": meal}, int(meal is not None))
        if spec == "FS195" and student["grade"] in CHRONIC_GRADES:
            for name, first, last in student["spells"]:
                enrolled = range(first, 40 if last is None else last + 1)
                if SCHOOLS[name] != "C" and len(enrolled) >= 10:
                    absent = sum(day in enrolled for day in student["absent"][name])
                    rows += at_levels("CHRONABSENT", name, ("school",), who, int(10 * absent >= len(enrolled)))
        if spec == "FS002" and school and (entry := eligible_on(student, OCTOBER_1)):
            age = student["age"]
            if age is None or 6 <= age <= 21 or (age == 5 and student["grade"] not in ("PK", None)):
                described = {
                    **who, "agesa": "MISSING" if age is None else "AGE05K" if age == 5 else str(age),
                    "disabcatidea": permitted(entry[2], "DISABCATIDEA", values),
                    "edenvirideasa": permitted(entry[3], "EDENVIRIDEASA", values),
                }  # fmt: skip
                levels = every[:2] if described["edenvirideasa"] in ("HH", "PPPS") else every
                rows += at_levels("IDEADISAB", school, levels, described)
        if spec == "FS006" and (student["age"] is None or 3 <= student["age"] <= 21):
            rows += removed(student, who, values)
    if spec == "FS059":
        rows += staff_rows(staff)
    return rows


def removed(student, who, values):
    """One row per method by which a child with a disability was removed, for its district and the state."""
    school = student["spells"][0][0]
    counted = [
        (day, method, length, eligible_on(student, day)) for day, method, length in student["removals"]
        if method in METHODS and (length is None or length >= 0.5) and eligible_on(student, day)
    ]  # fmt: skip
    if not counted:
        return []
    # Of two removals on one day, the one whose id comes first; ids follow the list.
    last_day = max(entry[0] for entry in counted)
    disability = permitted(next(entry[3][2] for entry in counted if entry[0] == last_day), "DISABCATIDEA", values)
    rows = []
    for code in sorted({METHODS[entry[1]] for entry in counted}):
        lengths = [entry[2] for entry in counted if METHODS[entry[1]] == code]
        total = sum(length or 0 for length in lengths)
        length = "GREATER10" if total > 10 else "MISSING" if None in lengths else "LTOREQ10"
        described = {**who, "disabcatidea": disability, "dscplmethod": code, "removallensus": length}
        rows += at_levels("IDEASUSEXPL", school, ("state", "lea"), described)
    return rows


def staff_rows(staff):
    rows = []
    for lea, org, position, begin, end, fte in staff:
        if begin > OCTOBER_1 or (end and end < OCTOBER_1) or fte is None:
            continue
        values = {"staffcatgccd": POSITIONS[position]}
        rows += [("FTESTAFF", "state", "ST", values, fte), ("FTESTAFF", "lea", lea, values, fte)]
        if position.endswith("Teachers") and org in SCHOOLS:
            rows.append(("CLASSTEACHFTE", "school", org, {"staffcatgccd": None}, fte))
    return rows


def layout():
    """The sets of each file and the permitted values, from the seeds."""
    folder = CHECKOUT / "dbt_project" / "seeds"
    with (folder / "edfacts_category_sets.csv").open() as file:
        sets = list(csv.DictReader(file))
    values = {}
    with (folder / "edfacts_permitted_values.csv").open() as file:
        for row in csv.DictReader(file):
            values.setdefault(row["category"], set()).add(row["option_code"])
    return sets, values


def expected_counts(spec, students, staff):
    """{(table, level, organization, set, values): amount} of a file."""
    sets, values = layout()
    rows = people(spec, students, staff, values)
    found = Counter()
    own = [entry for entry in sets if entry["file_spec"] == spec]
    for (table, level, org, who, amount), entry in itertools.product(rows, own):
        if (table, level) != (entry["table_name"], entry["org_level"]):
            continue
        asked = [category.lower() for category in entry["categories"].split("|") if category]
        if all(who[category] is not None for category in asked):
            group = tuple(sorted((category, who[category]) for category in asked))
            found[table, level, org, entry["category_set"], group] += amount
    return {key: amount for key, amount in found.items() if amount or not key[4]}
