"""What an index holds: text fields by weight, facets by name, and documents that name their audience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


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
        return f"7|{text}|{','.join(self.facets)}|{self.years}"


@dataclass(frozen=True)
class Document:
    """One searchable thing.

    `audience`: tokens; a reader who holds any of them may find it. `text`: field name -> text; `language`:
    ISO 639-1, says how `text` is stemmed. `facets`: facet name -> values. `sort_title` and `date`
    (ISO 8601) serve the orders by title and newest.
    """

    id: str
    audience: frozenset[str]
    text: Mapping[str, str]
    language: str = "en"
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort_title: str = ""
    date: str = ""


def moment(date: str) -> int:
    """An ISO 8601 date as a number that sorts like it, to the millisecond; 0 without one."""
    digits = "".join(c for c in date[:23] if c.isdecimal())
    return int(digits.ljust(17, "0")[:17]) if digits else 0
