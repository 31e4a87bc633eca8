"""The doors for plain files: protect, audit and check without the rest of OpenSLDS. Formats: docs/disclosure.md."""

from pathlib import Path
from typing import Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from privacy.auditing import AuditReport, audit, certify
from privacy.certificates import read_certificates
from privacy.checker import CheckReport, check
from privacy.policy import load_policy
from privacy.protection import protect
from privacy.release import PUBLISHED, Protected
from privacy.structure import CELL_COLUMNS, Structure

NUMBERS = ("school_year", "student_count", "numerator", "denominator")
PARTS = ("quantities", "relations", "terms")


class DescriptionError(ValueError):
    """A description or file of cells that cannot be used; names fields and columns, never a value."""


class Description(BaseModel):
    """What a file of cells calls things. All parts are optional.

    columns: our name -> the file's. constants: our name -> the value for every row. levels: the file's word -> state,
    region, lea or school. all_students: the file's word for the disaggregate_type of all students together.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: Literal[1]
    columns: dict[str, str] = {}
    constants: dict[str, str | int | None] = {}
    levels: dict[str, str] = {}
    all_students: str = "all"


def protect_files(
    cells_path: str | Path,
    description_path: str | Path,
    policy_path: str | Path,
    out_dir: str | Path,
    *,
    secret: bytes = b"",
) -> Protected:
    """Protects a long file of cells and writes `public/` and `internal/` into a folder; gives back what it wrote."""
    policy = load_policy(policy_path)
    protected = protect(read_cells(cells_path, description_path), policy, secret=secret)
    public, internal = (_make_folder(out_dir, name) for name in ("public", "internal"))
    protected.cells.write_parquet(public / "cells.parquet")
    marks = [
        pl.when(pl.col(f"{one}_status") == "withheld")
        .then(pl.lit(policy.symbol))
        .otherwise(pl.col(one).cast(pl.String))
        for one in PUBLISHED
    ]
    protected.cells.with_columns(mark.alias(one) for one, mark in zip(PUBLISHED, marks, strict=True)).write_csv(
        public / "cells.csv"
    )
    for name in PARTS:
        getattr(protected.structure, name).write_parquet(internal / f"{name}.parquet")
    for name in ("sensitive", "reasons", "summary"):
        getattr(protected, name).write_parquet(internal / f"{name}.parquet")
    return protected


def audit_files(out_dir: str | Path, policy_path: str | Path) -> AuditReport:
    """Attacks what protect_files wrote, as it stands on disk, and writes failures and certificates beside it.

    The public certificates, and the structure they speak of, are written only if the attack found nothing and no
    relation has a residual (where students count twice, residuals are exact sums the state may not want to show).
    """
    policy, out = load_policy(policy_path), Path(out_dir)
    internal, public = out / "internal", out / "public"
    structure = _read_structure(internal)
    frames = {name: _read_parquet(internal / f"{name}.parquet") for name in ("sensitive", "reasons", "summary")}
    cells = _read_parquet(public / "cells.parquet")
    report = audit(Protected(cells, structure, **frames, cost=0.0, policy_hash=policy.hash), policy)
    report.failures.write_parquet(internal / "failures.parquet")
    report.certificates.write(internal / "certificates")
    bare = bool((structure.relations["low"].eq(0) & structure.relations["high"].eq(0)).all())
    if report.passed and bare:
        certify(cells, structure, policy).write(public / "certificates")
        for name in PARTS:
            getattr(structure, name).write_parquet(_make_folder(public, "structure") / f"{name}.parquet")
    return report


def check_files(
    cells_path: str | Path,
    structure_dir: str | Path,
    certificates_dir: str | Path,
    policy_path: str | Path,
    *,
    sensitive_path: str | Path | None = None,
) -> CheckReport:
    """Checks certificates on disk against published cells on disk; with the internal list of sensitive ones, fully."""
    sensitive = None if sensitive_path is None else _read_parquet(Path(sensitive_path))
    return check(
        _read_parquet(Path(cells_path)),
        _read_structure(Path(structure_dir)),
        read_certificates(certificates_dir),
        load_policy(policy_path),
        sensitive=sensitive,
    )


def read_cells(cells_path: str | Path, description_path: str | Path) -> pl.DataFrame:
    """The cells of a CSV or Parquet file under the names this package uses. Raises DescriptionError."""
    cells_path, description = Path(cells_path), _read_description(Path(description_path))
    unknown = sorted((set(description.columns) | set(description.constants)) - set(CELL_COLUMNS))
    if unknown:
        raise DescriptionError(f"the description names columns there are not: {', '.join(unknown)}")
    if cells_path.suffix == ".parquet":
        cells = _read_parquet(cells_path)
    else:
        try:
            cells = pl.read_csv(cells_path, infer_schema=False)
        except (OSError, pl.exceptions.PolarsError):
            raise DescriptionError(f"{cells_path.name} cannot be read as CSV") from None
    theirs = {ours: description.columns.get(ours, ours) for ours in CELL_COLUMNS if ours not in description.constants}
    missing = sorted(set(theirs.values()) - set(cells.columns))
    if missing:
        raise DescriptionError(f"{cells_path.name} lacks the columns {', '.join(missing)}")
    cells = cells.select(
        *[pl.col(name).alias(ours) for ours, name in theirs.items()],
        *[pl.lit(value).alias(ours) for ours, value in description.constants.items()],
    )
    try:
        cells = cells.with_columns(pl.col(one).cast(pl.Int64 if one in NUMBERS else pl.String) for one in CELL_COLUMNS)
    except pl.exceptions.PolarsError:
        raise DescriptionError(f"{cells_path.name}: {', '.join(NUMBERS)} must be whole numbers") from None
    everyone = pl.col("disaggregate_type") == description.all_students
    return cells.with_columns(
        pl.col("org_level").replace(description.levels),
        disaggregate_type=pl.when(everyone).then(pl.lit("all")).otherwise("disaggregate_type"),
    )


def _read_description(path: Path) -> Description:
    try:
        return Description.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise DescriptionError(f"{path.name} cannot be read as YAML") from None
    except ValidationError as error:
        wrong = sorted({".".join(map(str, one["loc"])) or "description" for one in error.errors()})
        raise DescriptionError(f"{path.name} is not a usable description: {', '.join(wrong)}") from None


def _read_structure(folder: Path) -> Structure:
    return Structure(*(_read_parquet(folder / f"{name}.parquet") for name in PARTS))


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        raise DescriptionError(f"{path.name} is missing or is not Parquet") from None


def _make_folder(parent: str | Path, name: str) -> Path:
    folder = Path(parent) / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
