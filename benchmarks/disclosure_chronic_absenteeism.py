"""CPU seconds and withheld cells of protect and audit on the invented chronic-absence tables of a shared input file.

Usage: python benchmarks/disclosure_chronic_absenteeism.py abs_60.csv
The region level of the input is left out (the record of organisations has none), and the default policy also treats 0 %
and 100 % as sensitive, so the counts are not those of the peers' outputs.
"""

import sys
import time

import polars as pl

from privacy import audit, load_policy, protect

GROUPS = {
    "race_ethnicity": "race",
    "sex": "sex",
    "english_learner": "el",
    "idea": "swd",
    "economic_disadvantage": "ecd",
}
LEVELS = {"school": ("school", "district"), "lea": ("district", "state"), "state": ("state", None)}


def build_cells(students: pl.DataFrame) -> pl.DataFrame:
    """One row per organisation and group, zeros included. `students`: one row per school and combination, with n."""
    students = students.with_columns(state=pl.lit("ST"), numerator=pl.col("n") * (pl.col("absent") == "CA"))
    parts = []
    for level, (org, parent) in LEVELS.items():
        orgs = students.select(org_id=org, parent_org_id=parent or pl.lit(None, pl.String)).unique()
        for kind, column in {"all": None, **GROUPS}.items():
            value = pl.col(column) if column else pl.lit("all")
            sums = students.group_by(org_id=org, disaggregate_value=value).agg(
                denominator=pl.col("n").sum(), numerator=pl.col("numerator").sum()
            )
            dense = orgs.join(students.select(disaggregate_value=value).unique(), how="cross")
            dense = dense.join(sums, on=["org_id", "disaggregate_value"], how="left").fill_null(strategy="zero")
            parts.append(dense.with_columns(org_level=pl.lit(level), disaggregate_type=pl.lit(kind)))
    cells = pl.concat(parts).with_columns(
        table_id=pl.lit("ind_chronic_absenteeism"), school_year=pl.lit(2026), student_count="denominator"
    )
    return cells


def main(path: str) -> None:
    cells, policy = build_cells(pl.read_csv(path)), load_policy()
    start = time.process_time()
    release = protect(cells, policy)
    protected = time.process_time()
    report = audit(release, policy)
    audited = time.process_time()
    counts = dict(
        release.reasons.filter(pl.col("statistic") != "complement").group_by("reason").len().sort("reason").rows()
    )
    print(f"rows {cells.height}, protect {protected - start:.1f} CPU s, audit {audited - protected:.1f} CPU s")
    print(f"passed {report.passed}, checked {report.tables['checked'].sum()}, withheld by reason {counts}")


if __name__ == "__main__":
    main(sys.argv[1])
