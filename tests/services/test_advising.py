"""Advice beside the form, at the desk and for the coach; a writer says that it is fine, until the words change."""

from __future__ import annotations

import re

import pytest
from werkzeug.datastructures import MultiDict

from knowledge.content.site import TYPES
from knowledge.services import advising
from knowledge.services.errors import Forbidden, NotFound
from tests.conftest import Stage, complete_experience, post, token

ODD = "The PPMU kept the register of purchases, and clinics could read it at the office every week of 2019. " * 3


def keys(page: str) -> list[str]:
    return re.findall(r'value="fine:([0-9a-f]{24})"', page)


def test_advice_stands_beside_the_form_and_leads_to_the_field(stage: Stage) -> None:
    record = stage.record(stage.actor("author"), results=ODD, enabling="Mr. Kamau asked first.")
    page = stage.client("author").get(f"/work/{record}/edit").text
    assert "Worth a look (2)" in page and "“PPMU” is not explained" in page
    for anchor in ("results", "enabling"):
        assert f'href="#{anchor}"' in page and f'id="{anchor}"' in page
    assert len(keys(page)) == 2 and "It is fine" in page


def test_saying_that_it_is_fine_in_the_form_keeps_what_is_typed_and_saves_nothing(stage: Stage) -> None:
    record = stage.record(stage.actor("author"), results=ODD)
    client = stage.client("author")
    before = client.get(f"/work/{record}/edit").text
    [key] = keys(before)
    typed = MultiDict(
        {"title": "A title that is only typed", "language": "en", "results": ODD, "base": "1", "action": f"fine:{key}"}
    )
    typed["csrf_token"] = token(client)
    answer = client.post(f"/work/{record}/edit", data=typed)
    assert answer.status_code == 200 and 'value="A title that is only typed"' in answer.text
    assert keys(answer.text) == [] and "1 more is fine" in answer.text
    fresh = client.get(f"/work/{record}/edit").text
    assert "A title that is only typed" not in fresh and keys(fresh) == []


def test_what_was_fine_is_asked_again_when_the_words_change(stage: Stage) -> None:
    author = stage.actor("author")
    long = "We asked " + "one shop and then another " * 10 + "and noted it in 2019. "
    record = stage.record(author, results=long * 2)
    found = stage.site.ask(advising.of, author, record)
    for each in found.open:
        stage.site.act(advising.say, author, record, each.key, True)
    now_fine = stage.site.ask(advising.of, author, record)
    assert now_fine.open == () and now_fine.fine == found.open
    stage.revise(author, record, results=long.replace("another", "a third") * 2)
    assert len(stage.site.ask(advising.of, author, record).open) == len(found.open)


def test_at_the_desk_it_is_a_form_and_can_be_taken_back(stage: Stage) -> None:
    record = stage.record(stage.actor("author"), results=ODD)
    client = stage.client("author")
    [key] = keys(client.get(f"/work/{record}").text)
    for say, left in (("fine", []), ("fine", []), ("again", [key]), ("again", [key])):
        assert post(client, f"/work/{record}/advice", say=f"{say}:{key}").status_code == 303
        assert keys(client.get(f"/work/{record}").text) == left


def test_the_coach_sees_it_with_what_the_author_found_to_be_fine_and_cannot_say_so_herself(stage: Stage) -> None:
    author, coach = stage.actor("author"), stage.actor("coach")
    record = stage.record(author, "in_review", results=ODD, enabling="Mr. Kamau asked first.")
    page = stage.client("coach").get(f"/review/{record}").text
    assert "Worth a look (2)" in page and "Mr. Kamau" in page and keys(page) == []
    with pytest.raises(Forbidden):
        stage.site.act(advising.say, coach, record, "0" * 24, True)
    stage.step(author, record, "recall")
    for each in stage.site.ask(advising.of, author, record).open[:1]:
        stage.site.act(advising.say, author, record, each.key, True)
    stage.step(author, record, "submit")
    page = stage.client("coach").get(f"/review/{record}").text
    assert "Worth a look (1)" in page and "1 more is fine, say the authors" in page


def test_advice_never_keeps_a_record_from_being_sent(stage: Stage) -> None:
    record = stage.record(stage.actor("author"), results=ODD, enabling="Mr. Kamau asked first.")
    assert stage.site.ask(advising.of, stage.actor("author"), record).open
    stage.step(stage.actor("author"), record, "submit")


def test_what_is_no_key_is_not_kept_and_a_stranger_learns_nothing(stage: Stage) -> None:
    record = stage.record(stage.actor("author"), results=ODD)
    for key in ("", "x" * 24, "0" * 23, "0" * 25):
        with pytest.raises(NotFound):
            stage.site.act(advising.say, stage.actor("author"), record, key, True)
    for use_case in (advising.of, lambda s, a, r: advising.say(s, a, r, "0" * 24, True)):
        with pytest.raises(NotFound):
            stage.site.act(use_case, stage.actor("stranger"), record)


def test_a_flood_of_keys_is_kept_to_a_bound(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    author = stage.actor("author")
    record = stage.record(author, results=ODD)
    [real] = stage.site.ask(advising.of, author, record).open
    monkeypatch.setattr(advising, "MOST", 2)
    for key in ("0" * 24, "1" * 24, real.key):
        stage.site.act(advising.say, author, record, key, True)
    assert stage.site.ask(advising.of, author, record).open == (real,)


@pytest.mark.parametrize("record_type", TYPES, ids=lambda t: t.id)
def test_every_thing_that_is_missing_leads_to_a_place_in_the_form_rows_included(
    stage: Stage, record_type: object
) -> None:
    client = stage.client("author")
    kind = record_type.id  # type: ignore[attr-defined]
    tables = [f for f in record_type.fields if type(f).__name__ == "Table"]  # type: ignore[attr-defined]
    rows = {f"{t.id}-0-{c.id}": "x" for t in tables for c in t.columns if type(c).__name__ in ("Line", "Prose")}
    rows |= {f"{t.id}-1-{t.columns[0].id}": "" for t in tables}
    answer = post(client, f"/work/new/{kind}", title="A record with rows", language="en", action="save", **rows)
    page = client.get(answer.headers["Location"]).text if answer.status_code == 303 else answer.text
    aside = page[page.index("still missing") :]
    anchors = set(re.findall(r'<li><a href="#([\w-]+)"', aside))
    assert len(anchors) > 8 and any(re.search(r"-\d-", a) for a in anchors) == bool(tables)
    assert {a for a in anchors if f'id="{a}"' not in page} == set()


@pytest.mark.parametrize("record_type", TYPES, ids=lambda t: t.id)
def test_the_criteria_and_an_example_stand_beside_the_form(stage: Stage, record_type: object) -> None:
    page = stage.client("author").get(f"/work/new/{record_type.id}").text  # type: ignore[attr-defined]
    assert "What makes a good record of this kind" in page and "An example" in page
    assert "Read the whole record" not in page, "there is none on this site"


def test_where_the_example_is_public_it_is_linked(stage: Stage) -> None:
    from knowledge.content.site import registry
    from knowledge.services import exchange

    example = registry()["experience"].example
    assert example is not None and example.record
    line = complete_experience() | {"id": example.record, "kind": "experience", "state": "published"}
    with stage.site.db.transaction() as session:
        import json

        exchange.import_batch(session, stage.manager(), [(1, json.dumps(line))], exchange.Tally(), publish=True)
    page = stage.client("author").get("/work/new/experience").text
    assert "Read the whole record" in page and f"/practices/{example.record}" in page
