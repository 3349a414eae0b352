"""What people type, as a tree: words joined by AND, "phrases", OR, -not, prefix*, topic:e-gp, (groups).

Whatever is typed gives a tree; signs that make no sense are taken for spaces. Only three things are refused, kindly:
a text that is too long, too many words, and too many beginnings of words. Names that are no facet (`status:draft`) are
plain words: an operator can never reach a field that people are not meant to search.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import takewhile

from search import language
from search.errors import N_, BadQuery
from search.query import MAX_LENGTH
from search.schema import IndexSchema
from search.synonyms import Synonyms
from search.tree import Added, And, Everything, FacetTerm, Node, Not, Or, Phrase, Prefix, Word

MAX_TERMS = 100
MAX_NESTING = 12
MAX_PREFIXES = 5  # each may stand for hundreds of words
MAX_ADDED = 60  # terms that are added to one query
NO_SYNONYMS = Synonyms()
TOO_LONG = N_("Your search has {length} characters. Please keep it under {limit}.")
TOO_MANY = N_("Your search has more than {limit} words. Please keep the ones that matter most.")
TOO_OPEN = N_(
    "Your search has more than {limit} beginnings of words, like procur*. Please write more of the words out."
)
OPERATORS = frozenset(("AND", "&&", "OR", "||", "NOT"))
_PIECE = re.compile(
    r'(?P<open>[-+]?\()|(?P<close>\))|(?P<not>-)?(?:(?P<name>[A-Za-z_]+):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s()"]+))'
)


@lru_cache(maxsize=1000)  # people turn pages and click facets with the same words
def parse(text: str, schema: IndexSchema, synonyms: Synonyms = NO_SYNONYMS) -> Node:
    """The tree of a query. Raises BadQuery when it is too long, or asks for too much at once."""
    if len(text) > MAX_LENGTH:
        raise BadQuery(TOO_LONG, length=len(text), limit=MAX_LENGTH)
    names = frozenset(schema.facets) | {f.name for f in schema.text if f.name in ("title", "summary")}
    return _Reader(text, schema, names, synonyms).tree()


class _Reader:
    def __init__(self, text: str, schema: IndexSchema, names: frozenset[str], synonyms: Synonyms) -> None:
        self._synonyms = synonyms
        clean = "".join(c if c.isprintable() else " " for c in text.replace("“", '"').replace("”", '"'))
        self._pieces = list(_PIECE.finditer(clean))
        self._at = 0
        self._terms = self._prefixes = 0
        self._added = 0
        self._facets = {**dict(schema.aliases), **{facet: facet for facet in schema.facets}}
        self._names = names

    def tree(self) -> Node:
        parts = []
        while self._at < len(self._pieces):
            parts.append(self._alternatives(0))
            if self._at < len(self._pieces) and self._pieces[self._at]["close"]:
                self._at += 1  # a bracket that was never opened
        return _all(parts)

    def _alternatives(self, depth: int) -> Node:
        found = [self._conjunction(depth)]
        while self._at < len(self._pieces) and self._is_or(self._pieces[self._at]):
            self._at += 1
            found.append(self._conjunction(depth))
        found = [f for f in found if not isinstance(f, Everything)]
        if not found:
            return Everything()
        return found[0] if len(found) == 1 else Or(tuple(found))

    def _conjunction(self, depth: int) -> Node:
        parts: list[Node] = []
        while self._at < len(self._pieces):
            piece = self._pieces[self._at]
            if piece["close"] or self._is_or(piece):
                break
            self._at += 1
            if piece["open"]:
                parts.append(self._group(piece["open"], depth))
            elif self._is_not(piece):
                parts.append(self._negated(depth))
            elif piece["word"] not in ("AND", "&&"):
                parts.append(self._widened(piece) or self._term(piece))
        return _all(parts)

    def _widened(self, piece: re.Match[str]) -> Node | None:
        """Plain words that are a known term, or the term by any of its other names; None when they are none."""
        run = [piece, *takewhile(_is_plain, self._pieces[self._at :])] if _is_plain(piece) else []
        count, others = self._synonyms.at([p["word"] for p in run])
        if not count:
            return None
        self._at += count - 1
        typed = [p["word"] for p in run[:count]]
        words = tuple(t.word for raw in typed for t in language.tokens(raw))
        asked = _all([self._text(raw, False, "") for raw in typed])
        others = others[: max(0, MAX_ADDED - self._added)]
        self._added += len(others)
        shown = " ".join(typed).strip(".,;:!?¿¡؟")
        return Or((asked, *(Added(self._meant(term), words, shown, term) for term in others)))

    def _meant(self, term: str) -> Node:
        found = list(language.tokens(term))
        words = tuple(t.word for t in found)
        if len(words) == 1:
            return self._word(words[0], "")
        if found[-1].joined and len("".join(words)) == len(found[-1].joined):
            return Or((Word(found[-1].joined, ()), Phrase(words)))
        return Phrase(words)

    def _group(self, opening: str, depth: int) -> Node:
        if depth >= MAX_NESTING:  # deeper brackets mean nothing to people; their content still counts
            return Everything()
        inside = self._alternatives(depth + 1)
        if self._at < len(self._pieces) and self._pieces[self._at]["close"]:
            self._at += 1
        return Not(inside) if opening.startswith("-") and not isinstance(inside, Everything) else inside

    def _is_not(self, piece: re.Match[str]) -> bool:
        following = self._pieces[self._at] if self._at < len(self._pieces) else None
        return piece["word"] == "NOT" and following is not None and not (following["close"] or self._is_or(following))

    def _negated(self, depth: int) -> Node:
        piece = self._pieces[self._at]
        self._at += 1
        node = self._group(piece["open"], depth) if piece["open"] else self._term(piece)
        return node if isinstance(node, Not | Everything) else Not(node)

    def _is_or(self, piece: re.Match[str]) -> bool:
        return piece["word"] in ("OR", "||") and not piece["not"] and not piece["name"]

    def _term(self, piece: re.Match[str]) -> Node:
        name, raw = (
            (piece["name"] or "").lower(),
            piece["phrase"] if piece["phrase"] is not None else piece["word"],
        )
        if name in self._facets:
            self._count(1)
            node: Node = FacetTerm(self._facets[name], raw.strip()) if raw.strip(' *?"') else Everything()
        elif name in self._names:
            node = self._text(raw, piece["phrase"] is not None, name)
        else:
            plain = self._text(raw, piece["phrase"] is not None, "")
            node = _all([self._text(name, False, ""), plain]) if name else plain
        return Not(node) if piece["not"] and not isinstance(node, Everything) else node

    def _text(self, raw: str, quoted: bool, field: str) -> Node:
        found = list(language.tokens(raw))
        if not found:
            return Everything()
        self._count(len(found))
        words = tuple(t.word for t in found)
        if quoted:
            return Phrase(words, field) if len(words) > 1 else Word(words[0], (), field)
        if raw.rstrip().endswith("*") and len(words[-1]) >= 2:
            self._prefixes += 1
            if self._prefixes > MAX_PREFIXES:
                raise BadQuery(TOO_OPEN, limit=MAX_PREFIXES)
            return _all([*(self._word(w, field) for w in words[:-1]), Prefix(words[-1], field)])
        if len(words) == 1:
            return self._word(words[0], field)
        if found[-1].joined and len("".join(words)) == len(found[-1].joined):
            return Or((self._word(found[-1].joined, field), Phrase(words, field)))  # e-GP: egp, or "e gp"
        return Phrase(words, field)  # a word with a sign inside: 13(b), open/close, ideographs

    def _word(self, word: str, field: str) -> Word:
        return Word(word, language.stems(word), field)

    def _count(self, terms: int) -> None:
        self._terms += terms
        if self._terms > MAX_TERMS:
            raise BadQuery(TOO_MANY, limit=MAX_TERMS)


def _is_plain(piece: re.Match[str]) -> bool:
    """A word that is only a word: no operator, no name before it, no sign that means something."""
    word = piece["word"]
    return bool(word) and not piece["not"] and not piece["name"] and "*" not in word and word not in OPERATORS


def _all(parts: list[Node]) -> Node:
    """All parts; little words like "the" are not demanded when there are others."""
    kept = [p for p in parts if not isinstance(p, Everything)]
    telling = [p for p in kept if not (isinstance(p, Word) and p.text in language.STOP)]
    kept = telling if any(not isinstance(p, Not) for p in telling) else kept
    if not kept:
        return Everything()
    return kept[0] if len(kept) == 1 else And(tuple(kept))
