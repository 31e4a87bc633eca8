"""Attacks any system of published whole numbers: which of its withheld quantities can a reader pin down?

The audit of the tables uses it; so can anybody with another office's tables and the sums that tie them.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from privacy.attack.exhibits import Unknowns
from privacy.attack.numeric import CHUNK, Attack
from privacy.attack.reuse import mark_fixed, reuse
from privacy.attack.verdicts import SAFE, Verdicts
from privacy.certificates import FORMS, SCALE, Certificates
from privacy.release import Progress

VERDICT_SCHEMA = {
    "quantity": pl.Int64,
    "verdict": pl.String,
    "exhibited": pl.Int64,
    "lowest": pl.Int64,
    "highest": pl.Int64,
}


def audit_system(
    quantities: pl.DataFrame,
    relations: pl.DataFrame,
    terms: pl.DataFrame,
    asked: pl.DataFrame,
    *,
    progress: Progress | None = None,
) -> tuple[pl.DataFrame, np.ndarray]:
    """How well each withheld quantity that was asked about holds, and the relations that contradict what is published.

    quantities: quantity, low, high (what the reader thinks possible; null = no bound), published (null = withheld), and
    if wanted group (whole numbers: quantities likely to be settled by looking at their group alone; a hint for speed).
    relations: relation, low, high (null = no bound). terms: relation, quantity, coefficient. All whole numbers.
    asked: quantity, required (values that must remain possible), width (part of the upper end the interval must span).

    Gives one row per withheld quantity asked about: quantity, verdict (safe, exposed, unproved), exhibited (different
    values found in whole tables that agree with everything published, up to those required), lowest, highest (of
    those found; if exposed, nothing outside them is possible); and the numbers of relations that cannot hold. In a
    part of the system with a contradiction the verdict is unproved.
    """
    return attack_system(quantities, relations, terms, asked, progress=progress)[:2]


def attack_system(
    quantities: pl.DataFrame,
    relations: pl.DataFrame,
    terms: pl.DataFrame,
    asked: pl.DataFrame,
    *,
    progress: Progress | None = None,
    earlier: Certificates | None = None,
) -> tuple[pl.DataFrame, np.ndarray, Certificates]:
    """The same, and the certificates of what was found: by quantity and relation as numbered in what was given.

    earlier: certificates to hold against what is given now; only what they do not prove is attacked.
    """
    report = progress or (lambda stage, done, total: None)
    if earlier is not None and earlier.fixed is not None:
        quantities = _add_rest(quantities, earlier)
    quantities, relations = quantities.sort("quantity"), relations.sort("relation")
    matrix = _matrix(quantities, relations, terms)
    published = quantities["published"]
    hidden = np.flatnonzero(published.is_null().to_numpy())
    shown_sum = matrix @ published.fill_null(0).to_numpy().astype(np.int64)
    low = _bound(relations["low"], -np.inf) - shown_sum
    high = _bound(relations["high"], np.inf) - shown_sum
    matrix = matrix[:, hidden]
    settled = np.diff(matrix.indptr) == 0
    wrong = settled & ((low > 0) | (high < 0))
    known = Unknowns(
        matrix, low, high, _bound(quantities["low"], 0)[hidden], _bound(quantities["high"], np.inf)[hidden]
    )
    places = (
        quantities[hidden]
        .select("quantity")
        .join(asked.cast({"quantity": pl.Int64}), on="quantity", how="left", maintain_order="left")
    )
    required = places["required"].fill_null(0).to_numpy()
    width = places["width"].fill_null(0.0).to_numpy()
    group = (
        quantities["group"].to_numpy()[hidden] if "group" in quantities.columns else np.zeros(len(hidden), dtype=int)
    )
    # Earlier moves tie a part of a system to the rest of it: all of it is one.
    near = earlier is not None and earlier.fixed is not None
    parts, part_of_relation = ([np.arange(len(required))], np.zeros(len(low))) if near else _parts(matrix, required)
    rows, evidence, names = [], {name: [] for name in FORMS}, relations["relation"].to_numpy()
    reused = None
    if earlier is not None:
        number = places["quantity"].to_numpy()
        reused = reuse(known, number, earlier, required, width, group)
        if near:  # what is fixed has no room for new moves
            fixed = mark_fixed(number, earlier)
            base = reused.base.astype(float)
            known = replace(known, least=np.where(fixed, base, known.least), most=np.where(fixed, base, known.most))
        holds, parts = reused.split(parts)
        proved = reused.confirm(known.cut(holds), holds)
        rows.append(_verdicts(number[holds], proved))
        _certify(evidence, proved, number[holds], names[:0], required[holds])
    waiting = _gather(parts, reused.fits if reused else np.zeros(len(required), dtype=bool))
    while waiting:
        report("attacking", len(rows), len(rows) + len(waiting))
        together = waiting.pop()
        part = np.sort(np.concatenate(together))
        unknowns = known.cut(part)
        start, own = None, group[part]
        if reused and reused.fits[part].all():
            start, own = partial(reused.start, unknowns, part), reused.join_groups(part, own)
        found = Attack(unknowns, required[part], width[part], own, start=start).run()
        if found.exhibits is None and len(together) > 1:
            # One of them has no table: each by itself.
            waiting += [[one] for one in together]
            continue
        if found.contradiction:
            wrong |= np.isin(part_of_relation, part_of_relation[known.by_unknown[:, part].indices]) & ~settled
        own = places["quantity"].to_numpy()[part]
        rows.append(_verdicts(own, found))
        if found.exhibits is not None:
            tied = names[np.unique(known.by_unknown[:, part].indices)]
            _certify(evidence, found, own, tied, required[part])
    table = pl.concat(rows).sort("quantity") if rows else pl.DataFrame(schema=VERDICT_SCHEMA)
    parts = {name: pl.concat([pl.DataFrame(schema=FORMS[name]), *found]) for name, found in evidence.items()}
    return table, names[wrong], Certificates(**parts)


def _certify(
    evidence: dict[str, list[pl.DataFrame]],
    found: Verdicts,
    quantity: np.ndarray,
    relation: np.ndarray,
    required: np.ndarray,
) -> None:
    """Adds what one attack found to the evidence."""
    first, moves = sum(part.height for part in evidence["spans"]), found.exhibits.moves
    length = [len(places) for places, *_ in moves]
    number = np.arange(first, first + len(moves))
    safe = found.verdict == SAFE
    new = {
        "base": {"quantity": quantity, "value": found.exhibits.base},
        "claims": {"quantity": quantity[safe], "required": required[safe]},
        "spans": {"move": number, "first": [move[2] for move in moves], "last": [move[3] for move in moves]},
    }
    if moves:
        step, places = np.concatenate([move[1] for move in moves]), np.concatenate([move[0] for move in moves])
        new["moves"] = {"move": np.repeat(number, length), "quantity": quantity[places], "step": step}
    for name, columns in new.items():
        evidence[name].append(pl.DataFrame(columns, schema=FORMS[name]))
    for leak in found.leaks:
        for side, duals in (("lower", leak.lower), ("upper", leak.upper)):
            times = np.rint(duals * SCALE).astype(np.int64)
            used = np.flatnonzero(times)
            columns = {"relation": relation[leak.relations[used]], "multiplier": times[used]}
            rows = pl.DataFrame(columns).with_columns(quantity=int(quantity[leak.place]), side=pl.lit(side))
            evidence["leaks"].append(rows.select(list(FORMS["leaks"])).cast(FORMS["leaks"]))


def _add_rest(quantities: pl.DataFrame, earlier: Certificates) -> pl.DataFrame:
    """The quantities, and those that stand for what earlier moves change beyond: no relation at hand speaks of them."""
    rest = earlier.moves["quantity"].unique()
    rest = rest.filter(rest > (quantities["quantity"].max() or 0))
    # In no group with anything at hand.
    rows = pl.DataFrame({"quantity": rest}).with_columns(group=pl.lit(-1, quantities.schema.get("group", pl.Int64)))
    rows = rows.select([name for name in rows.columns if name in quantities.columns])
    return pl.concat([quantities, rows], how="diagonal")


def _matrix(quantities: pl.DataFrame, relations: pl.DataFrame, terms: pl.DataFrame) -> csr_matrix:
    row = np.searchsorted(relations["relation"].to_numpy(), terms["relation"].to_numpy())
    column = np.searchsorted(quantities["quantity"].to_numpy(), terms["quantity"].to_numpy())
    return csr_matrix((terms["coefficient"].to_numpy(), (row, column)), shape=(relations.height, quantities.height))


def _bound(values: pl.Series, otherwise: float) -> np.ndarray:
    return values.cast(pl.Float64).fill_null(otherwise).to_numpy()


def _parts(matrix: csr_matrix, required: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Places of withheld quantities that hang together, where any is asked about; and the part of every relation."""
    m, n = matrix.shape
    entries = coo_matrix(matrix)
    links = coo_matrix((np.ones(entries.nnz), (entries.row, m + entries.col)), shape=(m + n, m + n))
    _, label = connected_components(links, directed=False)
    order = np.argsort(label[m:], kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(label[m:][order])) + 1) if n else []
    return [np.sort(group) for group in groups if required[group].any()], label[:m]


def _gather(parts: list[np.ndarray], fits: np.ndarray) -> list[list[np.ndarray]]:
    """Small parts put together for one attack, those with a table to start from (`fits`) apart from the others."""
    gathered: list[list[np.ndarray]] = []
    for side in (True, False):
        filled = CHUNK
        for part in parts:
            if fits[part[0]] == side:
                if filled + len(part) > CHUNK:
                    gathered.append([])
                    filled = 0
                gathered[-1].append(part)
                filled += len(part)
    return gathered


def _verdicts(quantity: np.ndarray, found: Verdicts) -> pl.DataFrame:
    asked = found.verdict != ""
    ends = [
        pl.Series(np.where(np.isfinite(end), end, 0)[asked], dtype=pl.Float64).cast(pl.Int64)
        for end in (found.lowest, found.highest)
    ]
    return pl.DataFrame(
        {
            "quantity": quantity[asked],
            "verdict": list(found.verdict[asked]),
            "exhibited": found.exhibited[asked],
            "lowest": ends[0],
            "highest": ends[1],
        },
        schema=VERDICT_SCHEMA,
    )
