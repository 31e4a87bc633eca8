"""Checks one delivery: every row by its contract, then the tables against each other.

What was received is either accepted or quarantined, never both and never lost.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from expectations.contracts import CONTRACTS
from expectations.findings import FINDING_SCHEMA, Ledger
from expectations.relations import Surroundings, check_relations
from expectations.rows import check_repeats, check_values, origins, type_rows

COUNT_SCHEMA = {
    "record_type": pl.String,
    "received": pl.Int64,
    "accepted": pl.Int64,
    "quarantined": pl.Int64,
}
"""One row per record type of the delivery; received == accepted + quarantined."""


class CheckFailed(Exception):
    """Checking itself failed (a defect of ours, not the sender's). Says where, never what the data held."""


@dataclass(frozen=True)
class CheckedDelivery:
    """What checking gave back.

    `accepted`: record type → typed table with `source_id`, `lea_id`, `school_year` (see `record_columns`), one row per
    row that passed, in the order received. `findings`: one row per rule and affected row (FINDING_SCHEMA).
    `quarantine`: those findings that kept a row out. `counts`: one row per record type (COUNT_SCHEMA).
    """

    accepted: dict[str, pl.DataFrame]
    findings: pl.DataFrame
    quarantine: pl.DataFrame
    counts: pl.DataFrame

    @property
    def is_held_back(self) -> bool:
        """Whether a finding is fatal: the whole delivery is then kept back."""
        return bool((self.findings["severity"] == "fatal").any())


def check_delivery(
    tables: Mapping[str, pl.DataFrame],
    *,
    source_id: str,
    lea_id: str | None,
    school_year: int,
    school_ids: Collection[str] | None,
    calendar_days: pl.DataFrame | None = None,
) -> CheckedDelivery:
    """Checks the raw tables of one delivery (all text, columns as in docs/architecture.md).

    `school_ids` are the district's schools in the state's list, None if there is no list. `calendar_days` (school_id,
    calendar_date, calendar_event_code) stands in for a calendar the delivery does not bring. Raises KeyError for an
    unknown record type, CheckFailed if checking itself breaks.
    """
    unknown = sorted(set(tables) - set(CONTRACTS))
    if unknown:
        raise KeyError(f"{len(unknown)} table(s) are of no known record type")
    ordered = [name for name in CONTRACTS if name in tables]
    lineage = {"source_id": source_id, "lea_id": lea_id, "school_year": school_year}
    step, broke = "reading where the rows came from", None
    typed = {}
    try:
        ledger = Ledger(school_year, {name: origins(tables[name]) for name in ordered})
        for name in ordered:
            step = f"checking the rows of {name}"
            rows = type_rows(tables[name], name, ledger, lineage=lineage)
            typed[name] = check_values(rows, name, ledger)
            check_repeats(typed[name], name, ledger)
        step = "checking the tables against each other"
        surroundings = Surroundings(lea_id, school_year, school_ids, calendar_days)
        check_relations(typed, surroundings, ledger)
    except Exception as error:
        broke = type(error).__name__
    if broke:
        # The message of a data frame error may quote a cell. Raised out here, not even `__context__` carries it.
        raise CheckFailed(f"{step} failed with {broke}")
    return _conclude(typed, ledger)


def _conclude(typed: Mapping[str, pl.DataFrame], ledger: Ledger) -> CheckedDelivery:
    accepted, counts = {}, []
    for name, table in typed.items():
        standing = ledger.standing(name)
        accepted[name] = table.filter(standing)
        counts.append((name, table.height, accepted[name].height, table.height - standing.sum()))
    findings = ledger.findings()
    return CheckedDelivery(
        accepted=accepted,
        findings=findings,
        quarantine=findings.filter(pl.col("severity") == "error"),
        counts=pl.DataFrame(counts, schema=COUNT_SCHEMA, orient="row"),
    )


__all__ = ["COUNT_SCHEMA", "FINDING_SCHEMA", "CheckFailed", "CheckedDelivery", "check_delivery"]
