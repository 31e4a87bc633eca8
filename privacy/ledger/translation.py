"""What an audit found, in the numbers of the next history of the same tables."""

from dataclasses import dataclass, field, replace
from functools import lru_cache

import polars as pl

from privacy.certificates import Certificates, no_certificates
from privacy.ledger.history import History
from privacy.ledger.versions import ROW

NOWHERE = -1


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


@lru_cache(maxsize=2)  # engine and audit ask for the same, of the tier's history and of all tiers
def translate(found: Found, history: History) -> Certificates:
    """The certificates in the numbers of a history that came after; what it has no number for is -1.

    A move that changed a row which was corrected since changes both versions alike, and so not the correction.
    With a reach: those that concern it, quantities of other rows numbered after those of the history.
    """
    if found.release not in history.known_as:
        return no_certificates()
    return divide(found, history)[0] if found.reach else _renumber(found, history)


@lru_cache(maxsize=1)
def divide(found: Found, history: History) -> tuple[Certificates, Certificates]:
    """What of the certificates concerns the reach, and the rest of them, both in the numbers `translate` gives.

    Of the first are all moves that change anything near, and all that change anything these claim something of.
    """
    near = pl.col("org_id").is_in(list(found.reach.near))
    inside, earlier = found.quantities.filter(near), found.certificates
    numbers = inside["quantity"].unique()
    far = ~pl.col("quantity").is_in(numbers.implode())
    ours = earlier.moves.join(earlier.moves.filter(~far).select("move").unique(), on="move", how="semi")
    shared = earlier.claims.join(ours.filter(far), on="quantity", how="semi")["quantity"]
    claimed = pl.concat([numbers, shared]).unique().to_frame()
    ours = earlier.moves.join(claimed, on="quantity", how="semi").select("move").unique()
    named = pl.concat([numbers, earlier.moves.join(ours, on="move", how="semi")["quantity"]]).unique().to_frame()
    keys = {"base": named, "moves": ours, "spans": ours, "claims": claimed}
    split = [
        replace(
            earlier,
            **{
                name: getattr(earlier, name).join(key, on=key.columns, how=how, maintain_order="left")
                for name, key in keys.items()
            },
            leaks=earlier.leaks.clear(),
        )
        for how in ("semi", "anti")
    ]
    first = len(history.truth)
    concerned = _renumber(replace(found, quantities=inside, certificates=split[0]), history, first)
    bound = history.structure.quantities.filter(pl.col("org_id").is_in(list(found.reach.bound)))["quantity"]
    beyond = pl.concat([concerned.base["quantity"], concerned.moves["quantity"]])
    fixed = pl.concat([bound, beyond.filter(beyond >= first)]).unique().sort().to_numpy()
    others = {
        name: getattr(split[1], name).with_columns(pl.col("quantity") + first) for name in ("base", "moves", "claims")
    }
    return replace(concerned, fixed=fixed), replace(split[1], **others)


def _renumber(found: Found, history: History, first: int | None = None) -> Certificates:
    """The certificates in the numbers of a history; `first`: what is added to numbers that name nothing of `found`."""
    images, earlier = _find_images(found, history), found.certificates
    named = found.quantities["quantity"].unique().implode()
    elsewhere = (
        pl.lit(NOWHERE)
        if first is None
        else pl.when(pl.col("quantity").is_in(named)).then(NOWHERE).otherwise(pl.col("quantity") + first)
    )
    parts = {}
    for name in ("base", "moves", "claims"):
        part = getattr(earlier, name)
        # What a corrected number is now, the earlier base does not say.
        image = images.filter(pl.col("then") | (name != "base")).select("quantity", "now").unique(maintain_order=True)
        seen = part.join(image, on="quantity", how="left", maintain_order="left")
        parts[name] = seen.with_columns(quantity=pl.coalesce("now", elsewhere)).select(part.columns)
    base = parts["base"].filter(pl.col("quantity") != NOWHERE).unique("quantity", keep="first", maintain_order=True)
    moves = parts["moves"].unique(["move", "quantity"], keep="first", maintain_order=True)
    return Certificates(base, moves, earlier.spans, parts["claims"], earlier.leaks.clear())


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
