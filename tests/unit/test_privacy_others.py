"""Attacks on other people's tables: what they find, what they do not believe, and that they name nobody."""

import itertools

import numpy as np
import pytest
import yaml

from privacy.attack.narrowing import System, narrow
from privacy.cli import ATTENTION, OK, USAGE, main
from privacy.description import DescriptionError
from privacy.foreign.others import attack_release

RULES = {
    "version": 1,
    "name": "somebody's tables",
    "organisation": "place",
    "levels": [{"name": "district", "where": {"kind": ["D"]}}, {"name": "school"}],
    "groups": {"all": "T", "girls": "F", "boys": "M"},
    "statistics": {"n": {"kind": "count"}, "passed": {"kind": "percent", "of": "n", "decimals": 1}},
    "tables": {"reading": {"columns": {"n": "{group}_n", "passed": "{group}_passed"}}},
    "marks": {"": {}, "*": {}, "<10": {"low": 1, "high": 9}},
    "small": {"n": {"low": 1, "high": 9}},
    "partitions": [{"name": "sex", "whole": "all", "parts": ["girls", "boys"]}],
    "hierarchies": [{"children": "school", "parents": "district", "parent": {"column": "within"}}],
    "least_tested": 2,
}
HEADINGS = "kind,place,within,T_n,T_passed,F_n,F_passed,M_n,M_passed"
SHOWN = ("S,a,x,50,50.0,30,60.0,20,35.0", "S,b,x,40,25.0,20,25.0,20,25.0", "S,c,x,60,40.0,30,50.0,30,30.0")


@pytest.fixture
def attack(tmp_path):
    def run(*rows, headings=HEADINGS, search=True, **changes):
        (tmp_path / "release.csv").write_text("\n".join([headings, *rows]) + "\n")
        (tmp_path / "relations.yml").write_text(yaml.safe_dump({**RULES, **changes}))
        return attack_release(tmp_path / "release.csv", tmp_path / "relations.yml", search=search)

    run.folder = tmp_path
    return run


def _count(exposure, **where):
    table = exposure.levels if "level" in where else exposure.groups
    (row,) = table.filter(**where).to_dicts()
    return {name: row[name] for name in ("withheld", "recovered", "recovered_small", "too_few", "safe")}


def test_a_lone_blank_group_is_total_minus_the_rest_with_all_its_percentages(attack):
    exposure = attack(*SHOWN, "S,d,x,25,40.0,5,*,20,45.0")
    assert exposure.exposed == 1
    assert exposure.small_shown == 1
    exposure = attack(*SHOWN, "S,d,x,25,40.0,*,*,20,45.0")
    assert _count(exposure, group="girls", statistic="n") == {
        "withheld": 1, "recovered": 1, "recovered_small": 1, "too_few": 0, "safe": 0,
    }  # fmt: skip
    assert _count(exposure, group="girls", statistic="passed")["recovered"] == 1


def test_a_sum_that_does_not_always_hold_where_it_can_be_seen_is_used_as_far_as_it_does(attack):
    shown = [*SHOWN, "S,e,x,51,50.0,30,60.0,20,35.0"]
    exposure = attack(*shown, "S,d,x,25,40.0,*,*,20,45.0")
    (test,) = exposure.relations.filter(relation="sex", statistic="n").to_dicts()
    assert (test["tested"], test["held"], test["used"]) == (4, 3, "at_most")
    assert _count(exposure, group="girls", statistic="n")["recovered"] == 0
    trusting = attack(*shown, "S,d,x,25,40.0,*,*,20,45.0", trust=0.75)
    assert _count(trusting, group="girls", statistic="n")["recovered"] == 1


def test_a_relation_that_was_seldom_seen_is_not_believed(attack):
    exposure = attack(*SHOWN, "S,d,x,25,40.0,*,*,20,45.0", least_tested=4)
    assert set(exposure.relations.filter(relation="sex")["used"]) == {"not_used"}
    assert exposure.exposed == 0


def test_two_blanks_in_a_square_with_room_are_safe_and_without_room_are_not(attack):
    district = "D,x,,200,34.0,110,40.0,90,26.7"
    columns = ("S,a,x,100,34.0,*,*,*,*", "S,b,x,100,34.0,*,*,*,*")
    trusted = {"least_tested": 1, "statistics": {"n": {"kind": "count"}}, "attacked": ["n"]}
    only_n = {"tables": {"reading": {"columns": {"n": "{group}_n"}}}}
    shown = ["D,y,,9,,4,,5,", "S,e,y,9,,4,,5,"]
    wide = attack(district, *columns, *shown, **trusted, **only_n)
    assert _count(wide, level="school", statistic="n") == {
        "withheld": 4, "recovered": 0, "recovered_small": 0, "too_few": 0, "safe": 4,
    }  # fmt: skip
    tight = attack("D,x,,200,,198,,2,", *columns, *shown, **trusted, **only_n)
    assert _count(tight, level="school", statistic="n")["too_few"] == 4


def test_a_mark_that_gives_bounds_narrows_what_is_left(attack):
    rows = [*SHOWN, "S,d,x,18,40.0,<10,*,<10,*", "S,e,x,17,40.0,<10,*,<10,*"]
    exposure = attack(*rows, search=False)
    found = _count(exposure, group="girls", statistic="n")
    assert (found["recovered"], found["too_few"]) == (1, 1)


def test_a_number_shown_in_one_table_tells_it_in_the_other(attack):
    headings = HEADINGS + ",F_n2"
    rows = [row + f",{row.split(',')[5]}" for row in SHOWN]
    rows.append("S,d,x,25,40.0,*,*,*,*,5")
    tables = {**RULES["tables"], "science": {"columns": {"n": "{group}_n2"}}}
    more = {"tables": tables, "groups": {"girls": "F"}, "partitions": [], "same_in_all_tables": ["n"]}
    exposure = attack(*rows, headings=headings, **more)
    assert _count(exposure, group="girls", statistic="n")["recovered"] == 1


def test_a_long_file_with_a_column_of_groups_is_read_alike(attack):
    wide = attack(*SHOWN, "S,d,x,25,40.0,*,*,20,45.0")
    rows = []
    for row in (*SHOWN, "S,d,x,25,40.0,*,*,20,45.0"):
        kind, place, within, *numbers = row.split(",")
        rows += [f"{kind},{place},{within},{g},{numbers[2 * i]},{numbers[2 * i + 1]}" for i, g in enumerate("TFM")]
    columns = {"reading": {"columns": {"n": "n", "passed": "passed"}}}
    long = attack(*rows, headings="kind,place,within,group,n,passed", tables=columns, group_column="group")
    assert long.groups.equals(wide.groups)


def test_a_withheld_mean_is_known_when_the_mean_of_the_others_leaves_no_room(attack):
    statistics = {"n": {"kind": "count"}, "score": {"kind": "mean", "of": "n", "decimals": 1, "highest": 300}}
    tables = {"reading": {"columns": {"n": "{group}_n", "score": "{group}_passed"}}}
    shown = ["S,a,x,50,210.0,25,200.0,25,220.0", "S,b,x,40,205.0,20,205.0,20,205.0"]
    exposure = attack(*shown, "S,d,x,25,200.0,*,*,20,190.0", statistics=statistics, tables=tables)
    assert _count(exposure, group="girls", statistic="score")["recovered"] == 1
    exposure = attack(
        *shown, "S,d,x,25,200.0,*,*,20,190.0", tables=tables,
        statistics={**statistics, "score": {**statistics["score"], "decimals": 0}},
    )  # fmt: skip
    assert _count(exposure, group="girls", statistic="score")["recovered"] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"partitions": [{"whole": "all", "parts": ["children"]}]}, "there is no group children"),
        ({"organisation": "campus"}, "lacks the columns campus"),
        ({"marks": {"*": {}}}, "row 4: neither a number nor one of the marks"),
        ({"levels": [{"name": "district", "where": {"kind": ["D"]}}, {"name": "school", "where": {"kind": ["X"]}}]},
         "rows are at no level"),
    ],
)  # fmt: skip
def test_a_relations_file_that_does_not_fit_is_refused_by_name(attack, change, message):
    with pytest.raises(DescriptionError, match=message):
        attack(*SHOWN, "S,d,x,25,40.0,,,20,45.0", **change)


def test_the_command_prints_counts_and_neither_place_nor_value(attack, capsys):
    attack(*SHOWN, "S,secretschool,x,27,40.0,*,*,20,45.0")
    files = [str(attack.folder / "release.csv"), "--relations", str(attack.folder / "relations.yml")]
    assert main(["attack", *files]) == ATTENTION
    told = capsys.readouterr().out
    assert "1 of them small by the rule" in told
    assert "secretschool" not in told
    assert "7" not in told
    attack(*SHOWN)
    assert main(["attack", *files, "--bounds-only"]) == OK
    (attack.folder / "release.csv").unlink()
    assert main(["attack", *files]) == USAGE


def test_narrowing_cuts_off_no_table_that_is_possible():
    random = np.random.default_rng(7)
    for _ in range(60):
        n, m = 4, 3
        matrix = random.integers(-2, 3, (m, n))
        truth = random.integers(0, 4, n)
        low, high = np.zeros(n), np.where(random.random(n) < 0.3, np.inf, 3.0)
        most = matrix @ truth + random.integers(0, 2, m)
        least = np.where(random.random(m) < 0.5, matrix @ truth, -np.inf)
        rows, columns = np.nonzero(matrix)
        system = System(low, high, rows, columns, matrix[rows, columns], least, most.astype(float))
        new_low, new_high, broken = narrow(system)
        assert not len(broken)
        for table in itertools.product(range(4), repeat=n):
            value = matrix @ np.array(table)
            if (value >= least).all() and (value <= most).all():
                assert (new_low <= table).all()
                assert (new_high >= table).all()


def test_narrowing_leaves_out_a_relation_that_cannot_hold():
    ends = [np.array([0.0, 0.0]), np.array([3.0, 3.0])]
    terms = [np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([1, 1, 1])]
    low, high, broken = narrow(System(*ends, *terms, np.array([9.0, 2.0]), np.array([9.0, 2.0])))
    assert broken.tolist() == [0]
    assert (low[0], high[0], low[1], high[1]) == (2, 2, 0, 3)


def test_a_relation_whose_numbers_are_not_in_the_file_is_left_alone(attack):
    hierarchies = [{"children": "district", "parents": "school"}]
    exposure = attack(*SHOWN, "S,d,x,25,40.0,*,*,20,45.0", hierarchies=hierarchies)
    assert exposure.relations["relation"].unique().to_list() == ["sex"]
    assert exposure.exposed == 2
