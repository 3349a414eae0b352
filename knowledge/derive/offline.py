"""A type as one HTML file that works by itself: printed, or filled in from a stick and saved as a line of an import.

Only what a paper form has: labels, help, examples, choices and counters. The words and lists come from the
declaration; the template around it brings the style and the script, which reads `data-f` (field) and `data-k` (kind).
A list of many terms stands in the file once and is copied into each select by the script.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from html import escape

from knowledge.content.fields import (
    N_,
    Choice,
    Choices,
    Contact,
    Field,
    Flag,
    Line,
    Lines,
    PartialDate,
    Prose,
    Table,
)
from knowledge.content.registry import RecordType
from knowledge.content.vocabularies import Vocabularies
from knowledge.derive.kinds import SHOW_LABELS, kind_of

MANY = 12  # so many terms and more are a list of their own
SIZE = 100_000  # bytes: what still goes by mail on a weak line


@dataclass(frozen=True)
class Paper:
    """What a form is written with: the vocabularies, a language, and `say` for the texts of the interface."""

    vocabularies: Vocabularies
    language: str = "en"
    say: Callable[[str], str] = str

    def text(self, words: str) -> str:
        """A text of the interface, safe in HTML."""
        return escape(self.say(words))

    def options(self, vocabulary: str) -> str:
        """The terms of a vocabulary as options."""
        terms = self.vocabularies[vocabulary].choosable()
        return "".join(f"<option value={escape(t.id)}>{escape(t.name(self.language))}" for t in terms)


def sections(record_type: RecordType, paper: Paper) -> str:
    """All sections of the form."""
    made = []
    for number, section in enumerate(record_type.sections, 1):
        blocks = "".join(block(f, paper) for f in section.fields)
        made.append(f"<section><h2>{number}. {paper.text(section.label)}</h2>{blocks}</section>")
    return "".join(made)


def lists(record_type: RecordType, paper: Paper) -> str:
    """The long lists, each once, for the script to copy into the selects."""
    names = sorted({name for f in record_type.fields for name in _long(f, paper)})
    return "".join(f"<template id=v-{name}>{paper.options(name)}</template>" for name in names)


def block(f: Field, paper: Paper) -> str:
    """A field with its label, help and example."""
    about = f"<p class=h>{paper.text(f.help)}</p>" if f.help else ""
    about += (
        f"<details><summary>{paper.text(N_('Example'))}</summary>{paper.text(f.example)}</details>" if f.example else ""
    )
    inner = control(f, paper)
    grouped = not inner.startswith(("<input", "<textarea", "<select"))
    tag, label = ("fieldset", "legend") if grouped else ("label", "b")
    head = f"<{label}>{paper.text(f.label)}</{label}>"
    return f"<{tag} class=f data-f={f.id} data-k={kind_of(f)}>{head}{about}{inner}</{tag}>"


@singledispatch
def control(f: Field, paper: Paper) -> str:
    """What is filled in."""
    return "<input>"


@control.register
def _(f: Line, paper: Paper) -> str:
    return f"<input maxlength={f.max}>"


@control.register
def _(f: Prose, paper: Paper) -> str:
    return f"<textarea rows={8 if f.max > 1200 else 4} data-min={f.min} data-max={f.max}></textarea><small></small>"


@control.register
def _(f: PartialDate, paper: Paper) -> str:
    ongoing = f"<label class=c><input type=checkbox>{paper.text(N_('still going on'))}</label>" if f.ongoing else ""
    return f"<div><input{_named(f, paper)}>{ongoing}</div>" if ongoing else "<input placeholder=2019-03>"


@control.register
def _(f: Choice, paper: Paper) -> str:
    if _many(f.vocabulary, paper):
        return f"<select data-v={f.vocabulary}><option value=''></select>"
    return f"<select><option value=''>{paper.options(f.vocabulary)}</select>"


@control.register
def _(f: Choices, paper: Paper) -> str:
    if f.ordered:
        places = range(1, 1 + (f.max_items or 3))
        each = (f"<select data-v={f.vocabulary}{_named(f, paper, n)}><option value=''></select>" for n in places)
        return f"<div>{''.join(each)}</div>"
    if _many(f.vocabulary, paper):
        return f"<select multiple size=8 data-v={f.vocabulary}></select>"
    terms = paper.vocabularies[f.vocabulary].choosable()
    boxes = (
        f"<label class=c><input type=checkbox value={escape(t.id)}>{escape(t.name(paper.language))}</label>"
        for t in terms
    )
    return f"<div>{''.join(boxes)}</div>"


@control.register
def _(f: Lines, paper: Paper) -> str:
    row = f"<textarea rows=2 maxlength={f.item_max}{_named(f, paper)}></textarea>"
    return _rows(row, f.min_items, paper.say(N_("entry")), paper)


@control.register
def _(f: Table, paper: Paper) -> str:
    return _rows("".join(block(column, paper) for column in f.columns), f.min_items, paper.say(f.row), paper)


@control.register
def _(f: Flag, paper: Paper) -> str:
    yes = f"<label class=c><input type=checkbox>{paper.text(N_('Yes'))}</label>"
    return f"<div>{yes}<label>{paper.text(N_('Note'))}<textarea rows=2></textarea></label></div>"


@control.register
def _(f: Contact, paper: Paper) -> str:
    parts = (("name", N_("Name")), ("reach", N_("E-mail, telephone or web page")))
    inputs = "".join(f"<label>{paper.text(label)}<input name={name}></label>" for name, label in parts)
    shown = "".join(f"<option value={value}>{paper.text(label)}" for value, label in SHOW_LABELS.items())
    return f"<div>{inputs}<label>{paper.text(N_('Who may see this'))}<select name=show>{shown}</select></label></div>"


def _named(f: Field, paper: Paper, number: int = 0) -> str:
    """The name of a control of which its field has several: the legend above names only the group."""
    return f' aria-label="{paper.text(f.label)}{f" {number}" if number else ""}"'


def _rows(row: str, least: int, what: str, paper: Paper) -> str:
    add = paper.text(N_("Add another {what}")).format(what=escape(what))
    return f"<template>{row}</template><ol data-least={max(least, 1)}></ol><button type=button data-add>{add}</button>"


def _many(vocabulary: str, paper: Paper) -> bool:
    return len(paper.vocabularies[vocabulary].choosable()) >= MANY


def _long(f: Field, paper: Paper) -> list[str]:
    if isinstance(f, Table):
        return [name for column in f.columns for name in _long(column, paper)]
    ordered = isinstance(f, Choices) and f.ordered
    return [f.vocabulary] if isinstance(f, Choice | Choices) and (ordered or _many(f.vocabulary, paper)) else []
