"""Every screen opens in its looks without an error and fits; with PRAXIS_SCREENS=1 each leaves a picture in docs/screens."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.browser.screens import LOOKS, SCREENS, Screen
from tests.browser.town import Town

pytestmark = pytest.mark.browser
FOLDER = Path("docs/screens")
TAKING = os.environ.get("PRAXIS_SCREENS") == "1"
MEANT = re.compile(r"status of (4|503)")  # of screens that show a refusal
LARGEST = 2_500_000  # of the whole folder


@pytest.fixture(scope="module")
def people(chromium: Any, town: Town) -> Iterator[dict[str, Any]]:
    """A browser for each who looks."""
    readers = {who: town.reader(chromium, who) for who in {screen.who for screen in SCREENS}}
    yield {who: reader.context for who, reader in readers.items()}
    for reader in readers.values():
        reader.context.close()


@pytest.mark.parametrize(("screen", "look"), LOOKS, ids=[f"{s.name}-{look}" for s, look in LOOKS])
def test_a_screen_opens_without_an_error_and_fits(
    town: Town, people: dict[str, Any], screen: Screen, look: str
) -> None:
    width, language = int(look.split("-")[0]), "ar" if look.endswith("-ar") else "en"
    context = people[screen.who]
    context.add_cookies([{"name": "praxis-language", "value": language, "url": town.live.address}])
    page, wrong = context.new_page(), []
    page.set_viewport_size({"width": width, "height": 900 if width > 400 else 760})
    page.emulate_media(color_scheme="dark" if look.endswith("-dark") else "light", reduced_motion="reduce")
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" and not MEANT.search(m.text) else None)
    page.on("pageerror", lambda e: wrong.append(str(e)))
    answer = page.goto(town.live.address + where(town, screen.path))
    assert answer.status == screen.status
    if screen.before:
        screen.before(page, town)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert wrong == []
    if TAKING:
        if screen.to:
            page.locator(screen.to).first.scroll_into_view_if_needed()
        save(page.screenshot(), FOLDER / f"{screen.name}-{look}.webp")
    page.close()


def where(town: Town, path: str) -> str:
    """The address that a screen's path means in this town."""
    return re.sub(r"\{(link:)?(\w+)\}", lambda m: (town.links if m[1] else town.records)[m[2]], path)


def save(png: bytes, file: Path) -> None:
    """Keep a picture small: few colours, which is all that pages have."""
    few = Image.open(io.BytesIO(png)).convert("RGB").quantize(48, dither=Image.Dither.NONE)
    few.convert("RGB").save(file, lossless=True, quality=100, method=4)


def test_the_folder_of_pictures_holds_these_and_stays_small() -> None:
    there = {file.name for file in FOLDER.iterdir()}
    assert there == {f"{screen.name}-{look}.webp" for screen, look in LOOKS}
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < LARGEST
