"""What a reader who repeats the choice would go through: all changes of what is withheld, if they are few."""

from itertools import product

import numpy as np
import pytest
from scipy import sparse

from privacy.engine.minimality import MOST, _list_changes
from privacy.engine.parts import Part

SUMS = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]])  # two rows and two columns


def _part(values: list[int], slack: int = 0) -> Part:
    down, up = np.array(values, dtype=float) - 1, np.full(4, 40.0)
    low, high = np.zeros(4), np.full(4, float(slack))
    return Part(np.arange(4), np.arange(4), sparse.csc_matrix(SUMS.astype(float)), down, up, low, high)


@pytest.mark.parametrize(("values", "slack"), [([3, 4, 5, 2], 0), ([1, 7, 7, 1], 0), ([2, 2, 2, 2], 1)])
def test_all_changes_that_keep_every_sum_are_listed(values, slack):
    every = product(*(range(1 - value, 20) for value in values))
    fitting = {change for change in every if ((SUMS @ change >= 0) & (SUMS @ change <= slack)).all()}
    assert {tuple(change) for change in _list_changes(_part(values, slack)).tolist()} == fitting


def test_more_changes_than_a_reader_is_followed_through_are_not_listed():
    assert _list_changes(_part([MOST + 5] * 4)) is None
