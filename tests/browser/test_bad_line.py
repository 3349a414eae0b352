"""Writing on 50 kbit/s with 400 ms delay and 5 % loss, cut in the middle of saving: nothing is lost, the state is honest."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from knowledge.storage import find
from knowledge.storage.models.working import WorkingCopy
from tests.browser.line import laid
from tests.browser.live import Live, Reader
from tests.browser.test_whole_story import TEXTS

pytestmark = pytest.mark.browser
SAVED, DEVICE = "Saved {0}", "Kept on this device, will be sent"
PUT, POST, SAVE = b"PUT /work/", b"POST /work/", ".sticky-actions button[value=save]"


def at_the_site(live: Live) -> dict[str, str]:
    """What the site holds of what is being written."""
    with live.stage.site.db.reading() as session:
        copy = session.scalar(select(WorkingCopy))
        return dict(copy.fields) if copy else {}


def typed(writer: Reader, field: str, text: str) -> None:
    """Key by key."""
    writer.page.locator(f"#{field}").press_sequentially(text)


def test_nothing_typed_is_lost_on_a_bad_line_that_is_cut_while_it_saves(chromium: Any, live: Live) -> None:
    texts = TEXTS["en"]
    record = live.stage.record(live.stage.actor("author"), title="Before the line got bad")
    writer = Reader(chromium, live.address, width=360)
    writer.sign_in("author")  # the session is that of the host, whatever the port
    page = writer.page
    with laid(int(live.address.rsplit(":", 1)[1])) as line:
        writer.address = f"http://127.0.0.1:{line.port}"
        page.set_default_timeout(120_000)
        writer.go(f"/work/{record}/edit")
        writer.ready()
        page.wait_for_function("() => navigator.serviceWorker.controller")
        page.reload()
        writer.ready()
        line.cut(PUT, "before")
        typed(writer, "objective", " " + texts.comment)
        writer.told(DEVICE)
        assert texts.comment not in at_the_site(live).get("objective", ""), "it says so as long as it is true"
        line.cut(PUT, "after")
        line.mend()
        typed(writer, "enabling", " " + texts.short)
        with page.expect_event("requestfailed", lambda r: r.method == "PUT" and line.done[1:] == ["after"]):
            pass
        assert line.done == ["before", "after"], "cut on its way there, and on its way back"
        line.mend()
        writer.told(SAVED)
        kept = at_the_site(live)
        assert texts.comment in kept["objective"], "what is said to be saved is at the site"
        line.cut(POST, "before")
        typed(writer, "hindering", " " + texts.figure)
        writer.press(SAVE)
        writer.ready()
        assert line.done[2:] == ["before"]
        line.mend()
        there = {name: page.input_value(f"#{name}") for name in ("objective", "enabling", "hindering")}
        assert texts.comment in there["objective"] and texts.short in there["enabling"], there
        assert texts.figure in there["hindering"], "the save was cut; all of it is still in the form"
        writer.told(SAVED)
        page.reload()
        writer.ready()
        writer.press(".sticky-actions button[value=submit]")
        writer.sees("In review")
    with live.stage.site.db.reading() as session:
        found = find.record(session, record)
        assert found is not None
        values, number = found.latest.values, found.latest.number
    assert texts.comment in values["objective"] and texts.short in values["enabling"]
    assert texts.figure in values["hindering"] and number == 2, "one version, however often it was sent"
    writer.context.close()
