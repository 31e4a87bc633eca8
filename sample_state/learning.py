"""What is taught and learned: sections, who is in them and who teaches them, state tests, and exit tickets."""

import numpy as np
import polars as pl

from sample_state.codes import GRADE_CODES
from sample_state.district_year import DistrictYear
from sample_state.plan import School
from sample_state.school_days import dates, nth_weekday
from sample_state.traits import is_newcomer, name_disability, spread, takes_cte

SECTION_SIZE = 23
# Course code, title and CEDS 000021 subject.
_HOMEROOM = (("HR", "Homeroom", "13373"),)
_MIDDLE = (("MATH", "Mathematics", "01166"), ("ELA", "English Language Arts", "13373"),
           ("SCI", "Science", "00562"), ("SOC", "Social Studies", "13374"))
_HIGH = (*_MIDDLE, ("ART", "Arts", "13371"))
# Course code, title, subject, first grade, and the ability from which students take it; a pathway is for those in CTE.
_ELECTIVES = (("APE", "AP English Language", "13372", 11, 0.5), ("APM", "AP Calculus AB", "01166", 11, 0.9),
              ("DUA", "College Composition", "13372", 12, 0.2), ("CTE", "Health Science Pathway", "73065", 10, None),
              ("LAN", "Spanish", "00546", 9, -0.3))

PERFORMANCE_LEVELS = ("Did Not Meet Standard", "Approached Standard", "Met Standard", "Exceeded Standard")
_CUTS = (440, 500, 570)
TESTED_GRADES = (3, 4, 5, 6, 7, 8, 11)
READING = "13373"
# Name, CEDS 000021 subject and grades of each state test.
TESTS = (("Mathematics", "01166", TESTED_GRADES), ("Reading", READING, TESTED_GRADES), ("Science", "00562", (5, 8, 11)))
SCORE_TYPE = "Scale score"
# Disabilities whose students take the alternate assessment: about 1 % of those tested.
_ALTERNATE = ("ID", "MD")

_TICKET_WEEKS, _TICKETS_PER_WEEK, _ITEMS = 3, 2, 3


def _courses(grade: int) -> tuple[tuple[str, str, str], ...]:
    if grade <= 5:
        return _HOMEROOM
    return _MIDDLE if grade <= 8 else _HIGH


def _teaches(school: School, code: str) -> bool:
    """Whether a high school teaches an elective; one in four has no world language, so not the full set for college."""
    return code != "LAN" or bool(spread(np.array([school.number]), "world language", 4))


def _takers(year: DistrictYear, spell: np.ndarray, ability: float | None) -> np.ndarray:
    """Which of the spells take an elective."""
    person = year.spells["person"].to_numpy()[spell]
    return spell[takes_cte(person) if ability is None else year.people.ability[person] >= ability]


def make_rosters(year: DistrictYear) -> pl.DataFrame:
    """Return one row per spell, course and session: the section the student sits in, from the columns of `sections`
    and `student_sections` together (and `spell`, the row of the spell). Grades 9 to 12 change sections between the
    two semesters."""
    rng = year.stream("rosters")
    grades, schools = year.spells["grade"].to_numpy(), year.spells["school"].to_numpy()
    taught, spring = year.calendar.taught, year.calendar.spring_begin
    fall_end = int(taught[np.searchsorted(taught, spring) - 1])
    year_round = [(year.session, "Y", int(taught[0]), int(taught[-1]))]
    halves = [(year.semesters[0], "F", int(taught[0]), fall_end), (year.semesters[1], "S", spring, int(taught[-1]))]
    parts = []
    for school in year.schools:
        for grade in range(school.low, school.high + 1):
            spell = np.flatnonzero((schools == school.number) & (grades == grade))
            if not len(spell):
                continue
            for session, letter, begin, end in (halves if grade >= 9 else year_round):
                electives = [(code, title, subject, _takers(year, spell, ability))
                             for code, title, subject, first, ability in _ELECTIVES
                             if grade >= first and _teaches(school, code)]
                taken = [(*course, spell) for course in _courses(grade)] + electives
                for code, title, subject, takers in taken:
                    if not len(takers):
                        continue
                    parts.append(_seat(rng, takers).with_columns(
                        school_id=pl.lit(school.school_id), session_name=pl.lit(session),
                        course_id=pl.lit(f"{code}-{GRADE_CODES[grade]}"),
                        course_title=pl.lit(f"{title} {GRADE_CODES[grade]}"), subject_source=pl.lit(subject),
                        letter=pl.lit(letter), session_begin=pl.lit(begin), session_end=pl.lit(end),
                    ))
    rosters = pl.concat(parts)
    bounds = pl.DataFrame({"spell": np.arange(year.spells.height), "student_id": year.spells["student_id"],
                           "entry": year.spells["entry"], "last": year.last_days(), "grade": grades})
    return (
        rosters.join(bounds, on="spell", how="left", maintain_order="left")
        .with_columns(
            section_id=pl.format("{}-{}-{}{}", "school_id", "course_id", "letter", "group"),
            begin=pl.max_horizontal("entry", "session_begin"), end=pl.min_horizontal("last", "session_end"),
        )
        .filter(pl.col("begin") <= pl.col("end"))
        .sort("section_id", "spell")
    )


def _seat(rng: np.random.Generator, spell: np.ndarray) -> pl.DataFrame:
    """Each spell with the number of one of as many groups as are needed, of about equal size."""
    count = -(-len(spell) // SECTION_SIZE)
    return pl.DataFrame({"spell": spell, "group": (rng.permutation(len(spell)) % count + 1).astype(str)})


def make_sections(rosters: pl.DataFrame) -> pl.DataFrame:
    """Return one row per section and session."""
    return rosters.select(
        "section_id", "school_id", "session_name", "course_id", "course_title", "subject_source"
    ).unique(["section_id", "session_name"], keep="first", maintain_order=True)


def make_student_sections(rosters: pl.DataFrame) -> pl.DataFrame:
    """Return one row per student, section and begin date; end_date is the end of the session or of the spell."""
    return rosters.select(
        "student_id", "section_id", "school_id", "session_name", "course_id",
        begin_date=pl.col("begin").cast(pl.Int32).cast(pl.Date), end_date=pl.col("end").cast(pl.Int32).cast(pl.Date),
    )


def make_assessment_results(year: DistrictYear) -> pl.DataFrame:
    """Return one row per student and state test taken (mathematics, reading and, in three grades, science).

    Scores run from 100 to 950 and fall with absence; about 96 % of those enrolled in the test weeks take part. Whoever
    takes the alternate assessment instead, or none, is in achievement.py.
    """
    rng = year.stream("assessments")
    grade = year.spells["grade"].to_numpy()
    begin = nth_weekday(year.school_year, 4, 0, 2)
    enrolled = (year.spells["entry"].to_numpy() <= begin) & (year.last_days() > begin + 3)
    absence = 1 / (1 + np.exp(-year.people.absence[year.spells["person"].to_numpy()]))
    ability = year.people.ability[year.spells["person"].to_numpy()] - 4.0 * (absence - 0.06)
    person = year.spells["person"].to_numpy()
    idea = year.people.flag("idea")[person]
    has_plan = idea | year.people.flag("section_504")[person]
    is_alternate = idea & np.isin(name_disability(person), _ALTERNATE)
    parts = []
    for number, (subject, code, tested) in enumerate(TESTS):
        takes = rng.random(len(grade)) < 0.985 - 0.3 * np.minimum(absence, 0.5)
        takes &= ~is_alternate
        if code == READING:
            # In the first year the English test may stand for it.
            takes &= ~is_newcomer(year.people, person, year.school_year)
        spell = np.flatnonzero(enrolled & takes & np.isin(grade, tested))
        score = np.clip(np.rint(500 + 78 * ability[spell] + rng.normal(0, 32, len(spell))), 100, 950).astype(int)
        level = np.searchsorted(np.array(_CUTS), score, side="right")
        grades = pl.Series(GRADE_CODES).gather(grade[spell])
        ids = year.spells["student_id"].gather(spell)
        parts.append(pl.DataFrame({
            "student_id": ids,
            "assessment_id": pl.select(pl.format(f"ST-{year.school_year}-{subject}-{{}}", grades)).to_series(),
            "administration_date": dates(np.full(len(spell), begin + number)),
            "result_id": pl.select(pl.format(f"{{}}-{year.school_year}-{subject[0]}", ids)).to_series(),
            "grade_level_source": grades,
            "score_value": score,
            "performance_level_source": pl.Series(PERFORMANCE_LEVELS).gather(level),
            "assessment_type_administered_source": np.where(
                has_plan[spell] & (spread(person[spell], "accommodation", 10) < 6), "REGASSWACC", "REGASSWOACC"),
        }).with_columns(assessment_title=pl.lit(f"State Assessment {subject}"), subject_source=pl.lit(code)))
    return pl.concat(parts).sort("student_id", "assessment_id").with_columns(score_type=pl.lit(SCORE_TYPE))


def make_item_responses(year: DistrictYear, rosters: pl.DataFrame) -> pl.DataFrame:
    """Return one row per student, exit ticket and item: a few weeks of mathematics and homeroom tickets in about a
    third of sections. response is the option chosen (A–D), is_correct true or false."""
    rng = year.stream("tickets")
    sections = make_sections(rosters).filter(pl.col("subject_source").is_in(["01166", "13373"]))
    chosen = sections.filter(pl.Series(rng.random(sections.height) < 1 / 3))
    start = 20
    days = np.array([year.calendar.taught[start + 5 * week + offset]
                     for week in range(_TICKET_WEEKS) for offset in (1, 3)[:_TICKETS_PER_WEEK]])
    seats = rosters.join(chosen.select("section_id", "session_name"), on=["section_id", "session_name"], how="semi",
                         maintain_order="left")
    seats = seats.filter((pl.col("begin") <= int(days[0])) & (pl.col("end") >= int(days[-1])))
    per_seat = len(days) * _ITEMS
    seat = np.repeat(np.arange(seats.height), per_seat)
    day = np.tile(np.repeat(days, _ITEMS), seats.height)
    item = np.tile(np.arange(per_seat) % _ITEMS, seats.height)
    ability = year.people.ability[year.spells["person"].to_numpy()[seats["spell"].to_numpy()]]
    correct = rng.random(len(seat)) < 1 / (1 + np.exp(-(ability[seat] + 0.8 - 0.5 * item)))
    response = np.where(correct, item % 4, (item + rng.integers(1, 4, len(seat))) % 4)
    return pl.DataFrame({
        "student_id": seats["student_id"].gather(seat),
        "section_id": seats["section_id"].gather(seat),
        "school_id": seats["school_id"].gather(seat),
        "ticket_date": dates(day),
        "item_id": pl.select(pl.format("{}-{}", seats["course_id"].gather(seat), pl.Series(item + 1))).to_series(),
        "response": pl.Series(["A", "B", "C", "D"]).gather(response),
        "is_correct": pl.Series(["false", "true"]).gather(correct.astype(int)),
    })
