"""The doors for plain files: protect, audit and check without the rest of OpenSLDS. Formats: docs/disclosure-files.md.

What may leave the building is in `public`, all else in `internal`. Everything is written whole or not at all.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from privacy.attack.auditing import audit, certify
from privacy.attack.outcome import AuditReport, conclude_audit
from privacy.certificates import Certificates, read_certificates
from privacy.checker import CheckReport, check
from privacy.description import DescriptionError, read_cells
from privacy.district_proofs import DistrictProofs
from privacy.engine.protection import protect
from privacy.policy import Policy, load_policy
from privacy.release import MEDIAN, PUBLISHED, RATES, WITHHELD, Bound, Progress, Protected
from privacy.structure import Structure

SCALARS, AUDIT, EXACT = "protected.json", "audit.json", "exact.parquet"


def protect_files(
    cells: str | Path | Sequence,
    descriptions: str | Path | Sequence,
    policy_path: str | Path,
    out_dir: str | Path,
    *,
    secret: bytes = b"",
    progress: Progress | None = None,
) -> Protected:
    """Protects files of cells and makes a folder with `public/` and `internal/`; gives back what it wrote.

    What protect_files wrote there before is replaced, audit and all. Raises DescriptionError for files that cannot be
    used or a folder that holds anything else, PolicyError, and what `protect` raises.
    """
    policy, out = load_policy(policy_path), Path(out_dir)
    others = sorted(one.name for one in out.glob("*") if one.name not in ("public", "internal"))
    if others or out.is_file():
        raise DescriptionError(f"{out.name} holds other things ({', '.join(others[:3])}). Name a new folder")
    exact = read_cells(cells, descriptions)
    protected = protect(exact, policy, secret=secret, progress=progress)
    with whole_folder(out) as draft:
        write_release(protected, policy, draft)
        if policy.insiders:  # the audit attacks as a district that knows its own numbers
            exact.write_parquet(draft / "internal" / EXACT)
    return protected


def write_release(protected: Protected, policy: Policy, folder: Path) -> None:
    """Writes the public and the internal part of what `protect` gave into a folder."""
    public, internal = folder / "public", folder / "internal"
    public.mkdir(parents=True)
    internal.mkdir()
    protected.cells.write_parquet(public / "cells.parquet")
    _mark_withheld(protected.cells, policy.symbol).write_csv(public / "cells.csv")
    scalars = {"policy": policy.name}
    for part in dataclasses.fields(protected):
        value = getattr(protected, part.name)
        if isinstance(value, Structure):
            _write_structure(value, internal)
        elif isinstance(value, pl.DataFrame):
            if part.name != "cells":
                value.write_parquet(internal / f"{part.name}.parquet")
        else:
            scalars[part.name] = dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value
    (internal / SCALARS).write_text(_to_json(scalars))


def audit_files(out_dir: str | Path, policy_path: str | Path, *, progress: Progress | None = None) -> AuditReport:
    """Attacks what protect_files wrote, as it stands on disk, and writes failures and certificates beside it.

    The public certificates, and the structure they speak of, are written only if the attack found nothing and no
    relation has a residual (where students count twice, residuals are exact sums the state may not want to show).
    What holds against districts that know their own numbers is checked at once, for their certificates are not kept.
    `internal/audit.json`, written last, says which cells and which policy the audit speaks of.
    """
    policy, out = load_policy(policy_path), Path(out_dir)
    protected = read_release(out)
    internal, public = out / "internal", out / "public"
    (internal / AUDIT).unlink(missing_ok=True)
    for stale in (public / "certificates", public / "structure"):
        shutil.rmtree(stale, ignore_errors=True)
    exact = read_parquet(internal / EXACT) if policy.insiders else None
    proofs = DistrictProofs(protected.cells, protected.structure, protected.sensitive, policy)
    report = audit(protected, policy, progress=progress, exact=exact, witness=proofs)
    report = conclude_audit(report, pl.concat([report.failures, proofs.list_failures(report.failures)]))
    with whole_file(internal / "failures.parquet") as draft:
        report.failures.write_parquet(draft)
    with whole_folder(internal / "certificates") as draft:
        report.certificates.write(draft)
    structure = protected.structure
    bare = bool((structure.relations["low"].eq(0) & structure.relations["high"].eq(0)).all())
    if report.passed and bare:
        with whole_folder(public / "certificates") as draft:
            certify(protected.cells, structure, policy, progress=progress).write(draft)
        with whole_folder(public / "structure") as draft:
            _write_structure(structure, draft)
    with whole_file(internal / AUDIT) as draft:
        draft.write_text(_to_json(_summarise(report, policy, public / "cells.parquet", proofs.districts)))
    return report


def check_files(
    cells_path: str | Path,
    structure_dir: str | Path,
    certificates_dir: str | Path,
    policy_path: str | Path,
    *,
    sensitive_path: str | Path | None = None,
) -> CheckReport:
    """Checks certificates on disk against published cells on disk; with the internal list of sensitive ones, fully."""
    sensitive = None if sensitive_path is None else read_parquet(Path(sensitive_path))
    return check(
        read_parquet(Path(cells_path)),
        _read_structure(Path(structure_dir)),
        read_evidence(certificates_dir),
        load_policy(policy_path),
        sensitive=sensitive,
    )


def read_release(out_dir: str | Path) -> Protected:
    """What protect_files wrote, as it stands on disk. Raises DescriptionError when a part is missing."""
    internal, public = Path(out_dir) / "internal", Path(out_dir) / "public"
    scalars = read_json(internal / SCALARS)
    parts = {}
    for part in dataclasses.fields(Protected):
        if part.name == "bound":
            parts["bound"] = None if scalars["bound"] is None else Bound(**scalars["bound"])
        elif part.name == "cells":
            parts[part.name] = read_parquet(public / "cells.parquet")
        elif part.name == "structure":
            parts[part.name] = _read_structure(internal)
        else:
            parts[part.name] = (
                scalars[part.name] if part.name in scalars else read_parquet(internal / f"{part.name}.parquet")
            )
    return Protected(**parts)


def read_evidence(folder: str | Path) -> Certificates:
    """The certificates in a folder. Raises DescriptionError."""
    try:
        return read_certificates(folder)
    except ValueError as error:
        raise DescriptionError(f"{error}. Run the audit first") from None


def read_json(path: Path) -> dict:
    """The object in a JSON file this package wrote. Raises DescriptionError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DescriptionError(f"{path.parent.name}/{path.name} is missing or is not JSON") from None


def hash_file(path: Path) -> str:
    """The sha256 of a file, in hex digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _summarise(report: AuditReport, policy: Policy, cells: Path, districts: int) -> dict:
    failures = report.failures.group_by("table_id", "attacker", "problem").len("count")
    return {
        "passed": report.passed,
        "policy": {"name": policy.name, "hash": policy.hash},
        "cells_sha256": hash_file(cells),
        "attackers": [attacker.name for attacker in policy.attackers],
        "districts": districts,
        "tables": report.tables.to_dicts(),
        "failures": failures.sort(pl.all()).to_dicts(),
    }


def _mark_withheld(cells: pl.DataFrame, symbol: str) -> pl.DataFrame:
    """The cells as text, with the one symbol wherever a statistic is withheld."""
    statistics = {one: f"{one}_status" for one in PUBLISHED} | dict.fromkeys(RATES, "rate_status")
    statistics |= {MEDIAN: "median_status"}
    return cells.with_columns(
        pl.when(pl.col(status) == WITHHELD).then(pl.lit(symbol)).otherwise(pl.col(one).cast(pl.String)).alias(one)
        for one, status in statistics.items()
        if one in cells.columns
    )


def _write_structure(structure: Structure, folder: Path) -> None:
    for part in dataclasses.fields(structure):
        getattr(structure, part.name).write_parquet(folder / f"{part.name}.parquet")


def _read_structure(folder: Path) -> Structure:
    parts = [part.name for part in dataclasses.fields(Structure)]
    return Structure(**{name: read_parquet(folder / f"{name}.parquet") for name in parts})


def read_parquet(path: Path) -> pl.DataFrame:
    """The rows of a Parquet file this package wrote. Raises DescriptionError."""
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        raise DescriptionError(f"{path.parent.name}/{path.name} is missing or is not Parquet") from None


def _to_json(value: dict) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A draft folder that becomes `path` when the block ends well; a kill leaves no half of it there."""
    draft = path.with_name(f".{path.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    yield draft
    shutil.rmtree(path, ignore_errors=True)
    os.rename(draft, path)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A draft file that becomes `path` when the block ends well."""
    draft = path.with_name(f".{path.name}.draft")
    yield draft
    os.replace(draft, path)
