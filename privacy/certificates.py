"""The form of certificates: what an attack found, written so that anybody can check it without a solver.

No search and no verdict here. Which certificates may be published, and why: docs/disclosure.md.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

FORMS = {
    "base": {"quantity": pl.Int64, "value": pl.Int64},
    "moves": {"move": pl.Int64, "quantity": pl.Int64, "step": pl.Int64},
    "spans": {"move": pl.Int64, "first": pl.Int64, "last": pl.Int64},
    "claims": {"quantity": pl.Int64, "required": pl.Int64},
    "leaks": {"quantity": pl.Int64, "side": pl.String, "relation": pl.Int64, "multiplier": pl.Int64},
}
SCALE = 5040  # multipliers are in parts of this: it divides by all numbers up to ten


@dataclass(frozen=True)
class Certificates:
    """Whole-number tables that agree with everything published, and reasons why there are no more.

    - `base`: one row per withheld quantity: its value in one such table, found from the published tables alone.
    - `moves`, `spans`: base + j x step is such a table for every whole j from first to last of the move.
    - `claims`: one row per quantity for which `required` different values are shown.
    - `leaks`: one row per exposed quantity, side (lower, upper) and relation: its multiplier, in parts of SCALE.
    - `fixed`: None, or, where only part of a system is at hand, the quantities in it that hang together with the rest.
      They keep their value in the base, no new move may change them, and no move goes further than its span says.
      Whatever a move changes in the rest is one quantity more, and among them. Not written.
    - `guess`: None, or values for what the base is silent about, which with it may be such a table. Not written.
    """

    base: pl.DataFrame
    moves: pl.DataFrame
    spans: pl.DataFrame
    claims: pl.DataFrame
    leaks: pl.DataFrame
    fixed: np.ndarray | None = field(default=None, repr=False, compare=False)
    guess: pl.DataFrame | None = field(default=None, repr=False, compare=False)

    def write(self, folder: str | Path) -> None:
        """Writes one Parquet file per part into a folder."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name in FORMS:
            getattr(self, name).write_parquet(folder / f"{name}.parquet", statistics=False)

    def keep_below(self, count: int) -> "Certificates":
        """What they say of the quantities 0 to count - 1, and no word of others."""
        named = {name: getattr(self, name).filter(pl.col("quantity") < count) for name in ("base", "moves", "claims")}
        spans = self.spans.join(named["moves"], on="move", how="semi", maintain_order="left")
        return replace(self, **named, spans=spans, leaks=self.leaks.filter(pl.col("quantity") < count))


def read_certificates(folder: str | Path) -> Certificates:
    """The certificates a folder holds. Raises ValueError, naming the file, when one is missing or of another form."""
    parts = {}
    for name, schema in FORMS.items():
        try:
            parts[name] = pl.read_parquet(Path(folder) / f"{name}.parquet").select(list(schema)).cast(schema)
        except (OSError, pl.exceptions.PolarsError):
            raise ValueError(f"{name}.parquet is missing or does not have the columns of a certificate") from None
    return Certificates(**parts)


def no_certificates() -> Certificates:
    """Certificates of nothing."""
    return Certificates(**{name: pl.DataFrame(schema=schema) for name, schema in FORMS.items()})
