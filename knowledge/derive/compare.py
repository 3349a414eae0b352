"""Two versions of a record side by side, field by field, with the words that went out and came in.

Everything is plain text; the template escapes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

from knowledge.content.fields import (
    N_,
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
from knowledge.derive import dates, prose
from knowledge.derive.kinds import SHOW_LABELS, kind_of
from knowledge.derive.marks import Budget, Marks, marked


@dataclass(frozen=True)
class Change:
    """A field that differs: both texts, and one text made of both with every piece marked "same", "in" or "out".

    `kind` is the word of the field's kind, as in the form ("prose", "table"). All is plain text, never markup.
    """

    field_id: str
    label: str
    kind: str
    before: str
    after: str
    marks: Marks


@dataclass(frozen=True)
class Telling:
    """What turns values into words: the vocabularies, a language, and `say` for the texts of the interface.

    `signs`: prose with the signs of Markdown, for two texts that differ in nothing else.
    """

    vocabularies: Vocabularies
    language: str = "en"
    say: Callable[[str], str] = str
    signs: bool = False


def changes(
    record_type: RecordType,
    before: Values,
    after: Values,
    registry: Registry,
    language: str = "en",
    say: Callable[[str], str] = str,
) -> tuple[Change, ...]:
    """The fields that differ between two versions, in the order of the form."""
    how, budget, found = Telling(registry.vocabularies, language, say), Budget(), []
    for f in record_type.fields:
        if before.get(f.id) != after.get(f.id):
            old, new = (told(f, values.get(f.id), how) for values in (before, after))
            if old == new:  # only a heading, or something in bold
                old, new = (told(f, values.get(f.id), replace(how, signs=True)) for values in (before, after))
            found.append(Change(f.id, f.label, kind_of(f), old, new, marked(old, new, budget)))
    return tuple(found)


def told(f: Field, value: Any, how: Telling) -> str:
    """An answer as text that can be compared; "" for none."""
    return "" if value is None else in_words(f, value, how)


@singledispatch
def in_words(f: Field, value: Any, how: Telling) -> str:
    """An answer as text that can be compared."""
    raise TypeError(f"no rule for a field of kind {type(f).__name__}")


@in_words.register(Line)
@in_words.register(Person)
@in_words.register(Link)
@in_words.register(RecordRef)
def _(f: Field, value: Any, how: Telling) -> str:
    return str(value)


@in_words.register
def _(f: File, value: Any, how: Telling) -> str:
    return str(value[:6])  # enough to see that it is another one; its title and caption stand beside it


@in_words.register
def _(f: Prose, value: Any, how: Telling) -> str:
    return str(value) if how.signs else prose.readable(value)


@in_words.register
def _(f: Number, value: Any, how: Telling) -> str:
    return f"{value} {f.unit}".strip()


@in_words.register
def _(f: Choice, value: Any, how: Telling) -> str:
    return how.vocabularies[f.vocabulary].name(value, how.language)


@in_words.register
def _(f: Choices, value: Any, how: Telling) -> str:
    return "\n".join(how.vocabularies[f.vocabulary].name(v, how.language) for v in value)


@in_words.register
def _(f: Lines, value: Any, how: Telling) -> str:
    return "\n".join(value)


@in_words.register(PartialDate)
@in_words.register(Period)
def _(f: Field, value: Any, how: Telling) -> str:
    return dates.in_words(value, how.language)


@in_words.register
def _(f: Flag, value: Any, how: Telling) -> str:
    return "\n".join((how.say(N_("Yes") if value.get("yes") else N_("No")), value.get("note", ""))).strip()


@in_words.register
def _(f: Contact, value: Any, how: Telling) -> str:
    parts = [(N_("Name"), value.get("name")), (N_("Reach"), value.get("reach"))]
    parts.append((N_("Seen by"), how.say(SHOW_LABELS[value["show"]]) if value.get("show") in SHOW_LABELS else ""))
    return "\n".join(f"{how.say(label)}: {part}" for label, part in parts if part)


@in_words.register
def _(f: Table, value: Any, how: Telling) -> str:
    """A line for every cell under a line for its row, so that a changed cell shows as one changed line."""
    rows = []
    for number, row in enumerate(value, 1):
        cells = [f"{how.say(c.label)}: {in_words(c, row[c.id], how)}" for c in f.columns if c.id in row]
        rows.append("\n".join((f"{number}.", *cells)))
    return "\n\n".join(rows)
