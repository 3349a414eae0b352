"""F4: the index is lost or damaged. People are told, it heals by itself, and nothing is ever lost."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from knowledge.services import indexing, keeping
from search.query import Query
from search.schema import Document
from tests.conftest import Stage, post
from tests.faults.healing import at_once, eventually, healed


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


@pytest.mark.case("F4", control="search/test_whoosh.py::test_F4_a_missing_index_is_unavailable_and_a_rebuild_heals_it")
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


@pytest.mark.case("F4", control="search/test_whoosh.py::test_F4_a_missing_index_is_unavailable_and_a_rebuild_heals_it")
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


@pytest.mark.case("F4", control="search/test_whoosh.py::test_F4_a_missing_index_is_unavailable_and_a_rebuild_heals_it")
def test_f4_flipped_bits_never_crash_and_the_nightly_comparison_finds_and_mends_every_one(
    whoosh_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(7)
    at_once(whoosh_stage, monkeypatch)
    for n in range(3):
        whoosh_stage.record(whoosh_stage.actor("author"), "published", title=f"Phone quotations {n}")
    client, engine = whoosh_stage.client(), whoosh_stage.site.engine
    assert not engine.lost(), "the control: what is whole is not lost"
    rebuilt, rebuild = list[int](), engine.rebuild
    monkeypatch.setattr(engine, "rebuild", lambda *about: (rebuilt.append(1), rebuild(*about))[1])
    for turn in range(1, 13):
        serving = engine._generations.current()  # type: ignore[attr-defined]
        file = dice.choice([f for f in files(whoosh_stage) if f.parent == serving or f.name == "CURRENT"])
        damaged = bytearray(file.read_bytes())
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        file.write_bytes(damaged)
        engine.close()
        for address in ("/practices?q=quotations", "/practices?q=%22phone+quotations%22&country=KEN", "/practices"):
            assert client.get(address).status_code in (200, 503)
        eventually(lambda: not whoosh_stage.site.keeper.healing())
        whoosh_stage.site.keeper.reconcile()
        eventually(lambda: not whoosh_stage.site.keeper.healing())
        assert healed(whoosh_stage) and not engine.lost() and len(rebuilt) == turn, file.name
        assert client.get("/practices.json?q=quotations").json["total"] == 3


@pytest.mark.case("F4", control="search/test_whoosh.py::test_F4_a_missing_index_is_unavailable_and_a_rebuild_heals_it")
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


@pytest.mark.case("F4", control="search/test_whoosh.py::test_F4_a_missing_index_is_unavailable_and_a_rebuild_heals_it")
def test_f4_the_log_says_that_the_index_was_lost_and_nothing_of_what_was_in_it(whoosh_stage: Stage) -> None:
    whoosh_stage.record(whoosh_stage.actor("author"), title="A zanzicanary draft")
    whoosh_stage.site.engine.close()
    delete(whoosh_stage)
    with capture_logs() as lines:
        assert whoosh_stage.client().get("/practices").status_code == 503
        eventually(lambda: not whoosh_stage.site.keeper.healing())
    assert [line["event"] for line in lines] == ["index is missing or damaged; it is being rebuilt"]
    assert healed(whoosh_stage) and "zanzicanary" not in str(lines)


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


@pytest.mark.case("F4")
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
    monkeypatch.setattr(keeping, "COMPARED_EVERY", 0.0)
    eventually(lambda: healed(running))
    assert engine.search(Query("ghost OR old", public)).total == 0
