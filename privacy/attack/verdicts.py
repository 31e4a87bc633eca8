"""What an attack says of each unknown it was asked about."""

from dataclasses import dataclass, field

import numpy as np

from privacy.attack.exhibits import Exhibits

SAFE, EXPOSED, UNPROVED = "safe", "exposed", "unproved"


@dataclass
class Leak:
    """Why an unknown has few values: multipliers of the relations that bound it from below and from above."""

    place: int
    relations: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


@dataclass
class Verdicts:
    """Per unknown: verdict ('' if not asked for), number of values exhibited (up to what was required), their extremes.

    For an exposed unknown lowest and highest are what the linear program leaves; nothing outside them is possible.
    exhibits: the tables found (None if none was).
    """

    verdict: np.ndarray
    exhibited: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    contradiction: bool = False
    exhibits: Exhibits | None = None
    leaks: list[Leak] = field(default_factory=list)
