"""School buses: routes, who rides them, and when they arrived.

Some routes are late again and again. Their lateness reaches attendance.py, where riders become tardy, so that the
question "does the bus explain the tardies?" has a true answer in the sample.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from sample_state.district_year import DistrictYear
from sample_state.school_days import dates

RIDERS_PER_ROUTE = 38
FIRST_BELL_MINUTE = 8 * 60
# A bus is due this long before the first bell; riders are tardy only when it is later than that.
MINUTES_BEFORE_BELL = 12


@dataclass(frozen=True)
class Buses:
    """The buses of a district's year.

    `routes`: one row per route (route_id, school_id). `rider_route`: for each spell the row of its route in `routes`,
    −1 for who does not ride. `late`: routes by instructional days, minutes late (0 or more).
    """

    routes: pl.DataFrame
    rider_route: np.ndarray
    late: np.ndarray


def first_bells(year: DistrictYear) -> dict[str, int]:
    """Return the minute of the day of each school's first bell."""
    rng = year.stream("bells")
    return {school.school_id: FIRST_BELL_MINUTE + 5 * int(rng.integers(-6, 7)) for school in year.schools}


def clock(minutes: np.ndarray) -> pl.Series:
    """Minutes of the day as `HH:MM` text."""
    minutes = pl.Series(np.asarray(minutes))
    return pl.select(pl.format("{}:{}", (minutes // 60).cast(pl.String).str.zfill(2),
                               (minutes % 60).cast(pl.String).str.zfill(2))).to_series()


def plan_buses(year: DistrictYear) -> Buses:
    """Return the routes, riders and lateness of the year; a rider keeps one route for the spell."""
    rng = year.stream("buses")
    rides = rng.random(year.spells.height) < year.district.bus_share
    school_ids, route_ids = [], []
    rider_route = np.full(year.spells.height, -1)
    at_school = year.spells["school"].to_numpy()
    for school in year.schools:
        riders = np.flatnonzero(rides & (at_school == school.number))
        count = -(-len(riders) // RIDERS_PER_ROUTE)
        if count:
            rider_route[riders] = len(route_ids) + rng.integers(0, count, len(riders))
            route_ids += [f"{school.school_id}-R{number + 1:02d}" for number in range(count)]
            school_ids += [school.school_id] * count
    routes = pl.DataFrame({"route_id": route_ids, "school_id": school_ids},
                          schema={"route_id": pl.String, "school_id": pl.String})
    return Buses(routes, rider_route, _draw_lateness(rng, len(route_ids), len(year.calendar.taught)))


def _draw_lateness(rng: np.random.Generator, routes: int, days: int) -> np.ndarray:
    unreliable = rng.random(routes) < 0.25
    is_late = rng.random((routes, days)) < np.where(unreliable, 0.32, 0.05)[:, None]
    return np.where(is_late, np.ceil(rng.gamma(2.2, 7.0, (routes, days))), 0).astype(int)


def make_bus_runs(year: DistrictYear, buses: Buses) -> pl.DataFrame:
    """Return one row per route and instructional day: scheduled and actual arrival (`HH:MM`; null where the bus was not
    seen or did not run), riders enrolled, the vehicle with its seats, and the miles with and without riders."""
    taught = year.calendar.taught
    enrolled = year.membership()
    rides = buses.rider_route >= 0
    riders = np.zeros((buses.routes.height, len(taught)), dtype=int)
    np.add.at(riders, buses.rider_route[rides], enrolled[rides])
    bells = first_bells(year)
    due = np.array([bells[school_id] - MINUTES_BEFORE_BELL for school_id in buses.routes["school_id"]], dtype=int)
    route = np.repeat(np.arange(buses.routes.height), len(taught))
    gps = year.stream("bus positions").random((2, len(route)))
    is_canceled, is_seen = gps[0] < 0.002, gps[1] >= 0.02
    arrived = pl.Series(is_seen & ~is_canceled)
    miles = 4 + (route * 7) % 19
    return pl.DataFrame({
        "route_id": buses.routes["route_id"].gather(route),
        "school_id": buses.routes["school_id"].gather(route),
        "run_date": dates(np.tile(taught, buses.routes.height)),
        "scheduled_arrival": clock(due[route]),
        "actual_arrival": clock(due[route] + buses.late.ravel()),
        "riders": riders.ravel(),
        "run_period_source": "Morning",
        "run_status_source": np.where(is_canceled, "Canceled", "Scheduled"),
        # A vehicle serves two routes, one after the other where the bells allow it.
        "vehicle_id": pl.select(pl.format("B{}", pl.Series(route // 2 + 1))).to_series(),
        "seats": np.where(route % 5 == 4, 24, 72),
        "miles": miles,
        "deadhead_miles": miles // 3,
    }).with_columns(pl.when(arrived).then("actual_arrival").alias("actual_arrival"))


def make_student_transportation(year: DistrictYear, buses: Buses) -> pl.DataFrame:
    """Return one row per student and route: times of pick-up and drop-off (`HH:MM`), miles, and whether a special
    accommodation is needed."""
    rng = year.stream("pickups")
    rides = np.flatnonzero(buses.rider_route >= 0)
    route = buses.rider_route[rides]
    bells = first_bells(year)
    due = np.array([bells[school_id] for school_id in buses.routes["school_id"]], dtype=int)
    ride = rng.integers(5, 70, len(rides))
    idea = year.people.flag("idea")[year.spells["person"].to_numpy()[rides]]
    return pl.DataFrame({
        "student_id": year.spells["student_id"].gather(rides),
        "route_id": buses.routes["route_id"].gather(route),
        "pickup_time": clock(due[route] - MINUTES_BEFORE_BELL - ride),
        "dropoff_time": clock(due[route] - MINUTES_BEFORE_BELL),
        "ride_miles": np.round(ride * 0.35, 1),
        "is_special_accommodation_source": np.where(idea & (rng.random(len(rides)) < 0.2), "Yes", "No"),
    }).with_columns(org_id=pl.lit(year.district.lea_id)).unique(
        ["student_id", "route_id"], keep="first", maintain_order=True)


def make_bell_times(year: DistrictYear) -> pl.DataFrame:
    """Return one row per school and instructional day: first and last bell (`HH:MM`); Fridays end earlier."""
    taught = year.calendar.taught
    bells = first_bells(year)
    first = np.repeat([bells[school.school_id] for school in year.schools], len(taught))
    day = np.tile(taught, len(year.schools))
    return pl.DataFrame({
        "school_id": np.repeat([school.school_id for school in year.schools], len(taught)),
        "bell_date": dates(day),
        "first_bell": clock(first),
        "last_bell": clock(first + np.where((day + 3) % 7 == 4, 360, 415)),
    })
