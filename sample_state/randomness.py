"""One stream of random numbers for each thing that is drawn.

A stream is named by what it is for, so that drawing more of one thing (or leaving a step out) changes no other, and
the same arguments give the same bytes.
"""

from zlib import crc32

import numpy as np


def stream(seed: int, *labels: str | int) -> np.random.Generator:
    """Return the generator for `labels` (for example `"attendance", 2022, "3100010"`) under `seed`."""
    return np.random.default_rng([seed, *(crc32(str(label).encode()) for label in labels)])
