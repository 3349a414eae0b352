"""Two versions of a record side by side, field by field, with the words that went out and came in.

Everything is text; the template escapes it. Very long texts are compared by paragraph, so that no pair takes long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import singledispatch
from typing import Any

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
from knowledge.content.vocabularies import Vocabularies

WORDS_LIMIT = 3000  # pieces of both texts together; beyond it paragraphs are compared
Marks = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Change:
    """A field that differs: both texts, and one text with every piece marked "same", "in" or "out"."""

    field_id: str
    label: str
    before: str
    after: str
    marks: Marks


def changes(
    record_type: RecordType, before: Values, after: Values, registry: Registry, language: str = "en"
) -> tuple[Change, ...]:
    """The fields that differ between two versions, in the order of the form."""
    found = []
    for f in record_type.fields:
        old, new = before.get(f.id), after.get(f.id)
        if old != new:
            texts = [in_words(f, v, registry.vocabularies, language) if v is not None else "" for v in (old, new)]
            found.append(Change(f.id, f.label, texts[0], texts[1], marks(texts[0], texts[1])))
    return tuple(found)


def marks(before: str, after: str) -> Marks:
    """One text made of both: pieces that stayed, went out and came in."""
    old, new = _pieces(before), _pieces(after)
    if len(old) + len(new) > WORDS_LIMIT:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if len(old) + len(new) > WORDS_LIMIT:
        return tuple((text, how) for text, how in ((before, "out"), (after, "in")) if text)
    made: list[tuple[str, str]] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            made.append(("".join(old[a:b]), "same"))
            continue
        made += [("".join(part), how) for part, how in ((old[a:b], "out"), (new[c:d], "in")) if part]
    return tuple(made)


def _pieces(text: str) -> list[str]:
    return re.findall(r"\s+|\w+|[^\w\s]", text)


@singledispatch
def in_words(f: Field, value: Any, vocabularies: Vocabularies, language: str) -> str:
    """An answer as text that can be compared."""
    raise TypeError(f"no rule for a field of kind {type(f).__name__}")


@in_words.register(Line)
@in_words.register(Person)
@in_words.register(Prose)
@in_words.register(Link)
@in_words.register(RecordRef)
@in_words.register(PartialDate)
@in_words.register(Period)
def _(f: Field, value: Any, vocabularies: Vocabularies, language: str) -> str:
    return str(value)


@in_words.register
def _(f: Number, value: Any, vocabularies: Vocabularies, language: str) -> str:
    return f"{value} {f.unit}".strip()


@in_words.register
def _(f: Choice, value: Any, vocabularies: Vocabularies, language: str) -> str:
    return vocabularies[f.vocabulary].name(value, language)


@in_words.register
def _(f: Choices, value: Any, vocabularies: Vocabularies, language: str) -> str:
    return "\n".join(vocabularies[f.vocabulary].name(v, language) for v in value)


@in_words.register
def _(f: Lines, value: Any, vocabularies: Vocabularies, language: str) -> str:
    return "\n".join(value)


@in_words.register
def _(f: Flag, value: Any, vocabularies: Vocabularies, language: str) -> str:
    return "\n".join(("✓" if value.get("yes") else "–", value.get("note", ""))).strip()


@in_words.register
def _(f: Contact, value: Any, vocabularies: Vocabularies, language: str) -> str:
    return "\n".join(part for part in (value.get("name"), value.get("reach"), value.get("show")) if part)


@in_words.register
def _(f: Table, value: Any, vocabularies: Vocabularies, language: str) -> str:
    blocks = []
    for number, row in enumerate(value, 1):
        cells = [
            f"{c.label}: {in_words(c, row[c.id], vocabularies, language)}" for c in f.columns if c.id in row
        ]
        blocks.append("\n".join((f"{number}.", *cells)))
    return "\n\n".join(blocks)
