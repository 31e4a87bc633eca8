"""What intake finds wrong with files and archives: the rules 1–99, their severities, and the findings frame.

The catalogue for senders (meaning, how to mend) and the rules about rows and deliveries live in `expectations/`. A
finding names a file, a line or a column, never a value of a person's record.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from types import MappingProxyType

import polars as pl

FINDING_SCHEMA = MappingProxyType(
    {
        "record_type": pl.String,
        "rule": pl.Int64,
        "severity": pl.String,
        "source_file": pl.String,
        "source_row": pl.Int64,
        "column": pl.String,
        "message": pl.String,
    }
)


@dataclass(frozen=True)
class FileRule:
    """One rule about files: its number, severity and title. What it means and how to mend it: `expectations/rules.yml`.

    A delivery is a snapshot: a row that is missing has left. So a file that is refused as a whole is `fatal` (the
    delivery is held back and the last good one stays); otherwise a file cut on the wire would read as a mass exit.
    """

    number: int
    severity: str
    title: str


FILE_RULES = MappingProxyType(
    {
        rule.number: rule
        for rule in (
            FileRule(1, "fatal", "No file arrived"),
            FileRule(2, "fatal", "The file is empty"),
            FileRule(3, "fatal", "The archive is damaged or cut short"),
            FileRule(4, "fatal", "The archive unpacks to more than is allowed"),
            FileRule(5, "fatal", "A path in the archive is not safe"),
            FileRule(6, "fatal", "The archive is encrypted or holds another archive"),
            FileRule(7, "fatal", "The XML is not well-formed or is cut short"),
            FileRule(8, "fatal", "The XML has a document type declaration"),
            FileRule(9, "fatal", "The file is not readable text"),
            FileRule(10, "fatal", "A required column is missing"),
            FileRule(11, "warning", "A column is not known and was ignored"),
            FileRule(12, "warning", "The file is not UTF-8 and was read as Windows-1252"),
            FileRule(13, "error", "A row has the wrong number of fields"),
            FileRule(14, "warning", "The file is of no known record type"),
            FileRule(15, "warning", "The file has a header but no rows"),
            FileRule(16, "warning", "The same file content came twice in one delivery"),
            FileRule(17, "fatal", "A file changed while it was being received"),
            FileRule(18, "fatal", "A link or device stands where a file should be"),
            FileRule(19, "fatal", "A column stands twice in the header"),
            FileRule(20, "fatal", "A quotation mark is opened and never closed"),
            FileRule(21, "fatal", "The file's name looks like a misspelt record type"),
            FileRule(22, "warning", "OneRoster users carry no entry dates, so no enrollments were read from them"),
            FileRule(23, "error", "A OneRoster row is marked for deletion"),
        )
    }
)


@dataclass(frozen=True)
class Finding:
    """One row of the findings frame, in the order of `FINDING_SCHEMA`."""

    record_type: str | None
    rule: int
    severity: str
    source_file: str | None
    source_row: int | None
    column: str | None
    message: str


def find(
    rule: int,
    message: str = "",
    *,
    source_file: str | None = None,
    source_row: int | None = None,
    column: str | None = None,
    record_type: str | None = None,
) -> Finding:
    """Return a finding of a file rule; `message` adds what is particular to the title. KeyError: no such rule."""
    kind = FILE_RULES[rule]
    text = f"{kind.title}: {message}" if message else kind.title
    return Finding(record_type, rule, kind.severity, source_file, source_row, column, text)


def tabulate_findings(findings: Iterable[Finding]) -> pl.DataFrame:
    """Return the findings as a frame of `FINDING_SCHEMA`, one row per finding, in the order given."""
    return pl.DataFrame([astuple(each) for each in findings], schema=dict(FINDING_SCHEMA), orient="row")


class UnreadableFile(Exception):
    """A file is refused as a whole; `finding` says by which rule. Carries no value of the file."""

    def __init__(self, finding: Finding):
        super().__init__(finding.message)
        self.finding = finding
