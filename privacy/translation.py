"""What an audit found, in the numbers of the next history of the same tables."""

from dataclasses import dataclass, field

import polars as pl

from privacy.certificates import Certificates, no_certificates
from privacy.history import History
from privacy.versions import ROW

NOWHERE = -1


@dataclass(frozen=True)
class Found:
    """Certificates of the audit of a `release` (`tier/release`); `quantities`: KEY, statistic, quantity they name."""

    release: str
    quantities: pl.DataFrame = field(repr=False)
    certificates: Certificates = field(repr=False)


def translate(found: Found, history: History) -> Certificates:
    """The certificates in the numbers of a history that came after; what it has no number for is -1.

    A move that changed a row which was corrected since changes both versions alike, and so not the correction.
    """
    if found.release not in history.known_as:
        return no_certificates()
    images = _find_images(found, history)
    image = images.group_by("quantity", maintain_order=True).agg(pl.col("now").drop_nulls().unique())
    image = image.with_columns(pl.when(pl.col("now").list.len() == 0).then([NOWHERE]).otherwise("now").alias("now"))
    parts = {}
    for name in ("base", "moves", "claims"):
        part = getattr(found.certificates, name)
        seen = part.join(image, on="quantity", how="left", maintain_order="left").explode("now")
        parts[name] = seen.with_columns(quantity=pl.col("now").fill_null(NOWHERE)).select(part.columns)
    base = parts["base"].filter(pl.col("quantity") != NOWHERE).unique("quantity", keep="first", maintain_order=True)
    moves = parts["moves"].unique(["move", "quantity"], keep="first", maintain_order=True)
    earlier = found.certificates
    return Certificates(base, moves, earlier.spans, parts["claims"], earlier.leaks.clear())


def _find_images(found: Found, history: History) -> pl.DataFrame:
    """One row per quantity named then and number it has now (null: none): quantity, now."""
    version = history.known_as[found.release].select(pl.exclude("version"), then="version")
    rows = found.quantities.join(version, on=ROW[:-1], how="left", maintain_order="left")
    table, derived = pl.col("table_id"), pl.col("statistic") == "derived"
    correction = derived & table.str.contains("+", literal=True)
    # A correction was one up to that release; there is one up to this one, too.
    parts = table.str.split("+").list
    since = pl.concat_str(parts.first(), pl.lit(f"-{found.release}+"), parts.last())
    rows = rows.with_columns(then=pl.when(correction).then(since).otherwise("then"))
    numbers = history.structure.quantities.select(*ROW, now="quantity")
    own = rows.join(numbers, on=ROW, how="left", maintain_order="left")
    past = rows.with_columns(table_id="then").join(numbers, on=ROW, how="inner", maintain_order="left")
    return pl.concat([frame.select("quantity", "now") for frame in (own, past)])
