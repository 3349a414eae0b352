"""Why a document was found: its title with the matches marked, and the passage that shows them best."""

from __future__ import annotations

from collections.abc import Iterator

from search import language
from search.query import Snippet
from search.schema import Body, IndexSchema
from search.tree import Node, keys_of, prefixes_of

PASSAGE = 220  # characters
SCANNED = 40_000  # characters of a field that are looked through

Match = tuple[int, int, str]  # where it begins and ends, and the folded word


class Highlighter:
    """Marks what a query matched. One for a query: what it finds out about a word holds for every document."""

    def __init__(self, node: Node, schema: IndexSchema) -> None:
        self._wanted, self._prefixes = keys_of(node), prefixes_of(node)
        # little words are marked only for who asks for nothing else: not the "and" of a name that was added
        self._all_little = language.STOP.issuperset(k for k in self._wanted if not k.startswith(language.STEM_MARK))
        # a word and its stem begin with the same letter, in every language that we have a stemmer for and that is ASCII
        first = frozenset(key.removeprefix(language.STEM_MARK)[:1] for key in (*self._wanted, *self._prefixes))
        self._finder = language.finder(frozenset(letter for letter in first if letter.isascii()))
        # lightest first: there is most of the prose
        self._prose = [f.name for f in reversed(schema.text) if f.shown and f.name not in ("title", "summary")]
        self._known: dict[str, dict[str, tuple[Match, ...]]] = {}  # language -> unit -> what matches in it

    def title(self, body: Body) -> Snippet:
        """The whole title, matches marked."""
        title = body.text.get("title", "")
        matches = self._matches(body, "title")
        telling = [m for m in matches if m[2] not in language.STOP]
        return Snippet(_parts(title, 0, len(title), matches if self._all_little else telling))

    def passage(self, body: Body) -> Snippet:
        """The passage with most different matches: from the summary if it has any, else from the best other field."""
        shown, best = body.text.get("summary", ""), self._best(body, "summary")
        if best[0] == 0:
            for name in self._prose:
                found = self._best(body, name)
                if found[0] > best[0]:
                    best, shown = found, body.text[name]
        return _cut(shown, *best[1:])

    def _matches(self, body: Body, name: str) -> list[Match]:
        found: list[Match] = []
        for start, end, code in body.pieces(name) if self._wanted or self._prefixes else ():
            known = self._known.setdefault(code, {})
            for piece in self._finder.finditer(body.text[name], start, min(end, SCANNED)):
                inside = known.get(unit := piece[0])
                if inside is None:
                    inside = known[unit] = tuple(self._inside(unit, code))
                for a, b, word in inside:
                    found.append((piece.start() + a, piece.start() + b, word))
        return found

    def _inside(self, unit: str, code: str) -> Iterator[Match]:
        for token in language.tokens(unit):
            if self._wanted.intersection(language.keys(token, code)) or (
                self._prefixes and token.word.startswith(self._prefixes)
            ):
                yield token.start, token.end, token.word

    def _best(self, body: Body, name: str) -> tuple[int, int, list[Match]]:
        """How many different words match in the best passage, where it begins, and all matches."""
        text = body.text.get(name, "")
        matches = [m for m in self._matches(body, name) if m[2] not in language.STOP]
        best, start = 0, 0
        for number, match in enumerate(matches):
            within = {m[2] for m in matches[number : number + 40] if m[1] <= match[0] + PASSAGE}
            if len(within) > best:
                best, start = len(within), match[0]
        return best, _word_start(text, max(0, start - 40)) if best and start > PASSAGE // 2 else 0, matches


def beginning(text: str) -> Snippet:
    """The passage of a text of which it is not known what matches."""
    return _cut(text, 0, [])


def _cut(text: str, start: int, matches: list[Match]) -> Snippet:
    """As much of a text as a passage holds, from `start` on."""
    end = min(len(text), start + PASSAGE)
    end = len(text) if len(text) - end < 20 else _word_end(text, end)
    parts = _parts(text, start, end, matches)
    before = (("… ", False),) if start > 0 else ()
    after = ((" …", False),) if end < len(text) else ()
    return Snippet((*before, *parts, *after)) if parts else Snippet()


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
