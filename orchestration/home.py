"""`SLDS_HOME`: where everything lies on disk, and how it is written so that a kill at any moment does no harm."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


class HomeBusy(Exception):
    """Another process is writing this home; the message names it."""


@dataclass(frozen=True)
class Home:
    """The folders of one state's `SLDS_HOME`. Nothing is created until it is written."""

    root: Path

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def private(self) -> Path:
        return self.root / "private"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def data_docs(self) -> Path:
        return self.reports / "data_docs"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse" / "slds.duckdb"

    @property
    def protected(self) -> Path:
        return self.root / "protected"

    @property
    def exact_cells(self) -> Path:
        """The exact cells about to be protected, one file per table and school year: never served."""
        return self.root / "protection" / "cells"

    @property
    def outcomes(self) -> Path:
        """What protection and audit made of each table and school year, so that it is not solved again."""
        return self.root / "protection" / "outcomes"

    @property
    def ledger(self) -> Path:
        """Everything ever released. Not to be made again: keep it as long as any release may be in somebody's hands."""
        return self.root / "ledger"

    @property
    def marts(self) -> Path:
        return self.root / "marts"

    @property
    def studies(self) -> Path:
        """The research tier: a folder per study with its extract, and its report for internal eyes."""
        return self.marts / "research"

    @property
    def study_codes(self) -> Path:
        """Who has which code in which study. Not to be made again: without it everybody gets a new code."""
        return self.private / "studies"

    @property
    def study_outcomes(self) -> Path:
        """What became of each study's plan at the last run."""
        return self.root / "studies.json"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def edfacts(self) -> Path:
        """Submission files with exact counts: mode 0700, and never among the releases."""
        return self.root / "edfacts"

    @property
    def catalog(self) -> Path:
        """The catalog of indicators, as pages."""
        return self.root / "catalog"

    @property
    def dbt_target(self) -> Path:
        """Where dbt writes while it builds; killed then, it leaves half a file."""
        return self.root / "dbt" / "target"

    @property
    def dbt_parsed(self) -> Path:
        """Where the parsed project lies; nothing but `prepare_manifest` writes here."""
        return self.root / "dbt" / "parsed"

    @property
    def manifest(self) -> Path:
        return self.dbt_parsed / "manifest.json"

    @property
    def sample_sources(self) -> Path:
        return self.root / "sample" / "sources.yml"

    @property
    def last_run(self) -> Path:
        return self.root / "last_run.json"

    @property
    def looked_at(self) -> Path:
        """What the feeds' folders looked like when they were last received, all of them."""
        return self.landing / "looked_at.json"

    def latest(self, source_id: str, school_year: int) -> Path:
        """The pointer to what this source sent last: a delivery, or why there is none."""
        return self.root / "landing" / "latest" / source_id / f"{school_year}.json"

    def delivery(self, source_id: str, school_year: int, batch_id: str) -> Path:
        """The manifest of a delivery, as landing wrote it."""
        return self.landing / "deliveries" / source_id / str(school_year) / f"{batch_id}.json"

    def accepted(self, source_id: str, school_year: int) -> Path:
        """The pointer to the delivery that the warehouse uses, and the verdict on the newest one."""
        return self.root / "accepted" / source_id / f"{school_year}.json"

    def checked(self, source_id: str, school_year: int, batch_id: str, context_hash: str) -> Path:
        return self.root / "checked" / source_id / str(school_year) / batch_id / context_hash

    def report(self, source_id: str, school_year: int, batch_id: str) -> Path:
        return self.reports / source_id / str(school_year) / batch_id

    @contextlib.contextmanager
    def writer(self) -> Iterator[None]:
        """Hold the home's single writer's lock; the system frees it when the process dies, however it dies.

        Raises `HomeBusy` when another process holds it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "writer.lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                holder = lock.read().strip() or "unknown"
                raise HomeBusy(
                    f"Another run (process {holder}) is writing {self.root}. Wait for it, or use another SLDS_HOME."
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield


def read_json(path: Path) -> dict | None:
    """Return the JSON object in a file, or None where there is no file."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None


def write_json(path: Path, value: dict) -> bool:
    """Write a JSON object whole or not at all, and not when the file says it already; return whether it was written."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text)
    os.replace(fresh, path)
    return True


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a draft folder that becomes `path` when the block ends well; a kill leaves `path` absent."""
    draft = path.with_name(f".{path.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    yield draft
    if path.exists():
        shutil.rmtree(path)
    os.rename(draft, path)


def hash_files(paths: list[Path], *, root: Path = CHECKOUT) -> str:
    """Return 16 hex digits of the sha256 over the names and bytes of these files, in name order."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def hash_code(*folders: str) -> str:
    """Return a hash of the source files under these folders of the checkout (Python, SQL, YAML, CSV, templates)."""
    suffixes = {".py", ".sql", ".yml", ".csv", ".html"}
    skip = {"target", "logs", "__pycache__", "dbt_packages"}
    files = [
        path
        for folder in folders
        for path in (CHECKOUT / folder).rglob("*")
        if path.suffix in suffixes
        and path.is_file()
        and not skip & set(path.relative_to(CHECKOUT).parts)
        and not path.name.startswith(".")
    ]
    return hash_files(files)


def hash_json(value) -> str:
    """Return 16 hex digits of the sha256 of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]
