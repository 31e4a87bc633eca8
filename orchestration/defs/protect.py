"""Protection: the only way from exact indicators to anything that is served beyond the state's own walls."""

import dagster as dg

from orchestration.lost import tell_lost
from orchestration.pipeline.protect import protect_indicators, show_protected_cells
from orchestration.resources import Slds

PROTECTED_CELLS = dg.AssetKey(["protected", "protected_cells"])


@dg.asset(
    key=PROTECTED_CELLS,
    group_name="protected",
    deps=[dg.AssetKey(["indicators", "ind_cells"])],
    kinds={"polars"},
    check_specs=[dg.AssetCheckSpec("audit_by_attack", asset=PROTECTED_CELLS, blocking=True)],
)
def protected_cells(slds: Slds) -> dg.MaterializeResult:
    """The indicators after suppression, shown to the marts only when the audit's attacks have failed.

    What earlier releases lost stops nothing; the check names how much it is, and the list.
    """
    workspace = slds.workspace()
    protection = protect_indicators(workspace)
    if protection.passed:
        show_protected_cells(workspace, protection)
    failed, lost = protection.summary["failed"], protection.lost
    result = f"Failed: {', '.join(failed)}." if failed else protection.summary["headline"]
    return dg.MaterializeResult(
        metadata={
            "cells": protection.summary["cells"],
            "policy": protection.summary["policy"]["hash"],
            "lost": lost["numbers"],
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="audit_by_attack",
                passed=protection.passed,
                description=f"{result} {tell_lost(lost)}".strip(),
                metadata={
                    "failed_tables": failed,
                    "lost": lost["numbers"],
                    "lost_list": dg.MetadataValue.path(lost["list"]),
                },
            )
        ],
    )
