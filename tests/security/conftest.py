"""One world for all tests of a file that hold routes against the table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import make_stage
from tests.security.routes import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from argon2 import PasswordHasher

    from knowledge.services import accounts, programmes

    patch = pytest.MonkeyPatch()
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    patch.setattr(accounts, "_hasher", lambda: cheap)
    folder: Path = tmp_path_factory.mktemp("world")
    stage = make_stage(folder)
    stage.manager()
    for name in ("coach", "second_coach", "author", "colleague", "stranger", "other_coach", "adviser"):
        stage.person(name)
    stage.programme("reforms", coaches=("coach",), apprentices=("author",))
    stage.programme("pairs", coaches=("coach", "second_coach"))
    stage.site.act(programmes.choose_workflow, stage.manager(), "pairs", "two_coaches")
    stage.programme("elsewhere", coaches=("other_coach", "adviser"))
    yield World(stage)
    stage.site.db.close()
    patch.undo()
