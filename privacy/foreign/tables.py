"""Somebody else's published tables: what a relations file may say about them, and how they are read as numbers.

Formats: docs/disclosure-files.md. Nothing here decides what can be recovered; that is others.py.
"""

from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from privacy.description import DescriptionError, name_faults, read_table, read_yaml

NUMBER = r"^-?\d+(\.\d+)?$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Level(_Strict):
    """Rows that are organisations of one level: those with one of the values in every column named."""

    name: str
    where: dict[str, list[str]] = {}


class Group(_Strict):
    """A group of students: the file's word for it, and the statistics it has (none given: all)."""

    text: str
    statistics: tuple[str, ...] = ()


class Bounds(_Strict):
    """What a reader knows of a number that is not shown, in the unit of its statistic."""

    low: float | None = None
    high: float | None = None


class Statistic(_Strict):
    """A published number. percent, mean: of the students counted by `of`, rounded to `decimals`.

    Behind a percentage stands a whole number of students, behind a mean a whole sum of scores from `lowest` to
    `highest`. A withheld mean counts as recovered when it is known to within `within` points.
    """

    kind: Literal["count", "percent", "mean"]
    of: str | None = None
    decimals: int = Field(default=0, ge=0, le=4)
    lowest: int = 0
    highest: int | None = None
    within: float = Field(default=1, gt=0)

    @model_validator(mode="after")
    def _shares_have_a_whole(self):
        if (self.of is None) != (self.kind == "count"):
            raise ValueError("`of` is needed by percent and mean, and by nothing else")
        if self.kind == "mean" and self.highest is None:
            raise ValueError("a mean needs the `highest` score")
        return self


class Table(_Strict):
    """Statistics that belong together: statistic -> column, where {group} stands for the group's word."""

    columns: dict[str, str]
    where: dict[str, list[str]] = {}


class Sum(_Strict):
    """A whole and its parts: statistics of one row, or groups of one organisation."""

    name: str = ""
    whole: str
    parts: tuple[str, ...] = Field(min_length=1)


class Parent(_Strict):
    """Where a child's row names its parent: a column, or its first characters."""

    column: str
    first: int | None = Field(default=None, ge=1)


class Hierarchy(_Strict):
    """Organisations of one level that make up those of another; without `parent` there is only one of these."""

    children: str
    parents: str
    parent: Parent | None = None


class Relations(_Strict):
    """What a reader knows about published tables; docs/disclosure-files.md has every field."""

    version: Literal[1]
    name: str = Field(min_length=1)
    organisation: str
    levels: tuple[Level, ...] = Field(min_length=1)
    groups: dict[str, str | Group] = Field(min_length=1)
    group_column: str | None = None
    statistics: dict[str, Statistic] = Field(min_length=1)
    tables: dict[str, Table] = Field(min_length=1)
    marks: dict[str, Bounds] = {"": Bounds()}
    withheld: dict[str, Bounds] = {}
    small: dict[str, Bounds] = {}
    attacked: tuple[str, ...] = ()
    empty_when: str | None = None
    sums: tuple[Sum, ...] = ()
    partitions: tuple[Sum, ...] = ()
    hierarchies: tuple[Hierarchy, ...] = ()
    same_in_all_tables: tuple[str, ...] = ()
    trust: float = Field(default=1.0, gt=0.5, le=1)
    least_tested: int = Field(default=10, ge=1)
    required_candidates: int = Field(default=4, ge=2)

    @model_validator(mode="after")
    def _names_are_known(self):
        statistics, groups, levels = set(self.statistics), set(self.groups), {one.name for one in self.levels}
        used = [
            (
                "statistic",
                statistics,
                [
                    *self.withheld,
                    *self.small,
                    *self.attacked,
                    *self.same_in_all_tables,
                    *filter(None, [self.empty_when]),
                ],
            ),
            ("statistic", statistics, [one.of for one in self.statistics.values() if one.of]),
            ("statistic", statistics, [one for table in self.tables.values() for one in table.columns]),
            ("statistic", statistics, [one for total in self.sums for one in (total.whole, *total.parts)]),
            ("group", groups, [one for total in self.partitions for one in (total.whole, *total.parts)]),
            ("level", levels, [one for pair in self.hierarchies for one in (pair.children, pair.parents)]),
        ]
        for what, known, names in used:
            unknown = sorted(set(names) - known)
            if unknown:
                raise ValueError(f"there is no {what} {', '.join(unknown)}")
        return self

    def group(self, name: str) -> Group:
        """The group of that name."""
        found = self.groups[name]
        return Group(text=found) if isinstance(found, str) else found


def read_relations(path: str | Path) -> Relations:
    """The relations a YAML file holds. Raises DescriptionError naming every wrong field."""
    path = Path(path)
    content = read_yaml(path)
    try:
        return Relations.model_validate(content)
    except ValidationError as error:
        raise DescriptionError(name_faults(path, "relations file", error)) from None


def read_numbers(path: str | Path, relations: Relations) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The organisations and the numbers of a release.

    Organisations: one row per organisation: org (from 0), id, level, and the parent's id under each hierarchy
    (`parent_0` …, null where it is no child in it). Numbers: one row per organisation, group, table and statistic: org,
    group, table, statistic, shown (null = withheld), low, high (of the mark that stands there; null = none). Raises
    DescriptionError when a column is missing, a row is at no level, or a field is neither a number nor a mark.
    """
    path = Path(path)
    rows = read_table(path)
    rows = rows.select(pl.all().cast(pl.String).str.strip_chars().fill_null("")).with_row_index("_row", offset=1)
    _refuse_missing(path, rows, relations)
    rows = rows.with_columns(_level(relations), id=pl.col(relations.organisation))
    lost = rows.filter(pl.col("level").is_null())["_row"]
    if len(lost):
        raise DescriptionError(f"{path.name}: {len(lost)} rows are at no level, the first is row {lost[0]}")
    parents = [_parent_id(one).alias(f"parent_{i}") for i, one in enumerate(relations.hierarchies)]
    places = rows.with_columns(parents).unique("id", keep="first", maintain_order=True)
    places = places.with_row_index("org").select("org", "id", "level", *(f"parent_{i}" for i in range(len(parents))))
    rows = rows.join(places.select("org", "id"), on="id", how="left", maintain_order="left")
    parts = [
        _read_group(path, rows, relations, table, group) for table in relations.tables for group in relations.groups
    ]
    numbers = pl.concat(parts)
    twice = numbers.select("org", "group", "table", "statistic").is_duplicated().sum()
    if twice:
        raise DescriptionError(f"{path.name}: {twice} numbers are there twice; say under `where` which rows count")
    return places, numbers


def _refuse_missing(path: Path, rows: pl.DataFrame, relations: Relations) -> None:
    needed = {relations.organisation, *filter(None, [relations.group_column])}
    for where in [*relations.levels, *relations.tables.values()]:
        needed |= set(where.where)
    needed |= {one.parent.column for one in relations.hierarchies if one.parent}
    for table in relations.tables.values():
        for statistic, column in table.columns.items():
            needed |= {column.format(group=one.text) for one in _groups_with(relations, statistic)}
    missing = sorted(needed - set(rows.columns))
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise DescriptionError(f"{path.name} lacks the columns {', '.join(missing[:5])}{more}")


def _groups_with(relations: Relations, statistic: str) -> list[Group]:
    groups = [relations.group(name) for name in relations.groups]
    return [group for group in groups if not group.statistics or statistic in group.statistics]


def _matches(where: dict[str, list[str]]) -> pl.Expr:
    return pl.all_horizontal([pl.lit(True), *(pl.col(column).is_in(values) for column, values in where.items())])


def _level(relations: Relations) -> pl.Expr:
    found = pl.coalesce(pl.when(_matches(one.where)).then(pl.lit(one.name)) for one in relations.levels)
    return found.alias("level")


def _parent_id(hierarchy: Hierarchy) -> pl.Expr:
    """The parent's id; "" where there is only one parent."""
    if hierarchy.parent is None:
        named = pl.lit("")
    else:
        named = pl.col(hierarchy.parent.column)
        named = named.str.slice(0, hierarchy.parent.first) if hierarchy.parent.first else named
    return pl.when(pl.col("level") == hierarchy.children).then(named)


def _read_group(path: Path, rows: pl.DataFrame, relations: Relations, table: str, name: str) -> pl.DataFrame:
    """The numbers of one group in one table."""
    rules, group = relations.tables[table], relations.group(name)
    rows = rows.filter(_matches(rules.where))
    if relations.group_column:
        rows = rows.filter(pl.col(relations.group_column) == group.text)
    columns = {
        statistic: column.format(group=group.text)
        for statistic, column in rules.columns.items()
        if not group.statistics or statistic in group.statistics
    }
    parts = [
        _read_column(path, rows, column, relations.marks).with_columns(statistic=pl.lit(statistic))
        for statistic, column in columns.items()
    ]
    return pl.concat(parts).with_columns(group=pl.lit(name), table=pl.lit(table))


def _read_column(path: Path, rows: pl.DataFrame, column: str, marks: dict[str, Bounds]) -> pl.DataFrame:
    """One row per row of the file: org, shown, low, high."""
    text = pl.col(column).str.strip_suffix("%").str.replace_all(",", "")
    is_number, is_mark = text.str.contains(NUMBER), pl.col(column).is_in(list(marks))
    wrong = rows.filter(~is_number & ~is_mark)["_row"]
    if len(wrong):
        raise DescriptionError(
            f"{path.name}, column {column}, row {wrong[0]}: neither a number nor one of the marks. "
            f"Add the mark under `marks` ({len(wrong)} rows)"
        )
    ends = {end: {mark: getattr(bounds, end) for mark, bounds in marks.items()} for end in ("low", "high")}
    told = {
        end: pl.col(column).replace_strict(bounds, default=None, return_dtype=pl.Float64)
        for end, bounds in ends.items()
    }
    return rows.select("org", shown=pl.when(~is_mark).then(text).cast(pl.Float64), **told)
