"""The Whoosh engine is built by several processes and merges in the background, and loses no write meanwhile."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from search.engines import whoosh_merge, whoosh_rebuild
from search.engines.whoosh import WhooshEngine
from search.errors import SearchUnavailable
from search.opening import open_engine
from search.query import Query
from search.schema import Document
from tests.search.contract import PUBLIC, SCHEMA, doc, ids


def test_many_documents_are_built_by_several_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whoosh_rebuild, "ALONE", 10)
    monkeypatch.setattr(whoosh_rebuild, "BATCH", 40)
    engine, told = open_engine(f"whoosh:{tmp_path / 'index'}", SCHEMA), list[int]()
    assert engine.rebuild((doc(f"d{i:03d}", f"Bridge {i}", "road " * (i % 3)) for i in range(130)), told.append) == 130
    assert len(told) == 4 and told == sorted(told) and told[-1] == 130
    assert engine.search(Query("bridge", PUBLIC)).total == 130 and engine.search(Query("roads", PUBLIC)).total == 86
    assert ids(engine, "97") == ["d097"]
    engine.close()


def test_a_rebuild_of_very_many_ends_with_few_segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ALONE", 2), ("BATCH", 3), ("MANY", 4), ("FEW", 2)):
        monkeypatch.setattr(whoosh_rebuild, name, value)
    engine = WhooshEngine(str(tmp_path / "index"), SCHEMA)
    engine.rebuild(doc(f"d{i:02d}", f"Bridge {i}") for i in range(20))
    assert len(engine._current().segments) == 2 and len(list((tmp_path / "index").rglob("*.seg"))) == 2
    assert set(engine.held()) == {f"d{i:02d}" for i in range(20)} and ids(engine, "17") == ["d17"]
    assert engine.search(Query("bridge", PUBLIC)).total == 20
    engine.apply([doc("new", "Bridge")], ["d03"])
    assert engine.search(Query("bridge", PUBLIC)).total == 20
    engine.close()


def test_a_worker_that_dies_ends_the_rebuild_and_the_old_index_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whoosh_rebuild, "ALONE", 2)
    monkeypatch.setattr(whoosh_rebuild, "BATCH", 4)
    engine = open_engine(f"whoosh:{tmp_path / 'index'}", SCHEMA)
    engine.rebuild([doc("old", "Bridge")])

    def documents() -> Iterator[Any]:
        yield from (doc(f"d{i}", "Road") for i in range(5))
        for process in multiprocessing.active_children():
            process.kill()
        yield from (doc(f"d{i}", "Road") for i in range(5, 20_000))

    with pytest.raises(SearchUnavailable):
        engine.rebuild(documents())
    assert ids(engine, "bridge") == ["old"]
    assert len([p for p in (tmp_path / "index").iterdir() if p.name.startswith("g-")]) == 1
    engine.close()


def _dropped(documents: list[Document]) -> list[Document]:
    return documents[1:]


def _doubled(documents: list[Document]) -> list[Document]:
    return [*documents[1:], replace(documents[-1], id="other")]


def _shown(documents: list[Document]) -> list[Document]:
    return [replace(d, audience=PUBLIC) for d in documents]


def _changed(documents: list[Document]) -> list[Document]:
    return [replace(d, text=d.text | {"title": "Tunnel"}) for d in documents]


@pytest.mark.parametrize("apart", [False, True], ids=["in this process", "in others"])
@pytest.mark.parametrize(
    ("fault", "said"),
    [(_dropped, "instead of 20"), (_doubled, "other documents"), (_shown, "to others"), (_changed, "texts")],
)
def test_an_index_that_does_not_hold_what_the_database_said_never_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Any, said: str, apart: bool
) -> None:
    """What goes wrong happens to one batch between the database and its segment."""
    monkeypatch.setattr(whoosh_rebuild, "ALONE", 2 if apart else 100)
    monkeypatch.setattr(whoosh_rebuild, "BATCH", 5)
    documents = [doc(f"d{i}", "Bridge", audience=PUBLIC if i % 3 else frozenset({"person:1"})) for i in range(20)]
    engine = WhooshEngine(str(tmp_path / "index"), SCHEMA)
    engine.rebuild([doc("old", "Bridge")])
    given, segment = whoosh_rebuild.given, whoosh_rebuild._segment
    with monkeypatch.context() as patched, pytest.raises(SearchUnavailable, match=said):
        if apart:
            patched.setattr(whoosh_rebuild, "given", lambda worker, task: given(worker, fault(task)))
        else:
            patched.setattr(whoosh_rebuild, "_segment", lambda *about: segment(*about[:2], fault(about[2])))
        engine.rebuild(documents)
    assert set(engine.held()) == {"old"} and len(list((tmp_path / "index").glob("g-*"))) == 1
    assert engine.rebuild(documents) == 20, "the control: without the fault it does"
    assert set(engine.held()) == {d.id for d in documents}
    engine.close()


@pytest.mark.case("F3")
def test_F3_a_worker_that_cannot_write_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whoosh_rebuild, "ALONE", 2)
    engine = open_engine(f"whoosh:{tmp_path / 'index'}", SCHEMA)

    def documents() -> Iterator[Any]:
        yield from (doc(f"d{i}", "Road") for i in range(5))
        for folder in (tmp_path / "index").glob("g-*"):
            shutil.rmtree(folder)

    with pytest.raises(SearchUnavailable, match="FileNotFoundError"):
        engine.rebuild(documents())
    engine.close()


@pytest.mark.parametrize("alone", [2000, 0], ids=["in this process", "in another"])
def test_merging_loses_no_write_that_is_made_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: int
) -> None:
    engine = WhooshEngine(str(tmp_path / "index"), SCHEMA)
    engine.rebuild([])
    other = WhooshEngine(str(tmp_path / "index"), SCHEMA)  # another process, in effect
    merge, busy = whoosh_merge._merged, list[int]()

    def slow(*about: Any) -> Any:
        made = merge(*about)
        number = len(busy)
        busy.append(number)
        other.apply([doc(f"during{number}", "Bridge"), doc("a0", f"Changed {number}")], ["a1"])
        return made

    monkeypatch.setattr(whoosh_merge, "ALONE", alone)
    monkeypatch.setattr(whoosh_merge, "_merged", slow)
    for i in range(20):
        engine.apply([doc(f"a{i}", "Bridge")])
    engine.close()
    assert busy, "the control: something was merged"
    assert (
        set(engine.held()) == set(other.held()) == {f"a{i}" for i in range(20) if i != 1} | {f"during{n}" for n in busy}
    )
    assert ids(engine, "changed") == ["a0"] and "a0" not in ids(engine, "bridge")
    assert not list((tmp_path / "index").rglob("merging-*"))


def test_what_a_killed_merge_has_left_is_swept_away(tmp_path: Path) -> None:
    engine = WhooshEngine(str(tmp_path / "index"), SCHEMA)
    engine.rebuild([])
    generation = next((tmp_path / "index").glob("g-*"))
    (generation / "merging-abc").mkdir()
    for name in ("merging-abc/MAIN.col", "merging-MAIN_abc.seg", "_MAIN_7.toc.123.4"):
        (generation / name).write_bytes(b"left")
    for i in range(8):
        engine.apply([doc(f"d{i}", "Bridge")])
    engine._merger._thread.join() if engine._merger._thread else None
    assert not [p.name for p in generation.iterdir() if p.name.startswith("merging") or ".toc." in p.name]
    assert len([p for p in generation.iterdir() if p.suffix == ".seg"]) == 1, "the control: they were merged"
    engine.close()
