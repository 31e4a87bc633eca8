"""What an audit found, in the numbers of the next history of the same tables."""

from dataclasses import dataclass, field
from functools import lru_cache

import polars as pl

from privacy.certificates import Certificates, no_certificates
from privacy.ledger.history import History
from privacy.ledger.versions import ROW

NOWHERE = -1


@dataclass(frozen=True, eq=False)
class Found:
    """Certificates of the audit of a `release` (`tier/release`); `quantities`: KEY, statistic, quantity they name."""

    release: str
    quantities: pl.DataFrame = field(repr=False)
    certificates: Certificates = field(repr=False)


@lru_cache(maxsize=2)  # engine and audit ask for the same, of the tier's history and of all tiers
def translate(found: Found, history: History) -> Certificates:
    """The certificates in the numbers of a history that came after; what it has no number for is -1.

    A move that changed a row which was corrected since changes both versions alike, and so not the correction.
    """
    if found.release not in history.known_as:
        return no_certificates()
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
    return Certificates(base, moves, earlier.spans, parts["claims"], earlier.leaks.clear())


def _find_images(found: Found, history: History) -> pl.DataFrame:
    """One row per quantity named then and number it has now: quantity, now, then (it is what it was then).

    A quantity that has no number now has no row.
    """
    version = history.known_as[found.release].select(pl.exclude("version"), then="version")
    rows = found.quantities.join(version, on=ROW[:-1], how="left", maintain_order="left")
    table, derived = pl.col("table_id"), pl.col("statistic") == "derived"
    correction = derived & table.str.contains("+", literal=True)
    # A correction was one up to that release; there is one up to this one, too.
    parts = table.str.split("+").list
    since = pl.concat_str(parts.first(), pl.lit(f"-{found.release}+"), parts.last())
    rows = rows.with_columns(then=pl.when(correction).then(since).otherwise(pl.coalesce("then", "table_id")))
    numbers = history.structure.quantities.select(*ROW, now="quantity")
    images = [
        rows.with_columns(table_id=name, then=pl.col("then") == pl.col(name))
        .join(numbers, on=ROW, how="inner", maintain_order="left")
        .select("quantity", "now", "then")
        for name in ("then", "table_id")
    ]
    return pl.concat(images).unique(maintain_order=True)
