"""The tables about places and persons: organisations, calendars, students, demographics, programs, enrolments,
discipline and finance."""

import numpy as np
import polars as pl

from sample_state import codes
from sample_state.district_year import DistrictYear
from sample_state.plan import STATE_ID, STATE_NAME, State
from sample_state.school_days import dates
from sample_state.traits import identified, last_el_year, name_disability, name_environment, takes_cte

_BEHAVIORS = ("04704", "04645", "04659", "04635", "09999")
_BEHAVIOR_CHANCES = (0.48, 0.18, 0.22, 0.05, 0.07)
_ACTIONS = ("Other", "InSchoolSuspension", "OutOfSchoolSuspension", "Expulsion")
_ACTION_CHANCES = (0.40, 0.33, 0.265, 0.005)
_MEAN_DAYS = np.array([0.0, 1.6, 3.0, 40.0])

# Fund, function, object (Ed-Fi / NCES account dimensions), name, where the money came from, US dollars per student.
_ACCOUNTS = (
    ("1", "1000", "100", "Instruction salaries", "State", 5900),
    ("1", "1000", "200", "Instruction benefits", "Local", 2100),
    ("1", "2000", "100", "Support services salaries", "Local", 2500),
    ("1", "2700", "500", "Student transportation", "State", 640),
    ("2", "1000", "100", "Title I instruction", "Federal", 420),
    ("2", "3100", "600", "Food services", "Federal", 560),
    ("1", "3300", "100", "Community services", "Local", 60),
    ("3", "4000", "700", "Facilities acquisition", "Local", 450),
    ("4", "5100", "800", "Debt service", "Local", 700),
)


def make_organizations(schools: list, districts: list) -> pl.DataFrame:
    """Return one row per district and school given; low_grade and high_grade are set for schools alone."""
    lea_ids = {district.number: district.lea_id for district in districts}
    rows = [(district.lea_id, "LEA", district.name, STATE_ID, None, None, "Open", None) for district in districts]
    rows += [
        (school.school_id, "School", school.name, lea_ids[school.district], codes.GRADE_CODES[school.low],
         codes.GRADE_CODES[school.high], "Open", None)
        for school in schools
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(codes.RECORD_COLUMNS["organizations"], pl.String), orient="row")


def make_state_organizations(state: State) -> pl.DataFrame:
    """Return one row for the state, and one per district and school in it."""
    top = pl.DataFrame([(STATE_ID, "State", STATE_NAME, None, None, None, None, None)],
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
    person = member["person"].to_numpy()
    persons = year.people.persons[person]
    # Who has attained proficiency in English is an English learner no more.
    still_learns = pl.Series(last_el_year(year.people, person) >= year.school_year)
    persons = persons.with_columns(pl.col("english_learner") & still_learns)
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
        "04906": high_school & takes_cte(members["person"].to_numpy()),
    }
    parts = []
    for code, name in codes.PROGRAM_NAMES.items():
        row = np.flatnonzero(in_program[code])
        first, last = members["first"].to_numpy()[row], members["last"].to_numpy()[row]
        later = np.where(rng.random(len(row)) < 0.1, rng.integers(10, 60, len(row)), 0)
        begin = np.minimum(first + later, last)
        end = np.full(len(row), -1)
        person = members["person"].to_numpy()[row]
        if code in _LIFELONG:
            begin = np.minimum(begin, _identified_on(year, person, _LIFELONG[code]))
        if code == "04928":
            end = np.where(last_el_year(year.people, person) == year.school_year, last, -1)
        parts.append(pl.DataFrame({
            "student_id": members["student_id"].gather(row), "begin_date": dates(begin), "end": end,
            "end_date": dates(end),
        }).with_columns(program_source=pl.lit(code), program_name=pl.lit(name)))
    return pl.concat(parts).sort("student_id", "program_source").with_columns(
        end_date=pl.when(pl.col("end") >= 0).then("end_date"), org_id=pl.lit(year.district.lea_id),
        service_source=pl.lit(None, dtype=pl.String))


# Programs one stays in from year to year: they begin on the day of identification, not anew each August.
_LIFELONG = {"04888": "idea", "04928": "english_learner"}


def _identified_on(year: DistrictYear, person: np.ndarray, label: str) -> np.ndarray:
    """The day number of the first of August before the school year in which each was identified: before any school
    opens, so that it is the earlier date in every year's file."""
    found = identified(year.people, person, label)
    return np.array([np.datetime64(f"{int(each) - 1}-08-01", "D").astype(int) for each in found], dtype=int)


def make_idea_eligibilities(year: DistrictYear, members: pl.DataFrame) -> pl.DataFrame:
    """Return one row per student served under IDEA; disability and environment stay with the student."""
    served = members.filter("idea")
    person = served["person"].to_numpy()
    begin = np.minimum(_identified_on(year, person, "idea"), served["first"].to_numpy())
    return pl.DataFrame({
        "student_id": served["student_id"], "begin_date": dates(begin),
        "primary_disability_source": pl.Series(name_disability(person), dtype=pl.String),
        "educational_environment_source": pl.Series(name_environment(person), dtype=pl.String),
    }).with_columns(end_date=pl.lit(None, dtype=pl.Date))


def make_incident_participations(year: DistrictYear, incidents: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Return one row per student and incident: those an action was taken towards, and a victim in one incident of
    ten."""
    done = actions.select("student_id", "incident_id").unique(maintain_order=True).join(
        incidents, on="incident_id", how="left", maintain_order="left")
    done = done.with_columns(participation_source=pl.lit("Perpetrator"))
    rng = year.stream("victims")
    hurt = incidents.filter(pl.Series(rng.random(incidents.height) < 0.1))
    others = year.spells.select("student_id", "school_id").unique("school_id", keep="last", maintain_order=True)
    victims = hurt.join(others, on="school_id", how="inner", maintain_order="left").join(
        done.select("student_id", "incident_id"), on=["student_id", "incident_id"], how="anti", maintain_order="left")
    columns = codes.RECORD_COLUMNS["incident_participations"]
    victims = victims.with_columns(participation_source=pl.lit("Victim"))
    return pl.concat([done.select(columns), victims.select(columns)])


def make_restraint_events(year: DistrictYear, members: pl.DataFrame) -> pl.DataFrame:
    """Return one row per restraint or seclusion: rare, and nearly always of a student with a disability."""
    rng = year.stream("restraint")
    rate = np.where(members["idea"].to_numpy(), 0.03, 0.001)
    row = np.repeat(np.arange(members.height), rng.poisson(rate))
    schools = year.spells.unique("person", keep="last").select("person", "school_id")
    at = members.select("person").join(schools, on="person", how="left", maintain_order="left")["school_id"]
    first, last = members["first"].to_numpy()[row], members["last"].to_numpy()[row]
    kinds = pl.Series(["PhysicalRestraint", "Seclusion", "MechanicalRestraint"])
    return pl.DataFrame({
        "student_id": members["student_id"].gather(row), "school_id": at.gather(row),
        "event_id": pl.select(pl.format(f"{year.school_year}R{{}}", pl.Series(np.arange(len(row)) + 1))).to_series(),
        "event_date": dates(first + (rng.random(len(row)) * (last - first)).astype(int)),
        "restraint_type_source": kinds.gather(rng.choice(3, len(row), p=(0.6, 0.36, 0.04))),
        "duration_minutes": rng.integers(2, 40, len(row)),
    })


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
    """Return one row per account and organization of the district's fiscal year; amounts are whole US dollars."""
    rng = year.stream("finance")
    students = year.spells["person"].n_unique()
    at_school = dict(year.spells.group_by("school_id").agg(pl.col("person").n_unique()).iter_rows())
    rows = []
    for fund, function, detail, name, funding, dollars in _ACCOUNTS:
        # Instruction is spent at schools, the rest by the district.
        places = at_school if function == "1000" else {year.district.lea_id: students}
        for org_id, count in sorted(places.items()):
            amount = str(round(count * dollars * float(rng.uniform(0.85, 1.2))))
            rows.append((f"{fund}-{function}-{detail}", str(year.school_year), org_id, name, fund, function, detail,
                         amount, "Expenditure", funding))
    for name, funding, dollars in (("State aid", "State", 6400), ("Property tax", "Local", 5900),
                                   ("Federal grants", "Federal", 980)):
        rows.append((f"R-{funding}", str(year.school_year), year.district.lea_id, name, "1", None, None,
                     str(round(students * dollars)), "Revenue", funding))
    return pl.DataFrame(rows, schema=dict.fromkeys(codes.RECORD_COLUMNS["finance_accounts"], pl.String), orient="row")
