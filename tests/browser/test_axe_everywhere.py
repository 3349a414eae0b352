"""Axe finds nothing on any page in any state: every address of the site, for whoever may open it, in each of its looks.

In light on a wide screen every page in every state; of each kind of page one on a dark phone, a second one in the dark, a
third one on a phone in light; a sample in Arabic and French; and the forms as they come back when something is wrong.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import screens
from tests.browser.live import RULES
from tests.browser.test_screens import where
from tests.browser.town import AUTHOR, COACH, DEMO, MANAGER, PROGRAMME, Town
from tests.conftest import token

pytestmark = pytest.mark.browser
WHO = {"public": "", "author": AUTHOR, "coach": COACH, "manager": MANAGER}
OPTIONS = json.dumps({"runOnly": RULES, "resultTypes": ["violations"], "preload": False, "elementRef": False})
FIND = (
    f"axe.run({OPTIONS}).then(r => r.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))]))"
)
LOOKS = (("dark", 360), ("dark", 1440), ("light", 360))
MORE = {
    "public": ["/practices?q=framework&country=KEN", "/practices?q=zzzz", "/practices?q=%22", "/practices/by/country?letters=a",
               "/practices/demo-contract-register-districts/", "/practices/demo-water-board-supplier-warnings",
               "/practices/map?q=contract", "/nothing-here", "/reset/too-old"],
}  # fmt: skip
STATES = ("draft", "in_review", "changes_requested", "published", "revised", "republished", "withdrawn")
TELLING = {"authoring.desk", "review.read", "public.practice"}  # these show what else is special of a record
TONGUES = {
    "public": ["/", screens.SEARCH, "/practices/demo-framework-hospital-consumables/", "/practices/gaps"],
    "author": ["/work", "/work/new/experience"],
    "coach": ["/review", "/review/{resubmitted}"],
    "manager": [f"/manage/programmes/{PROGRAMME}"],
}


def addresses(town: Town, who: str, seen: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """The kind and the address of every page that this reader may open and nobody before her could."""
    site, given = town.live.stage, {"kind": "experience", "name": "topics", "programme_id": PROGRAMME, "person_id": "3"}
    given |= {"facet_id": "country", "number": "1", "slug": "any", "code": "en", "part": "x", "file_id": "x"}
    browser = site.app.test_client()
    browser.set_cookie("praxis-browser", "of-the-walk")
    if WHO[who]:
        data = {"email": f"{WHO[who]}@example.org", "password": DEMO, "csrf_token": token(browser)}
        assert browser.post("/sign-in", data=data).status_code == 303
    found = []
    for rule in sorted(site.app.url_map.iter_rules(), key=str):
        ends = {"token": town.links["shared" if "shared" in rule.rule else "stop"], **town.links, **given}
        for state, record in town.records.items() if "record_id" in rule.arguments else [("", "")]:
            path = re.sub(
                r"<(?:\w+:)?(\w+)>", lambda m, known={**ends, "record_id": record}: known.get(m[1], "x"), rule.rule
            )
            path += "?from=1&to=2" if "compare" in path else ""
            if "GET" not in (rule.methods or ()) or (rule.rule, state) in seen:
                continue
            if state and state not in STATES and rule.endpoint not in TELLING | {"publication.plan", "authoring.edit"}:
                continue
            if rule.endpoint == "authoring.edit" and state not in ("draft", "changes_requested", "two_texts"):
                continue  # the largest page of all, and the same in the others
            answer = browser.get(path)
            if (
                answer.mimetype == "text/html"
                and answer.status_code in (200, 410)
                and "attachment" not in str(answer.headers)
            ):
                seen.add((rule.rule, state))
                found.append((rule.endpoint, path))
    return found


@pytest.fixture(scope="module")
def walk(town: Town) -> dict[str, list[tuple[str, str]]]:
    seen: set[tuple[str, str]] = set()
    return {who: addresses(town, who, seen) for who in WHO}


@pytest.fixture(scope="module")
def pages(chromium: Any, town: Town) -> Iterator[dict[str, Any]]:
    """One page for each reader, kept open for all of the walk."""
    readers = {who: town.reader(chromium, name, bypass_csp=True) for who, name in WHO.items()}
    yield {who: reader.page for who, reader in readers.items()}
    for reader in readers.values():
        reader.context.close()


def look(page: Any, scheme: str = "light", width: int = 1440) -> list[Any]:
    """What axe objects to on the page that is open, all of it unfolded."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [*page.evaluate(FIND), *([f"{wide} pixels wide"] if wide > width else [])]


@pytest.mark.parametrize("who", WHO)
def test_axe_finds_nothing_on_any_page_in_any_state(town: Town, walk: Any, pages: Any, who: str) -> None:
    page, times, wrong = pages[who], Counter[str](), []
    more = [("more", path) for path in MORE.get(who, [])]
    assert walk[who]
    for kind, path in walk[who] + more:
        page.goto(town.live.address + path)
        looks = [("light", 1440), *LOOKS[times[kind] : times[kind] + 1]]
        times[kind] += 1
        wrong += [(path, *each, found) for each in looks if (found := look(page, *each))]
    assert wrong == []


def test_the_walk_passes_every_kind_of_page(town: Town, walk: Any) -> None:
    passed = {kind for pages in walk.values() for kind, _ in pages}
    rules = town.live.stage.app.url_map.iter_rules()
    asked = {
        r.endpoint for r in rules if "GET" in (r.methods or ()) and not re.search(r"\.(json|csv|atom|txt|js)$", r.rule)
    }
    assert asked - passed == {
        "files.file",
        "language.choose",
        "offline.form",
        "public.healthz",
        "public.suggest",
        "sharing.file",
    }, "no pages, or downloads"


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_axe_finds_nothing_in_other_languages(town: Town, pages: Any, language: str) -> None:
    wrong = []
    for who, paths in TONGUES.items():
        page = pages[who]
        cookie = {"name": "praxis-language", "url": town.live.address}
        page.context.add_cookies([{**cookie, "value": language}])
        for path in paths:
            page.goto(town.live.address + where(town, path))
            assert page.get_attribute("html", "lang") == language
            wrong += [(path, found) for width in (1440, 360) if (found := look(page, "light", width))]
        page.context.add_cookies([{**cookie, "value": "en"}])
    assert wrong == []


def test_axe_finds_nothing_on_forms_that_come_back_nor_on_a_letter(town: Town, pages: Any) -> None:
    wrong = []
    for screen in screens.SCREENS:
        if screen.before is None or screen.name == "write-offline":  # that one is no page of the site
            continue
        page = pages[next(who for who, name in WHO.items() if name == screen.who)]
        page.goto(town.live.address + where(town, screen.path))
        screen.before(page, town)
        wrong += [(screen.name, found) for scheme in ("light", "dark") if (found := look(page, scheme))]
    for path in ("/register", "/sign-in", "/forgotten", f"/invitation/{town.links['invitation']}"):
        page = pages["public"]
        page.goto(town.live.address + path)
        page.evaluate("document.querySelector('main form').noValidate = true")
        with page.expect_navigation():
            page.locator("main form button").first.click()
        wrong += [(f"{path}, sent empty", found) for scheme in ("light", "dark") if (found := look(page, scheme))]
    assert wrong == []
