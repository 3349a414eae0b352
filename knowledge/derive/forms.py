"""A type as a form: WTForms fields by kind, and the buttons that add, move and remove rows without script.

The form only carries what was typed; `content.checks` says what is wrong with it, and `attach` puts each problem at
its control. Control ids are the paths of problems: `steps-2-title`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import singledispatch
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FieldList, Form, FormField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms import Field as Control
from wtforms.fields.choices import SelectChoice

from knowledge.content.checks import CONTACT_SHOW, Problem
from knowledge.content.fields import (
    Choice,
    Choices,
    Contact,
    Field,
    Flag,
    Line,
    Lines,
    Link,
    N_,
    Number,
    PartialDate,
    Period,
    Person,
    Prose,
    RecordRef,
    Table,
    Values,
)
from knowledge.content.registry import RecordType
from knowledge.content.vocabularies import Vocabularies, Vocabulary

MAX_ROWS = 60
SHOW_LABELS = {
    "members": N_("people who are signed in"),
    "everyone": N_("everyone"),
    "nobody": N_("only my co-authors and my coach"),
}
assert tuple(SHOW_LABELS) == CONTACT_SHOW


def form_class(record_type: RecordType, vocabularies: Vocabularies, language: str = "en") -> type[Form]:
    """The form of a type, one control for each field."""
    return _class(record_type.fields, vocabularies, language)


def bind(
    record_type: RecordType,
    vocabularies: Vocabularies,
    *,
    values: Values | None = None,
    posted: MultiDict[str, str] | None = None,
    language: str = "en",
) -> Form:
    """The form filled with what was posted or, failing that, with stored values."""
    made = form_class(record_type, vocabularies, language)
    if posted is not None:
        form = made(formdata=_renumbered(record_type.fields, posted))
    else:
        form = made(data=_filled(record_type.fields, values or {}))
    _keep_unlisted(form)
    return form


def read(record_type: RecordType, form: Form) -> dict[str, Any]:
    """Everything that was typed, as `checks.shape` takes it, even where it is malformed."""
    return {f.id: typed(f, form[f.id]) for f in record_type.fields}


def attach(form: Form, problems: Iterable[Problem]) -> None:
    """Put each problem at its control: the deepest one its path leads to."""
    for problem in problems:
        control: Any = form
        for part in problem.path:
            inner = _inner(control, part)
            if inner is None:
                break
            control = inner
        if control is not form:
            control.problems = [*getattr(control, "problems", ()), problem]


def act(record_type: RecordType, posted: MultiDict[str, str], action: str) -> MultiDict[str, str]:
    """What a row button does, on a copy of the posted form: `add:steps`, `remove:steps:2`, `up:steps:2`, `down:…`.

    An action that makes no sense changes nothing.
    """
    verb, _, rest = action.partition(":")
    name, _, place = rest.partition(":")
    field = next((f for f in record_type.fields if f.id == name), None)
    if not isinstance(field, Table | Lines):
        return posted
    rows = _rows(posted, name)
    number = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else -1
    if verb == "add" and len(rows) < MAX_ROWS:
        rows.append(_blank(field))
    elif verb == "remove" and 0 <= number < len(rows):
        rows.pop(number)
    elif verb == "up" and 0 < number < len(rows):
        rows[number - 1 : number + 1] = [rows[number], rows[number - 1]]
    elif verb == "down" and 0 <= number < len(rows) - 1:
        rows[number : number + 2] = [rows[number + 1], rows[number]]
    return _with_rows(posted, name, rows)


# ---------------------------------------------------------------------------- controls, by kind


@singledispatch
def control(f: Field, vocabularies: Vocabularies, language: str) -> Any:
    """The unbound WTForms control of a field."""
    raise TypeError(f"no rule for a field of kind {type(f).__name__}")


@control.register(Line)
@control.register(Person)
@control.register(Link)
@control.register(RecordRef)
@control.register(PartialDate)
@control.register(Period)
@control.register(Number)
def _(f: Field, vocabularies: Vocabularies, language: str) -> Any:
    return StringField(f.label)


@control.register
def _(f: Prose, vocabularies: Vocabularies, language: str) -> Any:
    return TextAreaField(f.label)


@control.register
def _(f: Choice, vocabularies: Vocabularies, language: str) -> Any:
    return _select(f.label, vocabularies[f.vocabulary], language)


@control.register
def _(f: Choices, vocabularies: Vocabularies, language: str) -> Any:
    terms = vocabularies[f.vocabulary]
    if f.ordered:
        return FieldList(
            _select(f.label, terms, language), f.label, min_entries=f.max_items or 3, max_entries=f.max_items or MAX_ROWS
        )
    return SelectMultipleField(f.label, choices=_options(terms, language), validate_choice=False)


@control.register
def _(f: Lines, vocabularies: Vocabularies, language: str) -> Any:
    return FieldList(TextAreaField(f.label), f.label, min_entries=max(f.min_items, 1), max_entries=MAX_ROWS)


@control.register
def _(f: Table, vocabularies: Vocabularies, language: str) -> Any:
    row = _class(f.columns, vocabularies, language)
    return FieldList(FormField(row), f.label, min_entries=max(f.min_items, 1), max_entries=MAX_ROWS)


@control.register
def _(f: Flag, vocabularies: Vocabularies, language: str) -> Any:
    row = type("FlagForm", (Form,), {"yes": BooleanField(f.label), "note": TextAreaField(N_("Note"))})
    return FormField(row, f.label)


@control.register
def _(f: Contact, vocabularies: Vocabularies, language: str) -> Any:
    choices = [SelectChoice(value=v, label=label) for v, label in SHOW_LABELS.items()]
    parts = {
        "name": StringField(N_("Name")),
        "reach": StringField(N_("E-mail, telephone or web page")),
        "show": SelectField(N_("Who may see this"), choices=choices, default="members", validate_choice=False),
    }
    return FormField(type("ContactForm", (Form,), parts), f.label)


# ---------------------------------------------------------------------------- what was typed, by kind


@singledispatch
def typed(f: Field, filled: Any) -> Any:
    """What a control holds, as `checks.clean` takes it."""
    return filled.data or ""


@typed.register
def _(f: Choices, filled: Any) -> Any:
    return [value for value in filled.data or [] if value]


@typed.register
def _(f: Lines, filled: Any) -> Any:
    return [value or "" for value in filled.data or []]


@typed.register
def _(f: Table, filled: Any) -> Any:
    return [{c.id: typed(c, entry.form[c.id]) for c in f.columns} for entry in filled.entries]


@typed.register
def _(f: Flag, filled: Any) -> Any:
    return {"yes": bool(filled.form["yes"].data), "note": filled.form["note"].data or ""}


@typed.register
def _(f: Contact, filled: Any) -> Any:
    return {name: filled.form[name].data or "" for name in ("name", "reach", "show")}


# ---------------------------------------------------------------------------- inside


def _class(fields: tuple[Field, ...], vocabularies: Vocabularies, language: str) -> type[Form]:
    # a field may be called "data" or "errors": WTForms itself uses such names as attributes, but keeps its
    # fields apart, so they are reached as form["data"], never as form.data
    return type("RecordForm", (Form,), {f.id: control(f, vocabularies, language) for f in fields})


def _select(label: str, terms: Vocabulary, language: str) -> Any:
    choices = [SelectChoice(value="", label=""), *_options(terms, language)]
    return SelectField(label, choices=choices, validate_choice=False)


def _options(terms: Vocabulary, language: str) -> list[SelectChoice]:
    groups = {t.id for t in terms.groups}
    return [
        SelectChoice(
            value=t.id, label=t.name(language), optgroup=terms.name(t.parent, language) if t.parent in groups else None
        )
        for t in terms.choosable()
    ]


def _keep_unlisted(form: Form) -> None:
    """A value that is not offered any more is shown and kept, so that saving does not lose it."""
    for each in _selects(form):
        given = each.data if isinstance(each.data, list) else [each.data]
        listed = {c.value for c in each.choices}
        each.choices = [
            *each.choices,
            *(SelectChoice(value=v, label=v) for v in given if v and v not in listed),
        ]


def _selects(form: Form) -> Iterator[SelectField]:
    for each in form:
        yield from _selects_in(each)


def _selects_in(each: Control) -> Iterator[SelectField]:
    if isinstance(each, SelectField):  # SelectMultipleField among them
        yield each
    elif isinstance(each, FormField):
        yield from _selects(each.form)
    elif isinstance(each, FieldList):
        for entry in each.entries:
            yield from _selects_in(entry)


def _filled(fields: tuple[Field, ...], values: Values) -> dict[str, Any]:
    """Stored values as WTForms takes them: every control gets something of its own kind."""
    filled: dict[str, Any] = {}
    for f in fields:
        value = values.get(f.id, f.empty)
        filled[f.id] = [_filled(f.columns, row) for row in value] if isinstance(f, Table) else value
        if isinstance(f, Number) and value != "":
            filled[f.id] = str(value)
    return filled


def _inner(control: Any, part: str | int) -> Any:
    if isinstance(control, FieldList):
        return control.entries[part] if isinstance(part, int) and part < len(control.entries) else None
    form = control.form if isinstance(control, FormField) else control
    if isinstance(form, Form) and isinstance(part, str) and part in form:
        return form[part]
    return None


Row = list[tuple[str, list[str]]]


def _rows(posted: MultiDict[str, str], name: str) -> list[Row]:
    """The posted rows of a list, in order, each as pairs of what follows the number in a name, and the values."""
    found: dict[int, Row] = {}
    pattern = re.compile(rf"{re.escape(name)}-(\d{{1,6}})(-.*)?", re.ASCII | re.DOTALL)
    for key in posted:
        match = pattern.fullmatch(key)
        if match:
            found.setdefault(int(match[1]), []).append((match[2] or "", posted.getlist(key)))
    return [found[number] for number in sorted(found)][:MAX_ROWS]


def _with_rows(posted: MultiDict[str, str], name: str, rows: list[Row]) -> MultiDict[str, str]:
    pattern = re.compile(rf"{re.escape(name)}-\d{{1,6}}(-.*)?", re.ASCII | re.DOTALL)
    changed: MultiDict[str, str] = MultiDict(
        (key, value) for key, value in posted.items(multi=True) if not pattern.fullmatch(key)
    )
    for number, row in enumerate(rows):
        for suffix, values in row:
            changed.setlist(f"{name}-{number}{suffix}", values)
    return changed


def _renumbered(fields: tuple[Field, ...], posted: MultiDict[str, str]) -> MultiDict[str, str]:
    """The post with rows counted from 0 without gaps, so that control ids are the paths of problems."""
    for f in fields:
        if isinstance(f, Table | Lines) or (isinstance(f, Choices) and f.ordered):
            posted = _with_rows(posted, f.id, _rows(posted, f.id))
    return posted


def _blank(f: Field) -> Row:
    return [(f"-{c.id}", [""]) for c in f.columns] if isinstance(f, Table) else [("", [""])]


def kind_of(f: Field) -> str:
    """The word a template switches on."""
    return type(f).__name__.lower()

