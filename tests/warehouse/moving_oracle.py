"""Dropout, mobility and stability of the made-up state a second time, in plain Python over the records sent."""

import datetime as dt

from tests.warehouse.leaving_oracle import BREAKDOWNS, LEA_OF, read_lives, shown_by_documents
from tests.warehouse.leaving_state import YEARS, mondays

DROPOUT_GRADES = {"07", "08", "09", "10", "11", "12"}
FINISHED = {"01921", "01922", "03509", "01930"}
GONE = {"01925", "01926", "01927", "01928", "73060", "73061", "01931", "03505", "09999", None}


def tally(rows, described, values):
    """{(authority, year, level, org, breakdown, value): (numerator, denominator)} from rows about students."""
    counts = {}
    for authority, year, level, place, student, numerator, denominator in rows:
        groups = described[student, year]
        for breakdown in ("all", *BREAKDOWNS):
            value = "All" if breakdown == "all" else " x ".join(groups[part] for part in breakdown.split(" x "))
            key = (authority, year, level, place, breakdown, value)
            before = counts.get(key, (0, 0))
            counts[key] = (before[0] + numerator, before[1] + denominator)
    for place in {key[:4] for key in counts}:
        for breakdown, names in values.items():
            for name in names:
                counts.setdefault((*place, breakdown, name), (0, 0))
    return counts


def places(school):
    return [("school", school), ("lea", LEA_OF[school]), ("state", "ST")]


def expected_dropouts(deliveries, described, values):
    """Members and dropouts of grades 7 to 12 of every year that has a next."""
    lives, _ = read_lives(deliveries)
    rows = []
    for student, life in lives.items():
        for year in list(YEARS)[:-1]:
            begins, returns = dt.date(year - 1, 10, 1), dt.date(year, 10, 1)
            spells = [spell for spell in life.spells
                      if spell.year == year and spell.end >= begins and spell.grade in DROPOUT_GRADES]
            if not spells:
                continue
            last, present = spells[-1], [spell for spell in spells if spell.entry <= begins]
            if present:
                newest = max(spell.entry for spell in present)
                school = min(spell.school for spell in present if spell.entry == newest)
                rows += [(authority, year, *place, student, 0, 1)
                         for authority in ("edfacts", "exit_type_01927") for place in places(school)]
            code = last.code if last.leave else "none"
            accounted = (
                any(spell.entry <= returns <= spell.end for spell in life.spells)
                or any(date <= returns for date, _, _ in life.diplomas)
                or bool(shown_by_documents(life, last)[0])
                or code in FINISHED | {"01924", "73065"})
            if not accounted:
                for authority in ("edfacts", "exit_type_01927"):
                    if authority == "edfacts" or code == "01927":
                        rows += [(authority, year, *place, student, 1, 0) for place in places(last.school)]
    return tally(rows, described, values)


def expected_moves(deliveries, described, values):
    """(mobility, incidence, stability) of every year."""
    lives, _ = read_lives(deliveries)
    mobility, incidence, stability = [], [], []
    for student, life in lives.items():
        for year in YEARS:
            graded = [spell for spell in life.spells if spell.year == year and spell.grade != "UG"]
            for level, belongs in (("school", lambda spell: spell.school), ("lea", lambda spell: spell.lea),
                                   ("state", lambda spell: "ST")):
                for place in {belongs(spell) for spell in graded}:
                    own = [spell for spell in graded if belongs(spell) == place]
                    key = (year, level, place, student)
                    stays = [spell for spell in own if spell.end >= dt.date(year - 1, 7, 1)]
                    if stays:
                        stability.append(("california", *key, int(longest_stay(stays, year) >= 245), 1))
                    stays = [spell for spell in own if spell.end >= dt.date(year - 1, 10, 1)]
                    if stays:
                        moves, is_stable = follow(stays, year)
                        mobility.append(("colorado", *key, int(moves > 0), 1))
                        incidence.append(("colorado", *key, moves, 1))
                        stability.append(("colorado", *key, int(is_stable), 1))
    return tuple(tally(rows, described, values) for rows in (mobility, incidence, stability))


def longest_stay(stays, year):
    """Calendar days of the longest enrolment that did not end in dropping out."""
    first, last = dt.date(year - 1, 7, 1), dt.date(year, 6, 30)
    return max([(min(spell.end, last) - max(spell.entry, first)).days + 1 for spell in stays
                if not (spell.has_left and spell.code in GONE)], default=0)


def follow(stays, year):
    """(moves, whether never away) from October 1 on: a move is more than ten days of instruction without membership."""
    final = max(stays, key=lambda spell: (spell.end, not spell.has_left, spell.entry))
    finished = final.has_left and final.code in FINISHED | {"73064"}
    days = [day for day in mondays(year) if day >= dt.date(year - 1, 10, 1) and not (finished and day > final.end)]
    gaps, before = [], True
    for day in days:
        present = any(spell.entry <= day <= spell.end for spell in stays)
        if not present and before:
            gaps.append([])
        if not present:
            gaps[-1].append(day)
        before = present
    moves = sum(1 if days[0] in gap or days[-1] in gap else 2 for gap in gaps if len(gap) > 10)
    died = any(spell.has_left and spell.code == "73064" for spell in stays)
    return moves, not gaps and not died
