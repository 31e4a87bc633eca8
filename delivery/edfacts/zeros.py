"""The zeros that EDFacts asks for: a group that it knows, of an organization that has data, and nobody in it."""

import polars as pl

from delivery.edfacts.layout import FileLayout, Layout


def add_zeros(counts: pl.DataFrame, *, file: FileLayout, layout: Layout) -> pl.DataFrame:
    """Return the counts with a zero for every group that is permitted and not there, at the levels that want zeros.

    An organization without any row of a table has no data, and gets no zeros. There is never a zero for MISSING. Below
    the state, only values of `zeros_within` that the organization has at all are filled (the grades it has).
    """
    filled = [counts]
    for entry in layout.sets_of(file).to_dicts():
        level, table = entry["org_level"], entry["table_name"]
        if level not in file.zeros or not entry["categories"]:
            continue
        rows = counts.filter((pl.col("org_level") == level) & (pl.col("table_name") == table))
        own = rows.filter(pl.col("category_set") == entry["category_set"])
        groups = _all_groups(rows, entry["categories"], layout, None if level == "state" else file.zeros_within)
        columns = [category.lower() for category in entry["categories"]]
        missing = groups.join(own, on=["org_id", *columns], how="anti")
        filled.append(
            missing.with_columns(
                school_year=pl.lit(layout.school_year, pl.Int32),
                file_spec=pl.lit(file.spec),
                table_name=pl.lit(table),
                org_level=pl.lit(level),
                category_set=pl.lit(entry["category_set"]),
                amount=pl.lit(0).cast(counts.schema["amount"]),
            )
        )
    return pl.concat(filled, how="diagonal_relaxed").select(counts.columns).cast(dict(counts.schema))


def _all_groups(rows: pl.DataFrame, categories: list[str], layout: Layout, within: str | None) -> pl.DataFrame:
    """Every organization by every permitted value of every category, MISSING apart."""
    groups = rows.select("org_id", "lea_id").unique()
    for category in categories:
        column = category.lower()
        values = layout.values_of(category)
        options = values.filter(values != "MISSING").to_frame(column)
        if category == within:
            present = rows.select("org_id", column).drop_nulls().unique()
            groups = groups.join(present.join(options, on=column, how="semi"), on="org_id")
        else:
            groups = groups.join(options, how="cross")
    return groups
