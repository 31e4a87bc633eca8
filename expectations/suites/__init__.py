"""Is a delivery believable? DuckDB computes a profile of every delivery, Great Expectations judges the profiles.

The profile holds counts and shares, never a value of a person's record, so neither do the Data Docs.
"""
