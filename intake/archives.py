"""The files of a delivery as streams: a landed file itself, or the members of a landed zip, never unpacked to disk.

A zip comes from outside, so nothing it says about itself is believed: names, sizes and checksums are all checked, and
what is read of a member is counted as it is read.
"""

import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from intake.findings import Finding, UnreadableFile, find

MAX_UNPACKED_BYTES = 4 << 30
"""4 GiB a member and a whole archive: a year of attendance of the largest districts is well below one."""

MAX_RATIO = 200
"""Real exports pack to a tenth or a thirtieth; deflate's own limit, which bombs approach, is 1032 (RFC 1951)."""

RATIO_FLOOR_BYTES = 16 << 20
"""Below this unpacked size a high ratio harms nobody: a small file of one repeated row packs very well."""

_ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


@dataclass(frozen=True)
class InputFile:
    """One file to read: the name the sender used (`archive.zip/member.csv` inside a zip) and how to open its bytes.

    `open` gives a binary stream; reading it raises UnreadableFile when the bytes prove damaged or too many.
    """

    name: str
    open: Callable[[], BinaryIO]


@dataclass(frozen=True)
class Limits:
    """How much an archive may unpack to: bytes a member and in all, and the ratio above `RATIO_FLOOR_BYTES`."""

    unpacked_bytes: int = MAX_UNPACKED_BYTES
    ratio: int = MAX_RATIO


def list_inputs(
    path: Path, name: str, *, patterns: tuple[str, ...], is_feed_itself: bool, limits: Limits | None = None
) -> tuple[list[InputFile], list[Finding], list[tuple[str, str]]]:
    """Return the files to read of one landed file, findings about its archive, and members left unread with why.

    A zip that is the feed itself (`is_feed_itself`) gives the members whose names match `patterns`; a zip that a
    `*.zip` pattern picked from a folder gives all members. Anything else gives the file itself.
    """
    if not (name.lower().endswith(".zip") or _has_zip_signature(path)):
        return [InputFile(name, lambda: path.open("rb"))], [], []
    wanted = patterns if is_feed_itself else ("*",)
    try:
        with zipfile.ZipFile(path) as archive:
            return _sort_members(archive.infolist(), path, name, wanted, limits or Limits())
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, OSError, ValueError):
        return [], [find(3, source_file=name)], [(name, "not a whole zip archive")]


def _has_zip_signature(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) in _ZIP_SIGNATURES


def _sort_members(
    members: list[zipfile.ZipInfo], path: Path, name: str, wanted: tuple[str, ...], limits: Limits
) -> tuple[list[InputFile], list[Finding], list[tuple[str, str]]]:
    inputs: list[InputFile] = []
    findings: list[Finding] = []
    unread: list[tuple[str, str]] = []
    budget = _Budget(limits)
    for member in members:
        if member.is_dir():
            continue
        full_name = f"{name}/{_make_printable(member.filename)}"
        if _is_system_file(member.filename) or not _is_wanted(member.filename, wanted):
            unread.append((full_name, "not named by the feed"))
            continue
        rule = _judge_member(member, limits)
        if rule:
            findings.append(find(rule, source_file=full_name))
            unread.append((full_name, findings[-1].message))
        else:
            inputs.append(InputFile(full_name, _opener(path, member, full_name, budget)))
    if not (inputs or findings):
        findings.append(find(1, f"in the archive ({', '.join(wanted)})", source_file=name))
    return inputs, findings, unread


def _make_printable(member_name: str) -> str:
    """A name from outside goes into reports: control characters out, and no longer than a line."""
    return "".join(letter if letter.isprintable() else "?" for letter in member_name)[:200]


def _is_system_file(member_name: str) -> bool:
    parts = PurePosixPath(member_name).parts
    return "__MACOSX" in parts or (bool(parts) and parts[-1] in (".DS_Store", "Thumbs.db"))


def _is_wanted(member_name: str, wanted: tuple[str, ...]) -> bool:
    base = PurePosixPath(member_name.replace("\\", "/")).name
    return any(fnmatchcase(member_name, pattern) or fnmatchcase(base, pattern) for pattern in wanted)


def _judge_member(member: zipfile.ZipInfo, limits: Limits) -> int | None:
    """The number of the rule a member breaks by what the archive says of it, or None."""
    name = member.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":" or "\x00" in member.orig_filename:
        return 5
    if member.flag_bits & 0x1:
        return 6
    if name.lower().endswith((".zip", ".7z", ".gz", ".tar", ".tgz", ".rar")):
        return 6
    too_dense = member.file_size > max(RATIO_FLOOR_BYTES, limits.ratio * member.compress_size)
    return 4 if member.file_size > limits.unpacked_bytes or too_dense else None


class _Budget:
    """How many bytes an archive's members may still unpack to, all together, in one reading."""

    def __init__(self, limits: Limits):
        self.limits = limits
        self.left = limits.unpacked_bytes

    def spend(self, count: int, name: str) -> None:
        self.left -= count
        if self.left < 0:
            raise UnreadableFile(find(4, source_file=name))


def _opener(path: Path, member: zipfile.ZipInfo, name: str, budget: _Budget) -> Callable[[], BinaryIO]:
    return lambda: io.BufferedReader(_MemberStream(path, member, name, budget), 1 << 16)


class _MemberStream(io.RawIOBase):
    """A member as a stream that stops at the limits and turns every way of being damaged into a finding."""

    def __init__(self, path: Path, member: zipfile.ZipInfo, name: str, budget: _Budget):
        super().__init__()
        self._archive = zipfile.ZipFile(path)
        self._member, self._name, self._budget = member, name, budget
        self._read = 0
        try:
            self._stream = self._archive.open(member)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
            self._archive.close()
            raise UnreadableFile(find(3, source_file=name)) from None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:
        try:
            chunk = self._stream.read(len(buffer))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
            raise UnreadableFile(find(3, source_file=self._name)) from None
        buffer[: len(chunk)] = chunk
        self._read += len(chunk)
        ceiling = max(RATIO_FLOOR_BYTES, self._budget.limits.ratio * self._member.compress_size)
        if self._read > ceiling:
            raise UnreadableFile(find(4, source_file=self._name))
        self._budget.spend(len(chunk), self._name)
        if self._read == len(chunk) and bytes(chunk[:4]) in _ZIP_SIGNATURES:
            raise UnreadableFile(find(6, source_file=self._name))
        return len(chunk)

    def close(self) -> None:
        if not self.closed:
            stream = getattr(self, "_stream", None)
            if stream is not None:
                stream.close()
            self._archive.close()
        super().close()
