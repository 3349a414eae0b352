"""Valid answers to any field, drawn from its declaration; and a browser that reads a page's form and posts it."""

from __future__ import annotations

from functools import singledispatch
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.datastructures import MultiDict

from knowledge.content.checks import CONTACT_SHOW, tidy
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
    Number,
    PartialDate,
    Period,
    Person,
    Prose,
    RecordRef,
    Table,
)
from knowledge.content.vocabularies import Vocabularies

YEARS = st.integers(1900, 2100).map(str)
MONTHS = st.builds("{}-{:02}".format, YEARS, st.integers(1, 12))


def texts(most: int, lines: bool = False) -> st.SearchStrategy[str]:
    """Text as it is stored, of any script."""
    return st.text(max_size=most).map(lambda t: tidy(t, lines)).filter(bool).filter(lambda t: len(t) <= most)


@singledispatch
def answers(f: Field, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    raise TypeError(type(f).__name__)


@answers.register(Line)
@answers.register(Person)
def _(f: Line | Person, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    return texts(min(f.max, 60))


@answers.register
def _(f: Prose, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    return texts(200, lines=True)


@answers.register
def _(f: Choice, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    return st.sampled_from([t.id for t in vocabularies[f.vocabulary].choosable()])


@answers.register
def _(f: Choices, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    ids = [t.id for t in vocabularies[f.vocabulary].choosable()]
    if f.ordered:
        return st.lists(st.sampled_from(ids), min_size=1, max_size=f.max_items or 3, unique=True)
    chosen = st.lists(st.sampled_from(ids), min_size=1, max_size=f.max_items or 5, unique=True)
    return chosen.map(lambda found: sorted(found, key=ids.index))  # stored in the order of the vocabulary


@answers.register
def _(f: PartialDate, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    if f.after:
        return st.just("ongoing") if f.ongoing else st.just("2100")  # never before its start
    return YEARS | MONTHS | (MONTHS.map(lambda m: f"{m}-17") if f.day else YEARS)


@answers.register
def _(f: Period, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    return YEARS | st.tuples(YEARS, YEARS).map(lambda pair: "/".join(sorted(pair)))


@answers.register
def _(f: Number, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    return st.integers(f.min, f.max)


@answers.register
def _(f: Link, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    return st.sampled_from(["https://example.org/a?b=1&c=2", "http://xn--4gbrim.example:8080/#x", "https://ä.example"])


@answers.register
def _(f: RecordRef, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    return st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)


@answers.register
def _(f: File, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    return st.from_regex(r"[a-z0-9]{20}", fullmatch=True)


@answers.register
def _(f: Lines, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    return st.lists(texts(f.item_max), min_size=1, max_size=f.max_items)


@answers.register
def _(f: Flag, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    return st.just({"yes": True}) | st.fixed_dictionaries({"yes": st.booleans(), "note": texts(50, lines=True)})


@answers.register
def _(f: Contact, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"name": texts(30), "reach": texts(30), "show": st.sampled_from(CONTACT_SHOW)})


@answers.register
def _(f: Table, vocabularies: Vocabularies) -> st.SearchStrategy[Any]:
    rows = st.fixed_dictionaries({}, optional={c.id: answers(c, vocabularies) for c in f.columns})
    return st.lists(rows.filter(bool), min_size=1, max_size=min(f.max_items, 3))


def records(fields: tuple[Field, ...], vocabularies: Vocabularies) -> st.SearchStrategy[dict[str, Any]]:
    """Whole records that can be saved."""
    always = {f.id: answers(f, vocabularies) for f in fields if f.id in ("title", "language")}
    return st.fixed_dictionaries(
        always, optional={f.id: answers(f, vocabularies) for f in fields if f.id not in always}
    )


# ---------------------------------------------------------------------------- a browser


def plain_environment() -> Environment:
    """Jinja without Flask: what the macros may rely on, and nothing else."""
    folder = Path(__file__).resolve().parents[3] / "templates"
    found = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    found.globals["_"] = lambda text, **facts: text % facts if facts else text
    found.globals["tr"] = str
    return found


def page_of(form: Any, fields: tuple[Field, ...]) -> str:
    """All fields of a form on one page."""
    source = "{% import 'macros/form.html' as fm %}{% for f in fields %}{{ fm.field(form, f) }}{% endfor %}"
    return plain_environment().from_string(source).render(form=form, fields=fields)


class Browser(HTMLParser):
    """Reads the controls of a page and posts what a browser would post: checked, selected, typed."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.posted: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.described: set[str] = set()
        self.buttons: list[str] = []
        self._area = self._select = ""
        self._text: list[str] | None = None
        self._options: list[tuple[str, bool]] = []
        self.feed(page)
        self.close()

    def post(self) -> MultiDict[str, str]:
        return MultiDict(self.posted)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [str(given["id"])] if "id" in given else []
        self.described |= set((given.get("aria-describedby") or "").split())
        name, value = given.get("name") or "", given.get("value")
        if tag == "label" and given.get("for"):
            self.labelled.add(str(given["for"]))
        if tag == "input" and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.posted.append((name, "on" if value is None else value))
        elif tag == "textarea":
            self._area, self._text = name, []
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option":
            self._options.append((value or "", "selected" in given))
        elif tag == "button":
            self.buttons.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text is not None:
            text = "".join(self._text).removeprefix("\n")
            self.posted.append((self._area, text.replace("\n", "\r\n")))
            self._text = None
        elif tag == "select":
            chosen = [v for v, on in self._options if on] or [v for v, _ in self._options[:1]]
            self.posted += [(self._select, chosen[-1])] if chosen else []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)
