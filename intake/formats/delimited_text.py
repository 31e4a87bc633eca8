"""Delimited text as a frame: encodings, quoting, ragged rows and line numbers, without any idea of what columns mean.

A clean file (no quotes, every row with as many columns as the header) takes a fast road through Polars; any other goes
row by row through the csv module. Both give the same frame, and a test holds them to it.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from intake.archives import InputFile
from intake.findings import Finding, UnreadableFile, find
from intake.formats.rows import RowBuffer

_SEPARATORS = ",;\t|"
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True)
class DelimitedText:
    """A file's rows: `frame` has a text column per header (empty cells null, surrounding space gone) and `source_row`.

    `source_row` is the physical line where the record starts, the header being line 1 if it stands first. `unparsed`
    rows could not be split by the header; each is a finding. Blank lines are no rows.
    """

    frame: pl.DataFrame
    unparsed: int
    findings: list[Finding]


def read_delimited_text(file: InputFile) -> DelimitedText:
    """Return the rows of a delimited file. The whole file is held in memory, about three times its size.

    Raises UnreadableFile if the file is empty, holds NUL bytes, repeats a header, or ends inside a quotation.
    """
    with file.open() as stream:
        data = stream.read()
    if not data.strip():
        raise UnreadableFile(find(2, source_file=file.name))
    data, findings = _to_utf8(data, file.name)
    separator = max(_SEPARATORS, key=data[: _find_line_end(data)].decode().count)
    fast = _read_clean(data, separator, file.name)
    if fast is not None:
        return DelimitedText(_tidy(fast), 0, findings)
    frame, unparsed = _read_by_row(data.decode(), separator, file.name)
    return DelimitedText(_tidy(frame), len(unparsed), findings + unparsed)


def _find_line_end(data: bytes) -> int:
    ends = [place for place in (data.find(b"\n"), data.find(b"\r")) if place >= 0]
    return min(ends, default=len(data))


def _to_utf8(data: bytes, name: str) -> tuple[bytes, list[Finding]]:
    """The bytes as UTF-8 without mark, and a warning if the encoding had to be guessed."""
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    if encoding:
        try:
            data = data.decode(encoding).encode()
        except UnicodeDecodeError:
            raise UnreadableFile(find(9, "the encoding its mark tells does not hold", source_file=name)) from None
    if b"\x00" in data:
        raise UnreadableFile(find(9, source_file=name))
    try:
        data.decode()
        return data, []
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252").encode(), [find(12, source_file=name)]
    except UnicodeDecodeError:
        # Five byte values have no letter in Windows-1252; Latin-1 reads every byte.
        return data.decode("latin-1").encode(), [find(12, source_file=name)]


def _read_clean(data: bytes, separator: str, name: str) -> pl.DataFrame | None:
    """The frame of a file in which every line is a record of the same width, or None if that is not sure."""
    if b'"' in data or data.count(b"\r") != data.count(b"\r\n"):
        return None
    header = data[: _find_line_end(data)].decode().split(separator)
    body = data[_find_line_end(data) :].removeprefix(b"\r").removeprefix(b"\n")
    rows = body.count(b"\n") + (0 if body.endswith(b"\n") or not body else 1)
    if not any(header) or rows == 0 or body.count(separator.encode()) != rows * (len(header) - 1):
        return None
    # The count above leaves one row too long paired with one too short; Polars refuses the long one.
    try:
        frame = pl.read_csv(
            body.replace(b"\r\n", b"\n"),
            has_header=False,
            separator=separator,
            quote_char=None,
            infer_schema=False,
            new_columns=_name_columns(header, name),
            schema=dict.fromkeys(_name_columns(header, name), pl.String),
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError:
        return None
    blank = pl.all_horizontal(pl.all().is_null())
    if frame.height != rows or (len(header) == 1 and frame.select(blank.any()).item()):
        return None
    return frame.with_columns(pl.int_range(2, rows + 2, dtype=pl.Int64).alias("source_row"))


def _read_by_row(text: str, separator: str, name: str) -> tuple[pl.DataFrame, list[Finding]]:
    lines = _iter_rows(text, separator, name)
    _, header = next(lines)
    columns = _name_columns(header or [], name)
    buffer = RowBuffer(columns)
    findings: list[Finding] = []
    for line, row in lines:
        if row is None or len(row) != len(columns):
            found = "badly placed quotation mark" if row is None else f"{len(row)} values for {len(columns)} columns"
            findings.append(find(13, found, source_file=name, source_row=line))
        else:
            buffer.append(row, line)
    return buffer.to_frame(), findings


def _iter_rows(text: str, separator: str, name: str) -> Iterator[tuple[int, list[str] | None]]:
    """Yield the line where each record starts and its values; None for a record the csv module cannot take apart."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end of data" in str(error) or "field larger" in str(error):
                raise UnreadableFile(find(20, source_file=name, source_row=line)) from None
            yield line, None
            continue
        if row:
            yield line, row


def _name_columns(header: list[str], name: str) -> list[str]:
    """The header's names as sent, less surrounding space; a column without a name gets its place for one."""
    columns = [column.strip() or f"(column {place})" for place, column in enumerate(header, 1)]
    seen = [fold_header(column) for column in columns]
    twice = [place for place, folded in enumerate(seen, 1) if folded and seen.count(folded) > 1]
    if twice or len(set(columns)) < len(columns) or "source_row" in columns:
        # By place, not by name: in a file without header the "names" are the first person's values.
        raise UnreadableFile(find(19, f"columns {', '.join(map(str, twice))}", source_file=name))
    return columns


def fold_header(text: str) -> str:
    """Return a header as it is compared: letters and digits only, small. `Student ID` and `student_id` are the same."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _tidy(frame: pl.DataFrame) -> pl.DataFrame:
    text = pl.col(pl.String).str.strip_chars()
    return frame.with_columns(pl.when(text != "").then(text))
