"""Checks certificates with additions and comparisons of whole numbers alone: no solver, nothing of engine or audit.

Whoever doubts a release can read this file, and needs no other to be convinced but the published tables.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix, vstack

from privacy.certificates import FORMS, SCALE, Certificates
from privacy.knowledge import bound_quantities
from privacy.medians import add_medians, find_median_faults
from privacy.policy import Policy
from privacy.release import PUBLISHED, RATES
from privacy.structure import KEY, ROW, Structure

RATE_PARTS = 10_000  # rates are in 1/10,000 of the unit of their scale
LARGE = 2.0**60  # sums beyond this are not looked at: they could exceed what the machine counts with
UNBOUNDED = 2**62  # no sum of whole numbers below 2**40 goes further


@dataclass(frozen=True)
class CheckReport:
    """What the certificates prove.

    - `passed`: no fault was found.
    - `faults`: one row per problem: problem, count. Holds no value and no key.
    - `proven`: one row per quantity with enough values (and width) shown: quantity.
    - `leaks`: one row per quantity proved to have too few: quantity. Internal.
    - `withheld`: how many quantities are withheld.
    """

    passed: bool
    faults: pl.DataFrame
    proven: pl.DataFrame = field(repr=False)
    leaks: pl.DataFrame = field(repr=False)
    withheld: int = 0


@dataclass
class _System:
    """Quantities 0 … n-1: shown or not, value (0 if withheld), floor, ceiling, width; low <= matrix @ them <= high."""

    shown: np.ndarray
    value: np.ndarray
    floor: np.ndarray
    ceiling: np.ndarray
    width: np.ndarray
    matrix: csr_matrix
    low: np.ndarray
    high: np.ndarray


def check(
    published: pl.DataFrame,
    structure: Structure,
    certificates: Certificates,
    policy: Policy,
    *,
    sensitive: pl.DataFrame | None = None,
    lost: pl.DataFrame | None = None,
) -> CheckReport:
    """Whether the certificates prove what they claim about published cells.

    With `sensitive` (KEY, statistic; internal) besides: whether everything in it but `lost` is withheld and proved to
    keep the values the policy requires. Claims of less than the policy requires are faults. A certificate of another
    form, or that speaks of quantities there are not, is one fault and proves nothing.
    """
    faults = {"median_is_wrong": sum(len(rows) for _, rows in find_median_faults(published, structure, policy))}
    system = _read_system(published, structure, policy, sensitive, faults)
    proven = leaks = np.array([], dtype=np.int64)
    if _is_well_formed(certificates, system):
        base = _check_base(system, certificates, faults)
        good = _check_moves(system, certificates, base, faults)
        enough = _count_values(system, certificates, base, good, policy.required_candidates)
        claimed = certificates.claims["quantity"].to_numpy()
        faults["claim_is_not_shown"] = int((~enough[claimed]).sum())
        faults["claim_is_too_small"] = int((certificates.claims["required"] < policy.required_candidates).sum())
        if not sum(faults.values()):
            proven = np.unique(claimed)
            leaks = _check_leaks(system, certificates, policy, faults)
    else:
        faults["certificate_is_malformed"] = 1
    if sensitive is not None:
        due = sensitive if lost is None else sensitive.join(lost, on=ROW, how="anti")
        wanted = structure.quantities.join(due, on=ROW, how="semi")["quantity"].unique().to_numpy()
        faults["protected_quantity_is_shown"] = int(system.shown[wanted].sum())
        faults["protected_quantity_is_unproved"] = int((~np.isin(wanted, proven)).sum())
    rows = [(problem, count) for problem, count in sorted(faults.items()) if count]
    table = pl.DataFrame(rows, schema={"problem": pl.String, "count": pl.Int64}, orient="row")
    proven, leaks = (pl.DataFrame({"quantity": one}, schema={"quantity": pl.Int64}) for one in (proven, leaks))
    return CheckReport(not rows, table, proven, leaks, int((~system.shown).sum()))


def _read_system(
    cells: pl.DataFrame, structure: Structure, policy: Policy, sensitive: pl.DataFrame | None, faults: dict[str, int]
) -> _System:
    faults["value_in_a_withheld_cell"] = sum(
        cells.filter(pl.col(f"{one}_status") != "shown", pl.col(one).is_not_null()).height for one in PUBLISHED
    )
    wanted = structure.quantities.filter(pl.col("statistic") != "derived").select(KEY).unique().height
    there = cells.select(KEY).unique().height
    if "rate_status" not in cells.columns:  # no table publishes rates
        cells = cells.with_columns(*[pl.lit(None).alias(one) for one in RATES], rate_status=pl.lit("not_published"))
    untold = cells.filter(~pl.col("rate_status").is_in(["shown", "banded"]))
    faults["value_in_a_withheld_cell"] += untold.filter(~pl.all_horizontal(pl.col(RATES).is_null())).height
    faults["cell_is_missing_or_twice"] = abs(wanted - there) + (cells.height - there)
    kind = {table: rules.kind for table, rules in policy.tables.items()}
    kind = pl.col("table_id").replace_strict(kind, default="", return_dtype=pl.String)
    students = pl.when(kind.is_in(["rate", "mean"])).then("student_count")  # of a rate: its denominator
    doubled = cells.filter(students != pl.col("denominator")).height
    cells = cells.with_columns(denominator=pl.coalesce("denominator", students))
    shown = cells.select(*KEY, *PUBLISHED).with_columns(complement=pl.col("denominator") - pl.col("numerator"))
    long = shown.unique(KEY).unpivot(index=KEY, variable_name="statistic", value_name="shown")
    rows = structure.quantities.join(long, on=ROW, how="left", maintain_order="left")
    wide = (kind == "magnitude") | ((kind == "mean") & (pl.col("statistic") == "numerator"))
    found = rows.group_by("quantity").agg(least=pl.col("shown").min(), most=pl.col("shown").max(), wide=wide.any())
    bounds = bound_quantities(structure.quantities, sensitive, policy, policy.attackers)
    found = found.join(bounds, on="quantity", how="left").sort("quantity")
    faults["one_number_shown_as_two"] = doubled + int((found["least"] != found["most"]).sum())
    faults["shown_value_is_negative"] = int((found["least"] < 0).sum())
    rates = _read_rates(cells, structure, policy)
    floor, ceiling = found["low"].to_numpy().copy(), found["high"].fill_null(UNBOUNDED).to_numpy().copy()
    sized = rates.filter(pl.col("denominator").is_not_null())
    names = ("number", "low", "high", "parts", "last", "denominator")
    number, low, high, parts, last, size = (sized[one].to_numpy() for one in names)
    np.maximum.at(floor, number, -(-low * size // parts))
    np.minimum.at(ceiling, number, (high * size + last) // parts)
    relations, terms = add_medians(structure, cells, policy)
    row, column, times = (terms[one].to_numpy() for one in ("relation", "quantity", "coefficient"))
    entries = (times, (np.searchsorted(relations["relation"].to_numpy(), row), column))
    matrix = csr_matrix(entries, shape=(relations.height, found.height))
    says, least, most = _relate_rates(rates.filter(pl.col("denominator").is_null()), found.height)
    return _System(
        found["least"].is_not_null().to_numpy(),
        found["least"].fill_null(0).to_numpy(),
        floor,
        ceiling,
        np.where(found["wide"].to_numpy(), policy.required_width_percent / 100, 0.0),
        vstack([matrix, says], format="csr"),
        np.concatenate([relations["low"].fill_null(-UNBOUNDED).to_numpy(), least]),
        np.concatenate([relations["high"].fill_null(UNBOUNDED).to_numpy(), most]),
    )


def _read_rates(cells: pl.DataFrame, structure: Structure, policy: Policy) -> pl.DataFrame:
    """One row per published rate: number, size (quantities), denominator (null: withheld), low, high, parts, last.

    It says low x size <= parts x number <= high x size + last.
    """
    units = [(table, rules.unit * RATE_PARTS, rules.greatest * RATE_PARTS) for table, rules in policy.tables.items()]
    units = pl.DataFrame(units, schema=["table_id", "parts", "end"], orient="row")
    cells = cells.with_columns(pl.col("rate_low", "rate_high").cast(pl.Int64))
    rows = cells.filter(pl.col("rate_low").is_not_null()).join(units, on="table_id", how="inner")
    last = (pl.col("rate_high") == pl.col("end")).cast(pl.Int64) - 1
    rows = rows.select(*KEY, "denominator", "parts", low="rate_low", high="rate_high", last=last)
    for name, statistic in (("number", "numerator"), ("size", "denominator")):
        own = structure.quantities.filter(pl.col("statistic") == statistic).select(*KEY, pl.col("quantity").alias(name))
        rows = rows.join(own, on=KEY, how="inner")
    return rows.sort("number")


def _relate_rates(rates: pl.DataFrame, n: int) -> tuple[csr_matrix, np.ndarray, np.ndarray]:
    """What rates of unknown size say, two relations each: parts x number - low x size >= 0, … - high x size <= last."""
    k, row = rates.height, np.arange(rates.height)
    number, size, parts, low, high = (rates[one].to_numpy() for one in ("number", "size", "parts", "low", "high"))
    divisors = np.gcd(parts, low), np.gcd(parts, high)
    rows = np.concatenate([2 * row, 2 * row, 2 * row + 1, 2 * row + 1])
    columns = np.concatenate([number, size, number, size])
    data = [parts // divisors[0], -low // divisors[0], parts // divisors[1], -high // divisors[1]]
    most = np.stack([np.full(k, UNBOUNDED), rates["last"].to_numpy()], axis=1).ravel()
    matrix = csr_matrix((np.concatenate(data), (rows, columns)), shape=(2 * k, n))
    return matrix, np.tile([0, -UNBOUNDED], k), most


def _is_well_formed(certificates: Certificates, system: _System) -> bool:
    """Whether all parts have their columns, name quantities and moves there are, and say nothing twice."""
    for name, schema in FORMS.items():
        part = getattr(certificates, name)
        if dict(part.schema) != schema or sum(part.null_count().row(0)):
            return False
        for column, size in (("relation", len(system.low)), ("quantity", len(system.value))):
            if column in schema and not part[column].is_between(0, size - 1).all():
                return False
    large = [part.select(pl.exclude("side").abs().max()).row(0) for part in (certificates.base, certificates.moves)]
    once = certificates.base["quantity"].is_unique().all() and certificates.spans["move"].is_unique().all()
    once = once and certificates.moves.select(pl.struct("move", "quantity").is_unique().all()).item()
    known = certificates.moves["move"].is_in(certificates.spans["move"].implode()).all()
    spans = certificates.spans.select((pl.col("first") <= 0).all() & (pl.col("last") >= 0).all()).item()
    # 2**40: far above any count, far below where the machine's whole numbers end
    return bool(once and known and spans and all((one or 0) < 2**40 for row in large for one in row))


def _check_base(system: _System, certificates: Certificates, faults: dict[str, int]) -> np.ndarray:
    """The whole base table: what is shown, and for the rest what the certificate says."""
    named = np.zeros(len(system.shown), dtype=bool)
    named[certificates.base["quantity"].to_numpy()] = True
    faults["base_lacks_a_withheld_quantity"] = int((~named & ~system.shown).sum())
    faults["base_names_a_shown_quantity"] = int((named & system.shown).sum())
    table = system.value.copy()
    table[certificates.base["quantity"].to_numpy()] = certificates.base["value"].to_numpy()
    table[system.shown] = system.value[system.shown]
    sums = system.matrix @ table
    faults["base_is_too_large"] = int((abs(system.matrix).astype(float) @ np.abs(table) > LARGE).any())
    faults["base_breaks_a_sum"] = int(((sums < system.low) | (sums > system.high)).sum())
    beyond = (table < system.floor) | (table > system.ceiling)
    faults["base_is_beyond_what_is_possible"] = int((~system.shown & beyond).sum())
    return table


def _check_moves(system: _System, certificates: Certificates, base: np.ndarray, faults: dict[str, int]) -> pl.DataFrame:
    """The terms of the moves, with base value, first and last, of which every step keeps all sums and floors.

    Values between two tables that fit, fit: only the first and the last table of a move are looked at.
    """
    spans = certificates.spans.sort("move")
    terms = certificates.moves.join(spans, on="move", how="left", maintain_order="left")
    move = np.searchsorted(spans["move"].to_numpy(), terms["move"].to_numpy())
    quantity, step = terms["quantity"].to_numpy(), terms["step"].to_numpy()
    bad = np.zeros(spans.height, dtype=bool)
    bad[move[system.shown[quantity]]] = True
    steps = csr_matrix((step, (move, quantity)), shape=(spans.height, len(base)))
    change = (steps @ system.matrix.T).tocoo()
    sums = (system.matrix @ base)[change.col]
    size = abs(steps).astype(float) @ abs(system.matrix.T).astype(float)
    for end in ("first", "last"):
        times = spans[end].to_numpy()
        bad[(size.max(axis=1).toarray().ravel() + 1) * np.abs(times) > LARGE] = True
        value = base[quantity] + step * times[move]
        bad[move[(value < system.floor[quantity]) | (value > system.ceiling[quantity])]] = True
        after = sums + change.data * times[change.row]
        bad[change.row[(after < system.low[change.col]) | (after > system.high[change.col])]] = True
    faults["move_is_no_table"] = int(bad.sum())
    return terms.with_columns(base=pl.Series(base[quantity])).filter(pl.Series(~bad[move]))


def _count_values(
    system: _System, certificates: Certificates, base: np.ndarray, terms: pl.DataFrame, required: int
) -> np.ndarray:
    """Boolean per quantity: enough different values, and far enough apart, occur in the base and the moves."""
    first, last = pl.col("first").clip(-required), pl.col("last").clip(upper_bound=required)
    values = terms.filter(pl.col("step") != 0).select(
        "quantity", value=pl.int_ranges(first, last + 1) * pl.col("step") + pl.col("base")
    )
    values = values.explode("value").drop_nulls().unique()
    counted = values.filter(pl.col("value") != pl.Series(base)[values["quantity"]]).group_by("quantity").len()
    count = np.ones(len(base), dtype=np.int64)
    count[counted["quantity"].to_numpy()] += counted["len"].to_numpy().astype(np.int64)
    lowest, highest = base.copy(), base.copy()
    for end in ("first", "last"):
        value = (terms["base"] + terms["step"] * terms[end]).to_numpy()
        np.minimum.at(lowest, terms["quantity"].to_numpy(), value)
        np.maximum.at(highest, terms["quantity"].to_numpy(), value)
    return ~system.shown & (count >= required) & (highest - lowest >= system.width * highest)


def _check_leaks(system: _System, certificates: Certificates, policy: Policy, faults: dict[str, int]) -> np.ndarray:
    """The quantities whose multipliers prove that too few values are left.

    x = (x - multipliers @ relations) + multipliers @ relations, and both parts are bounded by what is known.
    """
    found, wrong = [], 0
    for (quantity,), rows in certificates.leaks.group_by("quantity", maintain_order=True):
        ends = {}
        for side, sign in (("lower", -1), ("upper", 1)):
            part = rows.filter(pl.col("side") == side)
            ends[side] = _bound(system, quantity, sign, part["relation"].to_numpy(), part["multiplier"].to_list())
        low, high = ends["lower"], ends["upper"]
        low = int(system.floor[quantity]) if low is None else -low
        high = int(system.ceiling[quantity]) if high is None else high
        less = high - low + 1 < policy.required_candidates or high - low < system.width[quantity] * high
        few = high < UNBOUNDED and less
        found += [quantity] if few else []
        wrong += not few
    faults["leak_is_not_shown"] = wrong
    return np.array(found, dtype=np.int64)


def _bound(system: _System, quantity: int, sign: int, relations: np.ndarray, multipliers: list[int]) -> int | None:
    """A whole number that sign x quantity cannot exceed, by multipliers of relations; None: they give none."""
    rest, total = {quantity: sign * SCALE}, 0
    for relation, times in zip(relations, multipliers, strict=True):
        bound = int(system.high[relation] if times > 0 else system.low[relation])
        if times and abs(bound) == UNBOUNDED:
            return None
        total += times * bound
        for at in range(system.matrix.indptr[relation], system.matrix.indptr[relation + 1]):
            column = int(system.matrix.indices[at])
            rest[column] = rest.get(column, 0) - times * int(system.matrix.data[at])
    for column, coefficient in rest.items():
        if system.shown[column]:
            total += coefficient * int(system.value[column])
        elif coefficient > 0 and system.ceiling[column] == UNBOUNDED:
            return None
        else:
            total += coefficient * int((system.ceiling if coefficient > 0 else system.floor)[column])
    return total // SCALE
