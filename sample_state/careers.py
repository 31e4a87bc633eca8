"""What students of career and technical education do beside their courses: work-based learning and credentials."""

import numpy as np
import polars as pl

from sample_state.district_year import DistrictYear
from sample_state.school_days import dates
from sample_state.traits import spread, takes_cte

_KINDS = ("PaidInternship", "JobShadowing", "ClinicalWork", "CooperativeEducation")


def make_career_records(year: DistrictYear) -> dict[str, pl.DataFrame]:
    """Return `work_based_learning` (one row per activity, grades 11 and 12) and `industry_credentials` (one row per
    credential, grade 12) of students who follow a career pathway."""
    last = year.spells.with_row_index("spell").unique("person", keep="last", maintain_order=True)
    person, grade = last["person"].to_numpy(), last["grade"].to_numpy()
    in_pathway = takes_cte(person) & (year.last_days()[last["spell"].to_numpy()] >= int(year.calendar.taught[-1]))
    works = np.flatnonzero(in_pathway & (grade >= 11) & (spread(person, f"works {year.school_year}", 10) < 4))
    earns = np.flatnonzero(in_pathway & (grade == 12) & (spread(person, "earns a credential", 10) < 5))
    begin, end = int(year.calendar.taught[30]), int(year.calendar.taught[150])
    student = last["student_id"]
    return {
        "work_based_learning": pl.DataFrame({
            "student_id": student.gather(works),
            "activity_id": [f"{year.district.lea_id}-W{year.school_year}-{number + 1}" for number in range(len(works))],
            "activity_type_source": pl.Series(_KINDS).gather(spread(person[works], "kind of work", len(_KINDS))),
            "begin_date": dates(np.full(len(works), begin)), "end_date": dates(np.full(len(works), end)),
            "hours": 20 + spread(person[works], "hours of work", 160),
        }, schema_overrides={"activity_id": pl.String}),
        "industry_credentials": pl.DataFrame({
            "student_id": student.gather(earns), "credential_id": ["CNA"] * len(earns),
            "award_date": dates(np.full(len(earns), int(year.calendar.taught[-5]))),
            "credential_name": ["Certified Nursing Assistant"] * len(earns),
            "credential_type_source": ["IndustryCertification"] * len(earns),
        }, schema_overrides={"credential_id": pl.String, "credential_name": pl.String,
                             "credential_type_source": pl.String}),
    }
