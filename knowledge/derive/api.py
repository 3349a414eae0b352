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
    File,
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
from knowledge.derive.kinds import kind_of

SHORT_LIST = 80  # a vocabulary up to this size is written out
_YEAR, _MONTH, _DAY = "[0-9]{4}", "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(record_type: RecordType, registry: Registry) -> dict[str, Any]:
    """The values of a type as a JSON Schema (2020-12).

    `x-needed`: "save", "submit", "when" (then `x-because` says when) or "optional". A vocabulary up to SHORT_LIST
    terms is enumerated, groups and retired ones included, because records may hold them.
    """
    return {
        "$schema": DIALECT,
        "title": record_type.name(),
        "description": record_type.sentence,
        **_object(record_type.fields, registry),
    }


def item(record_type: RecordType, values: Values, *, reader_is_member: bool = False) -> dict[str, Any]:
    """The answers that a program may read on behalf of such a reader, in the order of the form."""
    return _readable(record_type.fields, values, reader_is_member)


def _readable(fields: tuple[Field, ...], values: Values, member: bool) -> dict[str, Any]:
    readable = {f.id: shared(f, values[f.id], member) for f in fields if f.public and f.id in values}
    return {field_id: value for field_id, value in readable.items() if value not in (None, [])}


@singledispatch
def shared(f: Field, value: Any, member: bool) -> Any:
    """What of a public answer is shared with this reader; None for nothing."""
    return value


@shared.register
def _(f: Contact, value: Any, member: bool) -> Any:
    show = value.get("show")
    return value if show == "everyone" or (show == "members" and member) else None


@shared.register
def _(f: Table, value: Any, member: bool) -> Any:
    return [row for each in value if (row := _readable(f.columns, each, member))]


def _object(fields: tuple[Field, ...], registry: Registry) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {f.id: {**_about(f), **described(f, registry)} for f in fields},
        "required": [f.id for f in fields if f.need is Need.SAVE],
        "additionalProperties": False,
    }


def _about(f: Field) -> dict[str, Any]:
    about: dict[str, Any] = {"title": f.label, "x-kind": kind_of(f)}
    if f.help:
        about["description"] = f.help
    if isinstance(f.need, When):
        about |= {"x-needed": "when", "x-because": f.need.because}
    else:
        about["x-needed"] = f.need.value
    if f.facets:
        about["x-facets"] = list(f.facets)
    return about if f.public else {**about, "x-public": False}


@singledispatch
def described(f: Field, registry: Registry) -> dict[str, Any]:
    """The JSON Schema of one answer."""
    raise TypeError(f"no rule for a field of kind {type(f).__name__}")


@described.register(Line)
@described.register(Person)
def _(f: Line | Person, registry: Registry) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": f.max}


@described.register
def _(f: Prose, registry: Registry) -> dict[str, Any]:
    text = {"type": "string", "minLength": 1, "maxLength": PROSE_LIMIT, "contentMediaType": "text/markdown"}
    return {**text, "x-guidance": {"min": f.min, "max": f.max}}


@described.register
def _(f: Choice, registry: Registry) -> dict[str, Any]:
    return _term(f.vocabulary, registry)


@described.register
def _(f: Choices, registry: Registry) -> dict[str, Any]:
    limit = {"maxItems": f.max_items} if f.max_items else {}
    return {"type": "array", "items": _term(f.vocabulary, registry), "uniqueItems": True, **limit}


@described.register
def _(f: PartialDate, registry: Registry) -> dict[str, Any]:
    day = f"(-{_DAY})?" if f.day else ""
    return {"type": "string", "pattern": f"^({_YEAR}(-{_MONTH}{day})?{'|ongoing' if f.ongoing else ''})$"}


@described.register
def _(f: Period, registry: Registry) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{_YEAR}(-{_MONTH})?(/{_YEAR}(-{_MONTH})?)?$"}


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
def _(f: File, registry: Registry) -> dict[str, Any]:
    return {"type": "string", "pattern": "^[a-z0-9]{20}$", "x-address": "/files/{id}"}


@described.register
def _(f: Lines, registry: Registry) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"type": "string", "minLength": 1, "maxLength": f.item_max},
        "maxItems": f.max_items,
    }


@described.register
def _(f: Flag, registry: Registry) -> dict[str, Any]:
    properties = {"yes": {"type": "boolean"}, "note": {"type": "string"}}
    return {"type": "object", "properties": properties, "required": ["yes"], "additionalProperties": False}


@described.register
def _(f: Contact, registry: Registry) -> dict[str, Any]:
    text = {"type": "string"}
    properties = {"name": text, "reach": text, "show": {"enum": list(CONTACT_SHOW)}}
    return {"type": "object", "properties": properties, "additionalProperties": False}


@described.register
def _(f: Table, registry: Registry) -> dict[str, Any]:
    return {"type": "array", "items": _object(f.columns, registry), "maxItems": f.max_items}


def _term(vocabulary: str, registry: Registry) -> dict[str, Any]:
    ids = [t.id for t in registry.vocabularies[vocabulary]]
    listed = {"enum": ids} if len(ids) <= SHORT_LIST else {}
    return {"type": "string", "x-vocabulary": vocabulary, **listed}
