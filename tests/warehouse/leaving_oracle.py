"""The graduation rates of the made-up state a second time: plain Python over the records sent, one student at a time.

It shares no text with the warehouse: neither SQL nor seeds. Who a student is (race, statuses) is given to it.
"""

import datetime as dt
from dataclasses import dataclass, field

from tests.warehouse.leaving_state import SCHOOLS, YEARS, mondays

STATUSES = ("economic_disadvantage", "english_learner", "idea", "section_504", "homeless", "migrant", "foster",
            "military_connected")
BREAKDOWNS = ("race_ethnicity", "sex", "grade", *STATUSES, "race_ethnicity x sex", "idea x sex")
IN_STATE = {"01907", "01908", "01919", "03508", "73066"}
AWAY = {"01909", "01910", "01911", "01912", "01913", "01914", "01915", "01918", "73063", "73067", "73068"}
EXPECTED_BACK = {"73062", "03499", "03502"}
REGULAR, EQUIVALENCY, ALTERNATE = {"00806", "00807", "00808", "00809"}, {"00815", "00816"}, {"75000"}
LEA_OF = {school: lea for lea, schools in SCHOOLS.items() for school in schools}


@dataclass
class Spell:
    school: str
    year: int
    entry: dt.date
    leave: dt.date | None
    grade: str
    code: str | None

    @property
    def lea(self):
        return LEA_OF[self.school]

    @property
    def has_left(self):
        return self.leave is not None and self.code not in EXPECTED_BACK

    @property
    def end(self):
        return self.leave if self.has_left else max(dt.date(self.year, 6, 30), self.leave or self.entry)

    @property
    def order(self):
        return (self.end, not self.has_left, self.entry, self.lea, f"src_{self.lea}", self.school)

    @property
    def days(self):
        last = self.leave or dt.date.max
        return {day for day in mondays(self.year) if self.entry <= day <= last}


@dataclass
class Life:
    """Everything sent about one student."""

    spells: list = field(default_factory=list)
    documents: list = field(default_factory=list)
    diplomas: list = field(default_factory=list)


def read_lives(deliveries):
    """Student → `Life`, and the (district, year) pairs that sent any diploma record."""
    lives, senders = {}, set()
    for delivery in deliveries:
        for student, school, entry, leave, _, grade, _, _, _, code in delivery.rows["enrollments"]:
            spell = Spell(school, delivery.school_year, entry, leave, grade, code)
            if spell.days:
                lives.setdefault(student, Life()).spells.append(spell)
        for student, school, left, _, kind, date, _, leads in delivery.rows["exit_documents"]:
            lives.setdefault(student, Life()).documents.append((delivery.lea_id, school, left, kind, date, leads))
        for student, school, date, _, kind in delivery.rows["diplomas"]:
            lives.setdefault(student, Life()).diplomas.append((date, kind, school))
            senders.add((delivery.lea_id, delivery.school_year))
    for life in lives.values():
        life.spells.sort(key=lambda spell: spell.order)
    return {student: life for student, life in lives.items() if life.spells}, senders


def find_cohort(life):
    """The cohort year (spring of first-time grade 9) and the spell that decides it; None without high school."""
    high_school = [spell for spell in life.spells if spell.grade in ("09", "10", "11", "12")]
    if not high_school:
        return None
    first = min(high_school, key=lambda spell: (spell.year, spell.entry, spell.grade, spell.lea, spell.school))
    return first.year - (int(first.grade) - 9), first


def shown_by_documents(life, spell):
    """(the reasons for which sufficient documents about the end of a spell take a student out, whether any was sent)"""
    reasons, was_sent = set(), False
    for lea, school, left, kind, _, leads in life.documents:
        if not spell.has_left or lea != spell.lea or left != spell.leave or school not in (None, spell.school):
            continue
        was_sent = True
        if kind == "DeathRecord":
            reasons.add("died")
        elif kind == "EmigrationNotice":
            reasons.add("emigrated")
        elif kind == "FacilityPlacement" and leads == "Yes":
            reasons.add("diploma_program_in_facility")
        elif kind in ("TranscriptRequest", "EnrollmentConfirmation", "HomeSchoolNotice") and leads != "No":
            reasons.add("transferred_out")
    return reasons, was_sent


def judge(life, cohort_year, first, last_year, senders, ever_idea):
    """(reason, spell that was the last, credential) of a student in the rate that ends with `last_year`."""
    summer_end = dt.date(last_year, 8, 31)
    spells = [spell for spell in life.spells if first.year <= spell.year <= last_year]
    last = spells[-1]
    left = last.has_left and last.leave <= summer_end
    awards = sorted((date, kind, school) for date, kind, school in life.diplomas if date <= summer_end)
    regular = [award for award in awards if award[1] in REGULAR]
    alternate = [award for award in awards if award[1] in ALTERNATE]
    if regular:
        return "regular_diploma", last, regular[0]
    if any(spell.has_left and spell.leave <= summer_end and spell.code == "01921"
           and (spell.lea, spell.year) not in senders for spell in spells):
        return "graduation_reported", last, None
    if alternate and ever_idea:
        return "alternate_diploma", last, alternate[0]
    latest_entry = max(spell.entry for spell in spells)
    if any(spell.leave <= summer_end and spell.leave >= latest_entry and "died" in shown_by_documents(life, spell)[0]
           for spell in spells if spell.has_left):
        return "died", last, None
    shown, was_sent = shown_by_documents(life, last) if left else (set(), False)
    if shown:
        return "|".join(sorted(shown)), last, None
    october_1 = dt.date(cohort_year - 1, 10, 1)
    if left and first.year == cohort_year and first.entry <= october_1 and last.leave < october_1:
        return "left_before_membership_date", last, None
    if alternate:
        return "alternate_diploma_not_counted", last, None
    if awards:
        return ("equivalency" if any(kind in EQUIVALENCY for _, kind, _ in awards) else "other_credential"), last, None
    if not left:
        return ("still_enrolled" if last.year == last_year else "no_later_record"), last, None
    return ("program_without_diploma" if was_sent else stays_because(last.code)), last, None


def stays_because(code):
    if code in IN_STATE:
        return "transfer_not_found"
    if code in AWAY:
        return "transfer_undocumented"
    return {"01916": "emigration_undocumented", "01917": "facility_undocumented", "73064": "death_undocumented",
            "01921": "graduation_without_diploma", "01922": "other_credential", "03509": "equivalency",
            "01927": "dropped_out", "73060": "dropped_out", "73061": "dropped_out", "01931": "left_unknown",
            "03505": "left_unknown", "09999": "left_unknown", None: "exit_not_recorded"}.get(
                code, "left_without_diploma")


REMOVED = {"died", "emigrated", "transferred_out", "diploma_program_in_facility", "left_before_membership_date"}
GRADUATED = {"regular_diploma", "graduation_reported", "alternate_diploma"}


def attribute(life, first, last_year, reason, last, award, *, to_longest):
    """The school a student counts at."""
    spells = [spell for spell in life.spells if first.year <= spell.year <= last_year]
    if award and award[2] in {spell.school for spell in spells}:
        return award[2]
    has_left = last.has_left and last.leave <= dt.date(last_year, 8, 31)
    days = {}
    for spell in spells:
        days.setdefault((spell.school, spell.year), set()).update(spell.days)
    attended = len(days[last.school, last.year])
    if to_longest and has_left and reason not in GRADUATED and 2 * attended < len(mondays(last.year)):
        totals = {}
        for (school, year), dates in days.items():
            entries = [spell.entry for spell in spells if (spell.school, spell.year) == (school, year)]
            count, newest, entered = totals.get(school, (0, 0, dt.date.min))
            totals[school] = (count + len(dates), max(newest, year), max(entered, *entries))
        best = max(totals.values())
        return min(school for school, total in totals.items() if total == best)
    return last.school


def expected_rates(deliveries, described, values, years):
    """{(authority, school_year, level, org, breakdown, value): (numerator, denominator)} of the rate of so many years.

    `described`: (student, year) → {column: value}. `values`: breakdown → its values.
    """
    lives, senders = read_lives(deliveries)
    counts, reasons = {}, {}
    for student, life in lives.items():
        found = find_cohort(life)
        if not found or found[0] < YEARS[0] or found[0] + years - 1 > YEARS[-1]:
            continue
        cohort_year, first = found
        last_year = cohort_year + years - 1
        known = [described[student, year] for year in range(cohort_year, last_year + 1) if (student, year) in described]
        in_data = [described[student, year] for year in range(first.year, last_year + 1)
                   if (student, year) in described]
        reason, last, award = judge(life, cohort_year, first, last_year, senders,
                                    any(year["idea"] == "Yes" for year in in_data))
        reasons[student, last_year] = reason
        groups = dict(known[-1])
        for status in STATUSES:
            held = {year[status] for year in known}
            groups[status] = "Yes" if "Yes" in held else "No" if "No" in held else "Missing"
        for authority in ("essa_last_school", "essa_longest_school"):
            school = attribute(life, first, last_year, reason, last, award,
                               to_longest=authority == "essa_longest_school")
            if set(reason.split("|")) <= REMOVED:
                continue
            for place in (("school", school), ("lea", LEA_OF[school]), ("state", "ST")):
                for breakdown in ("all", *BREAKDOWNS):
                    value = "All" if breakdown == "all" else " x ".join(groups[part] for part in breakdown.split(" x "))
                    key = (authority, last_year, *place, breakdown, value)
                    numerator, denominator = counts.get(key, (0, 0))
                    counts[key] = (numerator + (reason in GRADUATED), denominator + 1)
    for authority, year, level, place in {key[:4] for key in counts}:
        for breakdown, names in values.items():
            for name in names:
                counts.setdefault((authority, year, level, place, breakdown, name), (0, 0))
    return counts, reasons
