"""From raw text to typed columns: what cannot be read becomes null, and is counted by the caller, never raised."""

from collections.abc import Mapping

import polars as pl

YES, NO = ("true", "1", "yes", "y"), ("false", "0", "no", "n")
TIME_SHAPES = ("%H:%M:%S", "%H:%M")


def clean_text(table: pl.DataFrame, columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """The table with exactly `columns`, all trimmed text; empty text and columns that were not sent are null."""
    present = [name for name in columns if name in table.columns and table.schema[name] != pl.Null]
    trimmed = table.lazy().select(pl.col(present).cast(pl.String).str.strip_chars())
    emptied = trimmed.with_columns(pl.when(pl.col(present) != "").then(pl.col(present)) if present else [])
    missing = [pl.lit(None, dtype=pl.String).alias(name) for name in columns if name not in present]
    return emptied.with_columns(missing).select(list(columns)).collect() if present else _nothing(table, columns)


def read_text(column: str, dtype: pl.DataType) -> pl.Expr:
    """The typed value of a text column; null where the text cannot be read as `dtype`.

    Dates are ISO (2022-03-31), times HH:MM or HH:MM:SS, numbers plain and finite, flags true/false, 1/0 or yes/no.
    """
    text = pl.col(column)
    if dtype == pl.Date:
        return text.str.to_date("%Y-%m-%d", strict=False)
    if dtype == pl.Time:
        return pl.coalesce(text.str.to_time(shape, strict=False) for shape in TIME_SHAPES).alias(column)
    if dtype == pl.Boolean:
        word = text.str.to_lowercase()
        return pl.when(word.is_in(YES)).then(True).when(word.is_in(NO)).then(False).alias(column)
    if dtype.is_float() or dtype.is_integer():
        number = text.cast(pl.Float64, strict=False)
        is_whole = number == number.floor() if dtype.is_integer() else pl.lit(True)
        return pl.when(number.is_finite() & is_whole).then(number).cast(dtype, strict=False).alias(column)
    return text if dtype == pl.String else text.cast(dtype, strict=False)


def _nothing(table: pl.DataFrame, columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame({name: pl.Series([None] * table.height, dtype=pl.String) for name in columns})
