"""The Whoosh engine on files that are cut, flipped or gone, and killed at any moment: it says so, and heals."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from search.engines import whoosh_storage
from search.errors import SearchUnavailable
from search.opening import open_engine
from search.query import Query
from tests.search.contract import PUBLIC, SCHEMA, doc, ids


@pytest.mark.case("F4", control="test_F4_a_file_that_is_cut_short_while_it_is_read_ends_no_process")
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # Whoosh leaves a file open when it fails
@pytest.mark.parametrize("harm", ["truncate", "flip", "delete", "empty"])
def test_F4_a_damaged_file_never_raises_anything_else(tmp_path: Path, harm: str) -> None:
    whole = tmp_path / "whole"
    first = open_engine(f"whoosh:{whole}", SCHEMA)
    first.rebuild([doc(f"d{i}", f"Bridge number {i}", country=["KEN"]) for i in range(40)])
    first.apply([doc("new", "Bridge")])
    first.close()
    dice = random.Random(7)
    names = sorted(str(p.relative_to(whole)) for p in whole.rglob("*") if p.is_file())
    for name in names:
        broken = tmp_path / "broken"
        shutil.copytree(whole, broken)
        _damage(broken / name, harm, dice)
        engine = open_engine(f"whoosh:{broken}", SCHEMA)
        try:
            engine.search(Query("bridge", audience=PUBLIC, facets=("country",)))
            engine.apply([doc("z", "Road")])
            ids(engine, "road")
        except SearchUnavailable:
            pass
        engine.rebuild([doc("healed", "Bridge")])
        assert ids(engine, "bridge") == ["healed"], name
        engine.close()
        shutil.rmtree(broken)


def test_every_flipped_bit_is_found_whether_or_not_the_index_still_opens(tmp_path: Path) -> None:
    whole, dice, opened = tmp_path / "whole", random.Random(11), 0
    first = open_engine(f"whoosh:{whole}", SCHEMA)
    first.rebuild([doc(f"d{i}", f"Bridge number {i}", country=["KEN"]) for i in range(40)])
    first.apply([doc("new", "Bridge")])
    first.close()
    for name in [p.relative_to(whole) for p in whole.rglob("*") if p.is_file() and p.stat().st_size]:
        for _ in range(8):
            broken = tmp_path / "broken"
            shutil.copytree(whole, broken)
            engine = open_engine(f"whoosh:{broken}", SCHEMA)
            assert not engine.lost(), "the control"
            data = bytearray((broken / name).read_bytes())
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
            (broken / name).write_bytes(data)
            opened += open_engine(f"whoosh:{broken}", SCHEMA).ready()
            assert engine.lost(), name
            engine.close()
            shutil.rmtree(broken)
    assert opened, "the control: some of them would have gone unnoticed"


def _damage(path: Path, harm: str, dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    if harm == "delete":
        path.unlink()
    elif harm == "empty" or not data:
        path.write_bytes(b"")
    elif harm == "truncate":
        path.write_bytes(data[: len(data) // 2])
    else:
        for _ in range(5):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(data)


READER = """
import os, sys
from pathlib import Path
from search.engines import whoosh_storage
from search.opening import open_engine
from search.errors import SearchUnavailable
from search.query import Query
from tests.search.contract import PUBLIC, SCHEMA, doc
whoosh_storage.SMALL = int(sys.argv[3])
engine = open_engine("whoosh:" + sys.argv[1], SCHEMA)
everything = [doc(f"d{i}", f"Bridge number {i}", country=["KEN"]) for i in range(400)]
engine.rebuild(everything)
assert engine.search(Query("number", PUBLIC)).total == 400
for file in Path(sys.argv[1]).rglob("*.seg"):
    os.truncate(file, int(file.stat().st_size * float(sys.argv[2])))
said = 0
for ask in (lambda: engine.search(Query("bridge", PUBLIC, facets=("country",))), lambda: engine.search(Query("br*", PUBLIC)),
            engine.held, lambda: engine.apply([doc("z", "Road")])):
    try:
        ask()
    except SearchUnavailable:
        said += 1
engine.rebuild(everything)
print(said, engine.search(Query("bridge", PUBLIC, facets=("country",))).total)
"""


@pytest.mark.case("F4")
@pytest.mark.parametrize("left", ["0", "0.5", "0.99"])
@pytest.mark.parametrize("small", [0, whoosh_storage.SMALL], ids=["read in pieces", "kept whole"])
def test_F4_a_file_that_is_cut_short_while_it_is_read_ends_no_process(tmp_path: Path, left: str, small: int) -> None:
    command = [sys.executable, "-c", READER, str(tmp_path / "index"), left, str(small)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said, found = map(int, done.stdout.split())
    assert bool(said) == (small == 0) and found == 400


WRITER = """
import sys
from search.opening import open_engine
from tests.search.contract import SCHEMA, doc
engine = open_engine("whoosh:" + sys.argv[1], SCHEMA)
for i in range(int(sys.argv[2]), 10000):
    engine.apply([doc(f"k{i}", f"Bridge {i}")])
    if i % 7 == 0:
        engine.rebuild([doc(f"k{n}", f"Bridge {n}") for n in range(i + 1)])
    print(i, flush=True)
"""


@pytest.mark.case("F1")
def test_F1_killed_at_any_moment_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    engine = open_engine(f"whoosh:{folder}", SCHEMA)
    engine.rebuild([])
    dice, done = random.Random(3), -1
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), str(done + 1)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(dice.uniform(0.02, 0.3))
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        process.wait()
        done = max([done + 1, *map(int, rest)])
        held = set(engine.held())
        assert {f"k{i}" for i in range(done + 1)} <= held, "an acknowledged document is gone"
        assert len(held) <= done + 2, "at most the one that was under way may be there besides"
    engine.close()
