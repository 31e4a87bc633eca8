"""Whatever a sender puts into the cells: no row is lost or counted twice, and no value leaves with a finding."""

import tempfile
import traceback
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations import CheckFailed, check_delivery, write_feedback
from expectations.contracts import CONTRACTS
from expectations.findings import FINDING_SCHEMA, Ledger
from expectations.rows import own_columns
from expectations.suites.judge import VERDICT_SCHEMA

SENTINEL = "zq7SENTINELq"
TEXTS = st.one_of(
    st.none(),
    st.sampled_from(["", " ", "2021-09-01", "0222-09-01", "2022-01-31", "a", "b", "0.5", "-7", "1e400", "07:30", "true",
                     "InstructionalDay", "School", "lea", "9" * 40, "\x00", "=1+1", "é", "'"]),
    st.text(max_size=6),
    st.just(SENTINEL),
)  # fmt: skip


def garbage(cells):
    """Tables of any record types with any rows; some columns may be missing."""

    @st.composite
    def draw_tables(draw):
        tables = {}
        for name in draw(st.sets(st.sampled_from(list(CONTRACTS)), min_size=1, max_size=4)):
            columns = [column for column in own_columns(name) if draw(st.integers(0, 9))]
            height = draw(st.integers(0, 6))
            table = {c: draw(st.lists(cells, min_size=height, max_size=height)) for c in columns}
            table |= {"source_file": ["sent.csv"] * height, "source_row": [str(n) for n in range(1, height + 1)]}
            tables[name] = pl.DataFrame(table, schema=dict.fromkeys(table, pl.String))
        return tables

    return draw_tables()


def check(tables, school_ids=("a",)):
    return check_delivery(tables, source_id="src", lea_id="lea", school_year=2022, school_ids=school_ids)


def report(checked):
    """All text of the report to the sender."""
    with tempfile.TemporaryDirectory() as folder:
        page = write_feedback(
            Path(folder), source_name="S", source_id="src", school_year=2022, batch_id="b", files=[("sent.csv", 1)],
            unread={}, counts=checked.counts, findings=checked.findings, verdicts=pl.DataFrame(schema=VERDICT_SCHEMA),
            status="held_back",
        )  # fmt: skip
        return page.read_text(encoding="utf-8") + page.with_name("findings.csv").read_text(encoding="utf-8")


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(garbage(TEXTS), st.sampled_from([None, (), ("a",)]))
def test_every_row_received_is_accepted_or_quarantined_and_never_both(tables, school_ids):
    checked = check(tables, school_ids)
    assert dict(checked.findings.schema) == FINDING_SCHEMA
    assert sorted(checked.counts["record_type"]) == sorted(tables)
    for name, received, accepted, quarantined in checked.counts.rows():
        assert received == tables[name].height
        assert accepted == checked.accepted[name].height
        assert received == accepted + quarantined
        out = set(checked.quarantine.filter(pl.col("record_type") == name)["source_row"])
        kept = set(checked.accepted[name]["source_row"])
        assert len(out) == quarantined
        assert out | kept == set(range(1, received + 1))
        assert not out & kept


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(garbage(TEXTS))
def test_checking_twice_gives_the_same_findings(tables):
    assert check(tables).findings.equals(check(tables).findings)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(garbage(st.sampled_from([SENTINEL, "x" + SENTINEL, "2021-09-01", "a", None])))
def test_no_value_of_a_row_is_in_a_finding_or_in_the_report(tables):
    checked = check(tables)
    text = checked.findings.write_csv() + checked.counts.write_csv() + report(checked)
    assert SENTINEL not in text


@pytest.mark.parametrize("record_type", CONTRACTS)
def test_a_table_that_holds_a_planted_value_in_every_cell_yields_findings_without_it(record_type):
    row = dict.fromkeys(own_columns(record_type), SENTINEL)
    rows = [row | {"source_file": "sent.csv", "source_row": str(n)} for n in (1, 2)]
    checked = check({record_type: pl.DataFrame(rows)})
    assert checked.findings.height >= 1  # at least that the second row repeats or both cannot be read
    assert SENTINEL not in checked.findings.write_csv() + report(checked)


def test_a_defect_of_ours_is_reported_without_what_the_data_held(monkeypatch):
    def break_down(*_):
        raise ValueError(f"cannot handle {SENTINEL}")

    monkeypatch.setattr(Ledger, "record", break_down)
    table = pl.DataFrame({"student_id": [SENTINEL], "source_file": ["f"], "source_row": ["1"]})
    with pytest.raises(CheckFailed) as failed:
        check({"students": table})
    assert SENTINEL not in "".join(traceback.format_exception(failed.value))
    assert failed.value.__context__ is None
    assert "students" in str(failed.value)
