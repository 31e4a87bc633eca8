"""The early warning of the made-up state and how well it told, a second time in plain Python."""

import datetime as dt
from collections import defaultdict
from fractions import Fraction

from tests.warehouse.on_track_oracle import (
    CORE,
    ENGLISH,
    MATHEMATICS,
    core_fs,
    judge_chicago,
    place_at_the_end,
    read_grades,
    read_stays,
)
from tests.warehouse.on_track_state import SCHOOLS, YEARS, days_of, last_day_sent

CHECKPOINTS = {"first_quarter": (10, 31), "first_semester": (1, 31), "third_quarter": (3, 31)}
NUMBERS = ("days_enrolled", "days_absent", "days_enrolled_last_20", "days_absent_last_20", "suspension_count_term",
           "suspension_count_year", "referral_count_term", "graded_core_count", "failed_core_count",
           "failed_english_mathematics_count")


def date_in(year, month, day):
    return dt.date(year - (month >= 7), month, day)


def dates_of(lea, year):
    """Date → (week, checkpoint) of a district's year."""
    last = last_day_sent(lea, year)
    found = {date_in(year, *day): (None, name) for name, day in CHECKPOINTS.items() if date_in(year, *day) <= last}
    if year == YEARS[-1]:
        for weeks_ago, week in ((0, "this_week"), (1, "last_week")):
            day = last - dt.timedelta(days=7 * weeks_ago)
            found[day] = (week, found.get(day, (None, None))[1])
    return found


def percent_below(percent, absent, enrolled):
    return None if enrolled < 10 else 100 * (enrolled - absent) < percent * enrolled


def at_least(minimum, count):
    return None if count is None else count >= minimum


def rules(row):
    """Threshold → whether the numbers meet it (None: not known)."""
    year = row["days_absent"], row["days_enrolled"]
    last_20 = row["days_absent_last_20"], row["days_enrolled_last_20"]
    return {
        "attendance_below_90": percent_below(90, *year), "attendance_below_90_last_20": percent_below(90, *last_20),
        "attendance_below_96": percent_below(96, *year), "attendance_below_80": percent_below(80, *year),
        "suspended_this_term": at_least(1, row["suspension_count_term"]),
        "referred_twice_this_term": at_least(2, row["referral_count_term"]),
        "suspended_twice_this_year": at_least(2, row["suspension_count_year"]),
        "failed_english_or_mathematics": at_least(1, row["failed_english_mathematics_count"]),
        "failed_a_core_course": at_least(1, row["failed_core_count"]),
        "failed_two_core_courses": at_least(2, row["failed_core_count"]),
    }


USED = {"a": ("attendance_below_90", "attendance_below_90_last_20"),
        "b": ("suspended_this_term", "referred_twice_this_term"),
        "c": ("failed_english_or_mathematics", "failed_a_core_course")}


def raised(met, names):
    told = [met[name] for name in names if met[name] is not None]
    return any(told) if told else None


class Warnings:
    """`rows`: (student, school, date) → the numbers and flags of fct_early_warning."""

    def __init__(self, state):
        self.stays, self.grades = read_stays(state), read_grades(state)
        self.actions, self.incidents = defaultdict(list), defaultdict(set)
        for row in state.sent["discipline_actions"]:
            self.actions[row["lea"], row["year"]].append(row)
        dated = {(row["lea"], row["year"], row["school_id"], row["incident_id"]): row["incident_date"]
                 for row in state.sent["discipline_incidents"]}
        for row in state.sent["incident_participations"]:
            day = dated.get((row["lea"], row["year"], row["school_id"], row["incident_id"]))
            if row["participation_code"] == "Perpetrator" and day:
                self.incidents[row["student_key"], row["lea"], row["year"]].add((row["incident_id"], day))
        self.senders_of_incidents = {(row["lea"], row["year"]) for row in state.sent["incident_participations"]}
        self.rows = {}
        for lea in SCHOOLS:
            for year in YEARS:
                for day, (week, checkpoint) in dates_of(lea, year).items():
                    self.add(lea, year, day, week, checkpoint)

    def add(self, lea, year, day, week, checkpoint):
        for (student, stay_year), all_stays in self.stays.items():
            stays = [stay for stay in all_stays if stay.lea == lea] if stay_year == year else []
            there = [stay for stay in stays if stay.entry <= day and (stay.exit is None or stay.exit >= day)]
            if there:
                numbers = self.count(student, lea, year, day, stays)
                for stay in there:
                    self.rows[student, stay.school, day] = {
                        **numbers, "lea": lea, "year": year, "week": week, "checkpoint": checkpoint,
                        "grade": stay.grade}

    def count(self, student, lea, year, day, stays):
        window = {each for each in sorted(each for each in days_of(year) if each <= day)[-20:]}
        so_far = [({each for each in stay.days if each <= day}, stay) for stay in stays]
        term = dt.date(year, 1, 1) if day.year == year else dt.date(year - 1, 7, 1)
        core = [grade for grade in self.grades.get((student, year), []) if grade.lea == lea and grade.subject in CORE
                and grade.posted and grade.posted <= day and not grade.is_summer]
        failed = [grade for grade in core if not grade.is_passing]
        row = dict.fromkeys(NUMBERS)
        row["days_enrolled"] = sum(len(days) for days, _ in so_far)
        row["days_absent"] = sum(len(days & stay.absent) for days, stay in so_far)
        row["days_enrolled_last_20"] = sum(len(days & window) for days, _ in so_far)
        row["days_absent_last_20"] = sum(len(days & window & stay.absent) for days, stay in so_far)
        if self.actions[lea, year]:
            days = [each["action_date"] for each in self.actions[lea, year]
                    if each["student_key"] == student and each["action_code"] != "Other" and each["action_date"] <= day]
            row["suspension_count_year"] = len(days)
            row["suspension_count_term"] = sum(each >= term for each in days)
        if (lea, year) in self.senders_of_incidents:
            row["referral_count_term"] = sum(term <= each <= day for _, each in self.incidents[student, lea, year])
        if core:
            row["graded_core_count"], row["failed_core_count"] = len(core), len(failed)
            row["failed_english_mathematics_count"] = sum(g.subject in ENGLISH | MATHEMATICS for g in failed)
        met = rules(row)
        flags = {flag: raised(met, names) for flag, names in USED.items()}
        names = sorted(name for used in USED.values() for name in used if met[name])
        return {**row, "met": met, "flags": flags, "names": "+".join(names) or None}

    def off_track(self, student, year):
        """1, 0 or None: at the end of the year, by the rule of Chicago, without its credits below grade 9."""
        _, grade, reason = place_at_the_end(self.stays[student, year])
        grades = self.grades.get((student, year), [])
        told = [each for each in grades if each.subject and not each.is_summer]
        if reason or not told:
            return None
        if core_fs(grades) > 1:
            return 1
        if grade not in ("09", "10", "11", "12"):
            return 0
        on_track = judge_chicago(grades, 5)
        return None if on_track is None else int(not on_track)

    def validation(self, dropouts, described, types):
        """(year, checkpoint, rule, level, lea, type, value) → (students, missing, warned, outcomes, warned outcomes).

        `dropouts`: (student, year) → whether the student dropped out, of those who can be followed.
        """
        chosen = {}
        for (student, school, _), row in self.rows.items():
            key, rank = (student, row["year"], row["checkpoint"]), (-row["days_enrolled"], row["lea"], school)
            if row["checkpoint"] and (student, row["year"]) in dropouts and rank < chosen.get(key, ((1,),))[0]:
                chosen[key] = (rank, row)
        cells = defaultdict(lambda: [0, 0, 0, 0, 0])
        for (student, year, checkpoint), (_, row) in chosen.items():
            off = self.off_track(student, year)
            outcome = 1 if dropouts[student, year] else off
            flags = row["flags"]
            known = [flag for flag in flags.values() if flag is not None]
            told = {**row["met"], **{f"flag_{name}": flag for name, flag in flags.items()},
                    **{f"level_{level}_or_more": sum(known) >= level if known else None for level in (1, 2, 3)}}
            groups = [("all", "All"), *((kind, described[student, year][kind]) for kind in types)]
            for rule, warned in told.items():
                is_known = warned is not None and outcome is not None
                for level, lea in (("lea", row["lea"]), ("state", None)):
                    for group in groups:
                        cell = cells[year, checkpoint, rule, level, lea, *group]
                        for place, counts in enumerate((is_known, not is_known, is_known and warned,
                                                        is_known and outcome, is_known and warned and outcome)):
                            cell[place] += bool(counts)
        return {key: tuple(cell) for key, cell in cells.items()}


def share(part, whole):
    """A ratio to six places, halves up; None without a whole."""
    return None if whole == 0 else Fraction((2 * part * 10**6 + whole) // (2 * whole), 10**6)
