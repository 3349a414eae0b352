"""The two strictnesses: `shape` says whether a text can be saved at all, `missing` what it needs before review.

Both report everything at once, each problem with the path to its place in the form. Used for the form, the import
and the interface for programs alike, so that all three accept the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from knowledge.content.clean import CONTACT_SHOW, PROSE_LIMIT, clean, row
from knowledge.content.fields import (
    N_,
    Choices,
    Field,
    Flag,
    Line,
    Lines,
    Need,
    Prose,
    Table,
    Values,
    When,
)
from knowledge.content.problems import Problem, Wrong, tidy
from knowledge.content.registry import RecordType
from knowledge.content.vocabularies import Vocabularies

__all__ = [
    "CONTACT_SHOW",
    "PROSE_LIMIT",
    "Problem",
    "Wrong",
    "clean",
    "missing",
    "needed",
    "shape",
    "short",
    "tidy",
    "unanswered",
    "unknown_keys",
]


def shape(
    record_type: RecordType, raw: Mapping[str, Any], vocabularies: Vocabularies, known: Values | None = None
) -> tuple[dict[str, Any], list[Problem]]:
    """Clean `raw` into values, with every problem of shape found. Keys the type does not declare are ignored.

    `known`: the values saved before; a retired term that was already chosen may stay. What has a problem is left
    out of the values, so that nothing malformed is ever stored.
    """
    if not isinstance(raw, Mapping):  # an import or a program may send anything
        return {}, [Problem((), N_("This must be a set of answers, each under the name of its field."))]
    values, problems = row(record_type.fields, raw, vocabularies, known or {})
    for f in record_type.fields:
        if f.need is Need.SAVE and f.id not in values and not any(p.path[0] == f.id for p in problems):
            problems.append(Problem((f.id,), N_("Please fill in “{label}”: a draft needs it."), {"label": f.label}))
    return values, problems


def unknown_keys(record_type: RecordType, raw: Mapping[str, Any]) -> list[str]:
    """Keys of `raw` that the type does not declare."""
    declared = {f.id for f in record_type.fields}
    return sorted(str(key) for key in raw if key not in declared)


def missing(record_type: RecordType, values: Values, vocabularies: Vocabularies) -> list[Problem]:
    """Everything that still keeps a record from being sent to the coach, all at once."""
    found: list[Problem] = []
    for f in record_type.fields:
        found += _missing_in(f, values, vocabularies, (f.id,))
    return found


def needed(f: Field, values: Values, vocabularies: Vocabularies) -> bool:
    """Whether this field must be answered before submission, given the other answers."""
    if isinstance(f.need, When):
        return f.need.holds(values, vocabularies)
    return f.need in (Need.SAVE, Need.SUBMIT)


# ---------------------------------------------------------------------------- completeness, by kind


def _missing_in(f: Field, values: Values, vocabularies: Vocabularies, path: tuple[str | int, ...]) -> list[Problem]:
    value = values.get(f.id)
    if unanswered(f, value):
        if not needed(f, values, vocabularies):
            return []
        if isinstance(f.need, When):
            facts = {"label": f.label, "because": f.need.because}
            return [Problem(path, N_("“{label}” is needed {because}."), facts)]
        return [Problem(path, N_("“{label}” is still empty."), {"label": f.label})]
    return [Problem((*path, *p.path), p.message, {"label": f.label, **p.facts}) for p in short(f, value, vocabularies)]


def unanswered(f: Field, value: Any) -> bool:
    """Whether a needed field still waits for its answer; consent counts only when it is given."""
    if isinstance(f, Flag) and f.need is Need.SUBMIT and f.public is False and value is None:
        return False  # "anything sensitive?" is answered by leaving it unticked
    if isinstance(f, Flag):
        return not (value and value.get("yes"))
    return value is None or value in ("", [], {})


@singledispatch
def short(f: Field, value: Any, vocabularies: Vocabularies) -> list[Problem]:
    """What an answer that is there still lacks."""
    return []


@short.register
def _(f: Line, value: Any, vocabularies: Vocabularies) -> list[Problem]:
    return _length(value, f.min, f.max)


@short.register
def _(f: Prose, value: Any, vocabularies: Vocabularies) -> list[Problem]:
    return _length(value, f.min, 2 * f.max)


@short.register
def _(f: Choices, value: Any, vocabularies: Vocabularies) -> list[Problem]:
    return _items(value, f.min_items)


@short.register
def _(f: Lines, value: Any, vocabularies: Vocabularies) -> list[Problem]:
    return _items(value, f.min_items)


@short.register
def _(f: Table, value: Any, vocabularies: Vocabularies) -> list[Problem]:
    found = _items(value, f.min_items)
    for number, each in enumerate(value):
        lacking = [p for c in f.columns for p in _missing_in(c, each, vocabularies, (number, c.id))]
        if f.either and all(each.get(column) in (None, "", [], {}) for column in f.either):
            labels = tuple(c.label for c in f.columns if c.id in f.either)
            lacking.append(Problem((number, f.either[0]), N_("please fill in one of: {names}."), {"names": labels}))
        found += [
            Problem(
                p.path,
                N_("“{table}”, row {row}: {problem}"),
                {"table": f.label, "row": number + 1, "problem": p},
            )
            for p in lacking
        ]
    return found


def _length(text: str, least: int, most: int) -> list[Problem]:
    if len(text) < least:
        message = N_("“{label}” has {count} characters; at least {min} are needed.")
        return [Problem((), message, {"count": len(text), "min": least})]
    if most and len(text) > most:
        message = N_("“{label}” has {count} characters; please shorten it to {max}.")
        return [Problem((), message, {"count": len(text), "max": most})]
    return []


def _items(items: list[Any], least: int) -> list[Problem]:
    if len(items) < least:
        message = N_("“{label}” has {count} of at least {min}.")
        return [Problem((), message, {"count": len(items), "min": least})]
    return []
