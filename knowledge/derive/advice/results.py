"""What changed, without saying when: a figure that nobody can place is of little use to others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from knowledge.content.fields import N_, Field, Figures, Prose, Table
from knowledge.content.problems import Problem
from knowledge.derive.advice.moments import names_a_year
from knowledge.derive.advice.passages import Advice, Draft


def look(draft: Draft) -> Iterator[Advice]:
    """Advice on results without a date."""
    dated = any(_has_dates(f, draft.values) for f in draft.record_type.fields)
    for passage in draft.texts:
        if isinstance(passage.field, Prose) and passage.field.dated and not dated and not names_a_year(passage.words):
            message = N_("This does not say when: add a year or a month.")
            yield Advice("date", Problem(passage.path, message), passage.words)
    for f in draft.record_type.fields:
        if isinstance(f, Table) and f.figures:
            for number, row in enumerate(draft.values.get(f.id, ())):
                yield from _undated(f, f.figures, number, row)


def _has_dates(f: Field, values: Mapping[str, Any]) -> bool:
    if not (isinstance(f, Table) and f.figures):
        return False
    return any(row.get(column) for row in values.get(f.id, ()) for column in _days(f.figures))


def _days(figures: Figures) -> tuple[str, ...]:
    return tuple(column for column in (figures.before_date, figures.after_date) if column)


def _undated(f: Table, figures: Figures, number: int, row: Mapping[str, Any]) -> Iterator[Advice]:
    if any(row.get(column) for column in _days(figures)) or not (row.get(figures.after) or row.get(figures.before)):
        return
    said = " ".join(str(row.get(column, "")) for column in (figures.name, figures.before, figures.after))
    if names_a_year(said):
        return
    message = N_("Row {row}: of which year or month is this?")
    path = (f.id, number, figures.after_date or figures.before_date)
    yield Advice("date", Problem(path, message, {"row": number + 1}), f"{f.id}:{said}")
