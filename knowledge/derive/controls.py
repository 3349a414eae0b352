"""The WTForms control of every kind of field, and the few controls that WTForms has not.

A control carries what was typed and nothing else; `content.checks` judges it. Beyond WTForms every control has
`declared` (the field it stands for), `kind` (the word the template switches on) and `problems` (sentences).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, ClassVar

from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of 3.2
from wtforms.form import BaseForm

from knowledge.content.fields import (
    N_,
    Choice,
    Choices,
    Contact,
    Country,
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
)
from knowledge.content.vocabularies import Term, Vocabularies
from knowledge.derive.kinds import SHOW_LABELS

FEW = 7  # so many terms are shown as radio buttons with their definitions, more as a select


class RecordForm(Form):
    """A form whose controls are only reached as form["id"], so that a field may be called "data" or "errors"."""

    controls: ClassVar[tuple[tuple[str, Any], ...]] = ()

    def __init__(
        self,
        formdata: Any = None,
        obj: Any = None,
        prefix: str = "",
        data: Mapping[str, Any] | None = None,
        meta: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        made = self._wtforms_meta()  # type: ignore[attr-defined]
        made.update_values(dict(meta or {}))
        BaseForm.__init__(self, self.controls, prefix=prefix, meta=made)
        self.process(formdata, None, data={**(data or {}), **kwargs})


def form_of(fields: tuple[Field, ...], vocabularies: Vocabularies, language: str) -> type[RecordForm]:
    """The form class of a group of fields: of a type, or of the rows of a table."""
    lists = TermLists(vocabularies, language)
    return type("RecordForm", (RecordForm,), {"controls": tuple((f.id, control(f, lists)) for f in fields)})


# ---------------------------------------------------------------------------- lists of terms


@dataclass(frozen=True)
class TermList:
    """What can be chosen from a vocabulary, in one language."""

    choices: tuple[SelectChoice, ...]
    definitions: Mapping[str, str]
    names: Mapping[str, str]  # also of terms that are no longer offered


class TermLists:
    """The lists of one form, each made once however many rows use it."""

    def __init__(self, vocabularies: Vocabularies, language: str) -> None:
        self._vocabularies, self._language = vocabularies, language
        self._made: dict[str, TermList] = {}

    def form(self, fields: tuple[Field, ...]) -> type[RecordForm]:
        """The form class of the rows of a table."""
        return type("RowForm", (RecordForm,), {"controls": tuple((f.id, control(f, self)) for f in fields)})

    def __getitem__(self, vocabulary: str) -> TermList:
        if vocabulary not in self._made:
            terms = self._vocabularies[vocabulary]
            self._made[vocabulary] = TermList(
                tuple(self._choices(vocabulary)),
                {t.id: text for t in terms if (text := t.definition(self._language))},
                {t.id: t.name(self._language) for t in terms},
            )
        return self._made[vocabulary]

    def _choices(self, vocabulary: str) -> Iterator[SelectChoice]:
        """Terms by group: those without one first, then by topic group or, for countries, by region."""
        terms = self._vocabularies[vocabulary]
        order = {t.id: t for t in terms.groups}
        by_region = not order and "regions" in self._vocabularies
        if by_region:
            order = {t.id: t for t in self._vocabularies["regions"]}
        places = {group: place for place, group in enumerate(order, 1)}
        found = [(t, t.traits.get("region", "") if by_region else t.parent) for t in terms.choosable()]
        if any(group in places for _, group in found):
            found.sort(key=lambda pair: (places.get(pair[1], 0), self._alphabet(pair[0]) if by_region else ""))
        for term, group in found:
            name = order[group].name(self._language) if group in order else None
            yield SelectChoice(value=term.id, label=term.name(self._language), optgroup=name)

    def _alphabet(self, term: Term) -> str:
        plain = unicodedata.normalize("NFKD", term.name(self._language))
        return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


class _Terms:
    """Mixed into select controls: what was chosen stays in the list, offered or not, so that saving keeps it."""

    def __init__(self, label: str, terms: TermList, **kwargs: Any) -> None:
        super().__init__(label, choices=[], validate_choice=False, **kwargs)  # type: ignore[call-arg]
        self.terms = terms
        self.unlisted: tuple[str, ...] = ()
        self.radios = len(terms.choices) <= FEW

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(formdata, data, extra_filters)  # type: ignore[misc]
        listed = {c.value for c in self.terms.choices}
        given = self.data if isinstance(self.data, list) else [self.data]  # type: ignore[attr-defined]
        self.unlisted = tuple(dict.fromkeys(v for v in given if v and v not in listed))
        extra = [SelectChoice(value=v, label=self.terms.names.get(v, v)) for v in self.unlisted]
        self.choices = [*extra, *self.terms.choices]

    @property
    def groups(self) -> list[tuple[str, list[Any]]]:
        """Pairs of the group's name ("" for none) and its choices."""
        found = [(name or "", list(choices)) for name, choices in self.iter_groups()]  # type: ignore[attr-defined]
        return sorted(found, key=lambda group: not group[0])  # what is in no group comes last


class TermSelect(_Terms, SelectField):  # type: ignore[misc]
    """One term."""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Nothing chosen is the empty text."""
        super().process(formdata, data or "", extra_filters)


class TermChecks(_Terms, SelectMultipleField):  # type: ignore[misc]
    """Several terms, as checkboxes."""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Nothing chosen is the empty list."""
        super().process(formdata, data or [], extra_filters)


class DateControl(StringField):
    """A date and, where the field allows it, a box for "still going on" named `end-ongoing`."""

    ongoing = False

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Take the date apart from the box beside it."""
        super().process(formdata, data, extra_filters)
        ticked = formdata is not None and f"{self.name}-ongoing" in formdata
        self.ongoing = ticked or self.data == "ongoing"
        if self.data == "ongoing":
            self.data = ""


class Rows(FieldList):  # type: ignore[type-arg]
    """A list whose rows are found by their exact names.

    WTForms takes "rules_2" for a row of "rules", and fails on "rules-²" and on numbers of thousands of digits.
    """

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        pattern = re.compile(rf"{re.escape(prefix)}-(\d{{1,4}})(?:-.*)?", re.ASCII | re.DOTALL)
        for name in formdata:
            if found := pattern.fullmatch(name):
                yield int(found[1])


class Group(FormField):  # type: ignore[type-arg]
    """Several controls under one name. A column may be called what WTForms calls its own arguments."""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Fill the form within."""
        self.object_data = data
        given = data if isinstance(data, Mapping) else {}
        meta = {"_parent_form": self._form}
        self.form = self.form_class(formdata=formdata, prefix=f"{self.name}-", data=given, meta=meta)


class FlagForm(Form):
    """Yes or no, with a note."""

    yes = BooleanField(N_("Yes"))
    note = TextAreaField(N_("Note"))


class ContactForm(Form):
    """Whom to ask, and who may see it."""

    name = StringField(N_("Name"))
    reach = StringField(N_("E-mail, telephone or web page"))
    show = SelectField(
        N_("Who may see this"),
        choices=[SelectChoice(value=v, label=label) for v, label in SHOW_LABELS.items()],
        default="members",
        validate_choice=False,
    )


# ---------------------------------------------------------------------------- by kind


@singledispatch
def control(f: Field, lists: TermLists) -> Any:
    """The unbound WTForms control of a field."""
    raise TypeError(f"no rule for a field of kind {type(f).__name__}")


@control.register(Line)
@control.register(Person)
@control.register(Link)
@control.register(RecordRef)
@control.register(Period)
@control.register(Number)
@control.register(File)
def _(f: Field, lists: TermLists) -> Any:
    return StringField(f.label)


@control.register
def _(f: PartialDate, lists: TermLists) -> Any:
    return DateControl(f.label)


@control.register
def _(f: Prose, lists: TermLists) -> Any:
    return TextAreaField(f.label)


@control.register
def _(f: Choice, lists: TermLists) -> Any:
    return TermSelect(f.label, lists[f.vocabulary])


@control.register
def _(f: Choices, lists: TermLists) -> Any:
    if f.ordered:
        return Rows(TermSelect(f.label, lists[f.vocabulary]), f.label, min_entries=f.max_items or 3)
    return TermChecks(f.label, lists[f.vocabulary])


@control.register
def _(f: Lines, lists: TermLists) -> Any:
    return Rows(TextAreaField(f.label), f.label, min_entries=max(f.min_items, 1))


@control.register
def _(f: Table, lists: TermLists) -> Any:
    return Rows(Group(lists.form(f.columns)), f.label, min_entries=max(f.min_items, 1))


@control.register
def _(f: Flag, lists: TermLists) -> Any:
    return Group(FlagForm, f.label)


@control.register
def _(f: Contact, lists: TermLists) -> Any:
    return Group(ContactForm, f.label)


def offers_radios(f: Field, terms: TermList) -> bool:
    """Whether the few terms of a choice are laid open; a country never is."""
    return isinstance(f, Choice) and not isinstance(f, Country) and len(terms.choices) <= FEW
