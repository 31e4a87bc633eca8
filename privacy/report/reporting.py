"""From what is on disk to the review board's page: which folder, which audit, the same cells under another policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from privacy.description import DescriptionError, read_cells
from privacy.engine.protection import protect
from privacy.files import AUDIT, hash_file, read_json, read_parquet, read_release, whole_file
from privacy.policy import Policy, load_policy
from privacy.release import Progress, Protected
from privacy.report.figures import Figures, gather_figures
from privacy.report.page import render_report
from privacy.structure import KEY

PAGE = "report.html"


@dataclass(frozen=True)
class Comparison:
    """Another policy, and the exact cells it is to be tried on."""

    policy_path: str | Path
    cells: str | Path | Sequence
    descriptions: str | Path | Sequence
    secret: bytes = b""


def report_files(
    folder: str | Path,
    policy_path: str | Path,
    out: str | Path | None = None,
    *,
    comparison: Comparison | None = None,
    progress: Progress | None = None,
) -> Path:
    """Writes the page on what protect_files, or a home's run, left in a folder; returns its path.

    Raises DescriptionError when the folder is neither, was protected under another policy, or holds other cells than
    are to be compared.
    """
    folder, policy = Path(folder), load_policy(policy_path)
    if (folder / "public").is_dir():
        figures, cells, page = *_gather_release(folder, policy), folder / "internal" / PAGE
    elif (folder / "protected_cells.parquet").is_file():
        figures, cells = _gather_home(folder, policy)
        page = folder.parent.parent / "reports" / f"disclosure_{PAGE}"
    else:
        raise DescriptionError(f"{folder.name} holds no protected cells. Run `protect` first")
    other = None if comparison is None else _gather_other(comparison, cells, progress)
    page = Path(out) if out else page
    page.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(page) as draft:
        draft.write_text(render_report(figures, other), encoding="utf-8")
    return page


def find_home_folder(home: str | None) -> Path:
    """The folder of the cells a home protected last. Raises DescriptionError."""
    if not home:
        raise DescriptionError("Which home? Name it after --home, or set SLDS_HOME")
    found = list((Path(home) / "protected").glob(f"*/{AUDIT}"))
    if not found:
        raise DescriptionError(f"{Path(home).name} holds no protected cells. Run `slds run` first")
    return max(found, key=lambda path: (path.stat().st_mtime, path)).parent


def _gather_release(folder: Path, policy: Policy) -> tuple[Figures, pl.DataFrame]:
    protected = read_release(folder)
    _refuse_other_policy(protected.policy_hash, policy)
    audit = None
    if (folder / "internal" / AUDIT).exists():
        audit = read_json(folder / "internal" / AUDIT)
        same = audit["cells_sha256"] == hash_file(folder / "public" / "cells.parquet")
        audit = audit if same and audit["policy"]["hash"] == policy.hash else None
    return _gather(protected, policy, audit), protected.cells


def _gather_home(folder: Path, policy: Policy) -> tuple[Figures, pl.DataFrame]:
    kept = read_json(folder / AUDIT)
    _refuse_other_policy(kept["policy"]["hash"], policy)
    cells, reasons = (read_parquet(folder / f"{name}.parquet") for name in ("protected_cells", "reasons"))
    return gather_figures(cells, reasons, policy, lost=kept.get("lost", 0), audit=kept["audit"]), cells


def _gather_other(comparison: Comparison, cells: pl.DataFrame, progress: Progress | None) -> Figures:
    """The figures of the same cells under another policy, worked out now."""
    policy = load_policy(comparison.policy_path)
    exact = read_cells(comparison.cells, comparison.descriptions)
    if exact.height != cells.height or exact.join(cells, on=KEY, how="anti").height:
        raise DescriptionError("the cells to compare are not the cells of the release: other keys, or another number")
    protected = protect(exact, policy, secret=comparison.secret, progress=progress)
    return _gather(protected, policy)


def _gather(protected: Protected, policy: Policy, audit: dict | None = None) -> Figures:
    return gather_figures(
        protected.cells,
        protected.reasons,
        policy,
        cost=protected.cost,
        bound=protected.bound,
        unprotected=protected.unprotected.height,
        audit=audit,
    )


def _refuse_other_policy(used: str, policy: Policy) -> None:
    if used != policy.hash:
        raise DescriptionError(f"the release was protected under the policy {used}; {policy.name} is {policy.hash}")
