"""The server is away for an hour, in Chromium: what stands in front of it says 503, then it comes back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from knowledge.storage.models.working import WorkingCopy
from tests.browser.live import Live, Reader
from tests.browser.test_writing import keeps

pytestmark = pytest.mark.browser
DEVICE, SAVED = "Kept on this device, will be sent", "Saved {0}"


def away(live: Live) -> Any:
    """From now on every request is answered as a proxy does whose server is gone; the way back."""
    whole = live.stage.app.wsgi_app

    def gone(_environ: Any, start: Any) -> list[bytes]:
        start("503 Service Unavailable", [("Content-Type", "text/html")])
        return [b"<h1>503</h1>"]

    live.stage.app.wsgi_app = gone  # type: ignore[method-assign]
    return lambda: setattr(live.stage.app, "wsgi_app", whole)


def copies(live: Live) -> list[tuple[int, str]]:
    """How often each working copy at the site was kept, and its text."""
    with live.stage.site.db.reading() as session:
        return [(copy.version, dict(copy.fields)["objective"]) for copy in session.scalars(select(WorkingCopy))]


def test_a_server_that_is_away_for_an_hour_is_asked_ever_less_often_and_gets_the_text_once(
    chromium: Any, live: Live
) -> None:
    record = live.stage.record(live.stage.actor("author"), title="While the server was away")
    writer = Reader(chromium, live.address)
    writer.sign_in("author")
    page = writer.page
    page.clock.install()  # the hour passes in a moment
    writer.go(f"/work/{record}/edit")
    writer.ready()
    keeps(page, "pages", f"/work/{record}/edit")
    page.reload()
    writer.ready()
    answers: list[int] = []
    page.on("response", lambda r: answers.append(r.status) if r.request.method == "PUT" else None)

    def passes(seconds: int) -> None:
        page.clock.run_for(seconds * 1000)
        page.wait_for_timeout(300)  # the page's clock stands; ours does not

    back = away(live)
    page.fill("#objective", "Typed while the server was away.")
    passes(4)
    writer.told(DEVICE)
    assert answers == [503]
    passes(6)
    assert answers == [503, 503], "asked again after five seconds"
    passes(6)
    assert answers == [503, 503], "then after ten"
    passes(5)
    assert answers == [503] * 3
    passes(20)
    passes(40)
    asked = len(answers)
    for _ in range(5):
        passes(60)
    assert len(answers) == asked + 5 and set(answers) == {503}, "once a minute"
    page.reload()  # from the device
    writer.ready()
    assert page.input_value("#objective") == "Typed while the server was away." and copies(live) == []
    back()
    passes(70)
    writer.told(SAVED)
    assert copies(live) == [(1, "Typed while the server was away.")] and answers.count(200) == 1
    passes(120)
    assert answers.count(200) == 1, "it is not sent again"
    writer.context.close()
