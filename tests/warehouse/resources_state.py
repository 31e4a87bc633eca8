"""A made-up state of three years in which staff come and go, buses are late and money is spent.

All of it is drawn with no regard for what is likely: the rules must hold for every combination that can be sent.

Three districts: A with two schools, B without buses, and C, which sends no staff in the second year.
"""

import datetime as dt
import random

YEARS = (2021, 2022, 2023)
SCHOOLS = {"A": ["A1", "A2"], "B": ["B1"], "C": ["C1"]}
LEA_OF = {school: lea for lea, schools in SCHOOLS.items() for school in schools} | {lea: lea for lea in SCHOOLS}
KINDS = ["ElementaryTeachers", "SecondaryTeachers", "Teachers", "Teachers", "SchoolAdministrators", "SchoolCounselors",
         "HealthSpecialists", "Other"]
REASONS = ["01389", "01404", "01391", None]


def school_days(year):
    """Ten weekdays from September 1."""
    days = [dt.date(year - 1, 9, day) for day in range(1, 20)]
    return [day for day in days if day.weekday() < 5][:10]


class State:
    """The deliveries, and every row in them again as a dictionary by record type, with its `lea` and `year`."""

    def __init__(self, new_delivery):
        self.deliveries = {(lea, year): new_delivery(f"src_{lea}", lea, f"{lea}{year}", year)
                           for lea in SCHOOLS for year in YEARS}
        self.rows = {}

    def tell(self, lea, year, record_type, **values):
        self.deliveries[lea, year].add(record_type, **values)
        self.rows.setdefault(record_type, []).append(values | {"lea": lea, "year": year})


def make_state(new_delivery, *, seed=5):
    """The `State`, the same for the same seed."""
    generator, state = random.Random(seed), State(new_delivery)
    for (lea, year), delivery in state.deliveries.items():
        delivery.describe_schools(*SCHOOLS[lea], days=school_days(year))
    for number in range(160):
        add_staff_member(generator, state, f"t{number:03d}")
    for lea in SCHOOLS:
        for year in YEARS:
            add_money(generator, state, lea, year)
            add_students(generator, state, lea, year)
            if lea != "B":
                add_buses(generator, state, lea, year)
    return state


def add_staff_member(generator, state, staff):
    place = generator.choice([*LEA_OF, "A1", "A2"])
    kind, begin = generator.choice(KINDS), dt.date(generator.randint(2014, 2020), generator.choice([8, 10]),
                                                   generator.choice([1, 2]))
    for year in YEARS:
        move = generator.random()
        if move < 0.1:
            break
        if move < 0.3:
            place, begin = generator.choice(list(LEA_OF)), dt.date(year - 1, 8, 1)
        elif move < 0.4:
            kind = generator.choice(KINDS)
        places = {place} | ({generator.choice(list(LEA_OF))} if generator.random() < 0.15 else set())
        for where in sorted(places):
            lea = LEA_OF[where]
            if (lea, year) == ("C", 2022):
                continue
            ends = generator.choice([None, None, None, dt.date(year, 6, 1), dt.date(year - 1, 9, 30)])
            state.tell(lea, year, "staff_assignments", staff_key=staff, org_id=where, classification_code=kind,
                       begin_date=begin, end_date=ends, fte=generator.choice([1.0, 0.5, 0.25, 1.0, None]),
                       separation_reason_code=generator.choice(REASONS) if ends else None)
            if lea != "B" and generator.random() < 0.6:
                for session in range(generator.randint(1, 4)):
                    state.tell(lea, year, "professional_learning", staff_key=staff, session_id=f"{lea}{year}{session}",
                               session_date=dt.date(year, 2, 1 + session),
                               hours=generator.choice([1.5, 3.0, 6.0, 3.0, None]))
            break


def add_money(generator, state, lea, year):
    places = [lea, *(SCHOOLS[lea] if lea != "C" else [])]
    for place in places:
        for number in range(6):
            state.tell(lea, year, "finance_accounts", account_id=f"a{number}", fiscal_year=year, org_id=place,
                       account_type_code=generator.choice(["Expenditure", "Expenditure", "Expenditure", "Revenue"]),
                       function_code=generator.choice(["1000", "2700", "3300", "4000", None]),
                       object_code=generator.choice(["100", "730"]),
                       funding_code=generator.choice(["Federal", "State", "Local", None]),
                       amount_usd=generator.randint(100, 99_999_999) / 100)


def add_students(generator, state, lea, year):
    days = school_days(year)
    for school in SCHOOLS[lea]:
        for number in range(generator.randint(20, 40)):
            student = f"{school}s{number:02d}"
            state.deliveries[lea, year].describe(student)
            state.tell(lea, year, "enrollments", student_key=student, school_id=school, entry_date=days[0],
                       grade_level_code="05")
            for day in days:
                event = generator.choice([None] * 6 + ["Tardy", "Tardy", "UnexcusedAbsence"])
                if event:
                    state.tell(lea, year, "attendance", student_key=student, school_id=school, attendance_date=day,
                               attendance_status_code=event)


def add_buses(generator, state, lea, year):
    for school in SCHOOLS[lea]:
        routes = [f"{school}-{number}" for number in range(3)]
        for number in range(20):
            for route in generator.sample(routes, generator.choice([0, 1, 1, 2])):
                up = dt.time(7, generator.randint(0, 30)) if generator.random() < 0.9 else None
                state.tell(lea, year, "student_transportation", student_key=f"{school}s{number:02d}", org_id=lea,
                           route_id=route, pickup_time=up, dropoff_time=dt.time(7, generator.randint(20, 59)))
        for day in [*school_days(year), dt.date(year - 1, 12, 24)]:
            if generator.random() < 0.9:
                state.tell(lea, year, "bell_times", school_id=school, bell_date=day, first_bell=dt.time(8, 0))
            for route in routes:
                for period in ("Morning", "Afternoon"):
                    if generator.random() < 0.1:
                        continue
                    status = generator.choice([None, "Scheduled", "Scheduled", "Scheduled", "Canceled", "Added"])
                    came = dt.time(7, generator.randint(45, 59)) if generator.random() < 0.6 else dt.time(
                        8, generator.randint(0, 30))
                    state.tell(lea, year, "bus_runs", route_id=route, school_id=school, run_date=day,
                               run_period_code=period, run_status_code=status,
                               scheduled_arrival=generator.choice([None, dt.time(7, 50), dt.time(7, 50)]),
                               actual_arrival=None if status == "Canceled" or generator.random() < 0.15 else came,
                               riders=generator.choice([None, 10, 25]))
