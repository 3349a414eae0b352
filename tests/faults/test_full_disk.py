"""F3: the disk is full, or fails, at the k-th touch of it, for every k. The old index serves; the next write is whole."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from search.engines.whoosh import WhooshEngine
from search.engines.whoosh_storage import DurableStorage
from search.errors import SearchUnavailable
from search.query import Query
from tests.faults.disk import failing
from tests.search.contract import PUBLIC, SCHEMA, doc

TOUCHES = [(os, "fsync"), (os, "rename"), (os, "replace"), (DurableStorage, "create_file")]


@pytest.mark.case("F3")
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EMFILE], ids=errno.errorcode.__getitem__)
@pytest.mark.parametrize("what", ["apply", "rebuild"])
def test_F3_whenever_the_disk_fails_the_index_serves_and_the_next_write_is_whole(
    tmp_path: Path, what: str, code: int
) -> None:
    engine = WhooshEngine(str(tmp_path), SCHEMA)
    held = {f"r{n}" for n in range(5)}
    engine.rebuild([doc(i, f"title of {i}") for i in sorted(held)])
    for k in range(1, 100):
        wanted = held | {f"n{k}"}
        documents = [doc(i, f"title of {i}") for i in sorted(wanted)]

        def write(documents: Any = documents) -> None:
            engine.apply(documents[:3]) if what == "apply" else engine.rebuild(documents)

        with failing(TOUCHES, k, code) as failed:
            try:
                write()
            except SearchUnavailable as error:
                assert os.strerror(code) in str(error), "it says what was the matter"
            if not failed():
                break
        assert engine.ready()
        assert set(engine.held()) in (held, wanted)
        assert engine.search(Query("title", PUBLIC)).total == len(engine.held())
        held = held | {f"n{k}"}
        engine.apply([doc(f"n{k}", f"title of n{k}")])
        assert set(engine.held()) == held
    assert 3 < k < 99, "every touch had its turn"
    engine.close()
