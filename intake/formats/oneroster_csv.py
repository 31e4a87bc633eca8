"""OneRoster 1.1 and 1.2 CSV: orgs, academicSessions, courses, classes, users (roles), demographics, enrollments.

OneRoster knows rosters of classes, not enrolment in a school. Senders who have nothing better add extension columns to
users.csv: `metadata.entryDate`, `metadata.entryType`, `metadata.exitDate`, `metadata.exitType` (CEDS codes) and
`metadata.address`; then each student with a role at a school is an enrollment. Attendance, programs, discipline and
staff assignments have no place in OneRoster and come by a `state_csv` feed of the same source.

Ids: the `identifier` (the number the state knows) where given, else the `sourcedId`; references are followed by
sourcedId. Source: 1EdTech, OneRoster 1.2 CSV Binding and OneRoster 1.1 CSV Tables.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import polars as pl

from intake.archives import InputFile
from intake.findings import Finding, UnreadableFile, find
from intake.formats.delimited_text import fold_header, read_delimited_text
from intake.formats.oneroster_tables import OneRosterFiles, make_tables

_FILES = {
    # file → (record type its rows mostly become, columns without which it is of no use)
    "orgs": ("organizations", ("sourcedId", "name", "type")),
    "users": ("students", ("sourcedId", "givenName", "familyName")),
    "roles": (None, ("userSourcedId", "role", "orgSourcedId")),
    "demographics": ("demographics", ("sourcedId",)),
    "courses": (None, ("sourcedId", "title")),
    "classes": ("sections", ("sourcedId", "schoolSourcedId", "termSourcedIds")),
    "enrollments": ("student_sections", ("classSourcedId", "schoolSourcedId", "userSourcedId", "role")),
    "academicsessions": (None, ("sourcedId", "title")),
}
_NOT_NEEDED = frozenset(
    (
        "manifest",
        "categories",
        "lineitems",
        "results",
        "resources",
        "classresources",
        "courseresources",
        "userprofiles",
        "userresources",
        "lineitemlearningobjectiveids",
        "lineitemscorescales",
        "resultlearningobjectiveids",
        "resultscorescales",
        "scorescales",
    )
)
"""Files of the standard that hold nothing a record type has a column for."""


@dataclass
class OneRosterRows:
    """What the files of a feed gave together: record tables, and everything that did not become a row."""

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    unparsed: Counter = field(default_factory=Counter)
    unread_elements: Counter = field(default_factory=Counter)
    unread_files: list[tuple[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read_oneroster_files(inputs: list[InputFile]) -> OneRosterRows:
    """Return the rows of all files of a feed. A file that cannot be used is a finding; the others are read."""
    found = OneRosterRows()
    frames: OneRosterFiles = {}
    for file in inputs:
        stem = PurePosixPath(file.name).stem.casefold()
        if stem in _NOT_NEEDED:
            found.unread_files.append((file.name, "holds nothing that is collected"))
            continue
        try:
            if stem not in _FILES:
                raise UnreadableFile(find(14, "not a file of OneRoster", source_file=file.name))
            frame = _read_one(file, stem, found)
        except UnreadableFile as refused:
            found.findings.append(refused.finding)
            found.unread_files.append((file.name, refused.finding.message))
            continue
        frames[stem] = pl.concat([frames[stem], frame], how="diagonal") if stem in frames else frame
    found.tables = make_tables(frames, found.unread_elements)
    if "users" in frames and "enrollments" not in found.tables and "students" in found.tables:
        found.findings.append(find(22, source_file=frames["users"]["source_file"][0], record_type="enrollments"))
    return found


def _read_one(file: InputFile, stem: str, found: OneRosterRows) -> pl.DataFrame:
    """One file's rows, headers folded, rows marked for deletion taken out."""
    record_type, required = _FILES[stem]
    text = read_delimited_text(file)
    names = {name: name if name == "source_row" else fold_header(name) for name in text.frame.columns}
    missing = [name for name in required if fold_header(name) not in names.values()]
    if missing:
        raise UnreadableFile(find(10, missing[0], source_file=file.name, column=missing[0], record_type=record_type))
    frame = text.frame.rename(names).with_columns(pl.lit(file.name).alias("source_file"))
    found.findings += text.findings
    kept = frame
    if "status" in frame.columns:
        is_deleted = (pl.col("status").str.to_lowercase() == "tobedeleted").fill_null(False)
        kept = frame.filter(~is_deleted)
        for row in frame.filter(is_deleted)["source_row"]:
            found.findings.append(find(23, source_file=file.name, source_row=row, record_type=record_type))
    lost = text.unparsed + frame.height - kept.height
    if record_type:
        found.unparsed[record_type] += lost
    elif lost:
        found.unread_elements[f"OneRoster {stem}: rows that could not be used"] += lost
    if frame.is_empty() and not text.unparsed:
        found.findings.append(find(15, source_file=file.name, record_type=record_type))
    return kept


