"""Axe finds nothing in the states that only the scripts of the form make, nor in the form that is one file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.live import Live, Reader
from tests.browser.test_axe_everywhere import look

pytestmark = pytest.mark.browser
DEVICE, ENDED = "Kept on this device, will be sent", "Your session has ended."


@pytest.fixture
def writer(chromium: Any, live: Live) -> Iterator[Reader]:
    """An author with the form of her draft open."""
    record = live.stage.record(live.stage.actor("author"), title="In every state of writing")
    made = Reader(chromium, live.address, bypass_csp=True)
    made.sign_in("author")
    made.go(f"/work/{record}/edit")
    made.ready()
    yield made
    made.context.close()


def seen(page: Any) -> list[Any]:
    """What axe objects to, on a wide screen in light and on a phone in the dark."""
    return [found for each in (("light", 1440), ("dark", 360)) if (found := look(page, *each))]


def another(writer: Reader, address: str) -> Any:
    """The same form in another tab."""
    writer.page = writer.context.new_page()
    writer.page.goto(address)
    writer.ready()
    return writer.page


def test_axe_finds_nothing_without_a_line_nor_in_what_comes_back_from_the_device(writer: Reader) -> None:
    page = writer.page
    address = page.url
    page.context.route("**/working.json", lambda route: route.abort())
    page.fill("#objective", "Only on this device.")
    writer.told(DEVICE)
    assert seen(page) == []
    page.goto(f"{writer.address}/account/sessions")
    page.click("main button:text-is('Sign out everywhere')")
    page.wait_for_selector("[data-unsent] li")
    assert seen(page) == [], "what was not sent, before signing out"
    page = another(writer, address)
    assert "is back; it was only on this device" in page.inner_text("[data-state]")
    assert seen(page) == []
    context = page.context
    context.unroute_all()
    page.click(".actions button[value=save]")
    page.wait_for_selector("text=Version 2")
    tabs = [another(writer, address) for _ in range(2)]
    context.route("**/working.json", lambda route: route.abort())
    for number, writer.page in enumerate(tabs):
        writer.page.fill("#objective", f"Of tab {number}, on this device.")
        writer.told(DEVICE)
    page = another(writer, address)
    assert page.locator("text=lies another text of yours").count() == 2
    assert seen(page) == []


def test_axe_finds_nothing_when_the_session_has_ended(writer: Reader) -> None:
    writer.context.clear_cookies()
    writer.page.fill("#objective", "Written after the session had ended.")
    writer.told(ENDED)
    assert seen(writer.page) == []


def test_axe_finds_nothing_when_files_are_refused_or_wait_for_a_line(writer: Reader, tmp_path: Path) -> None:
    page = writer.page
    (tmp_path / "bad.svg").write_text("<svg/>")
    (tmp_path / "good.txt").write_text("Three offers")
    page.set_input_files("#media-files", tmp_path / "bad.svg")
    page.wait_for_selector(".coming .error")
    page.route("**/uploads.json", lambda route: route.abort())
    page.set_input_files("#media-files", tmp_path / "good.txt")
    page.wait_for_selector("text=The line is cut")
    assert seen(page) == []


def test_axe_finds_nothing_in_the_form_that_is_one_file(writer: Reader, tmp_path: Path) -> None:
    page = writer.page
    page.goto(f"{writer.address}/work/new/from-file")
    with page.expect_download() as loading:
        page.click("main a:has-text('Experience')")
    loading.value.save_as(tmp_path / "experience.html")
    page.goto((tmp_path / "experience.html").as_uri())
    page.click("[data-f=organisations] [data-add]")
    assert seen(page) == []
