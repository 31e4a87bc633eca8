"""The files themselves: a header, then a record per group, one file for each level, for their owner's eyes only."""

import os
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from delivery.edfacts.layout import LEVELS, FileLayout, Layout, LayoutError, postal_code

SEPARATORS = {"tab": "\t", "csv": ","}


@dataclass(frozen=True)
class WrittenFile:
    """One file: where it is, its level, its records without the header, and how many organizations they are of."""

    path: Path
    level: str
    record_count: int
    organization_count: int


def check_folder(folder: Path, *, forbidden: list[Path]) -> Path:
    """Make a folder that only its owner can read, and return it.

    Raises `LayoutError` when it lies in one of the `forbidden` folders, from which things are given away.
    """
    folder = folder.resolve()
    for path in forbidden:
        if folder.is_relative_to(path.resolve()):
            raise LayoutError(f"{folder} lies in {path}, which others read; EDFacts files hold exact counts.")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write_files(
    table: pl.DataFrame,
    *,
    file: FileLayout,
    layout: Layout,
    fips: str,
    folder: Path,
    form: str = "tab",
    revision: int = 1,
) -> list[WrittenFile]:
    """Write a file for each level that has rows; return them. The same table gives the same bytes.

    `form` is `tab` or `csv`. Each is written whole or not at all, and readable by its owner only.
    """
    written = []
    for level in file.levels:
        rows = table.filter(pl.col("org_level") == level)
        if rows.is_empty():
            continue
        name = _file_name(file, level, layout.school_year, fips, form, revision)
        records = _records(rows, file, layout, level, fips)
        _write(folder / name, _header(file, level, layout.school_year, len(records), name), records, SEPARATORS[form])
        written.append(WrittenFile(folder / name, LEVELS[level], len(records), rows["org_id"].n_unique()))
    return written


def _file_name(file: FileLayout, level: str, school_year: int, fips: str, form: str, revision: int) -> str:
    """State, level, nine characters of name, seven of version: NESCHCHRONABSE2022-01.tab."""
    return f"{postal_code(fips)}{LEVELS[level]}{file.short_name[:9]}{school_year}-{revision:02d}.{form}"


def _header(file: FileLayout, level: str, school_year: int, record_count: int, name: str) -> list[str]:
    """What the file is, how many records follow, its name, its number, and the school year."""
    period = f"{school_year - 1}-{school_year}"
    return [f"{LEVELS[level]} {file.file_type}", str(record_count), name, file.spec, period, "", ""]


def _records(rows: pl.DataFrame, file: FileLayout, layout: Layout, level: str, fips: str) -> pl.DataFrame:
    columns = file.columns_of(level)
    blank = pl.lit(None, pl.String)
    ids = {
        "lea": blank if level == "state" else pl.col("lea_id"),
        "school": pl.col("org_id") if level == "school" else blank,
    }
    named = {f"{place:02d}": _column(column, file, rows.columns) for place, column in enumerate(columns)}
    records = rows.select(fips=pl.lit(fips), agency=pl.lit(layout.state_agency_number), **ids, **named).cast(pl.String)
    records = records.sort(["lea", "school", *named])
    return records.with_row_index("number", offset=1).cast(pl.String)


def _column(column: str, file: FileLayout, available: list[str]) -> pl.Expr:
    if column == "amount":
        return pl.col("amount").cast(pl.Decimal(18, file.places) if file.places else pl.Int64)
    if column == "total_indicator":
        # Subtotals and totals say so.
        return pl.when(pl.col("category_set").str.starts_with("CS")).then(pl.lit("N")).otherwise(pl.lit("Y"))
    name = column.lower()
    return pl.col(name) if name in available else pl.lit(None, pl.String)


def _write(path: Path, header: list[str], records: pl.DataFrame, separator: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write((separator.join(header) + "\r\n").encode())
        # A name with the separator in it is quoted; no code has one.
        records.write_csv(stream, include_header=False, separator=separator, line_terminator="\r\n", null_value="")
    os.replace(fresh, path)
