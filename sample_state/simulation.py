"""Runs the made-up state through its school years."""

from collections.abc import Iterator

import polars as pl

from sample_state.district_year import DistrictYear
from sample_state.movement import enrol, promote, start_population
from sample_state.plan import State
from sample_state.school_days import plan_calendars


def simulate(state: State, school_years: tuple[int, ...]) -> Iterator[DistrictYear]:
    """Yield every district of every year, in order; the people carry on from year to year.

    `People` is shared and moves on with the next year, so use what is yielded before going on.
    """
    school_ids = pl.Series([school.school_id for school in state.schools])
    people = start_population(state, school_years[0])
    for school_year in school_years:
        if school_year > school_years[0]:
            promote(people, state, school_year)
        calendars = plan_calendars(state, school_year)
        spells = enrol(people, state, calendars, school_year)
        spells = spells.with_columns(student_id=people.persons["student_id"].gather(spells["person"]),
                                     school_id=school_ids.gather(spells["school"]))
        by_district = spells.partition_by("district", as_dict=True)
        for district in state.districts:
            yield DistrictYear(state, district, school_year, calendars[district.number], people,
                               by_district[district.number,])
