"""The doors for plain files: what goes in, what comes out, and which part of it is public."""

import polars as pl
import pytest

from privacy.files import DescriptionError, audit_files, check_files, protect_files
from privacy.policy import DEFAULT_POLICY

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


def test_files_are_protected_audited_and_checked_with_four_levels_of_organisations(files):
    protect_files(*files, secret=b"key")
    assert audit_files(files[-1], DEFAULT_POLICY).passed
    assert _check(files[-1]).passed
    assert _check(files[-1], sensitive_path=files[-1] / "internal" / "sensitive.parquet").passed


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


def test_a_published_file_changed_after_the_audit_is_refused(files):
    protect_files(*files)
    audit_files(files[-1], DEFAULT_POLICY)
    path = files[-1] / "public" / "cells.parquet"
    pl.read_parquet(path).with_columns(pl.col("student_count") + 1).write_parquet(path)
    assert not _check(files[-1]).passed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("students}", "pupils}"), "lacks the columns pupils"),
        (("version: 1", "version: 2"), "version"),
        (("org_id: place", "organisation: place"), "organisation"),
    ],
)
def test_a_description_that_does_not_fit_is_refused_by_name(files, change, message):
    files[1].write_text(DESCRIPTION.replace(*change))
    with pytest.raises(DescriptionError, match=message):
        protect_files(*files)


def test_a_number_that_is_no_whole_number_is_refused_without_showing_it(files):
    files[0].write_text(files[0].read_text().replace(",56", ",56.25"))
    with pytest.raises(DescriptionError, match="whole numbers") as caught:
        protect_files(*files)
    assert "56" not in str(caught.value)
