"""How far a form has come: what its coach needs, what is still missing, and which of it is written in a way to mend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import get_template_attribute
from werkzeug.datastructures import MultiDict

from knowledge.content import checks
from knowledge.content.checks import Problem
from knowledge.content.registry import RecordType
from knowledge.derive import forms
from knowledge.web.language import reader_language
from knowledge.web.site import site


@dataclass(frozen=True)
class FormStanding:
    """`wanted`: the fields that are needed as things are; `missing`: what they lack; `wrong`: what has to be mended.

    A field that cannot be read as it is does not count as empty.
    """

    values: dict[str, Any]
    wanted: tuple[str, ...]
    missing: tuple[Problem, ...]
    wrong: tuple[Problem, ...]

    @property
    def left(self) -> int:
        """How many of the fields that are needed are not done."""
        return len({p.path[0] for p in (*self.missing, *self.wrong)} & {*self.wanted})

    @property
    def done(self) -> int:
        """How many are."""
        return len(self.wanted) - self.left


def of(record_type: RecordType, form: Any) -> FormStanding:
    """That of a form as it is filled in."""
    vocabularies = site().registry().vocabularies
    values, wrong = checks.shape(record_type, forms.read(record_type, form), vocabularies)
    unreadable = {p.path[0] for p in wrong}
    missing = [p for p in checks.missing(record_type, values, vocabularies) if p.path[0] not in unreadable]
    wanted = [f.id for f in record_type.fields if checks.needed(f, values, vocabularies)]
    return FormStanding(values, tuple(wanted), tuple(missing), tuple(wrong))


def told(record_type: RecordType, fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The same for the script of the form: as it is shown, and the places where something is still to be done."""
    posted = MultiDict(list(fields))
    vocabularies = site().registry().vocabularies
    standing = of(record_type, forms.bind(record_type, vocabularies, posted=posted, language=reader_language()))
    shown = get_template_attribute("macros/standing.html", "standing")
    places = [p.anchor for p in (*standing.missing, *standing.wrong)]
    return {"html": str(shown(standing, True)), "places": places}
