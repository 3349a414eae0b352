"""Praxis on an OpenSearch cluster. Needs BENCH_OPENSEARCH, the address of an index: opensearch+http://HOST:9200/bench."""

from __future__ import annotations

import os
from pathlib import Path

from bench.made import SCHEMA, documents
from bench.peers import ours
from search.engines.opensearch import OpenSearchEngine
from search.opening import open_engine


class Peer(ours.Peer):
    """Our engine on a cluster; the same questions."""

    name = "Praxis on OpenSearch"

    def __init__(self, folder: Path) -> None:
        self._engine = open_engine(os.environ["BENCH_OPENSEARCH"], SCHEMA)

    def fill(self, count: int) -> None:
        """Index so many documents."""
        self._engine.rebuild(documents(count))

    def size(self) -> int:
        """Bytes of the index, one copy."""
        assert isinstance(self._engine, OpenSearchEngine)
        return self._engine.size()
