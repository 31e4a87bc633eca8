"""A table stays as it is while nothing it is made from has changed, and comes out as a full build would make it."""

import re

import duckdb
import pytest

from tests.warehouse.small_state import with_sources

ATTENDANCE, RESULTS = "indicators.ind_chronic_absenteeism", "indicators.ind_academic_achievement"
READ_BY_BOTH = "core.dim_student_year"
SELECTED = ["+ind_chronic_absenteeism", "+ind_academic_achievement", "+district_indicator_comparison"]


@pytest.fixture
def run(copy_of_built):
    """Runs the models behind the two indicators and one mart; returns the names of the tables kept and made anew."""

    def run(*flags):
        done = copy_of_built.dbt("run", "--select", *SELECTED, *flags)
        told = re.findall(r"sql kept_table model (\S+) \.* \[(KEPT|OK)", done.stdout)
        assert len(told) == int(re.search(r"(\d+) kept table models", done.stdout)[1])
        return {name for name, how in told if how == "KEPT"}, {name for name, how in told if how == "OK"}

    return run


def read(warehouse, names):
    return {name: sorted(warehouse.rows(f"from {name}"), key=repr) for name in names}


def test_what_nothing_changed_for_is_kept_and_the_rest_made_anew(copy_of_built, sender, deliveries, run):
    _, *others = deliveries
    again = with_sources(sender["A"]("a2"))
    copy_of_built.load(again, *others)
    kept, made = run()
    assert {ATTENDANCE, RESULTS, READ_BY_BOTH} <= kept, "the same rows came in another batch"
    assert made == {"core.dim_organization"}, "it reads which deliveries there are, and came out as it was"
    assert run()[1] == set(), "nothing came since"

    again = with_sources(sender["A"]("a3"))
    again.absent("one_day_less", "A1", [30, 31])
    copy_of_built.load(again, *others)
    kept, made = run()
    assert ATTENDANCE in made
    assert {RESULTS, READ_BY_BOTH} <= kept, "an absence is no part of them"

    found = read(copy_of_built, kept | made)
    assert run("--full-refresh")[0] == set()
    assert found == read(copy_of_built, kept | made)


def test_what_reads_something_of_unknown_content_is_made_anew(copy_of_built, run):
    with duckdb.connect(str(copy_of_built.path)) as connection:
        connection.execute("comment on table records.demographics is null")
    kept, made = run()
    assert READ_BY_BOTH in made
    assert ATTENDANCE in kept, "dim_student_year came out as it was"


def test_a_seed_that_got_another_column_is_loaded_into_a_home_that_has_it(copy_of_built):
    before = copy_of_built.rows("describe seeds.grade_points")
    with duckdb.connect(str(copy_of_built.path)) as connection:
        connection.execute(f"alter table seeds.grade_points drop column {before[-1][0]}")
    copy_of_built.dbt("seed", "--select", "grade_points")
    assert copy_of_built.rows("describe seeds.grade_points") == before
