"""A correction, held against what it can reach: the cost of a release that follows another is that of its change.

A row that was corrected is tied to its organisation's other rows, to the organisations above and below it and to those
that add up with it; to everything else only through these. So the tables are cut down to them. Organisations at the
rim, tied to others that are not at hand, keep the values the last audit found them, and only changes that audit found
may move them; every other statement about the tables is at hand. What is proved so holds in the whole: a table that
fits here and fitted there before, fits. Where it is not enough, nothing is kept, and the whole is solved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from privacy.certificates import Certificates
from privacy.ledger.chain import Release
from privacy.ledger.cumulative import Past
from privacy.ledger.translation import Found, Reach, divide
from privacy.ledger.versions import ROW
from privacy.structure import CELL_COLUMNS

MOST = 1 / 3  # part of the rows above which the whole is solved at once
COUNTED = ("rate", "count")  # kinds of tables whose values are proved by their number, not by how far apart they are


def find_reaches(cells: pl.DataFrame, releases: Sequence[Release]) -> Iterator[Reach]:
    """What a change of checked cells since the last release can reach, directly, then by way of that, and so on.

    Nothing if nothing changed; nothing more from where it is too much.
    """
    before, cells = releases[-1].exact.select(CELL_COLUMNS), cells.select(CELL_COLUMNS)
    near = pl.concat([cells, before]).unique(keep="none").select("org_id").unique()
    every = pl.concat([cells, *(release.exact for release in releases)], how="diagonal_relaxed")
    ties = every.select("org_id", "parent_org_id").unique()
    pairs = _pair(ties.filter(pl.col("parent_org_id").is_in(every["org_id"].unique().implode())))
    while near.height:
        near = pl.concat([near, pairs.join(near, on="org_id", how="semi").select(org_id="other")]).unique()
        if cells.join(near, on="org_id", how="semi").height > MOST * cells.height:
            return
        bound = pairs.join(near, on="org_id", how="semi").join(near, left_on="other", right_on="org_id", how="anti")
        yield Reach(frozenset(near["org_id"]), frozenset(bound["org_id"]))
        if bound.is_empty():
            return


def _pair(ties: pl.DataFrame) -> pl.DataFrame:
    """One row per organisation and other one a sum ties it to: above it, below it, or under the same one."""
    up = ties.select("org_id", other="parent_org_id")
    beside = ties.join(ties, on="parent_org_id", suffix="_beside").select("org_id", other="org_id_beside")
    return pl.concat([up, up.select(org_id="other", other="org_id"), beside]).filter(
        pl.col("org_id") != pl.col("other")
    )


def cut_rows(rows: pl.DataFrame, reach: Reach, *, rest: bool = False) -> pl.DataFrame:
    """The rows of organisations in reach, or of the rest."""
    near = pl.col("org_id").is_in(list(reach.near))
    return rows.filter(~near if rest else near)


def cut_releases(releases: Sequence[Release], reach: Reach) -> list[Release]:
    """The releases, as far as in reach."""
    return [
        replace(one, published=cut_rows(one.published, reach), exact=cut_rows(one.exact, reach)) for one in releases
    ]


def join_found(found: Found, past: Past, certificates: Certificates) -> tuple[pl.DataFrame, Certificates] | None:
    """What is proved of the whole after a change within reach: quantities and certificates, as Found has them.

    `certificates`: of the audit of what is in reach. None if they do not carry over: if anything that was claimed of
    the rest hung on a change that no longer fits, or the table it all starts from is another one at the rim.
    """
    near, rest = divide(found, past.own)
    first = len(past.own.truth)
    claimed = near.claims.filter(pl.col("quantity") >= first)
    if claimed.join(certificates.claims, on="quantity", how="anti").height:
        return None
    rim = certificates.base.filter(pl.col("quantity").is_in(pl.Series(near.fixed, dtype=pl.Int64).implode()))
    if rim.join(near.base, on=["quantity", "value"], how="anti").height:
        return None
    start = rest.spans["move"].max() + 1 if rest.spans.height else 0
    own = {
        "moves": certificates.moves.with_columns(pl.col("move") + start),
        "spans": certificates.spans.with_columns(pl.col("move") + start),
    }
    joined = {
        name: pl.concat([getattr(rest, name), own.get(name, getattr(certificates, name))])
        for name in ("base", "moves", "spans", "claims")
    }
    quantities = past.own.structure.quantities.select(*ROW, "quantity")
    others = cut_rows(found.quantities, found.reach, rest=True).with_columns(pl.col("quantity") + first)
    whole = Certificates(**joined, leaks=certificates.leaks.clear())
    return pl.concat([quantities, others.select(quantities.columns)]), whole
