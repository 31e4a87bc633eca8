"""That dbt, as the tests of the warehouse start it, makes the queries it makes by itself, and ends as it ends."""

import os

import pytest
from dbt.compilation import inject_ctes_into_sql
from dbt.contracts.graph.nodes import InjectedCTE

from orchestration.home import CHECKOUT
from tests.warehouse.dbt_at_hand import once_each, run_dbt, with_ctes

CTES = [InjectedCTE(id="a", sql=" a as (select 1 as x)"), InjectedCTE(id="b", sql=" b as (\n  select 2 as x\n)")]


@pytest.mark.parametrize("sql", [
    "with c as (select * from a) select * from c, b",
    "\n\n  WITH\n\nc as (\n    with d as (select * from a) select * from d\n)\n\nselect * from c",
    "with -- why\n c as (select 1 as y) select * from c where note = 'with recursive'",
    "with recursive c as (select 1 as y) select * from c",
    "-- with what\nwith c as (select 1 as y) select * from c",
    "select * from (with c as (select 1 as y) select * from c) as within",
    "select * from a",
    "\n  SELECT * from a where note = 'with'\n",
    "(select * from a) union all (with c as (select * from b) select * from c)",
    "\n(with c as (select 1 as y) select * from c)",
])  # fmt: skip
def test_ctes_stand_where_dbt_puts_them(sql):
    assert with_ctes(inject_ctes_into_sql)(sql, CTES) == inject_ctes_into_sql(sql, CTES)
    assert with_ctes(inject_ctes_into_sql)(sql, []) == sql


def test_most_queries_are_not_parsed():
    def parsing(sql, ctes):
        raise AssertionError(sql)

    assert with_ctes(parsing)("\nwith c as (select 1)\nselect * from c", CTES).startswith("\nwith  a as (select 1")
    assert with_ctes(parsing)("\nselect * from a", CTES).startswith("\nwith a as (select 1")


def test_every_table_is_asked_once_for_its_columns():
    asked = []
    ask = once_each(lambda adapter, relation: asked.append(relation) or [relation])
    assert [ask(None, name) for name in ("a", "b", "a")] == [["a"], ["b"], ["a"]]
    assert asked == ["a", "b"]


def test_what_dbt_says_and_how_it_ends_comes_back(tmp_path):
    there = run_dbt(["--version"], environment=dict(os.environ), folder=tmp_path)
    assert (there.returncode, "duckdb" in there.stdout) == (0, True)
    wrong = run_dbt(["parse", "--project-dir", "nowhere"], environment=dict(os.environ), folder=tmp_path)
    assert wrong.returncode == 2
    assert "nowhere" in wrong.stdout
    assert not (CHECKOUT / "nowhere").exists()
