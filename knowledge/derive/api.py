"""A type for programs: its JSON Schema, and the public part of a record's values."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from knowledge.content.checks import CONTACT_SHOW, PROSE_LIMIT
from knowledge.content.fields import (
    Choice,
    Choices,
    Contact,
    Field,
    Flag,
    Line,
    Lines,
    Link,
    Need,
    Number,
    PartialDate,
    Period,
    Person,
    Prose,
    RecordRef,
    Table,
    Values,
    When,
)
from knowledge.content.registry import RecordType, Registry

SHORT_LIST = 80  # a vocabulary up to this size is written out
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(record_type: RecordType, registry: Registry) -> dict[str, Any]:
    """The values of a type as a JSON Schema; `x-needed` says when an answer is needed for review."""
    return {
        "$schema": DIALECT,
        "title": record_type.name(),
        "description": record_type.sentence,
        **_object(record_type.fields, registry),
    }


def item(record_type: RecordType, values: Values) -> dict[str, Any]:
    """The answers that a program without rights may read."""
    public = {}
    for f in record_type.fields:
        if not f.public or f.id not in values:
            continue
        value = values[f.id]
        if isinstance(f, Contact) and value.get("show") != "everyone":
            continue
        public[f.id] = value
    return public


def _object(fields: tuple[Field, ...], registry: Registry) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {f.id: {**_about(f), **described(f, registry)} for f in fields},
        "required": [f.id for f in fields if f.need is Need.SAVE],
        "additionalProperties": False,
    }


def _about(f: Field) -> dict[str, Any]:
    about: dict[str, Any] = {"title": f.label}
    if f.help:
        about["description"] = f.help
    if isinstance(f.need, When):
        about["x-needed"] = f.need.because
    elif f.need is not Need.OPTIONAL:
        about["x-needed"] = f.need.value
    return about


@singledispatch
def described(f: Field, registry: Registry) -> dict[str, Any]:
    """The JSON Schema of one answer."""
    raise TypeError(f"no rule for a field of kind {type(f).__name__}")


@described.register(Line)
@described.register(Person)
def _(f: Line | Person, registry: Registry) -> dict[str, Any]:
    return {"type": "string", "maxLength": f.max}


@described.register
def _(f: Prose, registry: Registry) -> dict[str, Any]:
    return {"type": "string", "maxLength": PROSE_LIMIT, "contentMediaType": "text/markdown"}


@described.register
def _(f: Choice, registry: Registry) -> dict[str, Any]:
    return _term(f.vocabulary, registry)


@described.register
def _(f: Choices, registry: Registry) -> dict[str, Any]:
    limit = {"maxItems": f.max_items} if f.max_items else {}
    return {"type": "array", "items": _term(f.vocabulary, registry), "uniqueItems": True, **limit}


@described.register
def _(f: PartialDate, registry: Registry) -> dict[str, Any]:
    month = r"(-(0[1-9]|1[0-2])" + (r"(-\d\d)?" if f.day else "") + ")?"
    return {"type": "string", "pattern": rf"^(\d{{4}}{month}{'|ongoing' if f.ongoing else ''})$"}


@described.register
def _(f: Period, registry: Registry) -> dict[str, Any]:
    return {"type": "string", "pattern": r"^\d{4}(-\d\d)?(/\d{4}(-\d\d)?)?$"}


@described.register
def _(f: Number, registry: Registry) -> dict[str, Any]:
    return {"type": "integer", "minimum": f.min, "maximum": f.max, **({"x-unit": f.unit} if f.unit else {})}


@described.register
def _(f: Link, registry: Registry) -> dict[str, Any]:
    return {"type": "string", "format": "uri", "pattern": "^https?://"}


@described.register
def _(f: RecordRef, registry: Registry) -> dict[str, Any]:
    return {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"}


@described.register
def _(f: Lines, registry: Registry) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string", "maxLength": f.item_max}, "maxItems": f.max_items}


@described.register
def _(f: Flag, registry: Registry) -> dict[str, Any]:
    properties = {"yes": {"type": "boolean"}, "note": {"type": "string"}}
    return {"type": "object", "properties": properties, "required": ["yes"]}


@described.register
def _(f: Contact, registry: Registry) -> dict[str, Any]:
    show = {"enum": list(CONTACT_SHOW)}
    return {"type": "object", "properties": {"name": {"type": "string"}, "reach": {"type": "string"}, "show": show}}


@described.register
def _(f: Table, registry: Registry) -> dict[str, Any]:
    return {"type": "array", "items": _object(f.columns, registry), "maxItems": f.max_items}


def _term(vocabulary: str, registry: Registry) -> dict[str, Any]:
    terms = registry.vocabularies[vocabulary].choosable()
    listed = {"enum": [t.id for t in terms]} if len(terms) <= SHORT_LIST else {}
    return {"type": "string", "x-vocabulary": vocabulary, **listed}
