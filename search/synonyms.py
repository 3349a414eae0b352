"""Other words for what was typed: acronyms and their long forms, the trade's synonyms, its words in other languages.

They are added to a query, never to the index: an addition weighs less than what was typed, can be seen, and can be left
out. Nothing that was added is looked up again, so that groups never run into one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from search import language

Key = tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Terms that mean about the same. `capitals`: its acronyms are ordinary words when they are not in capitals."""

    terms: tuple[str, ...]
    capitals: bool = False

    def beside(self, key: Key) -> tuple[str, ...]:
        """The other terms, of which a text in small letters can tell that they are meant."""
        return tuple(t for t in self.terms if key_of(t) != key and not (self.capitals and is_acronym(t)))


class Synonyms:
    """Groups of terms, found by the words of any of them."""

    def __init__(self, groups: Iterable[Group] = ()) -> None:
        self.groups = tuple(groups)
        self._groups: dict[Key, list[tuple[Group, str]]] = {}
        for group in self.groups:
            for term in group.terms:
                self._groups.setdefault(key_of(term), []).append((group, term))
        self._longest = max(map(len, self._groups), default=0)

    def at(self, pieces: Sequence[str]) -> tuple[int, tuple[str, ...]]:
        """How many of the first pieces of a text are a term, and what else it is called; (0, ()) when none is.

        The longest term wins.
        """
        keys = [key_of(piece) for piece in pieces[: self._longest]]
        for count in range(len(keys), 0, -1):
            key = tuple(word for piece in keys[:count] for word in piece)
            found = [
                group.beside(key)
                for group, term in self._groups.get(key, ())
                if not (group.capitals and is_acronym(term)) or _as_written(pieces[0], term)
            ]
            if others := tuple(dict.fromkeys(term for terms in found for term in terms)):
                return count, others
        return 0, ()


def key_of(term: str) -> Key:
    """The words of a term so that its forms meet: folded, without the endings of English."""
    return tuple(language.stem(token.word, "en") for token in language.tokens(term))


def is_acronym(term: str) -> bool:
    """RFQ, CoST, e-GP: one word with two capitals or more."""
    return " " not in term and sum(letter.isupper() for letter in term) > 1


def _as_written(piece: str, term: str) -> bool:
    return piece.isupper() or piece == term
