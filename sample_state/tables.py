"""All record tables of one district and school year, in the contract's columns and CEDS codes."""

import polars as pl

from sample_state import attendance, buses, learning, leaving, records, staffing
from sample_state.codes import RECORD_COLUMNS
from sample_state.district_year import DistrictYear


def make_tables(year: DistrictYear) -> dict[str, pl.DataFrame]:
    """Return record type → table, for every record type of the contract, in its order and with its columns.

    Districts that send state CSV files alone report attendance positively: a row for every day, `Present` included.
    """
    fleet = buses.plan_buses(year)
    rosters = learning.make_rosters(year)
    members = records.list_members(year)
    incidents, actions = records.make_discipline(year)
    tables = {
        "organizations": records.make_organizations(year.schools, [year.district]),
        "calendars": records.make_calendars(year),
        "students": records.make_students(members),
        "demographics": records.make_demographics(members),
        "program_participations": records.make_programs(year, members),
        "enrollments": records.make_enrollments(year),
        "attendance": attendance.make_attendance(year, fleet, sends_present=year.district.format == "state_csv"),
        "assessment_results": learning.make_assessment_results(year),
        "discipline_incidents": incidents,
        "discipline_actions": actions,
        "sections": learning.make_sections(rosters),
        "student_sections": learning.make_student_sections(rosters),
        "student_transportation": buses.make_student_transportation(year, fleet),
        "finance_accounts": records.make_finance(year),
        "bell_times": buses.make_bell_times(year),
        "bus_runs": buses.make_bus_runs(year, fleet),
        "item_responses": learning.make_item_responses(year, rosters),
        "diplomas": leaving.make_diplomas(year),
        "exit_documents": leaving.make_exit_documents(year),
        **staffing.make_staffing(year, rosters),
    }
    return {name: tables[name].select(columns) for name, columns in RECORD_COLUMNS.items()}
