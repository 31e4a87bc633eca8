"""The doors for the files of a study: what they write, what they read, what they refuse."""

import json

import polars as pl
import pytest

from privacy.description import DescriptionError
from privacy.policy import DEFAULT_POLICY
from privacy.research.study_files import check_outputs, hand_over, make_extract

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


@pytest.fixture
def study(tmp_path):
    rows = pl.DataFrame({"student_key": [f"s{i}" for i in range(30)]})
    rows = rows.with_columns(race=pl.Series(["A"] * 20 + ["B"] * 10), suspended=pl.int_range(30) % 3 == 0)
    rows.write_parquet(tmp_path / "rows.parquet")
    (tmp_path / "plan.yml").write_text(PLAN)
    return tmp_path / "rows.parquet", tmp_path / "plan.yml", tmp_path / "codes", tmp_path / "out"


def test_an_extract_is_written_apart_from_its_report_and_its_codes(study):
    extract = make_extract(*study)
    out = study[-1]
    assert pl.read_parquet(out / "researcher" / "extract.parquet").equals(extract.rows)
    report = json.loads((out / "internal" / "report.json").read_text())
    assert (report["persons"], report["anonymity"]) == (30, {"k": 10, "l": {"suspended": 2}})
    assert sorted(path.name for path in out.rglob("*.*")) == ["extract.parquet", "report.json"]
    assert pl.read_parquet(study[2] / "absence.parquet").height == 30


def test_the_same_files_again_give_the_same_bytes(study):
    written = []
    for _ in range(2):
        make_extract(*study)
        files = sorted(study[-1].rglob("*.*"))
        written.append([(path.read_bytes(), path.stat().st_mtime_ns) for path in files])
    assert len(written[0]) == 2
    assert written[0] == written[1], "and what says it already is left alone"


def test_rows_that_cannot_be_used_are_refused_and_nothing_is_written(study):
    with pytest.raises(DescriptionError, match="not Parquet"):
        make_extract(study[1], *study[1:])
    pl.read_parquet(study[0]).drop("student_key").write_parquet(study[0])
    with pytest.raises(DescriptionError, match="lacks the column student_key"):
        make_extract(*study)
    assert not study[2].exists()
    assert not study[3].exists()


def test_files_of_outputs_are_checked_beside_earlier_ones(tmp_path):
    head = "disaggregate_type,disaggregate_value,student_count\n"
    (tmp_path / "first.csv").write_text(head + "all,all,100\nrace,A,60\nrace,B,\nrace,C,\n")
    (tmp_path / "second.csv").write_text(head + "race,B,33\n")
    (tmp_path / "description.yml").write_text(DESCRIPTION)
    files = [[tmp_path / f"{name}.csv"] for name in ("second", "first")]
    common = tmp_path / "description.yml", DEFAULT_POLICY
    assert check_outputs(files[0], *common).passed
    assert check_outputs(files[1], *common).passed
    found = check_outputs(files[0], *common, earlier=files[1]).findings
    assert found.select("output", "row", "problem").rows() == [("first.csv", 4, "recoverable")]
    with pytest.raises(DescriptionError, match="same name"):
        check_outputs(files[0] * 2, *common)


def test_what_was_handed_over_is_kept_and_held_against_the_next_extract(study):
    assert make_extract(*study).report.earlier == 0
    out, codes = study[-1], study[2]
    before = (out / "researcher" / "extract.parquet").read_bytes()
    for _ in range(2):
        assert hand_over(out, codes) == ("absence", next((codes / "absence.handed-over").iterdir()), 1)
    assert next((codes / "absence.handed-over").iterdir()).read_bytes() == before
    assert make_extract(*study).report.earlier == 1
    assert (out / "researcher" / "extract.parquet").read_bytes() == before, "the same rows give the same bytes"
    rows = pl.read_parquet(study[0])
    new = rows.head(1).with_columns(student_key=pl.lit("new"))
    pl.concat([rows, new]).write_parquet(study[0])
    assert make_extract(*study).report.persons == 30, "whoever is new and alone is not in it"
    (path,) = (codes / "absence.handed-over").iterdir()
    path.write_text("no Parquet")
    with pytest.raises(DescriptionError, match="handed over, cannot be read"):
        make_extract(*study)


def test_only_an_extract_can_be_handed_over_and_beside_its_codes(study):
    with pytest.raises(DescriptionError, match="make one first"):
        hand_over(study[-1], study[2])
    make_extract(*study)
    with pytest.raises(DescriptionError, match="no codes of study absence"):
        hand_over(study[-1], study[-1])
