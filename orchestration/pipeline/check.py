"""Step 2: read each delivery, check every row, strip direct identifiers, and keep the result beside its batch id."""

import hashlib
import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

import expectations
import intake
from orchestration.home import read_json, whole_folder, write_json
from orchestration.pipeline.receive import Arrival
from orchestration.workspace import CROSSWALKS, Turn, Workspace

log = logging.getLogger("openslds.check")


@dataclass(frozen=True)
class Checked:
    """A delivery that was read and checked: where the result lies and what `summary.json` says of it."""

    turn: Turn
    batch_id: str
    context_hash: str
    folder: Path
    summary: dict

    @property
    def records(self) -> Path:
        return self.folder / "records"

    @property
    def findings(self) -> pl.DataFrame:
        """One row per rule and row (or file) hit; rule and row numbers, no values."""
        return pl.read_parquet(self.folder / "findings.parquet")


def check_deliveries(workspace: Workspace, arrivals: list[Arrival]) -> list[Checked]:
    """Check the last delivery of every turn that has one; return the results in the same order.

    A delivery that was checked before under the same rules is not read again.
    """
    results: list[Checked] = []
    schools: dict[str, list[str]] | None = None
    with_delivery = [arrival for arrival in arrivals if arrival.batch_id]
    for number, arrival in enumerate(with_delivery, start=1):
        lea_id = arrival.turn.source.lea_id
        if lea_id is not None and schools is None:
            schools = _schools_by_lea(results)
        school_ids = schools.get(lea_id) if schools and lea_id else None
        results.append(
            _check_turn(workspace, arrival.turn, arrival.batch_id, school_ids, f"{number}/{len(with_delivery)}")
        )
    return results


def _check_turn(
    workspace: Workspace, turn: Turn, batch_id: str, school_ids: list[str] | None, position: str
) -> Checked:
    context_hash = workspace.context_hash(turn, school_ids)
    folder = workspace.home.checked(turn.source.id, turn.school_year, batch_id, context_hash)
    if not folder.exists():
        started = time.monotonic()
        summary = _check_anew(workspace, turn, batch_id, school_ids, folder)
        rows = {
            name: sum(count[name] for count in summary["counts"]) for name in ("received", "accepted", "quarantined")
        }
        log.info(
            "checked %s  %s: %s rows received, %s accepted, %s quarantined (%.1f s)",
            position,
            turn.name,
            *(f"{rows[name]:,}" for name in rows),
            time.monotonic() - started,
        )
    return Checked(turn, batch_id, context_hash, folder, read_json(folder / "summary.json"))


def _check_anew(workspace: Workspace, turn: Turn, batch_id: str, school_ids: list[str] | None, folder: Path) -> dict:
    home, source = workspace.home, turn.source
    delivered = intake.load_delivery(home.delivery(source.id, turn.school_year, batch_id))
    raw = intake.read_delivery(delivered, source, home=home.root, crosswalk_dir=CROSSWALKS)
    tables = intake.fill_calendar(raw.tables, source, turn.school_year)
    checked = expectations.check_delivery(
        tables, source_id=source.id, lea_id=source.lea_id, school_year=turn.school_year, school_ids=school_ids
    )
    split = intake.split_identity(
        checked.accepted, key=workspace.key, lea_id=source.lea_id, student_id_scope=source.student_id_scope
    )
    intake.write_identities(
        split.identities, home=home.root, source_id=source.id, school_year=turn.school_year, batch_id=batch_id
    )
    findings = pl.concat([raw.findings, checked.findings], how="diagonal_relaxed")
    summary = {
        "counts": _count_rows(raw, checked.counts, _height(tables) - _height(raw.tables)).to_dicts(),
        "rules": _count_rules(findings),
        "fatal": sorted(set(findings.filter(pl.col("severity") == "fatal")["rule"])),
        "files": [asdict(file) for file in delivered.files],
        "unread_files": raw.unread_files,
        "unread_elements": raw.unread_elements,
        "contents": {record_type: _hash_rows(table) for record_type, table in split.records.items()},
    }
    with whole_folder(folder) as draft:
        (draft / "records").mkdir()
        for record_type, table in split.records.items():
            table = table.with_columns(pl.lit(name_batch(batch_id, folder.name)).alias("batch_id"))
            table.write_parquet(draft / "records" / f"{record_type}.parquet", compression="zstd")
        findings.write_parquet(draft / "findings.parquet")
        write_json(draft / "summary.json", summary)
    return summary


def name_batch(batch_id: str, context_hash: str) -> str:
    """Return the `batch_id` of record rows: the batch and the rules it was read under; new rules are a change too."""
    return f"{batch_id}-{context_hash[:8]}"


def _hash_rows(table: pl.DataFrame) -> str:
    """Return a hash of what a record table says, wherever in its file each row stood."""
    rows = table.select(sorted(set(table.columns) - {"source_file", "source_row"})).hash_rows()
    return hashlib.sha256(rows.sort().to_numpy().tobytes()).hexdigest()


def _height(tables: dict[str, pl.DataFrame]) -> int:
    return tables["calendars"].height if "calendars" in tables else 0


def _count_rows(raw: "intake.RawDelivery", counts: pl.DataFrame, added_days: int) -> pl.DataFrame:
    """Rows received, accepted and quarantined per record type: received is accepted and quarantined, always.

    Rows that never became a row of a table (too few fields, say) are received and quarantined; the calendar days that
    we added ourselves were not received.
    """
    unparsed = pl.DataFrame(
        {"record_type": list(raw.unparsed), "unparsed": list(raw.unparsed.values())},
        schema={"record_type": pl.String, "unparsed": pl.Int64},
    )
    added = pl.when(pl.col("record_type") == "calendars").then(added_days).otherwise(0)
    return (
        counts.join(unparsed, on="record_type", how="full", coalesce=True)
        .with_columns(pl.exclude("record_type").fill_null(0))
        .select(
            "record_type",
            received=pl.col("received") + pl.col("unparsed") - added,
            accepted=pl.col("accepted") - added,
            quarantined=pl.col("quarantined") + pl.col("unparsed"),
        )
        .sort("record_type")
    )


def _count_rules(findings: pl.DataFrame) -> list[dict]:
    rules = findings.group_by("rule", "severity", "record_type").agg(pl.len().alias("rows"))
    return rules.sort("rule", "record_type", "severity", nulls_last=True).to_dicts()


def _schools_by_lea(results: list[Checked]) -> dict[str, list[str]]:
    """Which schools the state's own organization list gives each district; empty when the state sends no such list."""
    schools: dict[str, list[str]] = {}
    for checked in results:
        path = checked.records / "organizations.parquet"
        if checked.turn.source.lea_id is None and path.exists():
            rows = pl.read_parquet(path).filter(pl.col("org_type_code") == "School").sort("org_id")
            for org_id, parent in rows.select("org_id", "parent_org_id").iter_rows():
                schools.setdefault(parent, []).append(org_id)
    return {lea: sorted(set(ids)) for lea, ids in schools.items()}
