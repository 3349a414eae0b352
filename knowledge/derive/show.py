"""A record as its page shows it: sections of labelled answers, values turned to words, empty ones left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any
from urllib.parse import urlsplit

from knowledge.content.facets import Take
from knowledge.content.fields import (
    Choice,
    Choices,
    Contact,
    Field,
    File,
    Flag,
    Line,
    Lines,
    Link,
    Media,
    Number,
    PartialDate,
    Period,
    Person,
    Prose,
    RecordRef,
    Table,
    Values,
)
from knowledge.content.media import Attachment
from knowledge.content.registry import RecordType, Registry
from knowledge.derive import gallery
from knowledge.derive.chart import Chart, chart
from knowledge.derive.dates import in_words

_FIGURE = re.compile(r"[+\-−–~≈<>]?\s?\d[\d\s.,]*\s?%?")


@dataclass(frozen=True)
class ShownTerm:
    """A term with its definition ("" for none), and the facet that finds others like it ("" for none)."""

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
class ShownColumn:
    """The heading of a column; `numeric` when every cell in it starts with a figure."""

    id: str
    label: str
    numeric: bool = False


@dataclass(frozen=True)
class ShownNumber:
    """A whole number and its unit ("" for none)."""

    number: int
    unit: str


@dataclass(frozen=True)
class ShownFlag:
    """A yes or no, with its note as plain text or ""."""

    yes: bool
    note: str


@dataclass(frozen=True)
class ShownContact:
    """Whom to ask, and how."""

    name: str
    reach: str


@dataclass(frozen=True)
class ShownLink:
    """A web address with the name of its host, so that a reader knows where it leads."""

    url: str
    host: str


@dataclass(frozen=True)
class ShownRecord:
    """Another record here; `known` when this reader can open it."""

    id: str
    title: str
    known: bool


@dataclass(frozen=True)
class ShownTable:
    """Rows of cells under columns; a cell is a Shown, or None where nothing was answered. `chart`: its figures."""

    columns: tuple[ShownColumn, ...]
    rows: tuple[tuple[Shown | None, ...], ...]
    chart: Chart | None = None


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
    """What a value needs to become words. `language` is the reader's, `written` the record's."""

    registry: Registry
    language: str
    render: Callable[[str], str]
    reader_is_member: bool = False
    private: bool = False
    titles: Mapping[str, str] | None = None
    written: str = "en"
    files: Mapping[str, Attachment] = field(default_factory=dict)


def sections(
    record_type: RecordType,
    values: Values,
    registry: Registry,
    *,
    language: str = "en",
    render: Callable[[str], str],
    reader_is_member: bool = False,
    private: bool = False,
    titles: Mapping[str, str] | None = None,
    files: Mapping[str, Attachment] | None = None,
) -> tuple[ShownSection, ...]:
    """The page of a record, without what is empty or not for this reader.

    `render`: Markdown -> safe HTML. `private`: also what never becomes public (for those who work on the record).
    `titles`: of the other records that it refers to and this reader may see; without it every id becomes a link.
    `files`: those of this record that this reader may see.
    """
    written = str(values.get("language", "en"))
    how = Showing(registry, language, render, reader_is_member, private, titles, written, files or {})
    made = []  # a section without anything to show is left out
    for section in record_type.sections:
        fields = tuple(s for f in section.fields if (s := one(f, values.get(f.id), how)) is not None)
        if fields:
            made.append(ShownSection(section.id, section.label, fields))
    return tuple(made)


def references(fields: tuple[Field, ...], values: Values) -> tuple[str, ...]:
    """The ids of the other records that these answers refer to."""
    found: list[str] = []
    for f in fields:
        if isinstance(f, RecordRef) and f.id in values:
            found.append(values[f.id])
        elif isinstance(f, Table):
            for row in values.get(f.id, ()):
                found += references(f.columns, row)
    return tuple(dict.fromkeys(found))


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
    return "date", in_words(value, how.language)


@shown.register
def _(f: Number, value: Any, how: Showing) -> tuple[str, Any]:
    return "number", ShownNumber(value, f.unit)


@shown.register
def _(f: Link, value: Any, how: Showing) -> tuple[str, Any]:
    return "link", ShownLink(value, urlsplit(value).hostname or value)


@shown.register
def _(f: RecordRef, value: Any, how: Showing) -> tuple[str, Any]:
    known = how.titles is None or value in how.titles
    return "record", ShownRecord(value, (how.titles or {}).get(value, value), known)


@shown.register
def _(f: File, value: Any, how: Showing) -> tuple[str, Any]:
    return "file", how.files.get(value)


@shown.register
def _(f: Media, value: Any, how: Showing) -> tuple[str, Any]:
    return "media", tuple(gallery.items(f, value, how.files, lambda column, cell: one(column, cell, how)))


@shown.register
def _(f: Lines, value: Any, how: Showing) -> tuple[str, Any]:
    return "lines", tuple(value)


@shown.register
def _(f: Flag, value: Any, how: Showing) -> tuple[str, Any]:
    return "flag", ShownFlag(bool(value.get("yes")), str(value.get("note", "")))


@shown.register
def _(f: Contact, value: Any, how: Showing) -> tuple[str, Any]:
    shows = value.get("show")
    allowed = how.private or shows == "everyone" or (shows == "members" and how.reader_is_member)
    return "contact", ShownContact(value.get("name", ""), value.get("reach", "")) if allowed else None


@shown.register
def _(f: Table, value: Any, how: Showing) -> tuple[str, Any]:
    columns = [c for c in f.columns if any(one(c, row.get(c.id), how) for row in value)]
    rows = tuple(tuple(one(c, row.get(c.id), how) for c in columns) for row in value)
    heads = tuple(ShownColumn(c.id, c.label, _numeric(c, value)) for c in columns)
    drawn = chart(f, value, how.written, how.language)
    return "table", ShownTable(heads, tuple(r for r in rows if any(r)), drawn) if columns else None


def _numeric(column: Field, rows: list[Any]) -> bool:
    if isinstance(column, Number):
        return True
    cells = [row[column.id] for row in rows if column.id in row]
    return isinstance(column, Line) and all(_FIGURE.fullmatch(cell) for cell in cells)


def _term(f: Choice | Choices, term_id: str, how: Showing) -> ShownTerm:
    terms = how.registry.vocabularies[f.vocabulary]
    facet = next((n for n in f.facets if how.registry.facets[n].take is Take.ITSELF), "")
    if term_id not in terms:
        return ShownTerm(term_id, term_id, "", facet)
    term = terms[term_id]
    return ShownTerm(term_id, term.name(how.language), term.definition(how.language), facet)
