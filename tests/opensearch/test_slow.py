"""F16: a cluster that takes connections and does not answer, or only says that it cannot: the site goes on without it."""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from knowledge.services import authoring, indexing
from search.engines.opensearch import OpenSearchEngine
from search.engines.opensearch_client import REST, SAVING
from search.errors import SearchAway
from tests.conftest import Stage, complete_experience, make_stage, with_people
from tests.opensearch.conftest import Remote
from tests.search.door import Answer, Asked, Door, never, red, through

names = (f"slow-{os.getpid()}-{number}" for number in itertools.count())


@pytest.fixture
def door(cluster: Remote) -> Iterator[Door]:
    made = Door(through(cluster.ports[0]))
    yield made
    made.close()


@pytest.fixture
def site(door: Door, tmp_path: Path) -> Iterator[Stage]:
    stage = with_people(make_stage(tmp_path, search=f"opensearch+http://127.0.0.1:{door.port}/{next(names)}"))
    yield stage
    stage.site.db.close()


@pytest.mark.case("F16")
@pytest.mark.parametrize("how", [never, red])
def test_a_cluster_that_cannot_answer_keeps_nobody_from_saving_and_reading_and_hears_of_it_later(
    site: Stage, door: Door, how: Callable[[Asked], Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    author, engine = site.actor("author"), site.site.engine
    assert isinstance(engine, OpenSearchEngine)
    before = site.record(author, "published", title="Phone quotations before the storm")
    assert "before the <mark>storm" in site.client().get("/practices?q=storm").text, "the control: it is asked"
    now, limits = [1000.0], list[float]()
    monkeypatch.setattr(engine._client.breaker, "_clock", lambda: now[0])
    real = engine._client._once

    def once(method: str, path: str, body: Any, patience: float, options: Any) -> Any:
        limits.append(patience)
        return real(method, path, body, patience, options)

    monkeypatch.setattr(engine._client, "_once", once)
    whole, door.answer, door.asked = door.answer, how, []
    during = site.record(author, "published", title="Phone quotations during the storm")  # three saves
    assert door.asked and max(limits) <= SAVING
    with pytest.raises(SearchAway):
        engine._client.breaker.check()
    asked = len(door.asked)
    site.site.act(authoring.start, author, "experience", complete_experience(), secrets.token_hex(8))
    for record in (before, during):
        assert site.client().get(f"/practices/{record}", follow_redirects=True).status_code == 200
    assert site.client("author").get("/work").status_code == 200
    answer = site.client().get("/practices?q=storm")
    assert answer.status_code == 503
    assert "before the storm" in answer.text and "during the storm" in answer.text, "a reduced search by the database"
    assert len(door.asked) == asked, "nothing is asked while the breaker is open"
    assert not site.site.keeper.healing(), "a rebuild would bring nothing back"
    door.answer = whole
    now[0] += REST + 1
    site.site.keeper._sweep()
    assert "during the <mark>storm" in site.client().get("/practices?q=storm").text
    assert indexing.compare(site.site.db, engine).same
