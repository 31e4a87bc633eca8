"""Random codes for the people of one study, and the protected file that alone says who has which.

Source: FERPA, 34 CFR 99.31(b)(2): a record code may go with de-identified records if it is not based on personal
information, cannot be turned back into a person by those who get it, and how it was given is not disclosed.
"""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

SCHEMA = {"study": pl.String, "person": pl.String, "code": pl.String}
CODE_BYTES = 8


class CodesError(ValueError):
    """A file of codes that must not be used or overwritten; the message names the study and counts, no person."""


@dataclass(frozen=True)
class StudyCodes:
    """The codes of one study.

    `table`: one row per person: study, person, code (16 hex digits of the system's random source), in the order of the
    codes, which is no order of persons.
    """

    study: str
    table: pl.DataFrame = field(repr=False)

    def extend(self, persons: pl.Series) -> "StudyCodes":
        """These codes and new ones for those of `persons` (any may repeat) who have none. Save before using them.

        Who has a code keeps it. Raises CodesError if a person is null.
        """
        if persons.null_count():
            raise CodesError(f"study {self.study}: {persons.null_count()} rows name no person")
        known = set(self.table["person"])
        new = sorted(set(persons.cast(pl.String)) - known)
        codes = _draw_codes(len(new), taken=set(self.table["code"]))
        rows = pl.DataFrame({"study": [self.study] * len(new), "person": new, "code": codes}, schema=SCHEMA)
        return StudyCodes(self.study, pl.concat([self.table, rows]).sort("code"))


def load_codes(folder: str | Path, study: str) -> StudyCodes:
    """The codes of a study from a protected folder; none yet if it has no file. Raises CodesError for a wrong file."""
    path = _path(folder, study)
    if not path.exists():
        return StudyCodes(study, pl.DataFrame(schema=SCHEMA))
    try:
        table = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        raise CodesError(f"study {study}: its codes cannot be read as Parquet") from None
    if dict(table.schema) != SCHEMA or table.null_count().sum_horizontal().item():
        raise CodesError(f"study {study}: its codes are not a table of {', '.join(SCHEMA)} without nulls")
    if table["study"].ne(study).any():
        raise CodesError(f"study {study}: the file holds the codes of another study")
    if table["person"].is_duplicated().any() or table["code"].is_duplicated().any():
        raise CodesError(f"study {study}: a person or a code is there twice")
    return StudyCodes(study, table.sort("code"))


def save_codes(codes: StudyCodes, folder: str | Path) -> Path:
    """Writes the codes, readable by the owner alone, whole or not at all; gives back where.

    Raises CodesError if the file has codes that these lack: another run gave some since they were loaded.
    """
    path = _path(folder, codes.study)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lost = load_codes(folder, codes.study).table.join(codes.table, on=list(SCHEMA), how="anti").height
    if lost:
        raise CodesError(
            f"study {codes.study}: saving would lose or change the codes of {lost} persons; load them anew"
        )
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    codes.table.sort("code").write_parquet(fresh)
    os.replace(fresh, path)
    return path


def _path(folder: str | Path, study: str) -> Path:
    return Path(folder) / f"{study}.parquet"


def _draw_codes(count: int, *, taken: set[str]) -> list[str]:
    drawn = set()
    while len(drawn) < count:
        drawn.add(secrets.token_hex(CODE_BYTES))
        drawn -= taken
    return list(drawn)
