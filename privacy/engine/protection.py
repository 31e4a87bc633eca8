"""The first door: decides what of a set of tables is published, and gives them back as the public may see them."""

from dataclasses import replace

import numpy as np
import polars as pl

from privacy.engine.coding import STATEMENT, state_rates
from privacy.engine.complementary import Choice
from privacy.engine.intervals import choose_safely
from privacy.engine.medians import choose_medians
from privacy.engine.minimality import FEW, outlast_replay
from privacy.engine.posing import RATE, list_statements, pose_problem, refill
from privacy.engine.primary import REASONS, find_sensitive, find_sensitive_derived
from privacy.engine.problem import UNBOUNDED, Problem
from privacy.engine.withstanding import withstand
from privacy.insiders import Insiders
from privacy.knowledge import bound_quantities
from privacy.policy import Attacker, Policy
from privacy.release import BANDED, NOT_PUBLISHED, PUBLISHED, RATES, SHOWN, WITHHELD, Bound, Progress, Protected
from privacy.structure import KEY, ROW, Structure, build_structure, check_cells

INFORMED = Attacker(name="repeats the choice", tells_symbols_apart=True)  # what repeating it may tell him

UNPROTECTED = "too few values are possible, even with everything around it withheld"
UNPROTECTED_INSIDE = "too few values are possible for a district that knows its own numbers: {}"


def protect(cells: pl.DataFrame, policy: Policy, *, secret: bytes = b"", progress: Progress | None = None) -> Protected:
    """The tables of exact `cells` (see docs/disclosure.md for columns) as the policy lets them be published.

    All tables are protected together: what one shows counts against the others. `progress` is called with (stage, done,
    total). The result does not depend on the order of rows. `secret` breaks ties between equally good sets, so that
    nobody without it can repeat the choice; the same input and secret give the same release. Raises ValueError (counts
    and column names only) for cells that are not what they should be. What withholding everything around it does not
    protect is listed in `unprotected`; the audit fails then.
    """
    report = progress or (lambda stage, done, total: None)
    cells = check_cells(cells, policy)
    structure, truth = build_structure(cells, policy)
    sensitive = _find_all(cells, structure, truth, policy)
    problem = pose_problem(cells, structure, truth, sensitive, policy, secret)
    choice, exposed = choose_safely(problem, report), {}
    if len(truth) <= FEW:
        choice = _repeat(problem, choice, cells, structure, sensitive, policy, secret, report)
    if policy.insiders:
        choice, exposed = withstand(problem, choice, Insiders(structure, cells, problem.known), report)
    hidden = choice.hidden
    stated = list_statements(cells, structure, policy)
    stated = stated.with_columns(lifted=pl.Series(hidden[len(hidden) - stated.height :], dtype=pl.Boolean))
    withheld = hidden[problem.unit] & ~problem.known
    release = compose_release(cells, structure, sensitive, withheld, stated, policy, choice.cost)
    unprotected = [name_unprotected(structure, sensitive, choice.unprotected, UNPROTECTED)]
    for district, found in exposed.items():
        unprotected.append(name_unprotected(structure, sensitive, found, UNPROTECTED_INSIDE.format(district)))
    unprotected = pl.concat(unprotected).unique(ROW, keep="first", maintain_order=True)
    return replace(release, unprotected=unprotected, bound=Bound(choice.lower_bound, choice.gap))


def _repeat(
    problem: Problem,
    choice: Choice,
    cells: pl.DataFrame,
    structure: Structure,
    sensitive: pl.DataFrame,
    policy: Policy,
    secret: bytes,
    report: Progress,
) -> Choice:
    """The choice, with what it takes to outlast its being repeated for other tables."""

    def pose(values: np.ndarray) -> Problem:
        other = refill(cells, structure, values, policy)
        return pose_problem(other, structure, values, _find_all(other, structure, values, policy), policy, secret)

    bounds = bound_quantities(structure.quantities, sensitive, policy, [*policy.attackers, INFORMED])
    informed = bounds["low"].to_numpy(), bounds["high"].fill_null(UNBOUNDED).to_numpy()
    return outlast_replay(problem, choice, pose, informed, report)


def _find_all(cells: pl.DataFrame, structure: Structure, truth: np.ndarray, policy: Policy) -> pl.DataFrame:
    return pl.concat([find_sensitive(cells, policy), find_sensitive_derived(structure, truth, policy)])


def compose_release(
    cells: pl.DataFrame,
    structure: Structure,
    sensitive: pl.DataFrame,
    withheld: np.ndarray,
    stated: pl.DataFrame,
    policy: Policy,
    cost: float,
) -> Protected:
    """The release of checked cells, once it is decided what is withheld (boolean per quantity) and what is lifted.

    stated: what list_statements gives, and lifted (boolean).
    """
    reasons = _explain(cells, structure, sensitive, withheld)
    summary = reasons.group_by("table_id", "org_level", "statistic", "reason").agg(cells=pl.len()).sort(pl.all())
    published = _withhold(cells, reasons, policy, stated.filter(pl.col("statistic") == RATE))
    if any(rules.median for rules in policy.tables.values()):
        no_size = reasons.filter(pl.col("statistic") == "denominator").select(KEY)
        published = _add_medians(published, choose_medians(cells, structure, stated, no_size, policy))
    return Protected(published, structure, sensitive, reasons, summary, cost, policy.hash)


def name_unprotected(structure: Structure, sensitive: pl.DataFrame, quantities: np.ndarray, why: str) -> pl.DataFrame:
    """One row per sensitive statistic of a cell among some quantities: KEY, statistic, why."""
    rows = structure.quantities.filter(pl.col("quantity").is_in(pl.Series(quantities, dtype=pl.Int64).implode()))
    rows = rows.join(sensitive, on=ROW, how="semi", maintain_order="left")
    return rows.select(*ROW, why=pl.lit(why))


def _explain(cells: pl.DataFrame, structure: Structure, sensitive: pl.DataFrame, withheld: np.ndarray) -> pl.DataFrame:
    """One row per withheld cell and statistic, with the first reason that applies."""
    rows = structure.quantities.filter(pl.Series(withheld[structure.quantities["quantity"].to_numpy()]))
    rows = rows.join(sensitive, on=ROW, how="left", maintain_order="left")
    rows = rows.join(cells.select(*KEY, "org_level"), on=KEY, how="inner", maintain_order="left")
    reason = pl.col("reason").fill_null("complementary").cast(pl.Enum(REASONS))
    return rows.select(*KEY, "org_level", "statistic", reason)


def _choose_rates(cells: pl.DataFrame, reasons: pl.DataFrame, stated: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row per row of somebody, of the tables that publish rates: KEY, RATES and rate_status.

    Exact where numerator and denominator may be told; else the statement that stands although they may not.
    """
    rows = state_rates(cells, policy)
    for statistic in ("numerator", "denominator"):
        gone = reasons.filter(pl.col("statistic") == statistic).select(*KEY, pl.lit(True).alias(f"no_{statistic}"))
        rows = rows.join(gone, on=KEY, how="left", maintain_order="left")
    lifted = stated.select(*KEY, "lifted")
    rows = rows.join(lifted, on=KEY, how="left", maintain_order="left")
    rows = rows.with_columns(
        pl.col("no_numerator", "no_denominator").fill_null(False), pl.col("lifted").fill_null(True)
    )
    coded = {table: rules.coding is not None for table, rules in policy.tables.items()}
    always = {table: rules.coding is not None and rules.publish != "counts" for table, rules in policy.tables.items()}
    coded, always = (pl.col("table_id").replace_strict(one, return_dtype=pl.Boolean) for one in (coded, always))
    stands = pl.col("rate_label").is_not_null() & ~pl.col("lifted") & ~pl.col("no_denominator")
    exact = ~always & ~pl.col("no_numerator") & ~pl.col("no_denominator")
    banded = pl.when(stands & coded).then(pl.lit(BANDED)).when(stands).then(pl.lit(SHOWN)).otherwise(pl.lit(WITHHELD))
    told = [
        pl.when(exact).then(plain).when(stands).then(one).alias(one)
        for plain, one in zip(("plain_low", "plain_high", "plain_label"), STATEMENT, strict=True)
    ]
    return rows.select(*KEY, *told, rate_status=pl.when(exact).then(pl.lit(SHOWN)).otherwise(banded))


def _withhold(
    cells: pl.DataFrame, reasons: pl.DataFrame, policy: Policy, stated: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The cells without the values of withheld statistics, and the status of each.

    stated: KEY, lifted of the rates that may stand although the numerator may not be told; without it none does.
    """
    rules, exact = policy.tables, cells
    kind = pl.col("table_id").replace_strict({t: p.kind for t, p in rules.items()}, return_dtype=pl.String)
    # The student count of a rate is its denominator; that of a magnitude only tells how many persons stand behind it.
    same = {"student_count": kind.is_in(["rate", "mean"])}
    # Nobody is in an empty group, and everybody may know.
    empty = kind.is_in(["rate", "mean"]) & (pl.col("student_count") == 0)
    for statistic in PUBLISHED:
        keys = reasons.filter(pl.col("statistic") == statistic).select(*KEY, pl.lit(True).alias(f"_{statistic}"))
        cells = cells.join(keys, on=KEY, how="left", maintain_order="left")
    for statistic in PUBLISHED:
        withheld = pl.col(f"_{statistic}").fill_null(False)
        if statistic in same:
            withheld = pl.when(same[statistic]).then(pl.col("_denominator").fill_null(False)).otherwise(withheld)
        told = {table: statistic in one.published for table, one in rules.items()}
        told = empty | pl.col("table_id").replace_strict(told, return_dtype=pl.Boolean)
        status = pl.when(~told).then(pl.lit(NOT_PUBLISHED)).when(withheld).then(pl.lit(WITHHELD))
        cells = cells.with_columns(status.otherwise(pl.lit(SHOWN)).alias(f"{statistic}_status"))
    # A rate of nobody has no numerator, or zero: published alike, so that the two cannot be told apart.
    cells = cells.with_columns(
        pl.when(pl.col(f"{statistic}_status") == SHOWN).then(pl.col(statistic).fill_null(0)).alias(statistic)
        for statistic in PUBLISHED
    )
    if not any(one.publishes_rates for one in rules.values()):
        return _order(cells, PUBLISHED)
    stating = pl.col("table_id").is_in([table for table, one in rules.items() if one.publishes_rates])
    otherwise = pl.when(stating).then(pl.lit(SHOWN)).otherwise(pl.lit(NOT_PUBLISHED))
    if stated is None:
        stated = cells.head(0).select(KEY).with_columns(lifted=pl.lit(True))
    rates = _choose_rates(exact, reasons, stated, policy)
    cells = cells.join(rates, on=KEY, how="left", maintain_order="left").with_columns(
        pl.col("rate_status").fill_null(otherwise)
    )
    return _order(cells, (*PUBLISHED, "rate"))


def _add_medians(cells: pl.DataFrame, medians: pl.DataFrame) -> pl.DataFrame:
    """The published cells with the medians before the status of the row, which is withheld if its median is."""
    cells = cells.join(medians, on=KEY, how="left", maintain_order="left")
    cells = cells.with_columns(pl.col("median_status").fill_null(NOT_PUBLISHED))
    gone = pl.when(pl.col("median_status") == WITHHELD).then(pl.lit(WITHHELD)).otherwise("status")
    return cells.with_columns(status=gone).select(pl.exclude("status"), "status")


def _order(cells: pl.DataFrame, statistics: tuple[str, ...]) -> pl.DataFrame:
    """The columns of published cells in their order, with the status of the row."""
    statuses = [f"{statistic}_status" for statistic in statistics]
    cells = cells.with_columns(
        status=pl.when(pl.any_horizontal(pl.col(statuses) == WITHHELD)).then(pl.lit(WITHHELD)).otherwise(pl.lit(SHOWN))
    )
    rates = RATES if "rate" in statistics else ()
    return cells.select(*KEY, "org_level", "parent_org_id", *PUBLISHED, *rates, *statuses, "status")
