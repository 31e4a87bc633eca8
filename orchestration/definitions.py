"""The entry point for Dagster: everything under `defs/`."""

from pathlib import Path

import dagster as dg

from orchestration.defs.resources import configured_home, point_dagster_at

point_dagster_at(configured_home())

defs = dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
