"""Taking back what somebody wrote in a form without a line: a draft of hers, however often the file comes.

The id in the file only tells files apart; the record gets an id of its own, so that nobody learns or takes another's.
When the file comes again with another text, that text is her working copy of the draft: it meets what was written
meanwhile field by field, and overwrites nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from knowledge.content import checks
from knowledge.content.checks import Problem
from knowledge.content.fields import N_
from knowledge.derive import choosing, export, forms
from knowledge.services import access, authoring, lines, vocabulary, working
from knowledge.services.actor import Actor
from knowledge.services.errors import Invalid
from knowledge.storage import find

MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Taken:
    """The draft, and whether it is new, was there already ("same"), or has another text now ("other")."""

    record_id: str
    what: str


def take(session: Session, actor: Actor, content: bytes) -> Taken:
    """Make a draft of the actor from a file of one line. Raises Invalid with what to do, SignInNeeded."""
    me = access.require_person(session, actor)
    line = _line(content)
    registry = vocabulary.registry(session)
    kind = str(line.get("kind"))
    if kind not in registry:
        raise _invalid(N_("This file is not of a form of this site."))
    raw, _ = export.from_line(registry[kind], line)
    values, problems = checks.shape(registry[kind], raw, registry.vocabularies)
    if problems:
        raise Invalid([Problem(("file",), N_("{problem}"), {"problem": p}) for p in problems])
    key = hashlib.sha256(f"{me.person_id}|{line.get('id')}".encode()).hexdigest()[:40]
    record = find.record_started_with(session, key)
    if record is None:
        return Taken(authoring.start(session, actor, kind, raw, key).id, "new")
    first = find.revision(session, record.id, 1)
    if values == record.latest.values or (first is not None and values == first.values):
        return Taken(record.id, "same")
    form = forms.bind(registry[kind], registry.vocabularies, values=values)
    place = working.Place(record.id)
    try:
        working.keep(session, actor, place, choosing.as_posted(form), 1, "", "")
    except working.Clash:
        raise _invalid(
            N_("You have another text of this draft that is not saved yet. Save or drop it first.")
        ) from None
    return Taken(record.id, "other")


def _line(content: bytes) -> Mapping[str, Any]:
    try:
        return lines.one_object(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError):
        raise _invalid(N_("This file cannot be read. Choose the .json file that the form saved.")) from None


def _invalid(message: str) -> Invalid:
    return Invalid([Problem(("file",), message)])
