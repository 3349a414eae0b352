"""What an answer may look like, by kind of field: `clean` turns what came in into what is stored, or says what to do.

Nothing that JSON can hold makes it raise anything but `Wrong`, and cleaning a stored value again changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from functools import singledispatch
from typing import Any
from urllib.parse import urlsplit

from knowledge.content import months
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
from knowledge.content.problems import Problem, Wrong, tidy
from knowledge.content.vocabularies import Vocabularies

PROSE_LIMIT = 100_000  # characters: a hard stop far above the guidance, so that nobody loses a paragraph
CONTACT_SHOW = ("members", "everyone", "nobody")
EARLIEST, LATEST = 1900, 2100
_DATE = re.compile(r"(?P<y>\d{4})(-(?P<m>0[1-9]|1[0-2])(-(?P<d>0[1-9]|[12]\d|3[01]))?)?", re.ASCII)
_REF = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
_FILE = re.compile(r"[a-z0-9]{20}", re.ASCII)
_PAGE = re.compile(r"/practices/([^/?#\s]+)")
_NUMBER = re.compile(r"[+-]?(\d{1,12}|\d{1,3}([ ,]\d{3}){1,3})", re.ASCII)


def row(
    fields: tuple[Field, ...], raw: Mapping[str, Any], vocabularies: Vocabularies, known: Values
) -> tuple[dict[str, Any], list[Problem]]:
    """The answers to a group of fields (a record, or a row of a table), with every problem found."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for f in fields:
        if raw.get(f.id) is None:
            continue
        try:
            value = clean(f, raw[f.id], vocabularies, known.get(f.id))
        except Wrong as wrong:
            problems += [Problem((f.id, *p.path), p.message, p.facts) for p in wrong.problems]
            continue
        if value is not None:
            values[f.id] = value
    for f in fields:
        if isinstance(f, PartialDate) and f.after and _before(values.get(f.id), values.get(f.after)):
            problems.append(Problem((f.id,), N_("This is before the start. Please check both dates.")))
            values.pop(f.id)
    return values, problems


@singledispatch
def clean(f: Field, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    """One answer as it is stored, or None when it is empty; `known` is what was stored before.

    Raises Wrong with what to do.
    """
    raise TypeError(f"no rule for a field of kind {type(f).__name__}")


@clean.register(Line)
@clean.register(Person)
def _(f: Line | Person, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    return _text(raw, f.max)


@clean.register
def _(f: Prose, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    return _text(raw, PROSE_LIMIT, lines=True)


@clean.register
def _(f: Choice, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    term_id = tidy(raw)
    return _term(term_id, f.vocabulary, vocabularies, known) if term_id else None


@clean.register
def _(f: Choices, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    if not isinstance(raw, list | tuple):
        raise Wrong(N_("This must be a list of choices."))
    ids = list(dict.fromkeys(term_id for item in raw if (term_id := tidy(item))))
    if f.max_items and len(ids) > f.max_items:
        raise Wrong(N_("Please choose at most {max}; you chose {count}."), max=f.max_items, count=len(ids))
    chosen = [_term(term_id, f.vocabulary, vocabularies, known) for term_id in ids]
    if not f.ordered:  # boxes come back in the order of the page: the same choice is stored in the same way
        places = {term.id: place for place, term in enumerate(vocabularies[f.vocabulary])}
        chosen.sort(key=places.__getitem__)
    return chosen or None


@clean.register
def _(f: PartialDate, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    text = _digits(raw)
    if not text or (f.ongoing and text == "ongoing"):
        return text or None
    if f.ongoing and text.endswith("ongoing"):
        raise Wrong(N_("Please give the end or say that it is still going on, not both."))
    text = months.iso(text)
    if not (found := _DATE.fullmatch(text)) or (found["d"] and not (f.day and _is_day(text))):
        raise Wrong(
            N_("Please write a year (2019), a month (2019-03) or a day (2019-03-05).")
            if f.day
            else N_("Please write a year (2019) or a year and month (2019-03).")
        )
    _plausible(text)
    return text


@clean.register
def _(f: Period, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    text = _digits(raw).replace("–", "/")
    if not text:
        return None
    if re.fullmatch(r"\d{4} ?- ?\d{4}", text, re.ASCII):
        text = text.replace("-", "/")
    ends = [part.strip() for part in text.split("/")]
    sound = len(ends) <= 2 and all((found := _DATE.fullmatch(end)) and not found["d"] for end in ends)
    if not sound or _before(ends[-1], ends[0]):
        raise Wrong(N_("Please write a year (2012) or a span of years (2012/2014), the earlier one first."))
    for end in ends:
        _plausible(end)
    return "/".join(ends)


@clean.register
def _(f: Number, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    if isinstance(raw, str):
        text = _digits(raw)
        if not text:
            return None
        raw = int(re.sub("[ ,]", "", text)) if _NUMBER.fullmatch(text) else None
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise Wrong(N_("Please write a whole number."))
    if not f.min <= raw <= f.max:
        raise Wrong(N_("Please write a number from {min} to {max}."), min=f.min, max=f.max)
    return raw


@clean.register
def _(f: Link, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    text = _text(raw, 2000)
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        # a name before the host ("https://bank.example@elsewhere") only serves to deceive; .port raises if it is none
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        sound = sound and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound or any(c in text for c in " <>\"'`\\"):
        raise Wrong(N_("Please write a whole web address that starts with https:// or http://."))
    return text


@clean.register
def _(f: RecordRef, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    text = tidy(raw)
    if not text:
        return None
    if found := _PAGE.search(text):  # the address of a record's page, pasted whole
        text = found[1]
    if not _REF.fullmatch(text):
        raise Wrong(N_("Please write the address or the id of a record here, like /practices/fact-001."))
    return text


@clean.register
def _(f: File, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    text = tidy(raw)
    if text and not _FILE.fullmatch(text):
        raise Wrong(N_("This is not the id of a file here. Please add the file again."))
    return text or None


@clean.register
def _(f: Flag, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    if isinstance(raw, bool):
        raw = {"yes": raw}
    if not isinstance(raw, Mapping) or not isinstance(raw.get("yes", False), bool):
        raise Wrong(N_("This must be yes or no, with a note."))
    note = _part(raw, "note", 2000, lines=True)
    value = {"yes": raw.get("yes", False)} | ({"note": note} if note else {})
    return value if value != {"yes": False} else None


@clean.register
def _(f: Contact, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    if not isinstance(raw, Mapping):
        raise Wrong(N_("This must be a name, a way to reach the person, and who may see it."))
    name, reach, show = _part(raw, "name", 120), _part(raw, "reach", 200), _part(raw, "show", 20)
    if show and show not in CONTACT_SHOW:
        raise Wrong(problems=[Problem(("show",), N_("Please choose who may see the contact."))])
    return {"name": name, "reach": reach, "show": show or "members"} if name or reach else None


@clean.register
def _(f: Lines, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    if isinstance(raw, str):
        raw = raw.splitlines()
    if not isinstance(raw, list | tuple):
        raise Wrong(N_("This must be a list of texts."))
    kept = [(place, text) for place, item in enumerate(raw) if (text := tidy(item))]
    if len(kept) > f.max_items:
        raise Wrong(N_("Please keep it to {max} entries; there are {count}."), max=f.max_items, count=len(kept))
    message = N_("Please shorten entry {n} to {max} characters.")
    long = [place for place, text in kept if len(text) > f.item_max]
    if problems := [Problem((place,), message, {"n": place + 1, "max": f.item_max}) for place in long]:
        raise Wrong(problems=problems)
    return [text for _, text in kept] or None


@clean.register
def _(f: Table, raw: Any, vocabularies: Vocabularies, known: Any = None) -> Any:
    if not isinstance(raw, list | tuple) or not all(isinstance(r, Mapping) for r in raw):
        raise Wrong(N_("This must be a list of rows."))
    # a retired term may stay in whichever row it moves to
    before = {c.id: list(_terms(known, c.id)) for c in f.columns if isinstance(c, Choice | Choices)}
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for number, each in enumerate(raw):
        values, wrong = row(f.columns, each, vocabularies, before)
        problems += [Problem((number, *p.path), p.message, p.facts) for p in wrong]
        if values or wrong:
            rows.append(values)
    if len(rows) > f.max_items:
        facts = {"max": f.max_items, "count": len(rows)}
        problems.append(Problem((), N_("Please keep it to {max} rows; there are {count}."), facts))
    if problems:
        raise Wrong(problems=problems)
    return rows or None


def _text(raw: Any, limit: int, lines: bool = False) -> str | None:
    text = tidy(raw, lines)
    if len(text) > limit:
        raise Wrong(N_("Please shorten this to {max} characters; it has {count}."), max=limit, count=len(text))
    return text or None


def _part(raw: Mapping[str, Any], name: str, limit: int, lines: bool = False) -> str:
    """A text inside an answer of several parts; its problems name the part."""
    try:
        return "" if raw.get(name) is None else _text(raw[name], limit, lines) or ""
    except Wrong as wrong:
        raise Wrong(problems=[Problem((name, *p.path), p.message, p.facts) for p in wrong.problems]) from None


def _term(term_id: str, vocabulary: str, vocabularies: Vocabularies, known: Any) -> str:
    terms = vocabularies[vocabulary]
    if term_id not in terms:
        raise Wrong(N_("“{value}” is not in the list. Please choose one of the offered values."), value=term_id[:60])
    if terms[term_id].retired and term_id != known and not (isinstance(known, list) and term_id in known):
        raise Wrong(N_("“{value}” is no longer offered. Please choose another."), value=terms[term_id].name())
    return term_id


def _terms(rows: Any, column: str) -> Iterator[str]:
    for each in rows if isinstance(rows, list) else ():
        value = each.get(column) if isinstance(each, Mapping) else None
        yield from value if isinstance(value, list) else (value,) if isinstance(value, str) else ()


def _digits(raw: Any) -> str:
    """A date or number as text, in the digits 0 to 9 whatever script it was typed in."""
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw <= 9999:
        raw = str(raw)
    text = tidy(raw)[:40]
    return "".join(str(unicodedata.decimal(c, c)) for c in text)


def _plausible(text: str) -> None:
    if not EARLIEST <= int(text[:4]) <= LATEST:
        raise Wrong(N_("Please write a year between 1900 and 2100."))


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _before(end: Any, start: Any) -> bool:
    if not isinstance(end, str) or not isinstance(start, str) or "ongoing" in (end, start):
        return False
    start = start.split("/")[0]  # of a span, its beginning
    length = min(len(end), len(start))
    return bool(end[:length] < start[:length])
