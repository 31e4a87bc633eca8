"""Landing: the bytes a sender gave, kept for ever under their sha256, and the manifest of each delivery.

Nothing is read or unpacked here; an archive is landed as the bytes it came in. A process killed at any moment leaves
whole objects and whole manifests only.
"""

import datetime as dt
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from intake.findings import Finding, UnreadableFile, find, tabulate_findings
from intake.hash_memory import HashMemory, Stamp
from intake.sources import Source

_CHUNK = 1 << 20


@dataclass(frozen=True)
class LandedFile:
    """One file of a delivery: which feed (its place in the source's list), its name there, its size and sha256."""

    feed: int
    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Delivery:
    """What a source sent for a school year at one time; `sequence` counts its deliveries of that year from 1."""

    source_id: str
    school_year: int
    batch_id: str
    sequence: int
    files: tuple[LandedFile, ...]


@dataclass(frozen=True)
class Receipt:
    """What receiving brought: the delivery (None if nothing usable came), whether it is new, findings, and why none."""

    delivery: Delivery | None
    is_new: bool
    findings: pl.DataFrame
    problem: str | None


@dataclass(frozen=True)
class _Incoming:
    feed: int
    name: str
    path: Path


def receive(source: Source, school_year: int, *, home: str | Path) -> Receipt:
    """Land what the source's feeds hold for the school year, and return the receipt.

    The same bytes again give the same delivery with `is_new` False, and write nothing. A folder missing or empty,
    or a file that changes under the reader, gives a receipt without delivery: a snapshot is whole or is not taken.
    """
    landing = Path(home) / "landing"
    incoming, findings = _list_incoming(source, school_year)
    files: list[LandedFile] = []
    if not findings:
        memory = HashMemory(landing / "hashes" / source.id / f"{school_year}.json")
        for each in incoming:
            try:
                files.append(_land(each, landing, memory))
            except UnreadableFile as refused:
                findings.append(refused.finding)
        memory.save()
    if findings:
        return Receipt(None, False, tabulate_findings(findings), findings[0].message)
    delivery, is_new = _file_manifest(source.id, school_year, tuple(files), landing)
    return Receipt(delivery, is_new, tabulate_findings([]), None)


def find_object(home: str | Path, sha256: str) -> Path:
    """Return where the bytes of that sha256 lie. They need not be there."""
    return Path(home) / "landing" / "objects" / sha256[:2] / sha256


def load_delivery(path: str | Path) -> Delivery:
    """Return the delivery of a manifest file."""
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    return Delivery(**{**content, "files": tuple(LandedFile(**each) for each in content["files"])})


def _list_incoming(source: Source, school_year: int) -> tuple[list[_Incoming], list[Finding]]:
    incoming: list[_Incoming] = []
    findings: list[Finding] = []
    for number, feed in enumerate(source.feeds):
        place = source.locate(feed, school_year)
        if not place.exists():
            findings.append(find(1, f"feed {number + 1} ({feed.format})", source_file=place.name))
        elif place.is_file():
            incoming.append(_Incoming(number, place.name, place))
        else:
            found = sorted({path for pattern in feed.files for path in place.glob(pattern)})
            found = [path for path in found if path.is_symlink() or not path.is_dir()]
            if not found:
                findings.append(find(1, f"feed {number + 1} ({', '.join(feed.files)})", source_file=place.name))
            incoming.extend(_Incoming(number, path.relative_to(place).as_posix(), path) for path in found)
            findings.extend(_refuse_links(place, found))
    return incoming, findings


def _refuse_links(place: Path, found: list[Path]) -> Iterator[Finding]:
    """A link in a sender's drop folder could name any file of this machine, a pipe could hold the run up for ever."""
    inside = place.resolve()
    for path in found:
        if not path.is_file() or inside not in path.resolve().parents:
            yield find(18, source_file=path.relative_to(place).as_posix())


def _land(incoming: _Incoming, landing: Path, memory: HashMemory) -> LandedFile:
    """Keep one file's bytes, unless they are known to be kept already."""
    try:
        stamp = Stamp.of(os.stat(incoming.path))
        known = memory.recall(incoming.path, stamp)
        if known is None or not (landing / "objects" / known[:2] / known).exists():
            known = _copy_object(incoming, landing)
            memory.remember(incoming.path, stamp, known)
    except OSError as error:
        raise UnreadableFile(find(17, error.strerror or "cannot be read", source_file=incoming.name)) from None
    return LandedFile(incoming.feed, incoming.name, stamp.size, known)


def _copy_object(incoming: _Incoming, landing: Path) -> str:
    """Copy and hash in one reading; the object appears under its name only when whole."""
    incoming_folder = landing / "incoming"
    incoming_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=incoming_folder)
    try:
        with os.fdopen(handle, "wb") as target, incoming.path.open("rb") as original:
            before = Stamp.of(os.fstat(original.fileno()))
            sha256 = hashlib.sha256()
            while chunk := original.read(_CHUNK):
                sha256.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
            after = Stamp.of(os.fstat(original.fileno()))
            is_regular = stat.S_ISREG(os.fstat(original.fileno()).st_mode)
            if before != after or target.tell() != before.size or not is_regular:
                raise UnreadableFile(find(17, source_file=incoming.name))
        digest = sha256.hexdigest()
        place = landing / "objects" / digest[:2] / digest
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.chmod(temporary, 0o400)
            os.replace(temporary, place)
        return digest
    finally:
        Path(temporary).unlink(missing_ok=True)


def _file_manifest(
    source_id: str, school_year: int, files: tuple[LandedFile, ...], landing: Path
) -> tuple[Delivery, bool]:
    files = tuple(sorted(files, key=lambda each: (each.feed, each.path)))
    lines = sorted(f"{each.feed}\t{each.path}\t{each.sha256}\n" for each in files)
    batch_id = hashlib.sha256("".join(lines).encode()).hexdigest()[:16]
    folder = landing / "deliveries" / source_id / str(school_year)
    manifest = folder / f"{batch_id}.json"
    if manifest.exists():
        return load_delivery(manifest), False
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _note_receipt(landing, source_id, school_year, batch_id)
    sequence = 1 + len(list(folder.glob("*.json")))
    delivery = Delivery(source_id, school_year, batch_id, sequence, files)
    write_json(manifest, asdict(delivery))
    return delivery, True


def received_at(home: str | Path, source_id: str, school_year: int, batch_id: str) -> dt.datetime | None:
    """Return when a delivery first came (UTC, without zone); None for one landed before receipts were noted."""
    note = _receipt_note(Path(home) / "landing", source_id, school_year, batch_id)
    return dt.datetime.fromisoformat(json.loads(note.read_text())["received_at"]) if note.exists() else None


def _receipt_note(landing: Path, source_id: str, school_year: int, batch_id: str) -> Path:
    return landing / "receipts" / source_id / str(school_year) / f"{batch_id}.json"


def _note_receipt(landing: Path, source_id: str, school_year: int, batch_id: str) -> None:
    """Note the time, once: the only place where a clock enters what is computed. It stands beside the manifest, not in
    it: a manifest says the same wherever and whenever the same bytes are landed."""
    note = _receipt_note(landing, source_id, school_year, batch_id)
    if not note.exists():
        note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_json(note, {"received_at": dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0).isoformat()})


def write_json(path: Path, content: object) -> None:
    """Write a JSON file under a temporary name and rename it into place."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(temporary, path)
