"""Studies in the night: every plan gets its extract or its reason, and no study harms another."""

import duckdb
import polars as pl
import pytest

from orchestration.exits import OK, PARTLY
from orchestration.home import Home, read_json
from orchestration.pipeline.studies import write_studies
from orchestration.runs import fingerprint
from orchestration.screen import show_status
from orchestration.status import exit_code_of, summarise
from orchestration.workspace import Workspace
from privacy import hand_over
from sample_state import write_sample

PLAN = """\
version: 1
study: absence
person: student_key
time: school_year
quasi_identifiers: [sex]
sensitive: {has_exclusionary_discipline: 2}
k: 5
"""


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    folder = tmp_path_factory.mktemp("state")
    write_sample(folder, districts=2, students=60)
    return folder


@pytest.fixture
def workspace(tmp_path, state):
    """A home whose warehouse has 40 students, 37 of one sex, and a sources file with one plan beside it."""
    home = Home(tmp_path / "home")
    home.warehouse.parent.mkdir(parents=True)
    rows = pl.DataFrame({"student_key": [f"key{i}" for i in range(40)]}).with_columns(
        school_year=2022,
        sex=pl.when(pl.int_range(40) < 37).then(pl.lit("Female")).otherwise(pl.lit("Male")),
        days_absent=pl.int_range(40),
        has_exclusionary_discipline=pl.int_range(40) % 3 == 0,
    )
    fill(home, rows)
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "absence.yml").write_text(PLAN)
    (tmp_path / "sources.yml").write_bytes((state / "sources.yml").read_bytes())
    return Workspace(home, tmp_path / "sources.yml")


def fill(home, rows):
    with duckdb.connect(str(home.warehouse)) as warehouse:
        warehouse.register("incoming", rows.to_arrow())
        warehouse.execute("create schema if not exists research")
        warehouse.execute("create or replace table research.research_student_year as select * from incoming")


def plan(workspace, name, *changes):
    text = PLAN
    for change in changes:
        text = text.replace(*change)
    (workspace.sources_path.parent / "studies" / f"{name}.yml").write_text(text)


def extract(workspace, study="absence"):
    return workspace.home.marts / "research" / study / "researcher" / "extract.parquet"


def files(folder):
    return {str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.rglob("*.*")}


def test_a_study_gets_the_columns_of_its_plan_under_codes_that_are_kept_apart(workspace):
    [outcome] = write_studies(workspace)
    assert outcome == {"plan": "absence.yml", "study": "absence", "persons": 37, "rows": 37, "withheld_persons": 0,
                       "dropped_persons": 3, "told_by_leaving": 0, "k": 37}  # fmt: skip
    rows = pl.read_parquet(extract(workspace))
    own = ["study_code", "quasi_identifiers_withheld"]
    assert rows.columns == [*own, "school_year", "sex", "has_exclusionary_discipline"]
    codes = pl.read_parquet(workspace.home.private / "studies" / "absence.parquet")
    assert set(rows["study_code"]) < set(codes["code"])
    assert set(codes["person"]) == {f"key{i}" for i in range(40)}
    assert (workspace.home.private / "studies").stat().st_mode & 0o077 == 0
    assert b"key1" not in extract(workspace).read_bytes()


def test_another_night_on_the_same_rows_in_another_order_leaves_every_file_alone(workspace):
    write_studies(workspace)
    before = files(workspace.home.root / "marts")
    assert len(before) == 2
    with duckdb.connect(str(workspace.home.warehouse)) as warehouse:
        rows = warehouse.sql("from research.research_student_year order by student_key desc").pl()
    fill(workspace.home, rows)
    write_studies(workspace)
    assert files(workspace.home.root / "marts") == before


def test_a_refused_study_says_why_and_leaves_the_others_alone(workspace):
    plan(workspace, "careful", ("study: absence", "study: careful\nwhen_it_fails: refuse"))
    plan(workspace, "misspelt", ("sensitive", "sensitiv"))
    plan(workspace, "other_table", ("absence", "tables"), ("[sex]", "[sex, school_id]"))
    plan(workspace, "other_person", ("absence", "persons"), ("person: student_key", "person: days_absent"))
    plan(workspace, "twice")
    plan(workspace, "unreachable", ("absence", "unreachable"), ("k: 5", "k: 41"))
    outcomes = {outcome["plan"]: outcome.get("refused") for outcome in write_studies(workspace)}
    assert outcomes.pop("absence.yml") is None
    words = {
        "careful.yml": "3 of 40 persons fail k = 5",
        "misspelt.yml": "sensitiv: Extra inputs",
        "other_table.yml": "there is no column school_id. There are: school_year, sex, days_absent",
        "other_person.yml": "person must be student_key",
        "twice.yml": "absence has another plan",
        "unreachable.yml": "nobody is left",
    }
    assert outcomes.keys() == words.keys()
    assert [name for name, said in words.items() if said not in outcomes[name]] == []
    assert [path.name for path in (workspace.home.marts / "research").iterdir()] == ["absence"]
    assert read_json(workspace.home.study_outcomes)["studies"][1]["refused"] == outcomes["careful.yml"]


def test_a_run_in_which_a_study_was_refused_ends_as_partly(workspace):
    write_studies(workspace)
    sound = summarise(workspace) | {"sources": []}
    assert exit_code_of(sound) == OK
    plan(workspace, "absence", ("k: 5", "k: 41"))
    write_studies(workspace)
    assert exit_code_of(summarise(workspace) | {"sources": []}) == PARTLY


def test_an_extract_that_no_plan_of_today_asks_for_is_removed_and_its_codes_are_kept(workspace):
    (workspace.home.marts / "research").mkdir(parents=True)
    (workspace.home.marts / "research" / "research_student_year.parquet").write_bytes(b"an old extract for all studies")
    write_studies(workspace)
    before = extract(workspace).read_bytes()
    assert [path.name for path in (workspace.home.marts / "research").iterdir()] == ["absence"]
    (workspace.sources_path.parent / "studies" / "absence.yml").rename(workspace.sources_path.parent / "absence.yml")
    assert write_studies(workspace) == []
    assert list((workspace.home.marts / "research").iterdir()) == []
    plan(workspace, "absence")
    write_studies(workspace)
    assert extract(workspace).read_bytes() == before


def test_a_changed_plan_is_something_new(workspace):
    before = fingerprint(workspace)
    assert fingerprint(workspace) == before
    plan(workspace, "absence", ("k: 5", "k: 6"))
    changed = fingerprint(workspace)
    plan(workspace, "second", ("absence", "second"))
    assert len({before, changed, fingerprint(workspace)}) == 3


def test_without_a_plan_no_extract_is_written(workspace):
    (workspace.sources_path.parent / "studies" / "absence.yml").unlink()
    assert write_studies(workspace) == []
    assert not (workspace.home.marts / "research").exists()
    assert not (workspace.home.private / "studies").exists()


def test_a_night_holds_its_extract_against_those_that_were_handed_over(workspace, capsys):
    [before] = write_studies(workspace)
    hand_over(workspace.home.studies / "absence", workspace.home.study_codes)
    handed_over = extract(workspace).read_bytes()
    assert write_studies(workspace) == [before]
    assert extract(workspace).read_bytes() == handed_over
    with duckdb.connect(str(workspace.home.warehouse)) as warehouse:
        table = "research.research_student_year"
        warehouse.execute(f"insert into {table} values ('new', 2022, 'Female', 1, true)")
        warehouse.execute(f"delete from {table} where student_key = 'key1'")
    [outcome] = write_studies(workspace)
    assert (outcome["persons"], outcome["dropped_persons"], outcome["told_by_leaving"]) == (36, 4, 1)
    show_status({"sources": [], "release": None, "studies": [outcome]})
    assert "1 of extracts handed over before told by not being in this one" in " ".join(capsys.readouterr().out.split())
    for path in workspace.home.study_codes.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, f"{path.name} is for its owner alone"
