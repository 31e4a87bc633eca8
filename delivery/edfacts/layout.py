"""What EDFacts asks for in a school year: the files, their columns, their category sets and the permitted values."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import yaml

FOLDER = Path(__file__).parent
LEVELS = {"state": "SEA", "lea": "LEA", "school": "SCH"}
"""Level of an organization in the warehouse → its name in EDFacts."""


class LayoutError(Exception):
    """There is no layout of that year, no such file, or no such state; the message says what there is."""


@dataclass(frozen=True)
class FileLayout:
    """One submission file. `columns` are those after the organization's ids, by level where levels differ."""

    spec: str
    title: str
    short_name: str
    file_type: str
    columns: tuple[str, ...] | dict[str, tuple[str, ...]]
    levels: tuple[str, ...]
    needs: tuple[str, ...]
    kind: str = "counts"
    amount: str = "count"
    places: int = 0
    zeros: tuple[str, ...] = ()
    zeros_within: str | None = None
    adds_up: bool = False
    unconfirmed: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """The warehouse's table of this file."""
        return f"edfacts_{self.spec.lower()}"

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories of the file, in the order of its columns."""
        own = () if isinstance(self.columns, dict) else self.columns
        return tuple(column for column in own if column.isupper())

    def columns_of(self, level: str) -> tuple[str, ...]:
        """The columns of the file of one level."""
        return self.columns[level] if isinstance(self.columns, dict) else self.columns


@dataclass(frozen=True, eq=False)
class Layout:
    """The layout of one school year.

    `category_sets` has one row per file, table, level and set, `permitted_values` one per category and value.
    Categories that are `selective` ask for one group only.
    """

    school_year: int
    state_agency_number: str
    selective: frozenset[str]
    unconfirmed: tuple[str, ...]
    files: dict[str, FileLayout]
    not_collected: dict[str, str]
    category_sets: pl.DataFrame
    permitted_values: pl.DataFrame

    def file(self, spec: str) -> FileLayout:
        """Return a file's layout by its number (`FS052`, `052`). Raises `LayoutError` when there is none."""
        wanted = spec.upper().removeprefix("FS").removeprefix("C")
        found = self.files.get(f"FS{wanted}")
        if f"FS{wanted}" in self.not_collected:
            raise LayoutError(f"no data: FS{wanted} cannot be written, {self.not_collected[f'FS{wanted}']}.")
        if found is None:
            raise LayoutError(f"There is no layout of {spec}. Known: {', '.join(self.files)}.")
        return found

    def sets_of(self, file: FileLayout) -> pl.DataFrame:
        """The category sets of a file: table_name, org_level, category_set, categories (a list, empty for a total)."""
        categories = (
            pl.col("categories").fill_null("").str.split("|").list.eval(pl.element().filter(pl.element() != ""))
        )
        own = self.category_sets.filter(pl.col("file_spec") == file.spec)
        return own.select("table_name", "org_level", "category_set", categories=categories)

    def values_of(self, category: str) -> pl.Series:
        """The values that a category permits."""
        return self.permitted_values.filter(pl.col("category") == category)["option_code"]


def known_years() -> list[int]:
    """The school years that have a layout."""
    return sorted(int(path.stem.removeprefix("layout_")) for path in FOLDER.glob("layout_*.yml"))


def load_layout(school_year: int, *, category_sets: pl.DataFrame, permitted_values: pl.DataFrame) -> Layout:
    """Return the layout of a school year, with the sets and values that the counts were made by (its seeds).

    Raises `LayoutError` when there is none of that year: no year is written by another's.
    """
    if school_year not in known_years():
        years = ", ".join(map(str, known_years()))
        raise LayoutError(
            f"There is no EDFacts layout of school year {school_year} (known: {years}). What EDFacts permits changes "
            "every year; a file is not written by the layout of another."
        )
    document = yaml.safe_load((FOLDER / f"layout_{school_year}.yml").read_text())
    return Layout(
        school_year=document["school_year"],
        state_agency_number=document["state_agency_number"],
        selective=frozenset(document["selective"]),
        unconfirmed=tuple(document["unconfirmed"]),
        files={spec: _file(spec, entry) for spec, entry in document["files"].items()},
        not_collected=document.get("not_collected", {}),
        category_sets=category_sets.filter(pl.col("school_year") == school_year),
        permitted_values=permitted_values.filter(pl.col("school_year") == school_year),
    )


def _file(spec: str, entry: dict) -> FileLayout:
    columns = entry["columns"]
    frozen = {level: tuple(own) for level, own in columns.items()} if isinstance(columns, dict) else tuple(columns)
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list) and name != "columns"}
    return FileLayout(spec=spec, **{**entry, **lists, "columns": frozen})


def postal_code(fips: str) -> str:
    """Return the postal abbreviation of a state's FIPS code. Raises `LayoutError` for what is no such code."""
    states = yaml.safe_load((FOLDER / "states.yml").read_text())
    if fips not in states:
        raise LayoutError(f"{fips!r} is not the FIPS code of a state. Give the state's own with --fips, as 31.")
    return states[fips]
