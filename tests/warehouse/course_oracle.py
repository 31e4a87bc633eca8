"""Aid, courses, exams and surveys of the made-up state a second time, in plain Python over the records sent."""

import datetime as dt
from collections import defaultdict

from tests.warehouse.college_oracle import places, read_records
from tests.warehouse.college_state import COURSES, LEA_OF, SCHOOLS, YEARS

ADVANCED = {"AP1": "AP", "AP2": "AP", "IB1": "IB", "DU1": "Dual"}
AUTHORITY = "education_to_workforce"


def passes(grade):
    """Whether a grade passes; None where it is no final grade."""
    letter = {"A": True, "F": False, "P": True}.get(grade.get("letter_grade_code"))
    if letter is not None:
        return letter
    if grade.get("numeric_grade") is not None:
        return grade["numeric_grade"] >= 60
    return grade["credits_earned"] > 0 if grade.get("credits_attempted") else None


class CourseOracle:
    """Every method returns rows for `tally`, but where it says otherwise."""

    def __init__(self, deliveries):
        self.records = read_records(deliveries)
        self.enrolled = {(r["student_key"], r["year"]): r for r in self.records["enrollments"]}
        # Where district N describes a course: as its own for all its schools, or for one school.
        self.described = {(r["year"], r["course_id"]): r["org_id"] for r in self.records["courses"]}

    def students(self, *grades):
        for (student, year), record in self.enrolled.items():
            if record["grade_level_code"] in grades:
                yield student, year, record["school_id"], record["lea"]

    def level(self, record):
        """What the sender says of the course of a record: (level, cluster, SCED code), or nothing."""
        org = self.described.get((record["year"], record["course_id"])) if record["lea"] == "N" else None
        return COURSES[record["course_id"]] if org in ("N", record["school_id"]) else (None, None, None)

    def fafsa(self):
        """(rows for `tally`, (year, level, org, last day of the week) → [completed by then, seniors])"""
        sent = defaultdict(dict)
        for record in self.records["financial_aid_applications"]:
            if record["application_type_code"] == "FAFSA":
                sent[record["award_year"] - 1][record["student_key"]] = record
        rows, weeks = [], {}
        for student, year, school, lea in self.students("12"):
            if year not in sent:
                continue
            known = max(record["completed_date"] or record["submitted_date"] for record in sent[year].values())
            done = sent[year].get(student, {}).get("completed_date")
            in_time = done is not None and done <= dt.date(year, 6, 30)
            rows.append((AUTHORITY, year, student, school, lea, 1, in_time, 1))
            first = dt.date(year - 1, 10, 1)
            while first <= min(known, dt.date(year, 6, 30)):
                last = min(first + dt.timedelta(6), dt.date(year, 6, 30))
                for place in places(school, lea):
                    cell = weeks.setdefault((year, *place, last), [0, 0])
                    cell[0] += done is not None and done <= last
                    cell[1] += 1
                first += dt.timedelta(7)
        return rows, weeks

    def careers(self, of):
        rows = []
        told = {kind: {record["lea"] for record in self.records[kind]}
                for kind in ("industry_credentials", "work_based_learning")}
        for student, year, school, lea in self.students("12"):
            grades = [g for g in self.records["course_grades"] if g["student_key"] == student and g["year"] <= year]
            pathways, is_cte, first = defaultdict(set), False, None
            for grade in grades:
                level, cluster, sced = self.level(grade)
                taken = int(grade.get("grade_level_code")
                            or self.enrolled[student, grade["year"]]["grade_level_code"])
                first = min(first or 12, taken)
                if level == "Vocational" or cluster:
                    is_cte = True
                    if passes(grade):
                        pathways[sced[:2] if sced else cluster].add((grade["lea"], grade["course_id"]))
            longest = max((len(courses) for courses in pathways.values()), default=0)
            if of == "concentration":
                known = first is not None and first <= 10
                if is_cte or first is None:
                    rows.append((AUTHORITY, year, student, school, lea, known, known and longest >= 3, known))
                continue
            kind, day = of
            count = sum(r["student_key"] == student and r[day] <= dt.date(year, 6, 30) for r in self.records[kind])
            known = lea in told[kind]
            if is_cte or kind == "work_based_learning":
                rows.append((AUTHORITY, year, student, school, lea, known, known and count > 0, known))
        return rows

    def advanced(self, of):
        seats = defaultdict(list)
        for kind in ("student_sections", "course_grades"):
            for record in self.records[kind]:
                if record["course_id"] in ADVANCED and self.level(record)[0]:
                    seats[record["student_key"], record["year"]].append((kind, record))
        scores = [r for r in self.records["assessment_results"] if r["assessment_id"] in ("AP", "IB")]
        rows = []
        for student, year, school, lea in self.students("09", "10", "11", "12"):
            taken = seats[student, year]
            told = lea == "N" or bool(taken)
            grades = [(ADVANCED[r["course_id"]], r, passes(r)) for kind, r in taken if kind == "course_grades"]
            outcomes = [outcome for _, _, outcome in grades if outcome is not None]
            if of == "participation":
                rows.append((AUTHORITY, year, student, school, lea, told, bool(taken), told))
            elif of == "completion":
                known = told and not (taken and not outcomes)
                rows.append((AUTHORITY, year, student, school, lea, known, True in outcomes, known))
            elif taken:
                own = [r for r in scores if r["student_key"] == student and r["administration_date"].year == year]
                dual = [r.get("credits_earned", 0) > 0 if r.get("credits_earned") is not None else outcome
                        for level, r, outcome in grades if level == "Dual"]
                credit = True in dual or any(
                    int(r["score_value"]) >= {"AP": 3, "IB": 5}[r["assessment_id"]] for r in own)
                sent = any(r["administration_date"].year == year and r["lea"] in (lea, None) for r in scores)
                kinds = {ADVANCED[r["course_id"]] for _, r in taken}
                known = (sent or kinds == {"Dual"}) and ("Dual" not in kinds or any(d is not None for d in dual))
                rows.append((AUTHORITY, year, student, school, lea, known, known and credit, known))
        years = {row[1] for row in rows if of != "participation" or row[5]}
        return [row for row in rows if row[1] in years]

    def exams(self, of):
        results = [r for r in self.records["assessment_results"] if r["assessment_id"] in ("SATM", "SATR", "ACTC")]
        years = {r["administration_date"].year for r in results}
        rows = []
        for student, year, school, lea in self.students("11", "12"):
            if year not in years:
                continue
            own = [r for r in results if r["student_key"] == student and r["administration_date"].year <= year]
            met = {r["assessment_id"] for r in own if r["performance_level_source"] == "Met"}
            ready = {"SATM", "SATR"} <= met
            known = of == "participation" or ready or not own or any(r["assessment_id"] != "ACTC" for r in own)
            counted = bool(own) if of == "participation" else ready
            rows.append((AUTHORITY, year, student, school, lea, known, counted, known))
        return rows

    def climate(self):
        """(year, level, org, role, scale) → [favourable, valid, asked or None]"""
        cuts = {"q1": 4, "q2": 4, "q3": 3, "q4": 4, "q5": 4, "q6": 3.5}
        scales = {"Belonging": ["q1", "q2", "q3", "q4", "q5"], "Safety": ["q6"]}
        answers = defaultdict(dict)
        for r in self.records["survey_responses"]:
            person = r["year"], r["org_id"], r["respondent_role_code"], r["response_id"]
            answers[person][r["item_id"]] = r["response_value"]
        asked = {(r["year"], r["org_id"], r["respondent_role_code"]): r["invited_count"]
                 for r in self.records["survey_administrations"]}
        one = defaultdict(lambda: [0, 0, 0])
        for (year, org, role, _), told in answers.items():
            for scale, items in scales.items():
                here = [item for item in items if item in told]
                if here:
                    valid = 5 * len(here) >= 4 * len(items)
                    good = sum(told[item] for item in here) >= sum(cuts[item] for item in here)
                    cell = one[year, org, role, scale]
                    cell[0] += valid and good
                    cell[1] += valid
                    cell[2] += 1
        everywhere = {}
        for year in YEARS:
            for lea, schools in SCHOOLS.items():
                for org in [*schools, lea]:
                    for role in ("Student", "Family"):
                        for scale in scales:
                            cell, count = one.get((year, org, role, scale)), asked.get((year, org, role))
                            if cell is None and count is None:
                                continue
                            good, valid, told = cell or (0, 0, 0)
                            for place in places(org if org in LEA_OF else None, lea):
                                total = everywhere.setdefault((year, *place, role, scale), [0, 0, [], True])
                                total[0], total[1] = total[0] + good, total[1] + valid
                                total[2].append(count)
                                total[3] &= count is not None or told == 0
        return {key: [good, valid, sum(c for c in counts if c is not None) if known and any(
            c is not None for c in counts) else None] for key, (good, valid, counts, known) in everywhere.items()}
