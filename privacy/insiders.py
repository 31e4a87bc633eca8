"""What a district that knows all its own numbers knows of a release, besides everything published.

The definition of this attacker, shared by the engine (withstanding.py) and the audit (auditing.py). It knows no value,
only which zeros everybody is shown.
"""

import numpy as np
import polars as pl
from scipy import sparse

from privacy.structure import Structure


class Insiders:
    """The districts of a release, and what is each one's own.

    names: the districts' org_ids, rising. block: per quantity the place of its district in names, or -1 for one of a
    region or the state.
    """

    def __init__(self, structure: Structure, cells: pl.DataFrame, empty: np.ndarray):
        """cells: org_id, org_level, parent_org_id. empty: boolean per quantity: a zero that is shown in any case."""
        lea = pl.when(pl.col("org_level") == "school").then("parent_org_id")
        lea = lea.when(pl.col("org_level") == "lea").then("org_id")
        places = cells.select("org_id", lea=lea).unique("org_id", keep="first")
        self.names: list[str] = places["lea"].drop_nulls().unique().sort().to_list()
        number = pl.col("lea").replace_strict(self.names, range(len(self.names)), return_dtype=pl.Int64)
        rows = structure.quantities.join(places, on="org_id", how="left", maintain_order="left")
        self.block = np.full(len(empty), -1, dtype=np.int64)
        self.block[rows["quantity"].to_numpy()] = rows.select(number.fill_null(-1)).to_series().to_numpy()
        self._empty = empty
        sums = structure.relations.filter(pl.col("low") == pl.col("high")).select("relation")
        terms = structure.terms.join(sums, on="relation", how="semi")
        place = (terms["relation"].to_numpy(), terms["quantity"].to_numpy())
        shape = (structure.relations["relation"].max() + 1 if structure.relations.height else 0, len(empty))
        self._terms = sparse.csr_matrix((np.ones(terms.height, dtype=np.int64), place), shape=shape)

    def list_own(self, district: int) -> np.ndarray:
        """Boolean per quantity: what nothing that is withheld elsewhere can keep from a district.

        Its own numbers, and those of a region or the state in which nobody else is counted: they follow from its own
        and from the zeros that are always shown.
        """
        own = self.block == district
        while True:
            open_ = ~(own | self._empty)
            last = self._terms[self._terms @ open_.astype(np.int64) == 1].indices
            last = last[open_[last] & (self.block[last] < 0)]
            if not len(last):
                return own
            own[last] = True
