"""What of a record everybody may read, from when and until when: decided by its declarations and its own answers.

Private fields never; and where a record is published without names, no field that says who wrote it or where.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from knowledge.content.fields import Field, Table, Values
from knowledge.content.registry import RecordType


def public(record_type: RecordType, values: Values, *, nameless: bool = False) -> dict[str, Any]:
    """The answers that may become public. `nameless`: hide names even if these answers do not ask for it."""
    return _open(record_type.fields, values, nameless or is_nameless(values))


def is_nameless(values: Values) -> bool:
    """Whether these answers ask for publication without names."""
    asked = values.get("anonymous")
    return isinstance(asked, Mapping) and bool(asked.get("yes"))


def earliest(values: Values) -> datetime | None:
    """The moment before which its authors do not want it to be public."""
    return begins(values["not_before"]) if values.get("not_before") else None


def expires(record_type: RecordType, values: Values, published: datetime) -> datetime | None:
    """Until when it may be relied on: what its authors say, or else what its type says; None for without end."""
    if values.get("valid_until"):
        return ends(values["valid_until"])
    if not record_type.valid_for:
        return None
    years = published.year + record_type.valid_for
    return ends(f"{years}-{published:%m}")


def begins(day: str) -> datetime:
    """The first moment, in UTC, of a year, a month or a day."""
    year, month, date = (*(int(part) for part in day.split("-")), 1, 1)[:3]
    return datetime(year, month, date, tzinfo=UTC)


def ends(day: str) -> datetime:
    """The first moment, in UTC, after a year, a month or a day."""
    first = begins(day)
    parts = day.count("-")
    if parts == 2:
        return datetime.fromordinal(first.toordinal() + 1).replace(tzinfo=UTC)
    if parts == 1 and first.month < 12:
        return first.replace(month=first.month + 1)
    return first.replace(year=first.year + 1, month=1)


def _open(fields: tuple[Field, ...], values: Values, nameless: bool) -> dict[str, Any]:
    found = {}
    for f in fields:
        if f.id not in values or not f.public or (nameless and f.names):
            continue
        value = values[f.id]
        if isinstance(f, Table):
            value = [row for each in value if (row := _open(f.columns, each, nameless))]
        if value not in (None, "", [], {}):
            found[f.id] = value
    return found
