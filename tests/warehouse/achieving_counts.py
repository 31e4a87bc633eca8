"""The figures about achievement a second time: from the students of achieving_oracle to the rows of each indicator."""

from collections import defaultdict
from fractions import Fraction
from math import sqrt
from statistics import median

STATUSES = ("economic_disadvantage", "english_learner", "idea", "section_504", "homeless", "migrant", "foster",
            "military_connected")
BREAKDOWNS = ("race_ethnicity", "sex", "grade", *STATUSES, "race_ethnicity x sex", "idea x sex")
LEVELS = ("school", "lea", "state")
LETTERS = {"Mathematics": "m", "ReadingLanguageArts": "r", "Science": "s"}
POINTS = {(before, now): max(100 + 50 * (now - before), 0) for before in range(1, 6) for now in range(1, 6)}


def half_up(a, b):
    return (2 * a + b) // (2 * b)


def ratio(numerator, denominator):
    """Six places, halves away from zero; None without a denominator."""
    if not denominator:
        return None
    size = half_up(abs(Fraction(numerator)) * 10**6, Fraction(denominator))
    return Fraction(size, 10**6) * (-1 if numerator < 0 else 1)


class Tally:
    """Rows of indicators, by (id, authority, year, level, organization, breakdown, value)."""

    def __init__(self, values):
        self.values, self.cells = values, defaultdict(list)

    def add(self, head, place, groups, row):
        """`head`: (id, authority, year); `place`: row with school and lea; `groups`: breakdown → value."""
        for level in place["levels"]:
            org = {"school": place["school"], "lea": place["lea"], "state": "ST"}[level]
            for breakdown in ("all", *BREAKDOWNS):
                value = "All" if breakdown == "all" else " x ".join(groups[part] for part in breakdown.split(" x "))
                self.cells[(*head, level, org, breakdown, value)].append(row)

    def rows(self, finish):
        """Key → what `finish` makes of the student rows, with a row for every group that has none."""
        for head in {key[:5] for key in self.cells}:
            for breakdown, names in self.values.items():
                for name in names:
                    self.cells.setdefault((*head, breakdown, name), [])
        return {key: finish(key, rows) for key, rows in self.cells.items()}


def rate(_, rows):
    """(numerator, denominator, student_count, n_missing, value) of rows (numerator, is_known)."""
    known = [numerator for numerator, is_known in rows if is_known]
    return sum(known), len(known), len(known), len(rows) - len(known), ratio(sum(known), len(known))


def groups_of(described, student, year, grade, grades):
    grade = "Missing" if grade is None else grade if grade in grades else "Other"
    return {**described[student, year], "grade": grade}


def achievement(rows, described, values):
    tally = Tally(values)
    for (student, year, subject), row in rows.items():
        if row["reason"] not in (None, "results_not_sent") or row["code"] == "PARTELP":
            continue
        groups = groups_of(described, student, year, row["grade"], values["grade"])
        name = "I06" + LETTERS[subject]
        told = (int(row["valid"] and row["record"].ready), row["valid"], row["reason"] is None)
        tally.add((name, "report_card", year), {**row, "levels": LEVELS}, groups, told)
        if not row["is_new"]:
            full = [level for level in LEVELS if row["full"][level]]
            tally.add((name, "essa_accountability", year), {**row, "levels": full}, groups, told)

    def finish(key, found):
        valid, required = sum(row[1] for row in found), sum(row[2] for row in found)
        floor = -(-95 * required // 100) if key[1] == "essa_accountability" else 0
        whole, ready = max(valid, floor), sum(row[0] for row in found)
        return ready, whole, valid, len(found) - valid, ratio(ready, whole)
    return tally.rows(finish)


def participation(rows, described, values, *, alternate):
    tally = Tally(values)
    for (student, year, subject), row in rows.items():
        if row["reason"] not in (None, "results_not_sent") or (alternate and row["code"] in ("PARTELP", "NPART")):
            continue
        groups = groups_of(described, student, year, row["grade"], values["grade"])
        name = ("I07a" if alternate else "I07") + LETTERS[subject]
        counts = row["code"] == "ALTPARTALTACH" if alternate else row["code"] != "NPART"
        tally.add((name, "essa", year), {**row, "levels": LEVELS}, groups, (int(counts), row["reason"] is None))
    return tally.rows(rate)


def english_progress(rows, described, values):
    tally = Tally(values)
    for (student, year), row in rows.items():
        if row["reason"] in (None, "results_not_sent") and not row["is_first"]:
            groups = groups_of(described, student, year, row["grade"], values["grade"])
            tally.add(("I09a", "growth_to_target", year), {**row, "levels": LEVELS}, groups,
                      (int(row["progress"] in ("PROGRESS", "PROFICIENT")), row["progress"] is not None))
    return tally.rows(rate)


def readiness(rows, described, values):
    tally = Tally(values)
    for (student, year, domain), row in rows.items():
        if row["reason"] is None and not row["repeats"]:
            groups = groups_of(described, student, year, row["grade"], values["grade"])
            name = "I05" if domain == "All" else f"I05d{int(domain)}"
            tally.add((name, "state_benchmark", year), {**row, "levels": LEVELS}, groups,
                      (int(bool(row["ready"])), row["ready"] is not None))
    return tally.rows(rate)


def reclassification(described, schools, programs, values):
    """`schools`: (student, year) → (school, district) last attended."""
    tally = Tally(values)
    for student in {student for student, _ in described}:
        status = {year: who["english_learner"] for (each, year), who in described.items()
                  if each == student and who["english_learner"] != "Missing"}
        begins = [begin.year + (begin.month >= 7) for begin, _ in programs.get(student, [])]
        begins += [year for year, told in status.items() if told == "Yes"]
        if not begins or not 2016 < min(begins) <= 2017:
            continue
        cohort, until = min(begins), min(begins) + 5
        known = [year for year in status if cohort <= year <= until]
        if not known:
            continue
        last = max(known)
        seen = [year for year in range(cohort, until + 1) if (student, year) in described]
        groups = dict(described[student, max(seen)])
        for name in STATUSES:
            held = {described[student, year][name] for year in seen}
            groups[name] = "Yes" if "Yes" in held else "No" if "No" in held else "Missing"
        school, lea = schools[student, last]
        tally.add(("I09b", "education_to_workforce", until), {"school": school, "lea": lea, "levels": LEVELS}, groups,
                  (int(status[last] == "No"), status[last] == "No" or last == until))
    return tally.rows(rate)


def pair(rows):
    """(student, year, subject) → growth of who had to be tested and could have a score of the year before."""
    tested_before = {(year + 1, subject, row["grade"]) for (_, year, subject), row in rows.items()
                     if row["record"] and row["record"].kind == "StateSummative" and row["record"].level}
    pairs = {}
    for (student, year, subject), row in rows.items():
        if subject == "Science" or row["code"] == "PARTELP" or row["reason"] not in (None, "results_not_sent"):
            continue
        before, second = (rows.get((student, year - back, subject)) for back in (1, 2))
        before = before if before and before["how"] else None
        records = [each["record"] for each in (row, before) if each and each["record"]]
        if any(record.kind != "StateSummative" for record in records):
            continue
        below = f"{int(row['grade']) - 1:02d}" if row["grade"] and row["grade"].isdigit() else None
        if not before and (year, subject, below) not in tested_before:
            continue
        now = row["record"] if row["valid"] else None
        kind = row["record"] and row["record"].score_type
        then = before and before["record"]
        second = second and second["record"]
        pairs[student, year, subject] = {
            "row": row, "level": now and now.level, "before_level": then and then.level,
            "y": now and now.score, "x1": then.score if then and kind and kind == then.score_type else None,
            "x2": second.score if second and kind and second.kind == "StateSummative" and then
            and kind == then.score_type == second.score_type else None,
            "peers": (year, subject, row["grade"], before and before["grade"])}
    return pairs


def add_residuals(pairs):
    """Least squares on one or two prior scores, in thousandths and exact but for the last root."""
    groups = defaultdict(list)
    for each in pairs.values():
        if each["y"] is not None and each["x1"] is not None and None not in each["peers"]:
            groups[(*each["peers"], each["x2"] is not None)].append(each)
    for (*_, has_second), found in groups.items():
        n = len(found)
        if n < 30:
            continue
        y, x1, x2 = ([Fraction(round((each[name] or 0) * 1000)) for each in found] for name in ("y", "x1", "x2"))

        def c(a, b, n=n):
            return n * sum(p * q for p, q in zip(a, b, strict=True)) - sum(a) * sum(b)
        whole = c(x1, x1) * c(x2, x2) - c(x1, x2) ** 2
        if has_second and whole > Fraction(1, 10**6) * c(x1, x1) * c(x2, x2):
            one = (c(x1, y) * c(x2, x2) - c(x2, y) * c(x1, x2)) / whole
            two = (c(x2, y) * c(x1, x1) - c(x1, y) * c(x1, x2)) / whole
        else:
            one, two = (c(x1, y) / c(x1, x1) if c(x1, x1) else 0), 0
        deviation = sqrt(c(y, y) / n / (n - 1))
        for index, each in enumerate(found):
            residual = (y[index] - sum(y) / n) - one * (x1[index] - sum(x1) / n) - two * (x2[index] - sum(x2) / n)
            each["residual"] = Fraction(round(float(residual) / deviation, 6)).limit_denominator(10**6)


def add_percentiles(pairs):
    groups = defaultdict(list)
    for each in pairs.values():
        if each["y"] is not None and each["x1"] is not None and None not in each["peers"]:
            groups[each["peers"]].append(each)
    for found in groups.values():
        n = len(found)
        if n < 30:
            continue
        for each in found:
            each["bin"] = sum(other["x1"] < each["x1"] for other in found) * min(20, n // 30) // n
        large = sorted(b for b in {each["bin"] for each in found} if sum(e["bin"] == b for e in found) >= 30)
        for each in found:
            fitting = [b for b in large if b <= each["bin"]]
            each["merged"] = fitting[-1] if fitting else large[0] if large else 0
        for each in found:
            alike = [other["y"] for other in found if other["merged"] == each["merged"]]
            below, same = sum(y < each["y"] for y in alike), alike.count(each["y"])
            each["percentile"] = min(max(half_up(100 * (2 * below + same), 2 * len(alike)), 1), 99)


def variances(students):
    """(between, within) of residuals by organization; None where they cannot be told."""
    groups = defaultdict(list)
    for org, residual in students:
        groups[org].append(residual)
    n, j = sum(map(len, groups.values())), len(groups)
    if j < 2 or n <= j:
        return None
    total, squares = sum(map(sum, groups.values())), sum(r * r for found in groups.values() for r in found)
    parts = sum(sum(found) ** 2 / len(found) for found in groups.values())
    within, between = (squares - parts) / (n - j), (parts - total * total / n) / (j - 1)
    size = (n - Fraction(sum(len(found) ** 2 for found in groups.values()), n)) / (j - 1)
    return max((between - within) / size, 0), max(within, 0)


def growth(pairs, described, values, method):
    """Rows of one method: a gain, b residual, c percentile, d value table."""
    tally, by_level = Tally(values), defaultdict(list)
    for (student, year, subject), each in pairs.items():
        measure = {"a": Fraction(round((each["y"] - each["x1"]) * 1000), 1000)
                   if each["y"] is not None and each["x1"] is not None else None,
                   "b": each.get("residual"), "c": each.get("percentile"),
                   "d": POINTS.get((each["before_level"], each["level"]))}[method]
        row, name = each["row"], f"I08{method}{LETTERS[subject]}"
        full = [level for level in LEVELS if row["full"][level]]
        groups = groups_of(described, student, year, row["grade"], values["grade"])
        tally.add((name, "openslds", year), {**row, "levels": full}, groups, measure)
        if method == "b" and measure is not None:
            for level in full:
                by_level[name, year, level].append((row.get(level), measure))
    spread = {key: variances(found) for key, found in by_level.items() if key[2] != "state"}

    def finish(key, found):
        known = [measure for measure in found if measure is not None]
        n, total = len(known), sum(known)
        value = ratio(total, n)
        if method == "c":
            value = Fraction(median(known)) if known else None
        elif method == "b" and n and key[3] != "state":
            between, within = spread.get((key[0], key[2], key[3])) or (None, None)
            value = None if between is None else between / (between + within / n) * total / n if between else 0
        elif method == "b" and n:
            value = total / n
        numbers = (None, None) if method == "c" else (total, n)
        return *numbers, n, len(found) - n, value if n >= 20 else None
    return tally.rows(finish)
