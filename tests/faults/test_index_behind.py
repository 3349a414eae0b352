"""F1, F9, C7, C8: the index is behind, or written while it is rebuilt. Nothing is lost, and nothing old is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from knowledge.services import indexing, outbox, vocabulary
from knowledge.storage import find
from knowledge.storage.models.base import now
from knowledge.storage.session import StorageUnavailable
from search.query import Query
from search.schema import Document
from tests.conftest import Stage
from tests.faults.healing import healed


@pytest.mark.case("F9")
def test_f9_work_for_the_index_that_a_crash_left_is_done_by_the_sweep(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.site.keeper, "after_commit", lambda: None)  # the process dies right after the commit
    stage.record(stage.actor("author"), "published")
    assert indexing.compare(stage.site.db, stage.site.engine).waiting > 0
    assert set(stage.site.engine.held()) == frozenset()  # the control: without the sweep it is not there
    monkeypatch.undo()
    stage.site.keeper._sweep()
    assert indexing.compare(stage.site.db, stage.site.engine).same


@pytest.mark.case("F9")
def test_f9_a_crash_between_index_and_outbox_repeats_the_work_and_changes_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_id = stage.record(stage.actor("author"), "in_review")
    real = stage.site.engine.apply

    def dies(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(stage.site.engine, "apply", dies)
    with pytest.raises(KeyboardInterrupt):
        stage.step(stage.actor("coach"), record_id, "publish")
    assert indexing.compare(stage.site.db, stage.site.engine).waiting == 1
    monkeypatch.undo()
    indexing.drain(stage.site.db, stage.site.engine)
    assert indexing.compare(stage.site.db, stage.site.engine).same
    assert set(stage.site.engine.held()) == {record_id}


@pytest.mark.case("F1")
def test_a_change_that_is_safe_is_never_reported_as_failed_because_the_index_was_not_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_id = stage.record(stage.actor("author"), "in_review")

    def locked(*_: object) -> None:
        raise StorageUnavailable("database is locked")

    monkeypatch.setattr(indexing, "drain", locked)
    stage.step(stage.actor("coach"), record_id, "publish")  # no error: it was published
    monkeypatch.undo()
    assert record_id not in set(stage.site.engine.held())
    stage.site.keeper._sweep()
    assert record_id in set(stage.site.engine.held())


KINDS = ("step", "import", "term")


@pytest.mark.parametrize("kind", KINDS)
def test_a_rebuild_loses_nothing_that_is_written_meanwhile(
    whoosh_stage: Stage, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    rebuilt_while_something_is_written(whoosh_stage, monkeypatch, kind)


def rebuilt_while_something_is_written(stage: Stage, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """The change comes after the record was read for the new index and is told to the old one only."""
    record_id = stage.record(stage.actor("author"), "in_review")
    if kind == "term":
        stage.step(stage.actor("coach"), record_id, "publish")
    real, engine = indexing._all_documents, stage.site.engine

    def slowly(db: object) -> Iterator[Document]:
        yield from real(db)  # type: ignore[arg-type]
        if kind == "step":
            stage.step(stage.actor("coach"), record_id, "publish")
        elif kind == "import":
            stage.record(stage.actor("author"))
        else:
            names = {"en": "Zebra agreements"}
            stage.site.act(vocabulary.change_term, stage.manager(), "topics", "framework-agreements", names, False)

    monkeypatch.setattr(indexing, "_all_documents", slowly)
    if kind == "term":  # its record changed long ago
        with stage.site.db.transaction() as session:
            find.record(session, record_id).changed = now() - timedelta(days=3)  # type: ignore[union-attr]
    indexing.rebuild(stage.site.db, engine)
    monkeypatch.undo()
    assert indexing.compare(stage.site.db, engine).same
    if kind == "term":
        assert stage.client().get("/practices.json?q=zebra").json["total"] == 1


def test_f8_a_rebuild_loses_nothing_that_is_written_meanwhile_though_the_clock_is_set_back(
    whoosh_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, engine = whoosh_stage, whoosh_stage.site.engine
    record_id = stage.record(stage.actor("author"), "in_review")
    documents, hour = indexing._all_documents, timedelta(hours=1)

    def and_then_published(db: Any) -> Iterator[Document]:
        yield from list(documents(db))
        for clock in CLOCKS:
            monkeypatch.setattr(clock, lambda: now() - hour)
        stage.step(stage.actor("coach"), record_id, "publish")

    monkeypatch.setattr(indexing, "_all_documents", and_then_published)
    indexing.rebuild(stage.site.db, engine)
    monkeypatch.undo()
    with stage.site.db.reading() as session:
        assert find.record(session, record_id).changed < now() - hour / 2, "the control: it was"  # type: ignore[union-attr]
    assert healed(stage)


CLOCKS = ("knowledge.services.editorial.now", "knowledge.services.indexing.now")


@pytest.mark.case("C8")
def test_c8_a_record_withdrawn_while_the_index_is_behind_is_shown_to_nobody(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_id = stage.record(stage.actor("author"), "published", title="Quetzalcoatl quotations")
    client = stage.client()
    assert client.get("/practices.json?q=quetzalcoatl").json["items"]
    monkeypatch.setattr(stage.site.keeper, "after_commit", lambda: None)
    stage.step(stage.actor("coach"), record_id, "withdraw")
    assert record_id in set(stage.site.engine.held())
    assert client.get("/practices.json?q=quetzalcoatl").json["items"] == []
    for address in ("/practices?q=quetzalcoatl", "/practices.csv?q=quetzalcoatl", "/practices.atom?q=quetzalcoatl"):
        assert "Quetzalcoatl quotations" not in client.get(address).text
    monkeypatch.undo()


@pytest.mark.case("C7")
def test_two_drains_at_once_do_no_harm(stage: Stage) -> None:
    for n in range(5):
        stage.record(stage.actor("author"), "published", title=f"Phone quotations {n}")
    threads = [threading.Thread(target=indexing.drain, args=(stage.site.db, stage.site.engine)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert indexing.compare(stage.site.db, stage.site.engine).same


def test_a_slow_consumer_never_puts_an_older_text_over_a_newer_one(
    whoosh_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, engine = whoosh_stage, whoosh_stage.site.engine
    record = stage.record(stage.actor("author"), "published", title="Phone quotations")
    apply, reached, go = type(engine).apply, threading.Event(), threading.Event()

    def slow(self: Any, *told: Any) -> None:
        if threading.current_thread().name == "slow":
            reached.set()
            go.wait(10)
        apply(self, *told)

    monkeypatch.setattr(type(engine), "apply", slow)
    with stage.site.db.transaction() as session:
        outbox.changed(session, record)
    first = threading.Thread(target=indexing.drain, args=(stage.site.db, engine), name="slow")
    first.start()
    assert reached.wait(10)
    second = threading.Thread(target=stage.step, args=(stage.actor("coach"), record, "withdraw"))
    second.start()
    second.join(0.5)
    go.set()
    first.join()
    second.join()
    indexing.drain(stage.site.db, engine)
    assert engine.search(Query("quotations", frozenset({"public"}))).total == 0
    assert healed(stage)


@pytest.mark.case("F16")
def test_nobody_waits_for_whoever_tells_the_index_and_that_one_comes_to_all_changes(
    whoosh_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, engine = whoosh_stage, whoosh_stage.site.engine
    monkeypatch.setattr(stage.site.db, "_timeout", 3600.0)  # whoever waits for the lock waits for ever
    apply, reached, go = type(engine).apply, threading.Event(), threading.Event()

    def stuck(self: Any, *told: Any) -> None:
        if not reached.is_set():
            reached.set()
            go.wait(120)
        apply(self, *told)

    monkeypatch.setattr(type(engine), "apply", stuck)
    author = stage.actor("author")
    first = threading.Thread(target=stage.record, args=(author,))
    first.start()
    assert reached.wait(60)
    second = threading.Thread(target=stage.record, args=(author, "published"), kwargs={"title": "Zebra quotations"})
    second.start()
    second.join(60)
    waits = second.is_alive()
    assert indexing.compare(stage.site.db, engine).waiting, "the control: the index has not heard of it"
    go.set()
    first.join()
    second.join()
    assert not waits
    assert stage.client().get("/practices.json?q=zebra").json["total"] == 1
    assert healed(stage), "without a sweep"


@pytest.mark.case("F1")
def test_killed_just_after_the_swap_nothing_that_changed_meanwhile_is_lost(
    whoosh_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, engine = whoosh_stage, whoosh_stage.site.engine
    record = stage.record(stage.actor("author"), "published", title="Phone quotations")
    documents = indexing._all_documents

    def and_then_withdrawn(db: Any) -> Iterator[Document]:
        yield from list(documents(db))
        stage.step(stage.actor("coach"), record, "withdraw")
        indexing.drain(stage.site.db, engine)

    class Killed(BaseException):
        pass

    def killed(*_: Any) -> int:
        raise Killed

    monkeypatch.setattr(indexing, "_all_documents", and_then_withdrawn)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(engine._generations, "serve", _then(engine._generations.serve, killed))
        indexing.rebuild(stage.site.db, engine)
    assert engine.search(Query("quotations", frozenset({"public"}))).total == 1, "the control: the new index is behind"
    monkeypatch.undo()
    indexing.drain(stage.site.db, engine)
    assert engine.search(Query("quotations", frozenset({"public"}))).total == 0 and healed(stage)


def _then(act: Callable[..., Any], after: Callable[..., Any]) -> Callable[..., Any]:
    def both(*given: Any) -> Any:
        act(*given)
        return after(*given)

    return both
