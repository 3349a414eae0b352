"""Prose is safe whatever it holds (cases X1 to X5 and X10); each test also shows that its own checker sees a fault."""

from __future__ import annotations

import html
import json
import re
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined

from knowledge.derive import prose
from knowledge.derive.prose import plain, render, sanitize

VOID = {"br", "hr"}


class Checker(HTMLParser):
    """Everything in a piece of HTML that must not be there; written apart from the code it judges."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        self.faults += [f"not closed: {tag}" for tag in self._open]
        if re.search(r"<(?![a-z/])|<!--", source):
            self.faults.append("a bare angle bracket")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        allowed = "p br hr h3 h4 h5 h6 strong em s code pre blockquote ul ol li a table thead tbody tr th td".split(" ")
        if tag not in allowed:
            self.faults.append(f"tag {tag}")
        if tag == "a" and "a" in self._open:
            self.faults.append("a link in a link")
        if tag not in VOID:
            self._open.append(tag)
        if tag == "a" and dict(attrs).get("rel") != "nofollow ugc noopener":
            self.faults.append("a link without rel")
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if (tag, name) == ("a", "href"):
            seen = "".join(c for c in value if c > " ").casefold()
            scheme = urlsplit(seen).scheme if "[" not in seen else seen.split(":")[0]
            if scheme not in ("http", "https", "mailto") and not seen.startswith(("/", "#")):
                self.faults.append(f"address {value!r}")
            if seen.startswith("//") or seen != value.casefold():
                self.faults.append(f"address {value!r}")
        elif (tag, name) not in {("a", "title"), ("a", "rel"), ("ol", "start"), ("th", "scope")}:
            self.faults.append(f"attribute {tag} {name}={value!r}")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"closed out of turn: {tag}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_decl(self, decl: str) -> None:
        self.faults.append("a declaration")

    def handle_comment(self, data: str) -> None:
        self.faults.append("a comment")

    def handle_pi(self, data: str) -> None:
        self.faults.append("an instruction")


@pytest.fixture
def hostile(payloads: Path) -> list[str]:
    """Every published payload that is text."""
    load = lambda name: json.loads((payloads / name).read_text(encoding="utf-8"))  # noqa: E731
    found = [item["data"] for item in load("html5sec.json")]
    found += [item["payload"] for item in load("dompurify_expect.json")]
    found += [item["payload"] for item in load("bleach_tests.json")]
    found += load("blns.json")
    found += (payloads / "ssti.txt").read_text(encoding="utf-8").splitlines()
    return found


def variants(payload: str) -> list[str]:
    """A payload as an author could hand it in: bare, and inside the syntax of Markdown."""
    flat = " ".join(payload.split())
    around = ["[x]({})", "![x]({})", "<{}>", '[x](/a "{}")', "> {}", "| a |\n|---|\n| {} |", "[a]: {}\n\n[a]", "# {}"]
    return [payload, *(a.replace("{}", flat) for a in around)]


SEEDED = [
    "<script>alert(1)</script>",
    "<p onclick='x()'>a</p>",
    '<a href="javascript:alert(1)" rel="nofollow ugc noopener">a</a>',
    '<a href="java&#9;script:alert(1)" rel="nofollow ugc noopener">a</a>',
    '<a href="data:text/html,x" rel="nofollow ugc noopener">a</a>',
    '<a href="//evil.example" rel="nofollow ugc noopener">a</a>',
    '<a href="javascript:1234" rel="nofollow ugc noopener">a</a>',
    '<a href="https://a.example">a</a>',
    '<p style="position:fixed">a</p>',
    '<p id="cookie">a</p>',
    "<p>a",
    "<p><em>a</p></em>",
    "<p><!-- a --></p>",
    "<svg></svg>",
    '<a href="/a" rel="nofollow ugc noopener"><a href="/b" rel="nofollow ugc noopener">a</a></a>',
]


@pytest.mark.case("X1", "X3", "X4", "X5")
@pytest.mark.parametrize("seeded", SEEDED)
def test_the_checker_sees_a_seeded_fault_and_the_sanitiser_takes_it_away(seeded: str) -> None:
    assert Checker(seeded).faults
    assert Checker(sanitize(seeded)).faults == []


@pytest.mark.case("X1")
def test_no_published_payload_leaves_more_than_allowed_structure(hostile: list[str]) -> None:
    assert len(hostile) > 1400
    for payload in hostile:
        for text in variants(payload):
            assert Checker(render(text)).faults == [], text
        assert Checker(sanitize(payload)).faults == [], payload
    assert any(Checker(payload).faults for payload in hostile)  # the control: unsanitised, they are caught


@pytest.mark.case("X2")
def test_cleaning_again_changes_nothing(hostile: list[str]) -> None:
    for payload in hostile:
        for once in (render(payload), sanitize(payload)):
            assert sanitize(once) == once, payload
    assert any(sanitize(payload) != payload for payload in hostile)  # the control


@pytest.mark.case("X3")
@pytest.mark.parametrize(
    "start", ["javascript:", "JaVaScRiPt:", "vbscript:", "data:text/html,", "file:///", "blob:", "x:"]
)
@pytest.mark.parametrize(
    "wrap",
    [
        "{}alert(1)",
        " {}1",
        "\x01{}1",
        "{}123456",
        "java\tscript:1{}",
        "&#106;avascript:{}",
        "feed:{}",
        "view-source:{}",
    ],
)
def test_an_address_of_another_scheme_is_dropped(start: str, wrap: str) -> None:
    address = wrap.replace("{}", start)
    encoded = "".join(f"&#{ord(c)};" for c in address)
    for source in (address, encoded, html.escape(address)):
        for made in (sanitize(f'<a href="{source}">x</a>'), render(f"[x]({source})"), render(f"[x](<{source}>)")):
            assert Checker(made).faults == []
            assert "href" not in made
    assert 'href="https://a.example"' in render("[x](https://a.example)")  # the control


@pytest.mark.case("X4", "X5", control="test_the_checker_sees_a_seeded_fault_and_the_sanitiser_takes_it_away")
def test_style_and_names_that_could_take_over_the_page_are_dropped() -> None:
    source = '<p style="background:url(//e)" class="top" id="location" name="x">a</p><style>@import "e"</style>b'
    assert sanitize(source) == "<p>a</p>b"
    assert "style" not in render("|a|\n|-:|\n|1|")


@pytest.mark.case("X10")
def test_template_syntax_is_text(hostile: list[str]) -> None:
    page = Environment(undefined=StrictUndefined, autoescape=True).from_string("{{ prose|safe }}")
    made = page.render(prose=render("{{7+7}} {% raw %} ${7+7}"))
    assert "{{7+7}}" in made
    assert "14" not in made
    assert "49" in Environment().from_string("{{7*7}}").render()  # the control


@settings(max_examples=200)
@given(st.text(st.sampled_from("<>&\"'[]()!*_`~#|-:\\/ \n\tajx=;{}\u00a0é🌍"), max_size=80))
def test_any_play_of_signs_is_safe_and_stable(text: str) -> None:
    once = render(text)
    assert Checker(once).faults == []
    assert sanitize(once) == once
    plain(text)


@pytest.mark.case("X1", "X2", control="test_the_checker_sees_a_seeded_fault_and_the_sanitiser_takes_it_away")
@settings(max_examples=100)
@given(st.text(st.sampled_from("<>/\"'= &;abpsrchtimoney\n-!?[]xmg#\x00"), max_size=120))
def test_any_play_of_html_is_safe_and_stable(source: str) -> None:
    once = sanitize(source)
    assert Checker(once).faults == []
    assert sanitize(once) == once


@pytest.mark.case("Q5", control="test_what_is_too_deep_is_shown_as_it_was_written")
@pytest.mark.parametrize(
    "bomb",
    ["<div>" * 20_000, ">" * 90_000, "*" * 40_000 + "a" + "*" * 40_000, "- " * 40_000, "<" * 90_000, "&" * 90_000]
    + ["|a|b|\n|-|-|\n" + "|x|y|\n" * 14_000, "[" * 30_000, "![a](" * 15_000, "`" * 90_000, "_a " * 30_000]
    + ["\n".join(" " * i + "- a" for i in range(300)), "x" * 300_000, "[a](" * 20_000, "~~a " * 20_000],
    ids=lambda bomb: f"{bomb[:4]!r}",
)
def test_Q5_deep_or_huge_text_comes_back_sound(bomb: str) -> None:
    made = render(bomb)
    plain(bomb)
    assert Checker(made).faults == []
    assert Checker(sanitize(bomb)).faults == []


@pytest.mark.case("Q5")
def test_what_is_too_deep_is_shown_as_it_was_written() -> None:
    deep = ">" * 500 + " <b>a</b>"
    assert html.unescape(render(deep)) == f"<p>{deep}</p>"
    assert plain(deep) == deep
    assert "<blockquote>" in render("> a")  # the control


def test_prose_has_what_authors_need() -> None:
    made = render("# A\n\n## B\n\n##### E\n\n1. one\n2. two\n\n**b** *i* `c` ~~s~~\n\n| a |\n|---|\n| 1 |\n\n> q")
    for part in ("<h3>A</h3>", "<h4>B</h4>", "<h6>E</h6>", "<li>one</li>", "<strong>b</strong>", "<em>i</em>"):
        assert part in made
    for part in ("<code>c</code>", "<s>s</s>", '<th scope="col">a</th>', "<td>1</td>", "<blockquote>"):
        assert part in made
    assert 'start="3"' in render("3. three")
    rel = 'rel="nofollow ugc noopener"'
    assert render("[a](/practices/x)") == f'<p><a href="/practices/x" {rel}>a</a></p>\n'
    assert "href" not in render("https://example.org is not made a link")


def test_a_picture_becomes_a_link_and_never_loads() -> None:
    made = render("![A *map*](https://a.example/m.png) [![b](https://a.example/b.png)](/c)")
    assert "<img" not in made
    assert '<a href="https://a.example/m.png" rel="nofollow ugc noopener">A map</a>' in made
    assert '<a href="/c" rel="nofollow ugc noopener">b</a>' in made


def test_plain_text_has_the_words_and_not_the_signs() -> None:
    text = "# Head\n\nSome **bold** [link](https://secret.example) and ![map](m.png)\nnext line\n\n- a `b`\n\n| c |\n|---|\n| d |"
    assert plain(text) == "Head\nSome bold link and map next line\na b\nc\nd"
    assert plain("&amp; &lt;b&gt; \\*") == "& <b> *"
    assert plain("<script>x</script>") == "<script>x</script>"  # text, to be escaped where it is shown


def test_threads_do_not_share_a_cleaner() -> None:
    text = "\n\n".join(f"**{n}** [a](https://a.example/{n}) <i>" for n in range(30))
    expected, found = render(text), list[str]()
    threads = [threading.Thread(target=lambda: found.append(render(text))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 6
    assert isinstance(prose.POLICY, int)
