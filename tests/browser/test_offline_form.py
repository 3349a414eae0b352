"""The form that is one file: filled in from a stick, saved, and taken back as a draft."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from knowledge.content.site import registry as declared
from knowledge.derive import offline
from tests.browser.test_pages import signed_in

pytestmark = pytest.mark.browser


def test_a_form_is_filled_in_from_a_file_and_becomes_a_draft(chromium: Any, server: str, tmp_path: Path) -> None:
    context = chromium.new_context(accept_downloads=True, viewport={"width": 360, "height": 800})
    page = signed_in(context, server, "apprentice1")
    page.goto(f"{server}/work/new/from-file")
    with page.expect_download() as loading:
        page.click("main a:has-text('Experience')")
    form = tmp_path / "experience.html"
    loading.value.save_as(form)
    assert form.stat().st_size < offline.SIZE
    wrong: list[str] = []
    page.on("pageerror", lambda e: wrong.append(str(e)))
    context.set_offline(True)
    page.goto(form.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.fill("[data-f=title] input", "Written on a boat")
    page.fill("[data-f=summary] textarea", "Two sentences. Without a line.")
    page.select_option("[data-f=language] select", "en")
    page.select_option("[data-f=countries] select", ["KEN", "GHA"])
    page.click("[data-f=organisations] [data-add]")
    page.fill("[data-f=organisations] li:nth-child(1) [data-f=name] input", "Boat office")
    page.fill("[data-f=organisations] li:nth-child(2) [data-f=name] input", "Harbour")
    page.fill("[data-f=lessons] li:nth-child(1) textarea", "Ask first.")
    page.check("[data-f=consent] input[type=checkbox]")
    page.fill("[data-f=contact] [name=name]", "The office")
    with page.expect_download() as saving:
        page.click("#save")
    file = tmp_path / "praxis.json"
    saving.value.save_as(file)
    line = json.loads(file.read_text())
    assert line["kind"] == "experience" and line["countries"] == ["GHA", "KEN"]
    assert [o["name"] for o in line["organisations"]] == ["Boat office", "Harbour"]
    page.reload()  # going on with what was saved
    page.set_input_files("#open", file)
    page.wait_for_function("() => document.querySelector('[data-f=title] input').value === 'Written on a boat'")
    assert page.input_value("[data-f=organisations] li:nth-child(2) [data-f=name] input") == "Harbour"
    context.set_offline(False)
    page.goto(f"{server}/work/new/from-file")
    page.set_input_files("#file", file)
    page.click("main form button")
    assert page.input_value("#title") == "Written on a boat"
    assert page.input_value("#organisations-1-name") == "Harbour"
    assert page.is_checked("#consent-yes") and "Version 1" in page.inner_text("[data-state]")
    assert wrong == []
    context.close()


def test_every_type_has_such_a_file_of_less_than_100_kb_and_says_all_it_declares() -> None:
    registry = declared()
    for record_type in registry:
        paper = offline.Paper(registry.vocabularies)
        page = offline.sections(record_type, paper) + offline.lists(record_type, paper)
        assert len(page.encode()) < offline.SIZE - 12_000  # the style and the script around it
        for f in record_type.fields:
            assert f"data-f={f.id} " in page and paper.text(f.label) in page and paper.text(f.help) in page
