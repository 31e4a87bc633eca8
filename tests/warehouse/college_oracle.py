"""Diplomas, college and work of the made-up state a second time: plain Python over the records sent.

It shares no text with the warehouse: neither SQL nor seeds. Who a student is (race, statuses) is given to it.
"""

import calendar
import datetime as dt
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from tests.warehouse.college_state import LEA_OF, YEARS
from tests.warehouse.leaving_oracle import BREAKDOWNS, EXPECTED_BACK

KIND_OF_DIPLOMA = {"00806": "regular", "00807": "regular", "00813": "other", "00816": "equivalency",
                   "75000": "alternate"}
KIND_OF_EXIT = {"01921": "regular", "01922": "other", "03509": "equivalency"}
SECTORS = ("InStatePublicFourYear", "InStatePublicTwoYear", "InStatePrivate", "OutOfState", "Unknown")
RANKS = ["regular", "alternate", "equivalency", "other"]
PRICES = {2018: 251107, 2019: 255657, 2020: 258811, 2021: 270970, 2022: 292655, 2023: 304702, 2024: 313689}


def read_records(deliveries):
    """Record type → its records as dictionaries, each with the district and year that sent it."""
    found = defaultdict(list)
    for delivery in deliveries:
        for record_type, values in delivery.sent:
            found[record_type].append(values | {"lea": delivery.lea_id, "year": delivery.school_year})
    return found


def add_months(day, months):
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def school_year_of(day):
    return day.year + (day.month >= 7)


def tally(rows, described, values):
    """(authority, year, level, org, breakdown, value) → [numerator, denominator, student_count, n_missing].

    `rows`: (authority, year, student, school, lea, is_known, is_counted, is_in_denominator).
    """
    counts = {}
    for authority, year, student, school, lea, known, counted, within in rows:
        groups = last_known(described, student, year)
        for place in places(school, lea):
            for breakdown in ("all", *BREAKDOWNS):
                key = (authority, year, *place, breakdown, group_of(groups, breakdown))
                cell = counts.setdefault(key, [0, 0, 0, 0])
                for index, part in enumerate((counted, within, known, not known)):
                    cell[index] += part
    for place in {key[:4] for key in counts}:
        for breakdown, names in values.items():
            for name in names:
                counts.setdefault((*place, breakdown, name), [0, 0, 0, 0])
    return counts


def group_of(groups, breakdown):
    return "All" if breakdown == "all" else " x ".join(groups[part] for part in breakdown.split(" x "))


def places(school, lea):
    return [*([("school", school)] if school else []), *([("lea", lea)] if lea else []), ("state", "ST")]


def last_known(described, student, year):
    known = [told for told in YEARS if told <= year and (student, told) in described]
    return described[student, known[-1]] if known else defaultdict(lambda: "Missing")


class Oracle:
    """What became of each student. Every method returns rows for `tally`, but where it says otherwise."""

    def __init__(self, deliveries):
        self.records = read_records(deliveries)
        self.enrolled = defaultdict(dict)
        for record in self.records["enrollments"]:
            self.enrolled[record["student_key"]][record["year"]] = record
        self.searches, self.terms, self.awards = defaultdict(list), defaultdict(list), defaultdict(list)
        for record in self.records["postsecondary_searches"]:
            self.searches[record["student_key"]].append((record["search_date"], record["search_outcome_code"]))
        for record in self.records["postsecondary_enrollments"]:
            self.terms[record["student_key"]].append(record)
        for record in self.records["postsecondary_awards"]:
            self.awards[record["student_key"]].append((record["award_date"], record["institution_id"]))
        self.terms_known = max([day for days in self.searches.values() for day, _ in days]
                               + [term["begin_date"] for terms in self.terms.values() for term in terms])
        self.all_known = max([self.terms_known] + [day for days in self.awards.values() for day, _ in days])
        self.completions = self.complete()

    def last_school(self, student, year):
        told = [each for each in self.enrolled[student] if each <= year]
        record = self.enrolled[student][max(told)] if told else None
        return (record["school_id"], record["lea"]) if record else (None, None)

    def complete(self):
        """student → {kind: (school year, date, school, lea)} of the credentials that count."""
        senders = {(record["lea"], record["year"]) for record in self.records["diplomas"]}
        found = defaultdict(list)
        for record in self.records["diplomas"]:
            found[record["student_key"], KIND_OF_DIPLOMA[record["diploma_type_code"]]].append(
                (record["diploma_date"], record["lea"], record["school_id"] is None, record["school_id"] or ""))
        for record in self.records["enrollments"]:
            code = record["exit_type_code"]
            if record["exit_date"] and code in KIND_OF_EXIT and (record["lea"], record["year"]) not in senders:
                found[record["student_key"], KIND_OF_EXIT[code]].append(
                    (record["exit_date"], record["lea"], False, record["school_id"]))
        firsts = defaultdict(dict)
        for (student, kind), credentials in found.items():
            date, lea, _, school = min(credentials)
            firsts[student][kind] = (date.year + (date > dt.date(date.year, 8, 31)), date, school or None, lea)
        counted = defaultdict(dict)
        for student, kinds in firsts.items():
            for kind, (year, date, school, lea) in kinds.items():
                best = min(RANKS.index(other) for other, first in kinds.items() if first[0] <= year)
                if best < RANKS.index(kind) or year not in YEARS:
                    continue
                last, last_lea = self.last_school(student, year)
                school = school or (last if last_lea == lea else None)
                counted[student][kind] = (year, date, school, LEA_OF[school] if school else lea)
        return counted

    def completers(self, *kinds):
        return [("edfacts", year, student, school, lea, 1, 0, 0) for student, found in self.completions.items()
                for kind, (year, _, school, lea) in found.items() if kind in kinds]

    def windows(self, name):
        """student → (class, school, lea, diploma, status, first term in the window or None)."""
        found = {}
        for student, kinds in self.completions.items():
            if "regular" not in kinds:
                continue
            year, diploma, school, lea = kinds["regular"]
            october = dt.date(year, 10, 31)
            end = october if name == "october_31" else add_months(diploma, 16)
            if self.terms_known < (october if name == "october_31" else add_months(dt.date(year, 6, 30), 16)):
                continue
            order = {"FourYear": 1, "TwoToFour": 2}
            terms = sorted((t for t in self.terms[student] if t["begin_date"] >= diploma), key=lambda t: (
                t["begin_date"], order.get(t["institution_level_code"], 3), t["institution_id"]))
            late = [outcome for day, outcome in sorted(self.searches[student]) if day >= end]
            if terms and terms[0]["begin_date"] <= end:
                status = "enrolled"
            elif late and late[-1] in ("NoEnrollmentFound", "EnrollmentFound" if self.terms[student] else None):
                status = "not_enrolled"
            else:
                status = "no_information"
            found[student] = (year, school, lea, diploma, status, terms[0] if status == "enrolled" else None)
        return found

    def college(self, name, authority):
        rows = []
        for student, (year, school, lea, _, status, _) in self.windows(name).items():
            known = status != "no_information"
            rows.append((authority, year, student, school, lea, known, status == "enrolled", 1))
            rows.append(("of_those_known", year, student, school, lea, known, status == "enrolled", known))
        return rows

    def sectors(self):
        """(year, level, org, sector) → [enrolled there, graduates, of whom unknown]."""
        counts = {}
        for year, school, lea, _, status, term in self.windows("sixteen_months").values():
            for place in places(school, lea):
                for sector in SECTORS:
                    cell = counts.setdefault((year, *place, sector), [0, 0, 0])
                    cell[0] += term is not None and sector == sector_of(term)
                    cell[1] += 1
                    cell[2] += status == "no_information"
        return counts

    def entrants(self):
        """(student, class, school, lea, first term, their later terms, awards after it)"""
        for student, (year, school, lea, _, _, term) in self.windows("october_31").items():
            if term:
                first = term["begin_date"]
                yield (student, year, school, lea, term, [t for t in self.terms[student] if t["begin_date"] >= first],
                       sorted(award for award in self.awards[student] if award[0] > first))

    def second_fall(self, there):
        rows = []
        for student, year, school, lea, first, terms, awards in self.entrants():
            begin, end, place = dt.date(year + 1, 8, 1), dt.date(year + 1, 10, 31), first["institution_id"]
            if self.terms_known < end:
                continue
            stayed = any(begin <= t["begin_date"] <= end and (not there or t["institution_id"] == place) for t in terms)
            finished = any(day <= end and (not there or where == place) for day, where in awards)
            late = [outcome for day, outcome in sorted(self.searches[student]) if day >= end]
            known = (any(begin <= t["begin_date"] <= end for t in terms) or any(day <= end for day, _ in awards)
                     or (bool(late) and late[-1] in ("NoEnrollmentFound", "EnrollmentFound")))
            removed = any(t["cohort_exclusion_code"] for t in terms)
            authorities = ["education_to_workforce"] if not there else ["national_student_clearinghouse"]
            for authority in authorities + (["ipeds"] if there and not removed else []):
                rows.append((authority, year, student, school, lea, known, stayed or finished, 1))
        return rows

    def attained(self, percent):
        rows, with_length = [], set()
        for student, year, school, lea, first, terms, awards in self.entrants():
            with_length |= {student} if first["program_length_months"] else set()
            months, begin = first["program_length_months"], first["begin_date"]
            end = add_months(begin, -(-months * percent // 100)) if months else None
            over = end is not None and end <= self.all_known
            removed = any(t["cohort_exclusion_code"] for t in terms) or first["enrollment_intensity_code"] != "01"
            for authority in ["education_to_workforce"] + ([] if removed else ["ipeds"]):
                in_time = [day for day, where in awards if over and day <= end
                           and (authority != "ipeds" or where == first["institution_id"])]
                rows.append((authority, year, student, school, lea, over, bool(in_time), over))
        over, told = defaultdict(int), defaultdict(int)
        for row in rows:
            over[row[:2]] += row[5]
            told[row[:2]] += row[2] in with_length
        return [row for row in rows if over[row[:2]] and 10 * over[row[:2]] >= 9 * told[row[:2]]]

    def first_year(self, of):
        rows = []
        for student, year, school, lea, first, terms, _ in self.entrants():
            end = add_months(first["begin_date"], 12)
            if end > self.terms_known:
                continue
            now = [t for t in terms if t["begin_date"] < end]
            if of == "credits":
                credits, intensity = [t["credits_earned"] for t in now], first["enrollment_intensity_code"]
                known = None not in credits and intensity is not None
                reached = known and sum(credits) >= (30 if intensity == "01" else 15)
            else:
                told = [{t[f"gateway_{subject}_code"] for t in now} - {None} for subject in ("mathematics", "english")]
                known, reached = all(told), all("Yes" in each for each in told)
            rows.append(("education_to_workforce", year, student, school, lea, known, known and reached, known))
        return rows

    def exits(self):
        """(population, student, school year, date, school, lea) of everyone who left and counts."""
        for student, years in self.enrolled.items():
            record = years[max(years)]
            if record["grade_level_code"] not in ("09", "10", "11", "12"):
                continue
            done = sorted(found[:2][::-1] for found in self.completions.get(student, {}).values())
            code, left = record["exit_type_code"], record["exit_date"]
            has_left = left is not None and code not in EXPECTED_BACK
            documented = code == "01909" and any(
                d["student_key"] == student and d["exit_date"] == left for d in self.records["exit_documents"])
            if not has_left and not done:
                continue
            if not done and (documented or code in ("73064", "01924", "01917", "01916", "03503", "01907", "01909")):
                continue
            date, year = (left, record["year"]) if has_left else done[0]
            yield "high_school_leavers", student, year, date, record["school_id"], record["lea"]
        for student, awards in self.awards.items():
            latest = {}
            for day, _ in sorted(awards):
                latest[school_year_of(day)] = day
            done = [(found[1], found[2], found[3]) for found in self.completions.get(student, {}).values()]
            for year, day in latest.items():
                school, lea = max(done, key=lambda d: d[0])[1:] if done else (None, None)
                last, last_lea = self.last_school(student, YEARS[-1])
                school = school or last
                yield ("postsecondary_completers", student, year, day, school,
                       LEA_OF[school] if school else lea or last_lea)

    def employment(self, quarters):
        """(authority, year, student, school, lea, status, wages in cents, wage year)"""
        linked = defaultdict(set)
        for record in self.records["students"]:
            linked[record["worker_key"]].add(record["student_key"])
        worker = {next(iter(students)): key for key, students in linked.items() if len(students) == 1}
        wages, sent = defaultdict(int), set()
        for record in self.records["quarterly_wages"]:
            quarter = record["wage_year"] * 4 + record["wage_quarter"] - 1
            wages[record["worker_key"], quarter] += round(record["wages_usd"] * 100)
            sent.add(quarter)
        rows = []
        for population, student, year, date, school, lea in self.exits():
            quarter = date.year * 4 + (date.month - 1) // 3 + quarters
            paid = wages[worker.get(student), quarter] if student in worker else 0
            known = student in worker and quarter in sent
            status = "unknown" if not known else "employed" if paid else "not_found"
            rows.append((f"wioa_{population}", year, student, school, lea, status, paid, quarter // 4, quarter in sent))
        classes = {row[:2] for row in rows if row[8] and row[1] * 4 + 1 + quarters <= max(sent)}
        return [row[:8] for row in rows if row[:2] in classes]

    def employed(self, quarters):
        return [(*row[:5], row[5] != "unknown", row[5] == "employed", row[5] != "unknown")
                for row in self.employment(quarters)]

    def earnings(self, described, values, *, in_prices):
        """(authority, year, level, org, breakdown, value) → (median or None, how many, how many missing)."""
        cells = {}
        for authority, year, student, school, lea, status, cents, wage_year in self.employment(2):
            if status == "not_found":
                continue
            if in_prices:
                cents = (2 * cents * PRICES[2024] + PRICES[wage_year]) // (2 * PRICES[wage_year])
            groups = last_known(described, student, year)
            for place in places(school, lea):
                for breakdown in ("all", *BREAKDOWNS):
                    key = (authority, year, *place, breakdown, group_of(groups, breakdown))
                    cells.setdefault(key, []).append(cents if status == "employed" else None)
        for place in {key[:4] for key in cells}:
            for breakdown, names in values.items():
                for name in names:
                    cells.setdefault((*place, breakdown, name), [])
        return {key: summary(cents) for key, cents in cells.items()}


def summary(cents):
    known = sorted(each for each in cents if each is not None)
    if not known:
        return None, 0, len(cents)
    middle = Decimal(known[(len(known) - 1) // 2] + known[len(known) // 2]) / 200
    return middle.quantize(Decimal("0.000001"), ROUND_HALF_UP), len(known), len(cents) - len(known)


def sector_of(term):
    if term["institution_state"] is None or term["institution_control_code"] is None:
        return "Unknown"
    if term["institution_state"] != "ST":
        return "OutOfState"
    if term["institution_control_code"] != "Public":
        return "InStatePrivate"
    return "InStatePublicFourYear" if term["institution_level_code"] == "FourYear" else "InStatePublicTwoYear"
