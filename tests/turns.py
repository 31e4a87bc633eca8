"""One path for every home and warehouse of a test worker, taken in turn.

dbt keeps what it parsed for one path of the warehouse, and parsing the project takes longer than most tests. So all
folders that dbt works in are reached through one link, and each begins with what the first of them parsed.
"""

import shutil
from pathlib import Path

PARSED = "partial_parse.msgpack"
_worker: Path | None = None


def of_worker(folder: Path) -> None:
    """Say where this worker's tests write; called once, before the first test."""
    global _worker
    _worker = folder


def take(folder: Path) -> Path:
    """Point the worker's path at this folder and return it; until the next call it is the only name to use for it."""
    place = _worker / "turn"
    place.unlink(missing_ok=True)
    place.symlink_to(folder)
    return place


def bring_parsed(target: Path) -> None:
    """Give a target folder of dbt what was parsed before, if it has not parsed anything itself."""
    kept = _worker / "parsed"
    if kept.exists() and not (target / PARSED).exists():
        shutil.copytree(kept, target, dirs_exist_ok=True)


def keep_parsed(target: Path, *names: str) -> None:
    """Keep the files that a target folder holds of the parsed project, once, for the folders whose turn comes."""
    kept = _worker / "parsed"
    for name in (PARSED, *names):
        if (target / name).exists() and not (kept / name).exists():
            kept.mkdir(exist_ok=True)
            shutil.copy(target / name, kept / name)
