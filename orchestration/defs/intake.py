"""Intake: the sources as assets of their own, the landed deliveries, and the checked record tables."""

from datetime import timedelta

import dagster as dg
from pydantic import Field

import intake
from orchestration.defs.resources import configured_sources
from orchestration.pipeline.check import check_deliveries
from orchestration.pipeline.receive import Arrival, receive_deliveries, remembered_arrivals
from orchestration.resources import Slds
from orchestration.workspace import Scope


class ReceiveConfig(dg.Config):
    """Which districts and years to receive anew; empty means all."""

    leas: list[str] = Field(default_factory=list)
    school_years: list[int] = Field(default_factory=list)


def source_specs() -> list[dg.AssetSpec]:
    """One external asset per source, so that each sender has a page, a history and a freshness of its own."""
    path = configured_sources()
    if not path.exists():
        return []
    return [
        dg.AssetSpec(
            ["source", source.id],
            group_name="sources",
            description=f"What {source.name} sends.",
            metadata={"lea_id": source.lea_id or "", "formats": sorted({feed.format for feed in source.feeds})},
            freshness_policy=_freshness(source),
        )
        for source in intake.load_sources(path).sources
    ]


def _freshness(source) -> dg.FreshnessPolicy | None:
    days = source.expected_every_days
    return dg.FreshnessPolicy.time_window(fail_window=timedelta(days=days)) if days else None


def _report_arrival(context: dg.AssetExecutionContext, arrival: Arrival) -> None:
    """Put a delivery's arrival on its source's own page: hashes and rule numbers only."""
    metadata = {
        "school_year": arrival.turn.school_year,
        "batch_id": arrival.batch_id or "none",
        "problem_rules": str(sorted({problem["rule"] for problem in arrival.problems})),
    }
    event = dg.AssetMaterialization if arrival.is_new else dg.AssetObservation
    context.log_event(event(asset_key=["source", arrival.turn.source.id], metadata=metadata))


@dg.definitions
def defs() -> dg.Definitions:
    """Sources, `landing` and `record_tables`."""
    sources = source_specs()

    @dg.asset(group_name="intake", deps=[spec.key for spec in sources], kinds={"file"})
    def landing(context: dg.AssetExecutionContext, config: ReceiveConfig, slds: Slds) -> dg.MaterializeResult:
        """The bytes received, kept for ever by their sha256; one delivery per source and school year."""
        arrivals = receive_deliveries(slds.workspace(), Scope(tuple(config.leas), tuple(config.school_years)))
        for arrival in arrivals:
            _report_arrival(context, arrival)
        return dg.MaterializeResult(
            metadata={"deliveries": len(arrivals), "new": sum(arrival.is_new for arrival in arrivals)}
        )

    @dg.asset(group_name="intake", deps=[landing], kinds={"polars", "pandera"})
    def record_tables(slds: Slds) -> dg.MaterializeResult:
        """Rows read from each delivery, checked against their contracts, pseudonymous; Parquet per record type."""
        workspace = slds.workspace()
        checked = check_deliveries(workspace, remembered_arrivals(workspace))
        totals = {
            name: sum(count[name] for result in checked for count in result.summary["counts"])
            for name in ("received", "accepted", "quarantined")
        }
        return dg.MaterializeResult(metadata={"deliveries": len(checked), **totals})

    return dg.Definitions(assets=[*sources, landing, record_tables])
