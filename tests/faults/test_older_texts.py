"""e: what an index that is behind still holds of a text is shown nowhere; what it finds is read from the database."""

from __future__ import annotations

import re

import pytest

from search.query import Query
from tests.conftest import Stage, complete_experience

NAME = "Zanzibarius"
LISTS = ("/practices?q=quotations", "/practices?q=zanzibarius", "/practices", "/", "/practices.json?q=quotations",
         "/practices.csv?q=quotations", "/practices.atom?q=quotations", "/practices/suggest?q=phone")  # fmt: skip


def shown(stage: Stage, path: str) -> str:
    """An answer without the words that were asked for, which every page repeats."""
    page = stage.client().get(path, follow_redirects=True).text
    return re.sub(r"zanzibarius", "", page) if "q=zan" in path else page


@pytest.mark.parametrize("engine", ["stage", "whoosh_stage"])
def test_what_was_taken_out_of_a_public_text_is_shown_in_no_list_while_the_index_is_behind(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    stage: Stage = request.getfixturevalue(engine)
    author, coach = stage.actor("author"), stage.actor("coach")
    long = complete_experience()["context"]
    named = {"title": f"Phone quotations by {NAME}", "summary": f"{NAME} counted quotations. {long}", "context": f"Quotations of {NAME}. {long}"}  # fmt: skip
    plain = {"title": "Phone quotations", "summary": f"They counted quotations. {long}", "context": long}
    record = stage.record(author, "published", **named)
    beside = f"/practices/{stage.record(author, 'published', title='Phone quotations elsewhere')}"
    assert all(NAME in shown(stage, path) for path in (*LISTS, beside)), "the control: there it would be"
    monkeypatch.setattr(stage.site.keeper, "after_commit", lambda: None)
    stage.step(author, record, "revise")
    stage.revise(author, record, **plain)
    stage.step(author, record, "submit")
    stage.step(coach, record, "publish")
    held = stage.site.engine.search(Query("zanzibarius", frozenset({"public"}))).hits
    assert [hit.id for hit in held] == [record] and (NAME, True) in held[0].title.parts, "the control: it is behind"
    for path in (*LISTS, beside):
        assert NAME not in shown(stage, path) and "Phone quotations" in shown(stage, path), path
    page = shown(stage, LISTS[0])
    assert "They counted quotations." in page, "the passage is the beginning of what is public now"
    monkeypatch.undo()
    stage.site.keeper.after_commit()
    assert "They counted <mark>quotations</mark>." in shown(stage, LISTS[0]), "the control: of a true index, what fits"


def test_the_desk_is_shown_no_older_text_either(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    author = stage.actor("author")
    record = stage.record(author, title="Phone quotations", summary=f"{NAME} counted quotations.")
    browser = stage.client("author")
    assert NAME in browser.get("/work?q=quotations").text, "the control"
    monkeypatch.setattr(stage.site.keeper, "after_commit", lambda: None)
    stage.revise(author, record, summary="They counted quotations.")
    page = browser.get("/work?q=quotations").text
    assert NAME not in page and "They counted quotations." in page
