"""`slds privacy extract` and `check-output`: exit codes and words, from files to files."""

import polars as pl
import pytest

from privacy.cli import ATTENTION, FAILED, OK, USAGE, main
from privacy.policy import DEFAULT_POLICY

PLAN = """\
version: 1
study: absence
person: student_key
quasi_identifiers: [race]
sensitive: {suspended: 2}
k: 5
"""
DESCRIPTION = """\
version: 1
constants: {table_id: ind_membership_october_1, school_year: 2026, numerator: null, denominator: null,
            org_id: S, org_level: state, parent_org_id: null}
"""
HEADINGS = "disaggregate_type,disaggregate_value,student_count\n"


@pytest.fixture
def study(tmp_path):
    """A folder with rows of 38 persons, of whom three are of a race of their own, and a plan."""
    rows = pl.DataFrame({"student_key": [f"s{i}" for i in range(38)], "name": ["Somebody"] * 38})
    rows = rows.with_columns(race=pl.Series(["A"] * 20 + ["B"] * 15 + ["C"] * 3), suspended=pl.int_range(38) % 3 == 0)
    rows.write_parquet(tmp_path / "rows.parquet")
    (tmp_path / "plan.yml").write_text(PLAN)
    return tmp_path


def _extract(study):
    arguments = ["extract", study / "rows.parquet", study / "plan.yml", "--codes", study / "codes"]
    return main([*map(str, arguments), "--out", str(study / "out")])


def _check(folder, *names, earlier=()):
    (folder / "cells.yml").write_text(DESCRIPTION)
    arguments = ["check-output", *(folder / name for name in names), "--description", folder / "cells.yml"]
    arguments += ["--policy", DEFAULT_POLICY, *(["--earlier"] if earlier else []), *(folder / one for one in earlier)]
    return main([str(one) for one in arguments])


def test_an_extract_is_made_and_what_was_reached_is_said(study, capsys):
    assert _extract(study) == OK
    told = capsys.readouterr()
    assert "35 persons, 35 rows: k = 15, l = 2 in suspended" in told.out
    assert "3 dropped" in told.out
    assert "never leave" in told.out
    assert told.err == ""
    written = pl.read_parquet(study / "out" / "researcher" / "extract.parquet")
    assert written.columns == ["study_code", "quasi_identifiers_withheld", "race", "suspended"]
    assert sorted(path.name for path in (study / "codes").iterdir()) == ["absence.parquet"]


def test_a_plan_that_refuses_is_obeyed_and_nothing_is_written(study, capsys):
    (study / "plan.yml").write_text(PLAN + "when_it_fails: refuse\n")
    assert _extract(study) == ATTENTION
    assert "3 of 38 persons fail k = 5 or l" in capsys.readouterr().err
    assert not (study / "out").exists()
    assert not (study / "codes").exists()


def test_an_extract_in_which_nobody_may_be_is_refused(study, capsys):
    (study / "plan.yml").write_text(PLAN.replace("k: 5", "k: 50"))
    assert _extract(study) == ATTENTION
    assert "nobody is left in the extract" in capsys.readouterr().err
    assert not (study / "out").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("k: 5", "k: 2"), "  k: Input should be greater than or equal to 3"),
        (("[race]", "[race, student_key]"), "says who a person is"),
        (("quasi_identifiers", "quasi_identifers"), "quasi_identifers"),
        (("[race]", "[race, grade]"), "the rows lack the columns grade"),
        (("person: student_key", "person: student_id"), "rows.parquet lacks the column student_id"),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused_in_words_with_exit_code_2(study, capsys, change, message):
    (study / "plan.yml").write_text(PLAN.replace(*change))
    assert _extract(study) == USAGE
    assert message in capsys.readouterr().err
    assert not (study / "out").exists()


def test_an_extract_weaker_than_its_plan_is_a_fault_of_the_program_and_is_not_written(study, capsys, monkeypatch):
    monkeypatch.setattr(
        "privacy.research.microdata.find_failing", lambda *rows_and_plan: pl.Series([], dtype=pl.String)
    )
    assert _extract(study) == FAILED
    assert "does not reach what its plan asks for" in capsys.readouterr().err
    assert not (study / "out").exists()


def test_an_output_that_tells_on_nobody_may_leave(tmp_path, capsys):
    (tmp_path / "races.csv").write_text(HEADINGS + "all,all,100\nrace,A,60\nrace,B,\nrace,C,\n")
    assert _check(tmp_path, "races.csv") == OK
    told = capsys.readouterr()
    assert "2 numbers shown, 2 withheld" in told.out
    assert "may leave" in told.out
    assert told.err == ""


def test_an_output_that_leaks_is_named_by_row_and_no_number_is_said(tmp_path, capsys):
    (tmp_path / "races.csv").write_text(HEADINGS + "all,all,100\nrace,A,60\nrace,B,37\nrace,C,\n")
    assert _check(tmp_path, "races.csv") == ATTENTION
    told = capsys.readouterr()
    assert "races.csv, row 4, student_count: this number is withheld, but" in told.err
    assert "must not leave" in told.out
    assert not any(number in told.err for number in ("100", "60", "37"))


def test_an_output_that_leaks_beside_an_earlier_one_is_found(tmp_path, capsys):
    (tmp_path / "first.csv").write_text(HEADINGS + "all,all,100\nrace,A,60\nrace,B,\nrace,C,\n")
    (tmp_path / "second.csv").write_text(HEADINGS + "race,B,33\n")
    assert _check(tmp_path, "second.csv") == OK
    assert _check(tmp_path, "second.csv", earlier=["first.csv"]) == ATTENTION
    assert "first.csv, row 4" in capsys.readouterr().err


def test_an_output_that_cannot_be_read_is_refused_by_column_and_row(tmp_path, capsys):
    (tmp_path / "races.csv").write_text(HEADINGS + "all,all,a hundred\n")
    assert _check(tmp_path, "races.csv") == USAGE
    error = capsys.readouterr().err
    assert "races.csv, column student_count, row 1: not a whole number" in error
    assert "hundred" not in error


def test_what_is_handed_over_is_noted_and_the_next_extract_says_so(study, capsys):
    hand_over = ["hand-over", str(study / "out"), "--codes", str(study / "codes")]
    assert main(hand_over) == USAGE
    assert "make one first" in capsys.readouterr().err
    assert _extract(study) == OK
    assert "Held against" not in capsys.readouterr().out
    assert main(hand_over) == OK
    assert "against the 1 handed over so far" in capsys.readouterr().out
    rows = pl.read_parquet(study / "rows.parquet")
    rows.filter(pl.col("student_key") != "s0").write_parquet(study / "rows.parquet")
    assert _extract(study) == OK
    assert "Held against 1 handed over before; 1 persons of these are told" in capsys.readouterr().out
