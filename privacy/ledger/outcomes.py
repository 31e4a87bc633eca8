"""Where a tier's tables come from, and what became of them: a folder of sealed outcomes, one per part.

An outcome is named by a keyed hash of all that it depends on (tables, policy, releases before it, this package), and
is there whole or not at all.
"""

import hashlib
import hmac
import json
import os
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from privacy.certificates import Certificates, read_certificates
from privacy.ledger.chain import TABLE, Ledger
from privacy.ledger.translation import Found
from privacy.policy import Policy
from privacy.structure import KEY


@dataclass(frozen=True)
class Campaign:
    """Where a tier's tables come from and go to.

    tables: a folder with one Parquet file `<table_id>.<school_year>.parquet` of exact cells each. store: a folder of
    outcomes, internal. public, internal: the folders of the ledger. secret: breaks ties and keys all hashes.
    """

    tier: str
    tables: Path
    store: Path
    public: Path
    internal: Path
    policy: Policy
    secret: bytes

    @property
    def ledger(self) -> Ledger:
        """The ledger the campaign reads and adds to."""
        return Ledger(self.public, self.internal, secret=self.secret)


def write_tables(cells: pl.DataFrame, folder: str | Path) -> None:
    """Writes cells as the files a campaign reads: one per table and school year."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for (table, year), rows in cells.partition_by(TABLE, as_dict=True).items():
        draft = Path(folder) / f".{table}.{year}.draft"
        rows.sort(KEY).write_parquet(draft)
        os.replace(draft, Path(folder) / f"{table}.{year}.parquet")


def list_files(campaign: Campaign) -> dict[tuple[str, int], Path]:
    """The files of exact cells by table and school year. Raises ValueError for a stray one."""
    files = {}
    for path in sorted(Path(campaign.tables).glob("*.parquet")):
        table, _, year = path.stem.rpartition(".")
        if not table or not year.isdigit():
            raise ValueError(f"{path.name} is not named <table_id>.<school_year>.parquet")
        files[table, int(year)] = path
    return files


def place_of(campaign: Campaign, key: str) -> Path:
    """The folder of an outcome."""
    return Path(campaign.store) / "parts" / key


def seal(campaign: Campaign, content: list) -> str:
    """A keyed hash of some content, for this tier and policy."""
    text = json.dumps([campaign.tier, campaign.policy.hash, content], sort_keys=True)
    return hmac.new(campaign.secret, text.encode(), hashlib.sha256).hexdigest()[:32]


def seal_files(campaign: Campaign, place: Path) -> str:
    """A keyed hash of the tables of an outcome: what is not looked at again is what was found."""
    files = sorted(place.rglob("*.parquet"))
    return seal(campaign, [[path.name, hashlib.sha256(path.read_bytes()).hexdigest()] for path in files])


@lru_cache
def read_code() -> str:
    """A hash of this package: another engine is another outcome."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.parent.rglob("*.py")):
        code.update(path.read_bytes())
    return code.hexdigest()


def read_released(campaign: Campaign) -> dict[str, dict[str, str]]:
    """Per part: content, key and release of what the tier was last shown."""
    return _read_json(Path(campaign.store) / f"{campaign.tier}.json")


def write_released(campaign: Campaign, released: dict[str, dict[str, str]]) -> None:
    """Notes what read_released gives, at one stroke."""
    path = Path(campaign.store) / f"{campaign.tier}.json"
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(json.dumps(released, indent=1, sort_keys=True), encoding="utf-8")
    os.replace(draft, path)


def write_outcome(
    campaign: Campaign, key: str, frames: dict[str, pl.DataFrame], certificates: Certificates, summary: dict
) -> None:
    """Keeps what became of a part, at one stroke."""
    place = place_of(campaign, key)
    draft = place.with_name(f"{place.name}.{os.getpid()}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for name, frame in frames.items():
        frame.write_parquet(draft / f"{name}.parquet", statistics=False)
    certificates.write(draft / "certificates")
    summary = summary | {"policy": campaign.policy.hash, "code": read_code(), "seal": seal_files(campaign, draft)}
    (draft / "outcome.json").write_text(json.dumps(summary), encoding="utf-8")
    shutil.rmtree(place, ignore_errors=True)
    os.replace(draft, place)


def read_summary(campaign: Campaign, key: str) -> dict:
    """Of an outcome: passed, withheld, cells, proven, and the policy, code and seal it was written with; {} if none."""
    return _read_json(place_of(campaign, key) / "outcome.json")


def _read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def read_found(campaign: Campaign, last: dict[str, str]) -> Found | None:
    """What the attack found of what was last released of a part; None if it is gone."""
    place = place_of(campaign, last["key"])
    if not place.exists():
        return None
    quantities = pl.read_parquet(place / "quantities.parquet")
    return Found(last["release"], quantities, read_certificates(place / "certificates"))
