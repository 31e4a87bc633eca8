"""`slds privacy`: exit codes and words, from files to files, without a home."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from privacy.cli import ATTENTION, FAILED, OK, USAGE, main
from privacy.policy import DEFAULT_POLICY
from privacy.structure import KEY

CHECKOUT = Path(__file__).resolve().parents[2]
HEADINGS = "org_level,parent_org_id,org_id,disaggregate_type,disaggregate_value,student_count"
CELLS = {"A": (4, 56), "B": (47, 13), "C": (80, 41), "D": (39, 35)}


@pytest.fixture
def state(tmp_path):
    """A small state in files, and a run of one command on them that gives its exit code."""
    places = {one: ("school", "D1" if one in "AB" else "D2", one) for one in CELLS}
    places |= {"D1": ("lea", "S", "AB"), "D2": ("lea", "S", "CD"), "S": ("state", "", "ABCD")}
    lines = [HEADINGS]
    for place, (level, parent, schools) in places.items():
        girls, boys = (sum(CELLS[school][i] for school in schools) for i in range(2))
        for group, count in (("all,all", girls + boys), ("sex,F", girls), ("sex,M", boys)):
            lines.append(f"{level},{parent},{place},{group},{count}")
    (tmp_path / "cells.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "cells.yml").write_text(
        "version: 1\n"
        "constants: {table_id: ind_membership_october_1, school_year: 2026, numerator: null, denominator: null}\n"
    )
    (tmp_path / "secret.key").write_bytes(b"0123456789abcdef")
    return tmp_path


def _protect(state, *more):
    files = [state / "cells.csv", "--description", state / "cells.yml", "--policy", DEFAULT_POLICY]
    return main([str(one) for one in ("protect", *files, "--out", state / "out", *more)])


def _run(state, command, *more):
    return main([command, str(state / "out"), "--policy", str(DEFAULT_POLICY), *map(str, more)])


def test_a_release_is_protected_attacked_and_checked_by_three_commands(state, capsys):
    assert _protect(state, "--secret-file", state / "secret.key") == OK
    assert _run(state, "audit") == OK
    assert _run(state, "check") == OK
    assert _run(state, "check", "--internal") == OK
    said = capsys.readouterr().out
    assert "may be published" in said
    assert "It knows this release alone" in said


def test_a_release_that_somebody_changed_needs_attention(state, capsys):
    _protect(state)
    path = state / "out" / "public" / "cells.parquet"
    cells = pl.read_parquet(path)
    everyone = pl.col("disaggregate_type") == "all"
    cells.with_columns(pl.when(everyone).then(pl.col("student_count") + 1).otherwise("student_count")).write_parquet(
        path
    )
    assert _run(state, "audit") == ATTENTION
    assert "publish nothing" in capsys.readouterr().err


def test_protecting_without_a_secret_is_said_aloud_and_a_short_one_is_refused(state, capsys):
    assert _protect(state) == OK
    assert "for a trial only" in capsys.readouterr().err
    (state / "secret.key").write_bytes(b"short")
    assert _protect(state, "--secret-file", state / "secret.key") == USAGE
    assert "at least 16" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("cells.csv", (",56", ",fifty-six"), "cells.csv, column student_count, row 3: not a whole number"),
        ("cells.yml", ("version", "verzion"), "verzion"),
        ("cells.yml", ("ind_membership_october_1", "ind_nothing"), "says nothing about ind_nothing"),
    ],
)
def test_wrong_input_is_refused_in_words_with_exit_code_2(state, capsys, file, change, message):
    (state / file).write_text((state / file).read_text().replace(*change))
    assert _protect(state) == USAGE
    error = capsys.readouterr().err
    assert message in error
    assert "fifty" not in error
    assert not (state / "out").exists()


def test_a_file_that_is_not_there_is_refused_by_name(state, capsys):
    (state / "cells.csv").unlink()
    assert _protect(state) == USAGE
    assert "cells.csv is missing" in capsys.readouterr().err


def test_numbers_that_cannot_be_protected_need_attention(state, capsys, monkeypatch):
    from privacy import files

    def protect(cells, policy, **more):
        release = protect_truly(cells, policy, **more)
        why = release.sensitive.select(*KEY, "statistic", why=pl.lit("shown before"))
        return dataclasses.replace(release, unprotected=why)

    protect_truly = files.protect
    monkeypatch.setattr(files, "protect", protect)
    assert _protect(state) == ATTENTION
    assert "cannot be protected: publish nothing" in capsys.readouterr().err
    assert files.read_release(state / "out").unprotected["why"].unique().to_list() == ["shown before"]
    assert _run(state, "audit") == ATTENTION
    assert _run(state, "report") == OK
    assert "what is already known gives them away" in (state / "out" / "internal" / "report.html").read_text()


def test_a_fault_of_the_program_is_exit_code_1_and_says_nothing_of_what_it_was_working_on(state, capsys, monkeypatch):
    def fail(*_, **__):
        raise TypeError("56 students")

    monkeypatch.setattr("privacy.files.protect_files", fail)
    assert _protect(state) == FAILED
    error = capsys.readouterr().err
    assert "TypeError" in error
    assert "56" not in error


def test_every_command_explains_itself(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == OK
    capsys.readouterr()
    for command in ("protect", "audit", "check", "explain", "report", "attack", "extract", "check-output"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert "Example: slds privacy" in capsys.readouterr().out


def test_an_explanation_names_reason_ties_and_values_and_says_that_it_is_internal(state, capsys):
    _protect(state)
    _run(state, "audit")
    capsys.readouterr()
    assert _run(state, "explain", "ind_membership_october_1/2026/A/sex/F") == OK
    told = capsys.readouterr().out
    assert told.startswith("INTERNAL")
    assert "few students stand behind it" in told
    assert "organisations that add up to the one above them" in told
    assert "must think possible at least: " in told


def test_a_cell_that_is_not_there_cannot_be_explained(state, capsys):
    _protect(state)
    assert _run(state, "explain", "ind_membership_october_1/2026/Z/sex/F") == USAGE
    assert "/".join(KEY) in capsys.readouterr().err


def test_the_slds_command_passes_everything_on_without_a_home(state):
    arguments = ["privacy", "audit", str(state / "none"), "--policy", str(DEFAULT_POLICY)]
    result = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *arguments],
        env={**os.environ, "SLDS_HOME": str(state / "home")}, capture_output=True, text=True, cwd=CHECKOUT, check=False,
        timeout=120,
    )  # fmt: skip
    assert result.returncode == USAGE
    assert "is missing" in result.stderr
    assert not (state / "home").exists()
