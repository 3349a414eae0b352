"""Where two texts meet: a form as it would be posted, and one made of two, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FieldList, Form, FormField

from knowledge.content.fields import Values
from knowledge.content.registry import RecordType
from knowledge.derive.posted import Posted

MINE, THEIRS = "mine", "theirs"
Pairs = list[tuple[str, str]]


def as_posted(form: Form) -> Pairs:
    """The names and values that a browser would send for a form with this in it."""
    return [pair for control in form for pair in _pairs(control)]


def belongs(name: str, field_id: str) -> bool:
    """Whether a posted name is of this field: its own, or that of a part or a row."""
    return name == field_id or name.startswith(f"{field_id}-")


def made_of_both(record_type: RecordType, mine: Posted, theirs: Pairs, chosen: Mapping[str, str]) -> Posted:
    """The post with every field that was `chosen` as "theirs" taken from the other text."""
    taken = [f.id for f in record_type.fields if chosen.get(f.id) == THEIRS]

    def is_taken(name: str) -> bool:
        return any(belongs(name, field_id) for field_id in taken)

    kept = [(name, value) for name, value in mine.items(multi=True) if not is_taken(name)]
    return MultiDict([*kept, *((name, value) for name, value in theirs if is_taken(name))])


def completed(record_type: RecordType, mine: Posted, kept: Pairs) -> Posted:
    """A post that was cut off, its end taken from what is `kept`: of fields after the last that came, and of that one
    where what came of it is no more than a beginning."""

    def of(field_id: str, pairs: Iterable[tuple[str, str]]) -> Pairs:
        return [(name, value) for name, value in pairs if belongs(name, field_id)]

    came = [*mine.items(multi=True)]
    ids = [f.id for f in record_type.fields]
    last = max((n for n, field_id in enumerate(ids) if of(field_id, came)), default=-1)
    lacking = ids[last + 1 :]
    if last >= 0:
        begun, whole = of(ids[last], came), of(ids[last], kept)
        lacking += [ids[last]] * (begun == whole[: len(begun)])
    return made_of_both(record_type, mine, kept, dict.fromkeys(lacking, THEIRS))


def proposed(field_id: str, mine: Values, common: Values | None) -> str:
    """Which text to propose for a field: theirs where only they changed it since the `common` one, else mine."""
    untouched = common is not None and mine.get(field_id) == common.get(field_id)
    return THEIRS if untouched else MINE


def _pairs(control: Any) -> Iterator[tuple[str, str]]:
    if isinstance(control, FieldList):
        for entry in control.entries:
            yield from _pairs(entry)
    elif isinstance(control, FormField):
        yield from as_posted(control.form)
    elif isinstance(control, BooleanField):
        if control.data:
            yield control.name, "y"
    elif isinstance(control.data, list):
        yield from ((control.name, str(value)) for value in control.data)
    else:
        yield control.name, str(control.data or "")
        if getattr(control, "ongoing", False):
            yield f"{control.name}-ongoing", "y"
