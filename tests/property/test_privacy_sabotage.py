"""The audit finds every random sabotage that really leaks; what leaks is decided by listing all tables of students."""

import importlib.util
from pathlib import Path

import polars as pl
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "disclosure_sabotage.py"


@pytest.fixture(scope="module")
def sabotage():
    spec = importlib.util.spec_from_file_location("disclosure_sabotage", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def outcome(sabotage):
    return sabotage.run_sabotages(150)


def test_the_audit_finds_every_sabotage_that_really_leaks(sabotage, outcome):
    spoilt = outcome.filter(~pl.col("kind").is_in(["nothing", sabotage.STUDENTS_OF_A_RATE]))
    missed = spoilt.filter(pl.col("found") < pl.col("leaked"))
    assert missed.is_empty(), missed
    assert spoilt.filter(pl.col("leaked") > 0).height == spoilt.height >= 10


def test_a_release_nobody_touched_leaks_nothing_and_passes(outcome):
    untouched = outcome.filter(pl.col("kind") == "nothing").row(0, named=True)
    assert untouched["tried"] > 5
    assert untouched["undecided"] == untouched["leaked"] == untouched["false_alarms"] == 0


def test_the_audit_reads_the_students_of_a_rate_as_its_denominator(sabotage, outcome):
    row = outcome.filter(pl.col("kind") == sabotage.STUDENTS_OF_A_RATE).row(0, named=True)
    assert row["found"] == row["leaked"] > 0
