"""Rules about one row: raw text in, a typed frame and a ledger of findings out.

pandera's own `validate` puts failing values into its messages and builds a frame of every failing value. Both are wrong
here, so its checks are asked one by one for their Boolean column, which is also what makes millions of rows cheap.
"""

from collections.abc import Iterator, Mapping
from functools import cache

import polars as pl
from pandera.api.polars.container import DataFrameSchema

from expectations.contracts import CONTRACTS
from expectations.contracts.row_contract import LINEAGE
from expectations.findings import Ledger
from expectations.rules import Rule, row_rules
from expectations.typing_text import clean_text, read_text

CODE, SOURCE = "_code", "_source"


@cache
def schema_of(record_type: str) -> DataFrameSchema:
    """The contract's pandera schema. Raises KeyError for a record type that does not exist."""
    return CONTRACTS[record_type].to_schema()


@cache
def record_columns(record_type: str) -> Mapping[str, pl.DataType]:
    """The typed columns of a record type in order, name → Polars type: its own, then the lineage columns."""
    typed = {name: column.dtype.type for name, column in schema_of(record_type).columns.items()}
    own = {name: dtype for name, dtype in typed.items() if name not in LINEAGE}
    return own | {name: typed[name] for name in LINEAGE}


def empty_records(record_type: str) -> pl.DataFrame:
    """A typed table of that record type with no rows."""
    return pl.DataFrame(schema=dict(record_columns(record_type)))


def own_columns(record_type: str) -> dict[str, pl.DataType]:
    """The typed columns of a record type without the lineage columns."""
    return {name: dtype for name, dtype in record_columns(record_type).items() if name not in LINEAGE}


def origins(table: pl.DataFrame) -> pl.DataFrame:
    """Where each row came from: one row per row of the raw table, `source_file` and `source_row`."""
    kept = clean_text(table, {"source_file": pl.String, "source_row": pl.Int64})
    return kept.with_columns(read_text("source_row", pl.Int64))


def type_rows(table: pl.DataFrame, record_type: str, ledger: Ledger, *, lineage: Mapping[str, object]) -> pl.DataFrame:
    """The typed frame of a raw table, one row per row received and in that order; `lineage` fills constant columns.

    Text that cannot be read is null and recorded in the ledger, as are missing and unknown codes.
    """
    own = own_columns(record_type)
    text = clean_text(table, own)
    typed = text.select(read_text(name, dtype) for name, dtype in own.items())
    rules = row_rules(record_type)
    for (kind, column), found in rules.items():
        if kind == "missing":
            ledger.record(record_type, found.number, _positions(text[column].is_null()))
        elif kind in ("unreadable", "unreadable_optional"):
            failed = text[column].is_not_null() & typed[column].is_null()
            ledger.record(record_type, found.number, _positions(failed))
        elif kind in ("unknown_code", "unknown_code_optional"):
            source = column.removesuffix(CODE) + SOURCE
            ledger.record(record_type, found.number, _positions(text[source].is_not_null() & text[column].is_null()))
    types = record_columns(record_type)
    constants = [pl.lit(value).cast(types[name]).alias(name) for name, value in lineage.items()]
    return typed.hstack(ledger.origins[record_type]).with_columns(constants).select(list(types))


def check_values(typed: pl.DataFrame, record_type: str, ledger: Ledger) -> pl.DataFrame:
    """The typed frame with implausible optional values emptied; what the contract's checks refuse is in the ledger."""
    emptied = []
    for found, failed in _failures(typed, record_type):
        ledger.record(record_type, found.number, _positions(failed))
        if found.kind == "implausible" and failed.any():
            emptied.append(pl.when(~failed).then(pl.col(found.column)).alias(found.column))
    return typed.with_columns(emptied) if emptied else typed


def check_repeats(typed: pl.DataFrame, record_type: str, ledger: Ledger) -> None:
    """Records rows whose key stands in an earlier acceptable row: the same content again, or a contradiction.

    Content is every column but where the row stood. Whether any key repeats is asked of hashes first (measured on 6 M
    rows: 0.5 s, against 4 s for comparing the keys themselves); the exact comparison sees only the suspects.
    """
    key = list(schema_of(record_type).unique)
    rows = typed.with_row_index("position").filter(ledger.standing(record_type))
    hashes = rows.select(pl.struct(key).hash()).to_series()
    if hashes.n_unique() == rows.height:
        return
    content = list(own_columns(record_type))
    suspects = rows.filter(hashes.is_duplicated()).with_columns(pl.struct(content).alias("content"))
    first = pl.col("position").min().over(key)
    again = suspects.with_columns(
        is_first=pl.col("position") == first,
        is_same=pl.col("content").eq_missing(pl.col("content").sort_by("position").first().over(key)),
    ).filter(~pl.col("is_first"))
    rules = row_rules(record_type)
    for kind, chosen in (("repeated", again["is_same"]), ("contradicted", ~again["is_same"])):
        ledger.record(record_type, rules[kind, None].number, again.filter(chosen)["position"])


def checks_of(record_type: str) -> Iterator[tuple[str | None, object, Rule]]:
    """Every check of a contract as (column or None, pandera check, the rule it belongs to).

    Raises LookupError if the catalogue has no rule for a check.
    """
    schema, rules = schema_of(record_type), row_rules(record_type)
    for name, column in schema.columns.items():
        for check in column.checks:
            found = rules.get(("outside", name)) or rules.get(("implausible", name))
            if found is None:
                raise LookupError(f"rules.yml has no rule for the range of {record_type}.{name}")
            yield name, check, found
    for check in schema.checks:
        found = next((made for (kind, _), made in rules.items() if kind == check.name), None)
        if found is None:
            raise LookupError(f"rules.yml has no rule for {record_type}: {check.name}")
        yield None, check, found


def _failures(typed: pl.DataFrame, record_type: str) -> Iterator[tuple[Rule, pl.Series]]:
    """Per rule, one Boolean per row: it fails. Several checks may share a rule (a lower and an upper bound)."""
    failed: dict[Rule, pl.Series] = {}
    for column, check, found in checks_of(record_type):
        passed = check(typed.lazy(), column) if column else check(typed.lazy())
        now = ~passed.check_output.collect().to_series()
        failed[found] = failed[found] | now if found in failed else now
    yield from failed.items()


def _positions(failed: pl.Series) -> pl.Series:
    return failed.fill_null(False).arg_true()
