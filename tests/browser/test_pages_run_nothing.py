"""Whole pages of a record made of hostile words, in a browser: nothing runs, nothing is loaded from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from knowledge.derive import prose
from knowledge.services import rendering
from tests.browser.hostile import WATCH
from tests.conftest import Stage, complete_experience

pytestmark = pytest.mark.browser
HERE = "http://localhost"
LOOK = """
(() => { // a field of a form may be called "attributes", and hides those of the form
  const of = Function.prototype.call.bind(Object.getOwnPropertyDescriptor(Element.prototype, "attributes").get);
  return [...document.querySelectorAll("*")].filter(e =>
  ["script", "iframe", "object", "embed", "frame", "base"].includes(e.localName) && !e.src?.startsWith(location.origin)
  || [...of(e)].some(a => a.name.startsWith("on") || a.name === "srcdoc"
    || ["javascript:", "data:", "vbscript:"].some(s => a.name !== "content" && a.value.replace(/\\s/g, "").toLowerCase().startsWith(s)
        && ["href", "src", "action", "formaction", "xlink:href"].includes(a.name))))
  .map(e => e.outerHTML.slice(0, 200))
})()
"""
TOUCH = """
() => [...document.querySelectorAll("main *")].slice(0, 5000).forEach(element =>
  ["mouseover", "focus", "toggle"].forEach(kind => element.dispatchEvent(new MouseEvent(kind, {bubbles: true}))))
"""


class Reader:
    """A browser on the site itself, without a network between them. `strict`: with the policy that the site sends."""

    def __init__(self, chromium: Any, client: FlaskClient, strict: bool = False, change: Any = None) -> None:
        self.ran: list[str] = []
        self.asked: list[str] = []
        self._client, self._change = client, change
        self._context = chromium.new_context(bypass_csp=not strict)
        if not strict:
            # the top page is watched too; what our own scripts ask of a page is no alarm
            self._context.add_init_script(
                WATCH.replace('for (const name of ["cookie", "domain"])', "for (const name of [])")
            )
        self._context.route("**/*", self._answer)
        self._context.on("console", lambda message: self.ran.append(message.text))
        self.page = self._context.new_page()
        self.page.on("dialog", lambda dialog: (self.ran.append(dialog.message), dialog.dismiss()))

    def read(self, path: str) -> list[str]:
        """Open a page, move over it; what stands in it that should not."""
        self.page.goto(HERE + path, wait_until="load")
        found = list(self.page.evaluate(LOOK))
        self.page.evaluate(TOUCH)
        self.page.wait_for_timeout(100)
        return found

    def close(self) -> None:
        self._context.close()

    def _answer(self, route: Any) -> None:
        url = urlsplit(route.request.url)
        if f"{url.scheme}://{url.netloc}" != HERE:
            self.asked.append(route.request.url)
            route.abort()
            return
        answer = self._client.get(f"{url.path}?{url.query}", follow_redirects=True)
        body, headers = answer.data, dict(answer.headers)
        if self._change and answer.mimetype == "text/html":
            body = self._change(answer.text).encode()
        headers.pop("Content-Length", None)
        route.fulfill(status=answer.status_code, headers=headers, body=body)


@pytest.fixture
def hostile(stage: Stage, payloads: Path) -> Iterator[tuple[Stage, list[str]]]:
    """Published records in all of whose texts payloads stand, with a newer version of other ones above."""
    yield stage, _records(stage, payloads)


def _records(stage: Stage, payloads: Path) -> list[str]:
    found = [str(each["payload"]) for each in json.loads((payloads / "dompurify_expect.json").read_text())]
    found += [str(each["data"]) for each in json.loads((payloads / "html5sec.json").read_text())]
    likely = [each for each in found if re.search(r"on\w+\s*=|<script|javascript:", each, re.I) and len(each) < 600]
    author, made = stage.actor("author"), []
    for start in range(0, 120, 30):
        some = [each.replace("\x00", "") for each in likely[start : start + 30]]
        long = complete_experience()["context"]
        texts = ["\n\n".join(some[n::3])[:5500] + f"\n\n{long}" for n in range(3)]
        short = [each for each in some if len(each) < 90]
        given = {
            "title": f"Title {short[0]}", "context": texts[0], "what_we_did": texts[1], "results": texts[2],
            "lessons": [*short[1:4], "And one that is plain."], "organisations": [{"name": short[2], "role": "lead"}],
            "summary": f"{long[:300]} {short[3]}",
        }  # fmt: skip
        record = stage.record(author, "published", **given)
        stage.step(author, record, "revise")
        stage.revise(
            author,
            record,
            title=f"Newer {short[1]}",
            context=texts[2],
            results=texts[0],
            summary=f"{short[0]} {long[:300]}",
        )
        made.append(record)
    stage.site.keeper.after_commit()
    return made


@pytest.mark.case("X1", "X6", "X7", "X8")
def test_X1_X7_no_page_of_a_hostile_record_runs_a_word_of_it(chromium: Any, hostile: tuple[Stage, list[str]]) -> None:
    stage, records = hostile
    anyone, author = Reader(chromium, stage.client()), Reader(chromium, stage.client("author"))
    bad = '"><svg/onload=canary()>{{7*7}}<script>canary()</script>'
    found = []
    for record in records:
        found += anyone.read(f"/practices/{record}") + anyone.read(f"/practices/{record}/v/1")
        for path in ("", "/edit", "/preview", "/compare?from=1&to=2", "/versions"):
            found += author.read(f"/work/{record}{path}")
    for path in (
        "/practices",
        f"/practices?q={bad}",
        f"/practices?q=title&country={bad}&sort={bad}",
        f"/{bad}",
        "/practices/gaps",
    ):
        found += anyone.read(path)
    assert found == []
    for reader in (anyone, author):
        assert [line for line in reader.ran if line.startswith("RAN")] == [] and reader.asked == []
        reader.close()


@pytest.mark.case("X1", "X7")
def test_X1_the_control_without_the_sanitiser_the_same_page_runs_them(
    chromium: Any, stage: Stage, payloads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendering._rendered_now.cache_clear()
    monkeypatch.setattr(prose, "render", lambda text: text)
    record = _records(stage, payloads)[0]
    reader = Reader(chromium, stage.client())
    found = reader.read(f"/practices/{record}")
    assert found and [line for line in reader.ran if line.startswith("RAN")]
    reader.close()
    rendering._rendered_now.cache_clear()


@pytest.mark.case("X12")
def test_X12_the_policy_alone_stops_what_would_run_if_markup_ever_got_through(chromium: Any, stage: Stage) -> None:
    """The page is changed on its way to the browser; that it runs without the policy is the control."""
    seeded = (
        "<img src=/none.png onerror=\"console.log('RAN handler')\"><script>console.log('RAN script')</script>"
        "<style>body{background:url(https://evil.example/b)}</style><a id=j href=\"javascript:console.log('RAN link')\">x</a>"
        "<script src=https://evil.example/x.js></script><iframe src=https://evil.example/></iframe>"
        "<base href=https://evil.example/>"
    )
    change = lambda page: page.replace("<main", f"{seeded}<main", 1)  # noqa: E731
    for strict in (True, False):
        reader = Reader(chromium, stage.client(), strict, change)
        reader.read("/about")
        reader.page.evaluate("document.querySelector('#j').click()")
        reader.page.wait_for_timeout(200)
        ran = sorted(line for line in reader.ran if line.startswith("RAN"))
        assert ran == ([] if strict else ["RAN handler", "RAN link", "RAN script"])
        assert bool(reader.asked) is not strict
        if strict:
            assert reader.page.evaluate("document.baseURI").startswith(HERE)
        reader.close()
