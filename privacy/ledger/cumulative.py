"""Releases that come after others: protects the new one, and attacks it, as a reader would who kept all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from privacy.attack.auditing import Witness, audit
from privacy.attack.exhibits import Unknowns
from privacy.attack.outcome import AuditReport, conclude_audit
from privacy.attack.reuse import reuse
from privacy.certificates import Certificates
from privacy.checker import CheckReport, check
from privacy.district_proofs import DistrictProofs
from privacy.engine.complementary import Choice, choose_units, close_implications
from privacy.engine.intervals import widen
from privacy.engine.medians import MEDIAN
from privacy.engine.posing import RATE, list_statements, pose_problem
from privacy.engine.primary import find_sensitive, find_sensitive_derived
from privacy.engine.problem import UNBOUNDED, Problem
from privacy.engine.protection import compose_release
from privacy.engine.withstanding import withstand
from privacy.insiders import Insiders
from privacy.ledger.chain import Release
from privacy.ledger.history import History, combine, list_shown
from privacy.ledger.proposals import propose_correction
from privacy.ledger.translation import Found, translate
from privacy.policy import Policy
from privacy.release import PUBLISHED, WITHHELD, Progress, Protected
from privacy.structure import KEY, ROW, build_structure, check_cells

SHOWN_NOW, SHOWN_BEFORE = "sensitive_value_shown", "shown_in_an_earlier_release"


@dataclass(frozen=True)
class Past:
    """Exact cells about to be released to a tier, and all that binds them. Internal.

    - `cells`, `policy`, `tier`: the release at hand.
    - `own`: the history of those who kept everything the tier ever saw; `together`: of those who hold all tiers, None
      where other tiers saw none of it.
    - `pattern`: KEY, statistic of what the tier's last release of each row withheld.
    """

    cells: pl.DataFrame = field(repr=False)
    policy: Policy = field(repr=False)
    tier: str
    own: History = field(repr=False)
    together: History | None = field(repr=False)
    pattern: pl.DataFrame = field(repr=False)

    @property
    def histories(self) -> list[History]:
        """The histories of both, the less informed first."""
        return [self.own] + ([self.together] if self.together else [])

    def find_shown(self) -> pl.DataFrame:
        """One row per sensitive value the tier showed before, which nothing protects any more: KEY, statistic."""
        shown = list_shown(self.own.past).join(self.own.current, on=KEY, how="semi")
        return shown.join(self.own.sensitive, on=ROW, how="semi").select(ROW).sort(ROW)


def recall(cells: pl.DataFrame, policy: Policy, releases: Sequence[Release], tier: str) -> Past:
    """What binds exact `cells` about to be released to a tier after `releases` (of all tiers, first to last).

    Raises ValueError as check_cells and build_structure do.
    """
    cells = check_cells(cells, policy)
    own = [release for release in releases if release.tier == tier]
    together = combine(cells, releases, policy) if len(own) < len(releases) else None
    return Past(cells, policy, tier, combine(cells, own, policy), together, _list_pattern(cells, own))


def protect_after(
    past: Past, *, secret: bytes = b"", earlier: Found | None = None, progress: Progress | None = None
) -> Protected:
    """The tables as the tier may see them after all earlier releases.

    Holds against readers of the tier who kept everything, and against those who hold all tiers together; what another
    tier shows is known to the latter by right. So it does against districts that know their own numbers of all
    releases, if the policy has such attackers. Whatever the tier's last release withheld of these rows stays withheld.
    What cannot be protected any more because the tier itself showed it is withheld all the same; `Past.find_shown`
    names it. What two earlier releases together tell is as lost: the audit finds it. `earlier`: what the last audit
    found; only what it does not prove is looked at.
    """
    report = progress or (lambda stage, done, total: None)
    withheld = past.pattern
    for history in past.histories:
        problem = pose_after(history, secret)
        hidden = _mark_units(history, problem, withheld)
        if past.pattern.is_empty():
            hidden |= choose_units(problem)
        lacking, settled = problem.sensitive, problem.known
        if earlier:
            found = propose_correction(history, earlier.release, translate(earlier, history))
            found = found.keep_below(len(problem.truth))
            lacking = lacking & ~_find_proved(problem, hidden, found)
            if found.fixed is not None:
                # What hangs together with rows that are not at hand protects nothing here.
                settled = settled | np.isin(np.arange(len(settled)), found.fixed)
        if past.policy.insiders:
            choice = Choice(hidden, np.nan, 0.0, widen(problem, hidden, report).list_unprotected())
            districts = Insiders(history.structure, history.cells, problem.known)
            hidden = withstand(problem, choice, districts, report)[0].hidden
        elif lacking.any():
            widen(replace(problem, sensitive=lacking, known=settled), hidden, report)
        withheld = pl.concat([withheld, _list_withheld(history, problem, hidden)]).unique()
    return _release(past, withheld)


def pose_after(history: History, secret: bytes) -> Problem:
    """The engine's problem of the release at hand: what was shown is known, what it has no part in costs nothing.

    The units of statements are the last ones, as pose_problem has them.
    """
    problem = pose_problem(history.cells, history.structure, history.truth, history.sensitive, history.policy, secret)
    cost, lifted_by = problem.cost.copy(), problem.lifted_by.copy()
    cost[problem.unit[history.settled]] = 0
    before, own = (history.stated[name].to_numpy() for name in ("before", "own"))
    first = len(cost) - len(own)
    cost[first:][~own] = 0
    lifted_by[np.isin(lifted_by, first + np.flatnonzero(before))] = -1
    known = problem.known | history.shown
    return replace(problem, known=known, sensitive=problem.sensitive & ~known, cost=cost, lifted_by=lifted_by)


def audit_after(
    protected: Protected,
    past: Past,
    *,
    earlier: Found | None = None,
    progress: Progress | None = None,
    witness: Witness | None = None,
) -> AuditReport:
    """The attack of audit by readers who kept every release: first those of the tier, then those who hold all tiers.

    The exact cells behind `past` tell what did not change since; nothing else is taken from them, and nothing from the
    engine. Failures name versions of tables as History does; what the tier showed before and must be protected now
    fails as shown_in_an_earlier_release. What another tier shows is no failure of this one, nor held against it. The
    certificates are those of the last attack, and speak of its history; so does what the `witness` of audit is handed.
    `earlier` as for protect_after.
    """
    report = _attack(protected, past.own, earlier, progress, None if past.together else witness)
    if not past.together:
        return report
    history = past.together
    elsewhere = list_shown(history.past).select(ROW)
    listed = history.sensitive.join(elsewhere, on=ROW, how="anti")
    together = _attack(protected, replace(history, sensitive=listed), earlier, progress, witness)
    by_right = pl.col("problem").is_in([SHOWN_NOW, SHOWN_BEFORE])
    others = together.failures.filter(~by_right).with_columns(attacker=pl.lit("all tiers: ") + pl.col("attacker"))
    return conclude_audit(together, pl.concat([report.failures, others]))


def open_proofs(protected: Protected, past: Past) -> DistrictProofs | None:
    """The witness of audit_after that holds what it finds for districts against the checker; None without such."""
    history = past.histories[-1]
    published = history.publish(protected.cells)
    return DistrictProofs(published, history.structure, _list_due(past), past.policy) if past.policy.insiders else None


def check_after(
    protected: Protected,
    past: Past,
    certificates: Certificates,
    *,
    lost: pl.DataFrame | None = None,
    proofs: DistrictProofs | None = None,
) -> CheckReport:
    """Whether the certificates of audit_after prove every quantity that must be protected, by additions alone.

    lost: KEY, statistic of what need not be. proofs: the witness of that audit; its faults are faults of this check.
    """
    history = past.histories[-1]
    published = history.publish(protected.cells)
    own = certificates.keep_below(len(history.truth))
    checked = check(published, history.structure, own, history.policy, sensitive=_list_due(past), lost=lost)
    faults = pl.concat([checked.faults, proofs.list_faults(lost)]) if proofs else checked.faults
    return replace(checked, passed=faults.is_empty(), faults=faults)


def _list_due(past: Past) -> pl.DataFrame:
    """What must be protected in the last of the histories, as History has it; what another tier shows is none of it."""
    sensitive = past.histories[-1].sensitive
    return sensitive.join(list_shown(past.together.past), on=ROW, how="anti") if past.together else sensitive


def _attack(
    protected: Protected,
    history: History,
    earlier: Found | None,
    progress: Progress | None,
    witness: Witness | None,
) -> AuditReport:
    """The audit of all releases as one, with what only the past shows called so."""
    everything = replace(
        protected,
        cells=history.publish(protected.cells),
        structure=history.structure,
        sensitive=history.sensitive.drop("reason"),
    )
    certificates = translate(earlier, history) if earlier else None
    exact = history.cells if history.policy.insiders else None
    report = audit(everything, history.policy, progress=progress, earlier=certificates, exact=exact, witness=witness)
    before = list_shown(history.past).select(ROW).join(list_shown(protected.cells), on=ROW, how="anti")
    failures = report.failures.join(before.with_columns(before=True), on=ROW, how="left", maintain_order="left")
    shown_before = (pl.col("problem") == SHOWN_NOW) & pl.col("before").fill_null(False)
    # What only an earlier version of a row showed is no longer anything this release could show or withhold.
    failures = failures.filter(~(shown_before & pl.col("table_id").str.contains("@")))
    problem = pl.when(shown_before).then(pl.lit(SHOWN_BEFORE)).otherwise("problem")
    return conclude_audit(report, failures.with_columns(problem=problem).drop("before"))


def _list_pattern(cells: pl.DataFrame, releases: Sequence[Release]) -> pl.DataFrame:
    """One row per statistic of a row the last of some releases withheld (each row's last): KEY, statistic."""
    rows = cells.select(*KEY, statistic=pl.lit("")).clear()
    left = cells.select(KEY)
    for release in reversed(releases):
        if left.is_empty():
            break
        said = release.published.join(left, on=KEY, how="semi")
        left = left.join(said, on=KEY, how="anti")
        said = said.select(
            *KEY, **{one: f"{one}_status" for one in (*PUBLISHED, RATE, MEDIAN) if f"{one}_status" in said.columns}
        )
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
    stated = history.stated.join(withheld.with_columns(gone=pl.lit(True)), on=ROW, how="left", maintain_order="left")
    lifted = stated.select((pl.col("gone").fill_null(False) | ~pl.col("own")) & ~pl.col("before")).to_series()
    hidden[len(hidden) - stated.height :] |= lifted.to_numpy()
    close_implications(problem, hidden)
    return hidden


def _list_withheld(history: History, problem: Problem, hidden: np.ndarray) -> pl.DataFrame:
    """One row per statistic of the release at hand (a rate or median is one) that is withheld: KEY, statistic."""
    rows, stated = history.structure.quantities, history.stated
    gone = (hidden[problem.unit] & ~problem.known)[rows["quantity"].to_numpy()]
    lifted = hidden[len(hidden) - stated.height :]
    found = [
        rows.filter(pl.Series(gone, dtype=pl.Boolean)).select(ROW),
        stated.filter(pl.Series(lifted, dtype=pl.Boolean)).select(ROW),
    ]
    return pl.concat(found).join(history.current, on=KEY, how="semi")


def _find_proved(problem: Problem, hidden: np.ndarray, certificates: Certificates) -> np.ndarray:
    """Boolean per quantity: what the last audit found still shows all values it needs, with this much withheld."""
    places = np.flatnonzero(hidden[problem.unit] & ~problem.known)
    fixed = problem.truth.copy()
    fixed[places] = 0
    sums, lifted = problem.matrix @ fixed, problem.lifted(hidden)
    low = np.where((problem.low > -UNBOUNDED) & ~lifted, problem.low - sums, -np.inf)
    high = np.where((problem.high < UNBOUNDED) & ~lifted, problem.high - sums, np.inf)
    most = np.where(problem.ceiling < UNBOUNDED, problem.ceiling, np.inf)[places]
    unknowns = Unknowns(problem.matrix[:, places], low, high, problem.floor[places].astype(float), most)
    required = np.where(problem.sensitive[places], problem.candidates, 0)
    found = reuse(unknowns, places, certificates, required, problem.width[places], problem.block[places])
    proved = np.zeros(len(problem.truth), dtype=bool)
    proved[places] = ~found.open
    return proved


def _release(past: Past, withheld: pl.DataFrame) -> Protected:
    """The release that withholds some statistics, and all that is sensitive even where the past tells it."""
    cells, policy = past.cells, past.policy
    structure, truth = past.own.alone or build_structure(cells, policy)
    sensitive = pl.concat([find_sensitive(cells, policy), find_sensitive_derived(structure, truth, policy)])
    rows = structure.quantities.join(pl.concat([withheld, sensitive.select(ROW)]), on=ROW, how="semi")
    gone = np.zeros(len(truth), dtype=bool)
    gone[rows["quantity"].to_numpy()] = True
    stated = list_statements(cells, structure, policy)
    stated = stated.join(withheld.with_columns(lifted=pl.lit(True)), on=ROW, how="left", maintain_order="left")
    stated = stated.with_columns(pl.col("lifted").fill_null(False))
    return compose_release(cells, structure, sensitive, gone, stated, policy, 0.0)
