"""The default calendar: days of school for schools whose sender tells none that could be used."""

import datetime as dt

import polars as pl

from intake.record_types import RECORD_TYPES
from intake.sources import Calendar, Source

MIN_INSTRUCTIONAL_DAYS = 30
"""Fewer instructional days than this are no calendar of a school year (every state's law asks for 150 or more) but a
sample or a remnant, as in Ed-Fi's own Grand Bend data, which has two."""

CALENDAR_FILE = "sources.yml"
"""What the added rows name as their source file."""


def fill_calendar(tables: dict[str, pl.DataFrame], source: Source, school_year: int) -> dict[str, pl.DataFrame]:
    """Return the tables with calendar rows added for each school that has no usable calendar of its own.

    The schools are those of the delivery's organizations, or if it has none, those of its enrollments. A date the
    sender did give stays as given. Added rows have `source_file` "sources.yml" and count up in `source_row`. Without a
    calendar in the sources file for the year, the tables come back as they were.
    """
    calendar = source.calendar.get(school_year)
    given = tables.get("calendars", _empty_calendar())
    instructional = given.filter(pl.col("calendar_event_code") == "InstructionalDay")
    days = instructional.group_by("school_id").agg(pl.col("calendar_date").n_unique().alias("days"))
    served = set(days.filter(pl.col("days") >= MIN_INSTRUCTIONAL_DAYS)["school_id"])
    needy = [school for school in _list_schools(tables) if school not in served]
    if calendar is None or not needy:
        return tables
    added = pl.DataFrame({"school_id": needy}).join(_list_days(calendar), how="cross")
    added = added.join(given, on=["school_id", "calendar_date"], how="anti", maintain_order="left")
    added = added.with_columns(
        pl.col("calendar_event_source").alias("calendar_event_code"),
        pl.lit(CALENDAR_FILE).alias("source_file"),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("source_row"),
    )
    return {**tables, "calendars": pl.concat([given, added.select(given.columns)])}


def _empty_calendar() -> pl.DataFrame:
    columns = RECORD_TYPES["calendars"].emitted
    return pl.DataFrame(schema={name: pl.Int64 if name == "source_row" else pl.String for name in columns})


def _list_schools(tables: dict[str, pl.DataFrame]) -> list[str]:
    if "organizations" in tables:
        schools = tables["organizations"].filter(pl.col("org_type_code") == "School")["org_id"]
        if schools.len():
            return sorted(schools.drop_nulls().unique())
    return sorted(tables["enrollments"]["school_id"].drop_nulls().unique()) if "enrollments" in tables else []


def _list_days(calendar: Calendar) -> pl.DataFrame:
    """One row per weekday of the calendar: its date as text and whether there is school."""
    closed = calendar.list_closed()
    span = (calendar.last_day - calendar.first_day).days
    dates = [calendar.first_day + dt.timedelta(n) for n in range(span + 1)]
    weekdays = [date for date in dates if date.weekday() < 5]
    return pl.DataFrame(
        {
            "calendar_date": [date.isoformat() for date in weekdays],
            "calendar_event_source": ["Holiday" if date in closed else "InstructionalDay" for date in weekdays],
        },
        schema={"calendar_date": pl.String, "calendar_event_source": pl.String},
    )
