"""Cells in plain files: what a description may say about them, and how they are read under this package's names.

Formats: docs/disclosure-files.md. What is wrong with a file is told by file, column and row; a number never is.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from privacy.structure import CELL_COLUMNS, KEY, LEVELS

NUMBERS = ("school_year", "student_count", "numerator", "denominator")
STATISTICS = NUMBERS[1:]
ORGANISATION = ("org_id", "org_level", "parent_org_id")
FILE, ROW, CROSSED = "_file", "_row", " x "
WHOLE = "not a whole number. Write digits only, such as 56, and leave empty what does not apply"


class DescriptionError(ValueError):
    """A description or file that cannot be used; names files, fields, columns and rows, never a number in a cell."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dimension(_Strict):
    """A column that splits the students, and its code for all of them."""

    column: str
    total: str


class Organisations(_Strict):
    """A file with one row per organisation, beside the description; columns: our name -> the file's."""

    file: str
    columns: dict[Literal["org_id", "org_level", "parent_org_id"], str] = {}


class Description(_Strict):
    """What a file of cells calls things. All parts but the version are optional; docs/disclosure-files.md has each."""

    version: Literal[1]
    columns: dict[str, str] = {}
    constants: dict[str, str | int | None] = {}
    levels: dict[str, str] = {}
    all_students: str = "all"
    dimensions: dict[str, Dimension] = {}
    tables: dict[str, dict[Literal["student_count", "numerator", "denominator"], str]] = {}
    organisations: Organisations | None = None
    folder: Path = Field(default=Path(), exclude=True)


def read_cells(
    cells: str | Path | Sequence, descriptions: str | Path | Sequence, *, may_withhold: bool = False
) -> pl.DataFrame:
    """The cells of CSV or Parquet files under the names this package uses: one row per cell, CELL_COLUMNS.

    One description speaks for all files, or each file has its own. Tables may be split over files in any way.
    `may_withhold`: a missing count is one that was withheld, not one that was forgotten. Raises DescriptionError with
    every fault found.
    """
    paths, described = ([Path(one) for one in _as_list(given)] for given in (cells, descriptions))
    if len(described) not in (1, len(paths)):
        raise DescriptionError(f"{len(paths)} files of cells need one description, or {len(paths)} of them")
    parts = [
        _read_file(path, read_description(own))
        for path, own in zip(paths, described * (len(paths) // len(described)), strict=True)
    ]
    rows = pl.concat(parts)
    _refuse(_find_faults(rows, may_withhold))
    return rows.select(CELL_COLUMNS)


def read_description(path: str | Path) -> Description:
    """The description a YAML file holds. Raises DescriptionError naming every wrong field."""
    path = Path(path)
    content = read_yaml(path)
    try:
        description = Description.model_validate(content)
    except ValidationError as error:
        raise DescriptionError(name_faults(path, "description", error)) from None
    ours = set(CELL_COLUMNS)
    unknown = sorted((set(description.columns) | set(description.constants)) - ours)
    if unknown:
        raise DescriptionError(
            f"{path.name} names columns there are not: {', '.join(unknown)}. There are: {', '.join(CELL_COLUMNS)}"
        )
    wrong = sorted(set(description.levels.values()) - set(LEVELS))
    if wrong:
        raise DescriptionError(f"{path.name}: levels: {', '.join(wrong)} must be one of {', '.join(LEVELS)}")
    return description.model_copy(update={"folder": path.parent})


def read_yaml(path: Path) -> object:
    """What a YAML file holds. Raises DescriptionError."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise DescriptionError(f"{path.name} cannot be read; is the name right?") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DescriptionError(f"{path.name}{f', line {mark.line + 1}' if mark else ''}: this is not YAML") from None


def name_faults(path: Path, what: str, error: ValidationError) -> str:
    """One line per wrong field of a file."""
    lines = [f"  {'.'.join(map(str, one['loc'])) or what}: {one['msg']}" for one in error.errors()]
    return "\n".join([f"{path.name} is not a usable {what}:", *sorted(set(lines))])


def read_table(path: Path) -> pl.DataFrame:
    """The rows of a Parquet file, or of a CSV file as text, empty fields as null. Raises DescriptionError."""
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError):
        kind = "Parquet" if path.suffix == ".parquet" else "CSV with one line of headings, in UTF-8"
        raise DescriptionError(f"{path.name} is missing or is not {kind}") from None


def _as_list(given: str | Path | Sequence) -> list:
    return [given] if isinstance(given, str | Path) else list(given)


def _read_file(path: Path, description: Description) -> pl.DataFrame:
    """The rows of one file: CELL_COLUMNS, FILE and ROW (from 1, headings not counted)."""
    rows = read_table(path).with_row_index(ROW, offset=1).with_columns(pl.lit(path.name).alias(FILE))
    tables = description.tables or {None: {}}
    parts = [_name_columns(rows, path, description, table, own) for table, own in tables.items()]
    cells = pl.concat(_parse_numbers(part, described) for part, described in parts)
    if description.organisations:
        cells = _place_organisations(cells, description)
    return cells.with_columns(pl.col("org_level").replace(description.levels)).select(*CELL_COLUMNS, FILE, ROW)


def _name_columns(rows: pl.DataFrame, path: Path, description: Description, table: str | None, own: dict):
    """The rows under our names, and our name -> the file's column. `own`: the statistics of a table among several."""
    constants = dict(description.constants)
    theirs = {**description.columns, **own}
    if table is not None:
        constants |= {"table_id": table, **{one: None for one in STATISTICS if one not in own}}
    if description.dimensions:
        constants |= {"disaggregate_type": None, "disaggregate_value": None}
    if description.organisations:
        constants |= {"org_level": None, "parent_org_id": None}
    theirs = {ours: theirs.get(ours, ours) for ours in CELL_COLUMNS if ours not in constants}
    needed = {*theirs.values(), *(dimension.column for dimension in description.dimensions.values())}
    missing = sorted(needed - set(rows.columns))
    if missing:
        raise DescriptionError(
            f"{path.name} lacks the columns {', '.join(missing)}. Add them, or say under `columns` or `constants` "
            "of the description what stands for them"
        )
    groups = _cross(description.dimensions) if description.dimensions else []
    named = rows.select(
        FILE,
        ROW,
        *[pl.col(name).alias(ours) for ours, name in theirs.items()],
        *[pl.lit(value).alias(ours) for ours, value in constants.items()],
        *[group.alias(f"_{group.meta.output_name()}") for group in groups],
    )
    if groups:
        named = named.with_columns(disaggregate_type="_disaggregate_type", disaggregate_value="_disaggregate_value")
    else:
        everyone = pl.col("disaggregate_type").cast(pl.String) == description.all_students
        named = named.with_columns(
            disaggregate_type=pl.when(everyone).then(pl.lit("all")).otherwise(pl.col("disaggregate_type"))
        )
    if table is not None:
        named = named.filter(~pl.all_horizontal(pl.col(one).is_null() for one in own))
    return named.select(FILE, ROW, *CELL_COLUMNS), theirs


def _cross(dimensions: dict[str, Dimension]) -> list[pl.Expr]:
    """disaggregate_type and disaggregate_value of a row: the dimensions that are not at their total, and their values.

    A dimension without a value gives a row without a value, which is refused later by its number.
    """
    names, values, empty = [], [], pl.lit(False)
    for name, dimension in dimensions.items():
        value = pl.col(dimension.column).cast(pl.String)
        split = value != dimension.total
        names.append(pl.when(split).then(pl.lit(name)))
        values.append(pl.when(split).then(value))
        empty = empty | value.is_null()
    crossed = [pl.concat_list(one).list.drop_nulls().list.join(CROSSED) for one in (names, values)]
    return [
        pl.when(~empty).then(pl.when(one == "").then(pl.lit("all")).otherwise(one)).alias(column)
        for one, column in zip(crossed, ("disaggregate_type", "disaggregate_value"), strict=True)
    ]


def _parse_numbers(rows: pl.DataFrame, theirs: dict[str, str]) -> pl.DataFrame:
    """The rows with whole numbers as such and everything else as text."""
    text = {one: pl.col(one).cast(pl.String).str.strip_chars().replace("", None) for one in CELL_COLUMNS}
    faults = []
    for one in NUMBERS:
        number = text[one].str.replace(r"\.0+$", "")
        bad = rows.filter(number.is_not_null() & ~number.str.contains(r"^-?\d{1,18}$").fill_null(True))
        faults.append((bad, f"column {theirs.get(one, one)}", WHOLE))
        text[one] = number
    _refuse(faults)
    return rows.with_columns(text[one].cast(pl.Int64 if one in NUMBERS else pl.String).alias(one) for one in text)


def _place_organisations(cells: pl.DataFrame, description: Description) -> pl.DataFrame:
    """The cells with level and parent from the file of organisations."""
    path = description.folder / description.organisations.file
    theirs = {ours: description.organisations.columns.get(ours, ours) for ours in ORGANISATION}
    table = read_table(path)
    missing = sorted(set(theirs.values()) - set(table.columns))
    if missing:
        raise DescriptionError(f"{path.name} lacks the columns {', '.join(missing)}")
    table = table.select(pl.col(name).cast(pl.String).alias(ours) for ours, name in theirs.items())
    table = table.with_row_index(ROW, offset=1).with_columns(pl.lit(path.name).alias(FILE))
    placed = cells.drop("org_level", "parent_org_id").join(
        table.drop(FILE, ROW), on="org_id", how="left", maintain_order="left"
    )
    _refuse(
        [
            (
                table.filter(pl.col("org_id").is_duplicated()),
                f"column {theirs['org_id']}",
                "the organisation is there twice. Keep one of them",
            ),
            (
                cells.join(table, on="org_id", how="anti"),
                "organisations",
                f"{path.name} does not have this organisation. Add it there",
            ),
        ]
    )
    return placed


def _find_faults(rows: pl.DataFrame, may_withhold: bool) -> list[tuple[pl.DataFrame, str, str]]:
    """Rows that cannot be cells, where, and what is wrong with them. What depends on the policy is checked later."""
    empty = [(rows.filter(pl.col(one).is_null()), one, "nothing is there. Fill it in") for one in KEY]
    levels = ", ".join(LEVELS)
    unknown = ~pl.col("org_level").is_in(LEVELS).fill_null(False)
    return [
        *empty,
        (rows.filter(unknown), "org_level", f"not a level known ({levels}). Map the word under `levels`"),
        (
            rows.filter(pl.struct(KEY).is_duplicated()),
            ", ".join(KEY),
            "the cell is there twice. Keep one of them",
        ),
        (
            rows.filter(pl.col("student_count").is_null() & (not may_withhold)),
            "student_count",
            "nothing is there. Write 0 where nobody is",
        ),
        *[(rows.filter(pl.col(one) < 0), one, "less than zero. Mend the count") for one in STATISTICS],
        (
            rows.filter(pl.col("numerator") > pl.col("denominator")),
            "numerator",
            "more than the denominator. Mend one of the two",
        ),
    ]


def _refuse(faults: list[tuple[pl.DataFrame, str, str]]) -> None:
    """Raises DescriptionError with one line per file and fault, if there is any."""
    lines = []
    for rows, where, what in faults:
        for (name,), own in rows.group_by([FILE], maintain_order=True):
            places = ", ".join(str(row) for row in own[ROW].unique().sort().head(3))
            more = f" and {own.height - 3} more" if own.height > 3 else ""
            lines.append(f"{name}, {where}, {'row' if own.height == 1 else 'rows'} {places}{more}: {what}.")
    if lines:
        raise DescriptionError("\n".join([*lines, "Rows are counted from 1, the line of headings left out."]))
