"""A move the engine knows of before it searches: the correction at hand, made once more or taken back.

The numbers at hand and those of the last release fit the same sums. So what lies between them may be added to the
numbers at hand, or taken from them, while all that was released stays: every correction up to now then changes by that.
Whether this move holds is found out as of any other. The audit is not told of it.
"""

from dataclasses import replace

import numpy as np
import polars as pl

from privacy.certificates import Certificates
from privacy.ledger.history import History
from privacy.ledger.translation import FURTHEST


def propose_correction(history: History, release: str, certificates: Certificates) -> Certificates:
    """Certificates in the numbers of a history, with the correction since a release (`tier/release`) as a move."""
    terms = _list_terms(history, release) if release in history.known_as else pl.DataFrame()
    fixed = [] if certificates.fixed is None else certificates.fixed
    if terms.is_empty() or np.isin(terms["quantity"].to_numpy(), fixed).any():
        return certificates
    ends = {"first": [-FURTHEST], "last": [FURTHEST]}
    move = (certificates.spans["move"].max() or 0) + 1
    spans = pl.DataFrame({"move": [move], **ends}, schema=certificates.spans.schema)
    terms = terms.select(move=pl.lit(move, pl.Int64), quantity="quantity", step="step")
    moves = pl.concat([certificates.moves, terms])
    return replace(certificates, moves=moves, spans=pl.concat([certificates.spans, spans]))


def _list_terms(history: History, release: str) -> pl.DataFrame:
    """One row per quantity the correction changes: quantity, step, as small as they can be."""
    rows = history.list_corrected(release)
    now, before = (history.truth[rows[name].to_numpy()] for name in ("quantity", "before"))
    rows = rows.select("quantity", step=pl.Series(now - before)).unique("quantity", keep="first", maintain_order=True)
    rows = rows.filter(pl.col("step") != 0)
    # What the newer of two versions changes by, the correction does.
    told = history.corrections.select("newer", correction="quantity").join(rows, left_on="newer", right_on="quantity")
    rows = pl.concat([rows, told.select(quantity="correction", step="step")]).sort("quantity")
    divisor = np.gcd.reduce(rows["step"].to_numpy()) if rows.height else 1
    return rows.with_columns(pl.col("step") // int(divisor))
