"""Daily attendance: who was absent, tardy or left early, and (for those who send it) who was present.

A student's chance of absence is their own (students.People.absence) with the grade, the season and the bus on top, so
that chronic absence is uneven, as it is: about one student in five at 10 % of days or more.
"""

import numpy as np
import polars as pl

from sample_state.buses import MINUTES_BEFORE_BELL, Buses
from sample_state.district_year import DistrictYear
from sample_state.school_days import dates

STATUSES = ("Present", "ExcusedAbsence", "UnexcusedAbsence", "Tardy", "EarlyDeparture")
_PRESENT, _EXCUSED, _UNEXCUSED, _TARDY, _EARLY = range(5)

# Log odds added for kindergarten to grade 12: high at both ends, lowest in grades 3 to 5.
_GRADE_EFFECT = np.array([0.30, 0.12, 0.04, 0.0, 0.0, 0.0, 0.05, 0.10, 0.16, 0.30, 0.34, 0.38, 0.46])


def make_attendance(year: DistrictYear, buses: Buses, *, sends_present: bool) -> pl.DataFrame:
    """Return one row per spell and instructional day with something to report; every day when `sends_present`.

    absent_fraction is 1 or 0.5 for absences and null otherwise; minutes_late is set for tardies alone.
    """
    rng = year.stream("attendance")
    person = year.spells["person"].to_numpy()
    enrolled = year.membership()
    status = _draw_statuses(rng, year, person)
    minutes = np.where(status == _TARDY, rng.integers(3, 35, status.shape), 0)
    _delay_riders(rng, buses, status, minutes)
    reported = enrolled if sends_present else enrolled & (status != _PRESENT)
    spell, day = np.nonzero(reported)
    kind, late = status[spell, day], minutes[spell, day]
    absent = (kind == _EXCUSED) | (kind == _UNEXCUSED)
    half = rng.random(len(spell)) < 0.06
    frame = pl.DataFrame({
        "student_id": year.spells["student_id"].gather(spell),
        "school_id": year.spells["school_id"].gather(spell),
        "attendance_date": dates(year.calendar.taught[day]),
        "attendance_status_source": pl.Series(STATUSES).gather(kind),
        "absent_fraction": pl.Series(np.where(half, "0.5", "1")),
        "minutes_late": pl.Series(late),
        "absent": absent,
    })
    return frame.with_columns(
        pl.when("absent").then("absent_fraction").alias("absent_fraction"),
        pl.when(pl.col("minutes_late") > 0).then("minutes_late").alias("minutes_late"),
    ).drop("absent")


def _draw_statuses(rng: np.random.Generator, year: DistrictYear, person: np.ndarray) -> np.ndarray:
    """Spells by days: the index in STATUSES, before the bus is taken into account."""
    taught = year.calendar.taught
    month = taught.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12
    weekday = (taught + 3) % 7
    # Winter illness, and the edges of the week.
    season = np.where(np.isin(month, [11, 0, 1]), 0.22, -0.06) + np.where(np.isin(weekday, [0, 4]), 0.14, -0.08)
    odds = year.people.absence[person] + _GRADE_EFFECT[year.spells["grade"].to_numpy()]
    chance = 1 / (1 + np.exp(-(odds[:, None] + season[None, :])))
    draw = rng.random(chance.shape, dtype=np.float32)
    unexcused_share = np.clip(0.42 + 0.10 * year.people.need[person], 0.1, 0.9)[:, None]
    tardy_edge = chance + (0.012 + 0.25 * np.minimum(chance, 0.2))
    status = np.full(chance.shape, _PRESENT, dtype=np.int8)
    status[draw < tardy_edge + 0.004] = _EARLY
    status[draw < tardy_edge] = _TARDY
    status[draw < chance] = _EXCUSED
    status[draw < chance * unexcused_share] = _UNEXCUSED
    return status


def _delay_riders(rng: np.random.Generator, buses: Buses, status: np.ndarray, minutes: np.ndarray) -> None:
    """Make most riders of a bus that came after the bell tardy (changes `status` and `minutes`)."""
    riders = np.flatnonzero(buses.rider_route >= 0)
    after_bell = buses.late[buses.rider_route[riders]] - MINUTES_BEFORE_BELL
    tardy = (after_bell > 0) & (status[riders] == _PRESENT) & (rng.random(after_bell.shape) < 0.8)
    rows, days = np.nonzero(tardy)
    status[riders[rows], days] = _TARDY
    minutes[riders[rows], days] = after_bell[rows, days]
