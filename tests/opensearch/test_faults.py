"""Nodes die in the middle of things, the cluster goes away and comes back: nothing is lost, nothing is there twice."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from knowledge.services import indexing
from search.engine import SearchEngine
from search.engines.opensearch_client import Client, address
from search.errors import SearchAway, SearchUnavailable
from search.opening import open_engine
from search.query import Query
from tests.conftest import Stage, make_stage, with_people
from tests.faults.test_index_behind import KINDS, rebuilt_while_something_is_written
from tests.opensearch.conftest import Remote, opened
from tests.search.contract import PUBLIC, SCHEMA, doc

names = (f"faults-{os.getpid()}-{number}" for number in itertools.count())
MANY = 3000


@pytest.fixture
def engine(cluster: Remote) -> Iterator[SearchEngine]:
    with opened(cluster, next(names), "?shards=2") as made:
        yield made


@pytest.fixture
def whole(cluster: Remote) -> Iterator[Remote]:
    """The cluster, made whole again after the test."""
    alive = {1, 2, 3}
    told = cluster.tell

    def tell(command: str, number: int) -> None:
        told(command, number)
        if command in ("kill", "start"):
            (alive.discard if command == "kill" else alive.add)(number)

    cluster.tell = tell  # type: ignore[method-assign]
    yield cluster
    cluster.tell = told  # type: ignore[method-assign]
    for number in {1, 2, 3} - alive:
        cluster.tell("start", number)
    cluster.tell("wait", 3)


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def test_a_node_dies_while_people_search_and_nobody_misses_anything(engine: SearchEngine, whole: Remote) -> None:
    engine.apply([doc(f"n{n}", f"Common words number {n}") for n in range(200)])
    stop, totals, refused = threading.Event(), list[int](), list[str]()

    def ask() -> None:
        while not stop.is_set():
            try:
                totals.append(engine.search(Query("common", PUBLIC)).total)
            except SearchUnavailable as error:
                refused.append(str(error))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    time.sleep(1)
    whole.tell("kill", 2)
    before = len(totals)
    eventually(lambda: len(totals) > before + 100)
    engine.apply([doc("later", "Common words, later")])  # one node short, and still taken in on two copies
    eventually(lambda: totals[-1] == 201)
    stop.set()
    for asker in askers:
        asker.join()
    assert set(totals) <= {200, 201}, "an answer is whole, or there is none"
    whole.tell("start", 2)
    whole.tell("wait", 3)
    assert engine.search(Query("common", PUBLIC)).total == 201 == len(engine.held())


def test_a_node_dies_in_the_middle_of_a_rebuild(engine: SearchEngine, whole: Remote) -> None:
    engine.apply([doc("old", "An old document")])
    begun, killed = threading.Event(), threading.Event()
    during: list[int] = []

    def documents() -> Iterator:  # type: ignore[type-arg]
        for n in range(MANY):
            if n == MANY // 2:
                begun.set()
                killed.wait(60)
                during.append(engine.search(Query("old", PUBLIC)).total)
            yield doc(f"r{n}", f"Rebuilt words number {n}", "word " * 400)

    def kill() -> None:
        begun.wait(60)
        whole.tell("kill", 3)
        killed.set()

    killer = threading.Thread(target=kill)
    killer.start()
    assert engine.rebuild(documents()) == MANY
    killer.join()
    assert during == [1], "the old index serves until the new one is whole"
    assert engine.search(Query("rebuilt", PUBLIC)).total == MANY
    assert len(engine.held()) == MANY
    whole.tell("start", 3)
    whole.tell("wait", 3)
    assert engine.search(Query("rebuilt", PUBLIC)).total == MANY == len(engine.held())


def test_two_that_rebuild_at_once_do_not_hurt_each_other(cluster: Remote) -> None:
    url = cluster.url(next(names))
    engines = [open_engine(url, SCHEMA) for _ in range(2)]
    made = [doc(f"d{n}", f"Rebuilt words number {n}") for n in range(500)]
    threads = [threading.Thread(target=e.rebuild, args=(made,)) for e in engines]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [e.search(Query("rebuilt", PUBLIC)).total for e in engines] == [500, 500]
    client = Client(address(url))
    served = list(client.ask("GET", f"/{address(url).index}-*/_alias"))
    assert len(served) == 1, "what the other one built is gone"
    for each in engines:
        each.close()
    client.close()


def test_two_sites_on_one_cluster_leave_each_others_index_alone(cluster: Remote) -> None:
    name = next(names)
    one, other = (open_engine(cluster.url(n), SCHEMA) for n in (name, f"{name}-test"))
    other.rebuild([doc("theirs", "Their words")])
    for number in range(2):
        one.rebuild([doc("ours", f"Our words {number}")])
    assert list(other.held()) == ["theirs"] and list(one.held()) == ["ours"]
    client = Client(address(cluster.url(name)))
    left = {index.rsplit("-", 2)[0] for index in client.ask("GET", f"/{name}-*/_alias")}
    assert left == {name, f"{name}-test"}
    assert len(client.ask("GET", f"/{name}-*/_alias")) == 2, "the control: its own old index is gone"
    for each in (client, one, other):
        each.close()


def test_a_builder_that_fails_leaves_the_old_index_and_no_other(engine: SearchEngine, cluster: Remote) -> None:
    engine.apply([doc("old", "An old document")])

    def documents() -> Iterator:  # type: ignore[type-arg]
        yield doc("new", "A new document")
        raise SearchAway("the line is cut")

    with pytest.raises(SearchAway):
        engine.rebuild(documents())
    assert list(engine.held()) == ["old"]


@pytest.fixture
def site(cluster: Remote, tmp_path: Path) -> Iterator[Stage]:
    stage = with_people(make_stage(tmp_path, search=cluster.url(next(names))))
    yield stage
    stage.site.db.close()


@pytest.mark.case("F16")
def test_with_the_cluster_away_records_and_desks_go_on_and_nothing_is_lost(
    site: Stage, whole: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuilt: list[Any] = []
    monkeypatch.setattr(indexing, "rebuild", lambda *about: rebuilt.append(about))
    author = site.actor("author")
    before = site.record(author, "published", title="Phone quotations before the storm")
    assert "before the <mark>storm" in site.client().get("/practices?q=storm").text, "the control: with it, it answers"
    for node in (1, 2, 3):
        whole.tell("kill", node)
    during = site.record(author, "published", title="Phone quotations during the storm")
    answer = site.client().get("/practices?q=storm")
    assert answer.status_code == 503 and "before the storm" in answer.text, "a reduced search by the database"
    assert site.client().get(f"/practices/{before}", follow_redirects=True).status_code == 200
    assert site.client().get(f"/practices/{during}", follow_redirects=True).status_code == 200
    assert site.client("author").get("/work").status_code == 200
    assert site.client().get("/healthz").json == {"database": True, "index": False}
    eventually(lambda: not site.site.keeper.healing())
    assert rebuilt == [], "a cluster that is away has lost nothing that a rebuild could bring back"
    for node in (1, 2, 3):
        whole.tell("start", node)
    whole.tell("wait", 3)
    sweep = threading.Thread(target=site.site.keeper.sweep_forever, args=(0.2,))
    sweep.start()
    eventually(lambda: "during the <mark>storm" in site.client().get("/practices?q=storm").text)
    site.site.keeper.stop()
    sweep.join()
    assert indexing.compare(site.site.db, site.site.engine).same


@pytest.mark.parametrize("kind", KINDS)
def test_a_rebuild_on_a_cluster_loses_nothing_that_is_written_meanwhile(
    site: Stage, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    rebuilt_while_something_is_written(site, monkeypatch, kind)


@pytest.mark.case("F4")
def test_an_index_that_is_deleted_is_built_again(site: Stage, cluster: Remote) -> None:
    site.record(site.actor("author"), "published", title="Phone quotations in the storm")
    place = address(site.site.settings.search)
    client = Client(place)
    for name in client.ask("GET", f"/{place.index}-*/_alias"):
        client.ask("DELETE", f"/{name}")
    client.close()
    assert site.client().get("/practices?q=storm").status_code == 503
    eventually(lambda: site.client().get("/practices?q=storm").status_code == 200)
    eventually(lambda: not site.site.keeper.healing())
    assert indexing.compare(site.site.db, site.site.engine).same
