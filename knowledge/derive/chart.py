"""Before and after as a picture: bars for each figure, on a scale of its own, labelled with what was typed.

Different things are counted in different units, so figures share no axis. Rows whose cells are no numbers are left to
the table underneath.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.content.fields import Figures, Table
from knowledge.derive.dates import in_words
from knowledge.derive.figures import Figure, figure, same_unit

WIDEST = 66.0  # per cent of the drawing; the rest is for the label behind the longest bar
LETTER = 4.3  # per cent of the drawing on a phone that a letter of a label takes
LONGEST_LABEL = 18  # characters
MOST = 12  # figures in one chart


@dataclass(frozen=True)
class Bar:
    """One bar: `role` before, after or target, the label of its column, its day in words, what was typed."""

    role: str
    label: str
    date: str
    text: str
    width: float


@dataclass(frozen=True)
class Comparison:
    """What was counted, in which unit ("" for none), and its bars on their own scale."""

    name: str
    unit: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Chart:
    """All figures of a table that can be compared."""

    comparisons: tuple[Comparison, ...]


def chart(table: Table, rows: Sequence[Mapping[str, Any]], written: str, language: str) -> Chart | None:
    """The chart of a table's rows; None when there is nothing to compare.

    `written`: the record's language, in which numbers are read; `language`: the reader's, for dates.
    """
    if table.figures is None:
        return None
    found = (_comparison(table, table.figures, row, written, language) for row in rows[:MOST])
    comparisons = tuple(each for each in found if each is not None)
    return Chart(comparisons) if comparisons else None


def _comparison(table: Table, meant: Figures, row: Mapping[str, Any], written: str, language: str) -> Comparison | None:
    unit = str(row.get(meant.unit, ""))
    read = {role: figure(str(row.get(column, "")), written) for role, column, _ in _columns(meant)}
    before, after, target = read["before"], read["after"], read.get("target")
    if before is None or after is None or not _fit(before, after, unit):
        return None
    known = [before, after, *([target] if target and _fit(before, target, unit) else [])]
    most = max(each.number for each in known)
    if most <= 0:
        return None
    longest = max(len(str(row[column])) for role, column, _ in _columns(meant) if read[role] in known)
    if longest > LONGEST_LABEL:
        return None
    share = min(WIDEST, 96 - LETTER * longest) / most
    labels = {c.id: c.label for c in table.columns}
    bars = tuple(
        Bar(
            role,
            labels[column],
            in_words(str(row.get(day, "")), language),
            str(row[column]),
            round(each.number * share, 2),
        )
        for role, column, day in _columns(meant)
        if (each := read[role]) is not None and each in known
    )
    return Comparison(str(row.get(meant.name, "")), unit, bars)


def _columns(meant: Figures) -> Iterator[tuple[str, str, str]]:
    yield "before", meant.before, meant.before_date
    yield "after", meant.after, meant.after_date
    if meant.target:
        yield "target", meant.target, meant.target_date


def _fit(one: Figure, other: Figure, unit: str) -> bool:
    return min(one.number, other.number) >= 0 and same_unit(one.unit, other.unit, unit)
