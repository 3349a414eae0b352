"""A record as the index holds it: text by weight, facet values, and the schema that fits all declared types.

Only what is public enters. The audience of a document is the business of whoever puts it into the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import singledispatch
from typing import Any

from knowledge.content.facets import FACETS, Facet, Take
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
from knowledge.content.vocabularies import Vocabularies
from knowledge.derive import prose
from search.schema import Document, IndexSchema, TextField

LONGEST_SPAN = 100  # years one record may count in
LEAD = ("title", "summary")
TEXT, NAMES = "text", "names"


def schema(registry: Registry) -> IndexSchema:
    """The index schema for all types: title and summary, then `text_5`, `text_2` … for each weight declared.

    Names of chosen terms have fields of their own, `names_2` …: they are found, and never shown as a passage.
    """
    fields = [f for t in registry for f in _public(t.fields)]
    text = [TextField(name, max((f.weight for f in fields if f.id == name), default=0) or 1.0) for name in LEAD]
    words = {f.weight for f in fields if f.weight and f.id not in LEAD and not isinstance(f, Choice | Choices)} | {1.0}
    names = {f.weight for f in fields if f.weight and isinstance(f, Choice | Choices)}
    text += [TextField(_bucket(TEXT, weight), weight) for weight in sorted(words, reverse=True)]
    text += [TextField(_bucket(NAMES, weight), weight, shown=False) for weight in sorted(names, reverse=True)]
    years = next((f.id for f in registry.facets.values() if f.take is Take.YEARS), "year")
    aliases = tuple((alias, f.id) for f in registry.facets.values() for alias in f.aliases)
    return IndexSchema(tuple(text), tuple(registry.facets), years, aliases)


def document(
    record_id: str,
    record_type: RecordType,
    values: Values,
    registry: Registry,
    *,
    audience: frozenset[str],
    date: str,
    extra: Iterable[str] = (),
    files: Mapping[str, str] | None = None,
) -> Document:
    """One revision as a document. `extra`: further words to find it by (its authors' names), at weight 1.

    `files`: the words of the files it refers to, by id.
    """
    text: dict[str, list[str]] = {}
    for f in record_type.fields:
        if f.id in LEAD:
            text[f.id] = [text_of(f, values.get(f.id, ""), registry.vocabularies)]
        elif f.public and f.id in values:
            for bucket, words in _weighed(f, values[f.id], registry.vocabularies, f.weight, files or {}):
                text.setdefault(bucket, []).append(words)
    text.setdefault(_bucket(TEXT, 1.0), []).extend(extra)
    return Document(
        id=record_id,
        audience=audience,
        text={name: "\n".join(words) for name, words in text.items() if any(words)},
        language=str(values.get("language", "en")),
        facets=facet_values(record_type, values, registry),
        sort_title=str(values.get("title", "")),
        date=date,
    )


def facet_values(record_type: RecordType, values: Values, registry: Registry) -> dict[str, tuple[str, ...]]:
    """The values of every facet that this record has any of, in the order of the facets.

    The year facet counts every year from a start to its end (the date that names it in `after`), at most 100. Of an
    end that is "ongoing" only the start counts: nobody knows yet until when.
    """
    found: dict[str, list[str]] = {}
    for f, value, beside in _answers(record_type.fields, values):
        for facet_id in f.facets:
            taken = _taken(registry.facets[facet_id], f, value, beside, registry.vocabularies)
            found.setdefault(facet_id, []).extend(taken)
    for facet in registry.facets.values():
        if facet.take is Take.KIND:
            found[facet.id] = [record_type.id]
        elif facet.take is Take.YEARS and facet.id in found:
            found[facet.id] = sorted(set(found[facet.id]))[:LONGEST_SPAN]
    return {facet: tuple(dict.fromkeys(found[facet])) for facet in registry.facets if found.get(facet)}


def _answers(fields: tuple[Field, ...], values: Values) -> Iterator[tuple[Field, Any, Values]]:
    """Every public answer, those in rows too, each with the answers that stand beside it."""
    for f in fields:
        if f.public and f.id in values:
            yield f, values[f.id], values
            if isinstance(f, Table):
                for row in values[f.id]:
                    yield from _answers(f.columns, row)


def _taken(facet: Facet, f: Field, value: Any, beside: Values, vocabularies: Vocabularies) -> Iterator[str]:
    if facet.take is Take.YEARS:
        yield from _years(f, value, beside)
    elif isinstance(f, Choice | Choices):
        terms = vocabularies[f.vocabulary]
        for term_id in value if isinstance(value, list) else [value]:
            if facet.take is Take.ITSELF:
                yield term_id
                yield from filter(None, [facet.group(term_id, vocabularies)])
            elif facet.take is Take.TRAIT and term_id in terms:
                yield from filter(None, [terms[term_id].traits.get(facet.trait)])


@singledispatch
def _years(f: Field, value: Any, beside: Values) -> list[str]:
    return []


@_years.register
def _(f: Period, value: Any, beside: Values) -> list[str]:
    ends = value.split("/")
    return _span(ends[0], ends[-1])


@_years.register
def _(f: PartialDate, value: Any, beside: Values) -> list[str]:
    if value == "ongoing":
        return []
    start = beside.get(f.after, value) if f.after else value
    return _span(str(start).split("/")[0] if start != "ongoing" else value, value)


def _span(start: str, end: str) -> list[str]:
    first, last = int(start[:4]), int(end[:4])
    return [str(year) for year in range(first, min(last, first + LONGEST_SPAN - 1) + 1)]


# ---------------------------------------------------------------------------- words


def _bucket(what: str, weight: float) -> str:
    return f"{what}_{weight:g}".replace(".", "_")


def _public(fields: tuple[Field, ...]) -> Iterator[Field]:
    for f in fields:
        if f.public:
            yield f
            yield from _public(f.columns) if isinstance(f, Table) else ()


def _weighed(
    f: Field, value: Any, vocabularies: Vocabularies, weight: float, files: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Pairs of bucket and words; a column without a weight of its own has its table's."""
    if isinstance(f, Table):
        for row in value:
            for column in f.columns:
                if column.public and column.id in row:
                    yield from _weighed(column, row[column.id], vocabularies, column.weight or weight, files)
    elif isinstance(f, File):
        if weight and files.get(value):
            yield _bucket(TEXT, weight), files[value]
    elif weight and (words := text_of(f, value, vocabularies)):
        yield _bucket(NAMES if isinstance(f, Choice | Choices) else TEXT, weight), words


@singledispatch
def text_of(f: Field, value: Any, vocabularies: Vocabularies) -> str:
    """The words of one answer that full text should find; "" for kinds that have none."""
    raise TypeError(f"no rule for a field of kind {type(f).__name__}")


@text_of.register(Line)
@text_of.register(Person)
def _(f: Line | Person, value: Any, vocabularies: Vocabularies) -> str:
    return str(value)


@text_of.register(Link)
@text_of.register(RecordRef)
@text_of.register(File)
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


@text_of.register(Choice)
@text_of.register(Choices)
def _(f: Choice | Choices, value: Any, vocabularies: Vocabularies) -> str:
    """A term is found by its names in every language, by its synonyms, and by all those of the group it stands in."""
    terms, chosen = vocabularies[f.vocabulary], value if isinstance(value, list) else [value]
    found = [terms[term_id] for term_id in chosen if term_id in terms]
    for facet in FACETS:
        if facet.vocabulary == f.vocabulary and facet.under:
            groups = (facet.group(term.id, vocabularies) for term in tuple(found))
            found += [vocabularies[facet.groups][group] for group in dict.fromkeys(groups) if group]
    return "\n".join(word for term in found for word in (*dict.fromkeys(term.names.values()), *term.synonyms))


@text_of.register
def _(f: Flag, value: Any, vocabularies: Vocabularies) -> str:
    return str(value.get("note", ""))


@text_of.register
def _(f: Contact, value: Any, vocabularies: Vocabularies) -> str:
    return str(value.get("name", "")) if value.get("show") == "everyone" else ""
