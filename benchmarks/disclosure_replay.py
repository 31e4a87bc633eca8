"""Repeats our computation for every table that agrees with a release: how many values of what is protected are left?

Usage: python benchmarks/disclosure_replay.py 140 [--most 30]     (so many small invented releases; prints how many
values they keep, without and with the engine's guard against such readers, and what the guard costs)

A reader lists all tables of students that agree with the published cells, protects each as we would, with our secret,
and keeps those that give the release he has in his hands. Replayed are the first releases with which, unguarded, at
most so many tables agree. The tables nearest to the truth are tried first, until every protected number has the
required values or TRIED have been; more values than required are not counted.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable

import numpy as np
import polars as pl
from disclosure_sabotage import STRICT, State, list_worlds, read_published

from privacy import Policy, Protected, protect
from privacy.engine import protection

TRIED = 100
SECRET = b"replay"


def fill(state: State, students: np.ndarray) -> pl.DataFrame:
    """The cells of a state with other students in it."""
    names = ["student_count", *(("numerator", "denominator") if state.rated else ())]
    own = {"student_count": "denominator"} if state.rated else {}
    keys = state.cells.select("org_id", "disaggregate_value").rows()
    return state.cells.with_columns(
        pl.Series(name, [int(students[state.sums[*key, own.get(name, name)]].sum()) for key in keys]) for name in names
    )


def count_surviving(
    state: State, release: Protected, worlds: np.ndarray, gives_it: Callable[[pl.DataFrame], bool], required: int
) -> int:
    """The fewest values a protected number has in tables that give the same release; `required` stands for more.

    worlds: the tables that agree with the release. gives_it: whether cells give the same release.
    """
    rows = release.sensitive.select("org_id", "disaggregate_value", "statistic").rows()
    members = [state.sums[row] for row in rows]
    values = np.stack([worlds[:, one].sum(axis=1) for one in members], axis=1)
    distance = np.abs(worlds - state.truth).sum(axis=1)
    left: list[set[int]] = [set() for _ in rows]
    for place in np.argsort(distance, kind="stable")[:TRIED]:
        new = [int(value) not in seen and len(seen) < required for value, seen in zip(values[place], left, strict=True)]
        if any(new) and gives_it(fill(state, worlds[place])):
            for value, seen in zip(values[place], left, strict=True):
                seen.add(int(value))
    return min(required, *(len(seen) for seen in left))


def replay(
    seed: int, policy: Policy, secrets: list[bytes], *, most: int | None = None, enough: int | None = None
) -> int | None:
    """The fewest values that survive for the release of an invented state under the first secret.

    secrets: those the reader tries. most: tables that may agree; None comes back for more, or if nothing is protected.
    enough: values from which on no more are looked for, those the policy requires if not given.
    """
    state = State(seed)
    release = protect(state.cells, policy, secret=secrets[0])
    worlds = list_worlds(state, read_published(state, release.cells))
    if worlds is None or release.sensitive.is_empty() or (most and len(worlds) > most):
        return None

    def gives_it(cells: pl.DataFrame) -> bool:
        return any(protect(cells, policy, secret=one).cells.equals(release.cells) for one in secrets)

    return count_surviving(state, release, worlds, gives_it, enough or policy.required_candidates)


def count_complements(seeds: range) -> int:
    """The values withheld although not sensitive, in the releases of some invented states."""
    reasons = (protect(State(seed).cells, STRICT, secret=SECRET).reasons for seed in seeds)
    return sum(one.filter(pl.col("reason") == "complementary").height for one in reasons)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("releases", type=int)
    parser.add_argument("--most", type=int, default=30)
    arguments = parser.parse_args()
    guard, seeds, seed = protection.outlast_replay, [], 0
    for name in ("unguarded", "guarded"):
        protection.outlast_replay = guard if name == "guarded" else lambda problem, choice, *_: choice
        found = {one: replay(one, STRICT, [SECRET]) for one in seeds}
        while len(found) < arguments.releases:
            left = replay(seed, STRICT, [SECRET], most=arguments.most)
            found |= {} if left is None else {seed: left}
            seed += 1
        seeds = list(found)
        start = time.process_time()
        complements = count_complements(range(seed))
        seconds = time.process_time() - start
        few = [one for one, left in found.items() if left < STRICT.required_candidates]
        print(f"{name}: releases by values left {dict(sorted(Counter(found.values()).items()))}, too few: {few};")
        print(f"  all {seed} releases: {complements} complementary values, {seconds:.0f} CPU s", flush=True)


if __name__ == "__main__":
    main()
