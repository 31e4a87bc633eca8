"""A reader who repeats our own computation for every table that agrees with a release: what is left to him?

He lists all tables of students that agree with the published cells, protects each as we would, and keeps those that
give the release he has in his hands. He knows code and policy, and may or may not know the secret.
"""

import sys
from pathlib import Path

import pytest

from privacy import audit, protect
from privacy.engine import protection

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
TOLD = (42, 114)  # two small numbers whose published sum is the most two small numbers can be


@pytest.fixture(scope="module")
def small():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import disclosure_replay

        yield disclosure_replay
        for name in ("disclosure_replay", "disclosure_sabotage"):
            sys.modules.pop(name)


@pytest.fixture
def unguarded(monkeypatch):
    monkeypatch.setattr(protection, "outlast_replay", lambda problem, choice, *_: choice)


@pytest.mark.parametrize("secrets", [[b"ours"], [b"ours", b"a guess"]], ids=["who knows the secret", "who does not"])
@pytest.mark.parametrize("seed", [0, 4, 6, 10])
def test_repeating_the_choice_for_every_table_leaves_the_required_values(small, seed, secrets):
    assert small.replay(seed, small.STRICT, secrets) == small.STRICT.required_candidates


@pytest.mark.parametrize("seed", TOLD)
def test_repeating_the_choice_does_not_tell_which_withheld_numbers_are_small(small, seed):
    assert small.replay(seed, small.STRICT, [b"ours"], enough=2) == 2


@pytest.mark.parametrize("seed", TOLD)
def test_it_would_tell_if_the_engine_did_not_repeat_its_own_choice(small, seed, unguarded):
    assert small.replay(seed, small.STRICT, [b"ours"]) == 1
    assert audit(protect(small.State(seed).cells, small.STRICT, secret=b"ours"), small.STRICT).passed


@pytest.mark.parametrize("seed", TOLD)
def test_what_holds_off_such_a_reader_is_published_alike_each_time_and_safe(small, seed):
    first, second = (protect(small.State(seed).cells, small.STRICT, secret=b"ours") for _ in range(2))
    assert first.cells.equals(second.cells)
    assert audit(first, small.STRICT).passed
