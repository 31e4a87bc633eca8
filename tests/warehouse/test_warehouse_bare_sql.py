"""The small state of named students, each standing for one rule, computed a second time in bare SQL."""

from benchmarks.bare_sql import compare, run_bare


def test_bare_sql_gives_the_same_rows_for_every_rule(built, tmp_path):
    run_bare(built.path, tmp_path / "bare.duckdb")
    for rows, only_bare, only_warehouse in compare(built.path, tmp_path / "bare.duckdb").values():
        assert rows > 0
        assert (only_bare, only_warehouse) == (0, 0)
