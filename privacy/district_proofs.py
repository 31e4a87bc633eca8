"""Holds what the attack found from the view of every district against the checker, as the gate does for the public.

A district's certificates speak of its own numbers, so they are checked while the audit makes them and kept nowhere.
"""

from collections import Counter

import polars as pl

from privacy.certificates import Certificates
from privacy.checker import check
from privacy.policy import Policy
from privacy.release import PUBLISHED, SHOWN
from privacy.structure import KEY, ROW, Structure

UNPROVED = "protected_quantity_is_unproved_for_a_district"


class DistrictProofs:
    """Takes what the attack found for one district after the other: the `witness` of `audit`. Internal.

    - `districts`: how many were looked at.
    - `unproved`: one row per district and number it is not proved to be kept from: district, KEY, statistic.
    - `faults`: how many faults of every kind the checker found in certificates, but for those.
    """

    def __init__(self, cells: pl.DataFrame, structure: Structure, sensitive: pl.DataFrame, policy: Policy):
        """cells: as published. sensitive: what must be protected, as of Protected."""
        self._cells, self._structure, self._policy = cells, structure, policy
        self._sensitive = sensitive
        self.districts = 0
        self.unproved = sensitive.select(ROW).clear().insert_column(0, pl.Series("district", [], dtype=pl.String))
        self.faults: Counter[str] = Counter()

    def __call__(self, district: str, own: pl.DataFrame, others: pl.DataFrame, certificates: Certificates) -> None:
        """own: KEY, statistic, published of withheld numbers the district knows. others: ROW of all that is not its."""
        cells = _put_in(self._cells, own)
        # What must be protected is counted here, not by the checker: of a district's own numbers nothing need be.
        checked = check(
            cells, self._structure, certificates, self._policy, sensitive=self._sensitive, lost=self._sensitive
        )
        self.faults += Counter(dict(checked.faults.iter_rows()))
        due = self._structure.quantities.join(self._sensitive, on=ROW, how="semi").join(others, on=ROW, how="semi")
        left = due.join(checked.proven, on="quantity", how="anti").select(pl.lit(district).alias("district"), *ROW)
        self.unproved = pl.concat([self.unproved, left])
        self.districts += 1

    def list_faults(self, lost: pl.DataFrame | None = None) -> pl.DataFrame:
        """One row per problem (as CheckReport.faults): problem, count; but for what is `lost` (KEY, statistic)."""
        left = self.unproved if lost is None else self.unproved.join(lost, on=ROW, how="anti")
        found = self.faults + Counter({UNPROVED: left.height})
        return pl.DataFrame(sorted(found.items()), schema={"problem": pl.String, "count": pl.Int64}, orient="row")

    def list_failures(self, others: pl.DataFrame) -> pl.DataFrame:
        """Rows for AuditReport.failures: what is not proved to be kept from a district, unless it is among others."""
        rows = self.unproved.join(others, on=ROW, how="anti")
        attacker = pl.lit("district (") + pl.col("district") + ")"
        return rows.select(*ROW, attacker=attacker, problem=pl.lit("unproved"), candidates=pl.lit(None, pl.Int64))


def _put_in(cells: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """The published cells with a district's own numbers in their places."""
    told = own.filter(pl.col("statistic").is_in(PUBLISHED)).pivot("statistic", index=KEY, values="published")
    names = [name for name in PUBLISHED if name in told.columns]
    cells = cells.join(told.rename({name: f"{name}_own" for name in names}), on=KEY, how="left", maintain_order="left")
    for name in names:
        status = pl.when(pl.col(f"{name}_own").is_not_null()).then(pl.lit(SHOWN)).otherwise(f"{name}_status")
        cells = cells.with_columns(pl.coalesce(f"{name}_own", name).alias(name), status.alias(f"{name}_status"))
    return cells.drop(f"{name}_own" for name in names)
