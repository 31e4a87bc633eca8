"""The split of each table into what the warehouse may see and what only the identity store keeps."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from intake.identity.pseudonyms import pseudonymise
from intake.record_types import RECORD_TYPES

_KINDS = {"students": ("student", "student_id", "student_key"), "staff": ("staff", "staff_id", "staff_key")}
"""Record type that describes a person → kind of pseudonym, id column, key column."""

_EVERYWHERE = "everywhere"
_SOCIAL_SECURITY_NUMBER = r"(?i)(?:^|\|)SSN:([^|]*)"
_NATIONAL = {"worker_id": ("worker", "worker_key"), "employer_id": ("employer", "employer_key")}
"""Id column of wage records → kind of pseudonym, key column. Social security and employer numbers are the country's, so
their scope is neither the state's nor a district's."""


@dataclass(frozen=True)
class SplitTables:
    """`records`: the tables without any direct identifier, `student_id` and `staff_id` replaced by keys in their place.

    `identities`: "students" and "staff" → one row per person seen anywhere in the delivery, the key first, then the
    direct identifiers (null if the person has no row of their own). Sorted by key.
    """

    records: dict[str, pl.DataFrame]
    identities: dict[str, pl.DataFrame]


def split_identity(
    tables: Mapping[str, pl.DataFrame], *, key: bytes, lea_id: str | None, student_id_scope: str
) -> SplitTables:
    """Return the tables split. Other columns, their types and the order of rows stay as they are.

    With `student_id_scope` "lea", ids are hashed together with `lea_id`: the same number in two districts is then two
    people. ValueError if that scope comes without a `lea_id`, or if a table is no known record type.
    """
    if student_id_scope == "lea" and not lea_id:
        raise ValueError("ids that are unique within a district need the district's lea_id")
    unknown = sorted(set(tables) - set(RECORD_TYPES))
    if unknown:
        raise ValueError(f"not a record type: {', '.join(unknown)}")
    scope = f"lea {lea_id}" if student_id_scope == "lea" else "state"
    records = {name: _protect(frame, name, key, scope) for name, frame in tables.items()}
    identities = {name: _gather_identities(tables, name, key, scope) for name in _KINDS}
    return SplitTables(records, {name: frame for name, frame in identities.items() if frame.height})


def _protect(frame: pl.DataFrame, record_type: str, key: bytes, scope: str) -> pl.DataFrame:
    identifiers = RECORD_TYPES[record_type].identifiers
    # By name wherever it stands: an id must go even from a table whose contract does not know it.
    pseudonyms = {id_column: (kind, key_column, scope) for kind, id_column, key_column in _KINDS.values()}
    pseudonyms |= {id_column: (kind, key_column, _EVERYWHERE) for id_column, (kind, key_column) in _NATIONAL.items()}
    columns: list[pl.Series] = []
    for series in frame.get_columns():
        if series.name in pseudonyms:
            kind, key_column, its_scope = pseudonyms[series.name]
            digits = plain_number(series) if series.name == "worker_id" else series
            columns.append(pseudonymise(kind, digits, key, its_scope).alias(key_column))
        elif series.name not in identifiers:
            columns.append(series)
    return pl.DataFrame(columns + _describe_without_naming(frame, record_type, key))


def _describe_without_naming(frame: pl.DataFrame, record_type: str, key: bytes) -> list[pl.Series]:
    """What the warehouse learns about a student from the direct identifiers, and no more: a second key under which wage
    records name the same person (null without a social security number), and the age on October 1."""
    if record_type != "students" or not {"other_ids", "birth_date", "school_year"} <= set(frame.columns):
        return []
    number = plain_number(frame["other_ids"].str.extract(_SOCIAL_SECURITY_NUMBER))
    return [
        pseudonymise("worker", number, key, _EVERYWHERE).alias("worker_key"),
        frame.select(_age_on_october_1(pl.col("birth_date"), pl.col("school_year"))).to_series(),
    ]


def plain_number(numbers: pl.Series) -> pl.Series:
    """Return social security numbers as nine digits; null for what cannot be one and would link strangers.

    Source: SSA POMS RM 10201.035: no area 000 or 666, no group 00, no serial 0000. Areas from 900 on are taxpayer
    numbers of people without a social security number, under which wages are reported as well.
    """
    digits = numbers.cast(pl.String).str.replace_all(r"[-\s]", "")
    can_be_one = digits.str.contains(r"^\d{9}$") & ~digits.str.contains(r"^(000|666)|^...00|0000$")
    return pl.select(pl.when(can_be_one).then(digits)).to_series().alias(numbers.name)


def _age_on_october_1(birth: pl.Expr, school_year: pl.Expr) -> pl.Expr:
    # As Int32: a month times a hundred does not fit the byte that Polars keeps a month in.
    had_birthday = (birth.dt.month().cast(pl.Int32) * 100 + birth.dt.day()) <= 1001
    age = school_year - 1 - birth.dt.year() - pl.when(had_birthday).then(0).otherwise(1)
    return age.cast(pl.Int32).alias("age_on_october_1")


def _gather_identities(tables: Mapping[str, pl.DataFrame], person: str, key: bytes, scope: str) -> pl.DataFrame:
    kind, id_column, key_column = _KINDS[person]
    ids = [frame[id_column].cast(pl.String) for frame in tables.values() if id_column in frame.columns]
    everyone = pl.concat(ids).drop_nulls().unique() if ids else pl.Series(id_column, [], dtype=pl.String)
    frame = pl.DataFrame({key_column: pseudonymise(kind, everyone, key, scope), id_column: everyone})
    if person in tables:
        own = [name for name in RECORD_TYPES[person].identifiers if name in tables[person].columns]
        described = tables[person].select(pl.col(id_column).cast(pl.String), pl.col(own).exclude(id_column))
        first = described.unique(id_column, keep="first", maintain_order=True)
        frame = frame.join(first, on=id_column, how="left")
    return frame.sort(key_column, id_column)


def write_identities(
    identities: Mapping[str, pl.DataFrame], *, home: str | Path, source_id: str, school_year: int, batch_id: str
) -> list[Path]:
    """Write `private/identity/<source_id>/<school_year>/<batch_id>.<students|staff>.parquet` and return the paths.

    Folders have mode 0700 and files 0600 from the first byte on; a file appears whole.
    """
    folder = Path(home) / "private"
    for part in ("", "identity", source_id, str(school_year)):
        folder = folder / part
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    written = []
    for name, frame in sorted(identities.items()):
        path = folder / f"{batch_id}.{name}.parquet"
        temporary = folder / f".{path.name}.{os.getpid()}"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            frame.write_parquet(stream)
        os.replace(temporary, path)
        written.append(path)
    return written
