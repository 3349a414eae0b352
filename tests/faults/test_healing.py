"""F3, F4: what heals the index does so when that helps, not again and again, and once a day though nobody asks."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from knowledge import setup
from knowledge.services import indexing, keeping
from knowledge.services.keeping import Daily, Keeper, Wait
from search.engines.whoosh import WhooshEngine
from search.engines.whoosh_storage import DurableStorage
from search.errors import SearchUnavailable
from search.query import Query
from tests.conftest import Stage
from tests.faults.healing import at_once, eventually, healed

PUBLIC = frozenset({"public"})


@pytest.fixture
def rebuilds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One more for each rebuild that begins."""
    begun, really = list[int](), WhooshEngine.rebuild

    def rebuild(self: WhooshEngine, *about: Any) -> int:
        begun.append(1)
        return really(self, *about)

    monkeypatch.setattr(WhooshEngine, "rebuild", rebuild)
    return begun


def sweep(stage: Stage) -> None:
    """One, and what comes of it."""
    stage.site.keeper._sweep()
    eventually(lambda: not stage.site.keeper.healing())


def delete(stage: Stage) -> None:
    shutil.rmtree(folder(stage))
    stage.site.engine.close()


def folder(stage: Stage) -> Path:
    return Path(stage.site.settings.search.removeprefix("whoosh:"))


@pytest.mark.case("F3")
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.__getitem__)
def test_f3_a_disk_that_stays_full_starts_no_rebuild_and_the_index_answers(
    whoosh_stage: Stage, rebuilds: list[int], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    stage, author = whoosh_stage, whoosh_stage.actor("author")
    stage.record(author, "published", title="Phone quotations before")
    at_once(stage, monkeypatch)

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched, capture_logs() as lines:
        patched.setattr(DurableStorage, "create_file", full)
        stage.record(author, "published", title="Phone quotations during")
        for _ in range(5):
            sweep(stage)
        assert rebuilds == []
        assert "quotations before" in stage.client().get("/practices").text, "the old index answers"
        assert indexing.compare(stage.site.db, stage.site.engine).waiting > 0
        assert os.strerror(code) in str(lines)
    sweep(stage)
    assert healed(stage) and rebuilds == []
    delete(stage)
    sweep(stage)
    assert healed(stage) and rebuilds == [1], "the control: what is lost is rebuilt"


@pytest.mark.case("F3")
@pytest.mark.parametrize("code", [errno.EIO, errno.EMFILE], ids=errno.errorcode.__getitem__)
def test_f3_while_the_index_cannot_be_read_readers_are_told_and_then_it_answers(
    whoosh_stage: Stage, rebuilds: list[int], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    stage, client = whoosh_stage, whoosh_stage.client()
    stage.record(stage.actor("author"), "published", title="Phone quotations")

    def fails(*_: Any) -> bytes:
        raise OSError(code, os.strerror(code))

    stage.site.engine.close()
    with monkeypatch.context() as patched:
        patched.setattr(os, "pread", fails)
        answer = client.get("/practices?q=quotations")
        assert answer.status_code == 503 and "Phone quotations" in answer.text, "a reduced search by the database"
        assert client.get("/practices.json?q=quotations").status_code == 503
        eventually(lambda: not stage.site.keeper.healing())
    assert len(rebuilds) == (code == errno.EIO), "what a disk does not give back is rebuilt; files can run out"
    assert client.get("/practices?q=quotations").status_code == 200 and healed(stage)


@pytest.mark.case("F3")
def test_f3_a_rebuild_that_fails_is_tried_less_and_less_often_and_again_soon_once_all_was_well(
    whoosh_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, seconds, tries = whoosh_stage, [0.0], list[float]()
    keeper = stage.site.keeper
    monkeypatch.setattr(keeper, "_wait", Wait(lambda: seconds[0]))

    def fails(*_: Any) -> int:
        tries.append(seconds[0])
        raise SearchUnavailable("the index cannot be used: No space left on device")

    def swept(until: float) -> None:
        while seconds[0] < until:
            sweep(stage)
            seconds[0] += 2

    delete(stage)
    with monkeypatch.context() as patched, capture_logs() as lines:
        patched.setattr(WhooshEngine, "rebuild", fails)
        swept(2 * 3600)
    pauses = [later - sooner for sooner, later in itertools.pairwise(tries)]
    assert pauses[:4] == [2, 4, 8, 16] and pauses == sorted(pauses)
    assert pauses[-1] == keeping.LONGEST_WAIT, "and never longer than that"
    assert "No space left" in str(lines)
    swept(3 * 3600)
    assert healed(stage)
    delete(stage)
    sweep(stage)
    assert healed(stage), "after all was well it does not wait"


def test_of_two_versions_at_one_index_the_one_that_started_later_has_it_and_the_other_says_so(
    whoosh_stage: Stage, rebuilds: list[int]
) -> None:
    stage, author = whoosh_stage, whoosh_stage.actor("author")
    stage.record(author, "published", title="Phone quotations before")
    schema = stage.site.engine.schema
    newer = WhooshEngine(str(folder(stage)), replace(schema, facets=(*schema.facets, "more")))
    indexing.rebuild(stage.site.db, newer)
    rebuilds.clear()
    client = stage.client()
    with capture_logs() as lines:
        for _ in range(5):
            sweep(stage)
            answer = client.get("/practices?q=quotations")
            assert answer.status_code == 503 and "quotations before" in answer.text, "a reduced search by the database"
    assert rebuilds == [] and newer.ready() and "another schema" in str(lines)
    stage.record(author, "published", title="Phone quotations during")
    indexing.drain(stage.site.db, newer)
    assert newer.search(Query("quotations", PUBLIC)).total == 2, (
        "what the older one wrote, the newer one tells the index"
    )
    newer.close()
    setup.prepare(stage.site, Silent())  # type: ignore[arg-type]
    assert rebuilds == [1] and client.get("/practices?q=quotations").status_code == 200, "a start takes it"


class Silent:
    """A bar that nobody sees."""

    def __call__(self, *_: Any) -> Silent:
        return self

    def __enter__(self) -> Callable[[int], None]:
        return lambda _: None

    def __exit__(self, *_: Any) -> None:
        pass


@pytest.mark.case("F4")
def test_f4_index_and_database_are_compared_when_a_day_is_over_though_no_process_runs_so_long(
    whoosh_stage: Stage,
) -> None:
    stage, file = whoosh_stage, whoosh_stage.site.settings.data / "compared"
    stage.record(stage.actor("author"), "published", title="Phone quotations")

    def started(age: float) -> bool:
        """Whether a process that starts so many seconds after the last comparison mends what is missing."""
        stage.site.engine.apply([], stage.site.engine.held())
        os.utime(file, (time.time() - age,) * 2)
        swept: list[int] = []
        keeper = Keeper(stage.site.db, stage.site.engine, file, [lambda db: swept.append(1)])
        running = threading.Thread(target=keeper.sweep_forever, args=(0.01,))
        running.start()
        eventually(lambda: len(swept) > 2)
        keeper.stop()
        running.join()
        return healed(stage)

    assert not started(keeping.COMPARED_EVERY - 600)  # the control
    assert started(keeping.COMPARED_EVERY + 600)
    assert time.time() - file.stat().st_mtime < 600, "and that is noted"
    assert started(-keeping.COMPARED_EVERY), "the clock was set back: nobody knows when it was"


@pytest.mark.case("F4")
def test_f4_a_comparison_that_was_not_ended_is_begun_again_in_an_hour(tmp_path: Path) -> None:
    file = tmp_path / "compared"
    assert not Daily(file).due(), "a site that is new was built today"
    os.utime(file, (0, 0))
    assert Daily(file).due() and not Daily(file).due(), "one process does it"
    before = file.stat().st_mtime - keeping.AGAIN
    os.utime(file, (before, before))
    assert Daily(file).due()
