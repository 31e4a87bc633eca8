"""Courses and grades, and the tests beside the state test: kindergarten readiness, benchmarks, English proficiency, the
alternate assessment, college entrance, Advanced Placement, and who was not tested and why."""

import numpy as np
import polars as pl

from sample_state.codes import GRADE_CODES
from sample_state.district_year import DistrictYear
from sample_state.learning import SCORE_TYPE, TESTS
from sample_state.school_days import dates, nth_weekday
from sample_state.traits import identified, last_el_year, name_disability, spread

# Course code without grade → level (CEDS 001312), career cluster; what is not listed is an ordinary course.
_LEVELS = {"APE": "AdvancedPlacement", "APM": "AdvancedPlacement", "DUA": "Dual", "CTE": "Vocational"}
# School Courses for the Exchange of Data: 02052 is Algebra I, the course of indicator I20.
_SCED = {"MATH-09": "02052", "MATH-10": "02072", "MATH-11": "02056", "MATH-12": "02110", "ELA-09": "01001",
         "ELA-10": "01002", "ELA-11": "01003", "ELA-12": "01004", "SCI-09": "03051", "SCI-10": "03101",
         "SOC-09": "04101", "APE-11": "01005", "APE-12": "01005", "APM-11": "02124", "APM-12": "02124",
         "DUA-12": "01104", "CTE-10": "14002", "CTE-11": "14051", "CTE-12": "14099"}
_LETTERS = ("F", "D", "C-", "C", "B-", "B", "A-", "A")
_LETTER_CUTS = (60, 67, 72, 77, 81, 86, 91)
SEMESTER_CREDITS = 0.5
DOMAINS = ("01", "02", "03", "04", "05")
KRA_LEVELS = ("Emerging Readiness", "Approaching Readiness", "Demonstrating Readiness")
ALTERNATE_LEVELS = ("Emerging", "Target", "Advanced")
BENCHMARK_GRADES = (1, 2)
BENCHMARK_LEVELS = ("Below benchmark", "Met benchmark")
ELP_LEVELS = ("Entering", "Emerging", "Developing", "Expanding", "Bridging", "Reaching")
ELP_SCORE_TYPE, PROFICIENT_ELP = "Composite proficiency level", 5
_REASONS = ("03451", "03454", "03452")


def make_courses(sections: pl.DataFrame) -> pl.DataFrame:
    """Return one row per school and course it offers in the year."""
    code = pl.col("course_id").str.split("-").list.first()
    in_high_school = pl.col("course_id").str.slice(-2).is_in(["09", "10", "11", "12"])
    return sections.unique(["school_id", "course_id"], keep="first", maintain_order=True).select(
        "course_id", "course_title", "subject_source", org_id="school_id",
        sced=pl.col("course_id").replace_strict(_SCED, default=None, return_dtype=pl.String),
        course_level_source=code.replace_strict(_LEVELS, default="K12", return_dtype=pl.String),
        credits=pl.when(in_high_school).then(SEMESTER_CREDITS),
        career_cluster_source=pl.when(code == "CTE").then(pl.lit("Health Science")),
    )


def make_course_grades(year: DistrictYear, rosters: pl.DataFrame) -> pl.DataFrame:
    """Return one row per student, course and session of grades 6 to 12 that the student sat to its end.

    Grades follow ability and absence; a failed course earns no credit, and below grade 9 there are none to earn.
    """
    rng = year.stream("course grades")
    sat = rosters.filter((pl.col("grade") >= 6) & (pl.col("end") == pl.col("session_end")))
    sat = sat.unique(["student_id", "school_id", "course_id", "session_name"], keep="first", maintain_order=True)
    person = year.spells["person"].to_numpy()[sat["spell"].to_numpy()]
    absence = 1 / (1 + np.exp(-year.people.absence[person]))
    number = 80 + 8 * year.people.ability[person] - 70 * (absence - 0.05) + rng.normal(0, 7, sat.height)
    number = np.clip(np.rint(number), 30, 100).astype(int)
    letter = np.searchsorted(np.array(_LETTER_CUTS), number, side="right")
    in_high_school = pl.col("grade") >= 9
    return sat.with_columns(
        numeric_grade=pl.Series(number), letter_grade_source=pl.Series(_LETTERS).gather(letter),
        grade_level_source=pl.Series(GRADE_CODES).gather(sat["grade"]),
    ).with_columns(
        credits_attempted=pl.when(in_high_school).then(SEMESTER_CREDITS),
        credits_earned=pl.when(in_high_school & (pl.col("letter_grade_source") == "F")).then(0.0)
        .when(in_high_school).then(SEMESTER_CREDITS),
        posted_date=(pl.col("session_end") + 3).cast(pl.Int32).cast(pl.Date),
    )


def make_other_results(year: DistrictYear, taken: pl.DataFrame, rosters: pl.DataFrame) -> pl.DataFrame:
    """Return one row per student, test and score type of all tests but the state test, and one per student and state
    test not taken, with the reason. `taken` are the results of the state test."""
    parts = [_kindergarten(year), _english(year), _alternate(year), _college_entrance(year), _advanced(year, rosters)]
    parts.append(_not_tested(year, pl.concat([taken.select("student_id", "subject_source"),
                                              parts[2].select("student_id", "subject_source")])))
    parts.append(_benchmarks(year))
    return pl.concat(parts, how="diagonal_relaxed").sort("student_id", "assessment_id", "score_type")


def _there(year: DistrictYear, day: int, grades: tuple[int, ...]) -> np.ndarray:
    """The spells of students of those grades who are enrolled on a day."""
    spells = year.spells
    is_there = (spells["entry"].to_numpy() <= day) & (year.last_days() >= day)
    return np.flatnonzero(is_there & np.isin(spells["grade"].to_numpy(), grades))


def _results(year: DistrictYear, spell: np.ndarray, test: str, title: str, day: int, **columns) -> pl.DataFrame:
    student = year.spells["student_id"].gather(spell)
    grade = pl.Series(GRADE_CODES, dtype=pl.String).gather(year.spells["grade"].to_numpy()[spell])
    return pl.DataFrame({
        "student_id": student, "assessment_id": [f"{test}-{year.school_year}"] * len(spell),
        "administration_date": dates(np.full(len(spell), day)),
        "result_id": pl.select(pl.format(f"{{}}-{year.school_year}-{test}", student)).to_series(),
        "grade_level_source": grade, "assessment_title": [title] * len(spell), **columns,
    }, schema_overrides={"assessment_id": pl.String, "assessment_title": pl.String})


def _kindergarten(year: DistrictYear) -> pl.DataFrame:
    rng = year.stream("kindergarten readiness")
    day = int(year.calendar.taught[20])
    spell = _there(year, day, (0,))
    ability = year.people.ability[year.spells["person"].to_numpy()[spell]]
    domains = 270 + 12 * ability[:, None] + rng.normal(0, 7, (len(spell), len(DOMAINS)))
    parts = []
    for name, score in (("KRA", domains.mean(axis=1)), *((f"KRA-{d}", domains[:, i]) for i, d in enumerate(DOMAINS))):
        score = np.rint(score).astype(int)
        level = np.searchsorted(np.array([258, 270]), score, side="right")
        parts.append(_results(year, spell, name, "Kindergarten Readiness Assessment", day, score_value=score,
                              performance_level_source=pl.Series(KRA_LEVELS, dtype=pl.String).gather(level)))
    return pl.concat(parts).with_columns(score_type=pl.lit(SCORE_TYPE))


def _benchmarks(year: DistrictYear) -> pl.DataFrame:
    """Mathematics and reading of grades 1 and 2 in spring, before there is a state test."""
    rng = year.stream("benchmarks")
    day = int(year.calendar.taught[140])
    spell = _there(year, day, BENCHMARK_GRADES)
    ability = year.people.ability[year.spells["person"].to_numpy()[spell]]
    parts = []
    for subject, code, _ in TESTS[:2]:
        score = np.clip(np.rint(180 + 12 * ability + rng.normal(0, 7, len(spell))), 100, 250).astype(int)
        level = np.searchsorted(np.array([176]), score, side="right")
        parts.append(_results(year, spell, f"BM-{subject}", f"Benchmark {subject}", day, score_value=score,
                              performance_level_source=pl.Series(BENCHMARK_LEVELS, dtype=pl.String).gather(level),
                              ).with_columns(subject_source=pl.lit(code), score_type=pl.lit(SCORE_TYPE)))
    return pl.concat(parts)


def _english(year: DistrictYear) -> pl.DataFrame:
    """Level 5 is reached in the year in which the student attains proficiency, and on the way there step by step."""
    rng = year.stream("english proficiency")
    day = int(year.calendar.taught[95])
    spell = _there(year, day, tuple(range(13)))
    person = year.spells["person"].to_numpy()[spell]
    last = last_el_year(year.people, person)
    learns = year.people.flag("english_learner")[person] & (last >= year.school_year)
    spell, person, last = spell[learns], person[learns], last[learns]
    begin = identified(year.people, person, "english_learner")
    way = (year.school_year - begin + 1) / (last - begin + 1)
    score = np.where(last == year.school_year, 5.0 + 0.1 * spread(person, "attained", 8),
                     np.clip(1.2 + 3.4 * way + rng.normal(0, 0.25, len(spell)), 1.0, 4.9))
    level = np.clip(np.floor(score).astype(int) - 1, 0, 5)
    return _results(year, spell, "ELP", "English Language Proficiency Assessment", day,
                    score_value=np.round(score, 1), subject_source=["00256"] * len(spell),
                    performance_level_source=pl.Series(ELP_LEVELS, dtype=pl.String).gather(level),
                    ).with_columns(score_type=pl.lit(ELP_SCORE_TYPE), subject_source=pl.lit("00256"))


def _takes_alternate(year: DistrictYear, spell: np.ndarray) -> np.ndarray:
    person = year.spells["person"].to_numpy()[spell]
    return year.people.flag("idea")[person] & np.isin(name_disability(person), ("ID", "MD"))


def _alternate(year: DistrictYear) -> pl.DataFrame:
    rng = year.stream("alternate assessment")
    begin = nth_weekday(year.school_year, 4, 0, 2)
    parts = []
    for subject, code, tested in TESTS:
        spell = _there(year, begin, tested)
        spell = spell[_takes_alternate(year, spell)]
        score = np.clip(np.rint(300 + 25 * rng.normal(0, 1, len(spell))), 200, 400).astype(int)
        level = np.searchsorted(np.array([290, 325]), score, side="right")
        parts.append(_results(year, spell, f"ALT-{subject}", f"Alternate Assessment {subject}", begin + 1,
                              score_value=score,
                              performance_level_source=pl.Series(ALTERNATE_LEVELS, dtype=pl.String).gather(level),
                              ).with_columns(subject_source=pl.lit(code)))
    return pl.concat(parts).with_columns(score_type=pl.lit(SCORE_TYPE),
                                         assessment_type_administered_source=pl.lit("ALTASSALTACH"))


def _college_entrance(year: DistrictYear) -> pl.DataFrame:
    rng = year.stream("college entrance")
    day = nth_weekday(year.school_year, 3, 2, 1)
    spell = _there(year, day, (11, 12))
    spell = spell[rng.random(len(spell)) < np.where(year.spells["grade"].to_numpy()[spell] == 11, 0.78, 0.25)]
    ability = year.people.ability[year.spells["person"].to_numpy()[spell]]
    parts = []
    for name, code in (("SAT-MATH", "01166"), ("SAT-ERW", "13373")):
        score = np.clip(np.rint((520 + 85 * ability + rng.normal(0, 40, len(spell))) / 10) * 10, 200, 800).astype(int)
        parts.append(_results(year, spell, name, "SAT", day, score_value=score).with_columns(
            subject_source=pl.lit(code), score_type=pl.lit("Section score")))
    return pl.concat(parts)


def _advanced(year: DistrictYear, rosters: pl.DataFrame) -> pl.DataFrame:
    """Most who sit an Advanced Placement course to its end take the exam."""
    rng = year.stream("advanced placement")
    day = nth_weekday(year.school_year, 5, 2, 1)
    parts = []
    for course, subject in (("APE", "13372"), ("APM", "01166")):
        sat = rosters.filter(pl.col("course_id").str.starts_with(course) & (pl.col("letter") == "S"))
        spell = np.unique(sat["spell"].to_numpy())
        spell = np.intersect1d(spell, _there(year, day, (11, 12)))
        spell = spell[rng.random(len(spell)) < 0.85].astype(int)
        ability = year.people.ability[year.spells["person"].to_numpy()[spell]]
        score = np.clip(np.rint(2.2 + 0.9 * ability + rng.normal(0, 0.7, len(spell))), 1, 5).astype(int)
        parts.append(_results(year, spell, f"AP-{course}", "Advanced Placement Exam", day, score_value=score)
                     .with_columns(subject_source=pl.lit(subject), score_type=pl.lit("AP score")))
    return pl.concat(parts)


def _not_tested(year: DistrictYear, tested: pl.DataFrame) -> pl.DataFrame:
    rng = year.stream("not tested")
    begin = nth_weekday(year.school_year, 4, 0, 2)
    parts = []
    for subject, code, tested_grades in TESTS:
        spell = _there(year, begin + 4, tested_grades)
        grade = pl.Series(GRADE_CODES).gather(year.spells["grade"].to_numpy()[spell])
        part = _results(year, spell, "ST", f"State Assessment {subject}", begin).with_columns(
            assessment_id=pl.format(f"ST-{year.school_year}-{subject}-{{}}", grade),
            result_id=pl.format(f"{{}}-{year.school_year}-{subject[0]}", "student_id"), subject_source=pl.lit(code),
            score_type=pl.lit(None, dtype=pl.String),
            reason_not_tested_source=pl.Series(_REASONS).gather(rng.choice(3, len(spell), p=(0.7, 0.12, 0.18))))
        parts.append(part.join(tested.filter(subject_source=code), on="student_id", how="anti", maintain_order="left"))
    return pl.concat(parts)
