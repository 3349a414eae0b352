"""F3: the disk is full, or fails, at the k-th touch of it, for every k. The old index serves; the next write is whole."""

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from whoosh.filedb import compound
from whoosh.filedb.structfile import StructFile

from search.engines import whoosh_merge
from search.engines.whoosh import WhooshEngine
from search.engines.whoosh_storage import DurableStorage
from search.errors import SearchUnavailable
from search.query import Query
from tests.faults.disk import failing
from tests.search.contract import PUBLIC, SCHEMA, doc

CODES = pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EMFILE], ids=errno.errorcode.__getitem__)
TOUCHES = [(os, name) for name in ("fsync", "rename", "replace", "open", "remove", "unlink", "listdir", "mkdir")]
TOUCHES += [(compound, "copyfileobj"), (StructFile, "write_pickle"), (StructFile, "flush")]  # what writes
TOUCHES += [(DurableStorage, "create_file")]
READING = [(builtins, "open"), (io, "open"), (os, "pread"), (os, "listdir"), (os, "stat")]
MOST = 200  # touches


def opened(folder: Path, patch: pytest.MonkeyPatch) -> WhooshEngine:
    """An index that merges only when it is told to."""
    engine = WhooshEngine(str(folder), SCHEMA)
    patch.setattr(engine._merger, "soon", lambda: None)
    return engine


def made(folder: Path, held: set[str], patch: pytest.MonkeyPatch) -> WhooshEngine:
    """One with a segment for each document."""
    engine = opened(folder, patch)
    engine.rebuild([])
    for document_id in sorted(held):
        engine.apply([doc(document_id, f"title of {document_id}")])
    return engine


def act(engine: WhooshEngine, what: str, wanted: set[str]) -> Callable[[], Any]:
    """What is done while the disk fails."""
    documents = [doc(i, f"title of {i}") for i in sorted(wanted)]
    acts: dict[str, Callable[[], Any]] = {
        "apply": lambda: engine.apply(documents[:3]),
        "rebuild": lambda: engine.rebuild(documents),
        "merge": engine.tidy,
    }
    return acts[what]


@pytest.mark.case("F3")
@CODES
@pytest.mark.parametrize("what", ["apply", "rebuild", "merge"])
def test_F3_whenever_the_disk_fails_the_index_serves_and_the_next_write_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, code: int
) -> None:
    held = {f"r{n}" for n in range(3)}
    monkeypatch.setattr(whoosh_merge, "TOGETHER", len(held))
    engine = made(tmp_path / "0", held, monkeypatch)
    shutil.copytree(tmp_path / "0", tmp_path / "whole")
    for k in range(1, MOST):
        if what == "merge":  # each time there must be something to merge
            shutil.copytree(tmp_path / "whole", tmp_path / f"{k}")
            engine, held = opened(tmp_path / f"{k}", monkeypatch), {f"r{n}" for n in range(3)}
        wanted = held if what == "merge" else held | {f"n{k}"}
        write = act(engine, what, wanted)
        with failing(TOUCHES, k, code) as failed:
            try:
                write()
            except SearchUnavailable as error:
                assert os.strerror(code) in str(error), "it says what was the matter"
        if not failed():
            break
        for one in (engine, WhooshEngine(str(engine._generations.folder), SCHEMA)):
            assert one.ready() and not one.lost()
            assert set(one.held()) in (held, wanted)
            assert one.search(Query("title", PUBLIC)).total == len(one.held())
        held = held | {f"n{k}"}
        engine.apply([doc(i, f"title of {i}") for i in held])
        assert set(engine.held()) == held
        named = {s.id for s in engine._current().segments}
        assert {p.stem for p in engine._current().path.glob("*.seg")} == named, "nothing that came to nothing is left"
    assert 3 < k < MOST - 1, "every touch had its turn"
    engine.close()


@pytest.mark.case("F3")
@CODES
@pytest.mark.parametrize("small", [0, 1 << 18], ids=["read in pieces", "kept whole"])
def test_F3_whenever_the_disk_cannot_be_read_it_is_said_and_the_next_reader_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int, code: int
) -> None:
    monkeypatch.setattr("search.engines.whoosh_storage.SMALL", small)
    made(tmp_path, {f"r{n}" for n in range(3)}, monkeypatch).close()
    asked = Query("title NOT r1", PUBLIC, facets=("country",))
    said = 0
    for k in range(1, MOST):
        engine = WhooshEngine(str(tmp_path), SCHEMA)
        with failing(READING, k, code) as failed:
            try:
                assert engine.search(asked).total == 2, "answered as if nothing were the matter, or not at all"
            except SearchUnavailable as error:
                said += 1
                assert os.strerror(code) in str(error)
        if not failed():
            break
        assert engine.search(asked).total == 2 and not engine.lost()
        engine.close()
    assert 3 < said <= k < MOST - 1, "every touch had its turn, and most of them matter"
