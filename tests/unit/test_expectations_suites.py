"""The delivery profile in DuckDB and Great Expectations' verdicts on it."""

import re
from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from expectations import Candidate, judge_deliveries, profile_deliveries
from expectations.suites.judge import VERDICT_SCHEMA

SENTINEL = "zq7SENTINELq"


def enrollments(count, *, code="03", unmapped=0):
    codes = [None] * unmapped + [code] * (count - unmapped)
    return pl.DataFrame(
        {
            "student_key": [f"{SENTINEL}{n}" for n in range(count)],
            "grade_level_source": [SENTINEL] * count,
            "grade_level_code": codes,
        },
        schema_overrides={"grade_level_code": pl.String},
    )


def calendar(days, *, event="InstructionalDay"):
    dates = [date(2021, 8, 16) + timedelta(days=n) for n in range(days)]
    return pl.DataFrame({"school_id": "s", "calendar_date": dates, "calendar_event_code": event})


def counts(**received_and_quarantined):
    rows = [(name, got, got - out, out) for name, (got, out) in received_and_quarantined.items()]
    return pl.DataFrame(rows, schema=["record_type", "received", "accepted", "quarantined"], orient="row")


@pytest.fixture
def deliver(tmp_path):
    def write(folder, tables):
        folder.mkdir(parents=True)
        for name, table in tables.items():
            table.write_parquet(folder / f"{name}.parquet")
        return folder

    def make(source_id, now, before=None, counted=None):
        previous = write(tmp_path / source_id / "before", before) if before else None
        counted = counts(**{name: (table.height, 0) for name, table in now.items()}) if counted is None else counted
        return Candidate(source_id, 2022, "b", write(tmp_path / source_id / "now", now), previous, counted)

    return make


def profile_of(*deliveries):
    return profile_deliveries(duckdb.connect(), list(deliveries))


def metric(profile, name, record_type="enrollments"):
    return profile.filter(pl.col("record_type") == record_type)[name].to_list()


def test_the_profile_sets_every_delivery_beside_the_one_it_would_replace(deliver):
    profile = profile_of(
        deliver("a", {"enrollments": enrollments(70)}, {"enrollments": enrollments(100)}),
        deliver("b", {"enrollments": enrollments(10)}),
    )
    assert profile.select("source_id", "row_count", "previous_row_count", "row_count_ratio").rows() == [
        ("a", 70, 100, 0.7),
        ("b", 10, 0, None),
    ]
    assert metric(profile, "student_count_ratio") == [0.7, None]


def test_a_record_type_that_is_no_longer_sent_has_a_ratio_of_zero(deliver):
    now, before = {"enrollments": enrollments(5)}, {"enrollments": enrollments(5), "calendars": calendar(100)}
    profile = profile_of(deliver("a", now, before))
    assert metric(profile, "row_count_ratio", "calendars") == [0.0]
    assert metric(profile, "most_instructional_days", "calendars") == [0]


def test_shares_of_unmapped_unmatched_and_changed_values_are_exact(deliver):
    demographics = enrollments(30).select("student_key")
    now = {"enrollments": enrollments(40, unmapped=10), "demographics": demographics}
    profile = profile_of(deliver("a", now, {"enrollments": enrollments(40)}))
    assert metric(profile, "unmapped_share") == [0.25]
    assert metric(profile, "unmatched_share") == [0.25]
    assert metric(profile, "category_change") == [0.25]
    assert metric(profile, "unmatched_share", "demographics") == [0.0]


def test_one_delivery_is_not_matched_with_anothers_students(deliver):
    only_here = {"enrollments": enrollments(10), "demographics": enrollments(5).select("student_key")}
    profile = profile_of(deliver("a", only_here), deliver("b", only_here | {"demographics": enrollments(0)}))
    assert metric(profile, "unmatched_share") == [0.5, None]


def test_the_quarantined_share_comes_from_the_counts(deliver):
    made = deliver("a", {"enrollments": enrollments(80)}, counted=counts(enrollments=(100, 20)))
    assert metric(profile_of(made), "quarantined_share") == [0.2]


@pytest.fixture
def night(deliver):
    """One good delivery and several that cannot be believed."""
    full = {"enrollments": enrollments(100), "calendars": calendar(170)}
    return [
        deliver("falling", {"enrollments": enrollments(79), "calendars": calendar(170)}, full),
        deliver("good", full | {"enrollments": enrollments(80)}, full),
        deliver("growing", full | {"enrollments": enrollments(130)}, full),
        deliver("idle", full | {"calendars": calendar(170, event="Holiday")}),
        deliver("quarantined", full, counted=counts(enrollments=(112, 12), calendars=(170, 0))),
        deliver("shifted", full | {"enrollments": enrollments(100, code="04")}, full),
        deliver("small", full | {"enrollments": enrollments(10)}, full | {"enrollments": enrollments(49)}),
        deliver("unmapped", full | {"enrollments": enrollments(100, unmapped=10)}),
    ]


def test_each_unbelievable_delivery_is_named_with_its_rules_and_no_other(night, tmp_path):
    connection = duckdb.connect()
    profile_deliveries(connection, night)
    verdicts = judge_deliveries(connection, docs_dir=tmp_path / "docs")
    assert dict(verdicts.schema) == VERDICT_SCHEMA
    assert verdicts.select("source_id", "rule", "severity").rows() == [
        ("falling", 150, "fatal"),
        ("falling", 151, "fatal"),
        ("growing", 152, "warning"),
        ("idle", 155, "fatal"),
        ("idle", 156, "warning"),
        ("quarantined", 153, "fatal"),
        ("shifted", 161, "warning"),
        ("unmapped", 159, "warning"),
    ]
    falling = verdicts.row(0, named=True)
    assert falling["observed"] == 0.79
    assert "row_count_ratio is 0.79, allowed is at least 0.8" in falling["message"]


def test_data_docs_are_the_same_bytes_each_time_and_hold_no_value_and_no_foreign_address(night, tmp_path):
    database = tmp_path / "profile.duckdb"
    with duckdb.connect(str(database)) as connection:
        profile_deliveries(connection, night[:2])
    pages = []
    for folder in ("first", "second"):
        judge_deliveries(database, docs_dir=tmp_path / folder)
        pages.append((tmp_path / folder / "index.html").read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
    assert "falling" in pages[0]
    assert SENTINEL not in pages[0]
    assert not re.search(r"(src|href)=.https?:", pages[0])
    assert str(tmp_path) not in pages[0]


def test_a_night_without_deliveries_has_no_verdicts(tmp_path):
    connection = duckdb.connect()
    profile_deliveries(connection, [])
    assert judge_deliveries(connection, docs_dir=tmp_path).is_empty()
