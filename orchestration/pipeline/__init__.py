"""The pipeline's steps as plain functions, in the order they run: receive, check, judge, load, protect, publish.

Each step reads what the one before left in `SLDS_HOME`, does only what has changed, and writes whole files or
nothing. None of them knows Dagster; `orchestration/defs/` calls them.
"""
