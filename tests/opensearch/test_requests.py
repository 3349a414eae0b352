"""What is asked of a cluster for one question: how often, how much, and in what time."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any

import pytest

from search.engines import deadline, opensearch
from search.engines.deadline import PATIENCE
from search.engines.opensearch import OpenSearchEngine
from search.errors import BadQuery
from search.opening import open_engine
from search.query import Query
from tests.opensearch.conftest import Remote, opened
from tests.search.contract import PUBLIC, SCHEMA, doc

names = (f"requests-{os.getpid()}-{number}" for number in itertools.count())


@pytest.fixture
def engine(cluster: Remote) -> Iterator[OpenSearchEngine]:
    with opened(cluster, next(names), "?shards=2") as made:
        yield made


@pytest.fixture
def asked(engine: OpenSearchEngine, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of all requests."""
    paths: list[str] = []
    ask = engine._client.ask

    def noted(method: str, path: str, *told: Any, **options: Any) -> Any:
        paths.append(path.rpartition("/")[2])
        return ask(method, path, *told, **options)

    monkeypatch.setattr(engine._client, "ask", noted)
    return paths


def test_however_many_words_are_like_one_that_is_misspelt_they_are_asked_about_at_once(
    engine: OpenSearchEngine, asked: list[str]
) -> None:
    often = []
    for like in (3, 60):
        engine.rebuild([doc(f"d{n}", f"bridge{chr(97 + n % 26)}{chr(97 + n // 26)} schools") for n in range(like)])
        asked.clear()
        found = engine.search(Query("schools bridge", PUBLIC))
        assert (found.complete, found.corrected) == (like and 1, True)
        often.append([path for path in asked if path != "_mapping"])
    assert often[0] == often[1] and often[0].count("_msearch") <= 3


def test_several_searches_are_counted_by_one_request(engine: OpenSearchEngine, asked: list[str]) -> None:
    engine.apply([doc("a", "Bridges"), doc("b", "Bridges and schools")])
    asked.clear()
    assert engine.totals([Query(text, PUBLIC) for text in ("bridge", "school", "road")]) == [2, 1, 0]
    assert asked == ["_msearch"]


def test_a_facet_of_very_many_values_is_counted_to_the_last(
    engine: OpenSearchEngine, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opensearch, "VALUES", 5)
    made = [doc(f"d{n}", "Bridge", country=[f"C{n}"], year=[str(2000 + n % 10)]) for n in range(30)]
    hidden = [doc("x", "Bridge", audience=frozenset({"manager"}), country=["C99"], kind=["secret"])]
    for each in (oracle := open_engine("memory:", SCHEMA), engine):
        each.apply(made + hidden)
    for filters in ({}, {"country": ("C3",)}, {"year": ("2001",)}):
        query = Query("bridge", PUBLIC, filters, facets=("country",), relax=False)
        asked.clear()
        assert engine.search(query).facets == oracle.search(query).facets
        assert asked.count("_search") == (1 if "year" in filters else 2), "the control: again only where it is needed"


def test_all_requests_of_one_question_share_its_time(engine: OpenSearchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.apply([doc("a", "Bridges"), doc("b", "Schools")])
    now, ask, limits = [100.0], engine._client.ask, list[float]()
    monkeypatch.setattr(deadline, "clock", lambda: now[0])

    def slowly(method: str, path: str, body: Any, patience: float, **options: Any) -> Any:
        limits.append(patience)
        found = ask(method, path, body, patience, **options)
        now[0] += PATIENCE * 0.6
        return found

    monkeypatch.setattr(engine._client, "ask", slowly)
    assert engine.search(Query("bridges", PUBLIC, relax=False)).total == 1, "the control: one request is in time"
    limits.clear()
    with pytest.raises(BadQuery, match="too long"):
        engine.search(Query("bridges schools", PUBLIC))
    assert limits == pytest.approx([PATIENCE + opensearch.GRACE, 0.4 * PATIENCE + opensearch.GRACE])
