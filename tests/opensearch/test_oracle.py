"""What the cluster finds is what the oracle finds: the same documents, totals and counts.

Scores may differ a little by design: Lucene keeps the length of a text in one byte, counts documents that are deleted
but not yet merged away, and scores the beginning of a word the same wherever it stands. So orders are compared where
the oracle's scores are clearly apart.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.engine import SearchEngine
from search.opening import open_engine
from search.query import Query
from tests.opensearch.conftest import Remote
from tests.search.contract import PUBLIC, SCHEMA
from tests.search.made import documents, examples, queries

EVERY_ID = [f"d{n}" for n in range(13)]
CLEARLY = 1.35  # times another score
UNUSUAL = ("*", '"', ":", "-")  # beginnings, phrases, fields: scored by Lucene in its own way


@pytest.fixture(scope="module")
def engine(cluster: Remote) -> Iterator[SearchEngine]:
    made = open_engine(cluster.url(f"oracle-{os.getpid()}", "?shards=2"), SCHEMA)
    made.rebuild([])
    yield made
    made.close()


@settings(max_examples=examples(150) // 5, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.lists(documents, min_size=1, max_size=6), min_size=1, max_size=3),
    st.lists(st.integers(0, 12), max_size=3),
    st.lists(queries, min_size=1, max_size=8),
    st.lists(st.sampled_from(["KEN", "GHA"]), max_size=2, unique=True),
    st.one_of(st.none(), st.integers(1999, 2005)),
)
def test_the_cluster_agrees_with_the_oracle(engine, batches, dropped, texts, countries, year) -> None:  # type: ignore[no-untyped-def]
    oracle = open_engine("memory:", SCHEMA)
    engine.apply([], EVERY_ID)
    for each in (oracle, engine):
        for batch in batches:
            each.apply(batch)
        each.apply([], [f"d{n}" for n in dropped])
    for text in texts:
        query = Query(
            text, PUBLIC, {"country": tuple(countries)}, year_from=year, facets=("country", "year"), per_page=100
        )
        told, found = oracle.search(query), engine.search(query)
        assert {h.id for h in found.hits} == {h.id for h in told.hits}, text
        assert (found.total, dict(found.facets)) == (told.total, dict(told.facets)), text
        assert (found.complete, found.corrected, found.spelling) == (told.complete, told.corrected, told.spelling), text
    assert engine.held() == oracle.held()


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    st.lists(documents, min_size=2, max_size=12, unique_by=lambda d: d.id), st.lists(queries, min_size=1, max_size=8)
)
def test_the_order_is_the_oracles_where_scores_are_clearly_apart(cluster, made, texts) -> None:  # type: ignore[no-untyped-def]
    oracle = open_engine("memory:", SCHEMA)
    engine = open_engine(cluster.url(f"order-{os.getpid()}"), SCHEMA)
    engine.rebuild(made)
    oracle.rebuild(made)
    for text in (t for t in texts if not any(sign in t for sign in UNUSUAL)):
        query = Query(text, PUBLIC | {"person:1"}, per_page=100)
        scores = {h.id: h.score for h in oracle.search(query).hits}
        order = [scores[h.id] for h in engine.search(query).hits]
        assert all(later <= earlier * CLEARLY for n, earlier in enumerate(order) for later in order[n + 1 :]), (
            text,
            order,
        )
    engine.close()
