"""The whole story on 50 kbit/s with 400 ms delay and 5 % loss, cut in the middle of saving: nothing is lost, the state is
honest, and on a phone, from right to left, everything can be done.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from knowledge.storage import find
from knowledge.storage.models.records import Record
from knowledge.storage.models.working import WorkingCopy
from tests.browser import test_whole_story as story
from tests.browser.line import Line, laid
from tests.browser.live import Live, Reader

pytestmark = pytest.mark.browser
SAVED, DEVICE = "Saved {0}", "Kept on this device, will be sent"
PUT, POST, SAVE = b"PUT /work/", b"POST /work/", ".sticky-actions button[value=save]"
PATIENCE = 120_000  # milliseconds


def test_from_the_invitation_to_the_reader_on_a_bad_line(chromium: Any, live: Live) -> None:
    language, texts = "ar", story.TEXTS["ar"]
    with laid(live.port) as line:
        far = live.reached_at(line.port)

        def somebody(at: Live, who: str = "") -> Reader:
            """Her language and session are those of the host, whatever the port: what is not the story is done near by."""
            reader = Reader(chromium, live.address, language, width=360)
            if who:
                reader.sign_in(who)
                story.letters_in(reader, language)
            reader.address = at.address
            reader.page.set_default_timeout(PATIENCE)
            return reader

        manager, amina, coach, public = somebody(live), somebody(far), somebody(far, "coach"), somebody(live)
        story.invited(far, manager, amina, texts)
        amina.address = live.address
        story.letters_in(amina, language)
        amina.address = far.address
        record = story.written(amina, texts, language)
        cut_while_it_saves(live, amina, line, texts)
        story.chosen_field_by_field(amina, texts, record)
        story.sent(amina, record)
        story.returned(far, coach, texts, record, language)
        story.sent_again(far, amina, texts, record, language)
        story.published(far, coach, texts, language)
        story.read(far, amina, public, texts, record, language)
        for each in (manager, amina, coach, public):
            each.context.close()


def cut_while_it_saves(live: Live, amina: Reader, line: Line, texts: story.Texts) -> None:
    """Cut on the way there, on the way back, and under a pressed button."""
    page = amina.page
    page.wait_for_function("() => navigator.serviceWorker.controller")
    before = latest(live)[1]
    line.cut(PUT, "before")
    typed(amina, "objective", " " + texts.answer)
    amina.told(DEVICE)
    assert texts.answer not in kept_at_the_site(live).get("objective", ""), "it says so as long as it is true"
    line.cut(PUT, "after")
    line.mend()
    typed(amina, "enabling", " " + texts.name)
    with page.expect_event("requestfailed", lambda r: r.method == "PUT" and line.done[1:] == ["after"]):
        pass
    assert line.done == ["before", "after"], "cut on its way there, and on its way back"
    line.mend()
    amina.told(SAVED)
    assert texts.answer in kept_at_the_site(live)["objective"], "what is said to be saved is at the site"
    line.cut(POST, "before")
    typed(amina, "hindering", " " + texts.figure)
    amina.press(SAVE)
    amina.ready()
    assert line.done[2:] == ["before"]
    line.mend()
    there = {name: page.input_value(f"#{name}") for name in ("objective", "enabling", "hindering")}
    assert texts.answer in there["objective"] and texts.name in there["enabling"], there
    assert texts.figure in there["hindering"], "the save was cut; all of it is still in the form"
    amina.told(SAVED)
    amina.press(SAVE)
    amina.ready()
    values, number = latest(live)
    assert texts.answer in values["objective"] and texts.name in values["enabling"]
    assert texts.figure in values["hindering"]
    assert (before, number) == (1, 2), "one version, however often it was sent"


def typed(writer: Reader, field: str, text: str) -> None:
    """Key by key."""
    writer.page.locator(f"#{field}").press_sequentially(text)


def kept_at_the_site(live: Live) -> dict[str, str]:
    """What the site holds of what is being written."""
    with live.stage.site.db.reading() as session:
        copy = session.scalar(select(WorkingCopy))
        return dict(copy.fields) if copy else {}


def latest(live: Live) -> tuple[dict[str, Any], int]:
    """The newest version of the only record there is, and its number."""
    with live.stage.site.db.reading() as session:
        found = find.record(session, session.scalar(select(Record.id)))
        assert found is not None
        return dict(found.latest.values), found.latest.number
