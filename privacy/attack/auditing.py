"""The second door: attacks what is about to be published, as a reader would, and says whether it holds.

It reads the published tables, the relations between them and the list of what must be protected; neither the truth nor
anything the engine believes.
"""

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import polars as pl

from privacy.attack.insider_views import list_views
from privacy.attack.outcome import FAILURE_SCHEMA, AuditReport, conclude_audit
from privacy.attack.reading import (
    bound_numerators,
    count_students,
    list_published,
    read_rates,
    relate_numerators,
    with_rates,
)
from privacy.attack.recovery import attack_system
from privacy.attack.verdicts import EXPOSED, SAFE
from privacy.certificates import Certificates
from privacy.knowledge import bound_quantities
from privacy.medians import add_medians, find_median_faults
from privacy.policy import Attacker, Policy
from privacy.release import PUBLISHED, RATES, TOLD, Progress, Protected
from privacy.structure import KEY, ROW, Structure

SHOWN, BROKEN_SUM, LEFT_IN = "sensitive_value_shown", "sum_is_wrong", "value_of_a_withheld_cell"
WRONG_RATE, UNPROTECTED = "rate_is_wrong", "unprotected"
# (district, its own withheld numbers, ROW of all others, what was found of those) -> nothing
Witness = Callable[[str, pl.DataFrame, pl.DataFrame, Certificates], None]


def audit(
    protected: Protected,
    policy: Policy,
    *,
    progress: Progress | None = None,
    earlier: Certificates | None = None,
    exact: pl.DataFrame | None = None,
    witness: Witness | None = None,
) -> AuditReport:
    """The outcome of every attacker of the policy trying to recover every withheld quantity that must be protected.

    Besides, every shown value is held against the policy's thresholds, sums of shown values must be right, and a
    withheld quantity nobody listed as sensitive must not turn out both recoverable and small.
    `earlier`: certificates in the numbers of this structure; what they still prove is not attacked anew.
    `exact`: the exact cells; for an attacker with `knows_own_district` those of one district at a time are put in, and
    nothing else is taken from them. Raises ValueError if there is such an attacker and they are missing or incomplete.
    `witness`: is handed what was found from the view of every such district: its org_id; KEY, statistic, published of
    withheld numbers it knows; KEY, statistic of what is not its own; the certificates.
    """
    report = progress or (lambda stage, done, total: None)
    if policy.insiders and exact is None:
        names = ", ".join(one.name for one in policy.insiders)
        raise ValueError(f"attackers who know their own district ({names}) need the exact cells to be audited")
    students = _misplaced_students(protected.cells, policy)
    protected = dataclasses.replace(protected, cells=count_students(protected.cells, policy))
    values = list_published(protected.cells, protected.structure)
    failures = [_shown_but_sensitive(values, protected, policy), _left_in(protected)]
    failures.append(_wrong_rates(values, protected, policy))
    failures.append(students)
    for problem, rows in find_median_faults(protected.cells, protected.structure, policy):
        failures.append(_fail(rows.with_columns(statistic=pl.lit("median")), problem))
    failures.append(_fail(protected.unprotected, UNPROTECTED))
    attack = partial(_attack, protected=protected, policy=policy, report=report)
    found, named, certificates = _attack_in_turn(
        partial(attack, earlier=earlier), values, values, policy, policy.attackers
    )
    failures.append(named)
    for district, view, others in list_views(values, protected, policy, exact) if policy.insiders else ():
        # What the attack from outside showed is held against the district's view; only the rest is attacked anew.
        left = others.join(found, on=ROW, how="anti", maintain_order="left")
        again = partial(attack, earlier=certificates)
        _, named, evidence = _attack_in_turn(again, view, left, policy, policy.insiders)
        failures.append(named.with_columns(attacker=pl.col("attacker") + f" ({district})"))
        if witness:
            told = view.filter(pl.col("published").is_not_null(), pl.Series(values["published"].is_null()))
            witness(district, told.select(*ROW, "published"), others.select(ROW), evidence)
    failures = pl.concat(failures).unique(maintain_order=True).sort(*ROW, "problem", "attacker")
    checked = (
        values.join(protected.sensitive, on=ROW, how="semi").group_by("table_id").agg(checked=pl.len().cast(pl.Int64))
    )
    tables = protected.cells.select("table_id").unique().sort("table_id")
    tables = tables.join(checked, on="table_id", how="left", maintain_order="left")
    tables = tables.select("table_id", passed=True, checked=pl.col("checked").fill_null(0), failures=0)
    return conclude_audit(AuditReport(True, tables, failures.clear(), certificates), failures)


def _fail(rows: pl.DataFrame, problem: str, attacker: str | None = None, candidates: str | None = None) -> pl.DataFrame:
    return rows.select(
        *KEY,
        "statistic",
        attacker=pl.lit(attacker, pl.String),
        problem=pl.lit(problem),
        candidates=pl.col(candidates) if candidates else pl.lit(None, pl.Int64),
    ).cast(FAILURE_SCHEMA)


def _is_small(policy: Policy, value: str) -> pl.Expr:
    """Whether a value would be sensitive by the policy's thresholds, for rows with table_id, statistic and `whole`."""
    small = pl.lit(False)
    for table, rules in policy.tables.items():
        limits = rules.thresholds
        people = ["student_count", "denominator"] if rules.kind != "magnitude" else []
        few = pl.col("statistic").is_in(people) & pl.col(value).is_between(1, limits.persons - 1)
        if rules.kind == "rate":
            for statistic, limit in (("numerator", limits.numerator), ("complement", limits.complement)):
                tiny = (pl.col(value) >= 1) & (pl.col(value) < limit)
                if rules.zero_is_sensitive:
                    tiny = tiny | ((pl.col(value) == 0) & (pl.col("whole").is_null() | (pl.col("whole") > 0)))
                few = few | ((pl.col("statistic") == statistic) & tiny)
        small = small | ((pl.col("table_id") == table) & few)
    for link in policy.links:
        if link.derived:
            few = pl.col(value).is_between(1, link.derived.threshold - 1)
            small = small | ((pl.col("table_id") == link.name) & few)
    return small


def _with_whole(values: pl.DataFrame, protected: Protected) -> pl.DataFrame:
    """Adds `whole`: the denominator of the row if it is shown."""
    wholes = protected.cells.select(*KEY, whole="denominator")
    return values.join(wholes, on=KEY, how="left", maintain_order="left")


def _shown_but_sensitive(values: pl.DataFrame, protected: Protected, policy: Policy) -> pl.DataFrame:
    """Values that are shown although the policy or the list of sensitive quantities says they must not be."""
    shown = _with_whole(values.filter(pl.col("published").is_not_null()), protected)
    listed = shown.join(protected.sensitive, on=ROW, how="semi")
    return _fail(pl.concat([shown.filter(_is_small(policy, "published")), listed]).unique(maintain_order=True), SHOWN)


def _left_in(protected: Protected) -> pl.DataFrame:
    """Cells whose status says withheld and that still hold a value."""
    cells = with_rates(protected.cells)
    found = [
        cells.filter(pl.col(f"{statistic}_status") != "shown", pl.col(statistic).is_not_null()).with_columns(
            statistic=pl.lit(statistic)
        )
        for statistic in PUBLISHED
    ]
    untold = ~pl.col("rate_status").is_in(TOLD) & pl.any_horizontal(pl.col(RATES).is_not_null())
    found.append(cells.filter(untold).with_columns(statistic=pl.lit("numerator")))
    return _fail(pl.concat(found), LEFT_IN)


def _misplaced_students(cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Students of a rate other than its denominator, and persons behind a magnitude, which nobody is to know."""
    kinds = {table: rules.kind for table, rules in policy.tables.items()}
    kind, students = pl.col("table_id").replace_strict(kinds, return_dtype=pl.String), pl.col("student_count")
    two = cells.filter(kind.is_in(["rate", "mean"]), students != pl.col("denominator"))
    behind = cells.filter(kind == "magnitude", students.is_not_null())
    told = [(two, BROKEN_SUM), (behind, LEFT_IN)]
    return pl.concat([_fail(rows.with_columns(statistic=pl.lit("student_count")), why) for rows, why in told])


def _wrong_rates(values: pl.DataFrame, protected: Protected, policy: Policy) -> pl.DataFrame:
    """Rates whose label and bounds say different things, or that no numerator, or not the shown one, can have."""
    read = read_rates(protected.cells, values, policy)
    left = read.join(bound_numerators(read), left_on="number", right_on="quantity", how="left", suffix="_left")
    least, most = pl.col("low_left"), pl.col("high_left")
    impossible = (least > most) | ~pl.col("numerator").is_between(least, most)
    wrong = left.filter(~pl.col("agrees") | impossible.fill_null(False))
    return _fail(wrong.with_columns(statistic=pl.lit("numerator")), WRONG_RATE)


def _attack_in_turn(
    attack: Callable[..., tuple[pl.DataFrame, Certificates]],
    values: pl.DataFrame,
    suspects: pl.DataFrame,
    policy: Policy,
    singly: Sequence[Attacker],
) -> tuple[pl.DataFrame, pl.DataFrame, Certificates]:
    """What falls to all attackers together, the same by the name of whoever brings it about, and the certificates."""
    found, certificates = attack(values, suspects, attackers=policy.attackers, whole=True)
    broken = found.filter(pl.col("problem") == BROKEN_SUM)
    suspects = suspects.join(found.filter(pl.col("problem") != BROKEN_SUM), on=ROW, how="semi")
    # Whoever knows less recovers no more. What falls to none of them alone falls to all of them together.
    alone = [attack(values, suspects, attackers=[one])[0] for one in singly if len(suspects)]
    jointly = found.join(pl.concat([found.clear(), *alone]), on=ROW, how="anti")
    return found, pl.concat([broken, *alone, jointly]), certificates


def _attack(
    values: pl.DataFrame,
    suspects: pl.DataFrame,
    *,
    protected: Protected,
    policy: Policy,
    attackers: Sequence[Attacker],
    report: Progress,
    earlier: Certificates | None,
    whole: bool = False,
) -> tuple[pl.DataFrame, Certificates]:
    """The failures attackers who work together bring about among the suspects, and the certificates of what holds.

    whole: their base holds a table of everything withheld, not only of what hangs together with a suspect.
    """
    name = " and ".join(attacker.name for attacker in attackers)
    listed = suspects.join(protected.sensitive, on=ROW, how="semi")
    width = _required_width(policy)
    asked = (
        pl.concat(
            [
                listed.select("quantity", required=pl.lit(policy.required_candidates), width=width),
                # Whatever else is withheld must not be recoverable and small: two possible values are enough to
                # settle that.
                suspects.filter(pl.col("published").is_null()).select(
                    "quantity", required=pl.lit(2), width=pl.lit(0.0)
                ),
                values.filter(whole, pl.col("published").is_null()).select(
                    "quantity", required=pl.lit(1), width=pl.lit(0.0)
                ),
            ]
        )
        .group_by("quantity", maintain_order=True)
        .agg(pl.col("required", "width").max())
    )
    bounds = bound_quantities(protected.structure.quantities, protected.sensitive, policy, attackers)
    system = _list_system(values, bounds, protected.cells, protected.structure, policy)
    verdicts, wrong, evidence = attack_system(*system, asked, progress=report, earlier=earlier)
    bad = verdicts.filter(pl.col("verdict") != SAFE)
    in_doubt = bad.join(listed.select("quantity").unique(), on="quantity", how="anti").filter(
        pl.col("verdict") == EXPOSED
    )
    unlisted = _with_whole(suspects.join(in_doubt, on="quantity", how="inner", maintain_order="left"), protected)
    hit = listed.join(bad, on="quantity", how="inner", maintain_order="left")
    failures = pl.concat(
        [
            *(
                _fail(hit.filter(pl.col("verdict") == kind), kind, name, "exhibited")
                for kind in ("exposed", "unproved")
            ),
            _fail(unlisted.filter(_is_small(policy, "lowest")), EXPOSED, name, "exhibited"),
            _fail(_rows_of(values, system[2], wrong), BROKEN_SUM),
        ]
    )
    kept = pl.col("quantity").is_in(listed["quantity"].unique().implode())
    return failures, dataclasses.replace(evidence, claims=evidence.claims.filter(kept))


def _required_width(policy: Policy) -> pl.Expr:
    magnitudes, means = (
        [table for table, rules in policy.tables.items() if rules.kind == kind] for kind in ("magnitude", "mean")
    )
    scores = pl.col("table_id").is_in(means) & (pl.col("statistic") == "numerator")
    wide = pl.col("table_id").is_in(magnitudes) | scores
    return pl.when(wide).then(policy.required_width_percent / 100).otherwise(0.0)


def _list_system(
    values: pl.DataFrame, bounds: pl.DataFrame, cells: pl.DataFrame, structure: Structure, policy: Policy
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Quantities, relations and terms as attack_system takes them: the structure, and what published rates add."""
    read = read_rates(cells, values, policy)
    told = pl.concat([bounds, bound_numerators(read)]).group_by("quantity")
    told = told.agg(pl.col("low").max(), pl.col("high").min())
    found = values.group_by("quantity").agg(published=pl.col("published").max(), group=pl.col("district").first())
    relations, terms = add_medians(structure, cells, policy)
    rates = relate_numerators(read, relations.height)
    found = found.join(told, on="quantity", how="left").sort("quantity")
    return found, pl.concat([relations, rates[0]]), pl.concat([terms, rates[1]])


def certify(
    published: pl.DataFrame, structure: Structure, policy: Policy, *, progress: Progress | None = None
) -> Certificates:
    """Certificates for every withheld quantity that keeps the required values, from published cells alone.

    They neither depend on the truth nor on which quantities are sensitive, so they may stand beside the release, if
    the structure (whose residuals they contain) may. What is withheld but keeps fewer values is not claimed.
    """
    values = list_published(published, structure)
    asked = values.filter(pl.col("published").is_null()).group_by("quantity").agg(width=_required_width(policy).max())
    asked = asked.sort("quantity").with_columns(required=pl.lit(policy.required_candidates))
    bounds = bound_quantities(structure.quantities, None, policy, policy.attackers)
    system = _list_system(values, bounds, published, structure, policy)
    found = attack_system(*system, asked, progress=progress)[2]
    return dataclasses.replace(found, leaks=found.leaks.clear())


def _rows_of(values: pl.DataFrame, terms: pl.DataFrame, relations: np.ndarray) -> pl.DataFrame:
    """One row per relation given: the cell that stands for its sum; all cells of it where none does."""
    whole = terms.filter(
        pl.col("relation").is_in(pl.Series(relations, dtype=pl.Int64).implode()),
        (pl.col("coefficient") < 0) | (pl.col("coefficient").min().over("relation") > 0),
    )
    return values.join(whole.select("quantity").unique(), on="quantity", how="semi", maintain_order="left")
