"""The doors for plain files: what goes in, what comes out, and which part of it is public."""

import polars as pl
import pytest

from privacy.description import DescriptionError, read_cells
from privacy.files import audit_files, check_files, protect_files
from privacy.policy import DEFAULT_POLICY, load_policy

SCHOOLS = {"A": (4, 56), "B": (47, 13), "C": (80, 41), "D": (39, 35)}
DESCRIPTION = """\
version: 1
columns: {org_id: place, org_level: level, parent_org_id: within, student_count: students}
constants: {table_id: ind_membership_october_1, school_year: 2026, numerator: null, denominator: null}
levels: {province: state, area: region, district: lea}
all_students: everybody
"""


@pytest.fixture
def files(tmp_path):
    places = {name: ("school", "L1" if name in "AB" else "L2", name) for name in SCHOOLS}
    places |= {"L1": ("district", "R", "AB"), "L2": ("district", "R", "CD")}
    places |= {"R": ("area", "ST", "ABCD"), "ST": ("province", None, "ABCD")}
    rows = []
    for place, (level, within, schools) in places.items():
        girls, boys = (sum(SCHOOLS[school][i] for school in schools) for i in range(2))
        for kind, value, count in (("everybody", "all", girls + boys), ("sex", "F", girls), ("sex", "M", boys)):
            rows.append((place, level, within, kind, value, count))
    columns = ["place", "level", "within", "disaggregate_type", "disaggregate_value", "students"]
    pl.DataFrame(rows, schema=columns, orient="row").write_csv(tmp_path / "cells.csv")
    (tmp_path / "description.yml").write_text(DESCRIPTION)
    return tmp_path / "cells.csv", tmp_path / "description.yml", DEFAULT_POLICY, tmp_path / "out"


def _check(out, **more):
    public = out / "public"
    return check_files(public / "cells.parquet", public / "structure", public / "certificates", DEFAULT_POLICY, **more)


def _read_bytes(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_files_are_protected_audited_and_checked_with_four_levels_of_organisations(files):
    protect_files(*files, secret=b"key")
    assert audit_files(files[-1], DEFAULT_POLICY).passed
    assert _check(files[-1]).passed
    assert _check(files[-1], sensitive_path=files[-1] / "internal" / "sensitive.parquet").passed


def test_a_policy_with_a_district_that_knows_its_own_numbers_is_audited_with_them(files):
    assert load_policy("strict").insiders
    protect_files(*files[:2], "strict", files[-1])
    assert audit_files(files[-1], "strict").passed
    assert not list((files[-1] / "public").rglob("exact*"))
    (files[-1] / "internal" / "exact.parquet").unlink()
    with pytest.raises(DescriptionError):
        audit_files(files[-1], "strict")


def test_the_public_folder_has_one_symbol_and_no_reason(files):
    protect_files(*files)
    audit_files(files[-1], DEFAULT_POLICY)
    written = {str(path.relative_to(files[-1] / "public")) for path in (files[-1] / "public").rglob("*.*")}
    parts = {"base", "claims", "leaks", "moves", "spans"}
    expected = {"cells.csv", "cells.parquet"} | {f"certificates/{part}.parquet" for part in parts}
    assert written == expected | {f"structure/{part}.parquet" for part in ("quantities", "relations", "terms")}
    shown = pl.read_csv(files[-1] / "public" / "cells.csv", infer_schema=False)
    withheld = shown.filter(pl.col("student_count_status") == "withheld")
    assert set(withheld["student_count"]) == {"*"}


def test_the_same_input_gives_the_same_bytes_and_leaves_no_draft(files):
    protect_files(*files, secret=b"key")
    audit_files(files[-1], DEFAULT_POLICY)
    first = _read_bytes(files[-1])
    protect_files(*files, secret=b"key")
    audit_files(files[-1], DEFAULT_POLICY)
    assert _read_bytes(files[-1]) == first
    assert not [name for name in first if "draft" in name]


def test_what_an_earlier_audit_said_goes_when_the_cells_are_protected_anew(files):
    protect_files(*files)
    audit_files(files[-1], DEFAULT_POLICY)
    protect_files(*files)
    assert not (files[-1] / "public" / "certificates").exists()
    assert not (files[-1] / "internal" / "audit.json").exists()


def test_a_folder_that_holds_other_things_is_not_replaced(files):
    files[-1].mkdir()
    (files[-1] / "thesis.txt").write_text("years of work")
    with pytest.raises(DescriptionError, match=r"thesis\.txt"):
        protect_files(*files)
    assert (files[-1] / "thesis.txt").exists()


def test_a_published_file_changed_after_the_audit_is_refused(files):
    protect_files(*files)
    audit_files(files[-1], DEFAULT_POLICY)
    path = files[-1] / "public" / "cells.parquet"
    pl.read_parquet(path).with_columns(pl.col("student_count") + 1).write_parquet(path)
    assert not _check(files[-1]).passed


def test_cells_split_over_files_are_the_same_cells(files):
    whole = read_cells(*files[:2])
    rows = pl.read_csv(files[0], infer_schema=False)
    paths = [files[0].with_name(name) for name in ("odd.csv", "even.parquet")]
    rows.gather_every(2, 1).write_csv(paths[0])
    rows.gather_every(2).write_parquet(paths[1])
    order = ["org_id", "disaggregate_type", "disaggregate_value"]
    assert read_cells(paths, files[1]).sort(order).equals(whole.sort(order))
    protect_files(*files)
    protect_files(paths, [files[1], files[1]], DEFAULT_POLICY, files[-1].with_name("split"))
    assert _read_bytes(files[-1].with_name("split")) == _read_bytes(files[-1])


def test_a_wide_file_with_dimensions_gives_crossed_cells(tmp_path):
    (tmp_path / "cells.csv").write_text("school,race,sex,n\nA,*,*,9\nA,BL,*,5\nA,*,F,4\nA,BL,F,3\n")
    (tmp_path / "description.yml").write_text(
        "version: 1\n"
        "columns: {org_id: school, student_count: n}\n"
        "constants: {table_id: t, school_year: 2026, org_level: school, parent_org_id: null, numerator: null,"
        " denominator: null}\n"
        "dimensions: {race: {column: race, total: '*'}, sex: {column: sex, total: '*'}}\n"
    )
    cells = read_cells(tmp_path / "cells.csv", tmp_path / "description.yml")
    assert cells.select("disaggregate_type", "disaggregate_value", "student_count").rows() == [
        ("all", "all", 9), ("race", "BL", 5), ("sex", "F", 4), ("race x sex", "BL x F", 3),
    ]  # fmt: skip


def test_several_tables_may_stand_side_by_side_and_organisations_in_a_file_of_their_own(tmp_path):
    (tmp_path / "cells.csv").write_text("place,year,type,value,students,absent,listed\nA,2026,all,all,50,20,\n")
    (tmp_path / "places.csv").write_text("id,kind,within\nA,building,D\n")
    (tmp_path / "description.yml").write_text(
        "version: 1\n"
        "columns: {org_id: place, school_year: year, disaggregate_type: type, disaggregate_value: value}\n"
        "tables:\n"
        "  absence: {student_count: students, denominator: students, numerator: absent}\n"
        "  count: {student_count: students}\n"
        "  nobody: {student_count: listed}\n"
        "organisations: {file: places.csv, columns: {org_id: id, org_level: kind, parent_org_id: within}}\n"
        "levels: {building: school}\n"
    )
    cells = read_cells(tmp_path / "cells.csv", tmp_path / "description.yml")
    found = cells.select("table_id", "org_level", "parent_org_id", "student_count", "numerator").rows()
    assert found == [("absence", "school", "D", 50, 20), ("count", "school", "D", 50, None)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("students}", "pupils}"), "lacks the columns pupils"),
        (("version: 1", "version: 2"), "version"),
        (("org_id: place", "organisation: place"), "organisation"),
        (("district: lea", "district: county"), "county must be one of"),
        (("columns: {", "columns: ["), "line 2: this is not YAML"),
    ],
)
def test_a_description_that_does_not_fit_is_refused_by_name(files, change, message):
    files[1].write_text(DESCRIPTION.replace(*change))
    with pytest.raises(DescriptionError, match=message):
        protect_files(*files)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((",56", ",56.25"), r"cells.csv, column students, row 3: not a whole number"),
        ((",56", ",-56"), r"student_count, row 3: less than zero"),
        ((",56", ","), r"student_count, row 3: nothing is there"),
        (("A,school", "A,building"), r"org_level, rows 1, 2, 3: not a level known"),
        (("B,school,L1,sex,F", "B,school,L1,sex,M"), r"rows 5, 6: the cell is there twice"),
        (("A,school", ",school"), r"org_id, rows 1, 2, 3: nothing is there"),
    ],
)
def test_a_fault_in_the_cells_is_told_by_file_column_and_row_and_not_by_value(files, change, message):
    files[0].write_text(files[0].read_text().replace(*change))
    with pytest.raises(DescriptionError, match=message) as caught:
        protect_files(*files)
    assert "56" not in str(caught.value).replace("such as 56", "")


def test_an_organisation_without_a_place_is_told_by_its_row(tmp_path):
    (tmp_path / "cells.csv").write_text("org_id,disaggregate_type,disaggregate_value,student_count\nA,all,all,5\n")
    (tmp_path / "places.csv").write_text("org_id,org_level,parent_org_id\nB,school,D\n")
    (tmp_path / "description.yml").write_text(
        "version: 1\nconstants: {table_id: t, school_year: 2026, numerator: null, denominator: null}\n"
        "organisations: {file: places.csv}\n"
    )
    with pytest.raises(DescriptionError, match=r"row 1: places.csv does not have this organisation"):
        read_cells(tmp_path / "cells.csv", tmp_path / "description.yml")
