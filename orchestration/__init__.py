"""The only package that knows Dagster: it wires the others together, and holds the `slds` command."""
