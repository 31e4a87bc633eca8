"""A made-up state of six years: students finish, go to college, work, apply for aid, take courses and answer surveys.

Two districts: N, which sends diploma records and gives its courses levels; and M, which sends neither, but for diplomas
in 2022. What others know comes with the state's delivery of the last year. All is drawn from a seeded generator with
dates on and beside every boundary, with no regard for what is likely: the rules must hold for all that can be sent.
"""

import datetime as dt
import random

from tests.warehouse.leaving_state import mondays

YEARS = range(2018, 2024)
SCHOOLS = {"N": ["N1", "N2"], "M": ["M1"]}
LEA_OF = {"N1": "N", "N2": "N", "M1": "M"}
LAST_EXITS = ["01921"] * 8 + ["01922", "03509", "01927", "01909", "73064", "01924", "03503", "01907", None]
EARLY_EXITS = ["01927", "01909", "01907", "01916", "01917", "73062", "01931"]
DIPLOMAS = ["00806"] * 6 + ["00807", "00813", "00816", "75000"]
# Course → level, cluster, SCED: AP, IB, dual enrolment and honors, and the courses of two pathways.
COURSES = {
    "AP1": ("AdvancedPlacement", None, "04104"), "AP2": ("AdvancedPlacement", None, "02124"),
    "IB1": ("InternationalBaccalaureate", None, "03155"), "DU1": ("Dual", None, "01104"),
    "HO1": ("Honors", None, "01003"),
    "H1": ("Vocational", "Health Science", "14002"), "H2": ("Vocational", "Health Science", "14051"),
    "H3": ("Vocational", None, "14099"), "W1": (None, "Welding", None), "W2": (None, "Welding", None),
    "W3": (None, "Welding", None), "MA": ("Basic", None, "02052"),
}
INSTITUTIONS = {
    "U": ("FourYear", "Public", "ST", 18), "C": ("TwoToFour", "Public", "ST", 24),
    "P": ("FourYear", "PrivateNFP", "ST", 12), "E": ("FourYear", "Public", "CO", 15),
    "T": ("LessThanTwo", "PrivateFP", None, 9), "X": (None, None, "ST", None),
}
QUARTERS = [(year, quarter) for year in range(2019, 2024) for quarter in (1, 2, 3, 4) if (year, quarter) != (2021, 2)]


def send(delivery, record_type, **values):
    """Add a record, and keep it by name for the second computation."""
    delivery.add(record_type, **values)
    delivery.sent.append((record_type, values))


def make_state(new_delivery, *, students=360, seed=11):
    """One delivery per district and year, and one of the state."""
    generator = random.Random(seed)
    deliveries = {(lea, year): new_delivery(f"src_{lea}", lea, f"{lea}{year}", year)
                  for lea in SCHOOLS for year in YEARS}
    state = new_delivery("src_state", None, "state", YEARS[-1])
    for delivery in (*deliveries.values(), state):
        delivery.sent = []
    for (lea, year), delivery in deliveries.items():
        delivery.describe_schools(*SCHOOLS[lea], days=mondays(year))
        if lea == "N":
            for course, (level, cluster, sced) in COURSES.items():
                send(delivery, "courses", org_id=generator.choice(["N", "N1"]), course_id=course,
                     course_level_code=level, career_cluster_source=cluster, sced=sced)
    describe_exams(state)
    for number in range(students):
        add_student(generator, deliveries, state, f"s{number:03d}")
    add_surveys(generator, deliveries)
    return [*deliveries.values(), state]


def add_student(generator, deliveries, state, student):
    """High school of one student, and all that follows it."""
    pick = generator.choice
    lea, grade, left = pick("NNM"), pick([9, 9, 9, 10, 11, 12, 12]), None
    for year in range(pick([2018, 2018, 2019, 2020, 2021, 2022]), YEARS[-1] + 1):
        delivery, school = deliveries[lea, year], pick(SCHOOLS[lea])
        delivery.describe(student, sex_code=pick(["Female", "Male"]), race_code=pick(["White", "Asian"]),
                          idea_code=pick(["Yes", "No"]))
        leaves = (grade == 12 and generator.random() < 0.85) or generator.random() < 0.06
        left = mondays(year)[pick([5, 20, -1, -1])] if leaves else None
        code = pick(LAST_EXITS if grade == 12 else EARLY_EXITS) if leaves else None
        send(delivery, "enrollments", student_key=student, school_id=school, entry_date=mondays(year)[0],
             exit_date=left if code or generator.random() < 0.5 else None, grade_level_code=f"{grade:02d}",
             exit_type_code=code)
        if code == "01909" and generator.random() < 0.5:
            send(delivery, "exit_documents", student_key=student, exit_date=left, document_date=left,
                 document_type_code="TranscriptRequest", leads_to_diploma_code="Yes")
        add_diplomas(generator, deliveries, student, lea, school, year, grade)
        add_courses(generator, delivery, student, school, grade, year)
        add_exams(generator, deliveries[lea, year], state, student, year)
        if generator.random() < 0.75 and year != 2021:
            add_application(generator, state, student, year)
        if leaves and generator.random() < 0.8:
            break
        grade = min(12, grade + 1)
        lea = pick("NM") if generator.random() < 0.08 else lea
    if generator.random() < 0.8:
        key = "shared" if generator.random() < 0.03 else f"w_{student}"
        send(deliveries[lea, year], "students", student_key=student, worker_key=key, age_on_october_1=17)
        add_wages(generator, state, key)
    add_college(generator, state, student, year)


def add_diplomas(generator, deliveries, student, lea, school, year, grade):
    pick = generator.choice
    if not (lea == "N" or year == 2022) or generator.random() > (0.8 if grade == 12 else 0.02):
        return
    for _ in range(pick([1, 1, 1, 2])):
        award = pick([dt.date(year, 5, 25)] * 3 + [dt.date(year, 8, 31), dt.date(year, 9, 1), dt.date(year - 4, 6, 1)])
        sent = deliveries[lea, pick([year, min(year + 1, YEARS[-1])])]
        if lea == "M" and sent.school_year != 2022:
            continue
        send(sent, "diplomas", student_key=student, school_id=pick([school, school, None]), diploma_date=award,
             diploma_type_code=pick(DIPLOMAS))


def add_courses(generator, delivery, student, school, grade, year):
    """Grades and rosters. M sends both, but gives no course a level."""
    pick = generator.choice
    for course in generator.sample(sorted(COURSES), pick([0, 2, 3, 5])):
        for session in generator.sample(["fall", "spring"], pick([1, 2])):
            if generator.random() < 0.4:
                send(delivery, "student_sections", student_key=student, section_id=course, school_id=school,
                     session_name=session, course_id=course, begin_date=mondays(year)[0])
            else:
                send(delivery, "course_grades", student_key=student, school_id=school, course_id=course,
                     session_name=session, grade_level_code=pick([f"{grade:02d}", None]),
                     **pick([{"letter_grade_code": "A"}, {"letter_grade_code": "F"}, {"letter_grade_code": "I"},
                     {"numeric_grade": 60.0}, {"numeric_grade": 59.9}, {"letter_grade_code": "P"},
                     {"credits_attempted": 3.0, "credits_earned": 3.0},
                     {"credits_attempted": 3.0, "credits_earned": 0.0}]))
    if delivery.lea_id == "N" and grade == 12 and generator.random() < 0.3:
        send(delivery, "industry_credentials", student_key=student, credential_id=pick(["CNA", "OSHA"]),
             award_date=pick([dt.date(year, 6, 30), dt.date(year, 7, 1), dt.date(year - 1, 3, 1)]))
    if generator.random() < 0.15:
        send(delivery, "work_based_learning", student_key=student, activity_id=f"{student}-{year}",
             activity_type_code="PaidInternship", begin_date=pick([dt.date(year, 6, 30), dt.date(year, 2, 1)]))


def describe_exams(state):
    for exam, title, kind in (("SATM", "SAT", "CollegeEntrance"), ("SATR", "SAT", "CollegeEntrance"),
                              ("ACTC", "ACT", "CollegeEntrance"), ("AP", "AP", "AdvancedPlacementTest"),
                              ("IB", "IB", "InternationalBaccalaureate")):
        send(state, "assessments", assessment_id=exam, assessment_title=title, assessment_type_code=kind,
             subject_code=exam)
        if kind == "CollegeEntrance" and title == "SAT":
            for number, name in enumerate(("Below", "Met"), 1):
                send(state, "performance_levels", assessment_id=exam, performance_level_source=name,
                     level_number=number, is_proficient_code="Yes" if name == "Met" else "No",
                     begin_date=dt.date(2015, 1, 1), end_date=dt.date(2030, 1, 1))


def add_exams(generator, delivery, state, student, year):
    """SAT and ACT from the district; AP and IB from N, and in 2020 from the state for all. No entrance exam in 2019."""
    pick = generator.choice
    day = dt.date(year, 5, 10)
    if year != 2019:
        for exam in generator.sample(["SATM", "SATR", "ACTC"], pick([0, 0, 1, 2, 3])):
            send(delivery, "assessment_results", student_key=student, assessment_id=exam, administration_date=day,
                 performance_level_source=pick(["Met", "Met", "Below"]))
    sender = state if year == 2020 else delivery if delivery.lea_id == "N" else None
    if sender and generator.random() < 0.5:
        send(sender, "assessment_results", student_key=student, assessment_id=pick(["AP", "IB"]),
             administration_date=day, score_value=pick(["2", "3", "4", "5"]), score_type="Score")


def add_application(generator, state, student, year):
    pick = generator.choice
    begun = pick([dt.date(year - 1, 9, 20), dt.date(year - 1, 11, 1), dt.date(year, 3, 1), dt.date(year, 6, 25)])
    done = pick([begun, begun + dt.timedelta(days=6), dt.date(year, 6, 30), dt.date(year, 7, 1), None])
    send(state, "financial_aid_applications", student_key=student, award_year=year + 1,
         submitted_date=begun, completed_date=done,
         application_type_code=pick(["FAFSA"] * 5 + ["Other"]))


def add_wages(generator, state, worker):
    if generator.random() < 0.2:
        return
    for year, quarter in QUARTERS:
        for employer in generator.sample(["e1", "e2", "e3"], generator.choice([0, 1, 1, 2])):
            send(state, "quarterly_wages", worker_key=worker, employer_key=employer, wage_year=year,
                 wage_quarter=quarter, wages_usd=generator.choice([0, 1200.5, 4000.01, 5555.55, 900, 12345.67]))


def add_college(generator, state, student, year):
    """Searches, terms on and beside the boundaries of the windows, and awards; `year` is the last one in school."""
    pick = generator.choice
    days = [dt.date(year, 9, 10), dt.date(year, 10, 31), dt.date(year, 11, 10), dt.date(year + 1, 11, 10),
            dt.date(2023, 11, 10)]
    for day in sorted(set(generator.sample(days, pick([0, 1, 2, 3])))):
        if day <= dt.date(2023, 11, 10):
            send(state, "postsecondary_searches", student_key=student, search_date=day,
                 search_outcome_code=pick(["NoEnrollmentFound", "EnrollmentFound"] * 2 + ["Blocked", "NotSearchable"]))
    if generator.random() < 0.35:
        return
    starts = [dt.date(year, 1, 10), dt.date(year, 8, 22), dt.date(year, 8, 22), dt.date(year, 10, 31),
              dt.date(year, 11, 1), dt.date(year + 1, 1, 10), dt.date(year + 1, 8, 22), dt.date(year + 1, 9, 25),
              dt.date(year + 1, 9, 26), dt.date(year + 1, 10, 31), dt.date(year + 1, 7, 31)]
    places = {(pick(sorted(INSTITUTIONS)), day) for day in generator.sample(starts, pick([1, 3, 5, 7]))}
    full_time, excluded = pick(["01", "01", "02", None]), pick([None, None, None, None, "03"])
    for place, day in sorted(places):
        level, control, where, months = INSTITUTIONS[place]
        send(state, "postsecondary_enrollments", student_key=student, institution_id=place, begin_date=day,
             institution_level_code=level, institution_control_code=control, institution_state=where,
             program_length_months=months, enrollment_intensity_code=full_time, cohort_exclusion_code=excluded,
             credits_earned=pick([15.0, 15.0, 7.5, 12.0, None] if generator.random() < 0.5 else [15.0, 30.0]),
             gateway_mathematics_code=pick(["Yes", "No", None]), gateway_english_code=pick(["Yes", "No", None]))
    for _ in range(pick([0, 0, 1, 2])):
        send(state, "postsecondary_awards", student_key=student, institution_id=pick(sorted(INSTITUTIONS)),
             award_date=pick([dt.date(year, 5, 20), dt.date(year + 1, 5, 20), dt.date(year + 1, 8, 22),
             dt.date(year + 2, 2, 22), dt.date(year + 2, 2, 23), dt.date(2023, 6, 30)]),
             award_level_code=pick(["03", "05"]))


def add_surveys(generator, deliveries):
    """Five questions in two scales; some skip some, one school tells no number asked, one survey is the district's."""
    for (lea, year), delivery in deliveries.items():
        for item, scale, cut in (("q1", "Belonging", 4.0), ("q2", "Belonging", 4.0), ("q3", "Belonging", 3.0),
                                 ("q4", "Belonging", 4.0), ("q5", "Belonging", 4.0), ("q6", "Safety", 3.5)):
            send(delivery, "survey_items", survey_id=f"climate{year}", item_id=item, construct=scale,
                 favorable_minimum=cut)
        for place in [*SCHOOLS[lea], lea]:
            for role in ("Student", "Family"):
                if generator.random() < 0.8:
                    send(delivery, "survey_administrations", survey_id=f"climate{year}",
                         org_id=place, respondent_role_code=role, invited_count=generator.choice([5, 20, 60]),
                         end_date=dt.date(year, 3, 20))
                for number in range(generator.choice([0, 4, 15, 25])):
                    for item in ("q1", "q2", "q3", "q4", "q5", "q6"):
                        if generator.random() < 0.88:
                            send(delivery, "survey_responses", survey_id=f"climate{year}", item_id=item,
                                 response_id=f"{place}{role}{number}", org_id=place, respondent_role_code=role,
                                 response_date=dt.date(year, 3, 1),
                                 response_value=float(generator.choice([2, 3, 4, 5])))
