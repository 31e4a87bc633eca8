"""A made-up state of seven years in which students take, miss, repeat and are excused from every kind of test.

Three districts; R sends no results in 2020. The state agency describes the tests and their cut scores. Who does what is
drawn from a seeded generator, with no regard for what is likely: the rules must hold for all that can be sent.
"""

import datetime as dt
import random

from tests.warehouse.leaving_state import mondays

YEARS = range(2016, 2023)
SCHOOLS = {"P": ["P1", "P2"], "Q": ["Q1"], "R": ["R1"]}
PLACES = [school for schools in SCHOOLS.values() for school in schools]
GRADES = ["PK", "KG", "01", "02", "03", "04", "05", "06", "07", "08", "09"]
SUBJECTS = {"M": ("01166", 11), "L": ("13373", 12), "S": ("00562", 13)}
LEVELS = ("Low", "Near", "Met", "High")
STATE_CUTS, ALTERNATE_CUTS = (100, 440, 500, 570, 950), (200, 260, 300, 350, 400)
ENGLISH_LEVELS, READINESS_LEVELS = ("1", "2", "3", "4", "5", "6"), ("Emerging", "Approaching", "Ready")
SILENT = ("R", 2020)


def make_state(new_delivery, *, students=850, seed=11):
    """One delivery per district and year, and one per year of the state agency."""
    generator = random.Random(seed)
    deliveries = {(lea, year): new_delivery(f"src_{lea}", lea, f"{lea}{year}", year)
                  for lea in SCHOOLS for year in YEARS}
    for (lea, year), delivery in deliveries.items():
        delivery.describe_schools(*SCHOOLS[lea], days=mondays(year))
    for number in range(students):
        add_student(generator, deliveries, f"s{number:03d}")
    for year in YEARS:
        deliveries[None, year] = new_delivery("src_state", None, f"state{year}", year)
        describe_tests(deliveries[None, year], year)
    return list(deliveries.values())


def describe_tests(state, year):
    def add(assessment, kind, subject=None, domain=None, names=LEVELS, cuts=STATE_CUTS, ready=3, step=1):
        state.add("assessments", assessment_id=assessment, assessment_type_code=kind, subject_code=subject,
                  developmental_domain_code=domain)
        for number, name in enumerate(names, 1):
            top = cuts[number] - (0 if number == len(names) else step)
            state.add("performance_levels", assessment_id=assessment, score_type="Scale", level_number=number,
                      performance_level_source=name, minimum_score=float(cuts[number - 1]), maximum_score=float(top),
                      is_proficient_code="Yes" if number >= ready else "No")

    for letter, (code, _) in SUBJECTS.items():
        add(f"{letter}-{year}", "StateSummative", code)
        add(f"A{letter}-{year}", "AlternateAssessmentAlternateStandards", code, cuts=ALTERNATE_CUTS)
    for assessment, kind in (("E", "LanguageProficiency"), ("EA", "AlternateAssessmentELL")):
        add(f"{assessment}-{year}", kind, "00256", names=ENGLISH_LEVELS, cuts=(1, 2, 3, 4, 5, 6, 7), ready=5, step=0.1)
    for domain in (None, "01", "02"):
        add(f"K{domain or ''}-{year}", "KindergartenReadiness", domain=domain, names=READINESS_LEVELS,
            cuts=(200, 258, 270, 350))


def add_student(generator, deliveries, student):
    """Up to five years of one student: enrolments, statuses, tests."""
    pick, chance = generator.choice, generator.random
    lea, grade = pick("PPQQR"), pick([0, 1, 1, 2, 3, 3, 4, 4, 4, 4, 5, 5])
    learner, learner_until = chance() < 0.4, pick([1, 2, 3, 5, 6, 7])
    ability, first_year = generator.gauss(0, 1), pick([2016, 2016, 2017, 2017, 2018, 2019])
    flagged = chance() < 0.7
    for year in range(first_year, min(first_year + pick([3, 4, 5, 6, 7]), 2023)):
        if chance() < 0.04:
            continue
        spells = add_spells(generator, deliveries, student, lea, GRADES[grade], year, first_year, learner)
        lea = spells[-1][0][0]
        is_learner = learner and year - first_year < learner_until
        for district in {school[0] for school, *_ in spells}:
            deliveries[district, year].describe(
                student, sex_code=pick(["Female", "Male"]), race_code=pick(["White", "Asian"]),
                idea_code=pick(["Yes", "No", None]),
                english_learner_code=("Yes" if is_learner else "No") if flagged else None,
                economic_disadvantage_code=pick(["Yes", "No"]))
        if is_learner and (not flagged or chance() < 0.4):
            begin = dt.date(first_year - 1 - pick([0, 0, 0, 1]), 9, pick([1, 20]))
            end = pick([None, None, dt.date(year, 1, 15)])
            deliveries[lea, year].participate(student, "EnglishLearner", begin, end)
        add_tests(generator, deliveries, student, spells, grade, year, ability, is_learner)
        grade = min(grade + (chance() < 0.93), len(GRADES) - 1)


def add_spells(generator, deliveries, student, lea, grade, year, first_year, learner):
    """(school, entry, exit) of the year; some move, with and without a gap, some come late, some are at two schools."""
    pick, chance, days = generator.choice, generator.random, mondays(year)
    first = days[pick([0, 0, 0, 0, 0, 3, 4, 5, 12])]
    entry_type = pick(["01838", "01830"]) if learner and (year == first_year or chance() < 0.05) else None
    spells, school = [], pick(SCHOOLS[lea])
    if chance() < 0.2:
        leave = days[pick([6, 14, 25, 30, 31])] if first < days[6] else days[28]
        spells.append((school, first, leave))
        if chance() < 0.8:
            other = pick([*(name for name in PLACES if name != school), school])
            spells.append((other, leave + dt.timedelta(days=pick([1, 3, 10, 11, 12, 30])), None))
    else:
        spells.append((school, first, None))
        if chance() < 0.05:
            spells.append((pick([name for name in PLACES if name != school]), days[10], None))
    for school, entry, leave in spells:
        deliveries[school[0], year].add("enrollments", student_key=student, school_id=school, entry_date=entry,
                                        exit_date=leave, grade_level_code=grade, entry_type_code=entry_type)
    return spells


def add_result(deliveries, lea, year, student, assessment, day, **told):
    if (lea, year) != SILENT:
        number = len(deliveries[lea, year].rows["assessment_results"])
        deliveries[lea, year].add("assessment_results", student_key=student, assessment_id=f"{assessment}-{year}",
                                  administration_date=day, result_id=f"{lea}{year}-{number}", **told)


def scored(generator, score, cuts, names):
    """A score with its level named, left to be read off, or named wrongly."""
    score = min(max(score, cuts[0]), cuts[-1])
    level = names[max(index for index, cut in enumerate(cuts[:-1]) if score >= cut)]
    kind = generator.random()
    if kind < 0.03:
        return {"score_type": "Scale", "score_value": "none", "performance_level_source": "Unknown"}
    return {"score_type": "Scale", "score_value": str(score),
            "performance_level_source": level if kind < 0.8 else None}


def add_tests(generator, deliveries, student, spells, grade, year, ability, is_learner):
    pick, chance = generator.choice, generator.random
    lea, level = pick(spells)[0][0], GRADES[grade]
    for letter, (_, number) in SUBJECTS.items():
        if not 4 <= grade <= 9 or (letter == "S" and grade not in (6, 9)) or (grade == 10 and chance() < 0.9):
            continue
        day, kind = dt.date(year, 4, pick([number] * 5 + [25])), chance()
        score = round(400 + 20 * grade + 60 * ability + generator.gauss(0, 25))
        shown = {"grade_level_code": level if chance() < 0.95 else None}
        if kind < 0.8:
            told = scored(generator, score, STATE_CUTS, LEVELS)
            shown["assessment_type_administered_code"] = pick(["REGASSWOACC", "REGASSWOACC", "REGASSWACC", None])
            add_result(deliveries, lea, year, student, letter, day, **told, **shown)
            if chance() < 0.05:
                add_result(deliveries, lea, year, student, letter, dt.date(year, 5, 9),
                           **scored(generator, score + 40, STATE_CUTS, LEVELS), **shown)
            if chance() < 0.1:
                add_result(deliveries, lea, year, student, letter, day, score_type="Percentile", score_value="50",
                           **shown)
        elif kind < 0.84:
            add_result(deliveries, lea, year, student, f"A{letter}", day,
                       **scored(generator, round(290 + 30 * ability), ALTERNATE_CUTS, LEVELS), **shown)
        elif kind < 0.92:
            add_result(deliveries, lea, year, student, letter, day, **shown,
                       reason_not_tested_code=pick(["03451", "03452", "03454", "03456", "09999"]))
    if is_learner or chance() < 0.03:
        day, kind = dt.date(year, 2, pick([8, 8, 8, 9])), chance()
        score = round(min(1.5 + 0.5 * (year % 7) + 0.4 * generator.gauss(0, 1) + 0.3 * ability, 6.9), 1)
        told = {**scored(generator, max(score, 1.0), (1, 2, 3, 4, 5, 6, 7), ENGLISH_LEVELS), "grade_level_code": level}
        if kind < 0.85:
            add_result(deliveries, lea, year, student, "EA" if chance() < 0.05 else "E", day, **told)
            if chance() < 0.1:
                add_result(deliveries, lea, year, student, "E", dt.date(year - 1, 9, 9), grade_level_code=level,
                           **scored(generator, 1.5, (1, 2, 3, 4, 5, 6, 7), ENGLISH_LEVELS))
        elif kind < 0.9:
            add_result(deliveries, lea, year, student, "E", day, reason_not_tested_code=pick(["03451", "03454"]))
    if grade <= 1:
        for domain in ("", "01", "02"):
            if chance() < 0.85 and (grade == 1 or chance() < 0.1):
                told = ({"reason_not_tested_code": pick(["03454", "03451"])} if chance() < 0.07 else
                        scored(generator, round(266 + 12 * ability), (200, 258, 270, 350), READINESS_LEVELS))
                day = dt.date(year - 1, 9, pick([18, 18, 29]))
                add_result(deliveries, lea, year, student, f"K{domain}", day, **told)
