"""Help in the form: rows in place, a toolbar, a preview, pasting from Word, and what all of it weighs."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bench import weight
from knowledge.content.vocabularies import LANGUAGES
from tests.browser.test_pages import signed_in
from tests.browser.test_writing import ready

pytestmark = pytest.mark.browser
WORD = """<html><body><p class=MsoHeading1>x</p><h1>Results</h1><p>We <b>cut</b> it, see <a href="https://example.org/a">the rule</a>
and <a href="javascript:alert(1)">this</a>.</p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·</span>First</p>
<p class=MsoListParagraph style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>1.</span>Inner</p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·</span>Second</p>
<table><tr><td><p>Year</p></td><td><p>Days</p></td></tr><tr><td><p>2019</p></td><td><p>40</p></td></tr></table></body></html>"""


@pytest.fixture
def page(chromium: Any, server: str) -> Any:
    context = chromium.new_context(viewport={"width": 360, "height": 800})
    made = signed_in(context, server, "apprentice1")
    made.goto(f"{server}/work/new/experience")
    ready(made)
    yield made
    context.close()


def test_rows_are_added_moved_and_removed_in_place_and_said_aloud(page: Any) -> None:
    loads: list[str] = []
    page.on("framenavigated", lambda f: loads.append(f.url))
    page.fill("#organisations-0-name", "One")
    page.click("text=Add another organisation")
    assert page.evaluate("document.activeElement.id") == "organisations-1-name"
    page.keyboard.type("Two")
    page.locator("#organisations-1 button:has-text('Move up')").focus()
    page.keyboard.press("Enter")
    assert [page.input_value(f"#organisations-{n}-name") for n in (0, 1)] == ["Two", "One"]
    assert page.inner_text("form#write > p.hide[role=status]") == "Moved to place 1: organisation"
    assert page.evaluate("document.activeElement.innerText").startswith("Move down")
    grip, over = page.locator("#organisations-1 .grip"), page.locator("#organisations-0 legend")
    grip.scroll_into_view_if_needed()
    box = grip.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 5, over.bounding_box()["y"] + 5, steps=8)
    page.mouse.up()
    assert [page.input_value(f"#organisations-{n}-name") for n in (0, 1)] == ["One", "Two"]
    page.click("#organisations-0 button:has-text('Remove')")
    page.click("#organisations-0 button:has-text('Remove')")
    assert (
        page.locator("[data-rows=organisations] > .row").count() == 1
        and page.input_value("#organisations-0-name") == ""
    )
    assert loads == []


def test_prose_has_a_toolbar_a_preview_and_a_live_count(page: Any) -> None:
    page.fill("#context", "small works")
    assert "11 characters, 2 words" in page.inner_text(".counter[data-for=context]")
    page.evaluate("document.getElementById('context').setSelectionRange(0, 5)")
    tools = page.locator("[role=toolbar][aria-controls=context]")
    tools.locator("text=Bold").click()
    assert page.input_value("#context") == "**small** works"
    tools.locator("[data-tool=bold]").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.tool") == "italic"
    page.evaluate("document.getElementById('context').setSelectionRange(0, 0)")
    tools.locator("[data-tool=list]").click()
    assert page.input_value("#context") == "- **small** works"
    tools.locator("text=Preview").click()
    page.wait_for_selector("#context ~ .prose li strong")


@pytest.mark.case("X1")
def test_pasting_from_word_keeps_headings_lists_links_and_tables_and_nothing_that_runs(page: Any) -> None:
    page.evaluate(
        """html => { const data = new DataTransfer(); data.setData("text/html", html); data.setData("text/plain", "plain");
        const area = document.getElementById("context"); area.focus();
        area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); }""",
        WORD,
    )
    page.wait_for_function("() => document.getElementById('context').value.length > 20")
    text = page.input_value("#context")
    assert (
        "# Results" in text
        and "We **cut** it, see [the rule](https://example.org/a)" in text
        and "javascript" not in text
    )
    assert re.search(r"^- +First$", text, re.M) and re.search(r"^ +1\. +Inner$", text, re.M), text
    assert re.search(r"\| Year \| Days \|\n\| --- \| --- \|\n\| 2019 \| 40 \|", text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_with_all_its_script_keeps_its_budget(page: Any, server: str, language: str) -> None:
    cookie = "; ".join(f"{c['name']}={c['value']}" for c in page.context.cookies())
    for kind in weight.KINDS:
        later, first = weight.page(server, f"/work/new/{kind}", f"praxis-language={language}; {cookie}", weight.FETCHED)
        assert later < 20_000 and first < 120_000, f"{kind}: {later} bytes, on a first visit {first}"
    own, whole = weight.written(server, f"praxis-language={language}; {cookie}")
    assert own < 20_000 and own < whole - 1000, f"{own} bytes without the text of the record, {whole} with it"
