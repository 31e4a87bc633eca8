"""What the made-up state is like: sizes, shares, movement, attendance and the ties between its tables."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from sample_state import codes, write_sample
from sample_state.buses import plan_buses
from sample_state.plan import plan_state
from sample_state.school_days import nth_weekday, plan_calendars
from sample_state.simulation import simulate
from sample_state.tables import make_tables

KEYS = {
    "organizations": ["org_id"], "calendars": ["school_id", "calendar_date"], "students": ["student_id"],
    "demographics": ["student_id"], "program_participations": ["student_id", "program_source", "begin_date"],
    "enrollments": ["student_id", "school_id", "entry_date"],
    "attendance": ["student_id", "school_id", "attendance_date", "attendance_status_source"],
    "assessment_results": ["student_id", "assessment_id", "administration_date", "result_id", "score_type"],
    "discipline_incidents": ["incident_id", "school_id"],
    "discipline_actions": ["student_id", "action_id", "action_source"], "staff": ["staff_id"],
    "staff_assignments": ["staff_id", "org_id", "classification_source", "begin_date"],
    "sections": ["section_id", "school_id", "session_name"],
    "student_sections": ["student_id", "section_id", "school_id", "session_name", "begin_date"],
    "staff_sections": ["staff_id", "section_id", "school_id", "session_name"],
    "student_transportation": ["student_id", "org_id", "route_id"],
    "finance_accounts": ["account_id", "fiscal_year", "org_id"],
    "bell_times": ["school_id", "bell_date"], "bus_runs": ["route_id", "school_id", "run_date"],
    "item_responses": ["student_id", "section_id", "school_id", "ticket_date", "item_id"],
    "professional_learning": ["staff_id", "session_id"],
    "courses": ["org_id", "course_id"], "course_grades": ["student_id", "school_id", "course_id", "session_name"],
    "incident_participations": ["student_id", "incident_id", "school_id", "behavior_source"],
    "restraint_events": ["student_id", "school_id", "event_id"], "idea_eligibilities": ["student_id", "begin_date"],
    "industry_credentials": ["student_id", "credential_id", "award_date"],
    "work_based_learning": ["student_id", "activity_id"], "staff_credentials": ["staff_id", "license_number"],
    "survey_items": ["survey_id", "item_id"], "survey_administrations": ["survey_id", "org_id"],
    "survey_responses": ["survey_id", "response_id", "item_id"],
    "diplomas": ["student_id", "diploma_date"], "exit_documents": ["student_id", "exit_date"],
}
# (table, columns) that must be found in (table, columns): what a district sends hangs together.
REFERENCES = [
    ("enrollments", ["student_id"], "students"), ("demographics", ["student_id"], "students"),
    ("program_participations", ["student_id"], "students"), ("attendance", ["student_id", "school_id"], "enrollments"),
    ("assessment_results", ["student_id"], "students"), ("discipline_actions", ["student_id"], "students"),
    ("discipline_actions", ["incident_id", "school_id"], "discipline_incidents"),
    ("student_sections", ["section_id", "session_name", "school_id"], "sections"),
    ("student_sections", ["student_id", "school_id"], "enrollments"),
    ("staff_sections", ["section_id", "session_name", "school_id"], "sections"),
    ("sections", ["section_id", "session_name"], "staff_sections"),
    ("staff_sections", ["staff_id"], "staff"), ("staff_assignments", ["staff_id"], "staff"),
    ("staff", ["staff_id"], "staff_assignments"), ("professional_learning", ["staff_id"], "staff"),
    ("item_responses", ["student_id", "section_id"], "student_sections"),
    ("student_transportation", ["route_id"], "bus_runs"), ("bell_times", ["school_id"], "calendars"),
    ("bus_runs", ["school_id"], "calendars"),
    ("course_grades", ["student_id", "course_id", "school_id"], "student_sections"),
    ("incident_participations", ["incident_id", "school_id"], "discipline_incidents"),
    ("discipline_actions", ["student_id", "incident_id"], "incident_participations"),
    ("restraint_events", ["student_id"], "students"), ("idea_eligibilities", ["student_id"], "students"),
    ("industry_credentials", ["student_id"], "students"), ("work_based_learning", ["student_id"], "students"),
    ("staff_credentials", ["staff_id"], "staff"), ("survey_responses", ["survey_id", "item_id"], "survey_items"),
    ("survey_responses", ["survey_id", "org_id"], "survey_administrations"),
    ("diplomas", ["student_id", "school_id"], "enrollments"),
    ("exit_documents", ["student_id", "school_id", "exit_date"], "enrollments"),
]


@pytest.fixture(scope="module")
def state():
    return plan_state(districts=6, students=2500, seed=1)


@pytest.fixture(scope="module")
def one_year(state):
    return [(year, make_tables(year)) for year in simulate(state, (2022,))]


@pytest.fixture(scope="module")
def four_years():
    state = plan_state(districts=4, students=1500, seed=2)
    spells = {}
    for year in simulate(state, (2019, 2020, 2021, 2022)):
        found = year.spells.with_columns(pl.lit(year.school_year).alias("school_year"))
        spells.setdefault(year.school_year, []).append(found)
    return pl.concat([each for found in spells.values() for each in found])


def attendance_by_student(one_year) -> pl.DataFrame:
    """One row per student of the state: days enrolled, days absent, days tardy, grade, and what they are."""
    parts = []
    for year, tables in one_year:
        days = pl.DataFrame({"student_id": year.spells["student_id"], "grade": year.spells["grade"],
                             "days": year.membership().sum(axis=1)})
        status = pl.col("attendance_status_source")
        events = tables["attendance"].group_by("student_id").agg(
            absent=pl.col("absent_fraction").cast(pl.Float64).filter(status.str.ends_with("Absence")).sum(),
            tardy=(status == "Tardy").sum())
        students = days.group_by("student_id").agg(pl.col("days").sum(), pl.col("grade").last())
        known = students.join(events, on="student_id", how="left").with_columns(pl.col("absent", "tardy").fill_null(0))
        parts.append(known.join(tables["demographics"], on="student_id"))
    return pl.concat(parts).filter(pl.col("days") >= 10).with_columns(
        chronic=pl.col("absent") / pl.col("days") >= 0.1)


def test_the_state_has_exactly_the_students_asked_for(state, one_year):
    assert sum(district.size for district in state.districts) == 2500
    everyone = pl.concat([tables["students"] for _, tables in one_year])["student_id"].n_unique()
    assert everyone == 2500


def test_districts_are_skewed_with_a_large_city_and_a_one_school_district(state):
    sizes = [district.size for district in state.districts]
    assert sizes == sorted(sizes, reverse=True)
    assert 0.3 < sizes[0] / sum(sizes) < 0.6
    assert len(state.schools_of(5)) == 1
    assert len({school.school_id for school in state.schools}) == len(state.schools)


def test_every_grade_is_taught_in_every_district_once_a_level(state):
    for district in state.districts:
        for grade in range(13):
            numbers, chances = state.choices(district.number, grade)
            assert len(numbers) >= 1
            assert chances.sum() == pytest.approx(1)


@pytest.mark.parametrize("record_type", KEYS)
def test_keys_are_unique(one_year, record_type):
    for _, tables in one_year:
        assert not tables[record_type].select(KEYS[record_type]).is_duplicated().any()


@pytest.mark.parametrize(("child", "columns", "parent"), REFERENCES)
def test_records_refer_to_records_that_are_there(one_year, child, columns, parent):
    for _, tables in one_year:
        lost = tables[child].join(tables[parent], on=columns, how="anti", nulls_equal=True)
        assert lost.is_empty()


def test_attendance_lies_within_an_enrolment_and_on_an_instructional_day(one_year):
    for year, tables in one_year:
        days = tables["calendars"].filter(calendar_event_source="InstructionalDay")
        off = tables["attendance"].join(days, left_on=["school_id", "attendance_date"],
                                        right_on=["school_id", "calendar_date"], how="anti")
        assert off.is_empty()
        last = pl.Series(year.last_days())
        spells = tables["enrollments"].with_columns(last=last.cast(pl.Int32).cast(pl.Date))
        within = tables["attendance"].join(spells, on=["student_id", "school_id"]).filter(
            pl.col("attendance_date").is_between("entry_date", "last"))
        assert within.height == tables["attendance"].height


def test_about_one_student_in_five_is_chronically_absent(one_year):
    students = attendance_by_student(one_year)
    assert 0.12 < students["chronic"].mean() < 0.30


def test_absence_follows_need_and_grade(one_year):
    students = attendance_by_student(one_year)
    poor = students.group_by("economic_disadvantage_source").agg(pl.col("chronic").mean()).sort(
        "economic_disadvantage_source")["chronic"]
    assert poor[1] > poor[0] + 0.03
    high_school = students.filter(pl.col("grade") >= 9)["chronic"].mean()
    assert high_school > students.filter(pl.col("grade").is_between(2, 5))["chronic"].mean()


def test_riders_are_tardy_on_the_days_their_bus_is_late(one_year):
    year, tables = one_year[0]
    buses = plan_buses(year)
    riders = np.flatnonzero(buses.rider_route >= 0)
    late = buses.late[buses.rider_route[riders]] > 20
    enrolled = year.membership()[riders]
    tardy = tables["attendance"].filter(attendance_status_source="Tardy").select("student_id", "attendance_date")
    is_tardy = set(tardy.iter_rows())
    ids = year.spells["student_id"].gather(riders).to_list()
    days = year.calendar.taught.astype("datetime64[D]").tolist()
    found = np.array([[(student, day) in is_tardy for day in days] for student in ids])
    assert found[late & enrolled].mean() > 0.5
    assert found[~late & enrolled].mean() < 0.15


def test_only_state_csv_districts_report_presence(one_year):
    for year, tables in one_year:
        statuses = set(tables["attendance"]["attendance_status_source"])
        assert ("Present" in statuses) == (year.district.format == "state_csv")
        if year.district.format == "state_csv":
            assert tables["attendance"].height == year.membership().sum()


def test_shares_of_student_groups_are_plausible(one_year):
    people = pl.concat([tables["demographics"] for _, tables in one_year])

    def share(flag: str) -> float:
        return (people[f"{flag}_source"] == "Yes").mean()

    assert 0.10 < share("idea") < 0.18
    assert 0.35 < share("economic_disadvantage") < 0.65
    assert 0.03 < share("english_learner") < 0.2
    assert 0.005 < share("homeless") < 0.06
    assert 0 < share("foster") < 0.03
    assert 0 < share("migrant") < 0.03


def test_the_race_mix_differs_between_districts_so_that_small_groups_are_common(one_year):
    white = [(tables["demographics"]["race_source"] == "White").mean() for _, tables in one_year]
    assert max(white) - min(white) > 0.2
    cells = [count for _, tables in one_year for count in tables["demographics"]["race_source"].value_counts()["count"]]
    assert min(cells) < 10


def test_students_move_between_districts_under_one_state_id(one_year):
    seen: dict[str, set[str]] = {}
    for year, tables in one_year:
        for student in tables["students"]["student_id"]:
            seen.setdefault(student, set()).add(year.district.lea_id)
    movers = [student for student, places in seen.items() if len(places) > 1]
    assert 0.01 < len(movers) / len(seen) < 0.08


def test_enrolments_of_one_student_do_not_overlap_even_between_districts(one_year):
    spells = pl.concat([year.spells.with_columns(last=pl.Series(year.last_days())) for year, _ in one_year])
    after = spells.sort("person", "entry").with_columns(next_entry=pl.col("entry").shift(-1).over("person"))
    assert after.filter(pl.col("next_entry") <= pl.col("last")).is_empty()
    assert spells.filter(pl.col("last") < pl.col("entry")).is_empty()


def test_all_kinds_of_moves_occur_and_an_exit_has_date_and_type_together(one_year):
    spells = pl.concat([tables["enrollments"] for _, tables in one_year])
    exits = set(spells["exit_type_source"].drop_nulls())
    assert {codes.EXIT_SAME_LEA, codes.EXIT_OTHER_LEA, codes.EXIT_OTHER_STATE, codes.EXIT_DROPPED_OUT,
            codes.EXIT_GRADUATED} <= exits
    assert {codes.ENTRY_YEAR_START, codes.ENTRY_FIRST_EVER, codes.ENTRY_SAME_LEA, codes.ENTRY_OTHER_LEA,
            codes.ENTRY_OTHER_STATE, codes.ENTRY_RETURN} <= set(spells["entry_type_source"])
    assert (spells["exit_type_source"].is_null() == spells["exit_date"].is_null()).all()


def test_only_twelfth_graders_graduate_and_most_of_them_do(one_year):
    spells = pl.concat([tables["enrollments"] for _, tables in one_year])
    graduates = spells.filter(exit_type_source=codes.EXIT_GRADUATED)
    assert set(graduates["grade_level_source"]) == {"12"}
    seniors = spells.filter(grade_level_source="12")["student_id"].n_unique()
    assert 0.75 < graduates.height / seniors < 0.97


def test_every_student_sits_in_a_homeroom_four_or_five_classes(one_year):
    for year, tables in one_year:
        start = int(year.calendar.taught[0])
        there = year.spells.filter((pl.col("entry") == start) & pl.col("exit").is_null())
        seats = tables["student_sections"].group_by("student_id").agg(pl.col("section_id").n_unique())
        joined = there.join(seats, on="student_id", how="left")
        expected = pl.when(pl.col("grade") <= 5).then(1).when(pl.col("grade") <= 8).then(4).otherwise(10)
        assert joined.filter(pl.col("section_id") < expected).is_empty()
        assert joined["section_id"].null_count() == 0


def test_scores_fall_into_their_levels_and_disadvantage_shows(one_year):
    results = pl.concat([tables["assessment_results"].join(tables["demographics"], on="student_id")
                         for _, tables in one_year], how="vertical_relaxed")
    results = results.filter(pl.col("assessment_id").str.starts_with("ST-") & pl.col("score_value").is_not_null())
    assert results["score_value"].is_between(100, 950).all()
    assert results.filter(performance_level_source="Met Standard")["score_value"].is_between(500, 569).all()
    assert set(results["grade_level_source"]) == {"03", "04", "05", "06", "07", "08", "11"}
    means = results.group_by("economic_disadvantage_source").agg(pl.col("score_value").mean())
    by_flag = dict(means.iter_rows())
    assert by_flag["No"] - by_flag["Yes"] > 15


def test_students_are_of_an_age_with_their_grade(one_year):
    for year, _ in one_year:
        people = year.people.persons[year.spells["person"].to_numpy()]
        age = (dt.date(2021, 9, 1) - people["birth_date"]).dt.total_days() / 365.25 - year.spells["grade"]
        assert age.is_between(4.9, 7.1).all()


def test_calendars_have_175_to_180_days_and_no_school_on_holidays(state):
    for school_year in (2020, 2022):
        calendars = plan_calendars(state, school_year)
        labor_day = nth_weekday(school_year - 1, 9, 0, 1)
        thanksgiving = nth_weekday(school_year - 1, 11, 3, 4)
        king_day = nth_weekday(school_year, 1, 0, 3)
        for calendar in calendars:
            assert 175 <= len(calendar.taught) <= 180
            assert not {labor_day, thanksgiving, king_day} & set(calendar.taught.tolist())
            dates = calendar.days.astype("datetime64[D]")
            assert dates[0] >= np.datetime64(f"{school_year - 1}-08-01")
            assert dates[-1] <= np.datetime64(f"{school_year}-06-30")
            assert np.is_busday(dates).all()
        assert len({tuple(calendar.taught.tolist()) for calendar in calendars}) > 1


def test_known_holidays_fall_on_their_dates():
    assert np.datetime64(nth_weekday(2021, 11, 3, 4), "D") == np.datetime64("2021-11-25")
    assert np.datetime64(nth_weekday(2022, 5, 0, -1), "D") == np.datetime64("2022-05-30")
    assert np.datetime64(nth_weekday(2022, 1, 0, 3), "D") == np.datetime64("2022-01-17")


def test_students_are_promoted_or_retained_and_never_skip_or_fall_back(four_years):
    grades = four_years.group_by("person", "school_year").agg(pl.col("grade").first()).sort("person", "school_year")
    steps = grades.with_columns(step=pl.col("grade").diff().over("person"),
                                years=pl.col("school_year").diff().over("person")).drop_nulls()
    assert set(steps["years"]) == {1}
    assert set(steps["step"]) == {0, 1}
    assert 0.005 < (steps["step"] == 0).mean() < 0.08


def test_who_graduates_does_not_come_back_and_cohorts_close(four_years):
    last = four_years.group_by("person").agg(pl.col("school_year").max())
    graduates = four_years.filter(exit_type=codes.EXIT_GRADUATED)
    assert graduates.join(last, on=["person", "school_year"]).height == graduates.height
    ninth_in_2019 = set(four_years.filter((pl.col("school_year") == 2019) & (pl.col("grade") == 9))["person"])
    graduated_2022 = set(graduates.filter(school_year=2022)["person"])
    assert 0.5 < len(ninth_in_2019 & graduated_2022) / len(ninth_in_2019) < 0.95


def test_the_state_keeps_its_size_over_the_years(four_years):
    sizes = four_years.group_by("school_year").agg(pl.col("person").n_unique())["person"]
    assert sizes.min() > 1400
    assert sizes.max() < 1800


def test_staff_were_grown_up_when_they_were_hired_and_are_not_past_working(one_year):
    for _, tables in one_year:
        people = tables["staff"].join(tables["staff_assignments"], on="staff_id")
        age = (people["begin_date"] - people["birth_date"]).dt.total_days() / 365.25
        assert age.is_between(21.9, 45).all()
        assert (people["birth_date"] > dt.date(1955, 1, 1)).all()


def test_some_teachers_stay_and_some_leave_between_years():
    state = plan_state(districts=2, students=700, seed=4)
    staff = [set(make_tables(year)["staff"]["staff_id"]) for year in simulate(state, (2021, 2022))
             if year.district.number == 0]
    kept = len(staff[0] & staff[1]) / len(staff[0])
    assert 0.7 < kept < 0.98


@pytest.fixture(scope="module")
def three_years(tmp_path_factory):
    """What the state's own files hold, by record type, and the districts' tables, of three years."""
    folder = tmp_path_factory.mktemp("three")
    write_sample(folder, districts=2, students=900, years=3, seed=6)
    agency = {}
    for path in sorted((folder / "state_agency").rglob("*.csv")):
        agency.setdefault(path.stem, []).append(pl.read_csv(path, infer_schema_length=None, infer_schema=False))
    state = plan_state(districts=2, students=900, seed=6)
    tables = {}
    for year in simulate(state, (2020, 2021, 2022)):
        for name, table in make_tables(year).items():
            tables.setdefault(name, []).append(table.with_columns(school_year=pl.lit(year.school_year)))
    return {name: pl.concat(parts, how="diagonal_relaxed") for name, parts in (tables | agency).items()}


def test_a_score_predicts_the_score_of_the_next_year(three_years):
    scores = three_years["assessment_results"].filter(
        pl.col("assessment_id").str.starts_with("ST-") & (pl.col("subject_source") == "01166"))
    scores = scores.select("student_id", "school_year", pl.col("score_value").cast(pl.Float64)).drop_nulls()
    before = scores.with_columns(pl.col("school_year") + 1)
    both = scores.join(before, on=["student_id", "school_year"])
    assert both.height > 100
    assert both.select(pl.corr("score_value", "score_value_right")).item() > 0.7


def test_most_high_schools_teach_a_world_language_and_some_do_not(one_year):
    courses = pl.concat([tables["courses"].select("org_id", "course_id", "subject_source") for _, tables in one_year])
    high = set(courses.filter(pl.col("course_id").str.ends_with("-12"))["org_id"])
    languages = courses.filter(subject_source="00546")
    assert 0 < len(high - set(languages["org_id"])) < len(high) / 2
    assert languages.group_by("org_id").len()["len"].min() >= 2


def test_credits_follow_grades(three_years):
    grades = three_years["course_grades"].filter(pl.col("credits_attempted").is_not_null())
    failed = grades["letter_grade_source"] == "F"
    assert 0.005 < failed.mean() < 0.2
    assert (grades.filter(failed)["credits_earned"] == 0).all()
    assert (grades.filter(~failed)["credits_earned"] == grades.filter(~failed)["credits_attempted"]).all()


def test_college_follows_diplomas_and_degrees_follow_college(three_years):
    enrolled, awards = three_years["postsecondary_enrollments"], three_years["postsecondary_awards"]
    left = three_years["enrollments"].filter(exit_type_source=codes.EXIT_GRADUATED).select("student_id", "exit_date")
    terms = enrolled.join(left, on="student_id", how="left")
    assert (terms["begin_date"].str.to_date() > terms["exit_date"]).all()
    could = left.filter(pl.col("exit_date") < dt.date(2022, 1, 1)).height
    assert 0.3 < enrolled["student_id"].n_unique() / could < 0.9
    assert awards.join(enrolled, on=["student_id", "institution_id"], how="anti").is_empty()
    searched = three_years["postsecondary_searches"]
    found = searched.filter(search_outcome_source="EnrollmentFound")
    assert found.join(enrolled, on="student_id", how="anti").is_empty()


def test_wages_are_those_of_people_who_were_students_and_grow_once_they_left(three_years):
    wages = three_years["quarterly_wages"]
    numbers = three_years["students"]["other_ids"].str.extract(r"SSN:([^|]*)").unique()
    assert wages["worker_id"].is_in(numbers.implode()).all()
    by_year = wages.with_columns(pl.col("wages_usd").cast(pl.Float64)).group_by("wage_year").agg(
        pl.col("wages_usd").median()).sort("wage_year")
    assert by_year["wages_usd"][-1] > 1.3 * by_year["wages_usd"][0]


def test_every_institution_with_students_has_a_net_price_of_the_year(three_years):
    year_of_begin = pl.col("begin_date").str.to_date().dt.offset_by("6mo").dt.year().cast(pl.Int64)
    studied = three_years["postsecondary_enrollments"].select("institution_id", academic_year=year_of_begin).unique()
    prices = three_years["net_prices"].with_columns(pl.col("academic_year").cast(pl.Int64))
    assert studied.join(prices, on=["institution_id", "academic_year"], how="anti").is_empty()


def test_some_read_what_is_returned_to_them_and_some_do_not_and_all_have_something_to_read(three_years):
    events = three_years["data_access_events"]
    readers = {tier: events.filter(tier=tier)["org_id"].unique() for tier in ("district", "school")}
    readers["teacher"] = events.filter(tier="teacher")["staff_id"].drop_nulls().unique()
    described = three_years["organizations"]
    eligible = {"district": described.filter(org_type_source="LEA")["org_id"].unique(),
                "school": three_years["enrollments"]["school_id"].unique(),
                "teacher": three_years["staff_sections"]["staff_id"].unique()}
    for tier, who in readers.items():
        assert who.is_in(eligible[tier].implode()).all(), tier
        assert 0 < len(who) <= len(eligible[tier]), tier
    assert len(readers["teacher"]) < len(eligible["teacher"])
    assert 0 < events.filter(tier="teacher")["staff_id"].null_count() < events.height / 10
    assert events.filter(pl.col("tier") != "teacher")["staff_id"].null_count() == events.filter(
        pl.col("tier") != "teacher").height


def test_an_english_learner_is_one_until_the_year_in_which_proficiency_is_attained(three_years):
    results = three_years["assessment_results"].filter(pl.col("assessment_id").str.starts_with("ELP"))
    attained = results.filter(pl.col("score_value").cast(pl.Float64) >= 5).select("student_id", "school_year")
    assert attained.height > 0
    later = attained.with_columns(pl.col("school_year") + 1).join(
        three_years["demographics"], on=["student_id", "school_year"])
    assert later.height > 0
    assert set(later["english_learner_source"]) == {"No"}
    spells = three_years["program_participations"].filter(program_source="04928")
    assert (spells.group_by("student_id").agg(pl.col("begin_date").n_unique())["begin_date"] == 1).mean() > 0.9
