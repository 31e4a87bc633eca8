"""Enrolment through a school year and from one year to the next: entries, moves, exits, promotion, graduation.

A spell is an unbroken enrolment of one person at one school. A student who changes district keeps their state id, so
that two districts' files speak of the same person.
"""

import numpy as np
import polars as pl

from sample_state import codes
from sample_state.plan import State
from sample_state.randomness import stream
from sample_state.school_days import Calendar
from sample_state.students import People, admit, choose_schools
from sample_state.traits import is_newcomer

# What happens to a student during a year: (name, yearly chance for someone of average need, how strongly need raises
# it, lowest grade). Chances sum to about 13 %, the size of within-year mobility in state reports.
_EVENTS = (
    ("arrives_late", 0.030, 0.3, 0),
    ("moves_within", 0.030, 0.5, 0),
    ("moves_between", 0.032, 0.5, 0),
    ("leaves_state", 0.014, 0.2, 0),
    ("goes_private", 0.004, -0.5, 0),
    ("goes_home_school", 0.005, 0.0, 0),
    ("goes_abroad", 0.002, 0.0, 0),
    ("pauses", 0.006, 0.5, 0),
    ("drops_out", 0.022, 0.9, 9),
)
_FINAL_EXITS = {
    "leaves_state": codes.EXIT_OTHER_STATE,
    "goes_private": codes.EXIT_PRIVATE,
    "goes_home_school": codes.EXIT_HOME_SCHOOL,
    "goes_abroad": codes.EXIT_ABROAD,
    "drops_out": codes.EXIT_DROPPED_OUT,
}
_STAYS = len(_EVENTS)


def start_population(state: State, school_year: int) -> People:
    """Return the people enrolled at the start of the first year, each district at its planned size."""
    people = People()
    rng = stream(state.seed, "start")
    district = np.repeat(np.arange(len(state.districts)), [place.size for place in state.districts])
    admit(people, state, district=district, grade=rng.integers(0, 13, len(district)), school_year=school_year)
    return people


def enrol(people: People, state: State, calendars: list[Calendar], school_year: int) -> pl.DataFrame:
    """Return the year's spells and move `people` to where the year leaves them.

    One row per spell: person (row in `people`), district, school, grade, entry and exit (day numbers; exit null while
    still enrolled at the year's end), entry_type and exit_type (CEDS codes; exit_type null with exit).
    """
    rng = stream(state.seed, "movement", school_year)
    person = np.flatnonzero(people.here)
    home, grade = people.district[person], people.grade[person]
    school = people.school[person]
    taught = [calendar.taught for calendar in calendars]
    event = _draw_events(rng, people.need[person], grade)
    event = _rule_out_impossible_moves(event, state, home, grade)
    is_event = {name: event == number for number, (name, *_) in enumerate(_EVENTS)}
    lengths = np.array([len(days) for days in taught])[home]
    turn = (rng.uniform(0.08, 0.9, len(person)) * lengths).astype(int)
    late = is_event["arrives_late"]
    entry = _on_day(taught, home, np.where(late, turn, 0))
    is_first = people.is_new[person] & ((grade == 0) | is_newcomer(people, person, school_year))
    starts = np.where(is_first, codes.ENTRY_FIRST_EVER, codes.ENTRY_YEAR_START)
    entry_type = np.where(late, codes.ENTRY_OTHER_STATE, starts)
    target, target_school = _destinations(rng, state, is_event, home, school, grade)
    gap = np.where(is_event["pauses"], rng.integers(15, 45, len(person)), rng.geometric(0.35, len(person)))
    back = is_event["moves_within"] | is_event["moves_between"] | is_event["pauses"]
    exit_type = _name_exits(is_event)
    leaving = exit_type != ""
    left = _on_day(taught, home, turn)
    returned = _first_taught_after(taught, target, left + gap)
    comes_back = back & (returned > 0)

    ends = _finish_grade_twelve(rng, people, person, grade, ~leaving | comes_back)
    # A move in the last weeks has no second spell this year, but the student is there when the next one opens.
    last_home = np.where(back, target, home)
    last_day = np.array([days[-1] for days in taught])[last_home]
    first = _spells(person, home, school, grade, entry, entry_type,
                    np.where(leaving, left, last_day), exit_type, leaving)
    second_type = np.where(is_event["moves_within"], codes.ENTRY_SAME_LEA, codes.ENTRY_OTHER_LEA)
    second_type = np.where(is_event["pauses"], codes.ENTRY_RETURN, second_type)
    second = _spells(person, target, target_school, grade, returned, second_type, last_day, exit_type,
                     np.zeros(len(person), dtype=bool)).filter(pl.Series(comes_back))
    people.district[person], people.school[person] = last_home, target_school
    people.here[person] = (~leaving | back) & ~np.isin(ends, [codes.EXIT_GRADUATED, codes.EXIT_NO_DIPLOMA])
    spells = pl.concat([first, second]).with_columns(is_last=pl.col("entry") == pl.col("entry").max().over("person"))
    return _close_grade_twelve(spells, person, ends, last_day).sort("district", "school", "person", "entry")


def promote(people: People, state: State, school_year: int) -> None:
    """Open `school_year`: promote or retain who is here, let some move house over the summer, admit newcomers.

    Kindergarten is refilled and newcomers of all grades arrive, so that the state keeps its planned size.
    """
    rng = stream(state.seed, "promotion", school_year)
    people.is_new[:] = False
    person = np.flatnonzero(people.here)
    grade = people.grade[person]
    repeats = rng.random(len(person)) < np.where(grade == 9, 0.05, 0.012) * np.exp(0.5 * people.need[person])
    # A twelfth-grader who is still here has not finished, and repeats.
    new_grade = np.where(repeats | (grade == 12), grade, grade + 1)
    moves_house = rng.random(len(person)) < 0.025
    sizes = np.array([place.size for place in state.districts], dtype=float)
    home = np.where(moves_house, rng.choice(len(sizes), len(person), p=sizes / sizes.sum()), people.district[person])
    low = np.array([school.low for school in state.schools])[people.school[person]]
    high = np.array([school.high for school in state.schools])[people.school[person]]
    changes = (home != people.district[person]) | (new_grade < low) | (new_grade > high)
    school = people.school[person].copy()
    school[changes] = choose_schools(rng, state, home[changes], new_grade[changes])
    people.grade[person], people.district[person], people.school[person] = new_grade, home, school
    _admit_newcomers(rng, people, state, school_year)


def _admit_newcomers(rng: np.random.Generator, people: People, state: State, school_year: int) -> None:
    present = people.here
    districts, grades = [], []
    for place in state.districts:
        size_now = int((present & (people.district == place.number)).sum())
        kindergarten = max(1, round(place.size / 13))
        others = max(0, place.size - size_now - kindergarten)
        districts.append(np.full(kindergarten + others, place.number))
        grades.append(np.append(np.zeros(kindergarten, dtype=int), rng.integers(1, 12, others)))
    admit(people, state, district=np.concatenate(districts), grade=np.concatenate(grades), school_year=school_year)


def _name_exits(is_event: dict[str, np.ndarray]) -> np.ndarray:
    """The exit type of everyone who leaves a school during the year, '' for who does not."""
    exits = {"moves_within": codes.EXIT_SAME_LEA, "moves_between": codes.EXIT_OTHER_LEA,
             "pauses": codes.EXIT_HOME_SCHOOL, **_FINAL_EXITS}
    return np.select([is_event[name] for name in exits], list(exits.values()), default="")


def _draw_events(rng: np.random.Generator, need: np.ndarray, grade: np.ndarray) -> np.ndarray:
    """The number of what happens to each student (index in _EVENTS, _STAYS for nothing)."""
    chances = np.stack([
        np.where(grade >= lowest, chance * np.exp(slope * need - slope**2 * 0.6 - slope * 0.35), 0.0)
        for _, chance, slope, lowest in _EVENTS
    ])
    return (rng.random(len(need)) > np.cumsum(chances, axis=0)).sum(axis=0)


def _rule_out_impossible_moves(event: np.ndarray, state: State, home: np.ndarray, grade: np.ndarray) -> np.ndarray:
    """Who cannot move stays: a move within a district needs a second school for the grade, one between districts a
    second district."""
    schools = np.array([[len(state.choices(place.number, taught)[0]) for taught in range(13)]
                        for place in state.districts])
    within, between = 1, 2
    event = np.where((event == within) & (schools[home, grade] < 2), _STAYS, event)
    return np.where((event == between) & (len(state.districts) < 2), _STAYS, event)


def _destinations(rng, state, is_event, home, school, grade) -> tuple[np.ndarray, np.ndarray]:
    """District and school after a move (the same as before for who does not move)."""
    sizes = np.array([place.size for place in state.districts], dtype=float)
    target, between = home.copy(), is_event["moves_between"]
    drawn = rng.choice(len(sizes), len(home), p=sizes / sizes.sum())
    # Whoever drew their own district goes to the next one: still another district, still nearly by size.
    drawn = np.where(drawn == home, (drawn + 1) % len(sizes), drawn)
    target[between] = drawn[between]
    new_school = school.copy()
    new_school[between] = choose_schools(rng, state, target[between], grade[between])
    for index in np.flatnonzero(is_event["moves_within"]):
        taught_in, _ = state.choices(int(home[index]), int(grade[index]))
        new_school[index] = rng.choice(taught_in[taught_in != school[index]])
    return target, new_school


def _on_day(taught: list[np.ndarray], district: np.ndarray, position: np.ndarray) -> np.ndarray:
    """The day number of the instructional day at a position in each one's district calendar."""
    table = np.stack([np.pad(days, (0, 200 - len(days)), mode="edge") for days in taught])
    return table[district, position]


def _first_taught_after(taught: list[np.ndarray], district: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The first instructional day after `day` in each one's district, 0 when the year is over by then."""
    found = np.zeros(len(day), dtype=int)
    for number in np.unique(district):
        mine = district == number
        place = np.searchsorted(taught[number], day[mine], side="right")
        found[mine] = np.append(taught[number], 0)[place]
    return found


def _finish_grade_twelve(rng, people: People, person, grade, stays) -> np.ndarray:
    """The exit type of each twelfth-grader who finishes, '' for all others."""
    chance = 1 / (1 + np.exp(-(2.6 + 0.5 * people.ability[person] - 0.45 * people.need[person])))
    draw = rng.random(len(person))
    graduates = stays & (grade == 12) & (draw < chance)
    no_diploma = stays & (grade == 12) & ~graduates & (draw > 1 - (1 - chance) * 0.35)
    return np.where(graduates, codes.EXIT_GRADUATED, np.where(no_diploma, codes.EXIT_NO_DIPLOMA, ""))


def _spells(person, district, school, grade, entry, entry_type, exit_day, exit_type, leaves) -> pl.DataFrame:
    frame = pl.DataFrame({
        "person": person, "district": district, "school": school, "grade": grade, "entry": entry,
        "exit": exit_day, "entry_type": entry_type, "exit_type": exit_type, "leaves": leaves,
    })
    return frame.with_columns(
        pl.when("leaves").then("exit").alias("exit"), pl.when("leaves").then("exit_type").alias("exit_type")
    ).drop("leaves")


def _close_grade_twelve(spells: pl.DataFrame, person, ends, last_day) -> pl.DataFrame:
    """Close the last spell of everyone who finishes grade twelve on the last day of school."""
    finish = pl.DataFrame({"person": person, "end_type": ends, "end_day": last_day})
    closes = pl.col("is_last") & (pl.col("end_type") != "")
    return (
        spells.join(finish, on="person", how="left", maintain_order="left")
        .with_columns(
            pl.when(closes).then("end_day").otherwise("exit").alias("exit"),
            pl.when(closes).then("end_type").otherwise("exit_type").alias("exit_type"),
        )
        .drop("is_last", "end_type", "end_day")
    )
