"""A small warehouse for tests: record views of rows written beside them, and dbt run on it in a process of its own."""

import json
import os
import shutil
from pathlib import Path

import duckdb
import pytest

import intake
from orchestration.pipeline.load import note_content
from tests import turns
from tests.warehouse.dbt_at_hand import run_dbt
from tests.warehouse.small_state import (
    DAYS,
    Delivery,
    district_a,
    district_b,
    district_c,
    district_d,
    state_agency,
    state_agency_before,
    typed_columns,
    with_sources,
    year_before,
)

PROJECT = Path(__file__).parents[2] / "dbt_project"
CELL_KEYS = "table_id, school_year, org_level, org_id, parent_org_id, disaggregate_type, disaggregate_value"


class Warehouse:
    """A warehouse file with the record views, and the dbt project that builds on it."""

    def __init__(self, folder):
        self.folder, self.path = Path(folder), Path(folder) / "warehouse" / "slds.duckdb"
        self.path.parent.mkdir(exist_ok=True)
        self.project = PROJECT

    def load(self, *deliveries):
        """Make these the current deliveries. Returns nothing; replaces what was there."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("create schema if not exists records")
            for name in intake.RECORD_TYPES:
                typed = ", ".join(f"{column} {kind}" for column, kind in typed_columns(name).items())
                connection.execute(f"create or replace table records.{name} ({typed})")
                rows = [
                    [*row, d.source_id, d.lea_id, d.school_year, d.batch_id, "file", number]
                    for d in deliveries for number, row in enumerate(d.rows[name], 1)
                ]
                self._insert(connection, f"records.{name}", rows)
                note_content(connection, f"table records.{name}", [
                    [*row, d.source_id, d.lea_id, d.school_year] for d in deliveries for row in d.rows[name]])
            connection.execute("create or replace table records.current_deliveries (source_id varchar, lea_id varchar, "
                               "school_year integer, batch_id varchar, source_name varchar, student_id_scope varchar, "
                               "received_at timestamp)")
            current = [
                [d.source_id, d.lea_id, d.school_year, d.batch_id, f"Sender {d.source_id}", "state", d.received_at]
                for d in deliveries
            ]
            self._insert(connection, "records.current_deliveries", current)
            note_content(connection, "table records.current_deliveries", current)
            connection.execute("create or replace table records.state as "
                               "select 'ST' as state_id, 'A State' as state_name")
            note_content(connection, "table records.state", ["ST"])

    @staticmethod
    def _insert(connection, table, rows):
        # One statement for all rows: a statement per row takes most of the suite's time.
        if rows:
            marks = "(" + ", ".join("?" * len(rows[0])) + ")"
            for start in range(0, len(rows), 200):
                part = rows[start:start + 200]
                connection.execute(f"insert into {table} values " + ", ".join([marks] * len(part)),
                                   [value for row in part for value in row])

    def protect_nothing_below(self, threshold):
        """Stand in for the privacy step: cells of fewer students than `threshold` lose their numbers."""
        withheld = f"student_count < {threshold}"
        numbers = ", ".join(
            f"case when not ({withheld}) then {name} end as {name}, "
            f"case when {withheld} then 'withheld' else 'shown' end as {name}_status"
            for name in ("student_count", "numerator", "denominator"))
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("create schema if not exists protected")
            connection.execute("create or replace table protected.protected_cells as "
                               f"select {CELL_KEYS}, {numbers} from indicators.ind_cells")
            note_content(connection, "table protected.protected_cells",
                         connection.execute("from protected.protected_cells order by all").fetchall())

    def dbt(self, *arguments, must_pass=True):
        """Run dbt with its target folder in this warehouse's folder. Returns the finished process."""
        target, is_own_project = self.folder / "target", self.project != PROJECT
        place = turns.take(self.folder)
        if not is_own_project:
            turns.bring_parsed(target)
            # What dbt would write of the same project again takes seconds.
            arguments += ("--no-write-json",) if (target / "manifest.json").exists() else ()
        environment = os.environ | {"SLDS_WAREHOUSE": str(place / self.path.relative_to(self.folder)),
                                    "DBT_LOG_PATH": str(self.folder / "logs")}
        places = ["--project-dir", str(self.project), "--profiles-dir", str(self.project), "--target-path", str(target)]
        run = run_dbt([*arguments, *places], environment=environment, folder=self.folder)
        if not is_own_project:
            turns.keep_parsed(target, "manifest.json")
        assert run.returncode == 0 or not must_pass, run.stdout[-6000:]
        return run

    def run_facts(self, *arguments):
        """Run the incremental facts again, without tests."""
        self.dbt("run", "--select", "stg_deliveries", "config.materialized:incremental", *arguments)

    def rows(self, sql):
        """The rows of a query, as tuples."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def manifest(self):
        return json.loads((self.folder / "target" / "manifest.json").read_text())


@pytest.fixture(scope="session")
def deliveries():
    """The current deliveries of the built state."""
    return [with_sources(district_a()), district_b(), district_c(), district_d(), year_before(), state_agency(),
            state_agency_before()]


@pytest.fixture(scope="session")
def new_delivery():
    """The maker of a delivery: sender, district, batch and school year."""
    return Delivery


@pytest.fixture(scope="session")
def new_warehouse(tmp_path_factory):
    """The maker of an empty warehouse with a folder of its own, by name."""
    return lambda name: Warehouse(tmp_path_factory.mktemp(name))


@pytest.fixture(scope="session")
def built(deliveries, tmp_path_factory):
    """The state, built through to the marts, all data tests of the project passed. Read only.

    The unit tests run elsewhere, once: each worker of a test run builds a state of its own.
    """
    warehouse = Warehouse(tmp_path_factory.mktemp("warehouse"))
    warehouse.load(*deliveries)
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", "--exclude", "path:models/marts")
    warehouse.protect_nothing_below(10)
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", "--selector", "after_protection")
    return warehouse


@pytest.fixture
def copy_of_built(built, tmp_path):
    """A copy of the built warehouse, for a test that changes it."""
    shutil.copytree(built.folder, tmp_path, dirs_exist_ok=True)
    return Warehouse(tmp_path)


@pytest.fixture
def sender():
    """Makers of deliveries, by sender."""
    return {"A": district_a, "B": district_b, "state": state_agency}


@pytest.fixture
def school_days():
    """The 40 days of instruction."""
    return DAYS
