"""The form of a new record, open twice: once one of them has made the record, the other belongs to it and shows both."""

from __future__ import annotations

import pytest

from knowledge.services import authoring, working
from knowledge.services.errors import NotFound
from knowledge.services.working import Place
from tests.conftest import Stage, complete_experience, post
from tests.services.test_working import count, keep

BEGUN = Place(kind="experience", start_key="begun")
FIELDS = {"title": "What the first tab calls it", "language": "en", "base": "0", "start_key": "begun"}


def made(stage: Stage) -> str:
    """The record that the first of the two forms has made."""
    return stage.site.act(authoring.start, stage.actor("author"), "experience", complete_experience(), "begun").id


def test_what_the_other_form_keeps_lies_with_the_record_and_builds_on_nothing(stage_on: Stage) -> None:
    stage, record_id = stage_on, made(stage_on)
    first = keep(stage, "author", BEGUN, base=0)
    seen = stage.site.ask(working.of, stage.actor("author"), Place(record_id))
    assert seen.copy is not None and (seen.copy.tag, seen.copy.base) == (first.tag, 0)
    assert stage.site.ask(working.of, stage.actor("author"), BEGUN).latest == 1, "so that the form can say it"
    with pytest.raises(working.Clash):
        keep(stage, "author", BEGUN, "k2", "", base=0, context="not seen")
    assert keep(stage, "author", BEGUN, "k3", first.tag, base=0, context="more").tag != first.tag
    assert count(stage) == 1


def test_the_key_of_a_form_opens_nobody_elses_record(stage: Stage) -> None:
    made(stage)
    for use in (lambda: keep(stage, "reader", BEGUN, base=0), lambda: stage.site.ask(working.of, stage.actor("reader"), BEGUN)):  # fmt: skip
        with pytest.raises(NotFound):
            use()
    with pytest.raises(NotFound):
        keep(stage, "author", Place(kind="training", start_key="begun"), base=0)
    assert count(stage) == 0


def test_the_second_form_is_sent_on_to_the_record_where_both_texts_stand(stage: Stage) -> None:
    browser = stage.client("author")
    record_id = post(browser, "/work/new/experience", **FIELDS, action="save").location.split("/")[2]
    edit = f"/work/{record_id}/edit"
    other = {**FIELDS, "title": "What the second tab calls it", "results": "Only in the second tab."}
    for action in ("save", "submit", "compare", "add:organisations"):
        answer = post(browser, "/work/new/experience", **other, action=action)
        assert (answer.status_code, answer.location) == (307, edit), "sent once more, with all that was typed"
    met = post(browser, edit, **other, action="save")
    assert (
        met.status_code == 409 and "What the first tab calls it" in met.text and "Only in the second tab." in met.text
    )
    page = post(browser, edit, **other, action="compare").text
    assert "Two versions" in page and 'name="choose-title"' in page
    desk = stage.site.ask(authoring.open_desk, stage.actor("author"), record_id)
    assert desk.values["title"] == "What the first tab calls it" and desk.record.latest.number == 1
    chosen = post(browser, edit, **{**other, "base": "1", "choose-title": "theirs", "action": "save"})
    assert chosen.status_code == 303
    desk = stage.site.ask(authoring.open_desk, stage.actor("author"), record_id)
    assert (desk.values["title"], desk.values["results"]) == ("What the first tab calls it", "Only in the second tab.")


def test_a_copy_that_builds_on_nothing_is_compared_when_it_is_opened_again(stage: Stage) -> None:
    record_id = made(stage)
    keep(stage, "author", BEGUN, base=0)
    page = stage.client("author").get(f"/work/{record_id}/edit").text
    assert 'name="base" value="0"' in page and "Compare the two" in page
