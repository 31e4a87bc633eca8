"""Removals, days lost, punctuality and IDEA's risk ratios of the made-up state, a second time in plain Python."""

from collections import Counter, defaultdict
from fractions import Fraction

from tests.warehouse.on_track_oracle import STATE, days_together, exact
from tests.warehouse.on_track_state import LEA_OF

KINDS = {"ind_in_school_suspension": "InSchoolSuspension", "ind_out_of_school_suspension": "OutOfSchoolSuspension",
         "ind_expulsion": "Expulsion"}
IMPAIRMENTS = ("ID", "SLD", "EMN", "SLI", "OHI", "AUT")
RACES = ("AmericanIndianOrAlaskaNative", "Asian", "BlackOrAfricanAmerican", "HispanicOrLatino",
         "NativeHawaiianOrOtherPacificIslander", "DemographicRaceTwoOrMoreRaces", "White")


def places_of(school):
    return {("school", school), ("lea", LEA_OF[school]), ("state", STATE)}


def memberships(stays):
    """(student, year, level, org) → the stays there."""
    found = defaultdict(list)
    for (student, year), each in stays.items():
        for stay in each:
            for level, org in places_of(stay.school):
                found[student, year, level, org].append(stay)
    return found


class Removals:
    """The student rows of every indicator of discipline and punctuality."""

    def __init__(self, state, stays):
        self.members = memberships(stays)
        self.removed, self.restrained = defaultdict(list), Counter()
        self.senders = {(row["lea"], row["year"]) for row in state.sent["discipline_actions"]}
        for row in state.sent["discipline_actions"]:
            if row["action_code"] != "Other":
                for level, org in places_of(row["school_id"]):
                    self.removed[row["student_key"], row["year"], level, org].append(row)
        for row in state.sent["restraint_events"]:
            for level, org in places_of(row["school_id"]):
                self.restrained[row["student_key"], row["year"], level, org] += 1
        self.years_with_restraint = {row["year"] for row in state.sent["restraint_events"]}
        self.eligible = {(row["student_key"], row["year"]): row for row in state.sent["idea_eligibilities"]}
        self.senders_of_eligibility = {(row["lea"], row["year"]) for row in state.sent["idea_eligibilities"]}
        self.forgiven = self.read_forgiven(state, stays)
        # Who was late on a day present: absent from one of two schools at once is present.
        self.senders_of_lateness = {(stay.lea, stay.year) for each in stays.values() for stay in each if stay.late}

    @staticmethod
    def read_forgiven(state, stays):
        """(student, year) → {school: dates late on which the bell had moved by as much}."""
        bells = defaultdict(dict)
        for row in state.sent["bell_times"]:
            minute = row["first_bell"].hour * 60 + row["first_bell"].minute
            bells[row["school_id"], row["year"]][row["bell_date"]] = minute
        usual = {key: min(Counter(days.values()).items(), key=lambda item: (-item[1], item[0]))[0]
                 for key, days in bells.items()}
        found = defaultdict(set)
        for (student, year), each in stays.items():
            for stay in each:
                for day, minutes in stay.late.items():
                    moved = bells.get((stay.school, year), {}).get(day, 0) - usual.get((stay.school, year), 0)
                    if minutes is not None and moved > 0 and minutes <= moved:
                        for level, org in places_of(stay.school):
                            found[student, year, level, org].add(day)
        return found

    def is_sent(self, senders, key):
        _, year, level, org = key
        if level != "state":
            return (org if level == "lea" else LEA_OF[org], year) in senders
        return any((stay.lea, year) in senders for stay in self.members[key])

    def removals(self, model):
        for key in self.members:
            student, year, level, org = key
            if self.is_sent(self.senders, key):
                numbers = (int(any(row["action_code"] == KINDS[model] for row in self.removed[key])), 1, 0)
            else:
                numbers = (0, 0, 1)
            yield ("openslds", year, level, org, student, *numbers)

    def positive_behavior(self):
        for key in self.members:
            student, year, level, org = key
            if year in self.years_with_restraint:
                is_known = self.is_sent(self.senders, key)
                none = not self.removed[key] and not self.restrained[key]
                yield ("education_to_workforce", year, level, org, student, int(is_known and none), int(is_known),
                       int(not is_known))

    def days_lost(self):
        for key in self.members:
            student, year, level, org = key
            lengths = [exact(row["duration_days"]) for row in self.removed[key]]
            is_known = self.is_sent(self.senders, key) and None not in lengths
            yield ("openslds", year, level, org, student, sum(lengths) if is_known else 0, int(is_known),
                   int(not is_known))

    def punctuality(self, *, of_days_present):
        for key, stays in self.members.items():
            student, year, level, org = key
            days, absent, late = days_together(stays)
            present, late_count = len(days - absent), len(late) - len(self.forgiven[key])
            if not self.is_sent(self.senders_of_lateness, key):
                numbers = (0, 0, 1)
            elif of_days_present:
                numbers = (late_count, present, 0)
            else:
                numbers = (present - late_count, len(days), 0)
            yield ("openslds", year, level, org, student, *numbers)

    def outcomes(self, key, idea):
        """Category → 1, a number of removals, or 0 for who could have the outcome and has not."""
        student, year, _, _ = key
        record, found = self.eligible.get((student, year)), {}
        is_disabled = True if record or idea == "Yes" else False if idea == "No" else None
        if is_disabled is not None:
            found["identification_all"] = int(is_disabled)
            for code in IMPAIRMENTS:
                found[f"identification_{code}"] = int(bool(record) and record["primary_disability_code"] == code)
        if not is_disabled:
            return found
        setting = record and record["educational_environment_code"]
        found["placement_regular_class_below_40"] = int(setting == "RC39")
        found["placement_separate_or_residential"] = int(setting in ("SS", "RF"))
        for name, kinds in (("in_school", {"InSchoolSuspension"}),
                            ("out_of_school", {"OutOfSchoolSuspension", "Expulsion"})):
            rows = [row for row in self.removed[key] if row["action_code"] in kinds]
            length = sum(exact(row["duration_days"]) or 0 for row in rows)
            found[f"removal_{name}_up_to_10"] = int(bool(rows) and length <= 10)
            found[f"removal_{name}_over_10"] = int(length > 10)
        found["removal_total"] = len(self.removed[key])
        return found

    def risk_ratios(self, described):
        """(year, district, category, race) → (outcomes, children, others' outcomes, others, method, years, ratio)."""
        cells, identified = defaultdict(lambda: [0, 0]), set()
        for key in self.members:
            student, year, level, org = key
            if level == "school":
                continue
            who = described[student, year]
            for category, outcome in self.outcomes(key, who["idea"]).items():
                if category == "identification_all" and outcome and level == "lea":
                    identified.add((org, year))
                cell = cells[year, org, category, who["race_ethnicity"]]
                cell[0] += outcome
                cell[1] += 1
        ratios, above = {}, {}
        for (year, org, category, race), (outcomes, children) in sorted(cells.items()):
            if org == STATE or race == "Missing" or not self.is_judged(org, year, category, identified):
                continue
            others = [sum(cells.get((year, org, category, other), (0, 0))[part] for other in RACES if other != race)
                      for part in (0, 1)]
            in_state = [sum(cells.get((year, STATE, category, other), (0, 0))[part] for other in RACES if other != race)
                        for part in (0, 1)]
            method, ratio = self.compare(outcomes, children, others, in_state)
            key = (org, category, race)
            above[key, year] = above.get((key, year - 1), 0) + 1 if ratio is not None and ratio > 3 else 0
            ratios[year, *key] = (outcomes, children, *others, method, above[key, year], ratio)
        return ratios

    def is_judged(self, org, year, category, identified):
        if category == "identification_all":
            return (org, year) in identified
        return (org, year) in (self.senders if category.startswith("removal") else self.senders_of_eligibility)

    @staticmethod
    def compare(outcomes, children, others, in_state):
        if outcomes < 10 or children < 30:
            return "group_below_minimum", None
        for method, (cases, count) in (("risk_ratio", others), ("alternate_risk_ratio", in_state)):
            if cases >= 10 and count >= 30:
                return method, Fraction(outcomes, children) / Fraction(cases, count)
        return "comparison_below_minimum", None
