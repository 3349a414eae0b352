"""Rows lose nothing either, in Chromium: those the page has no place for, and what is typed while others are busy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_media import begun
from tests.browser.test_pages import signed_in
from tests.browser.test_writing import DEVICE, SAVED, ready, says
from tests.files import made

pytestmark = pytest.mark.browser


@pytest.fixture
def context(chromium: Any) -> Iterator[Any]:
    made_here = chromium.new_context(viewport={"width": 1440, "height": 800})
    yield made_here
    made_here.close()


@pytest.fixture
def page(context: Any, server: str) -> Any:
    return signed_in(context, server, "apprentice1")


def picture(folder: Path, name: str = "stall.jpg") -> Path:
    (folder / name).write_bytes(made.picture(size=(300, 200 + len(name))))
    return folder / name


def held(page: Any, wanted: Any) -> list[Any]:
    """The first request of these, and only that, waits until the test lets it go on."""
    waiting: list[Any] = []

    def decide(route: Any) -> None:
        if not waiting and wanted(route.request):
            waiting.append(route)
        else:
            route.continue_()

    page.route("**/*", decide)
    return waiting


def until(page: Any, waiting: list[Any]) -> None:
    """Wait until one waits."""
    for _ in range(300):
        if waiting:
            return
        page.wait_for_timeout(100)
    raise AssertionError("nothing was asked for")


def test_rows_that_a_page_from_the_device_does_not_have_come_back_with_the_rest(
    context: Any, page: Any, server: str, tmp_path: Path
) -> None:
    form = begun(page, server)
    ready(page)
    page.wait_for_function("() => navigator.serviceWorker.controller")
    page.reload()  # kept on the device, without a row for any file
    ready(page)
    page.set_input_files("#media-files", [picture(tmp_path), picture(tmp_path, "another.jpg")])
    page.wait_for_selector("#media-1-alt")
    page.fill("#media-1-alt", "A stall with prices on a board")
    page.fill("#media-1-caption", "The first morning")
    says(page, SAVED)
    file = page.input_value("#media-1-file")
    context.set_offline(True)
    page.fill("#context", "Written without a line.")
    says(page, DEVICE)
    page.close()
    page = context.new_page()
    page.goto(form)
    ready(page)
    assert page.locator("#media-1").count() == 0, "the control: this page knows of no file"
    page.fill("#context", "Written without a line, and on.")
    says(page, DEVICE)
    context.set_offline(False)
    says(page, SAVED)
    page.reload()
    ready(page)
    there = [page.input_value(f"#media-1-{part}") for part in ("file", "alt", "caption")]
    assert there == [file, "A stall with prices on a board", "The first morning"]
    assert page.input_value("#context") == "Written without a line, and on."


def test_choices_that_a_page_does_not_offer_are_kept(chromium: Any, server: str) -> None:
    context = chromium.new_context(service_workers="block")  # what it fetches cannot be changed here
    page = signed_in(context, server, "apprentice1")
    begun(page, server)
    ready(page)
    form = page.url
    context.set_offline(True)
    page.check("input[name=countries][value=KEN]")
    page.select_option("#stage", "pilot")
    page.fill("#context", "Some words.")
    says(page, DEVICE)
    cookies = context.cookies()
    context.clear_cookies()  # what a page still sends when it is closed passes by every cut of the line
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(f"{server}/about")
    context.add_cookies(cookies)

    def older(route: Any) -> None:
        body = route.fetch().text()
        route.fulfill(
            body=body.replace('value="KEN"', 'value="XXX"').replace('value="pilot"', 'value="older"'),
            content_type="text/html",
        )

    page.route("**/edit", older)
    page.goto(form)
    ready(page)
    with page.expect_request(lambda r: r.method == "PUT") as sent:
        page.fill("#context", "Some words more.")
    fields = json.loads(sent.value.post_data)["fields"]
    assert ["countries", "KEN"] in fields and ["stage", "pilot"] in fields
    assert page.locator("input[name=countries][value=KEN]:visible").count() == 0, "the control"
    context.close()


def test_a_new_row_is_empty_even_where_one_typed_before_the_script_was_there(page: Any, server: str) -> None:
    waiting = held(page, lambda request: "writing/rows.js" in request.url)
    page.goto(f"{server}/work/new/experience", wait_until="commit")
    page.fill("#organisations-0-name", "Typed early")
    page.select_option("#organisations-0-role", index=1)
    page.fill("#lessons-0", "Typed early too")
    waiting[0].continue_()
    ready(page)
    page.click("button[value='add:organisations']")
    page.click("button[value='add:lessons']")
    assert page.input_value("#organisations-1-name") == "" == page.input_value("#organisations-1-role")
    assert page.locator("[data-rows=lessons] textarea").last.input_value() == ""
    assert (
        page.input_value("#organisations-0-name") == "Typed early"
        and page.input_value("#lessons-0") == "Typed early too"
    )


def test_what_is_typed_while_a_file_arrives_stays_and_the_new_row_is_kept_by_itself(
    page: Any, server: str, tmp_path: Path
) -> None:
    begun(page, server)
    ready(page)
    with page.expect_request(lambda r: r.method == "PUT" and r.url.endswith("working.json")) as sent:
        page.set_input_files("#media-files", picture(tmp_path))
        page.wait_for_selector("#media-0-alt")
    assert "media-0-file" in dict(json.loads(sent.value.post_data)["fields"]), "without a further key"
    waiting = held(page, lambda request: request.method == "POST" and request.url.endswith("/edit"))
    page.set_input_files("#media-files", picture(tmp_path, "another.jpg"))
    until(page, waiting)
    page.fill("#media-0-caption", "Typed while the answer was on its way")
    waiting[0].continue_()
    page.wait_for_selector("#media-1-file", state="attached")
    assert page.input_value("#media-0-caption") == "Typed while the answer was on its way"


def test_the_tools_of_a_text_say_which_text_they_are_of_after_rows_have_moved(page: Any, server: str) -> None:
    page.goto(f"{server}/work/new/common_practice")
    ready(page)
    page.click("button[value='add:building_blocks']")
    page.locator("#building_blocks-1 button:has-text('Move up')").click()
    for bar in page.locator("[data-rows=building_blocks] [role=toolbar]").all():
        text = bar.evaluate("bar => bar.parentElement.querySelector('textarea').id")
        assert bar.get_attribute("aria-controls") == text


def test_what_is_typed_survives_a_power_cut_without_a_flush_for_each_key(page: Any, server: str) -> None:
    page.add_init_script("""{
      const put = IDBObjectStore.prototype.put;
      window.puts = [];
      IDBObjectStore.prototype.put = function (value, ...more) {
        window.puts.push([this.transaction.durability, Object.fromEntries(value.fields).context]);
        return put.call(this, value, ...more);
      };
    }""")
    page.goto(f"{server}/work/new/experience")
    page.route("**/working.json", lambda route: route.abort())
    ready(page)
    page.locator("#context").press_sequentially("Typed key by key until the light went out.")
    page.wait_for_function(
        "() => puts.some(([how, text]) => how === 'strict' && text.endsWith('went out.'))", timeout=10_000
    )
    puts = page.evaluate("puts")
    typed = [text for how, text in puts if how != "strict"]
    assert typed[-1].endswith("went out."), "at once, for a tab that is closed"
    assert len(puts) - len(typed) < len(typed) / 2
