"""The kinds of field a record type is declared with.

A kind says what a value looks like; every projection (form, check, index, JSON, page, comparison) dispatches on
the kind, so a new type needs no code beyond its declaration. Values are JSON: text for most kinds, a list of ids
for `Choices`, a list of texts for `Lines`, a list of rows (mappings) for `Table`, a mapping for `Flag` and
`Contact`, an integer for `Number`, the id of an upload for `File`. An empty answer is an absent key,
never an empty string.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from knowledge.content.vocabularies import Vocabularies

Values = Mapping[str, Any]


def N_(text: str) -> str:
    """Mark a text for translation; it is translated where it is shown."""
    return text


class Need(StrEnum):
    """When an answer is needed: never, to save a draft at all, or to send it to the coach."""

    OPTIONAL = "optional"
    SAVE = "save"
    SUBMIT = "submit"


@dataclass(frozen=True)
class When:
    """Needed for submission if `holds(values, vocabularies)`; `because` completes the sentence "Needed ..."."""

    holds: Callable[[Values, Vocabularies], bool]
    because: str


@dataclass(frozen=True, kw_only=True)
class Field:
    """What every kind has.

    `facets`: the facets this field feeds (see `facets.py`). `weight`: how much a word here counts in full text;
    0 keeps the field out of it. `example` is shown beside the form. `public=False` keeps the answer off the
    public page, the index and every public export. `names=True`: it says who wrote the record or where they work,
    and is kept back in the same way when a record is published without names (see `openness.py`).
    """

    id: str
    label: str
    help: str = ""
    example: str = ""
    need: Need | When = Need.OPTIONAL
    facets: tuple[str, ...] = ()
    weight: float = 0.0
    public: bool = True
    names: bool = False

    @property
    def empty(self) -> Any:
        """What a form shows when there is no answer."""
        return ""


@dataclass(frozen=True, kw_only=True)
class Line(Field):
    """One line of text; lengths in characters. `min` blocks submission, `max` blocks saving."""

    min: int = 0
    max: int = 200


@dataclass(frozen=True, kw_only=True)
class Prose(Field):
    """Several paragraphs in Markdown. `max` is guidance shown with a counter; twice as much blocks submission.

    `dated`: tells what changed, so readers want to know when.
    """

    min: int = 0
    max: int = 3000
    dated: bool = False


@dataclass(frozen=True, kw_only=True)
class Choice(Field):
    """One term of a vocabulary, by its id."""

    vocabulary: str


@dataclass(frozen=True, kw_only=True)
class Country(Choice):
    """One country or supranational scope."""

    vocabulary: str = "countries"


@dataclass(frozen=True, kw_only=True)
class Choices(Field):
    """Several terms of a vocabulary. `ordered`: the first is the main one, so the form asks for one after another."""

    vocabulary: str
    min_items: int = 0
    max_items: int = 0
    ordered: bool = False

    @property
    def empty(self) -> Any:
        return []


@dataclass(frozen=True, kw_only=True)
class PartialDate(Field):
    """A year, a year and month or a full day: 2019, 2019-03, 2019-03-05 (ISO 8601 reduced precision).

    `day=True` allows the day. `after`: id of a field in the same record (or row) that must not be later.
    `ongoing=True` also allows the word "ongoing".
    """

    day: bool = False
    after: str = ""
    ongoing: bool = False


@dataclass(frozen=True, kw_only=True)
class Period(Field):
    """A span of years or months, as 2012/2014 or 2012-03/2014 (ISO 8601 interval); one date alone is allowed."""


@dataclass(frozen=True, kw_only=True)
class Number(Field):
    """A whole number with its unit."""

    min: int = 0
    max: int = 10_000_000
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Link(Field):
    """A web address, http or https."""


@dataclass(frozen=True, kw_only=True)
class Person(Field):
    """A person's name, as text: somebody who need not have an account."""

    max: int = 120


@dataclass(frozen=True, kw_only=True)
class Contact(Field):
    """Whom to ask, and who may see it: {"name", "reach", "show": "members" | "everyone" | "nobody"}."""

    @property
    def empty(self) -> Any:
        return {}


@dataclass(frozen=True, kw_only=True)
class Flag(Field):
    """Yes or no, with a note when yes: {"yes": bool, "note": text}."""

    @property
    def empty(self) -> Any:
        return {}


@dataclass(frozen=True, kw_only=True)
class RecordRef(Field):
    """The id of another record here."""


@dataclass(frozen=True, kw_only=True)
class Lines(Field):
    """A list of short texts, one to a line of the form."""

    min_items: int = 0
    max_items: int = 12
    item_max: int = 400

    @property
    def empty(self) -> Any:
        return []


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Which columns of a table hold what was counted before and after: they draw a chart, and want a date."""

    name: str
    before: str
    after: str
    unit: str = ""
    target: str = ""
    before_date: str = ""
    after_date: str = ""
    target_date: str = ""


@dataclass(frozen=True, kw_only=True)
class Table(Field):
    """Rows with the same columns. `row` names one ("step"). A column's need speaks of the row it stands in.

    `either`: column ids of which one at least must be filled in every row. `figures`: what its numbers mean.
    """

    columns: tuple[Field, ...]
    row: str
    min_items: int = 0
    max_items: int = 20
    either: tuple[str, ...] = ()
    figures: Figures | None = None

    @property
    def empty(self) -> Any:
        return []


@dataclass(frozen=True, kw_only=True)
class File(Field):
    """A file that was uploaded to this record, by its id. `weight` is that of the words found in it.

    Who may see the record as it refers to the file may see the file: a file has no rights of its own.
    """


@dataclass(frozen=True, kw_only=True)
class Media(Table):
    """Things to see or hear: a row shows an uploaded file (a column of kind `File`) or what a web address leads to."""

    @property
    def file(self) -> File:
        """The column that names the file."""
        return next(c for c in self.columns if isinstance(c, File))
