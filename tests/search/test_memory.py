"""The oracle keeps the contract."""

import pytest

from search.engine import SearchEngine
from search.opening import open_engine
from tests.search.contract import *  # noqa: F403


@pytest.fixture
def engine() -> SearchEngine:
    return open_engine("memory:", SCHEMA)  # noqa: F405
