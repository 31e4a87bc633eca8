"""Research extracts: who stands out is pooled, withheld or dropped, and what was reached is measured and attacked."""

import random
from collections import Counter, defaultdict

import polars as pl
import pytest

from privacy.research.alikeness import measure_anonymity
from privacy.research.microdata import ExtractRefused, prepare_extract
from privacy.research.study_codes import StudyCodes, load_codes
from privacy.research.study_plan import CODE, WITHHELD, StudyPlan

PLAN = {
    "version": 1,
    "study": "absence-2026",
    "person": "student_key",
    "time": "school_year",
    "quasi_identifiers": ["grade", "race"],
    "sensitive": {"suspended": 2},
    "other": ["days_absent"],
    "k": 5,
}


def _plan(**changes):
    return StudyPlan.model_validate(PLAN | changes)


def _rows(*groups):
    """Rows of persons who are alike: (how many, grade, race, how many of them were suspended)."""
    rows = []
    for count, grade, race, suspended in groups:
        for i in range(count):
            rows.append((f"s{len(rows)}", 2026, grade, race, i < suspended, i % 3, "a name"))
    columns = ["student_key", "school_year", "grade", "race", "suspended", "days_absent", "name"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def _codes(rows, study="absence-2026", folder="nowhere"):
    return load_codes(folder, study).extend(rows["student_key"])


def _prepare(rows, plan):
    return prepare_extract(rows, plan, _codes(rows, plan.study))


def _by_hand(rows, plan):
    """k and l counted with plain Python: persons by the list of all their rows, values by group and row."""
    trails, values = defaultdict(list), defaultdict(set)
    key = [WITHHELD, "school_year", *plan.quasi_identifiers]
    rows = rows.sort(CODE, *key).to_dicts()
    for row in rows:
        trails[row[CODE]].append(tuple(row[one] for one in key))
    groups = Counter(tuple(trail) for trail in trails.values())
    least = {}
    for column in plan.sensitive:
        values.clear()
        for row in rows:
            place = (tuple(trails[row[CODE]]), tuple(row[one] for one in key))
            values[place] |= {row[column]} - {None}
        least[column] = min(max(1, len(found)) for found in values.values())
    return min(groups.values()), least


def _random_rows(seed, years=1):
    draw = random.Random(seed)
    rows = []
    for person in range(400):
        race = draw.choice(["A", "B", "C", None])
        for year in range(2026, 2026 + draw.randint(1, years)):
            suspended = draw.choice([True, False, False, None])
            rows.append((f"s{person}", year, draw.choice(["09", "10"]), race, suspended, draw.randrange(90), "x"))
    columns = ["student_key", "school_year", "grade", "race", "suspended", "days_absent", "name"]
    return pl.DataFrame(rows, schema=columns, orient="row")


@pytest.mark.parametrize("years", [1, 3])
@pytest.mark.parametrize("mode", ["withhold", "drop"])
@pytest.mark.parametrize("seed", range(4))
def test_the_library_and_a_count_by_hand_agree_on_k_and_l(seed, mode, years):
    plan = _plan(when_it_fails=mode)
    rows = _random_rows(seed, years)
    everybody = rows.rename({"student_key": CODE}).with_columns(pl.lit(False).alias(WITHHELD))
    before = measure_anonymity(everybody, plan)
    assert (before.k, before.l) == _by_hand(everybody, plan)
    extract = _prepare(rows, plan)
    after = extract.report.anonymity
    assert (after.k, after.l) == _by_hand(extract.rows, plan)
    assert after.reaches(plan)


def test_a_person_nobody_is_like_loses_her_quasi_identifiers_and_is_not_alone_in_that():
    rows = _rows((20, "09", "A", 5), (1, "09", "B", 1), (3, "10", "B", 1), (2, "10", "A", 0))
    extract = _prepare(rows, _plan())
    withheld = extract.rows.filter(WITHHELD)
    assert withheld.height == extract.report.withheld_persons == 6
    assert withheld.select("school_year", "grade", "race").null_count().row(0) == (0, 6, 6)
    assert extract.report.anonymity.k == 6


def test_the_only_person_who_fails_is_dropped_for_being_withheld_would_point_at_her():
    extract = _prepare(_rows((20, "09", "A", 5), (1, "09", "B", 1)), _plan())
    assert extract.rows["race"].unique().to_list() == ["A"]
    assert (extract.report.dropped_persons, extract.report.withheld_persons) == (1, 0)


def test_a_group_whose_members_all_have_the_same_outcome_is_found():
    rows = _rows((20, "09", "A", 5), (30, "10", "A", 30))
    extract = _prepare(rows, _plan(when_it_fails="drop"))
    assert set(extract.rows["grade"]) == {"09"}
    assert extract.report.dropped_persons == 30


def test_an_unknown_outcome_does_not_count_as_a_second_one():
    rows = _rows((20, "09", "A", 19)).with_columns(suspended=pl.when("suspended").then(True))
    assert _prepare(rows, _plan()).rows.is_empty()


def test_outcomes_are_varied_year_by_year_and_not_only_over_the_years():
    first = _rows((20, "09", "A", 20))
    second = first.with_columns(school_year=pl.lit(2027, pl.Int64), suspended=pl.lit(False))
    assert _prepare(pl.concat([first, second]), _plan()).rows.is_empty()


def test_two_rows_of_a_person_at_one_time_are_refused():
    rows = _rows((20, "09", "A", 5))
    twice = pl.concat([rows, rows.with_columns(school_year=pl.lit(2027, pl.Int64)), rows.head(1)])
    with pytest.raises(ValueError, match="2 rows have the same person and school_year"):
        _prepare(twice, _plan())
    with pytest.raises(ValueError, match="the plan names no time"):
        _prepare(twice, _plan(time=None))


def test_a_path_through_the_years_that_is_unique_is_withheld_though_every_year_is_common():
    first = _rows((40, "09", "A", 10), (40, "09", "B", 10))
    second = first.with_columns(school_year=pl.lit(2027, pl.Int64), grade=pl.lit("10"), race=first["race"].reverse())
    straight = first.with_columns(school_year=pl.lit(2027, pl.Int64), grade=pl.lit("10"))
    # 39 + 1 persons of either race: one of each changes over, and each year alone has 40 like her.
    crossed = pl.concat([first, straight.filter(~pl.col("student_key").is_in(["s0", "s79"]))])
    crossed = pl.concat([crossed, second.filter(pl.col("student_key").is_in(["s0", "s79"]))])
    extract = _prepare(crossed, _plan(when_it_fails="drop"))
    assert crossed.group_by("school_year", "grade", "race").len()["len"].min() == 40
    assert extract.report.dropped_persons == 2
    assert extract.report.anonymity.k == 39


def test_only_the_columns_of_the_plan_leave_under_a_code_and_in_its_order():
    extract = _prepare(_rows((20, "09", "A", 5)), _plan())
    kept = ["school_year", "grade", "race", "suspended", "days_absent"]
    assert extract.rows.columns == ["study_code", "quasi_identifiers_withheld", *kept]
    assert extract.rows["study_code"].is_sorted()


def test_the_order_of_the_rows_that_come_in_changes_nothing():
    rows, plan = _random_rows(5, years=2), _plan()
    codes = _codes(rows)
    one, other = (prepare_extract(some, plan, codes) for some in (rows, rows.sample(fraction=1, shuffle=True, seed=1)))
    assert one.rows.equals(other.rows)
    assert one.report.anonymity == other.report.anonymity


def test_extracts_of_two_studies_share_no_code():
    rows = _rows((200, "09", "A", 50))
    one, other = (_prepare(rows, _plan(study=study)).rows for study in ("absence-2026", "reading-2026"))
    assert one.height == other.height == 200
    assert one.join(other, on=CODE, how="inner").is_empty()
    # And the order of the codes does not line the persons up either.
    assert one["suspended"].to_list() != other["suspended"].to_list()


def test_persons_whom_all_columns_tell_apart_are_counted():
    rows = _rows((20, "09", "A", 5)).with_columns(days_absent=pl.int_range(20))
    assert _prepare(rows, _plan()).report.unique_persons == 20
    assert _prepare(rows, _plan(other=[])).report.unique_persons == 0


def test_a_row_without_a_code_or_with_the_codes_of_another_study_is_refused():
    rows, plan = _rows((20, "09", "A", 5)), _plan()
    with pytest.raises(ValueError, match="20 rows have no code"):
        prepare_extract(rows, plan, load_codes("nowhere", plan.study))
    with pytest.raises(ValueError, match="codes are those of study other"):
        prepare_extract(rows, plan, _codes(rows, "other"))
    with pytest.raises(ValueError, match="lack the columns race"):
        prepare_extract(rows.drop("race"), plan, _codes(rows))


def test_an_extract_that_the_library_finds_too_weak_is_not_given_out(monkeypatch):
    monkeypatch.setattr(
        "privacy.research.microdata.find_failing", lambda *rows_and_plan: pl.Series([], dtype=pl.String)
    )
    with pytest.raises(RuntimeError, match="does not reach"):
        _prepare(_rows((20, "09", "A", 5), (1, "09", "B", 1)), _plan())


def test_small_categories_are_pooled_until_the_pool_is_no_single_one():
    rows = _rows((20, "09", "A", 5), (8, "09", "B", 3), (3, "09", "C", 1))
    rule = {"rule": "pool", "column": "race", "fewer_than": 5, "into": "other"}
    extract = _prepare(rows, _plan(rules=[rule]))
    assert Counter(extract.rows["race"]) == {"A": 20, "other": 11}
    assert extract.report.rules.row(0) == ("pool", "race", 11, 2)


def test_one_small_category_takes_its_whole_group_to_the_coarser_name():
    rows = _rows((3, "09", "A", 1), (20, "10", "A", 5), (20, "07", "A", 5), (6, "08", "A", 2))
    groups = {"09": "high", "10": "high", "07": "middle", "08": "middle"}
    rule = {"rule": "pool", "column": "grade", "fewer_than": 5, "groups": groups}
    extract = _prepare(rows, _plan(rules=[rule]))
    assert Counter(extract.rows["grade"]) == {"high": 23, "07": 20, "08": 6}


def test_categories_are_small_by_persons_and_not_by_rows():
    one = _rows((2, "09", "B", 1))
    years = [one.with_columns(school_year=pl.lit(2026 + year, pl.Int64)) for year in range(5)]
    rows = pl.concat([_rows((20, "09", "A", 5)).with_columns(student_key="t" + pl.col("student_key")), *years])
    rule = {"rule": "pool", "column": "race", "fewer_than": 5, "into": "other"}
    assert set(_prepare(rows, _plan(rules=[rule])).rows["race"].drop_nulls()) == {"other"}


def test_whole_numbers_become_bands_with_open_ends():
    rows = _rows((7, "09", "A", 3)).with_columns(days_absent=pl.Series([-1, 0, 4, 5, 9, 10, None]))
    rule = {"rule": "band", "column": "days_absent", "bottom": 0, "step": 5, "top": 10}
    found = Counter(_prepare(rows, _plan(rules=[rule])).rows["days_absent"])
    assert found == {"under 0": 1, "0 to 4": 2, "5 to 9": 2, "10 or more": 1, None: 1}


def test_a_value_is_coarsened_by_a_mapping_and_a_missing_one_stays_missing():
    rows = _rows((7, "09", "A", 3), (7, None, "A", 3))
    rule = {"rule": "coarsen", "column": "grade", "to": {"09": "high school"}}
    extract = _prepare(rows, _plan(rules=[rule]))
    assert Counter(extract.rows["grade"]) == {"high school": 7, None: 7}


def test_a_band_over_something_that_is_no_whole_number_is_refused_by_name():
    rule = {"rule": "band", "column": "race", "bottom": 0, "step": 5, "top": 10}
    with pytest.raises(ValueError, match="race: band needs whole numbers"):
        _prepare(_rows((7, "09", "A", 3)), _plan(rules=[rule]))


def test_the_report_holds_no_value_of_a_person():
    rows = _rows((20, "09", "the one race", 5), (1, "the only grade", "A", 1))
    assert isinstance(_codes(rows), StudyCodes)
    said = repr(_prepare(rows, _plan()))
    assert not any(value in said for value in ("the one race", "the only grade", "s20", "a name"))


def test_a_plan_that_refuses_gives_out_an_extract_only_if_nobody_fails():
    plan = _plan(when_it_fails="refuse")
    assert _prepare(_rows((20, "09", "A", 5)), plan).rows.height == 20
    with pytest.raises(ExtractRefused, match="1 of 21 persons fail k = 5"):
        _prepare(_rows((20, "09", "A", 5), (1, "09", "B", 1)), plan)
    with pytest.raises(ExtractRefused, match="30 of 50 persons"):
        _prepare(_rows((20, "09", "A", 5), (30, "10", "A", 30)), plan)


def _joint(extracts, plan):
    """Per code its rows in every extract (None: not in it), by which a person may be known."""
    known = [[c for c in one.columns if c not in (CODE, *plan.sensitive, *plan.other)] for one in extracts]
    trails = defaultdict(lambda: [None] * len(extracts))
    for i, one in enumerate(extracts):
        for row in one.sort(CODE, *known[i]).to_dicts():
            trails[row[CODE]][i] = (trails[row[CODE]][i] or ()) + (tuple(row[c] for c in known[i]),)
    return {code: tuple(trail) for code, trail in trails.items()}, known


def _least_by_hand(extract, earlier, plan):
    """k and the least variety of suspended that somebody with all extracts finds among the persons of the last one."""
    extracts = [extract, *earlier]
    trails, known = _joint(extracts, plan)
    own = set(extract[CODE])
    values = defaultdict(set)
    for i, one in enumerate(extracts):
        for row in one.filter(pl.col(CODE).is_in(sorted(own))).to_dicts():
            values[i, trails[row[CODE]], tuple(row[c] for c in known[i])] |= {row["suspended"]} - {None}
    least = min(max(1, len(found)) for found in values.values())
    return min(Counter(trails[code] for code in own).values()), least


def _count_told_by_hand(gone, trails, earlier, plan):
    told, alike = 0, Counter(trails[code] for code in gone)
    for trail, count in alike.items():
        same, varied = {code for code in gone if trails[code] == trail}, True
        for one in earlier:
            values = defaultdict(set)
            for row in one.filter(pl.col(CODE).is_in(sorted(same))).to_dicts():
                known = tuple(v for c, v in row.items() if c not in (CODE, *plan.sensitive, *plan.other))
                values[known] |= {row["suspended"]} - {None}
            varied = varied and all(len(found) >= plan.sensitive["suspended"] for found in values.values())
        told += count if count < plan.k or not varied else 0
    return told


@pytest.mark.parametrize("mode", ["withhold", "drop"])
@pytest.mark.parametrize("seed", range(4))
def test_who_is_alike_is_so_in_every_extract_of_the_study_together(seed, mode):
    plan = _plan(when_it_fails=mode)
    draw = random.Random(seed)
    first = _random_rows(seed).head(200)
    second = first.with_columns(
        grade=pl.Series([draw.choice([grade] * 3 + ["11"]) for grade in first["grade"]]),
        suspended=pl.Series([draw.choice([True, False, False, None]) for _ in range(first.height)]),
    ).filter(pl.Series([draw.random() < 0.9 for _ in range(first.height)]))
    third = pl.concat([second, _rows((30, "09", "A", 9)).with_columns(student_key="new" + pl.col("student_key"))])
    codes = _codes(pl.concat([first, third]))
    handed_over = [prepare_extract(first, plan, codes).rows]
    for rows in (second, third):
        alone = prepare_extract(rows, plan, codes)
        assert _least_by_hand(alone.rows, handed_over, plan)[0] < plan.k, "looked at alone it would give somebody away"
        extract = prepare_extract(rows, plan, codes, handed_over)
        found = extract.report.anonymity
        assert (found.k, found.l["suspended"]) == _least_by_hand(extract.rows, handed_over, plan)
        assert found.reaches(plan)
        trails, _ = _joint([extract.rows, *handed_over], plan)
        gone = {code for code, trail in trails.items() if trail[0] is None}
        assert extract.report.told_by_leaving == _count_told_by_hand(gone, trails, handed_over, plan) > 0
        again = prepare_extract(rows, plan, codes, [*handed_over, extract.rows])
        assert again.rows.equals(extract.rows), "against itself nothing changes"
        handed_over.append(extract.rows)


def test_whoever_arrives_alone_is_not_in_the_next_extract():
    before, plan = _rows((20, "09", "A", 5)), _plan()
    for arrived, kept in ((1, 20), (5, 25)):
        rows = _rows((20 + arrived, "09", "A", 5)).with_columns(suspended=pl.int_range(20 + arrived) % 2 == 0)
        codes = _codes(rows)
        handed_over = prepare_extract(before, plan, codes).rows
        assert prepare_extract(rows, plan, codes).rows.height == 20 + arrived
        assert prepare_extract(rows, plan, codes, [handed_over]).rows.height == kept


def test_what_an_earlier_extract_says_of_a_group_that_is_smaller_by_now_is_looked_at_again():
    plan = _plan()
    before = _rows((10, "09", "A", 5))  # the first five were suspended
    rows = before.with_columns(
        grade=pl.Series(["10"] * 5 + ["09"] * 5), suspended=pl.Series([i % 2 == 0 for i in range(10)])
    )
    codes = _codes(before)
    assert prepare_extract(rows, plan, codes).report.persons == 10
    extract = prepare_extract(rows, plan, codes, [prepare_extract(before, plan, codes).rows])
    # Withheld, all ten are alike again: which half of the group a person is in nobody sees.
    assert (extract.report.persons, extract.report.withheld_persons) == (10, 10)


def test_a_plan_that_refuses_refuses_where_somebody_is_told_by_leaving():
    plan = _plan(when_it_fails="refuse")
    before = _rows((20, "09", "A", 5)).with_columns(suspended=pl.int_range(20) % 2 == 0)
    codes = _codes(before)
    handed_over = [prepare_extract(before, plan, codes).rows]
    with pytest.raises(ExtractRefused, match="2 persons of earlier extracts"):
        prepare_extract(before.filter(pl.int_range(20) > 1), plan, codes, handed_over)
    assert prepare_extract(before.filter(pl.int_range(20) > 4), plan, codes, handed_over).report.told_by_leaving == 0
    with pytest.raises(ExtractRefused, match="8 persons of earlier extracts"):  # enough, but all had been suspended
        prepare_extract(before.filter(~pl.int_range(20).is_in(range(0, 16, 2))), plan, codes, handed_over)
    with pytest.raises(ValueError, match="is no extract"):
        prepare_extract(before, plan, codes, [before])
