"""Delimited files of one record type: the sender's own headers by a mapping, or the contract's own column names.

Columns are text; coded ones come as `<name>_source`. Nothing is judged but the header.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath

import polars as pl

from intake.archives import InputFile
from intake.findings import Finding, UnreadableFile, find
from intake.formats.delimited_text import fold_header, read_delimited_text
from intake.record_types import RECORD_TYPES


@dataclass(frozen=True)
class DelimitedRows:
    """What one file gave: its record type, the rows (our `sent` columns and `source_row`), rows lost, findings."""

    record_type: str
    frame: pl.DataFrame
    unparsed: int
    findings: list[Finding]


def read_mapped_file(
    file: InputFile, record_type: str, *, columns: Mapping[str, str], constants: Mapping[str, str]
) -> DelimitedRows:
    """Return the rows of a file whose headers the sources file maps: every mapped header must be there.

    Headers the mapping does not name were left out on purpose and are not reported. Raises UnreadableFile.
    """
    text = read_delimited_text(file)
    header = {fold_header(name): name for name in text.frame.columns if name != "source_row"}
    missing = [theirs for theirs in columns.values() if fold_header(theirs) not in header]
    if missing:
        raise UnreadableFile(_report_missing(missing[0], header.values(), file.name, record_type))
    picked = [pl.col(header[fold_header(theirs)]).alias(ours) for ours, theirs in columns.items()]
    fixed = [pl.lit(value).alias(ours) for ours, value in constants.items()]
    return DelimitedRows(record_type, text.frame.select(*picked, *fixed, "source_row"), text.unparsed, text.findings)


def read_state_file(file: InputFile) -> DelimitedRows:
    """Return the rows of a `<record_type>.csv` with the contract's column names.

    Key columns must be there; other columns may be absent (they are then null), and unknown ones are a warning. Coded
    columns may drop their `_source`. Raises UnreadableFile.
    """
    record_type = _tell_record_type(file.name)
    kind = RECORD_TYPES[record_type]
    text = read_delimited_text(file)
    header = {fold_header(name): name for name in text.frame.columns if name != "source_row"}
    picked: dict[str, str] = {}
    for column in kind.columns:
        for spelling in (column.sent, column.name):
            if fold_header(spelling) in header:
                picked.setdefault(column.sent, header[fold_header(spelling)])
    missing = [column.sent for column in kind.columns if column.is_key and column.sent not in picked]
    if missing:
        spare = [name for name in header.values() if name not in picked.values()]
        raise UnreadableFile(_report_missing(missing[0], spare, file.name, record_type))
    unread = [name for name in header.values() if name not in picked.values()]
    findings = [_report_unknown(name, kind.sent, file.name, record_type) for name in unread]
    frame = text.frame.select(*(pl.col(theirs).alias(ours) for ours, theirs in picked.items()), "source_row")
    return DelimitedRows(record_type, frame, text.unparsed, text.findings + findings)


def _tell_record_type(name: str) -> str:
    stem = PurePosixPath(name).stem.casefold()
    matches = [kind for kind in RECORD_TYPES if stem == kind or stem.startswith(f"{kind}_")]
    if matches:
        # staff_assignments.csv begins with staff_ as well: the longest name is meant.
        return max(matches, key=len)
    near = get_close_matches(stem, RECORD_TYPES, n=1, cutoff=0.8)
    if near:
        raise UnreadableFile(find(21, f"{near[0]}.csv is meant?", source_file=name))
    raise UnreadableFile(find(14, f"known are {', '.join(RECORD_TYPES)}", source_file=name))


def _report_missing(column: str, headers: Iterable[str], file_name: str, record_type: str) -> Finding:
    near = _find_near(column, headers)
    hint = f"{column} ({near} looks like {column})" if near else column
    return find(10, hint, source_file=file_name, column=column, record_type=record_type)


def _report_unknown(column: str, allowed: Iterable[str], file_name: str, record_type: str) -> Finding:
    near = _find_near(column, allowed)
    hint = f"{column} ({near} is meant?)" if near else column
    return find(11, hint, source_file=file_name, column=column, record_type=record_type)


def _find_near(word: str, choices: Iterable[str]) -> str | None:
    by_folded = {fold_header(choice): choice for choice in choices}
    near = get_close_matches(fold_header(word), by_folded, n=1, cutoff=0.75)
    return by_folded[near[0]] if near else None
