"""Poses the engine's problem: what of a set of tables may be withheld together, and what that costs."""

import hashlib

import numpy as np
import polars as pl
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from privacy.engine.coding import state_rates
from privacy.engine.medians import MEDIAN, pose_medians, state_medians
from privacy.engine.problem import UNBOUNDED, Problem
from privacy.knowledge import bound_quantities
from privacy.policy import Policy
from privacy.structure import KEY, ROW, Structure

RATE = "rate"
BAND = 0.3  # what a band is worth, as a part of the number it stands for


def pose_problem(
    cells: pl.DataFrame,
    structure: Structure,
    truth: np.ndarray,
    sensitive: pl.DataFrame,
    policy: Policy,
    secret: bytes,
) -> Problem:
    """The problem of publishing checked cells under a policy, ties broken under a secret."""
    rows = _describe_quantities(cells, structure, policy, secret)
    n = len(truth)
    quantity = rows["quantity"].to_numpy()
    unit_of_row, unit = _merge_units(rows["unit_label"].to_numpy(), quantity, n)
    matrix = _matrix(structure, n)
    known = np.ones(n, dtype=bool)
    known_row = (truth[quantity] == 0) & (rows["zero_is_shown"] | (rows["whole"] == 0)).to_numpy()
    np.logical_and.at(known, quantity, known_row)
    if known.any() and not known[quantity[known_row]].all():
        raise ValueError("same_as: a number that is always shown in one table may be withheld in the other")
    bounds = bound_quantities(structure.quantities, sensitive, policy, policy.attackers)
    block = np.full(n, -1, dtype=np.int64)
    np.maximum.at(block, quantity, rows["block"].to_numpy())
    is_sensitive = np.zeros(n, dtype=bool)
    marked = rows.join(sensitive, on=ROW, how="semi")
    is_sensitive[marked["quantity"].to_numpy()] = True
    width = np.zeros(n)
    wide = (pl.col("kind") == "magnitude") | ((pl.col("kind") == "mean") & (pl.col("statistic") == "numerator"))
    magnitudes = rows.filter(wide)["quantity"].to_numpy()
    width[magnitudes] = policy.required_width_percent / 100
    cost = np.zeros(unit.max(initial=-1) + 1)
    np.maximum.at(cost, unit_of_row, rows["cost"].to_numpy())
    stated = list_statements(cells, structure, policy)
    own_unit = len(cost) + np.arange(stated.height)
    of_size = np.stack([unit[stated["size"].to_numpy()], own_unit], axis=1)
    rates, medians = (stated.filter(pl.col("statistic") == one) for one in (RATE, MEDIAN))
    says = sparse.csr_matrix(
        (np.ones(rates.height, np.int64), (np.arange(rates.height), rates["number"])), (rates.height, n)
    )
    middle, least, most = pose_medians(medians, structure, policy, truth)
    low, high = (
        structure.relations[side].fill_null(bound).to_numpy()
        for side, bound in (("low", -UNBOUNDED), ("high", UNBOUNDED))
    )
    return Problem(
        sparse.vstack([matrix, says, middle], format="csr"),
        np.concatenate([low, rates["least"].to_numpy(), least]),
        np.concatenate([high, rates["most"].to_numpy(), most]),
        np.concatenate([np.full(len(low), -1), own_unit[: rates.height], np.repeat(own_unit[rates.height :], 2)]),
        truth,
        bounds["low"].to_numpy(),
        bounds["high"].fill_null(UNBOUNDED).to_numpy(),
        known,
        unit,
        block,
        is_sensitive,
        width,
        np.concatenate([cost, _cost_statements(stated, rows, policy)]),
        np.concatenate([_implications(rows, unit_of_row, known[quantity]), of_size]),
        policy.required_candidates,
        _list_unpublished(rows, unit_of_row, policy),
    )


def refill(cells: pl.DataFrame, structure: Structure, values: np.ndarray, policy: Policy) -> pl.DataFrame:
    """The cells with other values of the structure's quantities (whole numbers, by quantity).

    The persons behind a magnitude are no quantity and stay as they are.
    """
    own = structure.quantities.with_columns(value=pl.Series(values[structure.quantities["quantity"].to_numpy()]))
    for statistic in ("student_count", "numerator", "denominator"):
        rows = own.filter(pl.col("statistic") == statistic).select(*KEY, "value")
        cells = cells.join(rows, on=KEY, how="left", maintain_order="left")
        cells = cells.with_columns(pl.coalesce("value", statistic).alias(statistic)).drop("value")
    same = pl.col("table_id").is_in([table for table, rules in policy.tables.items() if rules.kind in ("rate", "mean")])
    return cells.with_columns(
        student_count=pl.when(same).then(pl.col("denominator").fill_null(0)).otherwise("student_count")
    )


def list_statements(cells: pl.DataFrame, structure: Structure, policy: Policy) -> pl.DataFrame:
    """One row per rate or band that may stand although its numerator is withheld, then one per median that may stand.

    statistic (rate, median); what state_rates or state_medians says of it; number, size: the quantities of numerator
    (of a rate) and denominator. Its unit in the problem: the last ones, in this order. Withholding it lifts that.
    """
    stated = state_rates(cells, policy).filter(pl.col("rate_label").is_not_null())
    for name, statistic in (("number", "numerator"), ("size", "denominator")):
        own = structure.quantities.filter(pl.col("statistic") == statistic)
        own = own.select(*KEY, pl.col("quantity").alias(name))
        stated = stated.join(own, on=KEY, how="left", maintain_order="left")
    rates = stated.sort("number").with_columns(statistic=pl.lit(RATE))
    medians = state_medians(cells, structure, policy).with_columns(statistic=pl.lit(MEDIAN))
    return pl.concat([rates, medians], how="diagonal_relaxed")


def _cost_statements(stated: pl.DataFrame, rows: pl.DataFrame, policy: Policy) -> np.ndarray:
    """A rate costs what its numerator would; a band, or a median, beside counts only says part of that."""
    worth = {
        table: 1.0 if rules.publish == "median" or (rules.coding and rules.publish != "counts") else BAND
        for table, rules in policy.tables.items()
    }
    full = rows.filter(pl.col("statistic") == "numerator").select(*KEY, "weight")
    found = stated.join(full, on=KEY, how="left", maintain_order="left")
    part = found["table_id"].replace_strict(worth, return_dtype=pl.Float64)
    return (found["weight"] * part).to_numpy()


def _describe_quantities(cells: pl.DataFrame, structure: Structure, policy: Policy, secret: bytes) -> pl.DataFrame:
    """One row per cell and statistic, in the structure's order: its cost, unit label, block, and the row's whole."""
    cost = policy.complement_cost
    kind = {table: rules.kind for table, rules in policy.tables.items()}
    cells = pl.concat([cells.with_columns(published=pl.lit(True)), _stand_in(cells, structure)])
    leas = (
        pl.when(pl.col("org_level") == "lea").then("org_id").when(pl.col("org_level") == "school").then("parent_org_id")
    )
    whole = pl.when(pl.col("kind") == "count").then("student_count").otherwise(pl.col("denominator").fill_null(0))
    cells = cells.with_row_index("cell").with_columns(
        kind=pl.col("table_id").replace_strict(kind, default="derived", return_dtype=pl.String),
        block=leas.rank("dense").cast(pl.Int64).fill_null(-1),
    )
    rows = structure.quantities.join(cells.with_columns(whole=whole), on=KEY, how="left", maintain_order="left")
    outcome = pl.col("kind").is_in(["rate", "mean"]) & (pl.col("statistic") != "denominator")
    weight = (
        pl.col("org_level").replace_strict(cost.level.model_dump(), return_dtype=pl.Float64)
        * pl.when(pl.col("disaggregate_type") == "all").then(cost.all_students).otherwise(1.0)
        * pl.when(outcome | (pl.col("kind") == "magnitude")).then(1.0).otherwise(cost.denominator)
        * (1 + cost.per_doubling * (1 + pl.col("whole")).log(2))
    )
    # Up to 1 % dearer by a keyed hash: ties are broken the same way every time, and not in a way a reader can repeat.
    label = pl.concat_str([pl.col(column).cast(pl.String) for column in KEY], separator="\x1f")
    # What nobody publishes costs nothing to withhold.
    coded = [
        table
        for table, rules in policy.tables.items()
        if rules.publish == "median" or (rules.coding and rules.publish != "counts")
    ]
    unpublished = ~pl.col("published") | (outcome & pl.col("table_id").is_in(coded))
    rows = rows.with_columns(
        weight=weight,
        cost=pl.when(unpublished).then(0.0).otherwise(weight),
        unit_label=2 * pl.col("cell").cast(pl.Int64) + outcome.cast(pl.Int64),
        label=label,
    )
    key = hashlib.blake2b(secret, digest_size=32).digest()
    jitter = [
        int.from_bytes(hashlib.blake2b(text.encode(), key=key, digest_size=4).digest(), "big") for text in rows["label"]
    ]
    return rows.with_columns(cost=pl.col("cost") * (1 + 0.01 * pl.Series(jitter, dtype=pl.Float64) / 2**32))


def _list_unpublished(rows: pl.DataFrame, unit_of_row: np.ndarray, policy: Policy) -> np.ndarray:
    """The units of nothing but the numbers behind medians, of tables that publish no more than these."""
    tables = [table for table, rules in policy.tables.items() if rules.publish == "median"]
    behind = (pl.col("statistic") != "denominator") & pl.col("table_id").is_in(tables)
    units = rows.select(unit=pl.Series(unit_of_row), behind=behind).group_by("unit").agg(pl.col("behind").all())
    return units.filter("behind")["unit"].sort().to_numpy()


def _stand_in(cells: pl.DataFrame, structure: Structure) -> pl.DataFrame:
    """A row like those of cells for every derived number, which is in none of them."""
    derived = structure.quantities.filter(pl.col("statistic") == "derived").select(KEY)
    places = cells.select("org_id", "org_level", "parent_org_id").unique("org_id", keep="first", maintain_order=True)
    rows = derived.join(places, on="org_id", how="left", maintain_order="left")
    number = pl.lit(1, pl.Int64)  # not empty, whatever its value
    return rows.with_columns(student_count=number, numerator=number, denominator=number, published=False).select(
        *cells.columns, "published"
    )


def _merge_units(label: np.ndarray, quantity: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The unit of every row and of every quantity: labels that share a quantity are one unit."""
    size = label.max() + 1
    links = sparse.coo_matrix((np.ones(len(label)), (label, size + quantity)), shape=(size + n, size + n))
    _, component = connected_components(links, directed=False)
    used, number = np.unique(component[size:], return_inverse=True)
    return np.searchsorted(used, component[label]), number


def _matrix(structure: Structure, n: int) -> sparse.csr_matrix:
    terms = structure.terms
    return sparse.csr_matrix(
        (terms["coefficient"].to_numpy(), (terms["relation"].to_numpy(), terms["quantity"].to_numpy())),
        shape=(structure.relations.height, n),
    )


def _implications(rows: pl.DataFrame, unit_of_row: np.ndarray, known: np.ndarray) -> np.ndarray:
    """A rate whose denominator is withheld says nothing: its numerator goes with it."""
    rows = rows.select("cell", "kind", "statistic").with_columns(unit=pl.Series(unit_of_row), known=pl.Series(known))
    rates = rows.filter(pl.col("kind").is_in(["rate", "mean"]), ~pl.col("known"))
    pairs = rates.filter(pl.col("statistic") == "denominator").join(
        rates.filter(pl.col("statistic") == "numerator"), on="cell", maintain_order="left"
    )
    pairs = pairs.filter(pl.col("unit") != pl.col("unit_right"))
    return pairs.select("unit", "unit_right").to_numpy().astype(np.int64)
