"""Why a document was found: its title with the matches marked, and the passage that shows them best."""

from __future__ import annotations

from collections.abc import Mapping

from search import language
from search.parse import Node, keys_of, prefixes_of
from search.query import Snippet
from search.schema import IndexSchema

PASSAGE = 220  # characters
SCANNED = 40_000  # characters of a field that are looked through


def title(text: str, node: Node, doc_language: str) -> Snippet:
    """The whole title, matches marked."""
    return Snippet(_parts(text, 0, len(text), _matches(text, node, doc_language)))


def passage(text: Mapping[str, str], schema: IndexSchema, node: Node, doc_language: str) -> Snippet:
    """The passage with most different matches: from the summary if it has any, else from the best other field."""
    summary = text.get("summary", "")
    best = _best(summary, node, doc_language)
    if best[0] == 0:
        # lightest first: there is the prose; the heavier fields hold names of topics and countries
        others = [f.name for f in reversed(schema.text) if f.name not in ("title", "summary")]
        for name in others:
            found = _best(text.get(name, ""), node, doc_language)
            if found[0] > best[0]:
                best, summary = found, text[name]
    _, start, matches = best
    end = min(len(summary), start + PASSAGE)
    end = len(summary) if len(summary) - end < 20 else _word_end(summary, end)
    parts = _parts(summary, start, end, matches)
    before = (("… ", False),) if start > 0 else ()
    after = ((" …", False),) if end < len(summary) else ()
    return Snippet((*before, *parts, *after)) if parts else Snippet()


Match = tuple[int, int, str]


def _matches(text: str, node: Node, doc_language: str) -> list[Match]:
    wanted, prefixes = keys_of(node), prefixes_of(node)
    if not wanted and not prefixes:
        return []
    return [
        (t.start, t.end, t.word)
        for t in language.tokens(text[:SCANNED])
        if wanted.intersection(language.keys(t, doc_language)) or (prefixes and t.word.startswith(prefixes))
    ]


def _best(text: str, node: Node, doc_language: str) -> tuple[int, int, list[Match]]:
    matches = [m for m in _matches(text, node, doc_language) if m[2] not in language.STOP]
    best, start = 0, 0
    for number, match in enumerate(matches):
        within = {m[2] for m in matches[number : number + 40] if m[1] <= match[0] + PASSAGE}
        if len(within) > best:
            best, start = len(within), match[0]
    return best, _word_start(text, max(0, start - 40)) if best and start > PASSAGE // 2 else 0, matches


def _parts(text: str, start: int, end: int, matches: list[Match]) -> tuple[tuple[str, bool], ...]:
    parts: list[tuple[str, bool]] = []
    at = start
    for a, b, _ in matches:
        if a >= at and b <= end:
            if a > at:
                parts.append((text[at:a], False))
            parts.append((text[a:b], True))
            at = b
    if at < end:
        parts.append((text[at:end], False))
    return tuple(parts)


def _word_start(text: str, at: int) -> int:
    space = text.find(" ", at)
    return space + 1 if at and 0 <= space < at + 40 else at


def _word_end(text: str, at: int) -> int:
    space = text.rfind(" ", 0, at)
    return space if space > at - 40 and space > 0 else at
