"""F4, F9: the index is lost, damaged or behind. People are told, it heals by itself, and nothing is ever lost."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from knowledge.services import indexing, outbox, vocabulary
from knowledge.storage import find
from knowledge.storage.models.base import now
from knowledge.storage.session import StorageUnavailable
from search.errors import SearchUnavailable
from search.query import Query
from search.schema import Document
from tests.conftest import Stage, post


@pytest.fixture
def running(whoosh_stage: Stage) -> Iterator[Stage]:
    """A site on Whoosh with its sweep running, and three public records."""
    for n in range(3):
        whoosh_stage.record(whoosh_stage.actor("author"), "published", title=f"Phone quotations {n}")
    sweep = threading.Thread(target=whoosh_stage.site.keeper.sweep_forever, args=(0.05,))
    sweep.start()
    yield whoosh_stage
    whoosh_stage.site.keeper.stop()
    sweep.join()
    eventually(lambda: not whoosh_stage.site.keeper.healing())


def eventually(holds: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not heal in time"
        time.sleep(0.02)


def healed(stage: Stage) -> bool:
    try:
        return indexing.compare(stage.site.db, stage.site.engine).same
    except SearchUnavailable:
        return False


def files(stage: Stage) -> list[Path]:
    folder = Path(stage.site.settings.search.removeprefix("whoosh:"))
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "rebuild.lock")


def delete(stage: Stage) -> None:
    shutil.rmtree(Path(stage.site.settings.search.removeprefix("whoosh:")))


def truncate(stage: Stage) -> None:
    for file in files(stage):
        with suppress(FileNotFoundError):  # it is being healed already
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def empty(stage: Stage) -> None:
    for file in files(stage):
        with suppress(FileNotFoundError):
            file.write_bytes(b"")


def lose_the_pointer(stage: Stage) -> None:
    (Path(stage.site.settings.search.removeprefix("whoosh:")) / "CURRENT").write_text("g-999999")


@pytest.mark.parametrize("damage", [delete, truncate, empty, lose_the_pointer])
def test_f4_a_lost_index_is_said_and_heals_by_itself(running: Stage, damage: Callable[[Stage], None]) -> None:
    client = running.client()
    assert client.get("/practices").status_code == 200
    damage(running)
    running.site.engine.close()  # what is open already would go on serving from memory
    seen = set()
    end = time.monotonic() + 15
    while not healed(running):
        answer = client.get("/practices")
        seen.add(answer.status_code)
        if answer.status_code == 503:
            assert "being rebuilt" in answer.text
            assert "Phone quotations 1" in answer.text  # the newest, from the database
        assert time.monotonic() < end
    assert seen <= {200, 503}
    assert client.get("/practices.json").json["total"] == 3


def test_f4_the_page_says_that_search_is_being_rebuilt(whoosh_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the sweep, and with healing held back, so that the moment in between can be looked at."""
    author = whoosh_stage.actor("author")
    whoosh_stage.record(author, "published", countries=["GHA"])
    whoosh_stage.record(author, "published", title="Offers by radio", countries=["KEN"])
    revised = whoosh_stage.record(author, "published", title="An old title")
    whoosh_stage.step(author, revised, "revise")
    whoosh_stage.revise(author, revised, title="A secret draft of quotations")
    whoosh_stage.record(author, title="Draft quotations")
    asked: list[int] = []
    monkeypatch.setattr(whoosh_stage.site.keeper, "heal", lambda: asked.append(1))
    whoosh_stage.site.engine.close()
    delete(whoosh_stage)
    client = whoosh_stage.client()
    page = client.get("/practices")
    assert page.status_code == 503
    assert "being rebuilt" in page.text

    def found(address: str) -> list[str]:
        answer = client.get(address)
        assert answer.status_code == 503 and "raft" not in answer.text, address
        return [title for title in ("Phone quotations", "Offers by radio", "An old title") if title in answer.text]

    assert found("/practices?q=the+QUOTATIONS+phone") == ["Phone quotations"]
    assert found("/practices?country=KEN") == ["Offers by radio", "An old title"]
    assert found("/practices?country=KEN&q=radio") == ["Offers by radio"]
    assert "none has these words" in client.get("/practices?q=secret").text
    for odd in (
        "/practices?q=%25",
        "/practices?q=%00&page=999999999",
        "/practices?q=" + "x+" * 400,
        "/practices?country=%00",
    ):
        assert client.get(odd).status_code in (503, 400), odd
    assert client.get("/practices.json").headers["Retry-After"] == "5"
    assert client.get("/").status_code == 200
    assert asked
    monkeypatch.undo()
    whoosh_stage.site.keeper.heal()
    eventually(lambda: healed(whoosh_stage))
    assert client.get("/practices").status_code == 200


def test_f4_flipped_bits_never_crash_and_a_rebuild_always_mends(whoosh_stage: Stage) -> None:
    dice = random.Random(7)
    for n in range(3):
        whoosh_stage.record(whoosh_stage.actor("author"), "published", title=f"Phone quotations {n}")
    client = whoosh_stage.client()
    for _ in range(12):
        file = dice.choice([f for f in files(whoosh_stage) if f.stat().st_size])
        damaged = bytearray(file.read_bytes())
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        file.write_bytes(damaged)
        whoosh_stage.site.engine.close()
        for address in ("/practices?q=quotations", "/practices?q=%22phone+quotations%22&country=KEN", "/practices"):
            assert client.get(address).status_code in (200, 503)
        eventually(lambda: not whoosh_stage.site.keeper.healing())
        indexing.rebuild(whoosh_stage.site.db, whoosh_stage.site.engine)
        assert client.get("/practices.json?q=quotations").json["total"] == 3


def test_f4_writing_goes_on_while_the_index_is_away_and_is_found_afterwards(running: Stage) -> None:
    delete(running)
    running.site.engine.close()
    author = running.client("author")
    made = post(
        author,
        "/work/new/experience",
        "/work/new/experience",
        title="Written in the dark",
        language="en",
        start_key="k",
    )
    assert made.status_code == 303
    record_id = running.record(running.actor("author"), "published", title="Published in the dark")
    eventually(lambda: healed(running))
    assert record_id in set(running.site.engine.held())
    assert len([i for i in set(running.site.engine.held()) if i.endswith(indexing.DESK)]) == 1


@pytest.mark.case("F9")
def test_f9_work_for_the_index_that_a_crash_left_is_done_by_the_sweep(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.site.keeper, "after_commit", lambda: None)  # the process dies right after the commit
    stage.record(stage.actor("author"), "published")
    assert indexing.compare(stage.site.db, stage.site.engine).waiting > 0
    assert set(stage.site.engine.held()) == frozenset()
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


def test_f4_the_log_says_that_the_index_was_lost_and_nothing_of_what_was_in_it(whoosh_stage: Stage) -> None:
    whoosh_stage.record(whoosh_stage.actor("author"), title="A zanzicanary draft")
    whoosh_stage.site.engine.close()
    delete(whoosh_stage)
    with capture_logs() as lines:
        assert whoosh_stage.client().get("/practices").status_code == 503
        eventually(lambda: not whoosh_stage.site.keeper.healing())
    assert [line["event"] for line in lines] == ["index is missing or damaged; it is being rebuilt"]
    assert healed(whoosh_stage) and "zanzicanary" not in str(lines)


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


def test_the_sweep_outlives_any_failure(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def fails() -> None:
        tries.append(1)
        raise RuntimeError("anything")

    monkeypatch.setattr(stage.site.keeper, "_sweep", fails)
    sweep = threading.Thread(target=stage.site.keeper.sweep_forever, args=(0.01,))
    sweep.start()
    eventually(lambda: len(tries) > 3)
    stage.site.keeper.stop()
    sweep.join(5)
    assert not sweep.is_alive()


@pytest.mark.parametrize("kind", ["step", "import", "term"])
def test_a_rebuild_loses_nothing_that_is_written_meanwhile(
    whoosh_stage: Stage, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The change comes after the record was read for the new index and is told to the old one only."""
    record_id = whoosh_stage.record(whoosh_stage.actor("author"), "in_review")
    if kind == "term":
        whoosh_stage.step(whoosh_stage.actor("coach"), record_id, "publish")
    real, engine = indexing._all_documents, whoosh_stage.site.engine

    def slowly(db: object) -> Iterator[Document]:
        yield from real(db)  # type: ignore[arg-type]
        if kind == "step":
            whoosh_stage.step(whoosh_stage.actor("coach"), record_id, "publish")
        elif kind == "import":
            whoosh_stage.record(whoosh_stage.actor("author"))
        else:
            names = {"en": "Zebra agreements"}
            whoosh_stage.site.act(
                vocabulary.change_term, whoosh_stage.manager(), "topics", "framework-agreements", names, False
            )

    monkeypatch.setattr(indexing, "_all_documents", slowly)
    if kind == "term":  # its record changed long ago
        with whoosh_stage.site.db.transaction() as session:
            find.record(session, record_id).changed = now() - timedelta(days=3)  # type: ignore[union-attr]
    indexing.rebuild(whoosh_stage.site.db, engine)
    monkeypatch.undo()
    assert indexing.compare(whoosh_stage.site.db, engine).same
    if kind == "term":
        assert whoosh_stage.client().get("/practices.json?q=zebra").json["total"] == 1


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

    def slow(self: Any, puts: Any, drops: Any = ()) -> None:
        if threading.current_thread().name == "slow":
            reached.set()
            go.wait(10)
        apply(self, puts, drops)

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


def test_f4_the_nightly_comparison_finds_what_is_missing_surplus_or_old_and_mends_it(
    running: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = running.site.engine
    held = sorted(engine.held())
    public = frozenset({"public"})
    engine.apply([Document("ghost", public, {"title": "Ghost quotations"})], [held[0]])
    engine.apply([Document(held[1], public, {"title": "Old quotations"}, date="2001-01-01")])
    found = indexing.compare(running.site.db, engine)
    assert (found.missing, found.surplus, found.stale) == ({held[0]}, {"ghost"}, {held[1]})
    monkeypatch.setattr(indexing, "COMPARED_EVERY", 0.0)
    eventually(lambda: healed(running))
    assert engine.search(Query("ghost OR old", public)).total == 0
