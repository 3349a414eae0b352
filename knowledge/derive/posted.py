"""Rows in a posted form, and the buttons that add, move and take away rows without script.

A row's inputs are called `steps-2-title`. Rows are counted anew from 0 without gaps, so that the names and ids in the
form are the paths of problems.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import singledispatch

from werkzeug.datastructures import MultiDict

from knowledge.content.fields import Choices, Field, Lines, Media, Table
from knowledge.content.media import Attachment
from knowledge.content.registry import RecordType

MAX_ROWS = 60  # of one list in one post, however many a program sends
Posted = MultiDict[str, str]
Row = list[tuple[str, list[str]]]  # what follows the number in each name, with its values


def act(record_type: RecordType, posted: Posted, action: str) -> Posted:
    """What a row button does, on a copy of the post: `add:steps`, `remove:steps:2`, `up:steps:2`, `down:steps:2`.

    Rows are counted as they were shown. An action that makes no sense changes nothing.
    """
    verb, _, rest = action.partition(":")
    name, _, place = rest.partition(":")
    number = int(place) if re.fullmatch(r"\d{1,3}", place, re.ASCII) else -1
    if not record_type.has(name) or not (blank := blank_row(f := record_type.field(name))):
        return posted.copy()
    rows = _rows(posted, name, most_rows(f))
    if verb == "add" and len(rows) < most_rows(f):
        rows.append(blank)
    elif verb == "remove" and 0 <= number < len(rows):
        rows.pop(number)
    elif verb == "up" and 0 < number < len(rows):
        rows.insert(number - 1, rows.pop(number))
    elif verb == "down" and 0 <= number < len(rows) - 1:
        rows.insert(number + 1, rows.pop(number))
    return _with_rows(posted, name, rows)


def with_files(f: Media, posted: Posted, files: Iterable[Attachment]) -> Posted:
    """A copy of the post with a row for each of these files; a row in which nothing was typed yet makes room."""
    rows = [row for row in _rows(posted, f.id, most_rows(f)) if any(value for _, values in row for value in values)]
    there = {value for row in rows for suffix, values in row if suffix == f"-{f.file.id}" for value in values}
    for file in files:
        if file.id not in there:
            known = {f"-{f.file.id}": file.id, "-type": file.type}
            rows.append([(suffix, [known.get(suffix, "")]) for suffix, _ in blank_row(f)])
    return _with_rows(posted, f.id, rows)


def renumbered(fields: tuple[Field, ...], posted: Posted) -> Posted:
    """A copy of the post with the rows of every list counted from 0 without gaps."""
    changed = posted.copy()
    for f in fields:
        if most := most_rows(f):
            changed = _with_rows(changed, f.id, _rows(changed, f.id, most))
    return changed


@singledispatch
def most_rows(f: Field) -> int:
    """How many rows of this field a post may hold; 0 for a kind without rows. More are dropped unread."""
    return 0


@most_rows.register(Lines)
@most_rows.register(Table)
@most_rows.register(Choices)
def _(f: Lines | Table | Choices) -> int:
    if isinstance(f, Choices) and not f.ordered:
        return 0
    return max(MAX_ROWS, f.max_items + 1)  # one too many, so that the check can say so


@singledispatch
def blank_row(f: Field) -> Row:
    """A new row without answers; nothing for a kind whose rows cannot be added one by one."""
    return []


@blank_row.register
def _(f: Lines) -> Row:
    return [("", [""])]


@blank_row.register
def _(f: Table) -> Row:
    return [(f"-{column.id}", [""]) for column in f.columns]


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(name)}-(\d{{1,6}})(-.*)?", re.ASCII | re.DOTALL)


def _rows(posted: Posted, name: str, most: int) -> list[Row]:
    pattern, found = _pattern(name), dict[int, Row]()
    for key in posted:
        if match := pattern.fullmatch(key):
            found.setdefault(int(match[1]), []).append((match[2] or "", posted.getlist(key)))
    return [found[number] for number in sorted(found)][:most]


def _with_rows(posted: Posted, name: str, rows: list[Row]) -> Posted:
    pattern = _pattern(name)
    others = [(key, value) for key, value in posted.items(multi=True) if not pattern.fullmatch(key)]
    changed: Posted = MultiDict(others)
    for number, row in enumerate(rows):
        for suffix, values in row:
            changed.setlist(f"{name}-{number}{suffix}", values)
    return changed
