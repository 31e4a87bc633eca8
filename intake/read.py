"""Reading a delivery: every landed file through the reader of its feed's format, into raw tables of the record types.

One file that cannot be read never loses the others. Every row read is accounted for: in a table, among the `unparsed`,
or (XML elements that no mapping takes) among the `unread_elements`.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from intake.archives import InputFile, Limits, list_inputs
from intake.crosswalks import Crosswalks, load_crosswalks, map_codes
from intake.findings import Finding, UnreadableFile, find, tabulate_findings
from intake.formats.delimited import DelimitedRows, read_mapped_file, read_state_file
from intake.formats.edfi_lookups import complete_edfi_tables
from intake.formats.edfi_xml import read_edfi_file
from intake.formats.oneroster_csv import read_oneroster_files
from intake.landing import Delivery, LandedFile, find_object
from intake.record_types import RECORD_TYPES
from intake.sources import DelimitedFeed, Feed, Source

Tables = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class RawDelivery:
    """What a delivery holds, as text.

    `tables`: record type → one row per record received, columns `RECORD_TYPES[...].emitted`; only types that came.
    `received`: record type → rows received = rows in the table + `unparsed`. `findings`: rules 1–99. `unread_files`:
    (file, why). `unread_elements`: kinds of record that no table takes → count.
    """

    tables: Tables
    received: dict[str, int]
    unparsed: dict[str, int]
    findings: pl.DataFrame
    unread_files: list[tuple[str, str]]
    unread_elements: dict[str, int]

    @property
    def is_held_back(self) -> bool:
        """Whether a finding is fatal: a snapshot that lacks a file must not replace the last good one."""
        return bool((self.findings["severity"] == "fatal").any())


class _Gathering:
    """What reading has brought so far; a refused file leaves its finding here and nothing else."""

    def __init__(self) -> None:
        self._by_feed: dict[str, list[tuple[str, pl.DataFrame]]] = {}
        self.unparsed: Counter = Counter()
        self.unread_elements: Counter = Counter()
        self.findings: list[Finding] = []
        self.unread_files: list[tuple[str, str]] = []

    def refuse(self, name: str, finding: Finding) -> None:
        self.findings.append(finding)
        self.unread_files.append((name, finding.message))

    def add(self, record_type: str, frame: pl.DataFrame, feed_format: str) -> None:
        self._by_feed.setdefault(record_type, []).append((feed_format, frame))

    def drop_superseded(self) -> None:
        """OneRoster's demographics lack every status; where another feed sends demographics too, those stand alone."""
        parts = self._by_feed.get("demographics", [])
        fuller = [part for part in parts if part[0] != "oneroster_csv"]
        if fuller and len(fuller) < len(parts):
            self._by_feed["demographics"] = fuller
            rows = sum(frame.height for feed_format, frame in parts if feed_format == "oneroster_csv")
            self.unread_elements["OneRoster demographics: a fuller file was sent beside them"] += rows

    @property
    def frames(self) -> dict[str, list[pl.DataFrame]]:
        """Record type → what each feed gave, in the order of the feeds."""
        return {kind: [frame for _, frame in parts] for kind, parts in self._by_feed.items()}


def read_delivery(
    delivery: Delivery, source: Source, *, home: str | Path, crosswalk_dir: str | Path, limits: Limits | None = None
) -> RawDelivery:
    """Return everything a landed delivery holds, as raw tables with codes beside the sender's wordings.

    Raises FileNotFoundError if a landed object or a crosswalk is gone, which is our own fault and not the sender's.
    """
    crosswalks = load_crosswalks(crosswalk_dir)
    gathering = _Gathering()
    for number, feed in enumerate(source.feeds):
        landed = [file for file in delivery.files if file.feed == number]
        feed_name = source.locate(feed, delivery.school_year).name
        inputs = _open_feed(landed, feed, feed_name, home, limits, gathering)
        for record_type, frame in _read_feed(inputs, feed, gathering).items():
            gathering.add(record_type, _conform(frame, record_type, feed.code_system, crosswalks), feed.format)
    gathering.drop_superseded()
    frames = gathering.frames
    tables = {kind: pl.concat(frames[kind]) for kind in RECORD_TYPES if kind in frames}
    received = {
        kind: (tables[kind].height if kind in tables else 0) + gathering.unparsed[kind]
        for kind in RECORD_TYPES
        if kind in tables or gathering.unparsed[kind]
    }
    return RawDelivery(
        tables=tables,
        received=received,
        unparsed={kind: gathering.unparsed[kind] for kind in received},
        findings=tabulate_findings(gathering.findings),
        unread_files=gathering.unread_files,
        unread_elements=dict(sorted(gathering.unread_elements.items())),
    )


def _open_feed(
    landed: list[LandedFile],
    feed: Feed,
    feed_name: str,
    home: str | Path,
    limits: Limits | None,
    gathering: _Gathering,
) -> list[InputFile]:
    """The files of one feed, zips opened, the same bytes under a second name left out."""
    inputs: list[InputFile] = []
    names: dict[str, str] = {}
    for file in landed:
        if file.sha256 in names:
            gathering.refuse(file.path, find(16, f"as {names[file.sha256]}", source_file=file.path))
            continue
        names[file.sha256] = file.path
        is_feed_itself = file.path == feed_name and feed_name.lower().endswith(".zip")
        found, findings, unread = list_inputs(
            find_object(home, file.sha256),
            file.path,
            patterns=feed.files,
            is_feed_itself=is_feed_itself,
            limits=limits,
        )
        inputs += found
        gathering.findings += findings
        gathering.unread_files += unread
    return inputs


def _read_feed(inputs: list[InputFile], feed: Feed, gathering: _Gathering) -> Tables:
    """The raw rows of one feed: our columns as far as the format has them, `source_file` and `source_row`."""
    if feed.format == "edfi_xml":
        return _read_edfi(inputs, gathering)
    if feed.format == "oneroster_csv":
        found = read_oneroster_files(inputs)
        gathering.findings += found.findings
        gathering.unread_files += found.unread_files
        gathering.unparsed += found.unparsed
        gathering.unread_elements += found.unread_elements
        return found.tables
    return _read_delimited(inputs, feed, gathering)


def _read_edfi(inputs: list[InputFile], gathering: _Gathering) -> Tables:
    frames: dict[str, list[pl.DataFrame]] = {}
    for file in inputs:
        try:
            rows = read_edfi_file(file)
        except UnreadableFile as refused:
            gathering.refuse(file.name, refused.finding)
            continue
        gathering.unread_elements += rows.unread_elements
        for record_type, frame in rows.tables.items():
            frames.setdefault(record_type, []).append(frame.with_columns(pl.lit(file.name).alias("source_file")))
    return complete_edfi_tables({kind: pl.concat(parts, how="diagonal") for kind, parts in frames.items()})


def _read_delimited(inputs: list[InputFile], feed: Feed, gathering: _Gathering) -> Tables:
    frames: dict[str, list[pl.DataFrame]] = {}
    for file in inputs:
        try:
            rows = _read_delimited_file(file, feed)
        except UnreadableFile as refused:
            gathering.refuse(file.name, refused.finding)
            continue
        gathering.findings += rows.findings
        gathering.unparsed[rows.record_type] += rows.unparsed
        if rows.frame.is_empty() and not rows.unparsed:
            gathering.findings.append(find(15, source_file=file.name, record_type=rows.record_type))
        frames.setdefault(rows.record_type, []).append(rows.frame.with_columns(pl.lit(file.name).alias("source_file")))
    return {kind: pl.concat(parts, how="diagonal") for kind, parts in frames.items()}


def _read_delimited_file(file: InputFile, feed: Feed) -> DelimitedRows:
    if isinstance(feed, DelimitedFeed):
        return read_mapped_file(file, feed.record_type, columns=feed.columns, constants=feed.constants)
    return read_state_file(file)


def _conform(frame: pl.DataFrame, record_type: str, system: str, crosswalks: Crosswalks) -> pl.DataFrame:
    """The contract's columns in the contract's order, codes filled in; a column the format lacks is null."""
    kind = RECORD_TYPES[record_type]
    absent = [name for name in kind.sent if name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)
    return map_codes(frame, record_type, system=system, crosswalks=crosswalks).select(kind.emitted)

