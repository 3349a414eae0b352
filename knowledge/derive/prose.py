"""Markdown to safe HTML. nh3 decides what stays; bleach runs after it with the same allowlist.

Bytes and nesting are capped before anything is cleaned, because both cleaners take seconds over deep nesting.
Raise POLICY whenever the output for the same text may change: what was stored under another policy is made anew.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from html import escape

import bleach
import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

POLICY = 2
MAX_BYTES = 200_000
MAX_DEPTH = 24
MAX_BRACKETS = 2_000  # the parser looks for the end of a link behind each of them
MAX_PARTS = 12_000  # tags and character references: bleach takes about 0.1 ms for each
TAGS = frozenset("p br hr h3 h4 h5 h6 strong em s code pre blockquote a ul ol li table thead tbody tr th td".split(" "))
ATTRIBUTES = {
    "a": frozenset({"href", "title", "rel"}),
    "ol": frozenset({"start"}),
    "th": frozenset({"scope"}),
}
SCHEMES = frozenset({"http", "https", "mailto"})
REL = "nofollow ugc noopener"
_ADDRESS = re.compile(r"(?:https?://[^/?#\\]|mailto:[^/]|/(?![/\\])|#)", re.IGNORECASE | re.ASCII)
_UNSEEN = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029]")
_TAG = re.compile(r"<(/?)([a-z][^\s/>]*)", re.IGNORECASE)
_VOID = frozenset({"br", "hr", "img", "input", "wbr", "col", "source", "track", "embed", "area", "link", "meta"})
_local = threading.local()  # parsers and cleaners keep state: one of each for each thread


def render(text: str) -> str:
    """Markdown as safe HTML; text that is too large or nested too deep is shown as it is, escaped."""
    if _too_dense(text):
        return _as_it_is(text)
    parser = _parser()
    tokens = parser.parse(text)
    if _depth(tokens) > MAX_DEPTH:
        return _as_it_is(text)
    html = str(parser.renderer.render(tokens, parser.options, {}))
    return _as_it_is(text) if _too_much(html) else sanitize(html)


def sanitize(html: str) -> str:
    """HTML with nothing in it but the allowed tags, attributes and addresses; cleaning twice changes nothing.

    HTML that is too large or nested too deep comes back as its own source, escaped.
    """
    if _too_much(html):
        return _as_it_is(html)
    return str(_bleach().clean(_nh3().clean(html))).lstrip("\ufeff")  # which would be dropped the next time


def plain(text: str) -> str:
    """The words of a Markdown text without its signs, for the index and for snippets."""
    if _too_dense(text):
        return text
    tokens = _parser().parse(text)
    if _depth(tokens) > MAX_DEPTH:
        return text
    words: list[str] = []
    for token in tokens:
        if token.type == "inline":
            words.append("".join(_inline(token.children or ())))
        elif token.type in ("code_block", "fence"):
            words.append(token.content.strip())
    return "\n".join(w for w in words if w.strip())


def readable(text: str) -> str:
    """A Markdown text as one reads it: without its signs, but with its paragraphs, lists and tables, links in full."""
    if _too_dense(text):
        return text
    tokens = _parser().parse(text)
    if _depth(tokens) > MAX_DEPTH:
        return text
    return "".join(_laid_out(tokens)).strip("\n")


def _laid_out(tokens: Sequence[Token]) -> Iterator[str]:
    marks: list[str] = []  # of the lists that are open: a number for what counts, a point for what does not
    marker, indent, cells = "", 0, list[str]()
    for number, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            marks.append(str(token.attrs.get("start", 1)) if token.tag == "ol" else "")
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            marks.pop()
            yield "" if marks else "\n"
        elif token.type == "list_item_open":
            marker = f"{marks[-1]}. " if marks[-1] else "• "
            marks[-1] = str(int(marks[-1]) + 1) if marks[-1] else ""
        elif token.type == "hr":
            yield "———\n\n"
        elif token.type in ("blockquote_open", "blockquote_close"):
            indent += token.nesting
        elif token.type == "inline" and tokens[number - 1].tag in ("td", "th"):
            cells.append("".join(_read(token.children or ())))
        elif token.type == "tr_close":
            yield " | ".join(cells) + "\n"
            cells = []
        elif token.type == "table_close":
            yield "\n"
        elif token.type in ("inline", "fence", "code_block"):
            words = "".join(_read(token.children or ())) if token.type == "inline" else token.content.strip("\n")
            yield "  " * (max(len(marks) - 1, 0) + indent) + marker + words + ("\n" if marks else "\n\n")
            marker = ""


def _read(tokens: Sequence[Token]) -> Iterator[str]:
    """Words in a line; after those of a link its address, unless they are its address."""
    words, address = list[str](), ""
    for token in tokens:
        if token.type == "link_open":
            words, address = [], str(token.attrs.get("href", ""))
        elif token.type == "link_close":
            yield f" ({address})" if address != "".join(words) else ""
        else:
            text = "\n" if token.type == "hardbreak" else "".join(_inline([token]))
            words.append(text)
            yield text


def _too_dense(text: str) -> bool:
    """Whether parsing would take long: too many bytes, or too many brackets that may begin a link."""
    return len(text.encode("utf-8", "replace")) > MAX_BYTES or text.count("[") > MAX_BRACKETS


def safe_address(address: str) -> bool:
    """Whether a link may lead there: http, https or mailto, compared exactly, or a path or anchor of this site."""
    return not _UNSEEN.search(address) and bool(_ADDRESS.match(address))


def _allowed(tag: str, attribute: str, value: str) -> bool:
    if attribute not in ATTRIBUTES.get(tag, ()):
        return False
    if attribute == "href":
        return safe_address(value)
    if attribute == "start":
        return re.fullmatch(r"\d{1,9}", value, re.ASCII) is not None
    return value == REL if attribute == "rel" else attribute == "title" or value == "col"


def _nh3() -> nh3.Cleaner:
    if not hasattr(_local, "nh3"):
        _local.nh3 = nh3.Cleaner(
            tags=set(TAGS),
            # nh3 writes rel itself and refuses to be told about it as well
            attributes={tag: set(names) - {"rel"} for tag, names in ATTRIBUTES.items()},
            attribute_filter=lambda tag, name, value: value if _allowed(tag, name, value) else None,
            url_schemes=set(SCHEMES),
            link_rel=REL,
        )
    return _local.nh3  # type: ignore[no-any-return]


def _bleach() -> bleach.Cleaner:
    if not hasattr(_local, "bleach"):
        _local.bleach = bleach.Cleaner(
            tags=TAGS,
            attributes=_allowed,
            protocols=SCHEMES,
            strip=True,
        )
        # nh3 moves the others when it drops an attribute: in one order, cleaning again finds nothing to do
        _local.bleach.serializer.alphabetical_attributes = True
    return _local.bleach  # type: ignore[no-any-return]


def _parser() -> MarkdownIt:
    if not hasattr(_local, "parser"):
        # nested deeper than maxNesting, text is dropped: so it lies above the depth at which we give up in time
        options = {"html": False, "linkify": False, "typographer": False, "maxNesting": MAX_DEPTH + 4}
        parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
        parser.core.ruler.push("house", _house)
        _local.parser = parser
    return _local.parser  # type: ignore[no-any-return]


def _house(state: StateCore) -> None:
    """Our changes to what was parsed: lower headings, headed columns, pictures as links."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"  # the page has h1 and h2 of its own
        elif token.type in ("th_open", "td_open"):
            token.attrs = {"scope": "col"} if token.type == "th_open" else {}
        elif token.children:
            token.children = list(_pictures_as_links(token.children))


def _pictures_as_links(tokens: Sequence[Token]) -> Iterator[Token]:
    within = 0
    for token in tokens:
        within += token.nesting if token.type in ("link_open", "link_close") else 0
        if token.type != "image":
            yield token
            continue
        source = str(token.attrs.get("src", ""))
        words = Token("text", "", 0, content="".join(_inline(token.children or ())) or source)
        if within or not safe_address(source):  # a link cannot stand in a link
            yield words
        else:
            yield from (
                Token("link_open", "a", 1, attrs={"href": source}),
                words,
                Token("link_close", "a", -1),
            )


def _inline(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            yield " "
        elif token.children:
            yield from _inline(token.children)
        else:
            yield token.content


def _depth(tokens: Sequence[Token]) -> int:
    deepest = level = 0
    for token in tokens:
        level += token.nesting
        inside = _depth(token.children) if token.children else 0
        deepest = max(deepest, level + inside)
    return deepest


def _too_much(html: str) -> bool:
    parts = html.count("<") + html.count("&")
    return len(html) > 4 * MAX_BYTES or parts > MAX_PARTS or _nested(html) > 2 * MAX_DEPTH


def _nested(html: str) -> int:
    """The deepest nesting that an HTML source can come to, counted without parsing it."""
    deepest = level = 0
    for closing, tag in _TAG.findall(html):
        if tag.lower() not in _VOID:
            level += -1 if closing else 1
            deepest = max(deepest, level)
    return deepest


def _as_it_is(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>"
