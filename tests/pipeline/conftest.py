"""A small made-up state and one good night on it, made once; and a stage: a copy of both to spoil and run again.

A stage runs the pipeline's steps without dbt and Dagster, so that each fault costs a second or two. Names in the state
carry a sentinel, so that a value of a person that leaks into a report or a log is found by searching.
"""

import csv
import hashlib
import html
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from orchestration.home import Home
from orchestration.pipeline.check import check_deliveries
from orchestration.pipeline.feedback import write_reports
from orchestration.pipeline.judge import judge_new_deliveries
from orchestration.pipeline.receive import receive_deliveries
from orchestration.status import exit_code_of, summarise
from orchestration.workspace import Workspace
from sample_state import write_sample
from sample_state.fault_rows import IMPOSSIBLE_DATE, NOBODY, UNKNOWN_WORD
from sample_state.faults import FaultKey, plant

YEAR = 2022
NAME_SENTINEL = "Qzxv"
VALUES_OF_PERSONS = (
    *(NAME_SENTINEL, NOBODY, UNKNOWN_WORD, IMPOSSIBLE_DATE),
    *("@students.example.org", "SSN:", "Apartment 2"),
)
# Of each format the smallest district of which three bad rows are not a tenth (rule 153); districts: largest first.
STRUCK = {"edfi_xml": 3, "oneroster_csv": 4, "state_csv": 2}
TABULAR = {".parquet", ".duckdb"}  # packed, and of pseudonyms by design; what they hold is tested elsewhere


@dataclass(frozen=True)
class Night:
    """What one pass over the steps left behind."""

    workspace: Workspace
    summary: dict

    @property
    def exit_code(self) -> int:
        return exit_code_of(self.summary)

    @property
    def home(self) -> Path:
        return self.workspace.home.root

    def source(self, source_id: str) -> dict:
        """The source's entry in the summary."""
        return next(entry for entry in self.summary["sources"] if entry["source_id"] == source_id)

    def page(self, source_id: str) -> str:
        """The text of the feedback report, as a person reads it."""
        markup = Path(self.source(source_id)["report"]).read_text(encoding="utf-8")
        text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", markup, flags=re.DOTALL)
        return " ".join(html.unescape(text).split())

    def findings(self, source_id: str) -> pl.DataFrame:
        """The list behind the report."""
        return pl.read_csv(Path(self.source(source_id)["report"]).with_name("findings.csv"), infer_schema_length=None)

    def records(self, source_id: str) -> dict[str, Path]:
        """Record type → the Parquet file that the warehouse would use."""
        current = json.loads(self.workspace.home.accepted(source_id, YEAR).read_text())["current"]
        folder = self.workspace.home.checked(source_id, YEAR, current["batch_id"], current["context_hash"])
        return {path.stem: path for path in sorted((folder / "records").iterdir())}

    def record_bytes(self, source_id: str) -> dict[str, bytes]:
        return {record_type: path.read_bytes() for record_type, path in self.records(source_id).items()}

    def rows(self, source_id: str, *, without: tuple[str, ...] = ("batch_id", "source_row")) -> dict[str, list[tuple]]:
        """Record type → its accepted rows, sorted, less where they stood: a row added or a line broken moves others."""
        tables = {kind: pl.read_parquet(path).drop(without) for kind, path in self.records(source_id).items()}
        return {kind: sorted(table.rows(), key=repr) for kind, table in tables.items()}

    def leaks(self, log_text: str, persons: frozenset[str]) -> list[str]:
        """Where values of persons stand outside the landed bytes and the identity store; empty when nowhere."""
        texts = {"log": log_text.encode()}
        for path in self.home.rglob("*"):
            inside = path.relative_to(self.home).as_posix()
            if path.is_file() and path.suffix not in TABULAR and not inside.startswith(("landing/objects", "private")):
                texts[inside] = path.read_bytes()
        return [
            name
            for name, content in texts.items()
            if any(value.encode() in content for value in VALUES_OF_PERSONS)
            or not persons.isdisjoint(re.findall(r"\d{9,}", content.decode("utf-8", errors="replace")))
        ]


class Stage:
    """A copy of the state, and of the home that one good night left, in a folder of its own."""

    def __init__(self, folder: Path):
        self.state, self.home = folder / "state", folder / "home"

    @property
    def districts(self) -> list[str]:
        """The districts' source ids, largest first."""
        text = (self.state / "sources.yml").read_text()
        return [name for name in re.findall(r"^- id: (\w+)$", text, flags=re.MULTILINE) if name != "state_agency"]

    @property
    def persons(self) -> frozenset[str]:
        """Every student's and staff member's number as the districts know it."""
        found: set[str] = set()
        for path in (self.state / "districts").rglob("*.xml"):
            found.update(re.findall(rb"<(?:Student|Staff)UniqueId>(\d+)<", path.read_bytes()))
        for path in (self.state / "districts").rglob("*.csv"):
            if path.name in ("students.csv", "staff.csv", "users.csv"):
                found.update(re.findall(rb"^(\d+),", path.read_bytes(), flags=re.MULTILINE))
        assert len(found) > 100
        return frozenset(number.decode() for number in found)

    def files(self, source_id: str) -> Path:
        """The folder in which a district's files of the year stand."""
        return self.state / "districts" / source_id / str(YEAR)

    def plant(self, fault: str, source_id: str) -> FaultKey:
        return plant(self.state, fault, source_id, YEAR)

    def run(self) -> Night:
        """One night without warehouse: receive, check, judge, answer."""
        workspace = Workspace(Home(self.home), self.state / "sources.yml")
        arrivals = receive_deliveries(workspace)
        checked = check_deliveries(workspace, arrivals)
        write_reports(workspace, arrivals, checked, judge_new_deliveries(workspace, checked))
        return self.look()

    def look(self) -> Night:
        """What stands in the home now."""
        workspace = Workspace(Home(self.home), self.state / "sources.yml")
        return Night(workspace, summarise(workspace))

    def lost(self, source_id: str) -> list[str]:
        """Files of a district whose bytes are not in the landing as they were sent; empty when nothing is lost."""
        kept = {path.name for path in (self.home / "landing" / "objects").rglob("*") if path.is_file()}
        sent = [path for path in self.files(source_id).rglob("*") if path.is_file()]
        return [path.name for path in sent if hashlib.sha256(path.read_bytes()).hexdigest() not in kept]


@pytest.fixture(scope="session")
def make_stage(tmp_path_factory) -> Callable[..., Stage]:
    """A function that makes a state of its own, names marked, on which no night has passed."""

    def make(**size: int) -> Stage:
        stage = Stage(tmp_path_factory.mktemp("made"))
        write_sample(stage.state, seed=3, **size)
        for path in sorted((stage.state / "districts").rglob("*.*")):
            mark_names(path)
        return stage

    return make


@pytest.fixture(scope="session")
def clean_stage(make_stage) -> Stage:
    return make_stage(districts=6, students=600)


@pytest.fixture(scope="session")
def clean_night(clean_stage) -> Night:
    """The good night: every district accepted, nothing to report."""
    night = clean_stage.run()
    assert night.exit_code == 0, night.summary
    return night


@pytest.fixture
def stage(clean_stage, clean_night, tmp_path) -> Stage:
    """A stage on the second night: each district's good delivery of the first is in use."""
    return copy_stage(clean_stage, tmp_path)


@pytest.fixture
def first_stage(clean_stage, clean_night, tmp_path) -> Stage:
    """A stage on the very first night: only the pseudonym key is there, so that records can be compared."""
    return copy_stage(clean_stage, tmp_path, only=("private",))


def copy_stage(original: Stage, folder: Path, *, only: tuple[str, ...] = ()) -> Stage:
    copied = Stage(folder)
    shutil.copytree(original.state, copied.state)
    copied.home.mkdir()
    for name in only or [path.name for path in original.home.iterdir()]:
        shutil.copytree(original.home / name, copied.home / name)
    return copied


@pytest.fixture(scope="session")
def districts(clean_stage) -> list[str]:
    return clean_stage.districts


@pytest.fixture(scope="session")
def struck(districts) -> dict[str, str]:
    """Format → the district to spoil."""
    return {kind: districts[place] for kind, place in STRUCK.items()}


@pytest.fixture(scope="session")
def persons(clean_stage) -> frozenset[str]:
    return clean_stage.persons


def mark_names(path: Path) -> None:
    """Give every last name in a file the sentinel."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".xml":
        text = re.sub(r"(<LastSurname>[^<]*)", rf"\1{NAME_SENTINEL}", text)
    elif path.name in ("students.csv", "staff.csv", "users.csv"):
        header, *rows = list(csv.reader(io.StringIO(text)))
        place = next(header.index(name) for name in ("last_name", "familyName") if name in header)
        for row in rows:
            row[place] += NAME_SENTINEL
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([header, *rows])
        text = out.getvalue()
    path.write_text(text, encoding="utf-8", newline="")
