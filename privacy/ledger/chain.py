"""Everything ever released, tier by tier: a chain of entries nobody can rewrite unnoticed, and the numbers behind it.

A tier is an audience (the public, the districts). Every tier has a folder of entries, each naming the hash of the one
before, the policy and the content of the tables released; the tables stand beside it. The exact values behind them
stand in another folder, which never leaves.
"""

import hashlib
import hmac
import json
import os
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path

import polars as pl

from privacy.structure import KEY

START = "0" * 64  # what the first entry names as the one before
TABLE = ["table_id", "school_year"]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


class LedgerError(ValueError):
    """A ledger that is broken or an entry that cannot be added; names tiers, entries and tables, never a value."""


@dataclass(frozen=True)
class ReleasedTable:
    """One table of one school year in a release; content: sha256 of what it says (not of how the file is written)."""

    table_id: str
    school_year: int
    content: str


@dataclass(frozen=True)
class Entry:
    """One release of one tier. `hash` is the sha256 of all else as JSON with sorted keys and no spaces."""

    tier: str
    release: str
    sequence: int
    previous: str
    policy_hash: str
    date: str | None
    tables: tuple[ReleasedTable, ...]
    hash: str = ""

    def compute_hash(self) -> str:
        """The hash the entry should have."""
        content = {name: value for name, value in asdict(self).items() if name != "hash"}
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Break:
    """The first thing wrong in a tier: the entry's place and release as far as known, and what is wrong."""

    tier: str
    sequence: int
    release: str
    problem: str


@dataclass(frozen=True)
class Release:
    """What one entry showed of some tables (`published`, null = withheld), and the exact cells behind it (internal)."""

    tier: str
    release: str
    sequence: int
    published: pl.DataFrame = field(repr=False)
    exact: pl.DataFrame = field(repr=False)


class Ledger:
    """The ledger of all tiers. public: entries and tables, may be published; internal: exact values, never.

    `secret` seals the exact values: without it a changed one is not noticed, and a seal tells nothing about them.
    """

    def __init__(self, public: str | Path, internal: str | Path, *, secret: bytes):
        self._public, self._internal, self._secret = Path(public), Path(internal), secret

    def tiers(self) -> list[str]:
        """The tiers anything was released to."""
        return sorted(path.parent.name for path in self._public.glob("*/entries"))

    def entries(self, tier: str) -> list[Entry]:
        """The entries of a tier, first to last. Raises LedgerError for a file that is no entry."""
        return [_read_entry(path) for path in sorted((self._public / tier / "entries").glob("*.json"))]

    def head(self, tier: str) -> str:
        """The hash of the last entry. Keep it elsewhere too: an entry cut off the end is missed by nothing else."""
        entries = self.entries(tier)
        return entries[-1].hash if entries else START

    def append(
        self,
        tier: str,
        release: str,
        pieces: Iterable[tuple[pl.DataFrame, pl.DataFrame]],
        *,
        policy_hash: str,
        date: str | None = None,
    ) -> Entry:
        """Adds a release to a tier, in pieces: published cells and the exact ones they were made from, row for row.

        Raises LedgerError when the tier's last entry is damaged, the release is already there, a name cannot be a
        file's, the two frames of a piece are not about the same cells, or two pieces are about the same table and year.
        """
        for name in (tier, release):
            if not NAME.fullmatch(name):
                raise LedgerError(f"{name!r} cannot be the name of a tier or release")
        earlier = self.entries(tier)
        if any(entry.release == release for entry in earlier):
            raise LedgerError(f"{tier}: the release {release!r} is already in the ledger")
        if earlier and earlier[-1].hash != earlier[-1].compute_hash():
            raise LedgerError(f"{tier}: the last entry is damaged; nothing can follow it")
        tables, seals, files = [], [], []
        for published, exact in pieces:
            published, exact = (frame.sort(KEY, maintain_order=True) for frame in (published, exact))
            keys = [frame.select(KEY) for frame in (published, exact)]
            if not keys[0].equals(keys[1]) or keys[0].is_duplicated().any():
                raise LedgerError(f"{tier}: published and exact cells of {release!r} are not the same rows, each once")
            for shown, behind in zip(_split(published), _split(exact), strict=True):
                for one, kept in zip(self._store(tier, shown, behind), (tables, seals, files), strict=True):
                    kept.append(one)
        if len({(one.table_id, one.school_year) for one in tables}) < len(tables):
            raise LedgerError(f"{tier}: {release!r} has a table of a school year twice")
        entry = Entry(
            tier, release, len(earlier) + 1, earlier[-1].hash if earlier else START, policy_hash, date, tuple(tables)
        )
        entry = Entry(**{**entry.__dict__, "hash": entry.compute_hash()})
        # The exact values first: an entry without them could not be held against later releases.
        inside = {"entry": entry.hash, "seals": seals, "files": files}
        inside["mark"] = self._mark(inside)
        _write(self._internal / tier / "entries" / _file(entry), json.dumps(inside))
        path = self._public / tier / "entries" / _file(entry)
        _write(path, json.dumps(asdict(entry), indent=1, sort_keys=True), once=True)
        return entry

    def verify(self, tier: str, *, head: str | None = None) -> Break | None:
        """The first entry of a tier that is not what it was when it was added, or None if all are.

        Every entry is hashed again, every table read and hashed again, every exact table held against its seal.
        head: the last hash as kept elsewhere.
        """
        previous, seen = START, 0
        for path in sorted((self._public / tier / "entries").glob("*.json")):
            seen += 1
            try:
                entry = _read_entry(path)
            except LedgerError:
                return Break(tier, seen, path.stem, "the entry cannot be read")
            problem = self._find_fault(entry, tier, seen, previous)
            if problem:
                return Break(tier, seen, entry.release, problem)
            previous = entry.hash
        if head is not None and head != previous:
            return Break(tier, seen, "", "the last entry is not the one kept elsewhere")
        return None

    def read_history(self, tables: Iterable[tuple[str, int]], tiers: Iterable[str] | None = None) -> list[Release]:
        """What every release of some tiers (default: all) showed of some (table_id, school_year), first to last.

        A file that is, byte for byte, the one written with the entry says what it said then; any other is hashed row
        by row. Raises LedgerError when a table is not what its entry says.
        """
        wanted, found = set(tables), []
        for tier in self.tiers() if tiers is None else tiers:
            for entry in self.entries(tier):
                if entry.hash != entry.compute_hash():
                    raise LedgerError(f"{tier}: entry {entry.sequence} is damaged")
                chosen = [n for n, one in enumerate(entry.tables) if (one.table_id, one.school_year) in wanted]
                if chosen:
                    seals, files = self._read_inside(entry)
                    published = pl.concat([self._read_published(tier, entry.tables[n], files[n][0]) for n in chosen])
                    exact = pl.concat([self._read_exact(tier, seals[n], files[n][1]) for n in chosen])
                    found.append(Release(tier, entry.release, entry.sequence, published, exact))
        return found

    def _find_fault(self, entry: Entry, tier: str, sequence: int, previous: str) -> str | None:
        if entry.hash != entry.compute_hash():
            return "the entry is not the one that was hashed"
        if (entry.tier, entry.sequence) != (tier, sequence):
            return "an entry is missing before it, or it stands in another tier"
        if entry.previous != previous:
            return "it does not follow the entry before it"
        try:
            for one in entry.tables:
                self._read_published(tier, one)
            for seal in self._read_inside(entry)[0]:
                self._read_exact(tier, seal)
        except LedgerError as error:
            return str(error)
        return None

    def _store(self, tier: str, published: pl.DataFrame, exact: pl.DataFrame) -> tuple[ReleasedTable, str, list[str]]:
        """Writes one table of one year; what the entry says of it, the seal, the sha256 of both files."""
        with ThreadPoolExecutor(1) as beside:
            behind = beside.submit(_keep, self._internal / tier / "tables", exact, self._seal)
            content, file = _keep(self._public / tier / "tables", published, _hash)
            seal, exact_file = behind.result()
        return ReleasedTable(*published.select(TABLE).row(0), content), seal, [file, exact_file]

    def _seal(self, rows: pl.DataFrame) -> str:
        return hmac.new(self._secret, _say(rows), hashlib.sha256).hexdigest()

    def _mark(self, inside: dict) -> str:
        """What shows that the ledger itself said which files an entry was written with."""
        said = json.dumps([inside["entry"], inside["seals"], inside["files"]])
        return hmac.new(self._secret, said.encode(), hashlib.sha256).hexdigest()

    def _read_published(self, tier: str, one: ReleasedTable, file: str | None = None) -> pl.DataFrame:
        path = self._public / tier / "tables" / f"{one.content}.parquet"
        rows, known = _read_table(path, file, one.table_id, one.school_year)
        if not known and _hash(rows.sort(KEY)) != one.content:
            raise LedgerError(f"{one.table_id} {one.school_year}: the published table is not the one released")
        return rows

    def _read_exact(self, tier: str, seal: str, file: str | None = None) -> pl.DataFrame:
        path = self._internal / tier / "tables" / f"{seal}.parquet"
        rows, known = _read_table(path, file, "exact table", seal[:8])
        if not known and not hmac.compare_digest(self._seal(rows.sort(KEY)), seal):
            raise LedgerError(f"an exact table ({seal[:8]}) is not the one sealed, or the secret is another")
        return rows

    def _read_inside(self, entry: Entry) -> tuple[list[str], list[list[str | None]]]:
        """The seals of an entry's exact tables, and the hashes of the files written with it (None: not known)."""
        try:
            inside = json.loads((self._internal / entry.tier / "entries" / _file(entry)).read_text(encoding="utf-8"))
            if inside["entry"] == entry.hash and len(inside["seals"]) == len(entry.tables):
                marked = "mark" in inside and hmac.compare_digest(self._mark(inside), inside["mark"])
                return inside["seals"], inside["files"] if marked else [[None, None]] * len(entry.tables)
        except (OSError, ValueError, KeyError, TypeError):
            pass
        raise LedgerError(f"{entry.tier}: the exact values behind entry {entry.sequence} are not to be found")


def _split(cells: pl.DataFrame) -> list[pl.DataFrame]:
    """The sorted cells of every table and school year, in a fixed order of both."""
    one = cells.height and cells.select(TABLE).row(0) == cells.select(TABLE).row(-1)
    return [cells] if one else cells.partition_by(TABLE, maintain_order=True)


def _say(rows: pl.DataFrame) -> bytes:
    """What a table, sorted by key, says, whatever file it came from: columns by name."""
    text = BytesIO()
    rows.select(sorted(rows.columns)).write_csv(text)
    return text.getvalue()


def _hash(rows: pl.DataFrame) -> str:
    return hashlib.sha256(_say(rows)).hexdigest()


def _keep(folder: Path, rows: pl.DataFrame, name: Callable[[pl.DataFrame], str]) -> tuple[str, str]:
    """Writes a table under what `name` calls it; that, and the sha256 of the file."""
    named = name(rows)
    return named, _write_table(folder / f"{named}.parquet", rows)


def _file(entry: Entry) -> str:
    return f"{entry.sequence:06d}.json"


def _read_entry(path: Path) -> Entry:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Entry(**{**content, "tables": tuple(ReleasedTable(**one) for one in content["tables"])})
    except (OSError, ValueError, KeyError, TypeError):
        raise LedgerError(f"{path.parent.parent.name}: {path.name} is no entry") from None


def _read_table(path: Path, file: str | None, *name) -> tuple[pl.DataFrame, bool]:
    """The table in a file, and whether its bytes are those with the sha256 given."""
    try:
        content = path.read_bytes()
        return pl.read_parquet(content), file is not None and hashlib.sha256(content).hexdigest() == file
    except (OSError, pl.exceptions.PolarsError):
        raise LedgerError(f"{' '.join(map(str, name))}: the file is missing or unreadable") from None


def _write(path: Path, text: str, *, once: bool = False) -> None:
    """Writes a file as a whole or not at all. `once`: raises LedgerError where one of this name stands already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.write_text(text, encoding="utf-8")
    if not once:
        os.replace(draft, path)
        return
    try:
        os.link(draft, path)
    except FileExistsError:
        raise LedgerError(f"{path.name} was added by somebody else at the same time") from None
    finally:
        draft.unlink()


def _write_table(path: Path, rows: pl.DataFrame) -> str:
    """Writes a table as a whole or not at all; the sha256 of the file, which was read again and says the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    rows.write_parquet(draft)
    content = draft.read_bytes()
    if not pl.read_parquet(content).equals(rows):
        raise LedgerError(f"{path.name}: what was written is not what was to be written")
    os.replace(draft, path)
    return hashlib.sha256(content).hexdigest()
