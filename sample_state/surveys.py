"""Surveys of students, families and teachers: what was asked, of how many, and what they answered, without names."""

import numpy as np
import polars as pl

from sample_state.codes import GRADE_CODES
from sample_state.district_year import DistrictYear
from sample_state.school_days import dates

# survey → (who is asked, share that answers, questions as (item, construct, text)). Answers run from 1 to 5.
_CLIMATE = (("C1", "Belonging", "I feel like I belong at this school."),
            ("C2", "Belonging", "Adults here care about me."),
            ("C3", "School safety", "I feel safe at this school."),
            ("C4", "School safety", "I feel safe on the way to school."))
_FAMILY = (("F1", "School-family engagement", "This school listens to families."),
           ("F2", "School-family engagement", "I know how my child is doing."))
_TEACHER = (("T1", "Curriculum, Assessment and Instruction", "My professional learning is about what I teach."),
            ("T2", "Learning Designs", "I practice what I learn with colleagues."),
            ("T3", "Leadership", "Leaders protect time for professional learning."))
_SURVEYS = (("CLIMATE-STUDENT", "Student", 0.62, _CLIMATE), ("CLIMATE-FAMILY", "Family", 0.18, _FAMILY),
            ("LEARNING-TEACHER", "Teacher", 0.7, _TEACHER))
FAVORABLE = 4
_LOWEST_GRADE = 5


def make_surveys(year: DistrictYear, members: pl.DataFrame, assignments: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return `survey_items`, `survey_administrations` and `survey_responses` of the district's year."""
    items, administrations, responses = [], [], []
    begin = int(year.calendar.taught[110])
    for survey, role, share, questions in _SURVEYS:
        asked = _list_asked(year, role, assignments)
        rng = year.stream(f"survey {survey}")
        answers = np.flatnonzero(rng.random(asked.height) < share)
        school_mood = {school.school_id: rng.normal(0, 0.4) for school in year.schools}
        mood = np.array([school_mood[org_id] for org_id in asked["org_id"].gather(answers)]) + rng.normal(
            0, 0.6, len(answers))
        # A number drawn anew, in no order of persons: nobody can tell from it who answered.
        numbers = rng.permutation(len(answers)) + 1
        for item, construct, text in questions:
            items.append((survey, item, survey.title(), construct, text, FAVORABLE))
            value = np.clip(np.rint(3.7 + mood + rng.normal(0, 0.8, len(answers))), 1, 5).astype(int)
            is_told = rng.random(len(answers)) < 0.97
            responses.append(pl.DataFrame({
                "survey_id": [f"{survey}-{year.school_year}"] * len(answers), "number": numbers,
                "item_id": [item] * len(answers), "org_id": asked["org_id"].gather(answers),
                "respondent_role_source": [role] * len(answers),
                "grade_level_source": asked["grade_level_source"].gather(answers),
                "response_date": dates(np.full(len(answers), begin + 3)), "response_value": value,
            }, schema_overrides={"survey_id": pl.String, "item_id": pl.String, "respondent_role_source": pl.String,
                                 "grade_level_source": pl.String}).filter(pl.Series(is_told)))
        invited = asked.group_by("org_id", maintain_order=True).agg(invited_count=pl.len())
        administrations.append(invited.with_columns(survey_id=pl.lit(survey), respondent_role_source=pl.lit(role)))
    dated = pl.format(f"{{}}-{year.school_year}", "survey_id")
    return {
        "survey_items": pl.DataFrame(items, orient="row", schema=[
            "survey_id", "item_id", "survey_title", "construct", "item_text", "favorable_minimum",
        ]).with_columns(survey_id=dated),
        "survey_administrations": pl.concat(administrations).with_columns(
            survey_id=dated, begin_date=dates(np.array([begin]))[0], end_date=dates(np.array([begin + 14]))[0]),
        "survey_responses": pl.concat(responses).with_columns(
            response_id=pl.format(f"{year.district.lea_id}-{{}}", "number")),
    }


def _list_asked(year: DistrictYear, role: str, assignments: pl.DataFrame) -> pl.DataFrame:
    """One row per person asked: org_id and grade_level_source (null for adults)."""
    if role == "Teacher":
        teachers = assignments.filter(pl.col("classification_source").str.ends_with("Teachers"))
        return teachers.select("org_id", grade_level_source=pl.lit(None, dtype=pl.String))
    spells = year.spells.unique("person", keep="last", maintain_order=True)
    grade = spells["grade"]
    asked = spells.select(org_id="school_id", grade_level_source=pl.Series(GRADE_CODES).gather(grade))
    if role == "Family":
        return asked.with_columns(grade_level_source=pl.lit(None, dtype=pl.String))
    return asked.filter(grade >= _LOWEST_GRADE)
