"""Two texts meet, in Chromium: a new form that is open twice, and a form whose browser somebody else uses by now."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.test_pages import signed_in
from tests.browser.test_writing import SAVED, ready, says

pytestmark = pytest.mark.browser
SAVE = ".actions button[value=save]"


@pytest.fixture
def context(chromium: Any) -> Any:
    made = chromium.new_context(viewport={"width": 1440, "height": 800})
    yield made
    made.close()


def signs_in(context: Any, server: str, who: str) -> Any:
    """A tab in which somebody has signed in: the whole browser is hers then."""
    page = signed_in(context, server, who)
    page.wait_for_url(lambda address: "/sign-in" not in address)
    return page


def begun_twice(context: Any, server: str) -> tuple[Any, Any, str]:
    """Two tabs with the form of one new record, and its address."""
    first = signed_in(context, server, "apprentice1")
    first.goto(f"{server}/work/new/experience")
    ready(first)
    begun = str(first.url)
    second = context.new_page()
    second.goto(begun)
    ready(second)
    return first, second, begun


def saved_twice(page: Any) -> None:
    """The first tab makes the record and a second version of it."""
    page.fill("#title", "Called so by the first tab")
    page.click(SAVE)
    page.wait_for_url("**/edit")
    ready(page)
    page.fill("#context", "The context of the first tab.")
    page.click(SAVE)
    page.wait_for_selector("text=Version 2")


def test_a_new_form_that_is_open_twice_shows_both_texts_before_it_saves(context: Any, server: str) -> None:
    first, second, _ = begun_twice(context, server)
    saved_twice(first)
    second.fill("#title", "Called so by the second tab")
    second.fill("#results", "The results of the second tab.")
    says(second, SAVED)  # with the record, as its form has another address by now
    assert "saved a newer version meanwhile" in second.inner_text("[data-others]")
    second.click(SAVE)
    second.wait_for_selector("#met-title")
    assert second.url.endswith("/edit") and second.input_value("#results") == "The results of the second tab."
    assert second.is_checked("[name=choose-context][value=theirs]")  # only the first tab touched it
    second.check("[name=choose-title][value=theirs]")
    second.click("text=Save what I chose")
    second.wait_for_selector("text=Version 3")
    values = [second.input_value(f"#{name}") for name in ("title", "context", "results")]
    assert values == ["Called so by the first tab", "The context of the first tab.", "The results of the second tab."]
    assert second.locator("text=Not saved as a version yet").count() == 0


def test_what_the_second_form_left_on_the_device_is_offered_in_the_form_of_the_record(
    context: Any, server: str
) -> None:
    first, second, begun = begun_twice(context, server)
    second.route("**/working.json", lambda route: route.abort())
    second.fill("#title", "Called so by the second tab")
    second.fill("#results", "Only on this device.")
    says(second, "Kept on this device")
    saved_twice(first)
    second.close()
    third = context.new_page()
    third.goto(begun)  # as My work leads to it
    ready(third)
    assert third.url.endswith("/edit")
    third.click("text=Go on with it")
    assert third.input_value("#results") == "Only on this device."
    third.click(SAVE)
    third.wait_for_selector("#met-context")
    assert third.is_checked("[name=choose-context][value=theirs]")


def test_what_one_writes_is_never_kept_as_the_text_of_who_signs_in_meanwhile(context: Any, server: str) -> None:
    page = signs_in(context, server, "apprentice1")
    page.goto(f"{server}/work/new/experience")
    ready(page)
    begun = str(page.url)
    other = signs_in(context, server, "apprentice2")
    page.bring_to_front()
    page.fill("#title", "Of the first apprentice alone")
    says(page, "Kept on this device; the site says: Somebody else is signed in")
    page.click(SAVE)
    page.wait_for_load_state()
    other.goto(f"{server}/work")
    assert "Of the first apprentice alone" not in other.inner_text("main")
    other.goto(begun)
    ready(other)
    assert other.input_value("#title") == "", "not even from the device"
    third = signs_in(context, server, "apprentice1")
    third.goto(begun)
    ready(third)
    assert third.input_value("#title") == "Of the first apprentice alone"
    says(third, SAVED)
