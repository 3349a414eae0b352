"""The Whoosh engine keeps the contract, agrees with the oracle, and shows every commit to everybody at once."""

from __future__ import annotations

import math
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

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
from search.engines import arrays, whoosh_merge
from search.engines.arrays import Evaluator
from search.engines.deadline import Deadline
from search.engines.whoosh import WhooshEngine
from search.engines.whoosh_invert import Inverted
from search.errors import SearchUnavailable
from search.opening import open_engine
from search.parse import parse
from search.query import Query, Sort
from search.tree import And, Node, Or, Word
from tests.search.contract import *  # noqa: F403
from tests.search.contract import PUBLIC, SCHEMA, doc, ids
from tests.search.made import WORDS, documents, examples, queries


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SearchEngine]:
    made = open_engine(f"whoosh:{tmp_path / 'index'}", SCHEMA)
    made.rebuild([])
    yield made
    made.close()


# Merging happens at sizes that no test of hand-made documents reaches; here three segments become one, and a segment
# is written anew when half of it is gone, so that most examples go through it. `dense` says from which share of the
# documents on arrays over all of them are used: with 1 never, with 1000 always.
@settings(max_examples=examples(150), suppress_health_check=list(HealthCheck))
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
                # what was deleted counts in how telling words are until it is merged away, as in the test after next
                if query.sort is not Sort.RELEVANCE:
                    assert [h.id for h in found.hits] == [h.id for h in told.hits], text
                assert (found.total, dict(found.facets)) == (told.total, dict(told.facets)), text
        engine.close()
        assert engine.held() == oracle.held()
    shutil.rmtree(folder)


def score_alike(oracle: SearchEngine, engine: SearchEngine, texts: list[str]) -> None:
    """Each of these finds the same in both, with the same scores."""
    for text in texts:
        query = Query(text, PUBLIC | {"person:1"}, per_page=100)
        told, found = oracle.search(query), engine.search(query)
        assert {h.id: h.score for h in found.hits} == pytest.approx({h.id: h.score for h in told.hits}, abs=1e-4), text


@settings(max_examples=examples(100), suppress_health_check=list(HealthCheck))
@given(
    st.lists(documents, min_size=1, max_size=12, unique_by=lambda d: d.id), st.lists(queries, min_size=1, max_size=8)
)
def test_scores_are_those_of_the_oracle_over_several_segments(tmp_path_factory, made, texts) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("scores")
    oracle, engine = open_engine("memory:", SCHEMA), open_engine(f"whoosh:{folder}", SCHEMA)
    engine.rebuild(made[::2])
    engine.apply(made[1::2])
    oracle.rebuild(made)
    score_alike(oracle, engine, texts)
    engine.close()
    shutil.rmtree(folder)


@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))
@given(
    st.lists(documents, min_size=2, max_size=12, unique_by=lambda d: d.id),
    st.lists(documents, max_size=4, unique_by=lambda d: d.id),
    st.lists(st.integers(0, 12), max_size=3),
    st.lists(queries, min_size=1, max_size=8),
)
def test_scores_are_those_of_an_oracle_that_has_not_forgotten_what_was_deleted(
    tmp_path_factory, made, again, dropped, texts
) -> None:  # type: ignore[no-untyped-def]
    """Until its segment is merged, a deleted document counts in averages and in how telling words are.

    The oracle holds it as one that nobody may read; a segment of which nothing is left is gone at once.
    """
    folder = tmp_path_factory.mktemp("deleted")
    oracle, engine = open_engine("memory:", SCHEMA), open_engine(f"whoosh:{folder}", SCHEMA)
    gone = {f"d{n}" for n in dropped} - {d.id for d in again}
    engine.rebuild(made[::2])
    engine.apply(made[1::2])
    engine.apply(again, gone)
    dead, held = gone | {d.id for d in again}, list(again)
    for segment in (made[::2], made[1::2]):
        if any(d.id not in dead for d in segment):
            held += [replace(d, id=f"{d.id}-was", audience=frozenset()) if d.id in dead else d for d in segment]
    oracle.rebuild(held)
    score_alike(oracle, engine, texts)
    engine.close()
    shutil.rmtree(folder)


@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))
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
            ours = Evaluator(view, SCHEMA, view.alive, Deadline()).match(node)
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


@settings(max_examples=200)
@given(st.text(alphabet="aéßİ'’-‐ _.,;1½日本اَ\u0301ñQuL d", max_size=40), st.sampled_from(["en", "fr", "ar", "sw"]))
def test_the_units_of_a_text_have_its_tokens_one_after_the_other(text: str, code: str) -> None:
    whole = [(t.position, k) for t in language.tokens(text) for k in language.keys(t, code)]
    assert list(language.indexed(text, code)) == whole


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


@pytest.mark.case("F4")
def test_F4_a_missing_index_is_unavailable_and_a_rebuild_heals_it(engine: SearchEngine, tmp_path: Path) -> None:
    engine.apply([doc("a", "Bridge")])
    shutil.rmtree(tmp_path / "index")
    assert not engine.ready()
    for attempt in (lambda: ids(engine, "bridge"), lambda: engine.apply([doc("b", "Road")]), engine.held):
        with pytest.raises(SearchUnavailable):
            attempt()
    engine.rebuild([doc("a", "Bridge")])
    assert engine.ready() and ids(engine, "bridge") == ["a"]


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
