"""The warehouse: views over the accepted record tables, and the two parts of dbt around the privacy step."""

import contextlib
import logging
import time
from collections.abc import Iterator
from graphlib import TopologicalSorter

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

import intake
from orchestration.dbt import EXACT, SERVING, OneNameTranslator, dbt_project
from orchestration.defs.resources import configured_home
from orchestration.pipeline.load import Build, exact_build, load_record_views
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


def _build(context: dg.AssetExecutionContext, dbt: DbtCliResource, *flags: str) -> Iterator:
    """Run the selected part of `dbt build`; unit tests belong to the test suite, not to the night.

    What dbt prints goes to its log under `SLDS_HOME`; the screen gets one line. Each result is passed on at once, so
    that Dagster writes it down while dbt builds the next.
    """
    started, tables, checks = time.monotonic(), 0, 0
    home = configured_home()
    output = home.root / "dbt" / f"{context.op_def.name}.log"
    arguments = ["build", "--exclude-resource-type", "unit_test", *flags]
    with output.open("w") as log_file:
        with contextlib.redirect_stdout(log_file):
            results = iter(dbt.cli(arguments, context=context, target_path=home.dbt_target).stream())
        while True:
            with contextlib.redirect_stdout(log_file):
                result = next(results, None)
            if result is None:
                break
            tables += isinstance(result, dg.Output | dg.MaterializeResult)
            checks += isinstance(result, dg.AssetCheckResult)
            yield result
    kept, seconds = output.read_text().count("[KEPT in "), time.monotonic() - started
    log.info("%s: %d tables, %d of them as they were, %d checks (%.1f s)", output.stem, tables, kept, checks, seconds)


def _stand_as_they_are(context: dg.AssetExecutionContext, reason: str) -> Iterator[dg.MaterializeResult]:
    """Pass the tables of the last build on, parents first, so that what stands on them is made."""
    parents = {spec.key: {dep.asset_key for dep in spec.deps} for spec in context.assets_def.specs}
    for key in TopologicalSorter(parents).static_order():
        if key in context.selected_asset_keys:
            yield dg.MaterializeResult(key, metadata={"built": f"before: {reason}"})


@dg.definitions
def defs() -> dg.Definitions:
    """`record_views`, the exact part (staging, core, indicators) and the serving part (marts)."""
    project = dbt_project(configured_home())
    common = {"manifest": project.manifest_path, "project": project, "dagster_dbt_translator": OneNameTranslator()}

    @dbt_assets(selector=EXACT, name="exact_models", **common)
    def exact_models(context: dg.AssetExecutionContext, dbt: DbtCliResource, slds: Slds):
        with exact_build(slds.workspace()) as build:
            if build is Build.NONE:
                log.info("%s: %s", context.op_def.name, build.value)
                yield from _stand_as_they_are(context, build.value)
            else:
                yield from _build(context, dbt, *(["--full-refresh"] if build is Build.FULL else []))

    @dbt_assets(selector=SERVING, name="serving_models", **common)
    def serving_models(context: dg.AssetExecutionContext, dbt: DbtCliResource):
        yield from _build(context, dbt)

    return dg.Definitions(assets=[record_views, exact_models, serving_models])
