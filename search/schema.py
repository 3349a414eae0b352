"""What an index holds: text fields by weight, facets by name, and documents that name their audience."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from search import language as words


@dataclass(frozen=True)
class TextField:
    """A field that is searched as words; `weight` says how often each of its words counts.

    `shown`: whether a passage of it may be shown; other names of a term, in all languages, are no sentences. What is
    not shown does not make a document longer either.
    """

    name: str
    weight: float = 1.0
    shown: bool = True


@dataclass(frozen=True)
class IndexSchema:
    """The shape of an index, derived from the content model.

    `text`: the searchable fields. The names `title` and `summary` must be among them: they make the
    highlight. `facets`: names of keyword fields that are filtered on and counted. `years`: the name of
    the one facet whose values are years and which takes a range. `aliases`: other names for facets in a query.
    """

    text: tuple[TextField, ...]
    facets: tuple[str, ...]
    years: str = "year"
    aliases: tuple[tuple[str, str], ...] = ()

    def asked(self, field: str) -> tuple[TextField, ...]:
        """The fields that a part of a query looks into: all, or the one it names, whose weight then says nothing."""
        return tuple(replace(f, weight=1.0) for f in self.text if f.name == field) if field else self.text

    @property
    def fingerprint(self) -> str:
        """Changes whenever an index built for another schema must be rebuilt."""
        text = ",".join(f"{f.name}^{f.weight:g}" for f in self.text)
        return f"8|{text}|{','.join(self.facets)}|{self.years}"


class Body(NamedTuple):
    """What a document says: its language, its texts by field, and which passages of them are in another language."""

    language: str
    text: Mapping[str, str]
    foreign: Mapping[str, Sequence[words.Span]]

    def pieces(self, name: str) -> Iterator[words.Span]:
        """A field in pieces of one language: where each begins and ends, and which it is."""
        return words.pieces(self.text.get(name, ""), self.language, self.foreign.get(name, ()))


@dataclass(frozen=True)
class Document:
    """One searchable thing.

    `audience`: tokens; a reader who holds any of them may find it. `text`: field name -> text; `language`:
    ISO 639-1, says how `text` is stemmed, but for passages clearly in another one. `facets`: facet name -> values.
    `sort_title` and `date` (ISO 8601) serve the orders by title and newest.
    """

    id: str
    audience: frozenset[str]
    text: Mapping[str, str]
    language: str = "en"
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort_title: str = ""
    date: str = ""

    @cached_property
    def body(self) -> Body:
        """What it says, looked through for passages in another language."""
        found = {name: words.foreign(text, self.language) for name, text in self.text.items()}
        return Body(self.language, dict(self.text), {name: spans for name, spans in found.items() if spans})


def moment(date: str) -> int:
    """An ISO 8601 date as a number that sorts like it, to the millisecond; 0 without one."""
    digits = "".join(c for c in date[:23] if c.isdecimal())
    return int(digits.ljust(17, "0")[:17]) if digits else 0
