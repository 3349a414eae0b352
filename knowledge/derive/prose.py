"""Markdown to safe HTML. nh3 decides what stays; bleach runs after it with the same allowlist.

Bytes and nesting are capped before anything is cleaned, because both cleaners take seconds over deep nesting.
Raise POLICY whenever the output for the same text may change: what was stored under another policy is made anew.
"""

from __future__ import annotations

import re
import threading
from html import escape

import bleach
import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

POLICY = 1
MAX_BYTES = 200_000
MAX_DEPTH = 60
TAGS = frozenset(
    "p br hr h3 h4 h5 h6 strong em s code pre blockquote ul ol li a table thead tbody tr th td".split()
)
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "th": {"scope"}}
SCHEMES = frozenset({"http", "https", "mailto"})
REL = "nofollow ugc noopener"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.ASCII | re.IGNORECASE)
_local = threading.local()


def render(text: str) -> str:
    """Markdown as safe HTML; text that is too large or too deep is shown as it is, escaped."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        return f"<p>{escape(text[:MAX_BYTES])}</p>"
    parser = _parser()
    tokens = parser.parse(text)
    if _depth(tokens) > MAX_DEPTH:
        return f"<p>{escape(text)}</p>"
    return sanitize(str(parser.renderer.render(tokens, parser.options, {})))


def sanitize(html: str) -> str:
    """HTML with nothing in it but the allowed tags, attributes and schemes; cleaning twice changes nothing."""
    kept = nh3.clean(
        html,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=_filter,
        url_schemes=set(SCHEMES),
        link_rel=None,
        strip_comments=True,
    )
    kept = _cleaner().clean(kept)
    # set last, so that neither cleaner has a say: bleach would drop rel, nh3 would write it in another place
    return re.sub(r"<a(?= |>)", f'<a rel="{REL}"', kept)


def plain(text: str) -> str:
    """The words of a Markdown text without its signs, for the index and for snippets."""
    words: list[str] = []
    for token in _parser().parse(text[:MAX_BYTES]):
        if token.type == "inline":
            words.append("".join(_inline(token)))
        elif token.type in ("code_block", "fence"):
            words.append(token.content)
    return "\n".join(w for w in words if w.strip())


def safe_link(address: str) -> bool:
    """Whether an address has an allowed scheme, compared exactly, or none at all within this site."""
    bare = "".join(c for c in address if ord(c) > 32 and ord(c) != 127).casefold()
    found = _SCHEME.match(bare)
    if found:
        return found[0][:-1] in SCHEMES
    return ":" not in bare.split("/")[0].split("?")[0].split("#")[0] and not bare.startswith(("//", "\\"))


def _filter(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "href" and not safe_link(value):
        return None
    if attribute == "scope" and value not in ("col", "row"):
        return None
    return value if attribute != "start" or value.isdigit() else None


def _cleaner() -> bleach.Cleaner:
    if not hasattr(_local, "cleaner"):  # a cleaner keeps state: one for each thread
        _local.cleaner = bleach.Cleaner(
            tags=TAGS,
            attributes={tag: list(names) for tag, names in ATTRIBUTES.items()},
            protocols=SCHEMES,
            strip=True,
            strip_comments=True,
        )
    return _local.cleaner  # type: ignore[no-any-return]


def _parser() -> MarkdownIt:
    if not hasattr(_local, "parser"):
        parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": MAX_DEPTH}).enable(
            ["table", "strikethrough"]
        )
        parser.add_render_rule("heading_open", _heading)
        parser.add_render_rule("heading_close", _heading)
        parser.add_render_rule("image", _image)
        _local.parser = parser
    return _local.parser  # type: ignore[no-any-return]


def _heading(renderer: object, tokens: list[Token], index: int, options: object, env: object) -> str:
    level = min(int(tokens[index].tag[1]) + 2, 6)  # the page has h1 and h2 of its own
    return f"<h{level}>" if tokens[index].nesting == 1 else f"</h{level}>\n"


def _image(renderer: object, tokens: list[Token], index: int, options: object, env: object) -> str:
    token = tokens[index]
    source, words = str(token.attrs.get("src", "")), "".join(_inline(token)) or "picture"
    return f'<a href="{escape(source)}">{escape(words)}</a>' if safe_link(source) else escape(words)


def _inline(token: Token) -> list[str]:
    if token.type in ("softbreak", "hardbreak"):
        return [" "]
    if token.children:
        return [word for child in token.children for word in _inline(child)]
    return [token.content] if token.type in ("text", "code_inline", "text_special", "image") else []


def _depth(tokens: list[Token]) -> int:
    return max((token.level for token in tokens), default=0)
