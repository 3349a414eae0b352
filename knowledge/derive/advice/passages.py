"""The texts of a record that advice looks at: by kind of field, each with its place in the form.

A new kind of field that holds text registers a function with `passages`; one that holds anything else worth a look
(a picture without a description), with `links.of_answer`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import singledispatch
from types import MappingProxyType
from typing import Any

from knowledge.content.fields import Field, Flag, Line, Lines, Prose, Table, Values
from knowledge.content.problems import Problem
from knowledge.content.registry import RecordType
from knowledge.derive import prose
from search.synonyms import Synonyms

Path = tuple[str | int, ...]
MOST_TEXT = 200_000  # characters of one record: what is beyond is not looked at


@dataclass(frozen=True)
class Passage:
    """A text: `words` as a reader sees them, `source` as it was typed. `free`: written in sentences of one's own."""

    field: Field
    path: Path
    words: str
    source: str
    free: bool


@dataclass(frozen=True)
class Advice:
    """Something worth a look: which check found it, where and what to do, and the words it is about.

    It is the same advice as long as those words are the same; who said "it is fine" is asked again when they change.
    """

    check: str
    problem: Problem
    about: str

    @property
    def key(self) -> str:
        """Names this advice in this record."""
        return hashlib.sha256(f"{self.check}:{self.about}".encode("utf-8", "replace")).hexdigest()[:24]


@dataclass(frozen=True)
class Called:
    """What was wrong with an address when it was called up: the status it answered, or 0, the trouble, the day."""

    status: int
    trouble: str
    on: date


NOT_CALLED: Mapping[str, Called] = MappingProxyType({})


@dataclass(frozen=True)
class Draft:
    """A record as advice sees it. `today` tells what is still to come; `synonyms` know the trade's short forms;
    `called`: addresses that led nowhere when they were called up."""

    record_type: RecordType
    values: Values
    language: str
    today: date
    synonyms: Synonyms
    texts: tuple[Passage, ...] = field(default=())
    called: Mapping[str, Called] = field(default_factory=lambda: NOT_CALLED)


def draft(
    record_type: RecordType, values: Values, synonyms: Synonyms, today: date, called: Mapping[str, Called] = NOT_CALLED
) -> Draft:
    """The draft with its texts, in the order of the form."""
    texts, room = [], MOST_TEXT
    for f in record_type.fields:
        if f.id in values and f.public:
            for passage in passages(f, values[f.id], (f.id,)):
                room -= len(passage.source)
                if room >= 0:
                    texts.append(passage)
    return Draft(record_type, values, str(values.get("language", "en")), today, synonyms, tuple(texts), called)


@singledispatch
def passages(f: Field, value: Any, path: Path) -> Iterator[Passage]:
    """The texts in an answer; none in a kind that has no rule."""
    return iter(())


@passages.register
def _(f: Line, value: Any, path: Path) -> Iterator[Passage]:
    # short texts that are not for searching (credits, units, sources) say what they say
    yield Passage(f, path, value, value, free=f.weight > 0)


@passages.register
def _(f: Prose, value: Any, path: Path) -> Iterator[Passage]:
    yield Passage(f, path, prose.plain(value), value, free=True)


@passages.register
def _(f: Lines, value: Sequence[str], path: Path) -> Iterator[Passage]:
    for number, text in enumerate(value):
        yield Passage(f, (*path, number), text, text, free=True)


@passages.register
def _(f: Flag, value: Mapping[str, Any], path: Path) -> Iterator[Passage]:
    note = str(value.get("note", ""))
    yield Passage(f, (*path, "note"), note, note, free=False)


@passages.register
def _(f: Table, value: Sequence[Mapping[str, Any]], path: Path) -> Iterator[Passage]:
    for number, row in enumerate(value):
        for column in f.columns:
            if column.id in row and column.public:
                yield from passages(column, row[column.id], (*path, number, column.id))
