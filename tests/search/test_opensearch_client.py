"""Addresses of clusters, and when nothing is asked any more. Everything else needs a cluster: tests/opensearch."""

from __future__ import annotations

import pytest

from knowledge.settings import BadSetting, Settings
from search.engines.opensearch_client import FAILURES, REST, Breaker, Client, address
from search.errors import SearchAway
from search.opening import open_engine
from search.query import Query
from tests.opensearch.cluster import free_ports
from tests.search.contract import PUBLIC, SCHEMA


def test_an_address_has_hosts_an_index_and_a_password_that_is_never_shown() -> None:
    found = address("opensearch+https://me:p%40ss%2Fword@one,two:9201,[::1]/praxis-1?shards=3&ca=/etc/ca.pem")
    assert found.hosts == (("one", 9200), ("two", 9201), ("[::1]", 9200))
    assert (found.index, found.secure, found.shards, found.authority) == ("praxis-1", True, 3, "/etc/ca.pem")
    assert (found.user, found.password) == ("me", "p@ss/word")
    assert "p@ss" not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "opensearch+https://host", "opensearch+https://host/", "opensearch+https://host/Upper",
        "opensearch+https://host/a/b", "opensearch+https://host/_all", "opensearch+https://host/*",
        "opensearch+https://host:x/i", "opensearch+https://,host/i", "opensearch+https://me:geheim@/i",
        "opensearch+https://me:geheim@host/i?shards=0", "opensearch+https://me:geheim@host/i?password=x",
    ],
)  # fmt: skip
def test_a_bad_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="OpenSearch") as told:
        address(url)
    assert "geheim" not in str(told.value)
    with pytest.raises(BadSetting, match="PRAXIS_SEARCH_URL") as setting:
        Settings.from_environment({"PRAXIS_SEARCH_URL": url})
    assert "geheim" not in str(setting.value)


def test_after_some_failures_nothing_is_asked_for_a_while_and_then_one_may_try() -> None:
    now = [100.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(FAILURES):
        breaker.check()
        breaker.failed()
    with pytest.raises(SearchAway):
        breaker.check()
    now[0] += REST + 0.1
    breaker.check()  # this one tries
    with pytest.raises(SearchAway):
        breaker.check()  # the others wait for it
    breaker.worked()
    breaker.check()


def test_a_cluster_that_is_not_there_is_given_up_soon_and_has_lost_nothing() -> None:
    pauses: list[float] = []
    port = free_ports(1)[0]
    client = Client(address(f"opensearch+http://127.0.0.1:{port}/nothing"), pause=pauses.append)
    with pytest.raises(SearchAway):
        client.ask("GET", "/")
    assert len(pauses) in (FAILURES - 1, FAILURES), "tried again, until the breaker opened"
    assert pauses == sorted(pauses), "each pause is longer than the one before"
    client.close()
    engine = open_engine(f"opensearch+http://127.0.0.1:{port}/nothing", SCHEMA)
    assert not engine.ready() and not engine.lost()
    with pytest.raises(SearchAway):
        engine.search(Query("words", PUBLIC))
    engine.close()
