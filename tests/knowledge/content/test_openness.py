"""What of a record everybody may read, by declaration; and what days mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from knowledge.content import openness
from knowledge.content.fields import Contact, Field, Person, Table
from knowledge.content.site import TYPES


def answered(fields: tuple[Field, ...]) -> dict[str, Any]:
    """Something in every field."""
    return {f.id: [answered(f.columns)] if isinstance(f, Table) else "x" for f in fields}


def test_what_is_private_is_never_open_and_names_are_not_when_they_are_asked_not_to_be() -> None:
    for record_type in TYPES:
        values = answered(record_type.fields)
        shown = openness.public(record_type, values)
        hidden = openness.public(record_type, values, nameless=True)
        assert not {f.id for f in record_type.fields if not f.public} & shown.keys()
        named = {f.id for f in record_type.fields if f.names and f.id in values}
        assert named and not named & hidden.keys() and named <= shown.keys()  # the control: they are there otherwise
        assert openness.public(record_type, {**values, "anonymous": {"yes": True}}) == hidden


def test_every_field_for_a_person_or_a_contact_says_whether_it_names_an_author() -> None:
    """Kinds that hold names must be declared so, in rows too."""

    def all_fields(fields: tuple[Field, ...]) -> list[Field]:
        return [g for f in fields for g in (f, *(f.columns if isinstance(f, Table) and not f.names else ()))]

    for record_type in TYPES:
        for f in all_fields(record_type.fields):
            if isinstance(f, Contact | Person) or f.id in ("organisations", "organisation", "responsible", "credit"):
                assert f.names, (record_type.id, f.id)


def test_the_answer_no_is_no_wish() -> None:
    assert not any(map(openness.is_nameless, ({}, {"anonymous": {"yes": False, "note": "x"}}, {"anonymous": None})))
    assert openness.is_nameless({"anonymous": {"yes": True}})


@pytest.mark.parametrize(
    ("day", "begins", "ends"),
    [
        ("2026", (2026, 1, 1), (2027, 1, 1)),
        ("2026-02", (2026, 2, 1), (2026, 3, 1)),
        ("2026-12", (2026, 12, 1), (2027, 1, 1)),
        ("2028-02-29", (2028, 2, 29), (2028, 3, 1)),
        ("2026-12-31", (2026, 12, 31), (2027, 1, 1)),
    ],
)
def test_a_day_a_month_and_a_year_begin_and_end(day: str, begins: tuple[int, ...], ends: tuple[int, ...]) -> None:
    assert openness.begins(day) == datetime(*begins, tzinfo=UTC)  # type: ignore[arg-type, misc]
    assert openness.ends(day) == datetime(*ends, tzinfo=UTC)  # type: ignore[arg-type, misc]
