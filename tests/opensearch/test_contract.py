"""The OpenSearch engine keeps the whole contract, on a cluster of three nodes."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest

from search.engine import SearchEngine
from search.opening import open_engine
from tests.opensearch.conftest import Remote
from tests.search.contract import *  # noqa: F403
from tests.search.contract import SCHEMA

names = (f"contract-{os.getpid()}-{number}" for number in itertools.count())


@pytest.fixture
def engine(cluster: Remote) -> Iterator[SearchEngine]:
    name = next(names)
    made = open_engine(cluster.url(name), SCHEMA)
    made.rebuild([])
    yield made
    made.close()
    cluster.forget(name)
