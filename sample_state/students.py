"""The students of the state: who they are, and where each stands at the start of a school year.

`People` grows from year to year: a person keeps their row number (and so their ids, birth date and latent traits) for
life. Only the standing (district, school, grade, here or gone) changes, in movement.py.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from sample_state.codes import DEMOGRAPHIC_FLAGS, RACES
from sample_state.names import name_people
from sample_state.plan import STATE_ID, State
from sample_state.randomness import stream
from sample_state.school_days import as_date

_HISPANIC_RACES = np.array([0.05, 0.01, 0.06, 0.005, 0.82, 0.055])


@dataclass
class People:
    """Every person who was ever a student.

    `persons`: one row per person: identifiers, birth_date, sex, race, hispanic_latino and the yes/no flags of
    codes.DEMOGRAPHIC_FLAGS (booleans). The arrays run beside it: `need` (standard normal plus hardship) drives
    mobility, discipline and drop-out, `ability` (standard normal) scores, `absence` (log odds of being absent on a day)
    attendance. `district`, `school` (numbers) and `grade` (0–12) are where the person is; `here` is false once gone.
    `admitted` is the school year in which they were first seen.
    """

    persons: pl.DataFrame = field(default_factory=pl.DataFrame)
    need: np.ndarray = field(default_factory=lambda: np.empty(0))
    ability: np.ndarray = field(default_factory=lambda: np.empty(0))
    absence: np.ndarray = field(default_factory=lambda: np.empty(0))
    district: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))
    school: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))
    grade: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))
    here: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=bool))
    is_new: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=bool))
    admitted: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))

    def flag(self, name: str) -> np.ndarray:
        """One yes/no flag as an array of booleans."""
        return self.persons[name].to_numpy()


def admit(people: People, state: State, *, district: np.ndarray, grade: np.ndarray, school_year: int) -> None:
    """Add one person per element of `district` (numbers) and `grade`, enrolled from the start of `school_year`."""
    count, first = len(district), len(people.here)
    rng = stream(state.seed, "people", school_year)
    ids = pl.Series(np.arange(first, first + count)).cast(pl.String).str.zfill(8)
    ids = pl.select(pl.format("{}{}", pl.lit(STATE_ID), ids)).to_series().alias("student_id")
    flags = _draw_flags(rng, state, district, grade)
    persons = pl.concat(
        [
            ids.to_frame(),
            name_people(rng, ids),
            _birth_dates(rng, grade, school_year).to_frame(),
            pl.Series("sex", np.where(rng.random(count) < 0.513, "Male", "Female")).to_frame(),
            _draw_races(rng, state, district),
            pl.DataFrame(flags),
        ],
        how="horizontal",
    )
    hardship = 0.7 * flags["economic_disadvantage"] + 0.6 * flags["homeless"] + 0.5 * flags["foster"]
    need = rng.normal(size=count) + hardship
    people.persons = persons if first == 0 else pl.concat([people.persons, persons])
    people.need = np.append(people.need, need)
    people.ability = np.append(people.ability, _draw_ability(rng, flags))
    people.absence = np.append(people.absence, _draw_absence(rng, flags, need))
    people.district = np.append(people.district, district)
    people.grade = np.append(people.grade, grade)
    people.school = np.append(people.school, choose_schools(rng, state, district, grade))
    people.here = np.append(people.here, np.ones(count, dtype=bool))
    people.is_new = np.append(people.is_new, np.ones(count, dtype=bool))
    people.admitted = np.append(people.admitted, np.full(count, school_year))


def choose_schools(rng: np.random.Generator, state: State, district: np.ndarray, grade: np.ndarray) -> np.ndarray:
    """Return for each person the number of a school of their district that teaches their grade."""
    chosen = np.zeros(len(district), dtype=int)
    cell = district * 13 + grade
    order = np.argsort(cell, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(cell[order])) + 1):
        if len(group):
            schools, chances = state.choices(int(district[group[0]]), int(grade[group[0]]))
            chosen[group] = rng.choice(schools, size=len(group), p=chances)
    return chosen


def _birth_dates(rng: np.random.Generator, grade: np.ndarray, school_year: int) -> pl.Series:
    """Five years old by 1 September of the kindergarten year; one in twenty is a year older than their class."""
    cutoff = as_date(0).astype("datetime64[Y]") + (school_year - 1 - 1970) - 6 - grade
    first = cutoff.astype("datetime64[D]").astype(int) + 244
    older = np.where(rng.random(len(grade)) < 0.05, 365, 0)
    days = first + rng.integers(0, 365, len(grade)) - older
    return pl.Series("birth_date", days.astype("datetime64[D]"))


def _draw_flags(
    rng: np.random.Generator, state: State, district: np.ndarray, grade: np.ndarray
) -> dict[str, np.ndarray]:
    poverty = np.array([place.disadvantage for place in state.districts])[district]
    learners = np.array([place.english_learners for place in state.districts])[district]
    draw = rng.random((len(DEMOGRAPHIC_FLAGS), len(district)))
    poor = draw[0] < poverty
    hardship = np.where(poor, 1.7, 0.3)
    chances = {
        "economic_disadvantage": poverty,
        "english_learner": learners * np.where(grade <= 5, 1.35, 0.7) * np.where(poor, 1.25, 0.7),
        "idea": np.where(grade == 0, 0.10, 0.145) * np.where(poor, 1.12, 0.88),
        "section_504": np.full(len(district), 0.024),
        "homeless": 0.024 * hardship,
        "migrant": 0.006 * hardship,
        "foster": 0.005 * hardship,
        "military_connected": np.full(len(district), 0.02),
    }
    flags = {name: draw[row] < chances[name] for row, name in enumerate(DEMOGRAPHIC_FLAGS)}
    # A student served under IDEA has no separate Section 504 plan.
    flags["section_504"] &= ~flags["idea"]
    return flags


def _draw_races(rng: np.random.Generator, state: State, district: np.ndarray) -> pl.DataFrame:
    """race: CEDS codes, joined with `|` for two races; hispanic_latino: boolean. Mixes differ between districts."""
    cumulative = np.cumsum([place.race_mix for place in state.districts], axis=1)[district]
    group = (rng.random((len(district), 1)) > cumulative[:, :-1]).sum(axis=1)
    hispanic = group == 6
    own = rng.choice(6, size=len(district), p=_HISPANIC_RACES / _HISPANIC_RACES.sum())
    group = np.where(hispanic, own, group)
    first, second = rng.integers(0, 4, len(district)), 4
    several = [f"{RACES[index]}|{RACES[second]}" for index in range(4)]
    names = np.array([*RACES, *several])
    return pl.DataFrame({"race": names[np.where(group == 5, 5 + first, group)], "hispanic_latino": hispanic})


def _draw_ability(rng: np.random.Generator, flags: dict[str, np.ndarray]) -> np.ndarray:
    return (
        rng.normal(0.0, 0.9, len(flags["idea"]))
        - 0.45 * flags["economic_disadvantage"] - 0.5 * flags["idea"] - 0.5 * flags["english_learner"]
        - 0.25 * flags["homeless"]
    )


def _draw_absence(rng: np.random.Generator, flags: dict[str, np.ndarray], need: np.ndarray) -> np.ndarray:
    return (
        rng.normal(-3.24, 0.55, len(need)) + 0.22 * need + 0.22 * flags["economic_disadvantage"]
        + 0.45 * flags["homeless"] + 0.15 * flags["idea"] + 0.15 * flags["foster"]
    )
