"""Complementary cells and CPU seconds on a shared linked input, in the terms its peers' figures were made in.

Usage: python benchmarks/disclosure_quality.py abs_60.csv
Terms: absent, not absent and all are three published cells of every group and organisation, regions too; 1 to 9 is
sensitive in each; zeros are shown and known to be; every sensitive cell keeps four values. Here each cell may be
withheld by itself. The audit that follows sees the published cells alone.
"""

import sys
import time
from dataclasses import replace

import disclosure_chronic_absenteeism as tables
import numpy as np
import polars as pl

from privacy import audit_system, load_policy
from privacy.complementary import choose_units
from privacy.intervals import widen
from privacy.posing import pose_problem
from privacy.primary import find_sensitive
from privacy.problem import Problem
from privacy.structure import Structure, build_structure, check_cells

LEVELS = {
    "school": ("school", "district"),
    "lea": ("district", "region"),
    "region": ("region", "state"),
    "state": ("state", None),
}


def pose(students: pl.DataFrame) -> tuple[Problem, Structure]:
    """The problem of the peers: all three numbers alike, every cell for itself."""
    tables.LEVELS = LEVELS
    policy = load_policy()
    cells = check_cells(tables.build_cells(students), policy)
    structure, truth = build_structure(cells, policy)
    problem = pose_problem(cells, structure, truth, find_sensitive(cells, policy), policy, b"")
    known = truth == 0
    jitter = np.random.default_rng(1).random(len(truth))
    return replace(
        problem,
        known=known,
        floor=(~known).astype(np.int64),
        unit=np.arange(len(truth)),
        sensitive=(truth >= 1) & (truth <= 9),
        width=np.zeros(len(truth)),
        cost=1 + 0.01 * jitter,
        implies=np.zeros((0, 2), dtype=np.int64),
    ), structure


def attack(problem: Problem, structure: Structure, hidden: np.ndarray) -> dict[str, int]:
    """How many sensitive cells the audit finds safe, exposed, unproved."""
    withheld = hidden & ~problem.known
    n = len(withheld)
    quantities = pl.DataFrame(
        {
            "quantity": np.arange(n),
            "low": problem.floor,
            "high": pl.repeat(None, n, dtype=pl.Int64, eager=True),
            "published": pl.select(pl.when(pl.Series(~withheld)).then(pl.Series(problem.truth))).to_series(),
            "group": problem.block,
        }
    )
    asked = pl.DataFrame({"quantity": np.flatnonzero(problem.sensitive)}).with_columns(
        required=pl.lit(problem.candidates), width=pl.lit(0.0)
    )
    verdicts, wrong = audit_system(quantities, structure.relations, structure.terms, asked)
    return {**dict(verdicts["verdict"].value_counts().rows()), "wrong sums": len(wrong)}


def main(path: str) -> None:
    problem, structure = pose(pl.read_csv(path))
    start = time.process_time()
    hidden = choose_units(problem)
    widen(problem, hidden, lambda stage, done, total: None)
    protected = time.process_time()
    verdicts = attack(problem, structure, hidden)
    audited = time.process_time()
    secondary = int((hidden & ~problem.sensitive & ~problem.known).sum())
    print(f"sensitive {int(problem.sensitive.sum())}, complementary {secondary}, {protected - start:.1f} CPU s")
    print(f"audit {verdicts}, {audited - protected:.1f} CPU s")


if __name__ == "__main__":
    main(sys.argv[1])
