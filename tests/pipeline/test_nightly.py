"""The nightly run as its users see it: one full run on a small made-up state, and what comes after it."""

import json
import re
import shutil
import sqlite3
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import delivery
import intake
from delivery.releases import verify_release
from orchestration.defs.resources import configured_workspace, point_dagster_at
from orchestration.exits import FAILED
from orchestration.home import CHECKOUT, Home
from orchestration.pipeline.protect import protect_indicators
from orchestration.runs import run
from orchestration.workspace import DEFAULT_POLICY, Workspace
from privacy import KEY, load_plan, load_policy
from privacy.ledger import cumulative
from privacy.policy import READY_POLICIES
from sample_state import write_sample
from tests.pipeline.command import at_turn, slds, start_and_kill

NUMBERS = ["student_count", "numerator", "denominator"]


def files_of(folder):
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.name != "writer.lock"
    }


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def find_any(content, needles):
    """Those of many needles of four bytes or more that stand in the content, in one pass and not one for each."""
    lengths = defaultdict(set)  # of the needles that begin so
    for needle in needles:
        lengths[int.from_bytes(needle[:4], "little")].add(len(needle))
    found, known = set(), np.array(sorted(lengths), dtype="<u4")
    likely = np.zeros(2**16, dtype=bool)  # by the first two bytes: a look-up leaves little to search
    likely[known & 0xFFFF] = True
    for offset in range(min(4, len(content))):
        words = np.frombuffer(content, "<u4", (len(content) - offset) // 4, offset)
        places = np.flatnonzero(likely[words & 0xFFFF])
        for at in places[np.isin(words[places], known)]:
            place = int(at) * 4 + offset
            found |= {content[place : place + length] for length in lengths[int(words[at])]} & needles
    return found


def test_needles_are_found_wherever_they_stand():
    needles = {b"Okonkwo", b"0123456789"}
    for content, there in [
        (b"", set()), (b"Oko", set()), (b"..Okonkw0123456789", {b"0123456789"}), (b"Okonkwo", {b"Okonkwo"}),
        *((b"\xff" * shift + b"Okonkwo" + b"\n0123456789" * 2, needles) for shift in range(5)),
    ]:  # fmt: skip
        assert find_any(content, needles) == there


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("state")
    write_sample(folder, districts=3, students=600, seed=3)
    shutil.copytree(CHECKOUT / "examples" / "studies", folder / "studies")
    return folder / "sources.yml"


@pytest.fixture(scope="module")
def night(tmp_path_factory, sources):
    """The home and the result of one undisturbed run."""
    home = tmp_path_factory.mktemp("home")
    result = slds(home, "run", "--sources", sources)
    assert result.returncode == 0, result.stdout + result.stderr
    return home, result


@pytest.fixture
def copied_home(night, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(night[0], home, symlinks=True)
    return home


def test_a_run_ends_in_a_verified_release_and_says_so(night):
    home, result = night
    release = delivery.current_release(home / "releases")
    manifest = verify_release(release.folder)
    assert manifest["audit"]["passed"] is True
    assert {entry["source_id"] for entry in manifest["inputs"]} >= {"state_agency"}
    for words in ("Received", release.id, "audit passed", "why withheld", "Dagster UI"):
        assert words in result.stdout


def test_running_again_with_nothing_new_writes_nothing(night, sources):
    home, _ = night
    before = files_of(home)
    again = slds(home, "run", "--sources", sources)
    assert again.returncode == 0
    assert "Nothing new" in again.stdout
    assert files_of(home) == before


def test_the_run_made_at_the_command_line_is_in_the_instance_that_the_ui_shows(night):
    home, _ = night
    with sqlite3.connect(f"file:{home / 'dagster' / 'history' / 'runs.db'}?mode=ro", uri=True) as database:
        rows = database.execute("select pipeline_name, status from runs").fetchall()
    assert rows == [("nightly_job", "SUCCESS")]


def test_rows_received_are_accepted_or_quarantined_for_every_record_type(night):
    home, _ = night
    status = json.loads(slds(home, "status", "--json").stdout)
    counts = [count for source in status["sources"] for count in source["counts"]]
    assert len(counts) > 30
    assert all(count["received"] == count["accepted"] + count["quarantined"] for count in counts)
    students = sum(count["accepted"] for count in counts if count["record_type"] == "students")
    assert students >= 600


def test_a_district_pulls_its_own_students_with_the_ids_it_knows(night):
    home, _ = night
    folders = sorted((home / "marts" / "district").glob("lea_id=*"))
    assert len(folders) == 3
    for folder in folders:
        table = pl.read_parquet(folder / "district_student_attendance.parquet", hive_partitioning=False)
        assert table["lea_id"].unique().to_list() == [folder.name.removeprefix("lea_id=")]
        assert table["student_id"].null_count() == 0
        assert table["student_id"].str.contains(r"^\d{10}$").all()
        for name in ("district_leaver_outcomes", "district_incoming_students"):
            returned = pl.read_parquet(folder / f"{name}.parquet", hive_partitioning=False)
            assert set(returned["student_id"]) <= set(table["student_id"]), name
            assert returned.height > 0, name


def test_a_study_gets_what_its_plan_names_under_codes_of_its_own(night):
    home, result = night
    plan = load_plan(CHECKOUT / "examples" / "studies" / "attendance.yml")
    [path] = (home / "marts" / "research").rglob("*.parquet")
    rows = pl.read_parquet(path, hive_partitioning=False)
    assert rows.columns == ["study_code", "quasi_identifiers_withheld", *plan.columns]
    codes = pl.read_parquet(home / "private" / "studies" / "attendance.parquet")
    keys = set(pl.concat(pl.read_parquet(one) for one in (home / "checked").rglob("students.parquet"))["student_key"])
    assert set(codes["person"]) <= keys
    assert set(rows["study_code"]) <= set(codes["code"])
    assert not keys & set(rows["study_code"])
    assert f"Study attendance: {rows['study_code'].n_unique()} persons" in result.stdout


def test_a_teacher_sees_only_their_own_sections(night):
    home, _ = night
    for path in (home / "marts" / "teacher").rglob("*.parquet"):
        table = pl.read_parquet(path, hive_partitioning=False)
        assert {"lea_id", "school_id", "staff_key", "section_id", "student_key"} <= set(table.columns)
        assert table["staff_key"].null_count() == 0


def test_no_direct_identifier_is_anywhere_but_in_landing_and_the_identity_store(night):
    home, _ = night
    identities = pl.concat(
        [pl.read_parquet(path) for path in (home / "private" / "identity").rglob("*.students.parquet")],
        how="diagonal_relaxed",
    )
    ids = set(identities["student_id"])
    places = [*(home / "checked").rglob("*.parquet"), *(home / "protected").rglob("*.parquet")]
    places += [*(home / "marts" / "research").rglob("*.parquet"), *(home / "releases").rglob("*.parquet")]
    assert len(places) > 20
    for path in places:
        table = pl.read_parquet(path, hive_partitioning=False)
        for column in table.select(pl.col(pl.String)).columns:
            assert not ids & set(table[column]), (path.name, column)
    needles = {value.encode() for value in identities["last_name"].drop_nulls().unique() if len(value) > 5}
    needles |= {value.encode() for value in ids}
    assert min(map(len, needles)) >= 4
    kept_apart = {"landing", "private", "checked", "marts", "protected"}
    for path in home.rglob("*"):
        if path.is_file() and path.relative_to(home).parts[0] not in kept_apart and path.suffix != ".parquet":
            assert find_any(path.read_bytes(), needles) == set(), path.relative_to(home)


def test_another_key_is_refused_and_touches_nothing(copied_home, sources):
    before = files_of(copied_home)
    refused = slds(copied_home, "run", "--sources", sources, SLDS_PSEUDONYM_KEY="x" * 40)
    assert refused.returncode == 2
    assert "key" in refused.stderr
    assert files_of(copied_home) == before


def test_one_districts_change_rewrites_only_what_depends_on_it(copied_home, sources, tmp_path):
    shutil.copytree(sources.parent, tmp_path / "state")
    changed = sorted((tmp_path / "state" / "districts").glob("*/2022/state/attendance.csv"))[0]
    lines = changed.read_bytes().splitlines(keepends=True)
    changed.write_bytes(b"".join(lines[:-1]))
    district = changed.relative_to(tmp_path / "state" / "districts").parts[0]
    before = files_of(copied_home)
    result = slds(copied_home, "run", "--sources", tmp_path / "state" / "sources.yml", SLDS_TRACEBACK="1")
    assert result.returncode == 0, result.stdout + result.stderr
    after = files_of(copied_home)
    written = {name for name in after if after[name] != before.get(name)}
    checked = {Path(name).parts[1] for name in written if name.startswith("checked/")}
    assert checked == {district}
    lea_id = next(s.lea_id for s in intake.load_sources(sources).sources if s.id == district)
    rows = {name for name in written if name.endswith("district_student_attendance.parquet")}
    assert rows <= {f"marts/district/lea_id={lea_id}/district_student_attendance.parquet"}
    told = (copied_home / "dbt" / "exact_models.log").read_text()
    made = {how: set(re.findall(rf"kept_table model (\S+) .*\[{how} in", told)) for how in ("KEPT", "OK")}
    assert "core.dim_organization" in made["OK"], "it reads which deliveries there are"
    assert "indicators.ind_membership_october_1" in made["KEPT"]
    assert len(made["KEPT"]) > 2 * len(made["OK"]), made["OK"]


def republish_complements(original):
    """A protection that forgets its complementary suppression in one table: what the audit is there to find."""

    def protect(past, **options):
        protected, cells = original(past, **options), past.cells
        key = ["table_id", "school_year", "org_id", "disaggregate_type", "disaggregate_value"]
        exposed = protected.reasons.filter(
            (pl.col("table_id") == "ind_membership_october_1") & (pl.col("reason") == "complementary")
        ).select(*key, exposed=True)
        truth = cells.select(*key, true_count="student_count")
        republished = (
            protected.cells.join(exposed, on=key, how="left", maintain_order="left")
            .join(truth, on=key, how="left", maintain_order="left")
            .with_columns(
                student_count=pl.when("exposed").then("true_count").otherwise("student_count"),
                student_count_status=pl.when("exposed").then(pl.lit("shown")).otherwise("student_count_status"),
            )
        )
        return replace(protected, cells=republished.drop("exposed", "true_count"))

    return protect


def test_when_the_audit_fails_nothing_is_published_and_the_run_says_which_table(
    copied_home, sources, tmp_path, monkeypatch
):
    policy = tmp_path / "policy.yml"
    policy.write_text(DEFAULT_POLICY.read_text().replace("required_candidates: 4", "required_candidates: 5"))
    monkeypatch.setattr("privacy.ledger.campaign.protect_after", republish_complements(cumulative.protect_after))
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    before = {part: files_of(copied_home / part) for part in ("releases", "marts")}
    with at_turn(copied_home) as settings:
        for name, value in (settings | {"SLDS_SOURCES": str(sources), "SLDS_POLICY": str(policy)}).items():
            monkeypatch.setenv(name, value)
        point_dagster_at(configured_workspace().home)
        outcome = run(configured_workspace())
    assert outcome.exit_code == FAILED
    assert any("audit_by_attack" in words and "ind_membership_october_1" in words for words in outcome.failures)
    assert {part: files_of(copied_home / part) for part in ("releases", "marts")} == before
    monkeypatch.undo()
    repaired = slds(copied_home, "run", "--sources", sources, SLDS_POLICY=policy)
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    release = delivery.current_release(copied_home / "releases")
    assert release.manifest["policy"]["hash"] == load_policy(policy).hash


def count_told(table):
    """Per indicator, how many numbers of a public table are of somebody, and how many are none (withheld, mostly)."""
    rows = table.unpivot(NUMBERS, index="table_id").group_by("table_id")
    return rows.agg(told=(pl.col("value") > 0).sum(), empty=pl.col("value").null_count()).sort("table_id")


def test_a_home_that_becomes_strict_publishes_and_says_inside_what_is_lost(night, copied_home, sources):
    result = slds(copied_home, "run", "--sources", sources, SLDS_POLICY="strict")
    assert result.returncode == 0, result.stdout + result.stderr
    careful, strict = (delivery.current_release(home / "releases") for home in (night[0], copied_home))
    manifest = verify_release(strict.folder)
    assert manifest["policy"]["hash"] == load_policy("strict").hash
    assert manifest["audit"]["passed"] is True
    assert manifest["audit"]["certificates"]["passed"] is True
    usual, now = (pl.read_parquet(one.folder / "public_indicators.parquet").sort(KEY) for one in (careful, strict))
    assert usual.select(KEY).equals(now.select(KEY))
    assert all(now[name].filter(usual[name].is_null()).is_null().all() for name in NUMBERS), "withheld stays withheld"
    [listed] = (copied_home / "protected").glob("*/lost.parquet")
    lost = pl.read_parquet(listed)
    assert lost.height > 0, "the careful default was not held against members and districts"
    words = f"{lost.drop('problem').n_unique():,} protected numbers are lost"
    assert words in result.stdout
    assert words in result.stderr
    assert f"protected/{listed.parent.name}/lost.parquet" in result.stdout
    assert "lost" not in night[1].stdout + night[1].stderr
    assert "lost" not in json.dumps(manifest)
    assert manifest["audit_covers"] == careful.manifest["audit_covers"]


def test_a_state_that_begins_under_the_strict_policy_loses_nothing_and_withholds_more_of_every_indicator(
    night, copied_home, sources
):
    for part in ("ledger", "protection", "protected"):  # as if nothing had ever been released
        shutil.rmtree(copied_home / part)
    # Without dbt, which a home that becomes strict goes through: what differs is in the protection.
    protection = protect_indicators(Workspace(Home(copied_home), sources, READY_POLICIES / "strict.yml"))
    assert protection.passed
    assert protection.summary["audit"]["certificates"]["passed"] is True
    assert protection.lost["numbers"] == 0
    folders = [*(night[0] / "protected").iterdir(), protection.folder]
    usual, now = (count_told(pl.read_parquet(folder / "protected_cells.parquet")) for folder in folders)
    assert now["table_id"].equals(usual["table_id"])
    assert now["told"].min() > 0
    assert (now["empty"] >= usual["empty"]).all()
    assert now["empty"].sum() > usual["empty"].sum(), "nothing more is withheld: who is held off besides?"


def test_killed_twice_in_the_middle_the_next_run_gives_the_same_release_byte_for_byte(night, sources, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(night[0] / "private", home / "private")
    for last_words in ("feedback", "audit"):
        start_and_kill(home, sources, last_words)
        assert delivery.current_release(home / "releases") is None
    again = slds(home, "run", "--sources", sources)
    assert again.returncode == 0, again.stdout + again.stderr
    expected = delivery.current_release(night[0] / "releases")
    release = delivery.current_release(home / "releases")
    assert release.id == expected.id
    assert bytes_of(release.folder) == bytes_of(expected.folder)
