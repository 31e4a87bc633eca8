"""Is a file's content what EDFacts asks for? Values, sets, amounts, and whether every set adds up to its total.

A problem names file, table, set and organization, and never a number: the numbers are of small groups.
"""

from itertools import permutations

import polars as pl

from delivery.edfacts.layout import FileLayout, Layout


def check_counts(counts: pl.DataFrame, *, file: FileLayout, layout: Layout) -> list[str]:
    """Return what is wrong with a file's counts, in words; empty when all is well.

    `counts` is a table of the warehouse: one row per table, organization, category set and values, with `amount`.
    """
    sets = layout.sets_of(file)
    problems = [*_check_sets(counts, file, sets), *_check_values(counts, file, layout), *_check_amounts(counts, file)]
    if problems or file.amount == "rate":
        # Rates do not add up; and sums over rows that are wrong in themselves would only repeat it.
        return problems
    return [*_check_footing(counts, file, sets, layout.selective), *_check_levels(counts, file)]


def _check_sets(counts: pl.DataFrame, file: FileLayout, sets: pl.DataFrame) -> list[str]:
    """Every row is of a set that the file has, and holds a value for exactly the categories of the set."""
    problems = []
    known = {(row["table_name"], row["org_level"], row["category_set"]): row["categories"] for row in sets.to_dicts()}
    for (table, level, name), rows in _split(counts, ["table_name", "org_level", "category_set"]):
        if (table, level, name) not in known:
            problems.append(f"{file.spec} {table}: the {level} file has no category set {name}.")
            continue
        asked = known[table, level, name]
        for category in file.categories:
            values = rows[category.lower()]
            wrong = values.null_count() if category in asked else len(values) - values.null_count()
            if wrong:
                what = "no value" if category in asked else "a value"
                problems.append(f"{file.spec} {table}: {wrong} rows of {level} set {name} have {what} of {category}.")
        if rows.select("org_id", *map(str.lower, asked)).is_duplicated().any():
            problems.append(f"{file.spec} {table}: {level} set {name} counts the same group twice.")
    return problems


def _check_values(counts: pl.DataFrame, file: FileLayout, layout: Layout) -> list[str]:
    problems = []
    for category in file.categories:
        found = set(counts[category.lower()].drop_nulls().unique()) - set(layout.values_of(category))
        if found:
            problems.append(f"{file.spec}: {category} does not permit {', '.join(sorted(found))}.")
    return problems


def _check_amounts(counts: pl.DataFrame, file: FileLayout) -> list[str]:
    highest = 1 if file.amount == "rate" else None
    wrong = counts.filter(
        pl.col("amount").is_null() | (pl.col("amount") < 0) | (pl.col("amount") > highest if highest else False)
    )
    return [f"{file.spec}: {len(wrong)} amounts are missing or out of range."] if len(wrong) else []


def _check_footing(counts: pl.DataFrame, file: FileLayout, sets: pl.DataFrame, selective: frozenset[str]) -> list[str]:
    """A set adds up to each set that crosses fewer of its categories, down to the total.

    Where a category that is summed over asks for one group only, the sum may fall short of it, but not exceed it.
    """
    problems = []
    for (table, level), own in _split(sets, ["table_name", "org_level"]):
        rows = counts.filter((pl.col("table_name") == table) & (pl.col("org_level") == level))
        for finer, coarser in permutations(own.to_dicts(), 2):
            if not set(coarser["categories"]) < set(finer["categories"]):
                continue
            left_out = set(finer["categories"]) - set(coarser["categories"])
            by = ["org_id", *(category.lower() for category in coarser["categories"])]
            compared = _compare(rows, finer["category_set"], coarser["category_set"], by)
            differs = pl.col("sum") > pl.col("total") if left_out & selective else pl.col("sum") != pl.col("total")
            for org_id in compared.filter(differs)["org_id"].unique().sort():
                problems.append(
                    f"{file.spec} {table}: set {finer['category_set']} does not add up to {coarser['category_set']} "
                    f"in {level} {org_id}."
                )
    return problems


def _compare(rows: pl.DataFrame, finer: str, coarser: str, by: list[str]) -> pl.DataFrame:
    """Sums of one set beside the amounts of another; what only one of them has is zero in the other."""
    sums = rows.filter(pl.col("category_set") == finer).group_by(by).agg(sum=pl.col("amount").sum())
    totals = rows.filter(pl.col("category_set") == coarser).select(*by, total="amount")
    return sums.join(totals, on=by, how="full", coalesce=True).with_columns(pl.col("sum", "total").fill_null(0))


def _check_levels(counts: pl.DataFrame, file: FileLayout) -> list[str]:
    """Schools add up to their district, and districts to the state, in every set that both have."""
    if not file.adds_up:
        return []
    problems = []
    by = ["table_name", "category_set", *(category.lower() for category in file.categories)]
    for lower, upper, group in (("school", "lea", "lea_id"), ("lea", "state", None)):
        keys = [*by, *([group] if group else [])]
        sums = counts.filter(pl.col("org_level") == lower).group_by(keys).agg(sum=pl.col("amount").sum())
        totals = counts.filter(pl.col("org_level") == upper).select(*keys, total="amount")
        compared = sums.join(totals, on=keys, how="full", coalesce=True, nulls_equal=True)
        compared = compared.with_columns(pl.col("sum", "total").fill_null(0)).filter(pl.col("sum") != pl.col("total"))
        compared = compared.select("table_name", "category_set", *([group] if group else [])).unique()
        for row in compared.sort(compared.columns).rows():
            where = f" {row[2]}" if group else ""
            problems.append(f"{file.spec} {row[0]}: set {row[1]} of its {lower}s does not add up to {upper}{where}.")
    return problems


def _split(table: pl.DataFrame, by: list[str]):
    return sorted(table.partition_by(by, as_dict=True).items(), key=lambda part: part[0])
