"""The tables about places and persons: organisations, calendars, students, demographics, programs, enrolments,
discipline and finance."""

import numpy as np
import polars as pl

from sample_state import codes
from sample_state.district_year import DistrictYear
from sample_state.plan import STATE_ID, STATE_NAME, State
from sample_state.school_days import dates

_BEHAVIORS = ("04704", "04645", "04659", "04635", "09999")
_BEHAVIOR_CHANCES = (0.48, 0.18, 0.22, 0.05, 0.07)
_ACTIONS = ("Other", "InSchoolSuspension", "OutOfSchoolSuspension", "Expulsion")
_ACTION_CHANCES = (0.40, 0.33, 0.265, 0.005)
_MEAN_DAYS = np.array([0.0, 1.6, 3.0, 40.0])

# Fund, function, object (Ed-Fi / NCES account dimensions), name, and US dollars per student.
_ACCOUNTS = (
    ("1", "1000", "100", "Instruction salaries", 5900),
    ("1", "1000", "200", "Instruction benefits", 2100),
    ("1", "2000", "100", "Support services salaries", 2500),
    ("1", "2700", "500", "Student transportation", 640),
    ("2", "1000", "100", "Title I instruction", 420),
    ("2", "3100", "600", "Food services", 560),
    ("4", "5100", "800", "Debt service", 700),
)


def make_organizations(schools: list, districts: list) -> pl.DataFrame:
    """Return one row per district and school given; low_grade and high_grade are set for schools alone."""
    lea_ids = {district.number: district.lea_id for district in districts}
    rows = [(district.lea_id, "LEA", district.name, STATE_ID, None, None) for district in districts]
    rows += [
        (school.school_id, "School", school.name, lea_ids[school.district], codes.GRADE_CODES[school.low],
         codes.GRADE_CODES[school.high])
        for school in schools
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(codes.RECORD_COLUMNS["organizations"], pl.String), orient="row")


def make_state_organizations(state: State) -> pl.DataFrame:
    """Return one row for the state, and one per district and school in it."""
    top = pl.DataFrame([(STATE_ID, "State", STATE_NAME, None, None, None)],
                       schema=dict.fromkeys(codes.RECORD_COLUMNS["organizations"], pl.String), orient="row")
    return pl.concat([top, make_organizations(list(state.schools), list(state.districts))])


def make_calendars(year: DistrictYear) -> pl.DataFrame:
    """Return one row per school and weekday of the school year."""
    schools, days = [school.school_id for school in year.schools], year.calendar.days
    return pl.DataFrame({
        "school_id": np.repeat(schools, len(days)),
        "calendar_date": dates(np.tile(days, len(schools))),
        "calendar_event_source": year.calendar.events * len(schools),
    })


def make_enrollments(year: DistrictYear) -> pl.DataFrame:
    """Return one row per enrolment spell in the district; exit_date and exit_type are null while still enrolled."""
    return year.spells.select(
        "student_id", "school_id",
        entry_date=pl.col("entry").cast(pl.Int32).cast(pl.Date), exit_date=pl.col("exit").cast(pl.Int32).cast(pl.Date),
        grade_level_source=pl.lit(pl.Series(codes.GRADE_CODES)).gather(pl.col("grade")),
        entry_type_source="entry_type", exit_type_source="exit_type",
    )


def list_members(year: DistrictYear) -> pl.DataFrame:
    """Return one row per person enrolled in the district in the year: `person`, all columns of People.persons, and
    the first and last day and the grade of the year."""
    member = year.spells.with_columns(last=pl.Series(year.last_days())).group_by("person", maintain_order=True).agg(
        first=pl.col("entry").min(), last=pl.col("last").max(), grade=pl.col("grade").last())
    persons = year.people.persons[member["person"].to_numpy()]
    return pl.concat([member, persons], how="horizontal").sort("student_id")


def make_students(members: pl.DataFrame) -> pl.DataFrame:
    """Return one row per student: the direct identifiers."""
    return members.select(codes.RECORD_COLUMNS["students"])


def make_demographics(members: pl.DataFrame) -> pl.DataFrame:
    """Return one row per student; yes/no columns hold Yes or No."""
    yes_no = [
        pl.when(flag).then(pl.lit("Yes")).otherwise(pl.lit("No")).alias(f"{flag}_source")
        for flag in ("hispanic_latino", *codes.DEMOGRAPHIC_FLAGS)
    ]
    return members.select("student_id", sex_source="sex", race_source="race").hstack(members.select(yes_no))


def make_programs(year: DistrictYear, members: pl.DataFrame) -> pl.DataFrame:
    """Return one row per student and program; most begin with the student's year, a tenth some weeks later."""
    rng = year.stream("programs")
    high_school = members["grade"].to_numpy() >= 9
    in_program = {
        "04888": members["idea"].to_numpy(), "04928": members["english_learner"].to_numpy(),
        "04967": members["section_504"].to_numpy(), "76000": members["homeless"].to_numpy(),
        "04920": members["migrant"].to_numpy(),
        "04930": year.people.ability[members["person"].to_numpy()] > 1.25,
        "04906": high_school & (rng.random(members.height) < 0.28),
    }
    parts = []
    for code, name in codes.PROGRAM_NAMES.items():
        row = np.flatnonzero(in_program[code])
        first, last = members["first"].to_numpy()[row], members["last"].to_numpy()[row]
        later = np.where(rng.random(len(row)) < 0.1, rng.integers(10, 60, len(row)), 0)
        parts.append(pl.DataFrame({
            "student_id": members["student_id"].gather(row), "begin_date": dates(np.minimum(first + later, last)),
        }).with_columns(program_source=pl.lit(code), program_name=pl.lit(name)))
    return pl.concat(parts).sort("student_id", "program_source").with_columns(
        end_date=pl.lit(None, dtype=pl.Date), org_id=pl.lit(year.district.lea_id),
        service_source=pl.lit(None, dtype=pl.String))


def make_discipline(year: DistrictYear) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return discipline_incidents (one row per incident) and discipline_actions (one row per student and action; one
    incident in eight has a second student). About six actions per hundred students and year, more with need and in the
    middle grades; duration_days are school days."""
    rng = year.stream("discipline")
    grade = year.spells["grade"].to_numpy()
    age = np.interp(grade, [0, 3, 6, 9, 12], [0.15, 0.4, 1.5, 1.7, 0.9])
    need = year.people.need[year.spells["person"].to_numpy()]
    count = rng.poisson(0.038 * age * np.exp(0.45 * need))
    spell = np.repeat(np.arange(year.spells.height), count)
    enrolled = year.membership()[spell]
    day = np.argmax(rng.random(enrolled.shape) * enrolled, axis=1)
    incident = np.arange(len(spell))
    joins = (rng.random(len(spell)) < 0.12) & (incident > 0)
    school = year.spells["school"].to_numpy()[spell]
    same_school = np.append(False, school[1:] == school[:-1])
    joins &= same_school[: len(spell)] & enrolled[incident, _shifted(day)]
    joins &= ~_shifted(joins)
    day = np.where(joins, _shifted(day), day)
    incident = np.where(joins, incident - 1, incident)
    action = rng.choice(len(_ACTIONS), len(spell), p=_ACTION_CHANCES)
    days = np.where(action == 0, 0, 1 + rng.poisson(np.maximum(_MEAN_DAYS[action] - 1, 0)))
    actions = pl.DataFrame({
        "student_id": year.spells["student_id"].gather(spell),
        "action_id": pl.select(pl.format(f"{year.school_year}A{{}}", pl.Series(np.arange(len(spell)) + 1))).to_series(),
        "school_id": year.spells["school_id"].gather(spell),
        "incident_id": pl.select(pl.format(f"{year.school_year}I{{}}", pl.Series(incident + 1))).to_series(),
        "action_date": dates(year.calendar.taught[day]),
        "action_source": pl.Series(_ACTIONS).gather(action),
        "duration_days": days,
    })
    incidents = actions.unique("incident_id", keep="first", maintain_order=True).select(
        "incident_id", "school_id", incident_date="action_date")
    behavior = pl.Series(_BEHAVIORS).gather(rng.choice(len(_BEHAVIORS), incidents.height, p=_BEHAVIOR_CHANCES))
    return incidents.with_columns(behavior_source=behavior), actions


def _shifted(values: np.ndarray) -> np.ndarray:
    """Each value of the row before; zero in the first."""
    before = np.zeros_like(values)
    before[1:] = values[:-1]
    return before


def make_finance(year: DistrictYear) -> pl.DataFrame:
    """Return one row per account of the district's fiscal year; amounts are whole US dollars."""
    rng = year.stream("finance")
    students = year.spells["person"].n_unique()
    rows = [
        (f"{fund}-{function}-{detail}", str(year.school_year), year.district.lea_id, name, fund, function, detail,
         str(round(students * dollars * float(rng.uniform(0.85, 1.2)))))
        for fund, function, detail, name, dollars in _ACCOUNTS
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(codes.RECORD_COLUMNS["finance_accounts"], pl.String), orient="row")
