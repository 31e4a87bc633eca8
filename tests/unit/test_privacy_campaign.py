"""A state's tables in parts: what is solved stays solved, what did not change costs nothing, what changed is bound."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from benchmarks.disclosure_scale import correct, make_policy, make_schools, make_table
from privacy.ledger.campaign import Campaign, conclude, list_parts, read_outcome, solve, solve_part, tie_tables
from privacy.ledger.outcomes import read_released, write_tables
from privacy.policy import Policy
from privacy.structure import KEY
from tests.unit.statements import make_policy as state_policy

POLICY = make_policy(2)


def _campaign(folder: Path) -> Campaign:
    return Campaign(
        "public", folder / "tables", folder / "store", folder / "public", folder / "internal", POLICY, b"secret"
    )


def _tables(schools: int = 6) -> pl.DataFrame:
    places = make_schools(schools)
    return pl.concat([make_table(places, indicator, year) for indicator in range(2) for year in range(2)])


def _solve_here(campaign: Campaign) -> int:
    """Solves what is new in this process; how many parts that was."""
    released = read_released(campaign)
    todo = [part for part in list_parts(campaign) if part.is_new and part.passed is None]
    for part in todo:
        solve_part(campaign, part, released.get(part.name))
    return len(todo)


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*")) if path.is_file()}


def test_tables_tied_by_the_policy_are_one_part():
    tables = [(f"indicator_{n}", year) for n in range(2) for year in (2021, 2022, 2023)]
    assert len(tie_tables(tables, POLICY)) == 6
    content = POLICY.model_dump(mode="json")
    same = [{"left": "indicator_0.denominator", "right": "indicator_1.denominator"}]
    tied = Policy.model_validate({**content, "same_as": same})
    assert tie_tables(tables, tied) == [tuple((f"indicator_{n}", y) for n in range(2)) for y in (2021, 2022, 2023)]
    link = {"name": "cohort", "terms": {"indicator_0.numerator": 1, "indicator_1.numerator": -1}, "at_most": 0}
    across = Policy.model_validate({**content, "links": [{**link, "years": {"indicator_1.numerator": 1}}]})
    assert tie_tables(tables, across) == [
        (("indicator_0", 2021), ("indicator_1", 2022)),
        (("indicator_0", 2022), ("indicator_1", 2023)),
        (("indicator_0", 2023),),
        (("indicator_1", 2021),),
    ]


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path):
    campaign = _campaign(tmp_path)
    write_tables(_tables(), campaign.tables)
    parts = list_parts(campaign)
    assert [part.passed for part in parts] == [None] * 4
    solve_part(campaign, parts[2], None)
    (tmp_path / "store/parts" / f"{parts[1].key}.1.draft").mkdir()  # left by a killed run
    assert [part.passed for part in list_parts(campaign)] == [None, None, True, None]
    assert _solve_here(campaign) == 3
    assert conclude(campaign, "first").sequence == 1


def test_nothing_is_released_that_is_not_solved(tmp_path):
    campaign = _campaign(tmp_path)
    write_tables(_tables(), campaign.tables)
    with pytest.raises(ValueError, match=r"indicator_0\.2021"):
        conclude(campaign, "first")
    assert campaign.ledger.tiers() == []


def test_processes_and_order_change_nothing(tmp_path):
    one, two = _campaign(tmp_path / "one"), _campaign(tmp_path / "two")
    cells = _tables().filter(pl.col("table_id") == "indicator_0")
    write_tables(cells, one.tables)
    write_tables(cells.reverse(), two.tables)
    _solve_here(one)
    seen = []
    solve(two, progress=lambda stage, done, total: seen.append((stage, done, total)))
    assert len(_snapshot(one.store)) > 20
    assert _snapshot(one.store) == _snapshot(two.store)
    assert seen[0] == ("solving", 0, 2)
    assert seen[-1] == ("solving", 2, 2)


def test_a_correction_of_one_district_solves_its_part_alone(tmp_path):
    campaign, cells = _campaign(tmp_path), _tables()
    write_tables(cells, campaign.tables)
    _solve_here(campaign)
    conclude(campaign, "first", date="2026-01-31")
    assert _solve_here(campaign) == 0
    assert conclude(campaign, "nothing new") is None
    corrected = cells.filter(pl.col("table_id") == "indicator_0", pl.col("school_year") == 2021)
    write_tables(correct(corrected, "D0000"), campaign.tables)
    assert [part.is_new for part in list_parts(campaign)] == [True, False, False, False]
    assert _solve_here(campaign) == 1
    entry = conclude(campaign, "second")
    assert [(one.table_id, one.school_year) for one in entry.tables] == [("indicator_0", 2021)]
    assert campaign.ledger.verify("public") is None
    first, second = (release.published for release in campaign.ledger.read_history([("indicator_0", 2021)]))
    gone = first.join(second, on=KEY, suffix="_then").filter(
        pl.col("numerator_status") == "withheld", pl.col("numerator_status_then") != "withheld"
    )
    assert gone.is_empty()


def test_what_a_member_can_tell_of_an_earlier_release_is_lost_and_does_not_stop_the_next(tmp_path):
    rate = {"kind": "rate", "thresholds": {"persons": 10, "numerator": 3}, "zero_is_sensitive": True}
    reader = {"name": "reader", "knows_zeros_are_shown": True}
    lax = replace(_campaign(tmp_path), policy=state_policy({"absent": rate}, attackers=[reader]))
    # Of three absent none, one, two or all may be girls; a boy who was absent, and a girl, leave two ways.
    groups = [("all", "all", 60, 3), ("sex", "F", 30, 2), ("sex", "M", 30, 1)]
    rows = [("absent", 2026, "A", kind, value, "school", "D", n, some, n) for kind, value, n, some in groups]
    columns = [*KEY, "org_level", "parent_org_id", "student_count", "numerator", "denominator"]
    write_tables(pl.DataFrame(rows, schema=columns, orient="row"), lax.tables)
    assert all(part.passed for part in solve(lax, processes=1))
    conclude(lax, "first")
    member = {"name": "member", "knows_own_record": True}
    strict = replace(lax, policy=state_policy({"absent": rate}, attackers=[reader, member]))
    (part,) = solve(strict, processes=1)
    outcome = read_outcome(strict, part)
    assert outcome["lost"].select("disaggregate_value", "problem").rows() == [("F", "exposed"), ("M", "exposed")]
    assert outcome["faults"].is_empty()
    assert part.passed


def test_what_an_earlier_release_lost_is_named_and_does_not_stop_the_next(tmp_path):
    tables = _tables().filter(pl.col("table_id") == "indicator_0", pl.col("school_year") == 2021)
    lax = _campaign(tmp_path)
    write_tables(tables, lax.tables)
    solve(lax, processes=1)
    conclude(lax, "first")
    content = POLICY.model_dump(mode="json")
    rules = content["tables"]["indicator_0"]
    stricter = {**rules, "thresholds": {**rules["thresholds"], "persons": rules["thresholds"]["persons"] * 2}}
    policy = Policy.model_validate({**content, "tables": {**content["tables"], "indicator_0": stricter}})
    strict = replace(lax, policy=policy)
    (part,) = solve(strict, processes=1)
    outcome = read_outcome(strict, part)
    assert part.passed
    assert outcome["failures"].is_empty()
    assert set(outcome["lost"]["problem"]) >= {"shown_in_an_earlier_release"}
    # Nothing is called lost that the first release did not tell.
    told = outcome["lost"].filter(pl.col("problem") == "shown_in_an_earlier_release")
    shown = pl.concat(one.published for one in lax.ledger.read_history([("indicator_0", 2021)]))
    people = shown.filter(pl.col("denominator").is_not_null()).join(told, on=KEY, how="semi")
    assert people.height == told.select(KEY).unique().height
    conclude(strict, "second")
    assert len(strict.ledger.entries("public")) == 2
