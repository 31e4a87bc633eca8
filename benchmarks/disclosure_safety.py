"""Every input of the shared disclosure benchmark through protect, audit and the checker of certificates, one row each.

Usage: python benchmarks/disclosure_safety.py [--policy strict] abs_60 rs_300 rsg_20 ...
Unlike disclosure_quality.py the cells take the whole way of a release, under a ready policy (the careful default) with
all its attackers and its costs; so numbers withheld are not those of the peers' figures. `safe`: protected quantities
for which the audit exhibits the required whole values; `proven`: those the checker, which has no solver, accepts its
certificates for. `districts`: those that know all their own numbers, if the policy holds such off; for each of them the
checker held every other number against what the attack found from its view (its seconds are the audit's). `faults`: of
both.
"""

import argparse
import itertools
import time

import disclosure_chronic_absenteeism as tables
import polars as pl
from disclosure_inputs import FOLDER, GEOGRAPHY, LINKED_LEVELS

from privacy import audit, check, load_policy, protect
from privacy.district_proofs import DistrictProofs
from privacy.structure import KEY


def read_cells(name: str) -> pl.DataFrame:
    """The cells of one input: linked rates of one-way groups (abs), or counts crossed in every way (rs, rsg)."""
    students = pl.read_csv(FOLDER / "inputs" / f"{name}.csv")
    if name.startswith("abs"):
        tables.LEVELS = LINKED_LEVELS
        return tables.build_cells(students)
    students = students.with_columns(state=pl.lit("ST"))
    groups = [column for column in students.columns if column not in (*GEOGRAPHY, "state", "n")]
    parts = []
    for level, (org, parent) in LINKED_LEVELS.items():
        parent = pl.col(parent) if parent else pl.lit(None, pl.String)
        orgs = students.select(org_id=org, parent_org_id=parent).unique()
        for size in range(len(groups) + 1):
            for crossed in itertools.combinations(groups, size):
                value = pl.concat_str(crossed, separator=" x ") if crossed else pl.lit("all")
                rows = students.with_columns(disaggregate_value=value, org_id=org)
                sums = rows.group_by("org_id", "disaggregate_value").agg(student_count=pl.col("n").sum())
                dense = orgs.join(_every(students, crossed), how="cross")
                dense = dense.join(sums, on=["org_id", "disaggregate_value"], how="left")
                kind = pl.lit(" x ".join(crossed) or "all")
                parts.append(dense.with_columns(org_level=pl.lit(level), disaggregate_type=kind))
    none = pl.lit(None, pl.Int64)
    return pl.concat(parts).with_columns(
        pl.col("student_count").fill_null(0),
        table_id=pl.lit("ind_membership_october_1"),
        school_year=pl.lit(2026),
        numerator=none,
        denominator=none,
    )


def _every(students: pl.DataFrame, crossed: tuple[str, ...]) -> pl.DataFrame:
    """All values of some columns crossed: disaggregate_value."""
    values = [students[column].unique().sort().to_list() for column in crossed]
    names = [" x ".join(one) for one in itertools.product(*values)] if crossed else ["all"]
    return pl.DataFrame({"disaggregate_value": names})


def measure(name: str, policy_name: str) -> dict:
    """One row: what was protected, found safe and proved, and the seconds of processor time of each step."""
    cells, policy = read_cells(name), load_policy(policy_name)
    seconds = [time.process_time()]
    release = protect(cells, policy, secret=b"benchmark")
    seconds.append(time.process_time())
    proofs = DistrictProofs(release.cells, release.structure, release.sensitive, policy)
    report = audit(release, policy, exact=cells, witness=proofs)
    seconds.append(time.process_time())
    checked = check(release.cells, release.structure, report.certificates, policy, sensitive=release.sensitive)
    seconds.append(time.process_time())
    names = release.structure.quantities.join(release.sensitive, on=[*KEY, "statistic"], how="semi")
    protected = names["quantity"].n_unique()
    faults = pl.concat([checked.faults, proofs.list_faults()])
    steps = [round(end - start, 1) for start, end in itertools.pairwise(seconds)]
    return {
        "input": name,
        "rows": cells.height,
        "protected": protected,
        "unprotected": release.unprotected.height,
        "failures": report.failures.height,
        "proven": checked.proven["quantity"].is_in(names["quantity"].unique().implode()).sum(),
        "districts": proofs.districts,
        "faults": int(faults["count"].sum()),
        "passed": report.passed and checked.passed,
        **dict(zip(("protect_s", "audit_s", "check_s"), steps, strict=True)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("inputs", nargs="+")
    parser.add_argument("--policy", default="careful")
    arguments = parser.parse_args()
    for i, name in enumerate(arguments.inputs):
        row = measure(name, arguments.policy)
        if i == 0:
            print(*row, sep="\t")
        print(*row.values(), sep="\t", flush=True)


if __name__ == "__main__":
    main()
