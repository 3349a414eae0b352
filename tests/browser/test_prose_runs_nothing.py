"""Prose in a real browser, without the policy of the site: of thousands of payloads none runs, loads or breaks out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from knowledge.derive.prose import render, sanitize
from tests.browser import vectors
from tests.browser.hostile import Found, Yard
from tests.conftest import SHARED
from tests.knowledge.derive.test_prose import variants

pytestmark = pytest.mark.browser

AROUND = [  # where browsers have read the same text in two ways
    "<svg>{}</svg>", "<math><mtext>{}</mtext></math>", "<table>{}</table>", "<noscript>{}</noscript>", "<p title='{}'>a</p>",
    '<a href="{}">a</a>', "<style>{}</style>", "<template>{}</template>", "<form>{}</form>", "<xmp>{}</xmp>", "<!--{}-->",
    "<svg><style>{}</style></svg>", "<math><annotation-xml encoding='text/html'>{}</annotation-xml></math>", "<pre>\n{}",
    "<select><option>{}</select>", "<textarea>{}</textarea>", "<li>{}", "<table><tr><td><a href='/a'>{}</table>",
]  # fmt: skip


@pytest.fixture(scope="module")
def published() -> list[str]:
    """Hostile markup of our own and, where they lie beside the project, every published payload of it."""
    folder = SHARED / "payloads"
    if not folder.is_dir():
        return vectors.own()
    found = vectors.own()
    for name, key in (("html5sec", "data"), ("dompurify_expect", "payload"), ("bleach_tests", "payload")):
        found += [str(item[key]) for item in json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))]
    found += json.loads((folder / "blns.json").read_text(encoding="utf-8"))
    found += [
        re.sub(r"\\x([0-9A-Fa-f]{2})", lambda m: chr(int(m[1], 16)), each) for each in found
    ]  # some name their signs
    return list(dict.fromkeys(each for each in found if each.strip()))


@pytest.fixture(scope="module")
def pieces(published: list[str]) -> list[str]:
    """What is shown of each: as it is, in a third of the markup around it, and in half of the ways of Markdown."""
    found = [sanitize(each) for each in published]
    for number, each in enumerate(published):
        found += [sanitize(around.replace("{}", each)) for around in AROUND[number % 3 :: 3]]
        found += [render(text) for text in variants(each)[number % 2 :: 2]]
    return list(dict.fromkeys(found))


@pytest.fixture
def yard(chromium: object) -> Iterator[Yard]:
    made = Yard(chromium)
    yield made
    made.close()


@pytest.mark.case("X1", "X3", "X4", "X5")
def test_X1_no_payload_runs_loads_or_breaks_out_of_where_it_stands(yard: Yard, pieces: list[str]) -> None:
    assert len(pieces) > (5_000 if (SHARED / "payloads").is_dir() else 500)
    yard.pieces(pieces)
    assert (yard.found.ran, yard.found.seen, yard.found.asked, yard.found.astray) == ([], [], [], [])


@pytest.mark.case("X1", "X3")
def test_X1_the_control_unsanitised_they_run_hundreds_of_times(yard: Yard, published: list[str]) -> None:
    likely = [each for each in published if re.search(r"on\w+\s*=|<script|javascript:", each, re.IGNORECASE)]
    documents, times = 0, 0
    for start in range(0, len(likely), 200):
        yard.found = Found()
        yard.documents(likely[start : start + 200])
        documents, times = documents + len(set(yard.found.ran)), times + len(yard.found.ran)
        assert yard.found.seen and yard.found.asked
    whole = (SHARED / "payloads").is_dir()
    assert documents > (120 if whole else 40) and times > (200 if whole else 60)


@pytest.mark.case("X1", "X4", "X5")
@pytest.mark.parametrize(
    "piece",
    [
        "</section></main><p>out", "<p style='position:fixed;inset:0'>a</p>", "<p id=main name=x>a</p>", "<!-- a -->",
        "<img src=/x.png>", "<style>@import '/x.css'</style>", "<a href='data:text/html,x'>a</a>", "<a href='javascript:1'>a</a>",
        "<a href='java&#10;script:1'>a</a>", "<plaintext>",
    ],
)  # fmt: skip
def test_X1_the_control_each_fault_of_structure_is_seen(yard: Yard, piece: str) -> None:
    yard.pieces([piece, "<p>a</p>"])
    assert yard.found.astray


@pytest.mark.case("X2")
def test_X2_what_the_browser_makes_of_it_is_clean_and_stays_as_it_is(yard: Yard, pieces: list[str]) -> None:
    once = yard.again(pieces)
    assert read(yard.again(once)) == read(once)
    cleaned = [sanitize(each) for each in once]
    assert read(yard.again(cleaned)) == read(once), "cleaning it again changes nothing that a browser could see"
    assert read([sanitize(each) for each in cleaned]) == read(cleaned)


def read(pieces: list[str]) -> list[str]:
    """Without the line ends at the beginning of a block of code, of which HTML drops one each time it is read."""
    return [re.sub(r"<pre>\n+", "<pre>", each) for each in pieces]


@pytest.mark.case("X2")
def test_X2_the_control_there_are_texts_that_a_browser_changes_when_it_reads_them_twice(yard: Yard) -> None:
    text = "<svg></p><style><a id='</style><img src=1 onerror=canary()>'>"
    nested = "<form><math><mtext></form><form><mglyph><style></math><img src onerror=canary()>"
    once = yard.again([text, nested])
    assert yard.again(once) != once
    assert [sanitize(each) for each in once] != once
