"""A site of one's own behind the real server, the mails it sends by SMTP, and people who sit at a browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from waitress.server import create_server

from knowledge.mail.letters import words_in
from knowledge.mail.postman import Postman
from knowledge.mail.told import EVENTS
from tests.conftest import PASSWORD, Stage, make_stage, with_people
from tests.mail.conftest import Box, to

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass
class Live:
    """A site, its address, and what its postman delivers."""

    stage: Stage
    address: str
    box: Box
    postman: Postman

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.address.rsplit(":", 1)[1])

    def reached_at(self, port: int) -> Live:
        """The same site for people who come by another port; the links of its mails lead there too."""
        address = f"http://127.0.0.1:{port}"
        return replace(self, address=address, postman=_postman(self.stage, address, self.box))

    def letter(self, to: str, event: str, language: str = "en") -> str:
        """Where the one thing to do leads in the newest mail to this address about this event."""
        self.postman.deliver()
        subject = pattern(words_in(language).gettext(EVENTS[event].subject))
        for number in range(len(self.box.taken) - 1, -1, -1):
            mail = self.box.taken[number]
            if mail["To"].addresses[0].addr_spec == to and re.fullmatch(subject, mail["Subject"].strip()):
                found = re.search(re.escape(self.address) + r"/\S+", self.box.text(number))
                assert found, self.box.text(number)
                return found[0]
        raise AssertionError((to, event, [(str(m["To"]), m["Subject"]) for m in self.box.taken]))


@contextmanager
def going(folder: Path, box: Box, search: str = "memory:", people: bool = True) -> Iterator[Live]:
    """A site, with people unless told otherwise, served by the server that `praxis run` uses."""
    stage = make_stage(folder, search=search)
    if people:
        with_people(stage)
    server = create_server(stage.app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.effective_port}"
    yield Live(stage, address, box, _postman(stage, address, box))
    server.close()
    thread.join(1)
    stage.site.engine.close()
    stage.site.db.close()


def _postman(stage: Stage, address: str, box: Box) -> Postman:
    return to(stage, replace(stage.site.settings, base_url=address, smtp_url=f"smtp://127.0.0.1:{box.port}"))


def pattern(words: str) -> str:
    """A text of the interface as a regular expression: its blanks stand for anything."""
    return re.sub(r"%\\\(\w+\\\)[sd]|%\(\w+\)[sd]|\\\{\d\\\}", ".+", re.escape(words))


class Reader:
    """Somebody at a browser of her own."""

    def __init__(
        self, chromium: Any, address: str, language: str = "en", width: int = 1440, script: bool = True, **more: Any
    ) -> None:
        self.address, self.script, self.width = address, script, width
        screen = {"width": width, "height": 900}
        self.context = chromium.new_context(viewport=screen, java_script_enabled=script, **more)
        self.say: Callable[[str], str] = words_in(language).gettext
        self.page = self.context.new_page()
        self.page.goto(f"{address}/language/{language}")
        assert self.page.get_attribute("html", "lang") == language
        assert self.page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")

    def go(self, path: str) -> None:
        """Open a page of the site: it is there, and fits."""
        answer = self.page.goto(path if path.startswith("http") else self.address + path)
        assert answer.ok, (path, answer.status)
        self.fits()

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """With the form that stands there, or else from its page."""
        if "/sign-in" not in self.page.url:
            self.go("/sign-in")
        self.page.fill("#email", name if "@" in name else f"{name}@example.org")
        self.page.fill("#password", password)
        self.press("main form button")

    def press(self, what: str) -> None:
        """Click on what leads to a page, and wait for it."""
        with self.page.expect_navigation():
            self.page.locator(what).first.click()
        self.fits()

    def open(self, details: str) -> None:
        """Open what is folded, as a reader does."""
        found = self.page.locator(details).first
        if found.get_attribute("open") is None:
            found.locator("summary").first.click()

    def fits(self) -> None:
        """No page of the story is wider than the screen, and each has one heading of the first rank."""
        assert self.page.evaluate("document.documentElement.scrollWidth") <= self.width, self.page.url
        assert self.page.locator("h1").count() == 1, self.page.url

    def sees(self, words: str) -> None:
        """A text of the interface, in her language, is on the page."""
        assert re.search(pattern(self.say(words)), self.page.inner_text("main")), self.page.inner_text("main")

    def ready(self) -> None:
        """The scripts of the form are there."""
        if self.script:
            self.page.wait_for_selector("form#write[data-kept=ready]")

    @contextmanager
    def kept(self) -> Iterator[None]:
        """What is typed meanwhile is at the site before one goes on, and the line says so; nothing to wait for without script."""
        if not self.script:
            yield
            return
        with self.page.expect_response(lambda r: r.request.method == "PUT" and r.url.endswith("working.json") and r.ok):
            yield
        self.told("Saved {0}")

    def told(self, words: str) -> None:
        """Wait until the line that says how the text stands says this."""
        said = pattern(self.say(words))
        try:
            self.page.wait_for_function(
                "w => new RegExp('^' + w).test(document.querySelector('[data-state]').innerText)",
                arg=said,
                timeout=30000,
            )
        except Exception:
            raise AssertionError(f"it says {self.page.inner_text('.kept')!r}, not {said!r}") from None


__all__ = ["RULES", "Live", "Reader", "going", "pattern"]
