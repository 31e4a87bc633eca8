"""What sha256 a file had when it was last read, so that gigabytes that did not change are not read again.

An optimisation only: the memory may be lost or deleted at any time, and what it says is believed only for a file whose
size, times, inode and device are all as they were.
"""

import json
import os
import time
from dataclasses import astuple, dataclass
from pathlib import Path

_SETTLING_NS = 2_000_000_000
"""A file written within two seconds of being read is not remembered: it could change again within one tick of the file
system's clock (2 s on FAT) and keep its stamp. The racy-timestamp problem as git describes it."""


@dataclass(frozen=True)
class Stamp:
    """What `stat` says about a file. The change time cannot be set back by the sender, the modification time can."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        """Return the stamp of a stat result."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)


class HashMemory:
    """A small JSON file: path → stamp and sha256."""

    def __init__(self, path: Path):
        self._path = path
        self._changed = False
        try:
            self._known: dict[str, list] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._known = {}

    def recall(self, path: Path, stamp: Stamp) -> str | None:
        """Return the sha256 the file had under the same stamp, or None."""
        entry = self._known.get(str(path))
        return entry[1] if entry and entry[0] == list(astuple(stamp)) else None

    def remember(self, path: Path, stamp: Stamp, sha256: str) -> None:
        """Note the sha256 of a file, unless the file is so young that its stamp proves nothing."""
        if time.time_ns() - max(stamp.mtime_ns, stamp.ctime_ns) > _SETTLING_NS:
            self._known[str(path)] = [list(astuple(stamp)), sha256]
            self._changed = True

    def save(self) -> None:
        """Write the memory if it changed."""
        if self._changed:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            temporary.write_text(json.dumps(self._known, indent=0, sort_keys=True), encoding="utf-8")
            os.replace(temporary, self._path)
