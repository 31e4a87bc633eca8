"""Medians of earnings protected, attacked and checked: seconds of processor time by the number of schools.

Usage: python benchmarks/disclosure_medians.py 15 45 90
Invented people in five bands of earnings, by sex and race, in schools of five to a district. Sizes and medians are
published, the numbers of each band never: so all of these hang together, and none is shown to start from.
"""

import sys
import time

import numpy as np
import polars as pl

from privacy import Policy, audit, check, load_policy, protect

BANDS = ["under 15,000", "15,000-29,999", "30,000-44,999", "45,000-59,999", "60,000 and over"]
PARTS_OF_BANDS = [0.3, 0.25, 0.2, 0.15, 0.1]
GROUPS = {"sex": (["F", "M"], [0.5, 0.5]), "race": (["W", "B", "H", "A", "O"], [0.45, 0.2, 0.2, 0.1, 0.05])}
RULES = {
    "kind": "rate",
    "levels": "earnings",
    "thresholds": {"persons": 10, "numerator": 3},
    "median": {"levels": BANDS, "persons": 10},
    "publish": "median",
}


def make_policy() -> Policy:
    """The careful default for one table of medians."""
    return Policy.model_validate(load_policy().model_dump() | {"tables": {"earnings": RULES}, "same_as": []})


def make_cells(schools: int) -> pl.DataFrame:
    """The people of every school, district and the state in each band, by group."""
    rng = np.random.default_rng(5)
    size = rng.lognormal(4.2, 0.6, schools).astype(int)
    people = pl.DataFrame(
        {"school": np.repeat(np.arange(schools), size), "band": rng.choice(5, size.sum(), p=PARTS_OF_BANDS)}
    )
    people = people.with_columns(
        *[pl.Series(name, rng.choice(values, size.sum(), p=parts)) for name, (values, parts) in GROUPS.items()],
        school=pl.format("S{}", "school"),
        lea=pl.format("D{}", pl.col("school") // 5),
        state=pl.lit("ST"),
    )
    parents = {"school": pl.col("lea"), "lea": pl.col("state"), "state": pl.lit(None, pl.String)}
    return pl.concat(
        [_count(people, level, parent, kind) for level, parent in parents.items() for kind in (None, *GROUPS)]
    )


def _count(people: pl.DataFrame, level: str, parent: pl.Expr, kind: str | None) -> pl.DataFrame:
    """One row per organisation of a level, group of a kind (None: all people) and band."""
    keys = [level, *([kind] if kind else [])]
    bands = pl.DataFrame({"band": np.arange(5), "name": BANDS})
    sizes = people.with_columns(parent=parent).group_by(*keys, "parent").agg(denominator=pl.len().cast(pl.Int64))
    counts = people.group_by(*keys, "band").agg(numerator=pl.len().cast(pl.Int64))
    rows = sizes.join(bands, how="cross").join(counts, on=[*keys, "band"], how="left")
    return rows.select(
        table_id=pl.lit("earnings"),
        school_year=pl.lit(2026, pl.Int64),
        org_level=pl.lit(level),
        org_id=pl.col(level),
        parent_org_id="parent",
        disaggregate_type=pl.lit(f"earnings x {kind}" if kind else "earnings"),
        disaggregate_value=pl.concat_str(["name", *keys[1:]], separator=" x "),
        student_count="denominator",
        numerator=pl.col("numerator").fill_null(0),
        denominator="denominator",
    )


def main() -> None:
    policy = make_policy()
    print("schools\trows\tmedians_shown_%\tprotect_s\taudit_s\tcheck_s\tpassed")
    for schools in map(int, sys.argv[1:]):
        cells = make_cells(schools)
        seconds = [time.process_time()]
        release = protect(cells, policy, secret=b"benchmark")
        seconds.append(time.process_time())
        report = audit(release, policy)
        seconds.append(time.process_time())
        proof = check(release.cells, release.structure, report.certificates, policy, sensitive=release.sensitive)
        seconds.append(time.process_time())
        shown = 100 * (release.cells["median_status"] == "shown").mean()
        steps = "\t".join(f"{step:.1f}" for step in np.diff(seconds))
        print(f"{schools}\t{cells.height}\t{shown:.0f}\t{steps}\t{report.passed and proof.passed}", flush=True)


if __name__ == "__main__":
    main()
