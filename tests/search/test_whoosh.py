"""The Whoosh engine keeps the contract, agrees with the oracle, and loses nothing it acknowledged."""

from __future__ import annotations

import math
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh import query
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, FileIndex
from whoosh.scoring import BM25F
from whoosh.searching import Searcher

from search import language, scoring
from search.engine import SearchEngine
from search.engines import arrays, whoosh_merge, whoosh_rebuild, whoosh_storage
from search.engines.arrays import Evaluator
from search.engines.whoosh import WhooshEngine
from search.engines.whoosh_invert import Inverted
from search.errors import SearchUnavailable
from search.opening import open_engine
from search.parse import parse
from search.query import Query, Sort
from search.tree import And, Node, Or, Word
from tests.search.contract import *  # noqa: F403
from tests.search.contract import PUBLIC, SCHEMA, doc, ids
from tests.search.made import WORDS, documents, queries


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SearchEngine]:
    made = open_engine(f"whoosh:{tmp_path / 'index'}", SCHEMA)
    made.rebuild([])
    yield made
    made.close()


# Merging happens at sizes that no test of hand-made documents reaches; here three segments become one, and a segment
# is written anew when half of it is gone, so that most examples go through it. `dense` says from which share of the
# documents on arrays over all of them are used: with 1 never, with 1000 always.
@settings(
    max_examples=int(os.environ.get("PRAXIS_EXAMPLES", "150")), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(
    st.lists(st.lists(documents, min_size=1, max_size=5), min_size=1, max_size=6),
    st.lists(st.integers(0, 12), max_size=3),
    st.lists(queries, min_size=1, max_size=8),
    st.lists(st.sampled_from(["KEN", "GHA"]), max_size=2, unique=True),
    st.one_of(st.none(), st.integers(1999, 2005)),
    st.sampled_from([1, 4, 1000]),
    st.sampled_from([1, 64]),
)
def test_whoosh_agrees_with_the_oracle(
    tmp_path_factory, batches, dropped, texts, countries, year, dense, smallest
) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("agree")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "DENSE", dense)
        patch.setattr(whoosh_merge, "TOGETHER", 3)
        patch.setattr(whoosh_merge, "SMALLEST", smallest)
        oracle, engine = open_engine("memory:", SCHEMA), open_engine(f"whoosh:{folder}", SCHEMA)
        engine.rebuild([])
        for number, batch in enumerate([*batches, []]):
            gone = [] if batch else [f"d{n}" for n in dropped]
            oracle.apply(batch, gone)
            engine.apply(batch, gone)
            # every view is asked, so that the next one goes on from what was worked out in it
            for place, text in enumerate(texts[number % 3 :: 3] if batch else texts):
                query = Query(
                    text, PUBLIC, {"country": tuple(countries)}, year_from=year, facets=("country", "year"),
                    per_page=100, sort=list(Sort)[(number + place) % len(Sort)],
                )  # fmt: skip
                told, found = oracle.search(query), engine.search(query)
                assert {h.id for h in found.hits} == {h.id for h in told.hits}, text
                if query.sort is not Sort.RELEVANCE:
                    assert [h.id for h in found.hits] == [h.id for h in told.hits], text
                assert (found.total, dict(found.facets)) == (told.total, dict(told.facets)), text
        engine.close()
        assert engine.held() == oracle.held()
    shutil.rmtree(folder)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(documents, min_size=1, max_size=12, unique_by=lambda d: d.id), st.lists(queries, min_size=1, max_size=8)
)
def test_scores_are_those_of_the_oracle_over_several_segments(tmp_path_factory, made, texts) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("scores")
    oracle, engine = open_engine("memory:", SCHEMA), open_engine(f"whoosh:{folder}", SCHEMA)
    engine.rebuild(made[::2])
    engine.apply(made[1::2])
    oracle.rebuild(made)
    for text in texts:
        query = Query(text, PUBLIC | {"person:1"}, per_page=100)
        told, found = oracle.search(query), engine.search(query)
        assert {h.id: h.score for h in found.hits} == pytest.approx({h.id: h.score for h in told.hits}, abs=1e-4), text
    engine.close()
    shutil.rmtree(folder)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(documents, min_size=1, max_size=12, unique_by=lambda d: d.id),
    st.lists(
        st.lists(
            st.builds(
                '{}:"{}"'.format,
                st.sampled_from(["title", "summary"]),
                st.sampled_from([w for w in WORDS if w != "e-GP"]),
            ),
            min_size=1,
            max_size=3,
        ),
        min_size=1,
        max_size=6,
    ),
    st.booleans(),
)
def test_scores_are_whooshs_own_where_it_scores_the_same_query(tmp_path_factory, made, asked, joined) -> None:  # type: ignore[no-untyped-def]
    """Whoosh scores field by field, so the questions name a field; and it knows no forms of a word, so they are quoted."""
    folder = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "idf", lambda documents, having: math.log(documents / (having + 1)) + 1)  # Whoosh's
        engine = WhooshEngine(str(folder), SCHEMA)
        made = [replace(d, text=d.text | {"summary": d.text["text_1"]}) for d in made]
        engine.rebuild(made[::2])
        engine.apply(made[1::2])
        view = engine._current()
        toc = TOC.read(FileStorage(str(view.path)), "MAIN")
        reader = FileIndex._reader(FileStorage(str(view.path)), toc.schema, toc.segments, toc.generation)
        searcher = Searcher(reader, weighting=BM25F(B=scoring.B, K1=scoring.K1))
        for words in asked:
            text = " ".join(words) if joined else " OR ".join(words)
            node = parse(text, SCHEMA)
            ours = Evaluator(view, SCHEMA, view.alive).match(node)
            theirs = {h.docnum: h.score for h in searcher.search(_for_whoosh(node), limit=None)}
            assert dict(zip(ours.documents.tolist(), ours.scores.tolist(), strict=True)) == pytest.approx(
                theirs, abs=1e-4
            ), text
        searcher.close()
        engine.close()
    shutil.rmtree(folder)


def _for_whoosh(node: Node) -> query.Query:
    """The same question in Whoosh's own tree."""
    if isinstance(node, Word):
        return query.Term(f"t_{node.field}", node.text)
    assert isinstance(node, And | Or)
    return (query.And if isinstance(node, And) else query.Or)([_for_whoosh(part) for part in node.parts])


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="aéßİ'’-‐ _.,;1½日本اَ\u0301ñQuL d", max_size=40), st.sampled_from(["en", "fr", "ar", "sw"]))
def test_the_units_of_a_text_have_its_tokens_one_after_the_other(text: str, code: str) -> None:
    whole = [(t.position, k) for t in language.tokens(text) for k in language.keys(t, code)]
    assert list(language.indexed(text, code)) == whole


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


def test_two_threads_that_invert_at_once_do_not_mix_up_their_words() -> None:
    wrong: list[str] = []

    def invert(name: str) -> None:
        for round_ in range(40):
            words = [f"{name}{round_}w{i}" for i in range(60)]
            made = Inverted(SCHEMA, [doc("d", " ".join(words))])
            held = {text.decode() for text, _, _ in made.terms("title")}
            wrong.extend(set(words) - held)

    threads = [threading.Thread(target=invert, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_two_engines_see_each_others_commits_at_once_however_close_together(tmp_path: Path) -> None:
    one, two = (open_engine(f"whoosh:{tmp_path / 'index'}", SCHEMA) for _ in range(2))
    one.rebuild([])
    for i in range(30):
        one.apply([doc(f"d{i}", "Bridge")])
        assert two.search(Query("bridge", PUBLIC)).total == i + 1
    one.close()
    two.close()


def test_F8_a_clock_that_was_set_back_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (open_engine(f"whoosh:{tmp_path / 'index'}", SCHEMA) for _ in range(2))
    one.rebuild([doc("a", "Bridge")])
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000)
    assert ids(two, "bridge") == ["a"]
    one.apply([doc("b", "Bridge")])
    assert set(ids(two, "bridge")) == {"a", "b"}
    one.close()
    two.close()


def test_F4_a_missing_index_is_unavailable_and_a_rebuild_heals_it(engine: SearchEngine, tmp_path: Path) -> None:
    engine.apply([doc("a", "Bridge")])
    shutil.rmtree(tmp_path / "index")
    assert not engine.ready()
    for attempt in (lambda: ids(engine, "bridge"), lambda: engine.apply([doc("b", "Road")]), engine.held):
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
    assert ids(engine, "bridge") == ["a"] and set(engine.held()) == {"a"}
