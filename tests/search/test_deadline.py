"""One moment for all that is done to answer a question, however many looks it takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from search import spelling
from search.engines import deadline
from search.engines.answering import answered
from search.engines.arrays import Evaluator, Postings
from search.engines.deadline import PATIENCE, Deadline
from search.engines.whoosh import WhooshEngine
from search.engines.whoosh_view import View
from search.errors import BadQuery
from search.parse import NO_SYNONYMS, parse
from search.query import Query, Results
from search.tree import Node
from tests.conftest import Stage
from tests.search.contract import PUBLIC, SCHEMA, doc


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(deadline, "clock", lambda: now[0])
    return now


@pytest.mark.parametrize(("seconds", "looks"), [(PATIENCE * 0.4, 3), (PATIENCE * 0.3, 4), (PATIENCE * 0.1, 7)])
def test_all_looks_of_one_question_share_its_time(clock: list[float], seconds: float, looks: int) -> None:
    """All words, some of them, the same everywhere, another spelling: each of these looks takes so many seconds."""
    left: list[float] = []

    def evaluate(node: Node, query: Query, until: Deadline) -> Results:
        left.append(until.left())
        clock[0] += seconds
        return Results(0, (), 1, 20)

    def vocabulary(query: Query, until: Deadline) -> spelling.Vocabulary:
        lexicon = spelling.Lexicon()
        lexicon.add(["bridge"])
        return spelling.Vocabulary(lexicon, lambda words: [int(word == "bridge") for word in words])

    query = Query("brigde audits", PUBLIC, {"country": ("KEN",)})
    if seconds * 7 > PATIENCE:
        with pytest.raises(BadQuery, match="too long"):
            answered(query, SCHEMA, NO_SYNONYMS, evaluate, vocabulary)
    else:
        answered(query, SCHEMA, NO_SYNONYMS, evaluate, vocabulary)
    assert len(left) == looks
    assert left == pytest.approx([PATIENCE - n * seconds for n in range(looks)])


def test_walking_a_tree_keeps_to_the_time_that_the_question_has_left(clock: list[float], tmp_path: Path) -> None:
    engine = WhooshEngine(str(tmp_path), SCHEMA)
    engine.rebuild([doc("a", "Bridge")])
    view, until, node = engine._current(), Deadline(), parse("bridge", SCHEMA)
    for elapsed in (PATIENCE * 0.9, PATIENCE * 0.2):
        found = Evaluator(view, SCHEMA, view.alive, until)
        clock[0] += elapsed
        if clock[0] < 100 + PATIENCE:
            assert len(found.match(node).documents) == 1, "the control"
        else:
            with pytest.raises(BadQuery, match="too long"):
                found.match(node)
    engine.close()


@pytest.mark.case("Q5")
def test_a_question_that_takes_too_long_is_a_page_with_a_sentence(
    whoosh_stage: Stage, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    whoosh_stage.record(whoosh_stage.actor("author"), "published", title="Phone quotations in the storm")
    postings = View.postings
    slow = [0.0]

    def slowly(self: View, field: str, key: str) -> Postings:
        clock[0] += slow[0]
        return postings(self, field, key)

    monkeypatch.setattr(View, "postings", slowly)
    client = whoosh_stage.client()
    for page in ("/practices", "/practices.json", "/practices/map"):
        assert client.get(f"{page}?q=storm").status_code == 200, "the control"
    slow[0] = PATIENCE / 5
    for number, page in enumerate(("/practices", "/practices.json", "/practices/map")):
        answer = client.get(f"{page}?q=quotations+number+{number}")
        assert answer.status_code == 400 and "This search takes too long" in answer.text, page
