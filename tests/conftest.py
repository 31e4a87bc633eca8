import pytest

from tests import turns


@pytest.fixture(scope="session", autouse=True)
def _turns_of_worker(tmp_path_factory):
    turns.of_worker(tmp_path_factory.getbasetemp())
