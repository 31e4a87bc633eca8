"""Tier extracts: one tier's table, cut by district, as the file that district pulls.

The warehouse knows students and staff by pseudonym only. A district knows them by the ids it sent, so its own extract
carries those ids again, joined from its own part of the identity store and from no other's.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl


@dataclass(frozen=True)
class Extract:
    """One file written for one district (or for the whole tier where `lea_id` is None): where it is, how many rows."""

    tier: str
    table: str
    lea_id: str | None
    path: Path
    row_count: int
    is_new: bool


def write_extract(
    table: pl.DataFrame,
    *,
    name: str,
    tier: str,
    marts_dir: Path,
    sort_by: list[str],
    identities: Mapping[str, pl.DataFrame] | None = None,
    by_lea: bool = True,
) -> list[Extract]:
    """Write `marts/<tier>/lea_id=<id>/<name>.parquet` per district, or one `marts/<tier>/<name>.parquet`; return them.

    `identities` maps a district's `lea_id` to the ids it sent itself: one row per person, columns `key` and `id`.
    Where the table has `student_key` or `staff_key`, the district's file gets `student_id` or `staff_id` beside it;
    a person whom this district did not send gets null. An unchanged file is left alone.
    """
    table = table.sort(sort_by, nulls_last=True)
    if not by_lea:
        return [_write(table, marts_dir / tier / f"{name}.parquet", tier, name, None)]
    extracts = []
    for (lea_id,), rows in table.partition_by("lea_id", as_dict=True, maintain_order=True).items():
        if lea_id is None:
            continue
        own = (identities or {}).get(lea_id)
        if own is not None:
            rows = _return_own_ids(rows, own)
        path = marts_dir / tier / f"lea_id={lea_id}" / f"{name}.parquet"
        extracts.append(_write(rows, path, tier, name, lea_id))
    _remove_districts_that_left(marts_dir / tier, name, {extract.lea_id for extract in extracts})
    return extracts


def _return_own_ids(rows: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    ids = own.unique("key", keep="first", maintain_order=True)
    for key, returned in (("student_key", "student_id"), ("staff_key", "staff_id")):
        if key in rows.columns:
            rows = rows.join(
                ids.select(pl.col("key").alias(key), pl.col("id").alias(returned)),
                on=key,
                how="left",
                maintain_order="left",
            )
    return rows


def _remove_districts_that_left(tier_dir: Path, name: str, present: set[str]) -> None:
    """A district that is no longer in the state's tables must not find last year's file in its folder."""
    for path in sorted(tier_dir.glob(f"lea_id=*/{name}.parquet")):
        if path.parent.name.removeprefix("lea_id=") not in present:
            path.unlink()


def _write(rows: pl.DataFrame, path: Path, tier: str, name: str, lea_id: str | None) -> Extract:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    rows.write_parquet(fresh, compression="zstd", statistics=False)
    is_new = not path.exists() or path.read_bytes() != fresh.read_bytes()
    if is_new:
        os.replace(fresh, path)
    else:
        fresh.unlink()
    return Extract(tier, name, lea_id, path, rows.height, is_new)
