"""Releases: immutable, byte-identical, verified, switched atomically, refused without an audit."""

import csv
import json
import os

import polars as pl
import pytest
from frictionless import Package

from delivery import ReleaseError, TableDescription, current_release, list_releases, write_release
from delivery.releases import verify_release

TABLE = pl.DataFrame(
    {
        "org_id": ["2", "1", "3"],
        "org_name": ["=HYPERLINK(0)", "@Plain", "Oak, Elm\n& Co"],
        "value": [-3, None, 7],
        "is_withheld": [False, True, False],
    }
)
DESCRIPTIONS = {
    "public_indicators": TableDescription(
        "One row per organization.", {name: f"What {name} is." for name in TABLE.columns}, keys=("org_id",)
    )
}
FACTS = {"school_year": 2022, "inputs": [], "audit": {"passed": True}}


def publish(folder, table=TABLE, facts=FACTS):
    return write_release(
        {"public_indicators": table},
        releases_dir=folder,
        title="Example",
        descriptions=DESCRIPTIONS,
        indicators=[],
        facts=facts,
    )


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_tables_give_the_same_release_byte_for_byte_whatever_the_row_order(tmp_path):
    first = publish(tmp_path / "a")
    second = publish(tmp_path / "b", TABLE.reverse())
    assert first.id == second.id
    assert bytes_of(first.folder) == bytes_of(second.folder)


def test_publishing_again_writes_nothing(tmp_path):
    first = publish(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    again = publish(tmp_path)
    assert (first.is_new, again.is_new) == (True, False)
    assert {path: path.stat().st_mtime_ns for path in again.folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_without_a_passed_audit_nothing_is_published(tmp_path):
    for audit in ({"passed": False}, {}, {"passed": "yes"}):
        with pytest.raises(ReleaseError, match="audit did not pass"):
            publish(tmp_path / "releases", facts={**FACTS, "audit": audit})
    assert current_release(tmp_path / "releases") is None
    assert list_releases(tmp_path / "releases") == []


def test_current_moves_to_the_new_release_and_the_old_one_stays(tmp_path):
    old = publish(tmp_path)
    new = publish(tmp_path, TABLE.with_columns(value=pl.lit(1)))
    assert current_release(tmp_path).id == new.id
    assert {release.id for release in list_releases(tmp_path)} == {old.id, new.id}
    assert os.readlink(tmp_path / "current") == new.id


def test_a_changed_file_of_a_published_release_is_found(tmp_path):
    release = publish(tmp_path)
    target = release.folder / "public_indicators.csv"
    target.chmod(0o644)
    target.write_text(target.read_text().replace("7", "8"))
    with pytest.raises(ReleaseError, match=r"public_indicators.csv was changed"):
        verify_release(release.folder)
    with pytest.raises(ReleaseError, match="was changed"):
        publish(tmp_path)


def test_a_changed_manifest_is_found(tmp_path):
    release = publish(tmp_path)
    path = release.folder / "manifest.json"
    path.chmod(0o644)
    path.write_text(json.dumps({**json.loads(path.read_text()), "school_year": 2023}, indent=2, sort_keys=True) + "\n")
    with pytest.raises(ReleaseError, match="not the one it was published with"):
        verify_release(release.folder)


def test_no_cell_of_the_csv_is_run_as_a_formula_and_numbers_stay_numbers(tmp_path):
    with (publish(tmp_path).folder / "public_indicators.csv").open(newline="") as file:
        rows = {row["org_id"]: row for row in csv.DictReader(file)}
    assert rows["2"]["org_name"] == "'=HYPERLINK(0)"
    assert rows["1"]["org_name"] == "'@Plain"
    assert rows["3"]["org_name"] == "Oak, Elm\n& Co"
    assert (rows["2"]["value"], rows["1"]["value"]) == ("-3", "")


def test_the_data_package_is_valid_and_its_csv_agrees_with_its_schema(tmp_path):
    folder = publish(tmp_path).folder
    package = Package(str(folder / "datapackage.json"))
    resource = package.get_resource("public_indicators")
    assert [field.name for field in resource.schema.fields] == TABLE.columns
    report = resource.validate()
    assert report.valid, report.flatten(["type", "note"])


def test_a_public_column_without_a_description_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"no description for surprise"):
        publish(tmp_path, TABLE.with_columns(surprise=pl.lit(1)))
    assert current_release(tmp_path) is None


def test_the_manifest_holds_each_files_hash_and_each_tables_rows(tmp_path):
    manifest = publish(tmp_path).manifest
    assert manifest["row_counts"] == {"public_indicators": 3}
    assert set(manifest["files"]) == {"public_indicators.csv", "public_indicators.parquet", "datapackage.json"}
