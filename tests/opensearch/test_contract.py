"""The OpenSearch engine keeps the whole contract, on a cluster of three nodes."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest

from search.engine import SearchEngine
from tests.opensearch.conftest import Remote, opened
from tests.search.contract import *  # noqa: F403

names = (f"contract-{os.getpid()}-{number}" for number in itertools.count())


@pytest.fixture
def engine(cluster: Remote) -> Iterator[SearchEngine]:
    with opened(cluster, next(names)) as made:
        yield made
