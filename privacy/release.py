"""What protection hands to publication and to the audit."""

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from privacy.structure import KEY, Structure

SHOWN, BANDED, WITHHELD, NOT_PUBLISHED = "shown", "banded", "withheld", "not_published"
PUBLISHED = ("student_count", "numerator", "denominator")
TOLD = (SHOWN, BANDED)
MEDIAN = "median_level"
RATES = ("rate_low", "rate_high", "rate_label")
UNPROTECTED_SCHEMA = {
    **dict.fromkeys(KEY, pl.String),
    "school_year": pl.Int64,
    "statistic": pl.String,
    "why": pl.String,
}
Progress = Callable[[str, int, int], None]  # stage, done, total


@dataclass(frozen=True)
class Bound:
    """How near to the cheapest: no safe set costs less than `lower`; `gap`: the part of the cost that may be avoidable.

    Both nan where no bound was worked out.
    """

    lower: float
    gap: float


@dataclass(frozen=True)
class Protected:
    """Tables ready to publish (`cells`), and what the state's own people need to check them (all else: internal).

    - `cells`: one row per row given, in the order of its key: KEY, org_level, parent_org_id, student_count, numerator,
      denominator (null = withheld or not a statistic of the table), for each its `<statistic>_status` (shown, withheld,
      not_published), and `status`: withheld if any of the row's statistics is. The policy's symbol stands for withheld.
      If a table publishes rates, also rate_label: the rate, band or mean as it is to be printed ("23.1", "20-29",
      "<=5"); rate_low, rate_high: what it stands for, rate_low <= rate < rate_high in 1/10,000 of the unit of the
      table's scale, closed above where it ends at the greatest rate there can be; rate_status: shown, banded, withheld,
      not_published. All null where the group is empty. If a table publishes medians, also median_level (the level of
      the distribution the row belongs to) and median_status, the same in all rows of a distribution.
    - `structure`: the relations every reader may know. Its residuals are exact sums: do not publish it.
    - `sensitive`: KEY, statistic of what must be protected; no values.
    - `reasons`: one row per withheld cell and statistic: KEY, org_level, statistic, reason. Never published.
    - `summary`: one row per table, level, statistic and reason: cells. `cost`: what the complementary ones cost, in
      total; `bound`: what they cost at least.
    - `unprotected`: one row per sensitive statistic that is not protected: KEY, statistic, why. The audit fails by it.
    """

    cells: pl.DataFrame
    structure: Structure = field(repr=False)
    sensitive: pl.DataFrame = field(repr=False)
    reasons: pl.DataFrame = field(repr=False)
    summary: pl.DataFrame
    cost: float
    policy_hash: str
    unprotected: pl.DataFrame = field(repr=False, default_factory=lambda: pl.DataFrame(schema=UNPROTECTED_SCHEMA))
    bound: Bound | None = None
