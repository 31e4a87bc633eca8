"""Step 8: write the public release and the extracts that each tier pulls."""

import json
import logging

import duckdb
import polars as pl

import delivery
from orchestration.catalog import describe_table, public_indicators
from orchestration.home import read_json
from orchestration.pipeline.judge import standings
from orchestration.pipeline.protect import Protection, enter_in_ledger, note_release
from orchestration.workspace import Workspace

log = logging.getLogger("openslds.publish")

# Which tiers are cut by district, and which are one file for the whole tier. The research tier is not here: what leaves
# it is made per study, by its plan.
TIERS_BY_LEA = ("teacher", "school", "district")
TIERS_WHOLE = ("state",)

# The same words in every release: how many numbers earlier ones lost, or that there are any, would tell a reader that
# it pays to look for them (docs/disclosure-ledger.md).
AUDIT_COVERS = (
    "That the audit passed says that every number withheld for somebody's protection keeps the values the policy "
    "requires, unless an earlier release told it, or too much of it: what was once published cannot be protected any "
    "more. This sentence stands in every release, whether there is such a number or not."
)


def publish_release(workspace: Workspace, protection: Protection) -> delivery.Release:
    """Write the public tables as an immutable release and make it current; return it.

    Its manifest names the inputs, code and policy it rests on and the audit's result, and nothing of the clock.
    """
    enter_in_ledger(workspace, protection)
    manifest = json.loads(workspace.home.manifest.read_text())
    tables = _read_schema(workspace, "public")
    release = delivery.write_release(
        tables,
        releases_dir=workspace.home.releases,
        title=f"{workspace.sources.state.name}: public indicators",
        descriptions={name: describe_table(manifest, name) for name in tables},
        indicators=public_indicators(manifest),
        facts=_release_facts(workspace, protection),
    )
    note_release(protection, release)
    log.info("release %s %s", release.id, "published" if release.is_new else "is already published")
    return release


def _release_facts(workspace: Workspace, protection: Protection) -> dict:
    in_use = [standing for standing in standings(workspace) if standing.current]
    return {
        "school_year": max(standing.turn.school_year for standing in in_use),
        "inputs": [_input(workspace, standing) for standing in in_use],
        "code_version": workspace.code_version,
        **audit_facts(protection),
    }


def audit_facts(protection: Protection) -> dict:
    """What the public is told of policy and audit: results without counts.

    How many numbers of a table were attacked is how many are sensitive, and where few are withheld that tells which.
    That fewer were proved than attacked says that earlier releases lost some.
    """
    audit = protection.summary["audit"]
    return {
        "policy": protection.summary["policy"],
        "audit": {
            "passed": audit["passed"],
            "tables": [{"table_id": table["table_id"], "passed": table["passed"]} for table in audit["tables"]],
            "certificates": {"passed": audit["certificates"]["passed"]},
        },
        "audit_covers": AUDIT_COVERS,
    }


def _input(workspace: Workspace, standing) -> dict:
    turn, current = standing.turn, standing.current
    folder = workspace.home.checked(turn.source.id, turn.school_year, current["batch_id"], current["context_hash"])
    return {
        "source_id": turn.source.id,
        "school_year": turn.school_year,
        "batch_id": current["batch_id"],
        "files": {entry["path"]: entry["sha256"] for entry in read_json(folder / "summary.json")["files"]},
    }


def write_extracts(workspace: Workspace) -> list[delivery.Extract]:
    """Write every tier's tables: per district where the tier belongs to districts, whole for the state."""
    identities = _ids_by_lea(workspace)
    extracts: list[delivery.Extract] = []
    for tier in (*TIERS_BY_LEA, *TIERS_WHOLE):
        for name, table in _read_schema(workspace, tier).items():
            extracts += delivery.write_extract(
                table,
                name=name,
                tier=tier,
                marts_dir=workspace.home.marts,
                sort_by=table.columns,
                identities=identities if tier in TIERS_BY_LEA else None,
                by_lea=tier in TIERS_BY_LEA,
            )
    log.info("extracts: %d files, %d changed", len(extracts), sum(extract.is_new for extract in extracts))
    return extracts


def _read_schema(workspace: Workspace, schema: str) -> dict[str, pl.DataFrame]:
    with duckdb.connect(str(workspace.home.warehouse), read_only=True) as warehouse:
        names = warehouse.execute(
            "select table_name from information_schema.tables where table_schema = ? order by 1", [schema]
        ).fetchall()
        return {name: warehouse.sql(f'select * from "{schema}"."{name}"').pl() for (name,) in names}


def _ids_by_lea(workspace: Workspace) -> dict[str, pl.DataFrame]:
    """Each district's own ids by pseudonym, from the identity files of its deliveries in use, newest year first."""
    by_lea: dict[str, list[pl.DataFrame]] = {}
    for standing in sorted(standings(workspace), key=lambda standing: -standing.turn.school_year):
        lea_id = standing.turn.source.lea_id
        if standing.current and lea_id:
            by_lea.setdefault(lea_id, []).extend(_read_ids(workspace, standing))
    return {lea_id: pl.concat(frames) for lea_id, frames in by_lea.items() if frames}


def _read_ids(workspace: Workspace, standing) -> list[pl.DataFrame]:
    folder = workspace.home.private / "identity" / standing.turn.source.id / str(standing.turn.school_year)
    frames = []
    for person, file in (("student", "students"), ("staff", "staff")):
        path = folder / f"{standing.current['batch_id']}.{file}.parquet"
        if path.exists():
            frames.append(pl.read_parquet(path).select(key=f"{person}_key", id=f"{person}_id"))
    return frames
