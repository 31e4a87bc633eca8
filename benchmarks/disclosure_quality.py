"""Complementary cells, seconds of CPU and memory of the engine on the shared disclosure benchmark, one row per input.

Usage: python benchmarks/disclosure_quality.py [--linear] [--audit] abs_60 rs_300 rsg_60 dense_300 ...
The terms are those of the peers' figures (see disclosure_inputs.py). By default every sensitive cell keeps four values;
--linear asks only that none follows from equations alone, and checks that by elimination modulo another prime than the
engine's, with code of its own. --audit attacks the result as a reader would.
"""

import argparse
import multiprocessing
import resource
import time

import numpy as np
import polars as pl
from disclosure_inputs import FOLDER, read_input
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from privacy import audit_system
from privacy.engine.complementary import list_fixed
from privacy.engine.intervals import choose_safely
from privacy.engine.linear import choose_linearly
from privacy.engine.problem import Problem

OTHER_PRIME = 1_000_003
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
    """Sensitive cells that follow from the sums: by dense elimination, one part that hangs together after the other."""
    withheld = np.flatnonzero(hidden[problem.unit] & ~problem.known)
    left = problem.matrix[:, withheld].tocsr()
    left = left[np.diff(left.indptr) > 0]
    solution = _solve_densely(left, np.random.default_rng(7))
    return int((problem.sensitive[withheld] & (solution == 0)).sum())


def _solve_densely(system: csr_matrix, rng: np.random.Generator) -> np.ndarray:
    """A random solution of system @ x = 0 modulo OTHER_PRIME, one dense matrix for each part."""
    terms = system.tocoo()
    rows, columns = system.shape
    size = rows + columns
    _, part = connected_components(
        coo_matrix((np.ones(terms.nnz), (terms.row, rows + terms.col)), shape=(size, size)), directed=False
    )
    values = rng.integers(1, OTHER_PRIME, columns)
    for label in np.unique(part[rows:]):
        own_rows, own = np.flatnonzero(part[:rows] == label), np.flatnonzero(part[rows:] == label)
        dense = np.unique(system[own_rows][:, own].toarray().astype(np.int32) % OTHER_PRIME, axis=0)
        dense, pivots = _reduce(dense)
        free = np.setdiff1d(np.arange(len(own)), pivots)
        terms = dense[: len(pivots)][:, free].astype(np.int64) * values[own[free]] % OTHER_PRIME
        values[own[pivots]] = -terms.sum(axis=1) % OTHER_PRIME
    return values


def _reduce(dense: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The reduced echelon form modulo OTHER_PRIME and its pivot columns."""
    pivots, top = [], 0
    for column in range(dense.shape[1]):
        filled = np.flatnonzero(dense[top:, column])
        if not len(filled):
            continue
        dense[[top, top + filled[0]]] = dense[[top + filled[0], top]]
        scaled = dense[top].astype(np.int64) * pow(int(dense[top, column]), -1, OTHER_PRIME) % OTHER_PRIME
        dense[top] = scaled
        others = np.flatnonzero(dense[:, column])
        others = others[others != top]
        touched = np.flatnonzero(scaled)
        grid = np.ix_(others, touched)
        dense[grid] = (dense[grid] - dense[others, column][:, None].astype(np.int64) * scaled[touched]) % OTHER_PRIME
        pivots.append(column)
        top += 1
        if top == len(dense):
            break
    return dense, np.array(pivots, dtype=np.int64)


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
