"""What the tables look like to each district that knows all its own numbers, for the audit."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from privacy.attack.reading import list_published
from privacy.insiders import Insiders
from privacy.policy import Policy
from privacy.release import Protected
from privacy.structure import KEY, check_cells


def list_views(
    values: pl.DataFrame, protected: Protected, policy: Policy, exact: pl.DataFrame
) -> Iterator[tuple[str, pl.DataFrame, pl.DataFrame]]:
    """Per district with something withheld: its org_id, the values with its own put in, and those that are not its own.

    values: as list_published gives them. exact: the exact cells; nothing but the district's own is taken from them.
    Raises ValueError when they are not what they should be, or lack something of the release.
    """
    known = list_published(check_cells(exact, policy), protected.structure)["published"]
    # The check leaves empty what a rate of nobody has no number for; a derived number follows from others.
    if (values["published"].is_null() & known.is_null() & (values["statistic"] != "derived")).any():
        raise ValueError("the exact cells lack numbers that the release withholds")
    places = values["quantity"].to_numpy()
    wholes = protected.cells.select(*KEY, whole="denominator")
    rows = values.join(wholes, on=KEY, how="left", maintain_order="left")
    nobody = (pl.col("published") == 0) & (pl.col("zero_is_shown") | (pl.col("whole") == 0).fill_null(False))
    empty = np.zeros(places.max(initial=-1) + 1, dtype=bool)
    empty[places[rows.select(nobody.fill_null(False)).to_series().to_numpy()]] = True
    insiders = Insiders(protected.structure, protected.cells, empty)
    for number, district in enumerate(insiders.names):
        own = insiders.block[places] == number
        if values["published"].is_null().to_numpy()[own].any():
            seen = pl.when(pl.Series(own)).then(pl.coalesce("published", known)).otherwise("published")
            view = values.with_columns(published=seen)
            yield district, view, view.filter(pl.Series(~insiders.list_own(number)[places]))
