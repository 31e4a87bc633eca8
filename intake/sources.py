"""The sources file: who sends what, in which format, from which folder. Read once, checked strictly, explained plainly.

The models below are the format; `examples/shared-data/sources.yml` is a whole file in it.
"""

import datetime as dt
import re
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictStr, ValidationError, model_validator

from intake.record_types import RECORD_TYPES

CodeSystem = Literal["edfi", "oneroster", "ceds"]
SchoolYear = Annotated[int, Field(ge=1990, le=2100, strict=True)]


class SourcesError(Exception):
    """The sources file cannot be used. The message names the file, each wrong key, and what is allowed there."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class State(_Strict):
    """The state: its id (text, e.g. a FIPS code) and its name."""

    id: StrictStr
    name: StrictStr


class Closure(_Strict):
    """A run of days without school, both ends included."""

    first: dt.date = Field(alias="from")
    last: dt.date = Field(alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> "Closure":
        if self.last < self.first:
            raise ValueError("'to' comes before 'from'")
        return self


class Calendar(_Strict):
    """The days of school assumed where a sender gives no usable one: weekdays from first to last, less `closed`."""

    first_day: dt.date
    last_day: dt.date
    closed: tuple[dt.date | Closure, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> "Calendar":
        if self.last_day < self.first_day:
            raise ValueError("last_day comes before first_day")
        return self

    def list_closed(self) -> set[dt.date]:
        """Return every single closed date."""
        days: set[dt.date] = set()
        for entry in self.closed:
            if isinstance(entry, Closure):
                days |= {entry.first + dt.timedelta(n) for n in range((entry.last - entry.first).days + 1)}
            else:
                days.add(entry)
        return days


def _check_pattern(pattern: str) -> str:
    if not pattern or pattern.startswith("/") or ".." in PurePosixPath(pattern).parts:
        raise ValueError("a file pattern is relative and has no '..'")
    return pattern


class _Feed(_Strict):
    path: StrictStr
    files: tuple[Annotated[StrictStr, AfterValidator(_check_pattern)], ...] = Field(min_length=1)


class EdfiXmlFeed(_Feed):
    """Ed-Fi bulk XML interchange files (Data Standard 4.0 to 5.2)."""

    format: Literal["edfi_xml"]
    code_system: Literal["edfi"] = "edfi"


class OneRosterCsvFeed(_Feed):
    """OneRoster 1.1 or 1.2 CSV files."""

    format: Literal["oneroster_csv"]
    code_system: Literal["oneroster"] = "oneroster"


class StateCsvFeed(_Feed):
    """One delimited file per record type, `<record_type>.csv` or `<record_type>_*.csv`, with the contract's columns."""

    format: Literal["state_csv"]
    code_system: CodeSystem = "ceds"


class DelimitedFeed(_Feed):
    """A delimited file of one record type with the sender's own headers: `columns` is our name → their header."""

    format: Literal["delimited"]
    record_type: StrictStr
    code_system: CodeSystem = "ceds"
    columns: dict[str, StrictStr]
    constants: dict[str, StrictStr] = {}

    @model_validator(mode="after")
    def _known_columns(self) -> "DelimitedFeed":
        if self.record_type not in RECORD_TYPES:
            raise ValueError(f"record_type {self.record_type!r} is not known; allowed: {', '.join(RECORD_TYPES)}")
        allowed = RECORD_TYPES[self.record_type].sent
        unknown = [name for name in (*self.columns, *self.constants) if name not in allowed]
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: not a column of {self.record_type}; allowed: {', '.join(allowed)}")
        return self


Feed = Annotated[EdfiXmlFeed | OneRosterCsvFeed | StateCsvFeed | DelimitedFeed, Field(discriminator="format")]


def _check_id(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]+", text):
        raise ValueError("allowed are small letters, digits and _")
    return text


class Source(_Strict):
    """One sender, with the school years and calendars that hold for it."""

    id: Annotated[StrictStr, AfterValidator(_check_id)]
    name: StrictStr
    lea_id: StrictStr | None = None
    contact: StrictStr | None = None
    student_id_scope: Literal["state", "lea"] = "state"
    expected_every_days: int | None = Field(default=None, gt=0, strict=True)
    school_years: tuple[SchoolYear, ...] = ()
    calendar: dict[int, Calendar] = {}
    feeds: tuple[Feed, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _scope_has_lea(self) -> "Source":
        if self.student_id_scope == "lea" and not self.lea_id:
            raise ValueError("student_id_scope 'lea' needs a lea_id")
        return self

    def locate(self, feed: _Feed, school_year: int) -> Path:
        """Return the folder or archive of a feed for a school year. It need not exist."""
        return Path(feed.path.replace("{school_year}", str(school_year)))


class SourcesFile(_Strict):
    """The whole file: the state and its sources, each with the school years and calendars that hold for it."""

    state: State
    school_years: tuple[SchoolYear, ...] = ()
    calendar: dict[int, Calendar] = {}
    sources: tuple[Source, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _spread_defaults(self) -> "SourcesFile":
        seen = [source.id for source in self.sources]
        twice = sorted({each for each in seen if seen.count(each) > 1})
        if twice:
            raise ValueError(f"the source id {', '.join(twice)} stands more than once; ids must differ")
        idle = [source.id for source in self.sources if not (source.school_years or self.school_years)]
        if idle:
            raise ValueError(f"no school_years for {', '.join(idle)}: give them at the top or for the source")
        filled = tuple(
            source.model_copy(
                update={
                    "school_years": source.school_years or self.school_years,
                    "calendar": {**self.calendar, **source.calendar},
                }
            )
            for source in self.sources
        )
        object.__setattr__(self, "sources", filled)
        return self


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML whose mappings refuse a key given twice (plain YAML keeps the last in silence)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice", node.start_mark)
        return mapping


def load_sources(path: str | Path) -> SourcesFile:
    """Return the sources file, checked. Feed paths come back absolute: a relative one starts at the file's own folder.

    Raises SourcesError, naming the file, every wrong key and what is allowed.
    """
    path = Path(path)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)
    except OSError as error:
        raise SourcesError(f"{path}: cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SourcesError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(content, dict):
        raise SourcesError(f"{path}: the file must hold the keys state, sources (and school_years, calendar)")
    try:
        found = SourcesFile.model_validate(content)
    except ValidationError as error:
        raise SourcesError(_explain(path, error)) from None
    folder = path.resolve().parent
    return found.model_copy(update={"sources": tuple(_anchor(source, folder) for source in found.sources)})


def _anchor(source: Source, folder: Path) -> Source:
    feeds = tuple(feed.model_copy(update={"path": str(folder / feed.path)}) for feed in source.feeds)
    return source.model_copy(update={"feeds": feeds})


def _explain(path: Path, error: ValidationError) -> str:
    errors = error.errors(include_url=False)
    # A list whose entry is wrong is reported as too short as well; only the entry tells people anything.
    told = [each for each in errors if each["type"] != "too_short" or not _has_inner_error(each, errors)]
    lines = [f"{path}: {len(told)} thing(s) to mend"]
    for each in told:
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in each["loc"]).lstrip(".")
        lines.append(f"  {where or 'the file'}: {_explain_one(each)}")
    return "\n".join(lines)


def _has_inner_error(outer: dict, errors: list[dict]) -> bool:
    place = outer["loc"]
    return any(len(each["loc"]) > len(place) and each["loc"][: len(place)] == place for each in errors)


def _explain_one(error: dict) -> str:
    if error["type"] == "extra_forbidden":
        return "this key is not known here"
    if error["type"] == "missing":
        return "this key is missing"
    if error["type"] == "string_type":
        return "must be text: put it in quotes"
    if error["type"] == "union_tag_invalid":
        return f"format must be one of {error['ctx']['expected_tags']}"
    return error["msg"].removeprefix("Value error, ")
