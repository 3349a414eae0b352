"""The Whoosh engine keeps the contract, agrees with the oracle, and loses nothing it acknowledged."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.engine import SearchEngine, open_engine
from search.errors import SearchUnavailable
from search.query import Query
from tests.search.contract import *  # noqa: F403
from tests.search.contract import PUBLIC, SCHEMA, doc, ids


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SearchEngine]:
    made = open_engine(f"whoosh:{tmp_path / 'index'}", SCHEMA)
    made.rebuild([])
    yield made
    made.close()


WORDS = ("audit", "bridge", "café", "delay", "e-GP", "form", "gloves", "hospital", "inspections", "the")
documents = st.builds(
    lambda i, words, audience, country, years, language: doc(
        f"d{i}", " ".join(words[:3]), " ".join(words[3:]), audience=audience, language=language,
        country=country, year=[str(y) for y in years],
    ),
    st.integers(0, 12),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=9),
    st.sampled_from([PUBLIC, frozenset({"person:1"})]),
    st.lists(st.sampled_from(["KEN", "GHA", "SEN"]), max_size=2, unique=True),
    st.lists(st.integers(2000, 2004), max_size=3, unique=True),
    st.sampled_from(["en", "fr", "sw"]),
)  # fmt: skip
atoms = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(["insp*", "ho*", '"audit bridge"', '"the form"', "country:ken", "title:delay", "nosuchword"]),
)
queries = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(" ".join),
        st.tuples(inner, inner).map(" OR ".join),
        atoms.map(lambda a: f"-{a}"),
        inner.map(lambda i: f"({i})"),
    ),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.lists(documents, min_size=1, max_size=5), min_size=1, max_size=4),
    st.lists(st.integers(0, 12), max_size=3),
    st.lists(queries, min_size=1, max_size=6),
    st.lists(st.sampled_from(["KEN", "GHA"]), max_size=2, unique=True),
    st.one_of(st.none(), st.integers(1999, 2005)),
)
def test_whoosh_agrees_with_the_oracle(tmp_path_factory, batches, dropped, texts, countries, year) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("agree")
    oracle, engine = open_engine("memory:", SCHEMA), open_engine(f"whoosh:{folder}", SCHEMA)
    engine.rebuild([])
    for batch in batches:
        for each in (oracle, engine):
            each.apply(batch)
    for each in (oracle, engine):
        each.apply([], [f"d{n}" for n in dropped])
    for text in texts:
        query = Query(
            text, PUBLIC, {"country": tuple(countries)}, year_from=year, facets=("country", "year"), per_page=100
        )
        told, found = oracle.search(query), engine.search(query)
        assert {h.id for h in found.hits} == {h.id for h in told.hits}, text
        assert (found.total, dict(found.facets)) == (told.total, dict(told.facets)), text
    engine.close()
    shutil.rmtree(folder)


def test_F4_a_missing_index_is_unavailable_and_a_rebuild_heals_it(engine: SearchEngine, tmp_path: Path) -> None:
    engine.apply([doc("a", "Bridge")])
    shutil.rmtree(tmp_path / "index")
    assert not engine.ready()
    for attempt in (lambda: ids(engine, "bridge"), lambda: engine.apply([doc("b", "Road")]), engine.ids):
        with pytest.raises(SearchUnavailable):
            attempt()
    engine.rebuild([doc("a", "Bridge")])
    assert engine.ready() and ids(engine, "bridge") == ["a"]


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


WRITER = """
import sys
from search.engine import open_engine
from tests.search.contract import SCHEMA, doc
engine = open_engine("whoosh:" + sys.argv[1], SCHEMA)
for i in range(int(sys.argv[2]), 10000):
    engine.apply([doc(f"k{i}", f"Bridge {i}")])
    if i % 7 == 0:
        engine.rebuild([doc(f"k{n}", f"Bridge {n}") for n in range(i + 1)])
    print(i, flush=True)
"""


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
        held = engine.ids()
        assert {f"k{i}" for i in range(done + 1)} <= held, "an acknowledged document is gone"
        assert len(held) <= done + 2, "at most the one that was under way may be there besides"
    engine.close()


def test_another_process_sees_a_commit_and_a_new_generation(tmp_path: Path) -> None:
    one, two = (open_engine(f"whoosh:{tmp_path / 'index'}", SCHEMA) for _ in range(2))
    one.rebuild([doc("a", "Bridge")])
    assert ids(two, "bridge") == ["a"]
    one.apply([doc("b", "Bridge")])
    assert set(ids(two, "bridge")) == {"a", "b"}
    two.rebuild([doc("c", "Bridge")])
    assert ids(one, "bridge") == ["c"]
    assert (tmp_path / "index").stat().st_mode & 0o077 == 0


def test_an_index_of_another_schema_is_not_used(tmp_path: Path) -> None:
    from dataclasses import replace

    open_engine(f"whoosh:{tmp_path}", SCHEMA).rebuild([doc("a", "Bridge")])
    other = open_engine(f"whoosh:{tmp_path}", replace(SCHEMA, facets=("kind", "year")))
    assert not other.ready()


def test_a_failed_rebuild_leaves_the_old_index_serving(engine: SearchEngine) -> None:
    engine.apply([doc("a", "Bridge")])

    def documents_that_break():  # type: ignore[no-untyped-def]
        yield doc("b", "Road")
        raise RuntimeError("the database went away")

    with pytest.raises(SearchUnavailable):
        engine.rebuild(documents_that_break())
    assert ids(engine, "bridge") == ["a"] and engine.ids() == {"a"}
