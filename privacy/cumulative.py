"""Releases that come after others: protects the new one, and attacks it, as a reader would who kept all of them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from privacy.auditing import SHOWN as SENSITIVE_SHOWN
from privacy.auditing import AuditReport, audit
from privacy.complementary import choose_units, close_implications
from privacy.history import History, combine, list_shown
from privacy.intervals import widen
from privacy.ledger import Release
from privacy.policy import Policy
from privacy.posing import pose_problem
from privacy.primary import find_sensitive
from privacy.problem import Problem
from privacy.protection import _explain, _withhold
from privacy.release import PUBLISHED, WITHHELD, Progress, Protected
from privacy.structure import KEY, build_structure, check_cells
from privacy.versions import ROW

SHOWN_BEFORE = "shown_in_an_earlier_release"


def protect_after(
    cells: pl.DataFrame,
    policy: Policy,
    releases: Sequence[Release],
    *,
    tier: str,
    secret: bytes = b"",
    progress: Progress | None = None,
) -> Protected:
    """The tables of exact `cells` as a tier may see them after earlier `releases` (of all tiers, first to last).

    Holds against readers of the tier who kept everything, and against those who hold all tiers together; what another
    tier shows is known to the latter by right. Whatever the tier's last release withheld of these cells stays withheld.
    What cannot be protected any more because the tier itself showed it is withheld all the same; `find_shown` names it.
    Raises as protect does.
    """
    report = progress or (lambda stage, done, total: None)
    own = [release for release in releases if release.tier == tier]
    withheld = _list_pattern(own)
    for known in [own] + ([releases] if len(own) < len(releases) else []):
        history = combine(cells, known, policy)
        problem = pose_after(history, secret)
        hidden = _mark_units(history, problem, withheld)
        if withheld.is_empty():
            hidden |= choose_units(problem)
        widen(problem, hidden, report)
        gone = hidden[problem.unit] & ~problem.known
        rows = history.structure.quantities.filter(pl.Series(gone[history.structure.quantities["quantity"].to_numpy()]))
        withheld = pl.concat([withheld, rows.join(history.current, on=KEY, how="semi").select(ROW)]).unique()
    return _release(cells, history, withheld, policy)


def pose_after(history: History, secret: bytes) -> Problem:
    """The engine's problem of the release at hand: what was shown is known, what it has no part in costs nothing."""
    problem = pose_problem(history.cells, history.structure, history.truth, history.sensitive, history.policy, secret)
    cost = problem.cost.copy()
    cost[problem.unit[history.settled]] = 0
    known = problem.known | history.shown
    return replace(problem, known=known, sensitive=problem.sensitive & ~known, cost=cost)


def find_shown(cells: pl.DataFrame, policy: Policy, releases: Sequence[Release], tier: str) -> pl.DataFrame:
    """One row per sensitive value of `cells` that the tier showed before; nothing protects it now: KEY, statistic."""
    history = combine(cells, [release for release in releases if release.tier == tier], policy)
    shown = list_shown(history.past).join(history.current, on=KEY, how="semi")
    return shown.join(history.sensitive, on=ROW, how="semi").select(ROW).sort(ROW)


def audit_after(
    protected: Protected,
    policy: Policy,
    cells: pl.DataFrame,
    releases: Sequence[Release],
    *,
    tier: str,
    progress: Progress | None = None,
) -> AuditReport:
    """The attack of audit by readers who kept every release: first those of the tier, then those who hold all tiers.

    `cells` (exact) tells what did not change since; nothing else is taken from them, and nothing from the engine. The
    failures name versions of tables as History does; what the tier showed before and must be protected now fails as
    shown_in_an_earlier_release. What another tier shows is no failure of this one, nor held against it. The
    certificates are those of the last attack, and speak of its history.
    """
    own = [release for release in releases if release.tier == tier]
    report = _attack(protected, combine(cells, own, policy), policy, progress)
    if len(own) == len(releases):
        return report
    history = combine(cells, releases, policy)
    elsewhere = list_shown(history.past).select(ROW)
    listed = history.sensitive.join(elsewhere, on=ROW, how="anti")
    together = _attack(protected, replace(history, sensitive=listed), policy, progress)
    by_right = (pl.col("problem") == SENSITIVE_SHOWN) | (pl.col("problem") == SHOWN_BEFORE)
    others = together.failures.filter(~by_right).with_columns(attacker=pl.lit("all tiers: ") + pl.col("attacker"))
    failures = pl.concat([report.failures, others])
    return replace(together, passed=failures.is_empty(), failures=failures, tables=_count(together.tables, failures))


def _attack(protected: Protected, history: History, policy: Policy, progress: Progress | None) -> AuditReport:
    """The audit of all releases as one, with what only the past shows called so."""
    everything = replace(
        protected,
        cells=history.publish(protected.cells),
        structure=history.structure,
        sensitive=history.sensitive.select(*ROW, "nobody"),
    )
    report = audit(everything, history.policy, progress=progress)
    before = list_shown(history.past).select(ROW).join(list_shown(protected.cells), on=ROW, how="anti")
    failures = report.failures.join(before.with_columns(before=True), on=ROW, how="left", maintain_order="left")
    shown_before = (pl.col("problem") == SENSITIVE_SHOWN) & pl.col("before").fill_null(False)
    # What only an earlier version of a row showed is no longer anything this release could show or withhold.
    failures = failures.filter(~(shown_before & pl.col("table_id").str.contains("@")))
    problem = pl.when(shown_before).then(pl.lit(SHOWN_BEFORE)).otherwise("problem")
    failures = failures.with_columns(problem=problem).drop("before")
    return replace(report, passed=failures.is_empty(), failures=failures, tables=_count(report.tables, failures))


def _count(tables: pl.DataFrame, failures: pl.DataFrame) -> pl.DataFrame:
    counts = failures.group_by("table_id").agg(failures=pl.len().cast(pl.Int64))
    tables = tables.drop("failures").join(counts, on="table_id", how="left", maintain_order="left")
    tables = tables.with_columns(pl.col("failures").fill_null(0))
    return tables.with_columns(passed=pl.col("failures") == 0)


def _list_pattern(releases: Sequence[Release]) -> pl.DataFrame:
    """One row per statistic of a row the last of some releases withheld (each row's last): KEY, statistic."""
    rows = pl.concat([pl.DataFrame(schema={**dict.fromkeys(ROW, pl.String), "school_year": pl.Int64})])
    for release in releases:
        rows = rows.join(release.published, on=KEY, how="anti")
        said = release.published.select(*KEY, **{one: pl.col(f"{one}_status") for one in PUBLISHED})
        said = said.unpivot(index=KEY, variable_name="statistic", value_name="status")
        rows = pl.concat([rows, said.filter(pl.col("status") == WITHHELD).select(ROW)])
    return rows


def _mark_units(history: History, problem: Problem, withheld: pl.DataFrame) -> np.ndarray:
    """Boolean per unit: withheld before or by itself, or no longer a matter of choice, and what that implies."""
    rows = history.structure.quantities
    gone = problem.sensitive | history.settled
    gone[rows.join(withheld, on=ROW, how="semi")["quantity"].to_numpy()] = True
    hidden = np.zeros(len(problem.cost), dtype=bool)
    hidden[problem.unit[gone & ~problem.known]] = True
    close_implications(problem, hidden)
    return hidden


def _release(cells: pl.DataFrame, history: History, withheld: pl.DataFrame, policy: Policy) -> Protected:
    cells = check_cells(cells, policy)
    structure, _ = build_structure(cells, policy)
    sensitive = find_sensitive(cells, policy)
    # What was shown before and must be withheld now is withheld, though the past tells it.
    withheld = pl.concat([withheld, sensitive.select(ROW)])
    gone = np.zeros(structure.quantities["quantity"].max() + 1, dtype=bool)
    gone[structure.quantities.join(withheld, on=ROW, how="semi")["quantity"].to_numpy()] = True
    reasons = _explain(cells, structure, sensitive, gone)
    summary = reasons.group_by("table_id", "org_level", "statistic", "reason").agg(cells=pl.len()).sort(pl.all())
    return Protected(_withhold(cells, reasons, policy), structure, sensitive, reasons, summary, 0.0, policy.hash)
