"""A type as a form: filled from stored values or a post, read back as it was typed, problems put at their places.

The form only carries what was typed; `content.checks` says what is wrong with it. Control ids are the paths of
problems: `steps-2-title`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import singledispatch
from typing import Any

from wtforms import FieldList, Form, FormField

from knowledge.content.checks import Problem
from knowledge.content.fields import (
    Choice,
    Choices,
    Contact,
    Field,
    File,
    Flag,
    Lines,
    Media,
    Number,
    PartialDate,
    Table,
    Values,
)
from knowledge.content.media import Attachment
from knowledge.content.registry import RecordType
from knowledge.content.vocabularies import Vocabularies
from knowledge.derive.controls import RecordForm, form_of, offers_radios
from knowledge.derive.kinds import kind_of
from knowledge.derive.posted import MAX_ROWS, Posted, act, renumbered, with_files

__all__ = [
    "MAX_ROWS",
    "RecordForm",
    "act",
    "attach",
    "bind",
    "form_class",
    "kind_of",
    "read",
    "show_files",
    "with_files",
]


def form_class(record_type: RecordType, vocabularies: Vocabularies, language: str = "en") -> type[RecordForm]:
    """The form of a type, one control for each field, reached as form["title"].

    Raises TypeError for a kind of field that has no control.
    """
    return form_of(record_type.fields, vocabularies, language)


def bind(
    record_type: RecordType,
    vocabularies: Vocabularies,
    *,
    values: Values | None = None,
    posted: Posted | None = None,
    language: str = "en",
) -> RecordForm:
    """The form filled with what was posted or, when nothing was, with stored values."""
    made = form_class(record_type, vocabularies, language)
    if posted is not None:
        form = made(formdata=renumbered(record_type.fields, posted))
    else:
        form = made(data={f.id: filling(f, (values or {}).get(f.id)) for f in record_type.fields})
    for f in record_type.fields:
        _declare(form[f.id], f)
    return form


def read(record_type: RecordType, form: Form) -> dict[str, Any]:
    """Everything that was typed, as `checks.shape` takes it, even where it is malformed."""
    return {f.id: typed(f, form[f.id]) for f in record_type.fields}


def attach(form: Form, problems: Iterable[Problem], say: Callable[[str], str] = str) -> list[Problem]:
    """Put each problem, as `say` translates it, at the deepest control its path leads to.

    Returns the problems that have no place in this form.
    """
    homeless = []
    for problem in problems:
        control: Any = form
        for part in problem.path:
            inner = _inner(control, part)
            if inner is None:
                break
            control = inner
        if control is form:
            homeless.append(problem)
        else:
            control.problems = (*getattr(control, "problems", ()), problem.told(say))
    return homeless


def show_files(record_type: RecordType, form: RecordForm, files: Mapping[str, Attachment], place: Any = None) -> None:
    """Let the controls of files know which they stand for, and those of media where more can be sent (`place`)."""
    for f in record_type.fields:
        if isinstance(f, Media):
            form[f.id].place = place  # type: ignore[attr-defined]
        for column, control in _controls(f, form[f.id]):
            if isinstance(column, File):
                control.stored = files.get(control.data or "")


# ---------------------------------------------------------------------------- stored value -> control, by kind


@singledispatch
def filling(f: Field, value: Any) -> Any:
    """A stored value as its control takes it."""
    return f.empty if value is None else value


@filling.register
def _(f: Number, value: Any) -> Any:
    return "" if value is None else str(value)


@filling.register
def _(f: Table, value: Any) -> Any:
    return [{c.id: filling(c, row.get(c.id)) for c in f.columns} for row in value or ()]


# ---------------------------------------------------------------------------- control -> what was typed, by kind


@singledispatch
def typed(f: Field, control: Any) -> Any:
    """What a control holds, as `checks.clean` takes it."""
    return control.data or ""


@typed.register
def _(f: Choices, control: Any) -> Any:
    return [value for value in control.data or [] if value]


@typed.register
def _(f: PartialDate, control: Any) -> Any:
    text = control.data or ""
    # typed and ticked: both are kept, and the check asks which of them holds
    return f"{text} ongoing".strip() if f.ongoing and control.ongoing else text


@typed.register
def _(f: Lines, control: Any) -> Any:
    return [value or "" for value in control.data or []]


@typed.register
def _(f: Table, control: Any) -> Any:
    return [{c.id: typed(c, entry.form[c.id]) for c in f.columns} for entry in control.entries]


@typed.register
def _(f: Flag, control: Any) -> Any:
    return {"yes": bool(control.form["yes"].data), "note": control.form["note"].data or ""}


@typed.register
def _(f: Contact, control: Any) -> Any:
    return {name: control.form[name].data or "" for name in ("name", "reach", "show")}


# ---------------------------------------------------------------------------- inside


def _declare(control: Any, f: Field) -> None:
    """Tell a control, and those within it, which field it stands for: what the template needs to show it."""
    control.declared, control.kind, control.problems = f, kind_of(f), ()
    if isinstance(f, File | Media):
        control.stored = control.place = None
    if isinstance(f, Choice):
        control.radios = offers_radios(f, control.terms)
    for entry in control.entries if isinstance(control, FieldList) else ():
        entry.problems = ()
        for column in f.columns if isinstance(f, Table) else ():
            _declare(entry.form[column.id], column)
            entry.form[column.id].radios = False  # too tall for a row
    for part in control.form if isinstance(control, FormField) else ():
        part.problems = ()


def _controls(f: Field, control: Any) -> Iterator[tuple[Field, Any]]:
    yield f, control
    if not isinstance(f, Table):
        return
    for entry in control.entries:
        for column in f.columns:
            yield from _controls(column, entry.form[column.id])


def _inner(control: Any, part: str | int) -> Any:
    if isinstance(control, FieldList):
        return control.entries[part] if isinstance(part, int) and 0 <= part < len(control.entries) else None
    form = control.form if isinstance(control, FormField) else control
    if isinstance(form, Form) and isinstance(part, str) and part in form:
        return form[part]
    return None
