"""Coaches of two programmes, and a clock that tests set."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from knowledge.services import authoring, catalogue, editorial, scheduling
from tests.conftest import Stage
from tests.services.days import Clock

pytest.register_assert_rewrite("tests.services.editorial_machine")  # so that it says what it found


@pytest.fixture
def peopled(stage: Stage) -> Stage:
    """A second coach of the programme, and one of another programme."""
    for name in ("second", "far"):
        stage.person(name)
    stage.programme("reforms", coaches=("second",))
    stage.programme("elsewhere", coaches=("far",))
    return stage


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The hour stands still until a test sets it."""
    made = Clock()
    for module in (scheduling, editorial, catalogue, authoring):
        monkeypatch.setattr(module, "now", made)
    yield made
