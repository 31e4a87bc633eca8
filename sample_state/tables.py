"""All record tables of one district and school year, in the contract's columns and CEDS codes."""

import polars as pl

from sample_state import achievement, attendance, buses, careers, learning, leaving, records, staffing, surveys
from sample_state.codes import RECORD_COLUMNS, STATEWIDE
from sample_state.district_year import DistrictYear


def make_tables(year: DistrictYear) -> dict[str, pl.DataFrame]:
    """Return record type → table, for every record type that districts send, in the contract's order and columns.

    Districts that send state CSV files alone report attendance positively: a row for every day, `Present` included.
    """
    fleet = buses.plan_buses(year)
    rosters = learning.make_rosters(year)
    members = records.list_members(year)
    incidents, actions = records.make_discipline(year)
    sections = learning.make_sections(rosters)
    state_test = learning.make_assessment_results(year)
    other_tests = achievement.make_other_results(year, state_test, rosters)
    tables = {
        "organizations": records.make_organizations(year.schools, [year.district]),
        "calendars": records.make_calendars(year),
        "students": records.make_students(members),
        "demographics": records.make_demographics(members),
        "program_participations": records.make_programs(year, members),
        "enrollments": records.make_enrollments(year),
        "attendance": attendance.make_attendance(year, fleet, sends_present=year.district.format == "state_csv"),
        "assessment_results": pl.concat([state_test, other_tests], how="diagonal_relaxed"),
        "discipline_incidents": incidents,
        "discipline_actions": actions,
        "sections": sections,
        "student_sections": learning.make_student_sections(rosters),
        "student_transportation": buses.make_student_transportation(year, fleet),
        "finance_accounts": records.make_finance(year),
        "bell_times": buses.make_bell_times(year),
        "bus_runs": buses.make_bus_runs(year, fleet),
        "item_responses": learning.make_item_responses(year, rosters),
        "diplomas": leaving.make_diplomas(year),
        "exit_documents": leaving.make_exit_documents(year),
        "courses": achievement.make_courses(sections),
        "course_grades": achievement.make_course_grades(year, rosters),
        "incident_participations": records.make_incident_participations(year, incidents, actions),
        "restraint_events": records.make_restraint_events(year, members),
        "idea_eligibilities": records.make_idea_eligibilities(year, members),
        **careers.make_career_records(year),
        **staffing.make_staffing(year, rosters),
    }
    tables |= surveys.make_surveys(year, members, tables["staff_assignments"])
    return {name: tables[name].select(RECORD_COLUMNS[name]) for name in RECORD_COLUMNS if name not in STATEWIDE}
