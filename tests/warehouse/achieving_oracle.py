"""Who was tested, with what result, a second time: plain Python over the records sent. Shares neither SQL nor seeds.

Who a student is (race, statuses) is given to it; the grade of a test, the school of its day, the full academic year and
all else are worked out from the records.
"""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass

from tests.warehouse.achieving_state import SUBJECTS
from tests.warehouse.leaving_state import mondays

NAMES = {"M": "Mathematics", "L": "ReadingLanguageArts", "S": "Science"}
TESTED = {"Mathematics": {"03", "04", "05", "06", "07", "08", "11"},
          "ReadingLanguageArts": {"03", "04", "05", "06", "07", "08", "11"}, "Science": {"05", "08", "11"}}
STATE_TESTS = ("StateSummative", "AlternateAssessmentAlternateStandards")
SUBJECT_OF = {code: NAMES[letter] for letter, (code, _) in SUBJECTS.items()}


@dataclass
class Spell:
    school: str
    year: int
    entry: dt.date
    leave: dt.date | None
    grade: str
    entry_type: str | None

    @property
    def lea(self):
        return self.school[0]

    @property
    def end(self):
        return self.leave or dt.date(self.year, 6, 30)

    @property
    def order(self):
        return (self.end, self.leave is None, self.entry, self.lea, f"src_{self.lea}", self.school)

    def holds(self, day):
        return self.entry <= day <= self.end


@dataclass
class Record:
    lea: str
    year: int
    student: str
    kind: str
    subject: str | None
    domain: str | None
    day: dt.date
    grade: str | None
    how: str | None
    reason: str | None
    score_type: str | None
    score: float | None
    level: int | None
    ready: bool | None
    named: bool | None  # the level was named by the sender; None: there is none
    took_part: bool
    assessment: str
    cuts: tuple

    @property
    def worth(self):
        """What makes one record count before another, but for the day."""
        return 0 if self.ready is not None else 1 if self.took_part else 2 if self.reason == "03454" else 3

    @property
    def tie(self):
        return (0 if self.named else 1, self.score is None, self.score or 0, self.assessment, self.score_type is None,
                self.score_type or "")


def read_spells(deliveries):
    """Student → spells with a day of instruction, in their order through the state."""
    spells = defaultdict(list)
    for delivery in deliveries:
        for student, school, entry, leave, _, grade, _, kind, *_ in delivery.rows["enrollments"]:
            spell = Spell(school, delivery.school_year, entry, leave, grade, kind)
            if any(entry <= day <= (leave or dt.date.max) for day in mondays(spell.year)):
                spells[student].append(spell)
    return {student: sorted(found, key=lambda spell: spell.order) for student, found in spells.items()}


def as_rows(delivery, record_type, columns):
    return [dict(zip(columns, row, strict=True)) for row in delivery.rows[record_type]]


def read_records(deliveries, columns):
    """Every assessment record with its level. `columns`: record type → its column names."""
    tests, levels = {}, defaultdict(list)
    for delivery in deliveries:
        for row in as_rows(delivery, "assessments", columns["assessments"]):
            tests[row["assessment_id"]] = row
        for row in as_rows(delivery, "performance_levels", columns["performance_levels"]):
            levels[row["assessment_id"]].append(row)
    records = []
    for delivery in deliveries:
        for row in as_rows(delivery, "assessment_results", columns["assessment_results"]):
            told, score, level = row["performance_level_source"], None, None
            try:
                score = float(row["score_value"])
            except (TypeError, ValueError):
                score = None
            for each in levels[row["assessment_id"]]:
                within = score is not None and each["minimum_score"] <= score <= each["maximum_score"]
                if row["score_type"] == "Scale" and (each["performance_level_source"] == told or (not told and within)):
                    level = each
            test = tests[row["assessment_id"]]
            records.append(Record(
                delivery.lea_id, delivery.school_year, row["student_key"], test["assessment_type_code"],
                SUBJECT_OF.get(test["subject_code"]), test["developmental_domain_code"] or "All",
                row["administration_date"], row["grade_level_code"], row["assessment_type_administered_code"],
                row["reason_not_tested_code"], row["score_type"], score, level and level["level_number"],
                level and level["is_proficient_code"] == "Yes", None if not (told or level) else bool(told),
                row["score_value"] is not None or told is not None, row["assessment_id"],
                tuple(each["minimum_score"] for each in levels[row["assessment_id"]]
                      if each["is_proficient_code"] == "Yes")))
    return records


def mode_day(records):
    days = Counter(record.day for record in records if record.took_part)
    return min(days, key=lambda day: (-days[day], day)) if days else None


def place(spells, day, lea):
    """The spell a student counts at on a day."""
    there = [spell for spell in spells if spell.holds(day)]
    return max(there, key=lambda spell: (spell.lea == lea, spell.order)) if there else None


def full_years(spells, spell, year, day):
    """Level → whether a full academic year at the organization of `spell`."""
    return {"school": bool(spell) and is_full_year(spells, year, day, lambda each: each.school == spell.school),
            "lea": bool(spell) and is_full_year(spells, year, day, lambda each: each.lea == spell.lea),
            "state": bool(spell) and is_full_year(spells, year, day, lambda each: True)}


def is_full_year(spells, year, day, same):
    """From October 1 to the day without more than ten days outside; `same`: which spells are of the organization."""
    october, through, is_member, has_gap = dt.date(year - 1, 10, 1), None, False, False
    for spell in sorted((spell for spell in spells if same(spell)), key=lambda spell: (spell.entry, spell.end)):
        is_member |= spell.holds(october)
        if through and october < spell.entry <= day and (spell.entry - through).days - 1 > 10:
            has_gap = True
        through = max(through or spell.end, spell.end)
    return is_member and not has_gap


def expected_participation(spells, records, described):
    """(student, year, subject) → what fct_assessment_participation should say."""
    state = [r for r in records if r.kind in STATE_TESTS and r.subject]
    by_key, by_day = defaultdict(list), defaultdict(list)
    for record in state:
        by_key[record.student, record.year, record.subject].append(record)
        if record.kind == "StateSummative":
            by_day[record.year, record.subject, record.grade].append(record)
    days = {key: mode_day(found) for key, found in by_day.items()}
    senders = {(r.year, r.lea) for r in records if r.kind in STATE_TESTS}
    english = {(r.student, r.year) for r in records
               if r.kind in ("LanguageProficiency", "AlternateAssessmentELL") and r.took_part}
    due = {}
    for student, found in spells.items():
        for spell in found:
            for subject, grades in TESTED.items():
                day = days.get((spell.year, subject, spell.grade))
                if day and spell.grade in grades and spell.holds(day):
                    due.setdefault((student, spell.year, subject), day)
    rows = {}
    for key in by_key.keys() | due.keys():
        student, year, subject = key
        record = min(by_key[key], key=lambda r: (r.worth, r.day, *r.tie)) if key in by_key else None
        day = record.day if record else due[key]
        mine = [spell for spell in spells.get(student, []) if spell.year == year]
        spell = place(mine, day, record and record.lea)
        is_learner = described.get((student, year), {}).get("english_learner") == "Yes"
        is_new = is_learner and any(each.entry_type in ("01830", "01838") and 0 <= (day - each.entry).days < 365
                                    for each in spells.get(student, []))
        took_part = bool(record and record.took_part)
        if not spell:
            reason = "not_enrolled_on_test_day"
        elif record and record.worth == 2:
            reason = "medical_exemption"
        elif record and not took_part and record.reason == "03456":
            reason = "passed_earlier"
        elif not record and (year, spell.lea) not in senders:
            reason = "results_not_sent"
        else:
            reason = None
        is_alternate = record is not None and record.kind != "StateSummative"
        how = "ALTASSALTACH" if is_alternate else (record and record.how) or "REGASSWOACC"
        code = None
        if reason == "medical_exemption":
            code = "MEDEXEMPT"
        elif reason is None and took_part:
            code = {"ALTASSALTACH": "ALTPARTALTACH", "REGASSWACC": "REGPARTWACC", "REGASSWOACC": "REGPARTWOACC"}[how]
        elif reason is None:
            code = "PARTELP" if subject == "ReadingLanguageArts" and is_new and (student, year) in english else "NPART"
        rows[key] = {
            "school": spell and spell.school, "lea": spell and spell.lea, "record": record,
            "grade": (record and record.grade) or (spell and spell.grade), "code": code, "reason": reason,
            "how": how if took_part else None, "is_new": is_new,
            "valid": reason is None and record is not None and record.ready is not None,
            "full": full_years(mine, spell, year, day),
        }
    return rows


def expected_english(spells, records, described, programs):
    """(student, year) → what fct_english_learner_progress should say."""
    by_key = defaultdict(list)
    for record in records:
        if record.kind in ("LanguageProficiency", "AlternateAssessmentELL"):
            by_key[record.student, record.year].append(record)
    chosen = {key: min(found, key=lambda r: (r.worth, -r.day.toordinal(), *r.tie)) for key, found in by_key.items()}
    by_year = defaultdict(list)
    for (_, year), record in chosen.items():
        by_year[year].append(record)
    days = {year: mode_day(found) for year, found in by_year.items()}
    senders = {(record.year, record.lea) for found in by_key.values() for record in found}
    due = {}
    for student, found in spells.items():
        for spell in found:
            day, year = days[spell.year], spell.year
            mine = [(begin, end or dt.date.max) for begin, end in programs.get(student, [])
                    if begin <= dt.date(year, 6, 30) and (end or dt.date.max) >= dt.date(year - 1, 7, 1)]
            if (spell.holds(day) and spell.grade != "PK" and described[student, year]["english_learner"] == "Yes"
                    and (not mine or any(begin <= day <= end for begin, end in mine))):
                due[student, year] = day
    rows = {}
    for key in chosen.keys() | due.keys():
        student, year = key
        record = chosen.get(key)
        spell = place([s for s in spells.get(student, []) if s.year == year], record.day if record else due[key],
                      record and record.lea)
        before = [chosen[student, each] for each in range(2016, year) if (student, each) in chosen]
        earlier = [each for each in before if each.took_part]
        took_part = bool(record and record.took_part)
        if not spell:
            reason = "not_enrolled_on_test_day"
        elif described[student, year]["english_learner"] != "Yes":
            reason = "no_english_learner"
        elif record and record.worth == 2:
            reason = "medical_exemption"
        elif not record and (year, spell.lea) not in senders:
            reason = "results_not_sent"
        else:
            reason = None
        code = None
        if reason is None and record and record.ready is not None:
            alike = [each for each in earlier if each.score is not None
                     and (each.kind, each.score_type) == (record.kind, record.score_type)]
            if record.ready:
                code = "PROFICIENT"
            elif alike and record.score is not None:
                # In tenths: the scores of this test have one decimal.
                begin, now, goal = round(alike[0].score * 10), round(record.score * 10), round(min(record.cuts) * 10)
                passed = min(year - alike[0].year, 5)
                code = "PROGRESS" if 5 * now >= 5 * begin + (goal - begin) * passed else "NOPROGRESS"
        rows[key] = {"school": spell and spell.school, "lea": spell and spell.lea, "reason": reason, "progress": code,
                     "grade": (record and record.grade) or (spell and spell.grade),
                     "code": "MEDICAL" if reason == "medical_exemption" else None if reason
                     else "PART" if took_part else "NPART", "is_first": took_part and not earlier}
    return rows


def expected_readiness(spells, records):
    """(student, year, domain) → what fct_kindergarten_readiness should say."""
    by_key, by_day = defaultdict(list), defaultdict(list)
    for record in records:
        if record.kind == "KindergartenReadiness":
            by_key[record.student, record.year, record.domain].append(record)
            by_day[record.year, record.domain].append(record)
    due = {}
    for (year, domain), found in by_day.items():
        day = mode_day(found)
        for student, all_spells in spells.items():
            if any(s.year == year and s.grade == "KG" and s.holds(day) for s in all_spells):
                due[student, year, domain] = day
    rows = {}
    for key in by_key.keys() | due.keys():
        student, year, _ = key
        record = min(by_key[key], key=lambda r: (r.worth, r.day, *r.tie)) if key in by_key else None
        spell = place([s for s in spells.get(student, []) if s.year == year], record.day if record else due[key],
                      record and record.lea)
        reason = ("not_enrolled_on_test_day" if not spell else "not_in_kindergarten" if spell.grade != "KG"
                  else "medical_exemption" if record and record.worth == 2 else None)
        rows[key] = {"school": spell and spell.school, "lea": spell and spell.lea, "reason": reason, "grade": "KG",
                     "ready": record.ready if record else None,
                     "repeats": any(s.grade == "KG" and s.year < year for s in spells.get(student, []))}
    return rows
