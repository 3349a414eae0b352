"""By keyboard alone: a record is begun, sent, read, commented on and published, and one sees at every stop where one is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.live import Live, Reader
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser
# where the focus is: whether that is the wanted control, and what is wrong with how it is shown
STOP = """
wanted => {
  const here = document.activeElement, style = getComputedStyle(here), box = here.getBoundingClientRect();
  const told = `${here.outerHTML.slice(0, 120)}`;
  const wrong = [];
  if (here === document.body) return [false, "", []];
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) wrong.push(`no outline: ${told}`);
  if (box.bottom < 1 || box.top > innerHeight - 1 || !box.width) wrong.push(`out of sight: ${told}`);
  const points = [.1, .5, .9].map(part => [box.left + box.width / 2, box.top + box.height * part]);
  const seen = points.some(([x, y]) => here.contains(document.elementFromPoint(x, y)));
  if (!wrong.length && !seen) wrong.push(`covered: ${told}`);
  return [here.matches(wanted), told, wrong];
}
"""


class Keys:
    """Somebody without a mouse."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.page, self.stops = reader, reader.page, 0

    def to(self, wanted: str, most: int = 250) -> None:
        """Press Tab until this has the focus."""
        passed: list[str] = []
        for _ in range(most):
            self.page.keyboard.press("Tab")
            there, told, wrong = self.page.evaluate(STOP, wanted)
            assert wrong == [], (self.page.url, wrong)
            self.stops += 1
            passed.append(told)
            if there:
                return
        raise AssertionError(f"{most} stops from here there is no {wanted}: {passed[-5:]}")

    def type(self, wanted: str, text: str) -> None:
        """Go to a field, and type."""
        self.to(wanted)
        self.page.keyboard.type(text)

    def press(self, wanted: str, key: str = "Enter") -> None:
        """Go to what leads to a page, and press it."""
        self.to(wanted)
        self.leave(key)

    def leave(self, key: str = "Enter") -> None:
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        self.reader.fits()

    def sign_in(self, name: str) -> None:
        """From the first page of the site."""
        self.reader.go("/")
        self.press("a[href*='/sign-in']")
        self.type("#email", f"{name}@example.org")
        self.type("#password", PASSWORD)
        self.leave()


def test_a_record_is_begun_and_sent_by_keyboard_alone(chromium: Any, live: Live) -> None:
    record = live.stage.record(live.stage.actor("author"), title="Complete, and not sent yet")
    author = Reader(chromium, live.address)
    keys = Keys(author)
    keys.sign_in("author")
    keys.press("main a[href$='/work/new']")
    keys.press("main a[href$='/work/new/experience']")
    author.ready()
    keys.type("#title", "Small lots announced by radio")
    keys.type("#summary", "The ward bought small works by one tender a year.")
    keys.type("input[aria-label^='Type to narrow']", "Kenya")
    keys.to("input[name=countries][value=KEN]", most=5)
    author.page.keyboard.press("Space")
    keys.press(".sticky-actions button[value=save]")
    assert author.page.url.endswith("/edit")
    author.ready()
    assert author.page.input_value("#title") == "Small lots announced by radio"
    assert author.page.is_checked("input[name=countries][value=KEN]")
    assert keys.stops > 100, "from the first field to the last"
    author.go("/work")
    keys.press(f"main a[href$='/work/{record}']")
    keys.press("form[action$='/submit'] > button")
    author.sees("In review")
    author.context.close()


def test_a_record_is_read_commented_on_and_published_by_keyboard_alone(chromium: Any, live: Live) -> None:
    record = live.stage.record(live.stage.actor("author"), "in_review")
    coach = Reader(chromium, live.address)
    keys = Keys(coach)
    keys.sign_in("coach")
    coach.go("/review")
    keys.press(f"main a[href$='/review/{record}']")
    comment = ".commented:has(#results) > details.comment"
    keys.to(f"{comment} > summary")
    coach.page.keyboard.press("Enter")
    keys.type("#text-results", "How many days did it take?")
    keys.press(f"{comment} button[formaction*='/points']")
    assert "How many days did it take?" in coach.page.inner_text(".commented:has(#results) .point")
    keys.to("#decision [name=check-0]")
    coach.page.keyboard.press("ArrowDown")
    coach.page.keyboard.press("ArrowUp")
    assert coach.page.is_checked("#decision [name=check-0][value=met]")
    keys.press("#decision button[formaction$='/publish']")
    assert coach.page.url.endswith("/review")
    assert live.stage.client().get(f"/practices/{record}", follow_redirects=True).status_code == 200
    coach.context.close()
