"""A record as its page shows it: sections of labelled answers, values turned to words, empty ones left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from knowledge.content.facets import Take
from knowledge.content.fields import (
    Choice,
    Choices,
    Contact,
    Field,
    Flag,
    Line,
    Lines,
    Link,
    Number,
    PartialDate,
    Period,
    Person,
    Prose,
    RecordRef,
    Table,
    Values,
)
from knowledge.content.registry import RecordType, Registry


@dataclass(frozen=True)
class ShownTerm:
    """A term with its definition, and the facet that finds others like it ("" for none)."""

    id: str
    label: str
    definition: str
    facet: str


@dataclass(frozen=True)
class Shown:
    """One answer: `kind` says how the template sets `value`."""

    id: str
    label: str
    kind: str
    value: Any


@dataclass(frozen=True)
class ShownTable:
    """Rows of cells under headings; a cell is a Shown or None."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Shown | None, ...], ...]


@dataclass(frozen=True)
class ShownSection:
    """A part of the page."""

    id: str
    label: str
    fields: tuple[Shown, ...]

    def field(self, field_id: str) -> Shown | None:
        """The answer with this id."""
        return next((f for f in self.fields if f.id == field_id), None)


@dataclass(frozen=True)
class Showing:
    """What a value needs to become words."""

    registry: Registry
    language: str
    render: Callable[[str], str]
    reader_is_member: bool = False
    private: bool = False


def sections(
    record_type: RecordType,
    values: Values,
    registry: Registry,
    *,
    language: str = "en",
    render: Callable[[str], str],
    reader_is_member: bool = False,
    private: bool = False,
) -> tuple[ShownSection, ...]:
    """The page of a record. `private` also shows what never becomes public (to those who work on it)."""
    how = Showing(registry, language, render, reader_is_member, private)
    made = []
    for section in record_type.sections:
        fields = tuple(s for f in section.fields if (s := one(f, values.get(f.id), how)) is not None)
        if fields:
            made.append(ShownSection(section.id, section.label, fields))
    return tuple(made)


def one(f: Field, value: Any, how: Showing) -> Shown | None:
    """One answer, or None when there is nothing that this reader may see."""
    if value in (None, "", [], {}) or not (f.public or how.private):
        return None
    kind, words = shown(f, value, how)
    return Shown(f.id, f.label, kind, words) if words not in (None, "", [], ()) else None


@singledispatch
def shown(f: Field, value: Any, how: Showing) -> tuple[str, Any]:
    """The word the template switches on, and the value as it sets it."""
    raise TypeError(f"no rule for a field of kind {type(f).__name__}")


@shown.register(Line)
@shown.register(Person)
def _(f: Field, value: Any, how: Showing) -> tuple[str, Any]:
    return "line", value


@shown.register
def _(f: Prose, value: Any, how: Showing) -> tuple[str, Any]:
    return "prose", how.render(value)


@shown.register
def _(f: Choice, value: Any, how: Showing) -> tuple[str, Any]:
    return "term", _term(f, value, how)


@shown.register
def _(f: Choices, value: Any, how: Showing) -> tuple[str, Any]:
    return "terms", tuple(_term(f, v, how) for v in value)


@shown.register(PartialDate)
@shown.register(Period)
def _(f: Field, value: Any, how: Showing) -> tuple[str, Any]:
    return "date", tuple(value.split("/"))


@shown.register
def _(f: Number, value: Any, how: Showing) -> tuple[str, Any]:
    return "number", (value, f.unit)


@shown.register
def _(f: Link, value: Any, how: Showing) -> tuple[str, Any]:
    return "link", value


@shown.register
def _(f: RecordRef, value: Any, how: Showing) -> tuple[str, Any]:
    return "record", value


@shown.register
def _(f: Lines, value: Any, how: Showing) -> tuple[str, Any]:
    return "lines", tuple(value)


@shown.register
def _(f: Flag, value: Any, how: Showing) -> tuple[str, Any]:
    return "flag", value if value.get("yes") else None


@shown.register
def _(f: Contact, value: Any, how: Showing) -> tuple[str, Any]:
    allowed = how.private or value["show"] == "everyone" or (value["show"] == "members" and how.reader_is_member)
    return "contact", value if allowed else None


@shown.register
def _(f: Table, value: Any, how: Showing) -> tuple[str, Any]:
    columns = [c for c in f.columns if (c.public or how.private) and any(c.id in row for row in value)]
    rows = tuple(tuple(one(c, row.get(c.id), how) for c in columns) for row in value)
    return "table", ShownTable(tuple(c.label for c in columns), rows) if columns else None


def _term(f: Choice | Choices, term_id: str, how: Showing) -> ShownTerm:
    terms = how.registry.vocabularies[f.vocabulary]
    facet = next((n for n in f.facets if how.registry.facets[n].take is Take.ITSELF), "")
    if term_id not in terms:
        return ShownTerm(term_id, term_id, "", facet)
    return ShownTerm(term_id, terms[term_id].name(how.language), terms[term_id].definition, facet)
