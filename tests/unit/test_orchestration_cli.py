"""`slds`: wrong usage and configuration are refused in words, with exit code 2, before anything is touched."""

import os
import subprocess
import sys

import pytest
import yaml

from orchestration.defs.resources import configured_policy, configured_workspace
from orchestration.home import CHECKOUT
from orchestration.workspace import DEFAULT_POLICY
from sample_state import write_sample
from tests.pipeline import command


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("state")
    write_sample(folder, districts=2, students=60)
    return folder / "sources.yml"


@pytest.fixture
def slds(tmp_path):
    def run(*arguments, **environment):
        settings = {"SLDS_HOME": str(tmp_path / "home"), **{name: str(value) for name, value in environment.items()}}
        return subprocess.run(
            [sys.executable, "-m", "orchestration.cli", *map(str, arguments)],
            env={**os.environ, **settings}, capture_output=True, text=True, cwd=CHECKOUT, check=False, timeout=120,
        )  # fmt: skip

    return run


def test_version(slds):
    result = slds("--version")
    assert result.returncode == 0
    assert result.stdout.startswith("openslds 0.")


def test_a_sources_file_that_is_not_there_is_refused(slds, tmp_path):
    result = slds("run", "--sources", tmp_path / "absent.yml")
    assert result.returncode == 2
    assert "no sources file" in result.stderr
    assert not (tmp_path / "home" / "landing").exists()


def test_a_wrong_key_in_the_sources_file_is_named(slds, sources, tmp_path):
    document = yaml.safe_load(sources.read_text())
    document["sources"][1]["fromat"] = "edfi_xml"
    wrong = sources.with_name("wrong.yml")
    wrong.write_text(yaml.safe_dump(document))
    result = slds("sources", "check", "--sources", wrong)
    assert result.returncode == 2
    assert "sources[1].fromat" in result.stderr.replace("\n", "")
    assert "Traceback" not in result.stderr


def test_a_district_or_year_that_the_sources_do_not_have_is_refused(slds, sources, tmp_path):
    for option, value in (("--lea", "999"), ("--school-year", "1999")):
        result = slds("run", "--sources", sources, option, value)
        assert result.returncode == 2
        assert value in result.stderr
    assert not (tmp_path / "home" / "landing").exists()


def test_a_policy_that_cannot_be_used_is_refused(slds, sources, tmp_path):
    policy = tmp_path / "policy.yml"
    policy.write_text("minimum: 3\n")
    result = slds("run", "--sources", sources, SLDS_POLICY=policy)
    assert result.returncode == 2
    assert "policy.yml" in result.stderr


def test_the_policy_is_a_ready_one_by_its_name_or_a_file_by_its_path(tmp_path, monkeypatch):
    monkeypatch.setenv("SLDS_POLICY", "")
    assert configured_policy() == DEFAULT_POLICY
    own = tmp_path / "own.yml"
    own.write_bytes(DEFAULT_POLICY.read_bytes())
    monkeypatch.chdir(tmp_path)
    strict = DEFAULT_POLICY.with_name("policies") / "strict.yml"
    for named, path in (("strict", strict), ("careful", DEFAULT_POLICY), (str(own), own), ("own.yml", own)):
        monkeypatch.setenv("SLDS_POLICY", named)
        assert configured_policy() == path, named
    assert configured_workspace().policy_path == own


def test_a_policy_that_is_neither_a_file_nor_a_ready_one_is_refused_before_any_work(slds, sources, tmp_path):
    result = slds("run", "--sources", sources, SLDS_POLICY="strickt")
    assert result.returncode == 2
    words = " ".join(result.stderr.split())
    assert "SLDS_POLICY: strickt: neither a policy file nor the name of a ready policy (careful, nces, strict" in words
    assert not (tmp_path / "home" / "landing").exists()


def test_a_short_key_is_refused(slds, sources):
    result = slds("run", "--sources", sources, SLDS_PSEUDONYM_KEY="open sesame")
    assert result.returncode == 2
    assert "32 characters" in result.stderr
    assert "sesame" not in result.stderr


def test_an_unknown_indicator_is_answered_with_the_known_ones(tmp_path):
    result = command.slds(tmp_path / "home", "explain", "I99")
    assert result.returncode == 2
    assert "I01" in result.stderr


def test_sources_check_counts_the_files_of_each_feed(slds, sources):
    result = slds("sources", "check", "--sources", sources)
    assert result.returncode == 0
    assert "state_agency" in result.stdout


def test_sources_check_says_when_a_feed_finds_nothing(slds, sources, tmp_path):
    lonely = tmp_path / "lonely.yml"
    lonely.write_text(sources.read_text())
    result = slds("sources", "check", "--sources", lonely)
    assert result.returncode == 3


def test_an_unknown_fault_is_refused(slds, tmp_path):
    result = slds("sample", tmp_path / "state", "--faults", "meteor")
    assert result.returncode == 2
    assert "truncated_xml" in result.stderr
