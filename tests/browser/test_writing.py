"""Writing that loses nothing, in Chromium: killed tabs, no line, ended sessions, two tabs, two writers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.test_pages import signed_in

pytestmark = pytest.mark.browser
TEXT = "The ward bought small works by one tender a year and small firms never heard of it. "
SAVED, DEVICE = "Saved ", "Kept on this device, will be sent"


@pytest.fixture(params=[360, 1440])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def context(chromium: Any, width: int) -> Iterator[Any]:
    made = chromium.new_context(viewport={"width": width, "height": 800})
    yield made
    made.close()


def started(page: Any, server: str, title: str) -> str:
    """The address of a new record's form."""
    page.goto(f"{server}/work/new/experience")
    ready(page)
    page.fill("#title", title)
    page.fill("#summary", TEXT)
    page.click(".actions button[value=save]")
    page.wait_for_url("**/edit")
    ready(page)
    return str(page.url)


def ready(page: Any) -> None:
    """Wait for the form's scripts."""
    page.wait_for_selector("form#write[data-kept=ready]")


def says(page: Any, words: str) -> None:
    """Wait for the line that says how it stands."""
    try:
        page.wait_for_function(
            "w => document.querySelector('[data-state]').innerText.startsWith(w)", arg=words, timeout=15000
        )
    except Exception:
        raise AssertionError(f"it says {page.inner_text('.kept')!r}, not {words!r}") from None


def keeps(page: Any, cache: str, *parts: str) -> None:
    """Wait until the device keeps an address with each of these parts (a promise is true to `wait_for_function`)."""
    addresses = f"async () => (await (await caches.open('praxis-{cache}-1')).keys()).map(kept => kept.url)"
    end = time.monotonic() + 30
    while missing := [part for part in parts if part not in " ".join(page.evaluate(addresses))]:
        assert time.monotonic() < end, f"not kept: {missing}"
        page.wait_for_timeout(100)


def test_what_is_typed_is_kept_seconds_later_and_is_there_after_the_tab_is_killed(context: Any, server: str) -> None:
    page = signed_in(context, server, "apprentice1")
    form = started(page, server, "A tab that is killed")
    page.fill("#context", "Typed and never saved.")
    says(page, SAVED)
    kept = page.inner_text("[data-state]")
    assert re.fullmatch(r"Saved \d\d:\d\d", kept), kept
    page.close(run_before_unload=False)
    again = context.new_page()
    again.goto(form)
    assert again.input_value("#context") == "Typed and never saved."
    assert "while you typed; it becomes a version" in again.inner_text("main .note.wait")
    assert "Version 1" in again.inner_text("[data-state]")  # no flood of versions
    again.click("text=Drop it and go back to version 1")
    assert again.input_value("#context") == ""


def test_a_save_makes_one_version_of_it_and_nothing_is_left_to_go_on_with(context: Any, server: str) -> None:
    page = signed_in(context, server, "apprentice1")
    started(page, server, "A plain save")
    page.fill("#context", "First words.")
    says(page, SAVED)
    page.fill("#context", "First words and more.")  # saved before the next pause is over
    page.click(".actions button[value=save]")
    page.wait_for_selector("text=Version 2")
    assert page.input_value("#context") == "First words and more."
    assert page.locator("text=Not saved as a version yet").count() == 0
    page.reload()
    ready(page)
    assert page.locator(".note.wait").count() == 0


def test_offline_and_back_writing_goes_on_and_is_sent_once(context: Any, server: str) -> None:
    page = signed_in(context, server, "apprentice1")
    form = started(page, server, "A line that is cut")
    page.reload()
    ready(page)
    page.wait_for_function("() => navigator.serviceWorker.controller")
    page.reload()
    ready(page)
    kept: list[str] = []
    context.on("response", lambda r: kept.append(r.url) if r.request.method == "PUT" and r.status == 200 else None)
    context.set_offline(True)
    page.fill("#context", "Written without a line.")
    says(page, DEVICE)
    page.close()
    page = context.new_page()
    page.goto(form)  # from the device
    ready(page)
    assert page.input_value("#context") == "Written without a line."
    page.click("text=Add another organisation")
    page.fill("#organisations-1-name", "A second office")
    says(page, DEVICE)
    page.click(".actions button[value=save]")  # leads back to the form
    ready(page)
    assert page.input_value("#organisations-1-name") == "A second office"
    assert kept == []
    context.set_offline(False)
    says(page, SAVED)
    assert len(kept) == 1
    page.reload()
    ready(page)
    assert page.input_value("#context") == "Written without a line."
    assert page.input_value("#organisations-1-name") == "A second office"
    page.click(".actions button[value=save]")
    page.wait_for_selector("text=Version 2")


def test_a_draft_that_was_never_opened_here_can_be_written_on_without_a_line(
    context: Any, chromium: Any, server: str
) -> None:
    elsewhere = chromium.new_context()
    form = started(signed_in(elsewhere, server, "apprentice1"), server, "Begun at the office")
    elsewhere.close()
    page = signed_in(context, server, "apprentice1")
    page.goto(f"{server}/work")
    keeps(page, "pages", form)
    keeps(page, "files", "praxis.css", "rows.js", "prose.js", "keep.js", "device.js", "uploads.js", "idb@")
    context.set_offline(True)
    page.goto(form)
    ready(page)
    assert page.input_value("#title") == "Begun at the office"
    page.fill("#context", "Gone on with at home.")
    says(page, DEVICE)
    context.set_offline(False)
    says(page, SAVED)
    page.goto(f"{server}/work")
    page.goto(form)
    assert page.input_value("#context") == "Gone on with at home."


def test_a_session_that_ends_costs_nothing_with_script(context: Any, server: str) -> None:
    page = signed_in(context, server, "apprentice1")
    started(page, server, "A session that ends")
    context.clear_cookies(name="praxis")
    page.fill("#context", "Written after the session had ended.")
    says(page, "Your session has ended. Your text is kept on this device")
    page.click("[data-state] a")
    page.fill("#email", "apprentice1@example.org")
    page.fill("#password", "procurement-demo")
    page.click("main form button")
    ready(page)
    assert page.input_value("#context") == "Written after the session had ended."
    says(page, SAVED)


def test_a_session_that_ends_costs_nothing_without_script(chromium: Any, width: int, server: str) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": width, "height": 800})
    page = signed_in(context, server, "apprentice1")
    page.goto(f"{server}/work/new/experience")
    page.fill("#title", "A session that ends without script")
    page.fill("#context", "All of this is kept.")
    context.clear_cookies(name="praxis")
    page.click(".actions button[value=save]")
    page.fill("#email", "apprentice1@example.org")
    page.fill("#password", "procurement-demo")
    page.click("main form button")
    page.click("text=Go on")
    assert page.input_value("#context") == "All of this is kept."
    page.click(".actions button[value=save]")
    assert "Version 1" in page.inner_text("[data-state]")
    context.close()


@pytest.mark.case("C3")
def test_C3_two_tabs_meet_and_the_writer_chooses_field_by_field(context: Any, server: str) -> None:
    page = signed_in(context, server, "apprentice1")
    form = started(page, server, "Two tabs of one writer")
    other = context.new_page()
    other.goto(form)
    ready(other)
    page.fill("#context", "The context of the first tab.")
    page.fill("#objective", "The objective of the first tab.")
    says(page, SAVED)
    other.fill("#context", "The context of the second tab.")
    other.fill("#results", "The results of the second tab.")
    says(other, "Two versions")
    other.click("[data-state] button")
    other.wait_for_selector("#met-context")
    assert other.locator("fieldset.change").count() == 3
    assert other.is_checked("[name=choose-objective][value=theirs]")  # only the other tab touched it
    assert other.is_checked("[name=choose-context][value=mine]")
    other.check("[name=choose-context][value=theirs]")
    other.check("[name=choose-results][value=mine]")
    other.click("text=Save what I chose")
    other.wait_for_selector("text=Version 2")
    values = [other.input_value(f"#{name}") for name in ("context", "objective", "results")]
    assert values == [
        "The context of the first tab.", "The objective of the first tab.", "The results of the second tab.",
    ]  # fmt: skip
    assert other.locator("text=Not saved as a version yet").count() == 0


@pytest.mark.case("C3")
@pytest.mark.parametrize("script", [True, False])
def test_C3_two_writers_meet_with_and_without_script(chromium: Any, width: int, server: str, script: bool) -> None:
    contexts = [
        chromium.new_context(java_script_enabled=script or not n, viewport={"width": width, "height": 800})
        for n in range(2)
    ]
    first, second = (signed_in(c, server, f"apprentice{n + 1}") for n, c in enumerate(contexts))
    form = started(first, server, "Two writers of one record")
    first.goto(form.replace("/edit", "/people"))
    first.fill("#email", "apprentice2@example.org")
    first.click("main form button:has-text('Add')")
    first.goto(form)
    ready(first)
    second.goto(form)
    first.fill("#context", "The context of the first writer.")
    says(first, SAVED)
    first.click(".actions button[value=save]")
    first.wait_for_selector("text=Version 2")
    second.fill("#context", "The context of the second writer.")
    second.fill("#results", "The results of the second writer.")
    second.click(".actions button[value=save]")
    second.wait_for_selector("#met-context")
    assert second.input_value("#results") == "The results of the second writer."
    second.check("[name=choose-context][value=theirs]")
    second.click("text=Save what I chose")
    second.wait_for_selector("text=Version 3")
    assert second.input_value("#context") == "The context of the first writer."
    assert second.input_value("#results") == "The results of the second writer."
    first.fill("#objective", "Still writing.")  # and each sees that the other writes
    says(first, SAVED)
    second.goto(form)
    assert "is editing this too (since" in second.inner_text("[data-others]")
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("path", "button"),
    [("/account", "Sign out"), ("/account/sessions", "Sign out everywhere")],
    ids=("here", "everywhere"),
)
def test_signing_out_leaves_nothing_on_a_shared_device(context: Any, server: str, path: str, button: str) -> None:
    page = signed_in(context, server, "apprentice1")
    form = started(page, server, "Private on a shared device")
    page.wait_for_function("() => navigator.serviceWorker.controller")
    page.fill("#context", "Nobody else should read this.")
    says(page, SAVED)
    page.reload()
    ready(page)
    names = "(async () => [(await caches.keys()).length, (await indexedDB.databases()).length])()"
    context.set_offline(True)
    page.reload()  # the control: it is there without a line
    ready(page)
    assert page.input_value("#context") == "Nobody else should read this."
    context.set_offline(False)
    page.goto(f"{server}{path}")
    page.click(f"main button:text-is('{button}')")
    page.wait_for_selector("text=You are signed out")
    assert page.evaluate(names) in ([0, 0], [1, 0])  # static files may stay
    context.set_offline(True)
    with pytest.raises(Exception, match=r"ERR_INTERNET_DISCONNECTED|ERR_FAILED"):
        page.goto(form)
    context.set_offline(False)


def test_signing_out_everywhere_says_first_what_was_not_sent(context: Any, server: str) -> None:
    page = signed_in(context, server, "apprentice1")
    started(page, server, "Not sent before signing out")
    context.route("**/working.json", lambda route: route.abort())
    page.fill("#context", "Only on this device.")
    says(page, DEVICE)
    page.goto(f"{server}/account/sessions")
    page.click("main button:text-is('Sign out everywhere')")
    page.wait_for_selector("text=Not sent before signing out")
    page.click("main button:text-is('Sign out everywhere')")
    page.wait_for_selector("text=You are signed out everywhere")
