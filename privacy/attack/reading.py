"""What a reader takes from published cells: numbers, and what a rate, band or mean says about the numbers behind it.

The audit reads with this. It shares nothing with coding.py, which wrote the rates: labels are read as people read them.
"""

import math
import re

import polars as pl

from privacy.policy import Policy
from privacy.release import NOT_PUBLISHED, PUBLISHED, RATES
from privacy.statements import TablePolicy
from privacy.structure import KEY, ROW, Structure

PARTS = 10_000  # rates are in parts of 1/PARTS of the unit of their scale


def list_published(cells: pl.DataFrame, structure: Structure) -> pl.DataFrame:
    """One row per cell and statistic: the structure's quantities, with published (null = withheld) and district."""
    shown = cells.select(*KEY, *PUBLISHED).with_columns(complement=pl.col("denominator") - pl.col("numerator"))
    long = shown.unpivot(index=KEY, variable_name="statistic", value_name="published")
    district = pl.when(pl.col("org_level") == "school").then("parent_org_id").otherwise("org_id").rank("dense")
    places = cells.select("org_id", district=district.cast(pl.Int64)).unique("org_id", keep="first")
    rows = structure.quantities.join(long, on=ROW, how="left", maintain_order="left")
    return rows.join(places, on="org_id", how="left", maintain_order="left")


def count_students(cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The cells with the students of a rate or mean read as what they are: its denominator."""
    alike = [table for table, rules in policy.tables.items() if rules.kind in ("rate", "mean")]
    counted = pl.when(pl.col("table_id").is_in(alike)).then("student_count")
    return cells.with_columns(denominator=pl.coalesce("denominator", counted))


def with_rates(cells: pl.DataFrame) -> pl.DataFrame:
    """The cells with the columns of rates, empty where no table publishes any."""
    if "rate_status" in cells.columns:
        return cells
    nothing = [pl.lit(None, pl.Int64)] * 2 + [pl.lit(None, pl.String)]
    return cells.with_columns(
        pl.lit(NOT_PUBLISHED).alias("rate_status"), *[one.alias(name) for one, name in zip(nothing, RATES, strict=True)]
    )


def read_rates(cells: pl.DataFrame, values: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row per published rate: KEY, low, high, parts, closed, number and size (quantities), both as published.

    It says low <= parts x number / size < high, or <= high if closed. `agrees`: label and bounds say the same.
    """
    rows = with_rates(cells).filter(pl.col("rate_label").is_not_null()).select(*KEY, *RATES, "numerator", "denominator")
    tables = rows["table_id"].unique().sort().to_list() or list(policy.tables)[:1]  # one, for the columns of nothing
    found = [_read_table(rows.filter(pl.col("table_id") == table), policy.tables[table]) for table in tables]
    places = values.select(*ROW, "quantity")
    read = pl.concat(found)
    for name, statistic in (("number", "numerator"), ("size", "denominator")):
        own = places.filter(pl.col("statistic") == statistic).select(*KEY, pl.col("quantity").alias(name))
        read = read.join(own, on=KEY, how="left", maintain_order="left")
    return read


def _read_table(rows: pl.DataFrame, rules: TablePolicy) -> pl.DataFrame:
    labels = rows["rate_label"].unique(maintain_order=True).to_list()
    meant = [(label, *_read_label(label, rules)) for label in labels]
    schema = {"rate_label": pl.String, "low": pl.Int64, "high": pl.Int64}
    rows = rows.join(
        pl.DataFrame(meant, schema=schema, orient="row"), on="rate_label", how="left", maintain_order="left"
    )
    agrees = (pl.col("low") == pl.col("rate_low")) & (pl.col("high") == pl.col("rate_high"))
    return rows.with_columns(
        agrees=agrees.fill_null(False),
        low="rate_low",
        high="rate_high",
        parts=pl.lit(PARTS * rules.unit, pl.Int64),
        closed=pl.col("rate_high") == rules.greatest * PARTS,
    )


def _read_label(label: str, rules: TablePolicy) -> tuple[int, int]:
    """What a rounded number, "20-29", "<=5" or ">=95" stands for; (-1, -1) for what cannot be read."""
    if found := re.fullmatch(r"(<=|>=)?(\d+)", label):
        sign, number = found.groups()
        first, last = (0 if sign == "<=" else int(number)), (rules.greatest if sign == ">=" else int(number))
        digits = 0
    elif found := re.fullmatch(r"(\d+)-(\d+)", label):
        first, last, digits = int(found[1]), int(found[2]), 0
    elif found := re.fullmatch(r"(\d+)\.(\d{1,3})", label):
        digits = len(found[2])
        first = last = int(found[1] + found[2])
    else:
        return -1, -1
    step = PARTS // 10**digits
    return max(first * step - step // 2, rules.least * PARTS), min(last * step + step // 2, rules.greatest * PARTS)


def bound_numerators(read: pl.DataFrame) -> pl.DataFrame:
    """What rates say where the size is shown: one row per quantity: quantity, low, high of the whole number behind."""
    known = read.filter(pl.col("denominator").is_not_null())
    reach = pl.col("high") * pl.col("denominator") - (~pl.col("closed")).cast(pl.Int64)
    return known.select(
        quantity="number",
        low=-((-pl.col("low") * pl.col("denominator")) // pl.col("parts")),
        high=reach // pl.col("parts"),
    )


def relate_numerators(read: pl.DataFrame, first: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What rates say where the size is withheld: relations, numbered from `first`, two per rate, and their terms."""
    unsized = read.filter(pl.col("denominator").is_null()).sort("number").with_row_index("place")
    relations, terms = [], []
    for side, bound in enumerate(("low", "high")):
        rows = unsized.with_columns(relation=(2 * pl.col("place") + first + side).cast(pl.Int64))
        strict = 0 if side == 0 else -(~pl.col("closed")).cast(pl.Int64)
        nothing = pl.lit(None, pl.Int64)
        ends = {"low": pl.lit(0, pl.Int64), "high": nothing} if side == 0 else {"low": nothing, "high": strict}
        relations.append(rows.select("relation", kind=pl.lit("rate"), **ends))
        shared = pl.struct("parts", bound).map_elements(lambda pair: math.gcd(*pair.values()), return_dtype=pl.Int64)
        rows = rows.with_columns(shared=shared)
        terms.append(rows.select("relation", quantity="number", coefficient=pl.col("parts") // pl.col("shared")))
        terms.append(rows.select("relation", quantity="size", coefficient=-(pl.col(bound) // pl.col("shared"))))
    every = pl.concat(terms).filter(pl.col("coefficient") != 0)
    return pl.concat(relations).sort("relation"), every
