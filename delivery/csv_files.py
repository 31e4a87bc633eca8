"""CSV for people: plain UTF-8 that a spreadsheet opens without running anything in it."""

from pathlib import Path

import polars as pl

# A spreadsheet runs a cell that begins with one of these. Source: OWASP, CSV Injection.
FORMULA_STARTS = r"^[=+\-@\t\r\n＝＋－＠]"


def neutralise_formulas(table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with an apostrophe before every text cell that a spreadsheet would run as a formula.

    Numbers stay numbers: a negative number in a number column is not text. Nulls stay null.
    """
    text = [name for name, dtype in table.schema.items() if dtype in (pl.String, pl.Categorical, pl.Enum)]
    guarded = [
        pl.when(pl.col(name).cast(pl.String).str.contains(FORMULA_STARTS))
        .then(pl.lit("'") + pl.col(name).cast(pl.String))
        .otherwise(pl.col(name).cast(pl.String))
        .alias(name)
        for name in text
    ]
    return table.with_columns(guarded)


def write_csv(table: pl.DataFrame, path: Path) -> None:
    """Write one CSV (UTF-8, LF, header, empty text for null) with formulas neutralised."""
    neutralise_formulas(table).write_csv(path, line_terminator="\n", null_value="")
