"""Whether the index says what the database says, at once or after a while."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from knowledge.services import indexing, keeping
from search.errors import SearchUnavailable
from tests.conftest import Stage


def eventually(holds: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not heal in time"
        time.sleep(0.02)


def at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a pause between two tries to heal the index."""
    monkeypatch.setattr(keeping, "FIRST_WAIT", 0.0)
    monkeypatch.setattr(stage.site.keeper, "_wait", keeping.Wait())


def healed(stage: Stage) -> bool:
    try:
        return indexing.compare(stage.site.db, stage.site.engine).same
    except SearchUnavailable:
        return False
