"""Resources of the made-up state a second time: plain Python over the rows sent, without SQL and without seeds.

Most functions return {(authority, school_year, level, org, breakdown, value): (numerator, denominator, figure,
missing)}, `figure` being the value where it is not a ratio, else None.
"""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from math import ceil

from tests.warehouse.resources_state import LEA_OF, SCHOOLS, school_days

ROLES = {"ElementaryTeachers": "teacher", "SecondaryTeachers": "teacher", "Teachers": "teacher",
         "SchoolAdministrators": "school_leader", "SchoolCounselors": "counselor", "HealthSpecialists": "nurse"}
OUTCOMES = ("stayer", "moved_within_lea", "moved_lea", "left_teaching_same_lea", "left_teaching_other_lea",
            "left_state")


def places(org):
    """The organizations a row told of one counts in."""
    lea = LEA_OF[org]
    return ([("school", org)] if org != lea else []) + [("lea", lea), ("state", "ST")]


def positions(state):
    """{(year, staff, role, org): [fte or None, first day]} on October 1."""
    held = {}
    for row in state.rows["staff_assignments"]:
        census = dt.date(row["year"] - 1, 10, 1)
        if row["begin_date"] <= census and (row["end_date"] is None or row["end_date"] >= census):
            key = (row["year"], row["staff_key"], ROLES.get(row["classification_code"], "other"), row["org_id"])
            assert key not in held
            held[key] = (None if row["fte"] is None else Decimal(str(row["fte"])), row["begin_date"])
    return held


def members(state, year, leas):
    """{(level, org): members on October 1}, of these districts."""
    count = defaultdict(int)
    for row in state.rows["enrollments"]:
        if row["year"] == year and row["lea"] in leas:
            for place in places(row["school_id"]):
                count[place] += 1
    return count


def expected_ratios(state):
    """(student-teacher ratio, students per support staff)"""
    held = positions(state)
    ratio, support = {}, {}
    for year in {key[0] for key in held}:
        for role in ("teacher", "counselor", "nurse"):
            staff = [(org, fte) for (y, _, r, org), (fte, _) in held.items() if (y, r) == (year, role)]
            students = members(state, year, {LEA_OF[org] for org, _ in staff})
            for level, org in students:
                here = [fte for at, fte in staff if (level, org) in places(at)]
                known = [fte for fte in here if fte is not None]
                missing = len(here) - len(known)
                if role != "teacher":
                    support["education_to_workforce", year, level, org, "staff_role", role] = (
                        students[level, org], sum(known), None, missing)
                elif here:
                    for authority, assumed in (("edfacts", 0), ("position_is_one_fte", 1)):
                        ratio[authority, year, level, org, "all", "All"] = (
                            students[level, org], sum(known) + assumed * missing, None, missing)
    return ratio, support


def teachers(held):
    """{(year, staff): place where they teach most}"""
    posts = defaultdict(list)
    for (year, staff, role, org), (fte, _) in held.items():
        if role == "teacher":
            posts[year, staff].append((-(fte if fte is not None else -1), org == LEA_OF[org], org))
    return {key: min(found)[2] for key, found in posts.items()}


def expected_retention(state):
    held = positions(state)
    telling = {(year, LEA_OF[org]) for year, _, _, org in held}
    counts, totals, missing = defaultdict(int), defaultdict(int), defaultdict(int)
    for (year, staff), org in teachers(held).items():
        if not any(y == year + 1 for y, _ in telling):
            continue
        later = [(role, place) for y, s, role, place in held if (y, s) == (year + 1, staff)]
        teaches, lea = [place for role, place in later if role == "teacher"], LEA_OF[org]
        if org in teaches:
            outcome = "stayer"
        elif lea in {LEA_OF[place] for place in teaches}:
            outcome = "moved_within_lea"
        elif teaches:
            outcome = "moved_lea"
        elif later:
            outcome = f"left_teaching_{'same' if lea in {LEA_OF[place] for _, place in later} else 'other'}_lea"
        else:
            outcome = "left_state" if (year + 1, lea) in telling else None
        told = {row["separation_reason_code"] for row in state.rows["staff_assignments"]
                if row["staff_key"] == staff and row["end_date"]
                and dt.date(year - 1, 10, 1) <= row["end_date"] < dt.date(year, 10, 1)}
        for level, place in places(org):
            key = (year, level, place)
            missing[key] += outcome is None
            totals[key] += outcome is not None
            if outcome:
                counts[(*key, outcome)] += 1
                counts[(*key, "retired")] += "01389" in told
                counts[(*key, "died")] += "01404" in told
    rows = {}
    for key in totals:
        for kind, value in [("all", "All"), *(("retention_outcome", name) for name in OUTCOMES),
                            *(("reason", name) for name in ("retired", "died", "school_closed"))]:
            rows["education_to_workforce", *key, kind, value] = (
                counts[(*key, "stayer" if value == "All" else value)], totals[key], None, missing[key])
    return rows


def expected_tenure(state):
    counts, totals = defaultdict(int), defaultdict(int)
    for (year, _, role, org), (_, begin) in positions(state).items():
        if role == "school_leader" and org != LEA_OF[org]:
            census = dt.date(year - 1, 10, 1)
            years = census.year - begin.year - ((begin.month, begin.day) > (10, 1))
            for level, place in places(org):
                totals[year, level, place] += 1
                band = "under_2_years" if years < 2 else "2_to_3_years" if years < 4 else "4_years_or_more"
                counts[year, level, place, band] += 1
    return {("education_to_workforce", *key, "tenure_band", band): (counts[(*key, band)], total, None, 0)
            for key, total in totals.items() for band in ("under_2_years", "2_to_3_years", "4_years_or_more")}


def minute(time):
    return None if time is None else time.hour * 60 + time.minute


def first_bells(state):
    return {(row["school_id"], row["bell_date"]): minute(row["first_bell"]) for row in state.rows["bell_times"]}


def nearest_rank(numbers, percent):
    ordered = sorted(numbers)
    return ordered[ceil(Fraction(percent * len(ordered), 100)) - 1] if ordered else None


def expected_runs(state):
    """(on-time arrival, minutes late, student-minutes lost)"""
    bells = first_bells(state)
    on_time, late, lost, unknown = (defaultdict(list) for _ in range(4))
    for row in state.rows["bus_runs"]:
        if row["run_period_code"] != "Morning" or row["run_status_code"] == "Added":
            continue
        if row["run_date"] not in school_days(row["year"]):
            continue
        by_bell = bells.get((row["school_id"], row["run_date"]))
        by_bell = None if by_bell is None else by_bell - 5
        scheduled, came = minute(row["scheduled_arrival"]), minute(row["actual_arrival"])
        by_schedule = by_bell if scheduled is None else scheduled
        for authority, due in (("bell_less_5", by_bell), ("scheduled_arrival", by_schedule)):
            known = came is not None and due is not None
            canceled = row["run_status_code"] == "Canceled"
            keys = [(authority, row["year"], *place, "all", "All") for place in places(row["school_id"])]
            for key in [*keys, (*keys[0][:4], "route", row["route_id"])]:
                on_time[key].append(False if canceled else came <= due if known else None)
            for key in keys:
                late[key].append(max(came - due, 0) if known and not canceled else None)
                if known and not canceled and row["riders"] is not None:
                    lost[key].append((max(came - due, 0) * row["riders"], row["riders"]))
                else:
                    unknown[key].append(row)
    return (
        {key: (sum(map(bool, runs)), len(runs) - runs.count(None), None, runs.count(None))
         for key, runs in on_time.items()},
        {(*key[:4], "percentile", f"p{percent}"): (
            None, None, nearest_rank([run for run in runs if run], percent), runs.count(None))
         for key, runs in late.items() for percent in (50, 90)},
        {key: (sum(run[0] for run in lost[key]), sum(run[1] for run in lost[key]), None, len(unknown[key]))
         for key in late},
    )


def expected_arrivals(state):
    """{(student, day): (evidence, arrival)} of every student-day late or absent."""
    bells, routes, runs = first_bells(state), defaultdict(set), {}
    for row in state.rows["student_transportation"]:
        routes[row["lea"], row["year"], row["student_key"]].add(row["route_id"])
    for row in state.rows["bus_runs"]:
        if row["run_period_code"] == "Morning":
            bell, came = bells.get((row["school_id"], row["run_date"])), minute(row["actual_arrival"])
            runs[row["route_id"], row["run_date"]] = (
                "bus_canceled" if row["run_status_code"] == "Canceled" else "arrival_unknown"
                if bell is None or came is None else "bus_late" if came > bell else "bus_on_time")
    expected = {}
    for row in state.rows["attendance"]:
        found = {runs.get((route, row["attendance_date"]), "no_run_told")
                 for route in routes[row["lea"], row["year"], row["student_key"]]}
        order = ("bus_canceled", "bus_late", "arrival_unknown", "no_run_told", "bus_on_time")
        evidence = "no_bus_data" if row["lea"] == "B" else next((one for one in order if one in found), "not_a_rider")
        is_known = evidence in ("bus_late", "bus_on_time", "not_a_rider", "bus_canceled")
        if row["attendance_status_code"] == "Tardy":
            arrival = "bus" if evidence in ("bus_canceled", "bus_late") else "other"
            arrival = f"tardy_{arrival if is_known else 'unknown'}"
        else:
            arrival = "bus_missed" if evidence == "bus_canceled" else "other"
            arrival = f"absent_{arrival if is_known else 'unknown'}"
        expected[row["student_key"], row["attendance_date"]] = (evidence, arrival)
    return expected


def expected_rides(state):
    longest = {}
    for row in state.rows["student_transportation"]:
        up, down = minute(row["pickup_time"]), minute(row["dropoff_time"])
        key = (row["year"], row["student_key"])
        ride = down - up if up is not None and down >= up else None
        longest[key] = max((one for one in (longest.get(key), ride) if one is not None), default=None)
    rides = defaultdict(list)
    for (year, student), ride in longest.items():
        for place in places(student[:2]):
            rides["openslds", year, *place].append(ride)
    return {(*key, "percentile", f"p{percent}"): (
        None, None, nearest_rank([ride for ride in found if ride is not None], percent), found.count(None))
        for key, found in rides.items() for percent in (50, 90)}


def expected_expenditure(state):
    """By the rule of every school; dollars to the cent, halves up."""
    money, unknown, told = defaultdict(int), defaultdict(int), defaultdict(set)
    for row in state.rows["finance_accounts"]:
        is_property = row["object_code"] == "730"
        if row["account_type_code"] != "Expenditure" or is_property or row["function_code"] in ("3300", "4000"):
            continue
        source = {"Federal": "Federal", None: "Missing"}.get(row["funding_code"], "StateLocal")
        for value in ("All", source):
            key = (row["year"], row["org_id"], value)
            if row["function_code"] is None:
                unknown[key] += 1
            else:
                money[key] += round(row["amount_usd"] * 100)
        if row["function_code"] is not None:
            told[row["year"], row["lea"]].add(row["org_id"])
    rows = {}
    for year in {key[0] for key in told}:
        leas = {lea for y, lea in told if y == year}
        students = members(state, year, leas)
        for value in ("All", "Federal", "StateLocal", "Missing"):
            kind = "all" if value == "All" else "funding_source"
            for (level, org), count in students.items():
                orgs = {"school": [org], "lea": [org, *SCHOOLS.get(org, [])],
                        "state": [one for lea in leas for one in (lea, *SCHOOLS[lea])]}[level]
                cents = sum(money[year, one, value] for one in orgs)
                missing = sum(unknown[year, one, value] for one in orgs)
                if level == "school":
                    lea = LEA_OF[org]
                    if not told[year, lea] - {lea}:
                        continue
                    share = Fraction(money[year, lea, value] * count, students["lea", lea])
                    cents += (2 * share.numerator + share.denominator) // (2 * share.denominator)
                    missing += unknown[year, lea, value]
                rows["essa", year, level, org, kind, value] = (Decimal(cents) / 100, count, None, missing)
    return rows


def expected_learning(state):
    """(participation, median hours)"""
    attended, telling = defaultdict(dict), set()
    for row in state.rows["professional_learning"]:
        attended[row["year"], row["staff_key"]][row["session_id"]] = row["hours"]
        telling.add((row["year"], row["lea"]))
    main = teachers(positions(state))
    telling |= {(year, LEA_OF[main[year, staff]]) for year, staff in attended if (year, staff) in main}
    enough, hours = defaultdict(list), defaultdict(list)
    for (year, staff), org in main.items():
        if not any(y == year for y, _ in telling):
            continue
        sessions = list(attended.get((year, staff), {}).values())
        known = sum(one for one in sessions if one is not None)
        is_told = bool(sessions) or (year, LEA_OF[org]) in telling
        whole = known if is_told and None not in sessions else None
        for place in places(org):
            key = ("openslds", year, *place, "all", "All")
            enough[key].append(known >= 6 if whole is not None or known >= 6 else None)
            hours[key].append(whole)
    return (
        {key: (sum(map(bool, found)), len(found) - found.count(None), None, found.count(None))
         for key, found in enough.items()},
        {key: (None, None, middle([one for one in found if one is not None]), found.count(None))
         for key, found in hours.items()},
    )


def middle(numbers):
    ordered = sorted(numbers)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2 if ordered else None
