"""A made-up state of three years in which each student stands for one rule of the data returned to districts.

Districts L and K send everything; M sends enrolments and a calendar, and neither attendance nor discipline. The state
sends the test's levels, the searches for college students and what they found.
"""

import datetime as dt

from tests.warehouse.leaving_state import mondays

SCHOOLS = {"L": ["L1", "L2"], "K": ["K1"], "M": ["M1"]}
DIPLOMA = dt.date(2022, 5, 25)
FIRST_FALL, SECOND_FALL, LAST_SEARCH = dt.date(2022, 8, 22), dt.date(2023, 8, 21), dt.date(2023, 11, 15)


def make_state(new_delivery):
    """One delivery per district and year, and one of the state."""
    sent = {
        (lea, year): new_delivery(f"src_{lea}", lea, f"{lea}{year}", year)
        for lea in SCHOOLS
        for year in (2021, 2022, 2023)
    }
    for (lea, year), delivery in sent.items():
        delivery.describe_schools(*SCHOOLS[lea], days=mondays(year))
        delivery.participate("somebody_else", "Homeless", mondays(year)[0])
        if lea != "M":
            # Else a year whose last absence is long ago would be one still under way.
            delivery.absent("somebody_else", SCHOOLS[lea][0], [-1], days=mondays(year))
            delivery.add(
                "discipline_actions",
                student_key="somebody_else",
                action_id="0",
                action_code="Other",
                action_date=mondays(year)[0],
            )
    state = new_delivery("src_S", None, "S2023", 2023)
    describe_test(state)
    add_leavers(sent, state)
    add_incoming(sent)
    return [*sent.values(), state]


def enroll(sent, student, school, year, first=0, last=None, *, grade, exit_type=None, entry_type=None):
    """From the Monday with index `first` through the one with index `last` (None: left open)."""
    days = mondays(year)
    sent[school[0], year].describe(student)
    sent[school[0], year].add(
        "enrollments",
        student_key=student,
        school_id=school,
        entry_date=days[first],
        grade_level_code=grade,
        exit_date=None if last is None else days[last],
        exit_type_code=exit_type,
        entry_type_code=entry_type,
    )


def graduate(sent, student, school="L1", diploma="00806"):
    enroll(sent, student, school, 2022, 0, -1, grade="12", exit_type="01921")
    sent[school[0], 2022].add(
        "diplomas", student_key=student, school_id=school, diploma_date=DIPLOMA, diploma_type_code=diploma
    )


def go_to_college(state, student, *terms, search="EnrollmentFound"):
    """Terms at a public university of the state, and the last search."""
    for begin in terms:
        state.add(
            "postsecondary_enrollments",
            student_key=student,
            institution_id="U",
            begin_date=begin,
            institution_level_code="FourYear",
            institution_control_code="Public",
            institution_state="ST",
        )
    if search:
        state.add("postsecondary_searches", student_key=student, search_date=LAST_SEARCH, search_outcome_code=search)


def describe_test(state):
    state.add("assessments", assessment_id="M8", assessment_type_code="StateSummative", subject_code="01166")
    for number, name in enumerate(("Below", "Met"), 1):
        state.add(
            "performance_levels",
            assessment_id="M8",
            level_number=number,
            performance_level_source=name,
            is_proficient_code="Yes" if name == "Met" else "No",
            begin_date=dt.date(2020, 7, 1),
        )


def add_leavers(sent, state):
    for student in ("in_college", "searched_not_found", "never_searched", "blocked", "blocked_after_a_term"):
        graduate(sent, student)
    go_to_college(state, "in_college", FIRST_FALL, SECOND_FALL)
    state.add(
        "postsecondary_awards",
        student_key="in_college",
        institution_id="V",
        award_date=dt.date(2022, 5, 13),
        award_level_code="07",
    )
    go_to_college(state, "searched_not_found", search="NoEnrollmentFound")
    go_to_college(state, "blocked", search="Blocked")
    go_to_college(state, "blocked_after_a_term", FIRST_FALL, search="Blocked")
    state.add(
        "postsecondary_awards",
        student_key="blocked_after_a_term",
        institution_id="V",
        award_date=dt.date(2022, 5, 13),
        award_level_code="07",
    )
    graduate(sent, "certificate", diploma="00816")
    enroll(sent, "drops_out", "L1", 2022, 0, 9, grade="11", exit_type="01927")
    enroll(sent, "not_sent_again", "L1", 2022, grade="10")
    enroll(sent, "leaves_middle_school", "L2", 2022, 0, 9, grade="07", exit_type="01909")
    for year, grade in ((2022, "10"), (2023, "11")):
        enroll(sent, "stays", "L1", year, grade=grade)
    # Left L for K, and finished there: what became of it is K's to know.
    enroll(sent, "finishes_elsewhere", "L1", 2021, 0, 9, grade="11", exit_type="01908")
    graduate(sent, "finishes_elsewhere", "K1")
    go_to_college(state, "finishes_elsewhere", FIRST_FALL, SECOND_FALL)


def add_incoming(sent):
    k = sent["K", 2022]
    enroll(sent, "from_another_district", "K1", 2022, grade="08")
    k.absent("from_another_district", "K1", [3, 4, 5], days=mondays(2022))
    k.participate("from_another_district", "SpecialEducation", mondays(2022)[0])
    k.participate("from_another_district", "SchoolFoodService", mondays(2022)[0])
    k.participate("from_another_district", "EnglishLearner", mondays(2022)[0], dt.date(2022, 1, 14))
    k.add(
        "assessment_results",
        student_key="from_another_district",
        assessment_id="M8",
        grade_level_code="08",
        administration_date=mondays(2022)[30],
        performance_level_source="Met",
        score_value="500",
    )
    k.add(
        "course_grades",
        student_key="from_another_district",
        school_id="K1",
        course_id="alg",
        session_name="year",
        grade_level_code="08",
        letter_grade_code="B",
        credits_attempted=1.0,
        credits_earned=1.0,
    )
    for number, (action, day) in enumerate([("OutOfSchoolSuspension", 20), ("InSchoolSuspension", 21), ("Other", 22)]):
        k.add(
            "discipline_actions",
            student_key="from_another_district",
            action_id=f"d{number}",
            school_id="K1",
            action_code=action,
            action_date=mondays(2022)[day],
        )
    enroll(sent, "from_another_district", "L1", 2023, grade="09", entry_type="01822")

    enroll(sent, "moves_within", "L2", 2022, grade="08")
    enroll(sent, "moves_within", "L2", 2023, 0, 9, grade="09", exit_type="01907")
    enroll(sent, "moves_within", "L1", 2023, 10, grade="09")

    enroll(sent, "from_another_state", "L1", 2023, 4, grade="10", entry_type="01823")

    enroll(sent, "two_districts_before", "M1", 2022, 0, 9, grade="09", exit_type="01908")
    enroll(sent, "two_districts_before", "K1", 2022, 11, grade="09")
    enroll(sent, "two_districts_before", "L1", 2023, grade="10")

    enroll(sent, "nothing_told", "M1", 2022, grade="09")
    enroll(sent, "nothing_told", "L1", 2023, grade="10")

    # Moves within the year, and goes back: each district is told what was before its own entry, and no more.
    enroll(sent, "there_and_back", "K1", 2022, grade="09")
    enroll(sent, "there_and_back", "K1", 2023, 0, 9, grade="10", exit_type="01908")
    enroll(sent, "there_and_back", "L1", 2023, 11, 20, grade="10", exit_type="01908")
    enroll(sent, "there_and_back", "K1", 2023, 22, grade="10")
    for number, (lea, day) in enumerate([("K", 5), ("L", 15), ("K", 25)]):
        sent[lea, 2023].add(
            "discipline_actions",
            student_key="there_and_back",
            action_id=f"e{number}",
            action_code="Expulsion",
            action_date=mondays(2023)[day],
        )

    # At L all along, though at another school after a week, and at K besides: new at K, not at L.
    enroll(sent, "at_two_districts", "L1", 2022, grade="10")
    enroll(sent, "at_two_districts", "L1", 2023, 0, 9, grade="11", exit_type="01907")
    enroll(sent, "at_two_districts", "L2", 2023, 11, grade="11")
    enroll(sent, "at_two_districts", "K1", 2023, 5, grade="11")
