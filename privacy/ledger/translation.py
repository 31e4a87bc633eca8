"""What an audit found, in the numbers of the next history of the same tables."""

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import polars as pl

from privacy.certificates import Certificates, no_certificates
from privacy.ledger.history import History
from privacy.structure import ROW

NOWHERE = -1
FURTHEST = 1000  # steps of a move that are kept of it: far more than values are ever asked for


@dataclass(frozen=True)
class Reach:
    """Organisations (org_id) a change can reach, `near`; `bound`: those of them that hang together with others."""

    near: frozenset[str]
    bound: frozenset[str]


@dataclass(frozen=True, eq=False)
class Found:
    """Certificates of the audit of a `release` (`tier/release`); `quantities`: KEY, statistic, quantity they name.

    `reach`: None, or what of the tables the history at hand is of, as find_reaches gives it.
    """

    release: str
    quantities: pl.DataFrame = field(repr=False)
    certificates: Certificates = field(repr=False)
    reach: Reach | None = None


def name_quantities(history: History, certificates: Certificates) -> pl.DataFrame:
    """The quantities of a history that certificates name, as Found has them: all that are withheld."""
    rows = history.structure.quantities.select(*ROW, "quantity")
    return rows.join(certificates.base, on="quantity", how="semi", maintain_order="left")


@lru_cache(maxsize=2)  # engine and audit ask for the same, of the tier's history and of all tiers
def translate(found: Found, history: History) -> Certificates:
    """The certificates in the numbers of a history that came after; what it has no number for is -1.

    A move that changed a row which was corrected since changes both versions alike, and so not the correction.
    With a reach: what they say of it, as `divide` gives that.
    """
    if found.release not in history.known_as:
        return no_certificates()
    return divide(found, history)[0] if found.reach else _renumber(found, history)


@lru_cache(maxsize=1)
def divide(found: Found, history: History) -> tuple[Certificates, Certificates]:
    """What the certificates say of the reach, in the numbers of the history, and what of the rest; spans in both.

    All a move changes of the rest is one quantity of the first, the steps it can go back: `first` + its number, where
    `first` is how many the history has. Quantities of the rest are those of `found` + first.
    """
    first, earlier = len(history.truth), found.certificates
    inside = found.quantities.filter(pl.col("org_id").is_in(list(found.reach.near)))
    here = np.zeros(1 + max(part["quantity"].max() or 0 for part in (found.quantities, earlier.base)), dtype=bool)
    here[inside["quantity"].to_numpy()] = True
    own, rest = (
        {
            name: part.filter(pl.Series(here[part["quantity"].to_numpy()] == near, dtype=pl.Boolean))
            for name, part in (("base", earlier.base), ("moves", earlier.moves), ("claims", earlier.claims))
        }
        for near in (True, False)
    )
    spans = earlier.spans.join(own["moves"], on="move", how="semi", maintain_order="left")
    spans = spans.with_columns(pl.col("first").clip(lower_bound=-FURTHEST), pl.col("last").clip(upper_bound=FURTHEST))
    concerned = Certificates(**own, spans=spans, leaks=earlier.leaks.clear())
    concerned = _renumber(replace(found, quantities=inside, certificates=concerned), history)
    stand_in = spans.select("move", quantity=pl.col("move") + first, value=-pl.col("first"))
    bound = history.structure.quantities.filter(pl.col("org_id").is_in(list(found.reach.bound)))["quantity"]
    concerned = replace(
        concerned,
        base=pl.concat([concerned.base, stand_in.select("quantity", "value")]),
        moves=pl.concat([concerned.moves, stand_in.select("move", "quantity", step=pl.lit(1, pl.Int64))]),
        fixed=pl.concat([bound, stand_in["quantity"]]).unique().sort().to_numpy(),
    )
    others = {name: part.with_columns(pl.col("quantity") + first) for name, part in rest.items()}
    return concerned, replace(earlier, **others, leaks=earlier.leaks.clear())


def _renumber(found: Found, history: History) -> Certificates:
    """The certificates in the numbers of a history."""
    images, earlier = _find_images(found, history), found.certificates
    parts = {}
    for name in ("base", "moves", "claims"):
        part = getattr(earlier, name)
        # What a corrected number is now, the earlier base does not say.
        image = images.filter(pl.col("then") | (name != "base")).select("quantity", "now").unique(maintain_order=True)
        seen = part.join(image, on="quantity", how="left", maintain_order="left")
        parts[name] = seen.with_columns(quantity=pl.col("now").fill_null(NOWHERE)).select(part.columns)
    base = parts["base"].filter(pl.col("quantity") != NOWHERE).unique("quantity", keep="first", maintain_order=True)
    moves = parts["moves"].unique(["move", "quantity"], keep="first", maintain_order=True)
    guess = _guess_corrected(base, found.release, history)
    return Certificates(base, moves, earlier.spans, parts["claims"], earlier.leaks.clear(), guess=guess)


def _guess_corrected(base: pl.DataFrame, release: str, history: History) -> pl.DataFrame:
    """Values of what the base is silent about: what was corrected since a release is what it was then.

    So from such a table every earlier move goes as far as it did. What was shown is known; all else is the base's.
    """
    value, known = np.where(history.shown, history.truth, 0), history.shown.copy()
    place = base["quantity"].to_numpy()
    value[place], known[place] = base["value"].to_numpy(), True
    rows = history.list_corrected(release)
    now, then = (rows[name].to_numpy() for name in ("quantity", "before"))
    new = ~known[now] & known[then]
    value[now[new]], known[now[new]] = value[then[new]], True
    change, newer, older, offset = (
        history.corrections[name].to_numpy() for name in ("quantity", "newer", "older", "offset")
    )
    new = ~known[change] & known[newer] & known[older]
    value[change[new]] = (value[newer] - value[older] + offset)[new]
    known[change[new]] = True
    known[place] = False
    guessed = np.flatnonzero(known & ~history.shown)
    return pl.DataFrame({"quantity": guessed, "value": value[guessed]}, schema=base.schema)


def _find_images(found: Found, history: History) -> pl.DataFrame:
    """One row per quantity named then and number it has now: quantity, now, then (it is what it was then).

    A quantity that has no number now has no row.
    """
    version = history.known_as[found.release].select(pl.exclude("version"), then="version")
    table, derived = pl.col("table_id"), pl.col("statistic") == "derived"
    correction = derived & table.str.contains("+", literal=True)
    of = pl.when(correction).then(table.str.split("@").list.first()).otherwise("table_id")
    rows = found.quantities.with_columns(of=of)
    version = version.rename({"table_id": "of"})
    rows = rows.join(version, on=["of", *ROW[1:-1]], how="left", maintain_order="left")
    # A correction was one up to that release; if the row was corrected again, there is one up to that, too.
    parts = table.str.split("+").list
    since = pl.concat_str(parts.first(), pl.lit(f"-{found.release}+"), parts.last())
    again = pl.when(pl.col("then") == pl.col("of")).then("table_id").otherwise(since)
    rows = rows.with_columns(then=pl.when(correction).then(again).otherwise(pl.coalesce("then", "table_id")))
    numbers = history.structure.quantities.select(*ROW, now="quantity")
    images = [
        rows.with_columns(table_id=name, then=pl.col("then") == pl.col(name))
        .join(numbers, on=ROW, how="inner", maintain_order="left")
        .select("quantity", "now", "then")
        for name in ("then", "table_id")
    ]
    return pl.concat(images).unique(maintain_order=True)
