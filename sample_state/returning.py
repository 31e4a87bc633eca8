"""Who opened or pulled the tables returned to them: the log that the state's file server and web front keep."""

import numpy as np
import polars as pl

from sample_state.codes import RECORD_COLUMNS
from sample_state.district_year import DistrictYear
from sample_state.school_days import dates

# tier → (chance that a reader reads at all in the year, the tables there are for it).
_TIERS = {
    "district": (1.0, ("district_indicator_comparison", "district_leaver_outcomes", "district_incoming_students",
                       "district_student_attendance")),
    "school": (0.65, ("school_attendance_watch", "school_early_warning")),
    "teacher": (0.5, ("teacher_students_today",)),
}
_NEVER_PULLS = 4  # every so manieth district has nobody whose work it would be
_MOST_DAYS = 12
_UNNAMED = 0.03  # share of teachers' page views of which the front did not know whose they were


def make_data_access_events(year: DistrictYear, staff_sections: pl.DataFrame) -> pl.DataFrame:
    """Return `data_access_events` of a district's readers: one row per day, table, organization and reader."""
    rng = year.stream("data access")
    pulls = year.district.number % _NEVER_PULLS != _NEVER_PULLS - 1
    readers = {
        "district": pl.DataFrame({"org_id": [year.district.lea_id]}).filter(pl.lit(pulls)),
        "school": year.spells.select(org_id="school_id").unique().sort("org_id"),
        "teacher": staff_sections.select("staff_id", org_id="school_id").unique("staff_id").sort("staff_id"),
    }
    parts = [_read(year, rng, tier, people) for tier, people in readers.items()]
    return pl.concat(parts).select(RECORD_COLUMNS["data_access_events"])


def _read(year: DistrictYear, rng: np.random.Generator, tier: str, readers: pl.DataFrame) -> pl.DataFrame:
    chance, tables = _TIERS[tier]
    reads = np.flatnonzero(rng.random(readers.height) < chance)
    rows = np.repeat(reads, rng.integers(1, _MOST_DAYS + 1, len(reads)))
    events = readers[rows].with_columns(
        tier=pl.lit(tier), access_date=dates(rng.choice(year.calendar.taught, len(rows))),
        table_name_source=pl.Series(tables, dtype=pl.String).gather(rng.integers(0, len(tables), len(rows))),
    )
    is_named = pl.Series(rng.random(len(rows)) >= _UNNAMED, dtype=pl.Boolean)
    reader = pl.when(is_named).then("staff_id") if tier == "teacher" else pl.lit(None, dtype=pl.String)
    events = events.with_columns(staff_id=reader).select(RECORD_COLUMNS["data_access_events"]).unique()
    return events.sort("access_date", "table_name_source", "org_id", "staff_id", nulls_last=True)
