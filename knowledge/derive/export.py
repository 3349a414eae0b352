"""A record as a line of a file, and a line as what a record is made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from knowledge.content.fields import Values
from knowledge.content.registry import RESERVED, RecordType


def to_line(record_type: RecordType, values: Values) -> dict[str, Any]:
    """All answers in the order of the form, those that never become public included."""
    return {f.id: values[f.id] for f in record_type.fields if f.id in values}


def from_line(record_type: RecordType, line: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The answers of a line, and the keys that nobody knows."""
    declared = {f.id for f in record_type.fields}
    raw = {key: value for key, value in line.items() if key in declared}
    return raw, sorted(str(key) for key in line if key not in declared and key not in RESERVED)
