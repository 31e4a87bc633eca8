"""Keyed pseudonyms: the same person, kind and scope give the same key; without the secret nobody can go back or guess.

Source: HMAC (RFC 2104) with SHA-256, cut to 128 bits: among 100 million people the chance that any two share a
pseudonym is below 2e-23.
"""

import hmac

import polars as pl

HEX_DIGITS = 32


def pseudonymise(kind: str, ids: pl.Series, key: bytes, scope: str) -> pl.Series:
    """Return the pseudonyms of the ids: 32 hex digits each, null for null, in the order and length of `ids`.

    `kind` ("student", "staff") and `scope` (the state, or the district in which ids are unique) keep equal numbers of
    different people apart. Surrounding space does not count. Each distinct id is hashed once.
    """
    text = ids.cast(pl.String)
    distinct = text.unique().drop_nulls().to_list()
    # Lengths first: no two different (kind, scope, id) can give the same bytes.
    prefix = f"{len(kind)}:{kind}|{len(scope)}:{scope}|".encode()
    made = {each: hmac.digest(key, prefix + each.strip().encode(), "sha256").hex()[:HEX_DIGITS] for each in distinct}
    known = pl.DataFrame({"id": list(made), "key": list(made.values())}, schema={"id": pl.String, "key": pl.String})
    found = text.alias("id").to_frame().join(known, on="id", how="left", maintain_order="left")
    return found["key"].alias(ids.name)
