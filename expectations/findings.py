"""Findings: the one shape in which anything wrong is reported, and the ledger that collects them while checking.

A finding names a rule, a file, a row number and a column. It never holds a value of a person's record: the ledger takes
rule numbers and row positions and has no way to take anything else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from expectations.rules import rule

FINDING_SCHEMA = {
    "record_type": pl.String,
    "rule": pl.Int64,
    "severity": pl.String,
    "source_file": pl.String,
    "source_row": pl.Int64,
    "column": pl.String,
    "message": pl.String,
}
"""One row per rule and affected row (or file, or record type: then `source_row` is null)."""


@dataclass
class Ledger:
    """Collects findings of one delivery. `origins`: record type → `source_file` and `source_row` of each row.

    Rules that were not in force in `school_year` are not recorded.
    """

    school_year: int
    origins: Mapping[str, pl.DataFrame]
    _frames: list[tuple[int, str, pl.DataFrame]] = field(default_factory=list)
    _standing: dict[str, np.ndarray] = field(default_factory=dict)

    def record(self, record_type: str, number: int, positions: pl.Series) -> None:
        """Notes that the rows at `positions` (0-based, in the raw table) break the rule; an error keeps them out.

        Raises ValueError if a rule is recorded twice for one record type: its findings would not be in order.
        """
        broken = rule(number)
        if not len(positions) or not broken.applies_to(self.school_year):
            return
        affected = np.zeros(self.origins[record_type].height, dtype=bool)
        affected[positions.to_numpy()] = True
        self._keep(record_type, number, self.origins[record_type].filter(pl.Series(affected)))
        if broken.severity == "error":
            self._standing[record_type] = self._standing.get(record_type, True) & ~affected

    def record_whole(self, record_type: str, number: int) -> None:
        """Notes that the record type as a whole breaks the rule: one finding for each file it came in."""
        if rule(number).applies_to(self.school_year):
            files = self.origins[record_type]["source_file"].drop_nulls().unique().sort()
            whole = pl.DataFrame({"source_file": files if len(files) else [None]})
            self._keep(record_type, number, whole.with_columns(pl.lit(None).alias("source_row")))

    def standing(self, record_type: str) -> pl.Series:
        """One Boolean per row of the raw table: nothing has kept it out so far."""
        everything = np.ones(self.origins[record_type].height, dtype=bool)
        return pl.Series(self._standing.get(record_type, everything))

    def findings(self) -> pl.DataFrame:
        """All findings, one row per rule and affected row, by rule, record type and then in the order received."""
        ordered = sorted(self._frames, key=lambda kept: kept[:2])
        return pl.concat([pl.DataFrame(schema=FINDING_SCHEMA), *(frame for *_, frame in ordered)])

    def _keep(self, record_type: str, number: int, origins: pl.DataFrame) -> None:
        broken = rule(number)
        if any(kept[:2] == (number, record_type) for kept in self._frames):
            raise ValueError(f"rule {number} was recorded twice for {record_type}")
        made = origins.select(
            pl.lit(record_type).alias("record_type"),
            pl.lit(number).alias("rule"),
            pl.lit(broken.severity).alias("severity"),
            "source_file",
            "source_row",
            pl.lit(broken.column).alias("column"),
            pl.lit(broken.title).alias("message"),
        )
        self._frames.append((number, record_type, made.cast(FINDING_SCHEMA)))
