"""The entry point for Dagster's own commands."""

from orchestration.assembly import build_definitions

defs = build_definitions()
