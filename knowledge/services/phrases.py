"""Words that the coaches of a programme say often: short texts to put into a reason or a comment with one click."""

from __future__ import annotations

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem, tidy
from knowledge.content.fields import N_
from knowledge.services import access
from knowledge.services.actor import Actor
from knowledge.services.errors import Invalid, NotFound
from knowledge.storage import reviewing
from knowledge.storage.models.programmes import Programme
from knowledge.storage.models.records import Record
from knowledge.storage.models.reviewing import Phrase

MAX_TEXT, MOST = 500, 50


def of_programme(session: Session, actor: Actor, programme_id: str) -> tuple[Programme, tuple[Phrase, ...]]:
    """A programme with its phrases, for its coaches and managers. Raises NotFound, SignInNeeded."""
    programme = _programme(session, actor, programme_id)
    return programme, tuple(reviewing.phrases(session, programme_id))


def of_record(session: Session, actor: Actor, record: Record) -> tuple[str, ...]:
    """The phrases to choose from when this record is reviewed: those of its programme, for whoever reviews it."""
    held = access.roles_in(session, actor, record)
    if not record.programme_id or not access.may(record, "review", held):
        return ()
    return tuple(p.text for p in reviewing.phrases(session, record.programme_id))


def put(session: Session, actor: Actor, programme_id: str, text: str, phrase_id: int = 0) -> Phrase:
    """Add a phrase, or change the one with this number. The same words twice are one. Raises Invalid, NotFound."""
    _programme(session, actor, programme_id)
    words = tidy(text, lines=True)
    there = reviewing.phrases(session, programme_id)
    problems = []
    if not words:
        problems.append(Problem(("text",), N_("Please write the words of the phrase.")))
    if len(words) > MAX_TEXT:
        problems.append(Problem(("text",), N_("Please shorten this to {max} characters."), {"max": MAX_TEXT}))
    if not phrase_id and len(there) >= MOST:
        problems.append(Problem(("text",), N_("There are {max} phrases already; please remove one."), {"max": MOST}))
    if problems:
        raise Invalid(problems)
    found = next((p for p in there if p.id == phrase_id or (not phrase_id and p.text == words)), None)
    if phrase_id and found is None:
        raise NotFound(str(phrase_id))
    phrase = found or Phrase(programme_id=programme_id)
    phrase.text = words
    session.add(phrase)
    session.flush()
    return phrase


def remove(session: Session, actor: Actor, programme_id: str, phrase_id: int) -> None:
    """Take a phrase away. Raises NotFound."""
    _programme(session, actor, programme_id)
    found = next((p for p in reviewing.phrases(session, programme_id) if p.id == phrase_id), None)
    if found is None:
        raise NotFound(str(phrase_id))
    session.delete(found)


def _programme(session: Session, actor: Actor, programme_id: str) -> Programme:
    me = access.require_person(session, actor)
    programme = session.get(Programme, programme_id)
    if programme is None or not (me.manager or programme_id in me.coaches):
        raise NotFound(programme_id)
    return programme
