"""Dagster's definitions, one file per stage. Each asset calls one plain function of `orchestration/pipeline/`."""
