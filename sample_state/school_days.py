"""School calendars: which weekdays of a school year are instructional days, and what the others are.

Days are counted from 1970-01-01 (`numpy.datetime64[D]` as whole numbers) wherever they are computed with.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from sample_state.plan import State
from sample_state.randomness import stream


@dataclass(frozen=True)
class Calendar:
    """One district's year: every weekday from the first teacher day to the last day of school.

    `days` and `events` (CEDS 000603 codes of the contract) run side by side; `taught` holds the instructional days.
    """

    days: np.ndarray
    events: list[str]
    taught: np.ndarray

    @property
    def spring_begin(self) -> int:
        """The first instructional day of the calendar year in which the school year ends."""
        new_year = np.datetime64(f"{as_date(self.taught[-1]).astype('datetime64[Y]')}-01-01").astype(int)
        return int(self.taught[np.searchsorted(self.taught, new_year)])


def as_date(day: int) -> np.datetime64:
    """The date of a day number."""
    return np.datetime64(int(day), "D")


def dates(days: np.ndarray) -> pl.Series:
    """Day numbers as a column of dates."""
    return pl.Series(np.asarray(days, dtype="int64").astype("datetime64[D]"))


def plan_calendars(state: State, school_year: int) -> list[Calendar]:
    """Return one calendar per district, in order; the school year is named by the spring it ends in."""
    return [_plan_calendar(stream(state.seed, "calendar", school_year, district.lea_id), school_year)
            for district in state.districts]


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> int:
    """The day number of the `nth` (1 = first, -1 = last) `weekday` (0 = Monday) of a month."""
    start = np.datetime64(f"{year:04d}-{month:02d}", "M")
    if nth > 0:
        first = start.astype("datetime64[D]").astype(int)
        return int(first + (weekday - (first + 3) % 7) % 7 + 7 * (nth - 1))
    last = (start + 1).astype("datetime64[D]").astype(int) - 1
    return int(last - ((last + 3) % 7 - weekday) % 7)


def _day(year: int, month: int, day: int) -> int:
    return int(np.datetime64(f"{year:04d}-{month:02d}-{day:02d}", "D").astype(int))


def _days_off(rng: np.random.Generator, year: int) -> dict[int, str]:
    """The weekdays without school: federal holidays everywhere, breaks that differ between districts."""
    fall, spring = year - 1, year
    thanksgiving = nth_weekday(fall, 11, 3, 4)
    holidays = [
        nth_weekday(fall, 9, 0, 1), thanksgiving, thanksgiving + 1, nth_weekday(spring, 1, 0, 3),
        nth_weekday(spring, 2, 0, 3), nth_weekday(spring, 5, 0, -1),
    ]
    if rng.random() < 0.6:
        holidays.append(_day(fall, 11, 11))
    off = dict.fromkeys(holidays, "Holiday")
    if rng.random() < 0.5:
        off[nth_weekday(fall, 10, 0, 2)] = "TeacherOnlyDay"
    if rng.random() < 0.5:
        off[thanksgiving - 1] = "StudentHoliday"
    winter = nth_weekday(fall, 12, 0, 3) + int(rng.integers(0, 4))
    spring_break = nth_weekday(spring, 3, 0, 2) + 7 * int(rng.integers(0, 3))
    for day in [*range(winter, _day(spring, 1, 3)), *range(spring_break, spring_break + 5)]:
        off.setdefault(day, "StudentHoliday")
    for day in (_day(fall, 12, 24), _day(fall, 12, 25), _day(fall, 12, 31), _day(spring, 1, 1)):
        off[day] = "Holiday"
    off[nth_weekday(spring, 1, 4, 4)] = "TeacherOnlyDay"
    for _ in range(int(rng.integers(0, 3))):
        off.setdefault(nth_weekday(spring, 1, int(rng.integers(1, 4)), 3) + 7 * int(rng.integers(0, 4)), "Other")
    return off


def _plan_calendar(rng: np.random.Generator, year: int) -> Calendar:
    off = _days_off(rng, year)
    first = nth_weekday(year - 1, 8, 0, 2) + 7 * int(rng.integers(0, 2)) + int(rng.integers(0, 3))
    length = int(rng.integers(175, 181))
    days, events, taught = [], [], []
    for day in range(first - 4, first):
        if (day + 3) % 7 < 5:
            days.append(day)
            events.append("TeacherOnlyDay")
    day = first
    while len(taught) < length:
        if (day + 3) % 7 < 5:
            event = off.get(day, "InstructionalDay")
            days.append(day)
            events.append(event)
            if event == "InstructionalDay":
                taught.append(day)
        day += 1
    return Calendar(np.array(days), events, np.array(taught))
