"""Releases: immutable folders of public tables, published by one atomic switch.

A release's id is a hash of what it says, so the same inputs give the same release, and writing it twice is a
no-op. A release carries no time stamp: when it was published is in the run log, not in the data.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from delivery.csv_files import write_csv
from delivery.datapackage import TableDescription, describe_release

__all__ = ["Release", "ReleaseError", "TableDescription", "current_release", "list_releases", "write_release"]

CURRENT = "current"


class ReleaseError(Exception):
    """A release was refused or is damaged; the message says which and why."""


@dataclass(frozen=True)
class Release:
    """One published release: its id, folder and manifest."""

    id: str
    folder: Path
    manifest: dict
    is_new: bool = False


def write_release(
    tables: Mapping[str, pl.DataFrame],
    *,
    releases_dir: Path,
    title: str,
    descriptions: Mapping[str, TableDescription],
    indicators: list[dict],
    facts: dict,
    licence: str = "CC0-1.0",
) -> Release:
    """Write the release of these tables and make it current; return it.

    `facts` go into `manifest.json` as they are and must hold `audit.passed = true`; they must not depend on the
    clock. Rows are written in the order of the table's key columns. A release that exists is verified, not rewritten.

    Raises `ReleaseError` when the audit in `facts` did not pass, or an existing release was tampered with.
    """
    if facts.get("audit", {}).get("passed") is not True:
        raise ReleaseError("The audit did not pass, so nothing is published.")
    releases_dir.mkdir(parents=True, exist_ok=True)
    draft = releases_dir / f".draft-{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        manifest = _write_files(draft, tables, title, descriptions, indicators, facts, licence)
        release = _settle(draft, releases_dir, manifest)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _switch_current(releases_dir, release.id)
    return release


def _write_files(draft, tables, title, descriptions, indicators, facts, licence) -> dict:
    row_counts = {}
    for name, table in sorted(tables.items()):
        keys = list(descriptions[name].keys)
        table = table.sort(keys, nulls_last=True) if keys else table
        write_csv(table, draft / f"{name}.csv")
        table.write_parquet(draft / f"{name}.parquet", compression="zstd", statistics=False)
        row_counts[name] = table.height
    package = describe_release(
        tables, descriptions, name="openslds-public-release", title=title, indicators=indicators, licence=licence
    )
    (draft / "datapackage.json").write_text(_to_json(package))
    files = {path.name: {"sha256": _sha256(path), "bytes": path.stat().st_size} for path in sorted(draft.iterdir())}
    manifest = {**facts, "title": title, "row_counts": row_counts, "files": files}
    (draft / "manifest.json").write_text(_to_json(manifest))
    return manifest


def _settle(draft: Path, releases_dir: Path, manifest: dict) -> Release:
    """Give the draft its id and final place, or find that it is there already."""
    digest = hashlib.sha256(_to_json(manifest).encode()).hexdigest()[:12]
    release_id = f"{manifest.get('school_year', 'release')}-{digest}"
    folder = releases_dir / release_id
    if folder.exists():
        verify_release(folder)
        return Release(release_id, folder, manifest, is_new=False)
    for path in draft.iterdir():
        path.chmod(0o444)
    os.rename(draft, folder)
    return Release(release_id, folder, manifest, is_new=True)


def verify_release(folder: Path) -> dict:
    """Return the manifest of a release after checking every file against it.

    Raises `ReleaseError` naming the file that is missing, added or changed.
    """
    manifest = json.loads((folder / "manifest.json").read_text())
    digest = hashlib.sha256(_to_json(manifest).encode()).hexdigest()[:12]
    if not folder.name.endswith(digest):
        raise ReleaseError(f"Release {folder.name}: manifest.json is not the one it was published with.")
    present = {path.name for path in folder.iterdir()} - {"manifest.json"}
    if present != set(manifest["files"]):
        odd = ", ".join(sorted(present ^ set(manifest["files"])))
        raise ReleaseError(f"Release {folder.name}: files added or missing: {odd}.")
    for name, entry in manifest["files"].items():
        if _sha256(folder / name) != entry["sha256"]:
            raise ReleaseError(f"Release {folder.name}: {name} was changed after it was published.")
    return manifest


def _switch_current(releases_dir: Path, release_id: str) -> None:
    link = releases_dir / CURRENT
    if link.is_symlink() and os.readlink(link) == release_id:
        return
    fresh = releases_dir / f".{CURRENT}-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    os.symlink(release_id, fresh)
    os.replace(fresh, link)


def current_release(releases_dir: Path) -> Release | None:
    """Return the release that `current` points to, or None before the first one."""
    link = releases_dir / CURRENT
    if not link.exists():
        return None
    folder = link.resolve()
    return Release(folder.name, folder, json.loads((folder / "manifest.json").read_text()))


def list_releases(releases_dir: Path) -> list[Release]:
    """Return every release in the folder, by id."""
    if not releases_dir.exists():
        return []
    folders = [path for path in sorted(releases_dir.iterdir()) if path.is_dir() and not path.is_symlink()]
    return [
        Release(path.name, path, json.loads((path / "manifest.json").read_text()))
        for path in folders
        if not path.name.startswith(".") and (path / "manifest.json").exists()
    ]


def _to_json(value) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
