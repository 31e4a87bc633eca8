"""Rows on their way into a raw table: buffered as text, turned into frames in chunks, so that memory stays bounded."""

from collections.abc import Iterable, Sequence

import polars as pl

CHUNK_ROWS = 50_000
"""Rows held as Python text before they become a frame: some 50 MB for the widest record type."""


class RowBuffer:
    """Gathers rows of one record type and gives them back as one frame of text columns plus `source_row`."""

    def __init__(self, columns: Sequence[str], chunk_rows: int = CHUNK_ROWS):
        self._schema = {**dict.fromkeys(columns, pl.String), "source_row": pl.Int64}
        self._chunk_rows = chunk_rows
        self._rows: list[tuple] = []
        self._frames: list[pl.DataFrame] = []

    def append(self, values: Iterable[str | None], source_row: int) -> None:
        """Add one row: the columns' values in order, and where the row stands."""
        self._rows.append((*values, source_row))
        if len(self._rows) >= self._chunk_rows:
            self._flush()

    def _flush(self) -> None:
        self._frames.append(pl.DataFrame(self._rows, schema=self._schema, orient="row"))
        self._rows = []

    def to_frame(self) -> pl.DataFrame:
        """Return all rows, in the order added."""
        self._flush()
        return pl.concat(self._frames)
