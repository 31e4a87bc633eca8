"""Complementary cells, seconds of CPU and memory of the engine on the shared disclosure benchmark, one row per input.

Usage: python benchmarks/disclosure_quality.py [--linear] [--audit] abs_60 rs_300 rsg_60 dense_300 ...
The terms are those of the peers' figures (see disclosure_inputs.py). By default every sensitive cell keeps four values;
--linear asks only that none follows from equations alone, and checks that by projection in real numbers (the engine
eliminates modulo a prime). --audit attacks the result as a reader would.
"""

import argparse
import multiprocessing
import resource
import time

import numpy as np
import polars as pl
from disclosure_inputs import FOLDER, read_input
from scipy.sparse.linalg import lsmr

from privacy import audit_system
from privacy.engine.complementary import list_fixed
from privacy.engine.intervals import choose_safely
from privacy.engine.linear import choose_linearly
from privacy.engine.problem import Problem

DIRECTIONS = 3
EXACT, MOVES = 1e-8, 1e-5  # what a sum may be off by, and how far a quantity moves at least that is not determined
# Counts of GaussSuppression where no output of it is stored: as measured for reference/disclosure.md.
PEER = {"rs_1200": 2144, "rs_1800": 3289, "rsg_20": 574, "rsg_60": 1195}


def count_peer(name: str) -> int | None:
    """Complementary cells of GaussSuppression on an input: from its output where it is here."""
    path = FOLDER / "peer-outputs" / f"gauss_{name}.csv"
    if not path.exists():
        return PEER.get(name)
    flags = pl.read_csv(path, schema_overrides={"primary": pl.String, "suppressed": pl.String})
    return flags.filter(pl.col("suppressed") == "TRUE", pl.col("primary") == "FALSE").height


def count_determined(problem: Problem, hidden: np.ndarray) -> int:
    """Sensitive cells that follow from the sums: random vectors projected on what keeps every sum do not move them."""
    withheld = np.flatnonzero(hidden[problem.unit] & ~problem.known)
    sums = problem.matrix[:, withheld].tocsr().astype(float)
    sums = sums[np.diff(sums.indptr) > 0]
    rng = np.random.default_rng(7)
    furthest = np.zeros(len(withheld))
    for _ in range(DIRECTIONS):
        direction = rng.standard_normal(len(withheld))
        weights = lsmr(sums.T, direction, atol=1e-13, btol=1e-13, maxiter=20 * len(withheld))[0]
        change = direction - sums.T @ weights
        off = abs(sums @ change).max(initial=0.0)
        if off > EXACT:
            raise ArithmeticError(f"the projection did not converge: sums are off by {off:.1e}")
        furthest = np.maximum(furthest, abs(change))
    return int((problem.sensitive[withheld] & (furthest < MOVES)).sum())


def attack(problem: Problem, hidden: np.ndarray) -> dict[str, int]:
    """How many sensitive cells the audit finds safe, exposed, unproved."""
    withheld = hidden[problem.unit] & ~problem.known
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
    terms = problem.matrix.tocoo()
    relations = pl.DataFrame(
        {"relation": np.arange(len(problem.low)), "low": problem.low, "high": problem.high},
    )
    frame = pl.DataFrame(
        {
            "relation": terms.row.astype(np.int64),
            "quantity": terms.col.astype(np.int64),
            "coefficient": terms.data.astype(np.int64),
        }
    )
    asked = pl.DataFrame({"quantity": np.flatnonzero(problem.sensitive)}).with_columns(
        required=pl.lit(problem.candidates), width=pl.lit(0.0)
    )
    verdicts, wrong = audit_system(quantities, relations, frame, asked)
    return {**dict(verdicts["verdict"].value_counts(sort=True).rows()), "wrong sums": len(wrong)}


def measure(name: str, linear: bool, audit: bool) -> dict:
    """One row of the table; the engine alone is timed."""
    problem = read_input(name)
    start = time.process_time()
    choice = (choose_linearly if linear else choose_safely)(problem, lambda stage, done, total: None)
    seconds = time.process_time() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    complementary = int((choice.hidden & ~list_fixed(problem)).sum())
    peer = count_peer(name)
    row = {
        "input": name,
        "cells": len(problem.truth),
        "sensitive": int(problem.sensitive.sum()),
        "complementary": complementary,
        "cpu_s": round(seconds, 1),
        "mb": round(memory),
        "cost": round(choice.cost, 1),
        "bound": round(choice.lower_bound, 1),
        "gap_%": round(100 * choice.gap, 1),
        "unprotected": len(choice.unprotected),
        "peer": peer,
        "ratio": round(complementary / peer, 2) if peer else None,
    }
    if linear:
        row["determined"] = count_determined(problem, choice.hidden)
    if audit:
        row["audit"] = attack(problem, choice.hidden)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("inputs", nargs="+")
    parser.add_argument("--linear", action="store_true")
    parser.add_argument("--audit", action="store_true")
    arguments = parser.parse_args()
    for i, name in enumerate(arguments.inputs):
        # A process for each, so that the peak of memory is its own.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            row = pool.apply(measure, (name, arguments.linear, arguments.audit))
        if i == 0:
            print(*row, sep="\t")
        print(*row.values(), sep="\t", flush=True)


if __name__ == "__main__":
    main()
