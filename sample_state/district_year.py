"""What the makers of tables are given: one district in one school year."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from sample_state.plan import District, School, State
from sample_state.randomness import stream
from sample_state.school_days import Calendar
from sample_state.students import People


@dataclass(frozen=True)
class DistrictYear:
    """One district in one school year.

    `spells`: one row per enrolment spell in the district (see movement.enrol) with student_id and school_id joined,
    in order of school, person and entry.
    """

    state: State
    district: District
    school_year: int
    calendar: Calendar
    people: People
    spells: pl.DataFrame

    @property
    def schools(self) -> list[School]:
        """The district's schools, in order."""
        return self.state.schools_of(self.district.number)

    @property
    def session(self) -> str:
        """The name of the session that lasts the whole year."""
        return f"{self.school_year - 1}-{self.school_year} Year Round"

    @property
    def semesters(self) -> tuple[str, str]:
        """The names of the two semesters that high schools teach in."""
        years = f"{self.school_year - 1}-{self.school_year}"
        return f"{years} Fall Semester", f"{years} Spring Semester"

    def stream(self, label: str) -> np.random.Generator:
        """The random numbers of this district and year for one purpose."""
        return stream(self.state.seed, label, self.school_year, self.district.lea_id)

    def last_days(self) -> np.ndarray:
        """The last day (number) of each spell, the last day of school for those still open."""
        return self.spells["exit"].fill_null(int(self.calendar.taught[-1])).to_numpy()

    def membership(self) -> np.ndarray:
        """Spells by instructional days: whether the student was enrolled."""
        taught = self.calendar.taught[None, :]
        return (taught >= self.spells["entry"].to_numpy()[:, None]) & (taught <= self.last_days()[:, None])
