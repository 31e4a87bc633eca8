"""Bad input on the real extracts: one district's rows, another's file, on the same night, after a good one."""

import re
import shutil

import polars as pl
import pytest
import yaml

from orchestration.home import CHECKOUT

EXAMPLE = CHECKOUT / "examples" / "shared-data" / "sources.yml"
REAL = CHECKOUT.parent / "shared" / "data" / "edfi-sea-starterkit-xml"

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"the real extracts are not beside the checkout: {REAL.name}")


@pytest.fixture
def real_stage(clean_stage, tmp_path):
    """The state agency and the two districts of the starter kit, with files of their own to spoil."""
    stage = type(clean_stage)(tmp_path)
    stage.state.mkdir()
    for path in REAL.iterdir():
        (stage.state / path.name).write_bytes(path.read_bytes())
    content = yaml.safe_load(EXAMPLE.read_text())
    content["sources"] = [source for source in content["sources"] if source["id"] != "grand_bend"]
    for source in content["sources"]:
        source["feeds"][0]["path"] = "."
    (stage.state / "sources.yml").write_text(yaml.safe_dump(content))
    return stage


def replace_nth(path, pattern, replacement, *, nth):
    """Replace one match of a pattern and nothing else; return nothing."""
    text = path.read_text(encoding="utf-8")
    found = list(re.finditer(pattern, text))[nth]
    path.write_text(text[: found.start()] + replacement + text[found.end() :], encoding="utf-8")


def test_on_real_extracts_bad_rows_stay_out_and_a_cut_file_holds_its_district_back(real_stage, caplog):
    good = real_stage.run()
    before = {source: good.record_bytes(source) for source in ("sea", "bear_creek", "lakeside")}

    enrollments = next(real_stage.state.glob("Lakeside-*Enrollment*.xml"))
    replace_nth(enrollments, r"<EntryDate>[^<]*", "<EntryDate>0222-09-01", nth=6)
    students = next(real_stage.state.glob("BearCreek-*Enrollment*.xml"))
    students.write_bytes(students.read_bytes()[: students.stat().st_size // 2])
    with caplog.at_level("INFO"):
        night = real_stage.run()

    assert night.exit_code == 3
    assert night.source("lakeside")["status"] == "accepted"
    bad = night.findings("lakeside").filter(pl.col("rule") == 1561)
    assert bad.select("source_file", "source_row").rows() == [(enrollments.name, 7)]
    assert "Rule 1561" in night.page("lakeside")
    assert night.source("bear_creek")["status"] == "held_back"
    assert night.findings("bear_creek").filter(pl.col("rule") == 7)["source_file"].to_list() == [students.name]
    for source in ("sea", "bear_creek"):
        assert night.record_bytes(source) == before[source]
    for entry in night.summary["sources"]:
        assert all(count["received"] == count["accepted"] + count["quarantined"] for count in entry["counts"])
    assert night.leaks(caplog.text, frozenset()) == []


def test_real_files_as_spreadsheets_and_other_systems_save_them_give_the_same_rows(real_stage):
    shutil.rmtree(real_stage.home, ignore_errors=True)
    plain = real_stage.run()
    path = next(real_stage.state.glob("Lakeside-*Enrollment*.xml"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    night = real_stage.run()
    assert night.source("lakeside")["batch_id"] != plain.source("lakeside")["batch_id"]
    assert night.rows("lakeside") == plain.rows("lakeside")
