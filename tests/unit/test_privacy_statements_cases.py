"""The shared attack cases as statements: what we publish of each is safe, and withholds no more than its reference."""

import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from privacy import audit_system, choose_items

CASES = Path(__file__).resolve().parents[3] / "shared" / "data" / "disclosure-attacks" / "cases"
PATHS = sorted(CASES.glob("*.json")) if CASES.is_dir() else []
pytestmark = pytest.mark.skipif(not PATHS, reason="the shared attack cases are not on this machine")
WHOLE = {"value": pl.Int64, "low": pl.Int64, "high": pl.Int64, "cost": pl.Int64, "coefficient": pl.Int64}
RATIO = {"least": pl.Int64, "most": pl.Int64, "parts": pl.Int64, "denominator": pl.String}


def _read(case: dict) -> dict[str, pl.DataFrame]:
    """A case as frames: numbers, relations, terms, items."""
    zeros = int(case["policy"]["zeros_shown"])
    counted = {item["cell"] for item in case["items"].values() if item["kind"] == "count"}
    protected = {name for wanted in case["protected"] for name in wanted["terms"]}
    numbers = [
        (name, cell["true"], max(cell["lo"], zeros if name in counted else 0), cell["hi"], name in protected)
        for name, cell in case["cells"].items()
    ]
    relations, terms = [], []
    for i, relation in enumerate(case["relations"]):
        low, high = relation.get("lo", relation.get("eq")), relation.get("hi", relation.get("eq"))
        relations.append((f"r{i}", None if low < -1e8 else int(low), None if high > 1e8 else int(high)))
        terms += [(f"r{i}", name, coefficient) for name, coefficient in relation["terms"].items()]
    items = []
    for name, item in case["items"].items():
        if item["kind"] == "count":
            items.append((name, item["weight"], item["frozen"], item["cell"], None, None, None, None))
        else:
            value, half = (int(Decimal(str(item[part])) * 1000) for part in ("value", "half"))
            ends = max(value - half, 0), value + half, 100_000
            items.append((name, item["weight"], item["frozen"], item["num"], item["den"], *ends))
    schemas = {
        "numbers": ["number", "value", "low", "high", "protected"],
        "relations": ["relation", "low", "high"],
        "terms": ["relation", "number", "coefficient"],
        "items": ["item", "cost", "frozen", "number", "denominator", "least", "most", "parts"],
    }
    rows = {"numbers": numbers, "relations": relations, "terms": terms, "items": items}
    return {name: _frame(rows[name], columns) for name, columns in schemas.items()}


def _frame(rows, columns):
    types = {"protected": pl.Boolean, "frozen": pl.Boolean, **WHOLE, **RATIO}
    return pl.DataFrame(rows, schema={name: types.get(name, pl.String) for name in columns}, orient="row")


def _verdicts(system: dict[str, pl.DataFrame], items: pl.DataFrame, candidates: int) -> list[str]:
    """How the protected numbers of a system hold against whoever sees the published items."""
    place = {name: i for i, name in enumerate(system["numbers"]["number"])}
    counted = items.filter(pl.col("denominator").is_null())
    shown = counted.filter("published").select("number", shown=True).unique()
    numbers = system["numbers"].join(shown, on="number", how="left", maintain_order="left")
    quantities = numbers.select(
        pl.Series("quantity", range(numbers.height)), "low", "high", published=pl.when("shown").then("value")
    )
    relations = [(i, low, high) for i, (_, low, high) in enumerate(system["relations"].iter_rows())]
    row = {name: i for i, name in enumerate(system["relations"]["relation"])}
    terms = [(row[relation], place[name], times) for relation, name, times in system["terms"].iter_rows()]
    for ratio in items.filter("published", pl.col("denominator").is_not_null()).iter_rows(named=True):
        for bound, low, high in (("least", 0, None), ("most", None, 0)):
            terms.append((len(relations), place[ratio["number"]], ratio["parts"]))
            terms.append((len(relations), place[ratio["denominator"]], -ratio[bound]))
            relations.append((len(relations), low, high))
    whole = dict.fromkeys(["relation", "low", "high"], pl.Int64)
    asked = numbers.with_row_index("quantity").filter("protected")
    asked = asked.select(pl.col("quantity").cast(pl.Int64), required=pl.lit(candidates), width=pl.lit(0.0))
    verdicts, wrong = audit_system(
        quantities.with_columns(pl.col("quantity").cast(pl.Int64)),
        pl.DataFrame(relations, schema=whole, orient="row"),
        pl.DataFrame(terms, schema=["relation", "quantity", "coefficient"], orient="row"),
        asked,
    )
    assert not len(wrong)
    return verdicts["verdict"].to_list() + ["shown"] * (asked.height - verdicts.height)


def _publish(case: dict, system: dict[str, pl.DataFrame], secret: bytes = b"") -> tuple[int, list[str]]:
    """How many items are withheld, and how the protected numbers hold."""
    candidates = max(wanted["min_candidates"] for wanted in case["protected"])
    items = choose_items(**system, candidates=candidates, secret=secret)
    return int((~items["published"]).sum()), _verdicts(system, items, candidates)


def _suppressed(case: dict) -> int:
    return case["reference"]["suppressed"]


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def case(request):
    return json.loads(request.param.read_text())


def test_what_we_publish_of_a_case_is_safe_and_withholds_no_more_than_the_reference(case):
    withheld, verdicts = _publish(case, _read(case))
    assert set(verdicts) == {"safe"}
    assert withheld <= _suppressed(case)


def test_what_is_frozen_stays_published(case):
    system = _read(case)
    items = choose_items(**system, candidates=2)
    assert items.filter("frozen")["published"].all()


def test_the_order_and_the_names_of_numbers_do_not_matter(case):
    system = _read(case)
    names = {name: f"n{hash_ % 1000:03d}{name[::-1]}" for hash_, name in enumerate(system["numbers"]["number"], 417)}
    turned = {name: frame.reverse() for name, frame in system.items()}
    for name, frame in turned.items():
        for column in {"number", "denominator"} & set(frame.columns):
            turned[name] = turned[name].with_columns(pl.col(column).replace(names))
    withheld, verdicts = _publish(case, turned, secret=b"another")
    assert set(verdicts) == {"safe"}
    assert withheld <= _suppressed(case)


def test_a_district_that_has_nothing_to_do_with_it_changes_nothing(case):
    system = _read(case)
    pad = [("pad.all", 90, 1, 3000, False), ("pad.x", 40, 1, 3000, False), ("pad.y", 50, 1, 3000, False)]
    more = {
        "numbers": pad,
        "relations": [("pad", 0, 0)],
        "terms": [("pad", "pad.all", -1), ("pad", "pad.x", 1), ("pad", "pad.y", 1)],
        "items": [(name, 1, False, name, None, None, None, None) for name, *_ in pad],
    }
    padded = {name: pl.concat([frame, _frame(more[name], frame.columns)]) for name, frame in system.items()}
    withheld, verdicts = _publish(case, padded)
    assert set(verdicts) == {"safe"}
    assert withheld <= _suppressed(case)


def test_the_same_number_in_two_files_is_withheld_in_both(case):
    system = _read(case)
    copies = system["items"].filter(~pl.col("frozen")).with_columns(item=pl.col("item") + " again")
    doubled = {**system, "items": pl.concat([system["items"], copies])}
    candidates = max(wanted["min_candidates"] for wanted in case["protected"])
    items = choose_items(**doubled, candidates=candidates)
    assert set(_verdicts(doubled, items, candidates)) == {"safe"}
    assert int((~items["published"]).sum()) <= 2 * _suppressed(case)
