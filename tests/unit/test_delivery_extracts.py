"""Extracts: each district gets its own rows with its own ids, and nothing of anybody else's."""

import polars as pl

from delivery import write_extract

TABLE = pl.DataFrame(
    {
        "lea_id": ["B", "A", "A", "B"],
        "school_id": ["B1", "A1", "A2", "B1"],
        "student_key": ["k3", "k1", "k2", "k2"],
        "days_absent": [3, 1, 2, 4],
    }
)
IDENTITIES = {
    "A": pl.DataFrame({"key": ["k1", "k2"], "id": ["1001", "1002"]}),
    "B": pl.DataFrame({"key": ["k3"], "id": ["2003"]}),
}


def write(folder, table=TABLE, **options):
    return write_extract(
        table,
        name="students",
        tier="district",
        marts_dir=folder,
        sort_by=["school_id", "student_key"],
        identities=IDENTITIES,
        **options,
    )


def read(folder, lea_id):
    return pl.read_parquet(folder / "district" / f"lea_id={lea_id}" / "students.parquet", hive_partitioning=False)


def test_a_district_gets_its_own_rows_only(tmp_path):
    write(tmp_path)
    assert read(tmp_path, "A")["lea_id"].unique().to_list() == ["A"]
    assert read(tmp_path, "B")["student_key"].to_list() == ["k2", "k3"]


def test_a_district_gets_back_the_ids_it_sent_and_no_others(tmp_path):
    write(tmp_path)
    assert read(tmp_path, "A")["student_id"].to_list() == ["1001", "1002"]
    # k2 is in B now, but only A ever sent an id for k2.
    assert read(tmp_path, "B")["student_id"].to_list() == [None, "2003"]


def test_an_unchanged_extract_is_left_alone(tmp_path):
    write(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    again = write(tmp_path, TABLE.reverse())
    assert [extract.is_new for extract in again] == [False, False]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == before


def test_one_districts_change_rewrites_its_own_file_only(tmp_path):
    write(tmp_path)
    changed = TABLE.with_columns(days_absent=pl.when(pl.col("student_key") == "k1").then(9).otherwise("days_absent"))
    assert {extract.lea_id: extract.is_new for extract in write(tmp_path, changed)} == {"A": True, "B": False}


def test_a_district_that_left_the_table_finds_no_old_file(tmp_path):
    write(tmp_path)
    write(tmp_path, TABLE.filter(pl.col("lea_id") == "A"))
    assert not (tmp_path / "district" / "lea_id=B" / "students.parquet").exists()


def test_a_table_for_the_whole_tier_is_one_file_without_ids(tmp_path):
    [extract] = write(tmp_path, by_lea=False)
    assert extract.row_count == 4
    assert "student_id" not in pl.read_parquet(extract.path).columns
