"""A record type is a declaration; the registry holds them all and refuses one that cannot work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from knowledge.content.facets import Facet, Take
from knowledge.content.fields import Choice, Choices, Field, Table, When
from knowledge.content.vocabularies import Vocabularies


@dataclass(frozen=True)
class Section:
    """A part of the form, with a heading and its fields."""

    id: str
    label: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Example:
    """How a good record reads, in a few sentences; `record`: the id of a whole one, where there is demo content."""

    text: str
    record: str = ""


@dataclass(frozen=True)
class RecordType:
    """A kind of record: what it is called, what it is for in a sentence, its sections, its coach's checks.

    `names`: language -> name. `example`: shown beside the form, with the checks. `valid_for`: years after which its
    authors are asked whether it still holds; 0 for what does not go out of date.
    """

    id: str
    names: Mapping[str, str]
    sentence: str
    sections: tuple[Section, ...]
    checks: tuple[str, ...] = ()
    example: Example | None = None
    valid_for: int = 0

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields, in the order of the form."""
        return tuple(f for section in self.sections for f in section.fields)

    def field(self, field_id: str) -> Field:
        """The field with this id; KeyError if the type has none."""
        for f in self.fields:
            if f.id == field_id:
                return f
        raise KeyError(field_id)

    def has(self, field_id: str) -> bool:
        """Whether the type declares this field."""
        return any(f.id == field_id for f in self.fields)

    def name(self, language: str = "en") -> str:
        """The name in a language, English when there is none."""
        return self.names.get(language) or self.names["en"]


RESERVED = frozenset(
    {"id", "kind", "state", "authors", "source", "programme", "live", "published", "reason", "public_reason", "lowered"}
    | {"attached"}
)


class Registry:
    """All record types and facets of a site, with the vocabularies they use.

    Raises ValueError for a duplicate or reserved field id, an unknown vocabulary or an unknown facet.
    """

    def __init__(self, types: tuple[RecordType, ...], facets: tuple[Facet, ...], vocabularies: Vocabularies) -> None:
        self._types = {t.id: t for t in types}
        self.facets = {f.id: f for f in facets}
        self.vocabularies = vocabularies
        for record_type in types:
            self._check(record_type)
        for facet in facets:
            if facet.take not in (Take.YEARS, Take.KIND) and facet.vocabulary not in vocabularies:
                raise ValueError(f"facet {facet.id}: unknown vocabulary {facet.vocabulary!r}")
            self._check_groups(facet)

    def with_vocabularies(self, vocabularies: Vocabularies) -> Registry:
        """The same types over other vocabularies (those of the site, with what its manager changed)."""
        return Registry(tuple(self), tuple(self.facets.values()), vocabularies)

    def __iter__(self) -> Iterator[RecordType]:
        return iter(self._types.values())

    def __contains__(self, kind: object) -> bool:
        return kind in self._types

    def __getitem__(self, kind: str) -> RecordType:
        return self._types[kind]

    def _check_groups(self, facet: Facet) -> None:
        if facet.groups and facet.groups not in self.vocabularies:
            raise ValueError(f"facet {facet.id}: unknown vocabulary {facet.groups!r}")
        if facet.groups and facet.groups != facet.vocabulary:
            both = {t.id for t in self.vocabularies[facet.groups]} & {t.id for t in self.vocabularies[facet.vocabulary]}
            if both:
                raise ValueError(f"facet {facet.id}: values and groups share the ids {sorted(both)}")

    def _check(self, record_type: RecordType) -> None:
        seen: set[str] = set()
        for f in record_type.fields:
            if f.id in seen or f.id in RESERVED:
                raise ValueError(f"{record_type.id}.{f.id}: declared twice or reserved")
            seen.add(f.id)
            self._check_field(record_type.id, f)
        for needed in ("title", "summary", "language"):
            if needed not in seen:
                raise ValueError(f"{record_type.id}: every type needs a field {needed!r}")

    def _check_field(self, where: str, f: Field) -> None:
        if isinstance(f, Choice | Choices) and f.vocabulary not in self.vocabularies:
            raise ValueError(f"{where}.{f.id}: unknown vocabulary {f.vocabulary!r}")
        for facet in f.facets:
            if facet not in self.facets:
                raise ValueError(f"{where}.{f.id}: unknown facet {facet!r}")
        if isinstance(f.need, When) and not f.need.because:
            raise ValueError(f"{where}.{f.id}: a conditional need says why")
        if isinstance(f, Table):
            for column in f.columns:
                self._check_field(f"{where}.{f.id}", column)
