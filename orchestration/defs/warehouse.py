"""The warehouse: views over the accepted record tables, and the two parts of dbt around the privacy step."""

import contextlib
import logging
import time

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

import intake
from orchestration.dbt import EXACT, SERVING, OneNameTranslator, dbt_project
from orchestration.defs.resources import configured_home
from orchestration.pipeline.load import load_record_views, needs_full_refresh, remember_build
from orchestration.resources import Slds

log = logging.getLogger("openslds.warehouse")


@dg.multi_asset(
    specs=[
        dg.AssetSpec(["records", name], group_name="records", deps=["accepted_deliveries"], kinds={"parquet"})
        for name in (*intake.RECORD_TYPES, "current_deliveries", "state")
    ]
)
def record_views(slds: Slds):
    """One view per record type over the deliveries in use."""
    counts = load_record_views(slds.workspace())
    for name in (*intake.RECORD_TYPES, "current_deliveries", "state"):
        metadata = {"dagster/row_count": counts[name]} if name in counts else {}
        yield dg.MaterializeResult(asset_key=["records", name], metadata=metadata)


def _build(context: dg.AssetExecutionContext, dbt: DbtCliResource, *flags: str) -> list:
    """Run the selected part of `dbt build`; unit tests belong to the test suite, not to the night.

    What dbt prints goes to its log under `SLDS_HOME`; the screen gets one line.
    """
    started = time.monotonic()
    home = configured_home()
    output = home.root / "dbt" / f"{context.op_def.name}.log"
    with output.open("w") as log_file, contextlib.redirect_stdout(log_file):
        events = list(
            dbt.cli(
                ["build", "--exclude-resource-type", "unit_test", *flags], context=context, target_path=home.dbt_target
            ).stream()
        )
    tables = sum(isinstance(event, dg.Output | dg.MaterializeResult) for event in events)
    log.info("%s: %d tables, %d events (%.1f s)", context.op_def.name, tables, len(events), time.monotonic() - started)
    return events


@dg.definitions
def defs() -> dg.Definitions:
    """`record_views`, the exact part (staging, core, indicators) and the serving part (marts)."""
    project = dbt_project(configured_home())
    common = {"manifest": project.manifest_path, "project": project, "dagster_dbt_translator": OneNameTranslator()}

    @dbt_assets(selector=EXACT, name="exact_models", **common)
    def exact_models(context: dg.AssetExecutionContext, dbt: DbtCliResource, slds: Slds):
        workspace = slds.workspace()
        yield from _build(context, dbt, *(["--full-refresh"] if needs_full_refresh(workspace) else []))
        remember_build(workspace)

    @dbt_assets(selector=SERVING, name="serving_models", **common)
    def serving_models(context: dg.AssetExecutionContext, dbt: DbtCliResource):
        yield from _build(context, dbt)

    return dg.Definitions(assets=[record_views, exact_models, serving_models])
