"""Crosswalks: a sender's wording → the code the warehouse keeps, from the seeds `xwalk_<code_set>.csv`."""

import csv
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from intake.record_types import CODE_SETS, RECORD_TYPES, Column

Crosswalks = Mapping[str, Mapping[tuple[str, str], str]]
"""Code set → (source system, folded wording) → code."""


def load_crosswalks(folder: str | Path) -> Crosswalks:
    """Return all crosswalks of the folder. Raises FileNotFoundError or ValueError (a wording twice) by file name."""
    return {name: _load_one(Path(folder) / f"xwalk_{name}.csv") for name in CODE_SETS}


def _load_one(path: Path) -> dict[tuple[str, str], str]:
    codes: dict[tuple[str, str], str] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            key = (row["source_system"], fold_wording(row["source_value"]))
            if key in codes:
                raise ValueError(f"{path.name}: {row['source_system']} {row['source_value']!r} stands twice")
            codes[key] = row["code"]
    return codes


def fold_wording(text: str) -> str:
    """Return a wording as it is compared: without case and surrounding space."""
    return text.strip().casefold()


def map_codes(frame: pl.DataFrame, record_type: str, *, system: str, crosswalks: Crosswalks) -> pl.DataFrame:
    """Return the frame with a `_code` column after each coded column's `_source`; null where the wording is unknown.

    A multi-valued column is mapped member by member (sorted, each once) and is null as a whole if one is unknown.
    """
    coded = RECORD_TYPES[record_type].coded
    return frame.with_columns(_map_column(frame, column, system, crosswalks[column.code_set]) for column in coded)


def _map_column(frame: pl.DataFrame, column: Column, system: str, codes: Mapping[tuple[str, str], str]) -> pl.Series:
    source, code = column.emitted
    wordings = frame[source].unique().drop_nulls().to_list()
    members = {wording: wording.split("|") if column.is_multi else [wording] for wording in wordings}
    found = {
        wording: [codes.get((system, fold_wording(part))) for part in parts] for wording, parts in members.items()
    }
    known = {wording: "|".join(sorted(set(parts))) for wording, parts in found.items() if None not in parts}
    return frame[source].replace_strict(known or {"": None}, default=None, return_dtype=pl.String).alias(code)
