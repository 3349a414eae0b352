"""A cluster of three nodes for the tests of this folder, started once, by whichever test needs it first."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from search.opening import open_engine
from tests.conftest import service_or_skip
from tests.opensearch import cluster as nodes
from tests.search.contract import SCHEMA

PATIENCE = 300  # seconds for three nodes to start on a machine that is busy


class Remote:
    """The cluster in its own process, told what to do by a connection that also keeps it alive."""

    def __init__(self, folder: Path) -> None:
        facts = json.loads((folder / "cluster.json").read_text())
        self.ports: list[int] = facts["http"]
        self._peer = socket.create_connection(("127.0.0.1", facts["control"]), timeout=PATIENCE)
        self._lines = self._peer.makefile("rw")

    def tell(self, command: str, number: int) -> None:
        """`kill`, `start` a node; `wait` until so many nodes have joined."""
        self._lines.write(f"{command} {number}\n")
        self._lines.flush()
        answer = self._lines.readline().strip()
        assert answer == "ok", answer

    def url(self, index: str, options: str = "") -> str:
        """The address of an index on it."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        return f"opensearch+http://{hosts}/{index}{options}"

    def forget(self, index: str) -> None:
        """Remove what was made for it: a node that comes back looks after every index that there is."""
        for port in self.ports:
            address = f"http://127.0.0.1:{port}/{index}-*"
            with contextlib.suppress(OSError):
                urllib.request.urlopen(urllib.request.Request(address, method="DELETE"), timeout=60).close()
                return

    def close(self) -> None:
        """Let it go; it ends when nobody is connected."""
        self._lines.close()
        self._peer.close()


@contextlib.contextmanager
def opened(cluster: Remote, name: str, options: str = "") -> Iterator[Any]:
    """An engine on an index of its own, which goes when the test ends."""
    made = open_engine(cluster.url(name, options), SCHEMA)
    made.rebuild([])
    yield made
    made.close()
    cluster.forget(name)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    """Three nodes, whole."""
    service_or_skip("Java and Maven for OpenSearch", nodes.possible())
    folder = tmp_path_factory.mktemp("opensearch")
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.opensearch.cluster", str(folder)],
        cwd=Path(__file__).parents[2],
        env=os.environ,
    )
    end = time.monotonic() + PATIENCE + 600 * (not nodes.JARS.is_dir())
    while not (folder / "cluster.json").is_file():
        assert running.poll() is None and time.monotonic() < end, f"the cluster did not start; see {folder}"
        time.sleep(0.2)
    remote = Remote(folder)
    yield remote
    remote.close()
    running.wait(60)
