"""What is looked for, as a tree, and what can be told from the tree alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LONG = 8  # of so many words a record must have two when few records have all, of fewer words one


@dataclass(frozen=True)
class Word:
    """One word, by its folded form and its stems; `field` limits it to one text field."""

    text: str
    stems: tuple[str, ...]
    field: str = ""


@dataclass(frozen=True)
class Phrase:
    """Words next to each other, in this order, as they were typed."""

    words: tuple[str, ...]
    field: str = ""


@dataclass(frozen=True)
class Prefix:
    """Any word that begins so."""

    text: str
    field: str = ""


@dataclass(frozen=True)
class Added:
    """Another term for words that were typed; never more telling than the least telling of them.

    `typed`: those words, folded; `of` and `term` are what the page shows: RFQ, request for quotations.
    """

    part: Node
    typed: tuple[str, ...]
    of: str
    term: str


@dataclass(frozen=True)
class Most:
    """At least so many of these; what has them all comes first."""

    parts: tuple[Node, ...]
    least: int


@dataclass(frozen=True)
class FacetTerm:
    """A facet has this value (compared without regard to case)."""

    facet: str
    value: str


@dataclass(frozen=True)
class And:
    """All of these."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    """Any of these."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    """Everything but this."""

    part: Node


@dataclass(frozen=True)
class Everything:
    """No condition."""


Node = Word | Phrase | Prefix | Added | FacetTerm | And | Or | Most | Not | Everything


def words_of(node: Node) -> Iterator[Word]:
    """The plain words that are asked for, not those that are excluded."""
    if isinstance(node, Word):
        yield node
    elif isinstance(node, And | Or | Most):
        for part in node.parts:
            yield from words_of(part)


def added_to(node: Node) -> dict[str, list[str]]:
    """What was added: the words typed -> other terms for them."""
    found: dict[str, list[str]] = {}
    if isinstance(node, Added):
        found[node.of] = [node.term]
    elif isinstance(node, And | Or | Most):
        for part in node.parts:
            for typed, terms in added_to(part).items():
                found[typed] = list(dict.fromkeys([*found.get(typed, []), *terms]))
    return found


def widened(node: Node) -> Node | None:
    """What to look for when few records have all the words: those with some of them too. None when it is one word.

    What is excluded and what a facet demands stays demanded. A term of several words, alone, is looked for by some of
    them too; what has the whole term, or another name of it, comes first.
    """
    if isinstance(node, Or) and isinstance(node.parts[0], And) and all(isinstance(p, Added) for p in node.parts[1:]):
        return Or((Most(node.parts[0].parts, 1), Most((Or(node.parts[1:]),), 1)))
    if not isinstance(node, And):
        return None
    words = tuple(p for p in node.parts if not isinstance(p, Not | FacetTerm))
    others = tuple(p for p in node.parts if isinstance(p, Not | FacetTerm))
    return And((Most(words, 1 + (len(words) >= LONG)), *others)) if len(words) > 1 else None


def keys_of(node: Node) -> frozenset[str]:
    """The keys to highlight: words, stems, words of phrases."""
    if isinstance(node, Word):
        return frozenset((node.text, *node.stems))
    if isinstance(node, Phrase):
        return frozenset(node.words)
    if isinstance(node, Added):
        return keys_of(node.part)
    if isinstance(node, And | Or | Most):
        return frozenset(k for part in node.parts for k in keys_of(part))
    return frozenset()


def prefixes_of(node: Node) -> tuple[str, ...]:
    """The prefixes to highlight."""
    if isinstance(node, Prefix):
        return (node.text,)
    if isinstance(node, And | Or | Most):
        return tuple(p for part in node.parts for p in prefixes_of(part))
    return ()
