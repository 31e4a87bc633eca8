"""What a reader can work out of small published systems, and the shared collection of attack cases."""

import json
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix

from privacy import audit_system
from privacy.attack.exhibits import Exhibits, Unknowns
from privacy.attack.numeric import Attack
from privacy.attack.programs import Moves, ShortMoves, WholeMoves, find_ceiling, find_table

CASES = Path(__file__).resolve().parents[3] / "shared" / "data" / "disclosure-attacks" / "cases"


def attack(published: dict, sums: list[dict], asked: dict, *, low=0):
    """Verdicts by name for sums given as {name: coefficient}, each 0."""
    names = {name: i for i, name in enumerate(published)}
    quantities = pl.DataFrame(
        {
            "quantity": list(names.values()),
            "low": [low] * len(names),
            "high": [None] * len(names),
            "published": list(published.values()),
        },
        schema=dict.fromkeys(["quantity", "low", "high", "published"], pl.Int64),
    )
    relations = pl.DataFrame({"relation": range(len(sums)), "low": [0] * len(sums), "high": [0] * len(sums)})
    terms = pl.DataFrame(
        [(r, names[name], c) for r, terms in enumerate(sums) for name, c in terms.items()],
        schema=["relation", "quantity", "coefficient"],
        orient="row",
    )
    wanted = pl.DataFrame(
        [(names[name], required, 0.0) for name, required in asked.items()],
        schema=["quantity", "required", "width"],
        orient="row",
    )
    verdicts, wrong = audit_system(quantities, relations, terms, wanted)
    place = {i: name for name, i in names.items()}
    return {place[row["quantity"]]: row for row in verdicts.iter_rows(named=True)}, list(wrong)


ROW = [{"all": -1, "a": 1, "b": 1, "c": 1}]


def test_a_single_withheld_cell_in_a_row_is_recoverable():
    found, _ = attack({"all": 100, "a": 60, "b": 34, "c": None}, ROW, {"c": 2})
    assert found["c"]["verdict"] == "exposed"
    assert (found["c"]["lowest"], found["c"]["highest"]) == (6, 6)


def test_two_withheld_cells_in_a_row_keep_all_the_values_their_sum_allows():
    found, _ = attack({"all": 100, "a": 60, "b": None, "c": None}, ROW, {"b": 41, "c": 41})
    assert {row["verdict"] for row in found.values()} == {"safe"}
    found, _ = attack({"all": 100, "a": 60, "b": None, "c": None}, ROW, {"c": 42})
    assert found["c"]["verdict"] == "exposed"


def test_a_reader_who_knows_zeros_are_shown_has_fewer_values_left():
    published = {"all": 64, "a": 60, "b": None, "c": None}
    assert attack(published, ROW, {"c": 5})[0]["c"]["verdict"] == "safe"
    assert attack(published, ROW, {"c": 4}, low=1)[0]["c"]["verdict"] == "exposed"
    assert attack(published, ROW, {"c": 3}, low=1)[0]["c"]["verdict"] == "safe"


def test_a_real_valued_interval_that_holds_one_whole_number_is_exposed():
    # x + y = 3, y + z = 3, z + x = 3 has the solution 1.5 only; with 2, 2, 2 exactly one whole table is left.
    sums = [{"s": -1, "x": 1, "y": 1}, {"s": -1, "y": 1, "z": 1}, {"s": -1, "z": 1, "x": 1}]
    found, _ = attack({"s": 2, "x": None, "y": None, "z": None}, sums, {"x": 2})
    assert found["x"]["verdict"] == "exposed"
    # 2x + 2y = 2z + 2 w leaves whole steps; 2x = y with y in 0..3 leaves x two values although [0, 1.5] is wider than
    # one.
    sums = [{"x": 2, "y": -1}, {"y": 1, "z": 1, "t": -1}]
    found, _ = attack({"x": None, "y": None, "z": None, "t": 3}, sums, {"x": 2, "y": 3})
    assert found["x"]["verdict"] == "safe"
    assert found["y"]["verdict"] == "exposed"


def test_no_program_is_asked_for_what_additions_show_cannot_move():
    matrix = csr_matrix(np.array([[1, 1, 0, 0], [0, 1, 1, 1]]))
    # 1 + 9 = 10 and 9 + 3 + 4 = 16: the first may not fall, so the second may not rise; both may go the other way.
    base = np.array([1, 9, 3, 4])
    sums = matrix @ base
    unknowns = Unknowns(matrix, sums, sums, np.array([1, 1, 3, 4]), np.full(4, 100.0))
    exhibits = Exhibits(unknowns, base, np.full(4, 4), np.zeros(4))
    short = ShortMoves(exhibits, np.arange(4), find_ceiling(unknowns), 3.0)
    asked, run = [], short.solver.run
    short.solver = SimpleNamespace(
        run=lambda: asked.append(1) or run(),
        changeColBounds=short.solver.changeColBounds,
        getModelStatus=short.solver.getModelStatus,
        getSolution=short.solver.getSolution,
    )
    assert not any(short.push(place, change) for place, change in ((0, -1), (1, 1), (2, -1)))
    assert not asked
    assert short.push(0, 3)
    assert asked
    assert exhibits.count.tolist() == [4, 4, 4, 1] or exhibits.count.tolist() == [4, 4, 1, 4]


def test_whole_numbers_are_found_where_the_furthest_corner_has_none():
    # 3 x = u: u is a multiple of three, and at most 4.
    unknowns = Unknowns(csr_matrix(np.array([[3, -1]])), np.zeros(1), np.zeros(1), np.zeros(2), np.array([9.0, 4]))
    places, direction = np.arange(2), np.array([1.0, 0])
    counts = []
    for kind in (Moves, WholeMoves):
        exhibits = Exhibits(unknowns, np.zeros(2, dtype=np.int64), np.full(2, 4), np.zeros(2))
        kind(exhibits, places, find_ceiling(unknowns), 9.0).push(direction)
        counts.append(exhibits.count.tolist())
    assert counts == [[1, 1], [2, 2]]


def test_few_open_unknowns_are_asked_for_over_everything_before_any_group_is_swept(monkeypatch):
    # Sixty sums of four; all but the values of the first was found before.
    n = 240
    matrix = csr_matrix(np.kron(np.eye(n // 4, dtype=np.int64), np.array([[1, 1, 1, 1]])))
    unknowns = Unknowns(matrix, np.full(n // 4, 40.0), np.full(n // 4, 40.0), np.ones(n), np.full(n, 99.0))

    def start():
        found = Exhibits(unknowns, np.full(n, 10), np.full(n, 4), np.zeros(n))
        found.open[:] = np.arange(n) < 4
        return found

    def sweep(*_):
        raise AssertionError("a group is swept")

    monkeypatch.setattr(Attack, "_sweep", sweep)
    attack = Attack(unknowns, np.full(n, 4), np.zeros(n), np.arange(n), start=start)
    assert (attack.run().verdict == "safe").all()
    assert (attack.found.count[:4] == 4).all()


def test_a_table_of_whole_numbers_is_found_some_steps_away_or_shown_to_be_none():
    # 11 x - 13 y = 1 has 6, 5 and 19, 16 and so on; 2 x - 2 y = 1 has none.
    for row, found in (([11, -13], [6, 5]), ([2, -2], None)):
        unknowns = Unknowns(csr_matrix(np.array([row])), np.ones(1), np.ones(1), np.zeros(2), np.full(2, 15.0))
        table, none = find_table(unknowns, np.full(2, 3.0))
        assert (table if table is None else table.tolist()) == found
        assert none == (found is None)


def test_published_values_that_contradict_a_sum_are_reported_with_the_sum():
    _, wrong = attack({"all": 100, "a": 60, "b": 34, "c": 7}, ROW, {})
    assert wrong == [0]


def test_withheld_values_no_table_fits_are_never_called_safe():
    found, wrong = attack({"all": 50, "a": 60, "b": None, "c": None}, ROW, {"c": 2})
    assert found["c"]["verdict"] == "unproved"
    assert wrong == [0]


def _case_system(case, release):
    """A case as frames: its cells, the relations everybody knows, and what a release of its items says."""
    names = {name: i for i, name in enumerate(case["cells"])}
    published: dict[str, int | None] = dict.fromkeys(names)
    relations, terms = [], []

    def relate(coefficients, low, high):
        for name, coefficient in coefficients.items():
            terms.append((len(relations), names[name], coefficient))
        relations.append((len(relations), low, high))

    for relation in case["relations"]:
        low, high = relation.get("lo", relation.get("eq")), relation.get("hi", relation.get("eq"))
        relate(relation["terms"], None if low < -1e8 else int(low), None if high > 1e8 else int(high))
    zeros = case["policy"]["zeros_shown"]
    bounds = {name: [cell["lo"], cell["hi"]] for name, cell in case["cells"].items()}
    for name, item in case["items"].items():
        if release[name] != "publish":
            flag = case["naive_flags"].get(name) if release is case["naive_release"] else None
            if item["kind"] == "count":
                low, high = bounds[item["cell"]]
                low = max(low, int(zeros), case["policy"]["min_n"] if flag == "secondary" else 0)
                high = min(high, case["policy"]["min_n"] - 1) if flag == "primary" else high
                bounds[item["cell"]] = [low, high]
        elif item["kind"] == "count":
            published[item["cell"]] = item["value"]
        else:
            # Percentages in thousandths of a percent, so that every number stays whole.
            value, half = (int(Decimal(str(item[part])) * 1000) for part in ("value", "half"))
            relate({item["num"]: 100_000, item["den"]: -(value + half)}, None, 0)
            relate({item["num"]: 100_000, item["den"]: -(value - half)}, 0, None)
    quantities = pl.DataFrame(
        [(i, *bounds[name], published[name]) for name, i in names.items()],
        schema=dict.fromkeys(["quantity", "low", "high", "published"], pl.Int64),
        orient="row",
    )
    schema = dict.fromkeys(["relation", "low", "high"], pl.Int64)
    return (
        names,
        quantities,
        pl.DataFrame(relations, schema=schema, orient="row"),
        pl.DataFrame(terms, schema=["relation", "quantity", "coefficient"], orient="row"),
    )


def _case_verdicts(case, release):
    """Per protected quantity of a case: (verdict, values required, lowest, highest); a published one is exposed."""
    names, quantities, relations, terms = _case_system(case, release)
    results = []
    for wanted in case["protected"]:
        (name,) = wanted["terms"]
        asked = pl.DataFrame({"quantity": [names[name]], "required": [wanted["min_candidates"]], "width": [0.0]})
        verdicts, wrong = audit_system(quantities, relations, terms, asked)
        assert not len(wrong)
        row = (
            verdicts.row(0, named=True)
            if verdicts.height
            else {"verdict": "exposed", "lowest": wanted["true"], "highest": wanted["true"]}
        )
        results.append((row["verdict"], row["lowest"], row["highest"], wanted["naive_interval"]))
    return results


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared attack cases are not on this machine")
@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")) if CASES.is_dir() else [], ids=lambda path: path.stem)
def test_the_naive_release_of_every_shared_attack_case_is_flagged_and_its_safe_release_is_not(path):
    case = json.loads(path.read_text())
    naive = _case_verdicts(case, case["naive_release"])
    assert any(verdict == "exposed" for verdict, *_ in naive)
    for verdict, lowest, highest, (low, high) in naive:
        assert verdict == "safe" or (low <= lowest and highest <= high)
    assert {verdict for verdict, *_ in _case_verdicts(case, case["reference"]["release"])} == {"safe"}
