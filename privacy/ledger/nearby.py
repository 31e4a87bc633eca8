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
from privacy.ledger.translation import Found, Reach, divide, name_quantities
from privacy.structure import CELL_COLUMNS, KEY

MOST = 1 / 3  # part of the rows above which the whole is solved at once
COUNTED = ("rate", "count")  # kinds of tables whose values are proved by their number, not by how far apart they are


def find_reaches(cells: pl.DataFrame, releases: Sequence[Release]) -> Iterator[Reach]:
    """What a change of checked cells since the last release can reach, directly, then by way of that, and so on.

    Nothing if nothing changed; nothing more from where it is too much.
    """
    near = _find_changed(cells.select(CELL_COLUMNS), releases[-1].exact.select(CELL_COLUMNS))
    every = [frame.select("org_id", "parent_org_id") for frame in (cells, *(one.exact for one in releases))]
    ties = pl.concat([every[0], *(one for one in every[1:] if not one.equals(every[0]))]).unique()
    pairs = _pair(ties.join(ties, left_on="parent_org_id", right_on="org_id", how="semi"))
    while near.height:
        near = pl.concat([near, pairs.join(near, on="org_id", how="semi").select(org_id="other")]).unique()
        if cells.join(near, on="org_id", how="semi").height > MOST * cells.height:
            return
        bound = pairs.join(near, on="org_id", how="semi").join(near, left_on="other", right_on="org_id", how="anti")
        yield Reach(frozenset(near["org_id"]), frozenset(bound["org_id"]))
        if bound.is_empty():
            return


def _find_changed(cells: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """One row per organisation of which a row changed, came or went: org_id."""
    if cells.select(KEY).equals(before.select(KEY)):  # the same rows in the same order, as mostly
        changed = pl.any_horizontal(one.ne_missing(before[one.name]) for one in cells.iter_columns())
        return cells.filter(changed).select("org_id").unique()
    return pl.concat([cells, before]).unique(keep="none").select("org_id").unique()


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

    `certificates`: of the audit of what is in reach. None if they do not carry over: if the table it all starts from is
    another one at the rim, or too little is left of a move for what was claimed of the rest.
    """
    near, rest = divide(found, past.own)
    first = len(past.own.truth)
    rim = certificates.base.filter(pl.col("quantity").is_in(pl.Series(near.fixed, dtype=pl.Int64).implode()))
    if rim.join(near.base, on=["quantity", "value"], how="anti").height:
        return None
    # Moves keep their numbers as far as they hold; new ones have higher ones.
    start = pl.lit((rest.spans["move"].max() or 0) + 1)
    known = certificates.moves.filter(pl.col("quantity") >= first).select("move", kept=pl.col("quantity") - first)
    named = [
        part.join(known, on="move", how="left", maintain_order="left")
        .with_columns(move=pl.coalesce("kept", pl.col("move") + start))
        .drop("kept")
        for part in (certificates.moves, certificates.spans)
    ]
    untouched = rest.spans.join(near.spans, on="move", how="anti", maintain_order="left")
    held = pl.concat([untouched, named[1].join(near.spans, on="move", how="semi", maintain_order="left")])
    if not _holds_on(rest, held, past.policy.required_candidates):
        return None
    joined = {
        "base": pl.concat([rest.base, certificates.base.filter(pl.col("quantity") < first)]),
        "moves": pl.concat(
            [
                rest.moves.join(held, on="move", how="semi", maintain_order="left"),
                named[0].filter(pl.col("quantity") < first),
            ]
        ),
        "spans": pl.concat([untouched, named[1]]),
        "claims": pl.concat([rest.claims, certificates.claims]),
    }
    quantities = name_quantities(past.own, certificates)
    others = cut_rows(found.quantities, found.reach, rest=True).with_columns(pl.col("quantity") + first)
    whole = Certificates(**joined, leaks=certificates.leaks.clear())
    return pl.concat([quantities, others.select(quantities.columns)]), whole


def _holds_on(rest: Certificates, held: pl.DataFrame, required: int) -> bool:
    """Whether the spans that are held still show what is claimed of the rest; `rest.spans`: those it was claimed for.

    Counted anew where a move goes less far than it did. Only in number: no kind of COUNTED asks for a width.
    """
    spans = rest.spans.join(held, on="move", how="left", suffix="_now")
    reaches = (pl.col("first_now") <= pl.col("first")) & (pl.col("last_now") >= pl.col("last"))
    short = spans.filter(~reaches.fill_null(False))
    hit = rest.moves.join(short, on="move", how="semi").select("quantity").unique()
    hit = hit.join(rest.claims, on="quantity", how="semi")
    terms = rest.moves.join(hit, on="quantity", how="semi").join(held, on="move", how="inner")
    times = pl.int_ranges(pl.col("first").clip(-required), pl.col("last").clip(upper_bound=required) + 1)
    changes = terms.select("quantity", change=times * pl.col("step")).explode("change")
    counts = changes.filter(pl.col("change") != 0).unique().group_by("quantity").agg(values=pl.len() + 1)
    return hit.join(counts.filter(pl.col("values") >= required), on="quantity", how="anti").is_empty()
