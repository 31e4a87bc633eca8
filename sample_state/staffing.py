"""Staff: who works where, who teaches which section, and what professional learning they attended.

A position is held by one person until they leave: each year about one in eight positions changes hands, more often
where disadvantage is high. Staff ids are those of the state, so a teacher's years can be followed.
"""

import numpy as np
import polars as pl

from sample_state.district_year import DistrictYear
from sample_state.learning import make_sections
from sample_state.names import FIRST_NAMES, LAST_NAMES
from sample_state.randomness import stream
from sample_state.school_days import dates

SECTIONS_PER_TEACHER = 5
_TOPICS = ("Reading instruction", "Mathematics routines", "Attendance teams", "English learner supports",
           "Restorative practice", "Exit tickets")
# CEDS 000620: retirement, change of assignment, family or personal relocation, other.
_SEPARATIONS = ("01389", "01391", "01390", "09999")
_FIELDS = ("01166", "13373", "00562", "13374", "13371")
# Turnover is followed back this far, so that the first year written already has long and short tenures.
_FIRST_YEAR = 2005


def make_staffing(year: DistrictYear, rosters: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the year's `staff`, `staff_assignments`, `staff_credentials`, `staff_sections`, `professional_learning`.

    staff: one row per person; staff_assignments: one row per person and position; staff_sections: one row per section
    (its teacher of record); professional_learning: one row per person and session attended.
    """
    sections = make_sections(rosters)
    positions = _list_positions(year, sections)
    hired, staff_ids, leaves = _fill_positions(year, positions)
    positions = positions.with_columns(staff_id=staff_ids, begin_date=hired, leaves=leaves)
    numbers = positions["staff_id"].cast(pl.Int64).to_numpy()
    staff_sections = _assign_sections(year, sections, positions)
    reason = pl.Series(_SEPARATIONS).gather(numbers * 7 % len(_SEPARATIONS))
    assignments = positions.select(
        "staff_id", "org_id", "classification_source", "begin_date",
        end_date=pl.when("leaves").then(pl.lit(int(year.calendar.taught[-1])).cast(pl.Int32).cast(pl.Date)),
        fte=pl.lit("1.0"), separation_reason_source=pl.when("leaves").then(reason),
    )
    return {
        "staff": _describe_people(year, staff_ids, hired),
        "staff_credentials": _make_credentials(year, positions, staff_sections, sections),
        "staff_assignments": assignments,
        "staff_sections": staff_sections,
        "professional_learning": _make_professional_learning(year, positions),
    }


def _list_positions(year: DistrictYear, sections: pl.DataFrame) -> pl.DataFrame:
    """One row per position: org_id, classification_source, position (number within the organisation)."""
    rows = [(year.district.lea_id, "LeaAdministrators", 0)]
    taught = dict(sections.group_by("school_id").len().iter_rows())
    for school in year.schools:
        rows.append((school.school_id, "SchoolAdministrators", 0))
        rows.append((school.school_id, "SchoolCounselors", 1))
        per_teacher = 1 if school.high <= 5 else SECTIONS_PER_TEACHER
        kind = "ElementaryTeachers" if school.high <= 8 else "SecondaryTeachers"
        teachers = max(1, -(-taught.get(school.school_id, 0) // per_teacher))
        rows += [(school.school_id, kind, 2 + number) for number in range(teachers)]
    return pl.DataFrame(rows, schema=["org_id", "classification_source", "position"], orient="row")


def _fill_positions(year: DistrictYear, positions: pl.DataFrame) -> tuple[pl.Series, pl.Series, pl.Series]:
    """When the holder of each position began, their staff id, and whether they leave at the year's end. Follows each
    position year by year since 2005."""
    turnover = 0.08 + 0.10 * year.district.disadvantage
    years = np.arange(_FIRST_YEAR, year.school_year + 1)
    begun, generation = np.zeros(positions.height, dtype=int), np.zeros(positions.height, dtype=int)
    leaves = np.zeros(positions.height, dtype=bool)
    for org_id in positions["org_id"].unique(maintain_order=True):
        mine = np.flatnonzero((positions["org_id"] == org_id).to_numpy())
        for place in mine:
            # One stream per position, so that a school that gains a teacher keeps the others.
            rng = stream(year.state.seed, "position", org_id, int(positions["position"][int(place)]))
            changes = np.flatnonzero(rng.random(len(years)) < turnover)
            # The draw with which the list of next year ends.
            leaves[place] = rng.random() < turnover
            begun[place] = years[changes[-1]] if len(changes) else _FIRST_YEAR
            generation[place] = len(changes)
    hired = pl.Series([f"{begin - 1}-08-01" for begin in begun]).str.to_date()
    ids = pl.select(pl.format(
        "5{}{}{}", positions["org_id"].str.slice(2).str.zfill(8), positions["position"].cast(pl.String).str.zfill(3),
        pl.Series(generation).cast(pl.String).str.zfill(2))).to_series()
    return hired, ids, pl.Series(leaves)


def _describe_people(year: DistrictYear, staff_ids: pl.Series, hired: pl.Series) -> pl.DataFrame:
    rng = stream(year.state.seed, "staff names", year.district.lea_id)
    # One draw per id that can occur would be wasteful; the id itself seeds the pick, so that a name stays with its id.
    numbers = staff_ids.cast(pl.Int64).to_numpy()
    offset = int(rng.integers(1, 10**6))
    first = (numbers * 7919 + offset) % 104_729 % len(FIRST_NAMES)
    last = (numbers * 6007 + offset) % 15_485_863 % len(LAST_NAMES)
    # Hired at an age of 22 to 44.
    born = hired.to_numpy().astype("datetime64[D]").astype(int) - 22 * 366 - (numbers * 104_729 + offset) % (22 * 365)
    return pl.DataFrame({
        "staff_id": staff_ids,
        "first_name": pl.Series(FIRST_NAMES).gather(first),
        "last_name": pl.Series(LAST_NAMES).gather(last),
        "birth_date": dates(born),
        "email": pl.select(pl.format("t{}@schools.example.org", staff_ids)).to_series(),
        "years_of_experience": year.school_year - 1 - hired.dt.year() + numbers * 31 % 9,
    })


def _make_credentials(
    year: DistrictYear, positions: pl.DataFrame, staff_sections: pl.DataFrame, sections: pl.DataFrame
) -> pl.DataFrame:
    """Return one row per teacher's credential: most regular, some provisional or emergency, more so where disadvantage
    is high; a field for those who teach one, seven in eight in what they teach."""
    subjects = sections.select("section_id", "session_name", "subject_source")
    taught = staff_sections.join(subjects, on=["section_id", "session_name"], how="left", maintain_order="left").unique(
        "staff_id", keep="first", maintain_order=True).select("staff_id", taught="subject_source")
    teachers = positions.filter(pl.col("classification_source").str.ends_with("Teachers")).join(
        taught, on="staff_id", how="left", maintain_order="left")
    numbers = teachers["staff_id"].cast(pl.Int64).to_numpy()
    draw = numbers * 48_271 % 1000 / 1000
    irregular = 0.03 + 0.12 * year.district.disadvantage
    kind = np.select([draw < irregular / 2, draw < irregular, draw < irregular + 0.25],
                     ["Emergency", "Provisional", "Professional"], default="Regular")
    other_field = pl.Series(_FIELDS).gather(numbers * 69_621 % len(_FIELDS))
    fields = pl.Series(np.where(numbers * 16_807 % 8 < 7, teachers["taught"].fill_null(other_field), other_field))
    is_elementary = teachers["classification_source"] == "ElementaryTeachers"
    return pl.DataFrame({
        "staff_id": teachers["staff_id"], "credential_type_source": kind, "field": fields,
        "is_elementary": is_elementary, "issue_date": teachers["begin_date"],
    }).with_columns(
        license_number=pl.format("CR-{}", "staff_id"),
        credential_field_source=pl.when("is_elementary").then(pl.lit("09999")).otherwise("field"),
        expiration_date=pl.lit(f"{year.school_year + 2}-06-30"),
    )


def _assign_sections(year: DistrictYear, sections: pl.DataFrame, positions: pl.DataFrame) -> pl.DataFrame:
    teachers = positions.filter(pl.col("classification_source").str.ends_with("Teachers"))
    taught, spring = year.calendar.taught, year.calendar.spring_begin
    fall_end = int(taught[np.searchsorted(taught, spring) - 1])
    fall, spring_name = year.semesters
    seats = teachers.select("org_id", "staff_id", turn=pl.int_range(pl.len()).over("org_id"),
                            teachers=pl.len().over("org_id"))
    return (
        sections.with_columns(order=pl.int_range(pl.len()).over("school_id"))
        .join(seats.select("org_id", "teachers").unique(maintain_order=True), left_on="school_id", right_on="org_id",
              how="left", maintain_order="left")
        # In the order of courses, so that most teach one subject.
        .with_columns(turn=pl.col("order") * pl.col("teachers") // pl.len().over("school_id"))
        .join(seats.select("org_id", "staff_id", "turn"), left_on=["school_id", "turn"], right_on=["org_id", "turn"],
              how="left", maintain_order="left")
        .select(
            "staff_id", "section_id", "school_id", "session_name", "course_id",
            begin_date=pl.when(pl.col("session_name") == spring_name).then(spring).otherwise(int(taught[0]))
            .cast(pl.Int32).cast(pl.Date),
            end_date=pl.when(pl.col("session_name") == fall).then(fall_end).otherwise(int(taught[-1]))
            .cast(pl.Int32).cast(pl.Date),
            position_source=pl.lit("Teacher of Record"),
        )
    )


def _make_professional_learning(year: DistrictYear, positions: pl.DataFrame) -> pl.DataFrame:
    rng = year.stream("professional learning")
    teachers = positions.filter(pl.col("classification_source").str.ends_with("Teachers"))
    topics = rng.permutation(len(_TOPICS))[:4]
    attends = rng.random((teachers.height, len(topics))) < 0.55
    person, session = np.nonzero(attends)
    held = year.calendar.taught[[2, 45, 100, 150]]
    return pl.DataFrame({
        "staff_id": teachers["staff_id"].gather(person),
        "session_id": pl.select(pl.format(f"{year.district.lea_id}-{year.school_year}-PL{{}}",
                                          pl.Series(session + 1))).to_series(),
        "session_date": dates(held[session]),
        "topic": pl.Series(_TOPICS).gather(topics[session]),
        "hours": pl.Series(["3.0", "6.0", "1.5", "2.0"]).gather(session),
        # All but the first session belong together: an activity that lasts.
        "activity_id": pl.select(pl.format(f"{year.district.lea_id}-{year.school_year}-A{{}}",
                                           pl.Series(np.array([1, 2, 2, 2])[session]))).to_series(),
        "content_focus_source": pl.Series(["Other", "AdoptedCurriculum", "AdoptedCurriculum", "LearningAgenda"])
        .gather(session),
    }).with_columns(org_id=pl.lit(year.district.lea_id)).unique(
        ["staff_id", "session_id"], keep="first", maintain_order=True)
