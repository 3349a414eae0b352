"""Two processes at one index: one rebuilds, the other is told so; what a killed one held is free at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from knowledge import setup
from search.engines.whoosh import WhooshEngine
from search.errors import SearchBusy
from tests.conftest import Stage
from tests.faults.healing import healed
from tests.search.contract import SCHEMA, doc

REBUILDS_FOR_EVER = """
import sys, time
from search.engines.whoosh import WhooshEngine
from tests.search.contract import SCHEMA, doc

def documents():
    yield doc("theirs", "never finished")
    print("began", flush=True)
    time.sleep(600)

WhooshEngine(sys.argv[1], SCHEMA).rebuild(documents())
"""


@contextmanager
def rebuilding(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that rebuilds, and never ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", REBUILDS_FOR_EVER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout and process.stdout.readline() == "began\n"
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_the_second_of_two_rebuilds_is_refused_and_the_index_goes_on(tmp_path: Path) -> None:
    engine = WhooshEngine(str(tmp_path), SCHEMA)
    engine.rebuild([doc("a", "alpha")])
    with rebuilding(tmp_path):
        with pytest.raises(SearchBusy, match="another process is rebuilding"):
            engine.rebuild([doc("b", "beta")])
        engine.apply([doc("c", "gamma")])
        assert set(engine.held()) == {"a", "c"}
    engine.close()


@pytest.mark.case("F1")
def test_what_a_killed_process_held_is_free_at_once_and_its_half_index_goes(tmp_path: Path) -> None:
    engine = WhooshEngine(str(tmp_path), SCHEMA)
    engine.rebuild([doc("a", "alpha")])
    with rebuilding(tmp_path):
        assert len(list(tmp_path.glob("g-*"))) == 2
    assert set(engine.held()) == {"a"}
    engine.rebuild([doc("b", "beta")])
    assert set(engine.held()) == {"b"}
    engine.rebuild([doc("c", "gamma")])
    assert len(list(tmp_path.glob("g-*"))) <= 2, "what was never finished takes no room"
    engine.close()


@pytest.mark.case("F1")
def test_what_killed_processes_left_goes_at_a_start_and_what_is_being_built_stays(whoosh_stage: Stage) -> None:
    folder = Path(whoosh_stage.site.settings.search.removeprefix("whoosh:"))
    before = {p.name for p in folder.glob("g-*")}
    whoosh_stage.record(whoosh_stage.actor("author"), "published")
    with rebuilding(folder):
        setup.prepare(whoosh_stage.site, None)  # type: ignore[arg-type]  # nothing is built
        assert {p.name for p in folder.glob("g-*")} > before, "another process is writing it"
    serving = whoosh_stage.site.engine._generations.current()  # type: ignore[attr-defined]
    for name in ("MAIN_0123456789abcdef.seg", "merging-MAIN_0123456789abcdef.seg", "_MAIN_99.toc.1.5"):
        (serving / name).write_bytes(b"left by a process that was killed")
    held = {*serving.iterdir()}
    setup.prepare(whoosh_stage.site, None)  # type: ignore[arg-type]
    assert {p.name for p in folder.glob("g-*")} == before
    assert len(held - {*serving.iterdir()}) == 3 and healed(whoosh_stage)


def test_the_generation_that_served_before_stays_at_a_start(tmp_path: Path) -> None:
    engine = WhooshEngine(str(tmp_path), SCHEMA)
    for name in "abc":
        engine.rebuild([doc(name, "alpha")])
    engine.prune()
    assert sorted(p.name for p in tmp_path.glob("g-*")) == ["g-000002", "g-000003"]
    assert set(engine.held()) == {"c"}
    engine.close()


def test_lock_files_that_were_left_behind_lock_nothing(tmp_path: Path) -> None:
    for name in ("rebuild.lock", "write.lock", "merge.lock"):
        (tmp_path / name).write_text("999999")
    engine = WhooshEngine(str(tmp_path), SCHEMA)
    engine.rebuild([doc("a", "alpha")])
    (engine._generations.current() / "MAIN_WRITELOCK").touch()  # Whoosh's own
    engine.apply([doc("b", "beta")])
    assert set(engine.held()) == {"a", "b"}
    engine.close()
