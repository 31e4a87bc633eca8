"""Puts Dagster's definitions together, for the home and sources that are configured at that moment."""

from pathlib import Path

import dagster as dg

from orchestration.defs.resources import configured_home, point_dagster_at


def build_definitions() -> dg.Definitions:
    """Return everything under `defs/`, built for the configured home."""
    point_dagster_at(configured_home())
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
