"""Bad input to the whole command: two nights of `slds run`, each with faults, and what is published after them."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

import delivery
from tests.pipeline.command import slds


@dataclass(frozen=True)
class Published:
    """What stood published after a night: the release's id, and the bytes of its files and of every extract."""

    result: subprocess.CompletedProcess
    release: str
    files: dict[str, bytes]
    extracts: dict[str, bytes]


def slds_run(stage) -> Published:
    result = slds(stage.home, "run", "--sources", stage.state / "sources.yml")
    current = delivery.current_release(stage.home / "releases")
    assert current is not None, result.stdout + result.stderr
    return Published(result, current.id, read_folder(current.folder), read_folder(stage.home / "marts"))


def read_folder(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@dataclass(frozen=True)
class Nights:
    stage: object
    first: Published
    second: Published
    has_bad_rows: tuple[str, ...]
    goes_bad: dict[str, int]


@pytest.fixture(scope="module")
def nights(make_stage):
    """The first night two districts send bad rows; the second two others, good so far, send what cannot be read."""
    stage = make_stage(districts=4, students=300)
    xml_large, roster, state_csv, xml_small = stage.districts
    stage.plant("date_0222", xml_large)
    stage.plant("unknown_descriptor", roster)
    first = slds_run(stage)
    stage.plant("truncated_zip", state_csv)
    stage.plant("truncated_xml", xml_small)
    return Nights(stage, first, slds_run(stage), (xml_large, roster), {state_csv: 3, xml_small: 7})


def test_a_night_with_faults_ends_with_exit_code_3_and_a_release(nights):
    first, second = nights.first, nights.second
    assert (first.result.returncode, second.result.returncode) == (3, 3), second.result.stdout + second.result.stderr
    assert first.files


def test_the_summary_says_who_was_held_back_by_which_rule_and_where_the_report_is(nights):
    printed = nights.second.result.stdout
    for source_id, number in nights.goes_bad.items():
        line = next(line for line in printed.splitlines() if line.startswith(source_id))
        assert "held back" in line
        assert f"{number} × 1" in line
        report = Path(nights.stage.look().source(source_id)["report"])
        assert str(report.relative_to(nights.stage.home)) in printed


def test_a_district_that_goes_bad_keeps_its_last_good_data_in_an_unchanged_release(nights):
    assert nights.second.release == nights.first.release
    assert nights.second.files == nights.first.files
    for source_id in nights.goes_bad:
        entry = nights.stage.look().source(source_id)
        assert entry["in_use"] not in (None, entry["batch_id"])


def test_every_districts_extracts_stay_as_they_were_byte_for_byte(nights):
    assert nights.first.extracts
    assert nights.second.extracts == nights.first.extracts


def test_a_district_with_bad_rows_is_published_without_them(nights):
    for source_id in nights.has_bad_rows:
        entry = nights.stage.look().source(source_id)
        assert (entry["status"], entry["in_use"]) == ("accepted", entry["batch_id"])
        assert 0 < entry["quarantined"] < entry["received"] / 2


def test_nobodys_values_are_in_reports_events_logs_or_the_release(nights):
    results = (nights.first.result, nights.second.result)
    said = "".join(text for result in results for text in (result.stdout, result.stderr))
    assert nights.stage.look().leaks(said, nights.stage.persons) == []
    assert list((nights.stage.home / "dagster").rglob("*.db"))
