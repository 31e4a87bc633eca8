"""A second computation, in bare SQL over the same record files, gives every row that the warehouse gives.

`benchmarks/bare_sql/` is written apart from the models: it lays dates side by side where they subtract ordinals. The
state here has two years, students who move, rows at fault, and one district that sends no discipline records.
"""

import shutil

import duckdb
import pytest

from benchmarks.bare_sql import OUTPUTS_ONLY, RESULTS, compare, run_bare, run_dbt
from orchestration.home import Home
from orchestration.pipeline.check import check_deliveries
from orchestration.pipeline.judge import judge_new_deliveries
from orchestration.pipeline.load import load_record_views
from orchestration.pipeline.receive import receive_deliveries, remembered_arrivals
from orchestration.workspace import Workspace
from sample_state import write_sample
from tests import turns

# Faults of single rows: what passes the contracts, and what the warehouse must leave out.
FAULTS = (
    "exit_before_entry", "overlapping_enrollments", "other_districts_students", "attendance_without_enrollment",
    "unknown_descriptor", "duplicate_student",
)  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home whose warehouse holds record views and, by dbt, the two compared tables."""
    folder = tmp_path_factory.mktemp("bare_sql")
    write_sample(folder / "state", districts=6, students=900, years=2, seed=11, faults=FAULTS)
    silent = sorted((folder / "state" / "districts").rglob("discipline_actions.csv"))[0]
    silent.write_bytes(silent.read_bytes().splitlines(keepends=True)[0])
    (folder / "home").mkdir()
    workspace = Workspace(Home(turns.take(folder / "home")), folder / "state" / "sources.yml")
    receive_deliveries(workspace)
    judge_new_deliveries(workspace, check_deliveries(workspace, remembered_arrivals(workspace)))
    load_record_views(workspace)
    turns.bring_parsed(workspace.home.dbt_target)
    run_dbt(workspace.home, OUTPUTS_ONLY)
    return workspace.home


@pytest.fixture(scope="module")
def bare(home, tmp_path_factory):
    result = tmp_path_factory.mktemp("result") / "bare.duckdb"
    run_bare(home.warehouse, result)
    return result


def test_bare_sql_and_the_warehouse_hold_the_same_rows(home, bare):
    compared = compare(home.warehouse, bare)
    assert list(compared) == list(RESULTS.values())
    for rows, only_bare, only_warehouse in compared.values():
        assert rows > 0
        assert (only_bare, only_warehouse) == (0, 0)


def test_the_comparison_sees_a_single_number_that_differs(home, bare, tmp_path):
    altered = tmp_path / "bare.duckdb"
    shutil.copy(bare, altered)
    with duckdb.connect(str(altered)) as connection:
        connection.execute("update cells set student_count = student_count + 1 where rowid = 0")
    assert compare(home.warehouse, altered)["indicators.ind_cells"][1:] == (1, 1)
