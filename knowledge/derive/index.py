"""A record as the index holds it: text by weight, facet values, and the schema that fits all declared types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import singledispatch
from typing import Any

from knowledge.content.facets import Facet, Take
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
from knowledge.content.vocabularies import Term, Vocabularies
from knowledge.derive import prose
from search.schema import Document, IndexSchema, TextField

LONGEST_SPAN = 100  # years


def schema(registry: Registry) -> IndexSchema:
    """The index schema for all types: title and summary, then one text field for each weight that is declared."""
    fields = [f for t in registry for f in _flat(t.fields)]
    lead = {name: max(f.weight for f in fields if f.id == name) or 1.0 for name in ("title", "summary")}
    weights = sorted({f.weight for f in fields if f.weight and f.id not in lead} | {1.0}, reverse=True)
    text = [TextField(name, weight) for name, weight in lead.items()]
    text += [TextField(_bucket(w), w) for w in weights]
    years = next((f.id for f in registry.facets.values() if f.take is Take.YEARS), "year")
    return IndexSchema(tuple(text), tuple(registry.facets), years)


def document(
    document_id: str,
    record_type: RecordType,
    values: Values,
    registry: Registry,
    *,
    audience: frozenset[str],
    date: str,
    extra: Iterable[str] = (),
) -> Document:
    """One revision as a document. `extra`: further words to find it by (its authors' names), at weight 1."""
    text: dict[str, list[str]] = {}
    for f in record_type.fields:
        if not f.public or f.id not in values:
            continue
        for weight, words in _words_of(f, values[f.id], registry.vocabularies, f.weight):
            name = f.id if f.id in ("title", "summary") else _bucket(weight)
            text.setdefault(name, []).append(words)
    text.setdefault(_bucket(1.0), []).extend(extra)
    return Document(
        document_id,
        audience,
        {name: "\n".join(words) for name, words in text.items()},
        str(values.get("language", "en")),
        facet_values(record_type, values, registry),
        str(values.get("title", "")),
        date,
    )


def facet_values(record_type: RecordType, values: Values, registry: Registry) -> dict[str, tuple[str, ...]]:
    """The values of every facet that this record has any of, in the order of the facets."""
    found: dict[str, list[str]] = {}
    dates: dict[str, list[str]] = {}
    for f in record_type.fields:
        for facet_id in f.facets if f.public else ():
            facet = registry.facets[facet_id]
            if f.id in values and facet.take is Take.YEARS:
                dates.setdefault(facet_id, []).append(values[f.id])
            elif f.id in values:
                found.setdefault(facet_id, []).extend(_taken(facet, f, values[f.id], registry.vocabularies))
    for facet_id, given in dates.items():
        found[facet_id] = _years(given)
    for facet in registry.facets.values():
        if facet.take is Take.KIND:
            found[facet.id] = [record_type.id]
    return {facet: tuple(dict.fromkeys(found[facet])) for facet in registry.facets if found.get(facet)}


def _taken(facet: Facet, f: Field, value: Any, vocabularies: Vocabularies) -> Iterator[str]:
    ids = value if isinstance(value, list) else [value]
    terms = vocabularies[f.vocabulary] if isinstance(f, Choice | Choices) else None
    for term_id in ids:
        if facet.take is Take.ITSELF or terms is None or term_id not in terms:
            if facet.take is Take.ITSELF:
                yield term_id
        elif facet.take is Take.PARENT:
            yield terms[term_id].parent or term_id
        elif facet.take is Take.TRAIT and (trait := terms[term_id].traits.get(facet.trait)):
            yield trait


def _years(dates: list[str]) -> list[str]:
    """Every year that the dates span; "ongoing" adds none, because nobody knows yet until when."""
    years = [int(part[:4]) for date in dates for part in date.split("/") if part[:4].isdigit()]
    if not years:
        return []
    return [str(y) for y in range(min(years), min(max(years), min(years) + LONGEST_SPAN) + 1)]


def _bucket(weight: float) -> str:
    return f"text_{weight:g}".replace(".", "_")


def _flat(fields: tuple[Field, ...]) -> Iterator[Field]:
    for f in fields:
        yield f
        if isinstance(f, Table):
            yield from _flat(f.columns)


def _words_of(
    f: Field, value: Any, vocabularies: Vocabularies, weight: float
) -> Iterator[tuple[float, str]]:
    """Pairs of weight and words; a table's columns without a weight of their own have the table's."""
    if isinstance(f, Table):
        for row in value:
            for column in f.columns:
                if column.public and column.id in row:
                    yield from _words_of(column, row[column.id], vocabularies, column.weight or weight)
    elif weight:
        words = text_of(f, value, vocabularies)
        if words:
            yield weight, words


@singledispatch
def text_of(f: Field, value: Any, vocabularies: Vocabularies) -> str:
    """The words of one answer that full text should find; "" for kinds that have none."""
    raise TypeError(f"no rule for a field of kind {type(f).__name__}")


@text_of.register(Line)
@text_of.register(Person)
def _(f: Field, value: Any, vocabularies: Vocabularies) -> str:
    return str(value)


@text_of.register(Link)
@text_of.register(RecordRef)
@text_of.register(Number)
@text_of.register(PartialDate)
@text_of.register(Period)
def _(f: Field, value: Any, vocabularies: Vocabularies) -> str:
    return ""


@text_of.register
def _(f: Prose, value: Any, vocabularies: Vocabularies) -> str:
    return prose.plain(value)


@text_of.register
def _(f: Lines, value: Any, vocabularies: Vocabularies) -> str:
    return "\n".join(value)


@text_of.register
def _(f: Choice, value: Any, vocabularies: Vocabularies) -> str:
    return _names(vocabularies[f.vocabulary], [value])


@text_of.register
def _(f: Choices, value: Any, vocabularies: Vocabularies) -> str:
    return _names(vocabularies[f.vocabulary], value)


@text_of.register
def _(f: Flag, value: Any, vocabularies: Vocabularies) -> str:
    return str(value.get("note", ""))


@text_of.register
def _(f: Contact, value: Any, vocabularies: Vocabularies) -> str:
    return str(value["name"]) if value.get("show") == "everyone" else ""


def _names(terms: Mapping[str, Term] | Any, ids: list[str]) -> str:
    """A term is found by its names in every language and by its synonyms."""
    words: list[str] = []
    for term_id in ids:
        if term_id in terms:
            words += [*dict.fromkeys(terms[term_id].names.values()), *terms[term_id].synonyms]
    return "\n".join(words)
