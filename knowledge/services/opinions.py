"""A second opinion: a coach asks another one, of any programme, who may read the record until it is decided.

The asked one sees what reviewers see, makes points and private notes, and says what she would do; she decides nothing.
What she answers is for those who review, never for the authors.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem, tidy
from knowledge.content.fields import N_
from knowledge.services import access, notices
from knowledge.services.actor import Actor
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.storage import reviewing
from knowledge.storage.models.base import now
from knowledge.storage.models.people import Person
from knowledge.storage.models.records import Record
from knowledge.storage.models.reviewing import Opinion
from workflows.known import UNDER_REVIEW

VERDICTS = {"publish": N_("I would publish it"), "return": N_("I would return it")}
MAX_WORDS = 5000


def of(session: Session, actor: Actor, record: Record) -> tuple[Opinion, ...]:
    """What coaches asked and answered about a record; nothing for who does not review it, or wrote any of it."""
    return tuple(reviewing.opinions(session, record.id)) if _reviews(session, actor, record) else ()


def candidates(session: Session, actor: Actor, record: Record) -> tuple[Person, ...]:
    """The coaches whom the actor may ask: all who have no part in the record and have not been asked; by name."""
    held = access.roles_in(session, actor, record)
    if not access.may(record, "ask", held) or access.own_work(session, actor, record):
        return ()
    asked = {o.person_id for o in reviewing.opinions(session, record.id) if o.ended is None}
    parted = {a.person_id for a in record.authorships} | set(reviewing.writers(session, record.id))
    emails = {a.email for a in record.authorships if a.email}
    coaches = [p for p in reviewing.all_coaches(session) if p.id not in {actor.person_id, *parted, *asked}]
    return tuple(p for p in coaches if p.email not in emails)


def ask(session: Session, actor: Actor, record_id: str, person_id: int, question: str) -> Opinion:
    """Ask another coach to look at a record; asking twice is asking once. Raises Invalid, NotFound, Forbidden."""
    record, _ = access.desk_record(session, actor, record_id, "ask", lock=True)
    if access.own_work(session, actor, record):
        raise Forbidden("You wrote or helped to write this. Another coach has to publish it.")
    open_ones = {o.person_id: o for o in reviewing.opinions(session, record.id) if o.ended is None}
    if person_id in open_ones:
        return open_ones[person_id]
    person = next((p for p in candidates(session, actor, record) if p.id == person_id), None)
    if person is None:
        words = N_("Please choose a coach who has no part in this record.")
        raise Invalid([Problem(("person",), words)])
    words = tidy(question, lines=True)
    _not_too_long(words, "question")
    opinion = Opinion(record_id=record.id, asked_by=actor.person_id or 0, person_id=person.id, question=words)
    session.add(opinion)
    session.flush()
    notices.tell(session, "asked", [person], record.id, {"opinion": opinion.id})
    return opinion


def answer(session: Session, actor: Actor, record_id: str, opinion_id: int, verdict: str, words: str) -> Opinion:
    """Say what one would do; it can be said anew until the decision. Raises Invalid, NotFound, Forbidden."""
    record, _ = access.desk_record(session, actor, record_id, "advise", lock=True)
    found = next((o for o in reviewing.opinions(session, record.id) if o.id == opinion_id), None)
    if found is None or found.person_id != actor.person_id or found.ended is not None:
        raise NotFound(str(opinion_id))
    if not _reviews(session, actor, record):
        raise Forbidden("advise")
    if verdict not in VERDICTS:
        raise Invalid([Problem(("verdict",), N_("Please say whether you would publish it or return it."))])
    said = tidy(words, lines=True)
    _not_too_long(said, "answer")
    found.verdict, found.answer, found.answered = verdict, said, now()
    notices.tell(session, "advised", [found.asker], record.id, {"opinion": found.id})
    return found


def waiting(session: Session, actor: Actor) -> tuple[Opinion, ...]:
    """The opinions that the actor was asked for and has not given, on records that are not decided yet."""
    me = access.require_person(session, actor)
    return tuple(reviewing.asked_of(session, me.person_id or 0, UNDER_REVIEW)) if me.coach else ()


def told(session: Session, reader: Actor, record: Record, opinion_id: int) -> tuple[int | None, str]:
    """Who said what, for the mail about it to this reader. Raises NotFound when it is not for her, or over."""
    found = next((o for o in reviewing.opinions(session, record.id) if o.id == opinion_id), None)
    if found is None or found.ended is not None or not _reviews(session, reader, record):
        raise NotFound(str(opinion_id))
    if reader.person_id == found.person_id:
        return found.asked_by, found.question
    return found.person_id, found.answer


def _reviews(session: Session, actor: Actor, record: Record) -> bool:
    held = access.roles_in(session, actor, record)
    return access.may(record, "review", held) and not access.own_work(session, actor, record)


def _not_too_long(words: str, field: str) -> None:
    if len(words) > MAX_WORDS:
        raise Invalid([Problem((field,), N_("Please shorten this to {max} characters."), {"max": MAX_WORDS})])
