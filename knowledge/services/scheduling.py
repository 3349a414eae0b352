"""What happens on a date: publishing what a coach has decided on before, and asking whether a text still holds.

Nothing here publishes by itself. When the day has come the coach's decision goes through the one door as her own step,
and everything is checked as if she took it then. Days begin at midnight UTC.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from knowledge.content import openness
from knowledge.content.checks import Problem, tidy
from knowledge.content.clean import clean
from knowledge.content.fields import N_, PartialDate
from knowledge.content.problems import Wrong
from knowledge.content.vocabularies import Vocabularies
from knowledge.services import access, editorial, notices
from knowledge.services.actor import Actor
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.storage import find, publications
from knowledge.storage.models.base import now
from knowledge.storage.models.records import Plan, Record, Step
from knowledge.storage.session import Database
from workflows.definition import Refused

log = structlog.get_logger()
AHEAD = timedelta(days=2 * 366)  # how far ahead a coach may decide
LASTS = timedelta(days=5 * 366)  # how long authors may say that a text holds
_DAY = PartialDate(id="on", label=N_("Day"), day=True)


def plan(session: Session, actor: Actor, record_id: str, on: str, *, words: str = "", seen: int | None = None) -> Plan:
    """Decide now that a record becomes public on a day. Raises Refused as publishing would, Invalid, NotFound."""
    record, _ = access.desk_record(session, actor, record_id, lock=True)
    situation = editorial.situate(session, actor, record, words=words, seen=seen)
    access.workflow(record).move("publish", replace(situation, early=False))
    due, wish = openness.begins(_day(on)), openness.earliest(record.latest.values)
    if wish and due < wish:
        facts = {"day": wish.date().isoformat()}
        raise Invalid([Problem(("on",), N_("Its authors ask that it does not become public before {day}."), facts)])
    if not now() < due < now() + AHEAD:
        raise Invalid([Problem(("on",), N_("Please choose a day from tomorrow on, at most two years ahead."))])
    assert actor.person_id is not None  # or the workflow would have refused
    said = tidy(words, lines=True)[: editorial.MAX_WORDS]
    decided = record.plan = record.plan or Plan(record_id=record.id)
    decided.number, decided.person_id, decided.words = record.latest.number, actor.person_id, said
    decided.due, decided.made = due, now()
    step = _step(session, actor, record, "plan", f"{due.date()}: {said}" if said else str(due.date()))
    notices.tell(session, "planned", notices.writers(session, record), record.id, {"step": step.id})
    return decided


def call_off(session: Session, actor: Actor, record_id: str) -> None:
    """Take such a decision back. Raises Forbidden for who may not publish it, NotFound when there is none."""
    record, held = access.desk_record(session, actor, record_id, lock=True)
    if not any(access.may(record, permission, held) for permission in ("publish", "manage")):
        raise Forbidden("publish")
    if record.plan is None:
        raise NotFound(record_id)
    record.plan = None
    step = _step(session, actor, record, "unplan", "")
    notices.tell(session, "unplanned", notices.writers(session, record), record.id, {"step": step.id})


def confirm(session: Session, actor: Actor, record_id: str, until: str) -> Record:
    """Say as its author that what is public still holds, and until when. Raises Invalid, NotFound, Forbidden."""
    record, _ = access.desk_record(session, actor, record_id, "revise", lock=True)
    day = _day(until)
    expires = openness.ends(day)
    if not now() < expires < now() + LASTS:
        raise Invalid([Problem(("on",), N_("Please choose a day from tomorrow on, at most five years ahead."))])
    record.expires, record.confirmed, record.expiry_told = expires, now(), False
    _step(session, actor, record, "confirm", day)
    return record


def sweep(db: Database) -> None:
    """Do what is due: publish, and ask. Whatever cannot be done now is tried again at the next sweep."""
    with db.reading() as session:
        due, expired = publications.due(session, now()), publications.expired(session, now())
    for records, act in ((due, publish), (expired, ask)):
        for record_id in records:
            try:
                with db.transaction() as session:
                    act(session, record_id)
            except Exception as error:  # one record must not keep the others waiting
                log.error("not done on its date; it will be tried again", record=record_id, error=type(error).__name__)


def publish(session: Session, record_id: str) -> bool:
    """Carry out what was decided, if its moment has come and it is still allowed; otherwise call it off and say so.

    The plan goes in the transaction of the step: killed at any moment, it was done once or is still to be done.
    """
    record = find.record(session, record_id, lock=True)
    decided = record.plan if record else None
    if record is None or decided is None or decided.due > now():
        return False  # somebody else has done it, or called it off
    actor = Actor(decided.person_id, decided.person.name)
    try:
        editorial.advance(session, actor, record_id, "publish", words=decided.words, seen=decided.number)
    except (Refused, NotFound) as refused:
        record.plan = None
        why = refused.sentence if isinstance(refused, Refused) else N_("You may not do this with this record.")
        step = _step(session, Actor(), record, "unplan", why)
        concerned = (*notices.coaches(session, record), *notices.writers(session, record))
        notices.tell(session, "unplanned", concerned, record.id, {"step": step.id})
        return False
    return True


def ask(session: Session, record_id: str) -> None:
    """Ask the authors of what went out of date whether it still holds; once for each date."""
    record = find.record(session, record_id, lock=True)
    if record is None or record.live is None or record.expires is None or record.expires > now() or record.expiry_told:
        return
    record.expiry_told = True
    facts = {"live": record.live.number, "until": int(record.expires.timestamp())}
    notices.tell(session, "expired", notices.writers(session, record), record.id, facts)


def suggested(record: Record, years: int) -> str:
    """A day to offer for how long a text may hold: so many years from now."""
    moment: datetime = now() + timedelta(days=365 * (years or 1))
    return moment.date().isoformat()


def _day(text: str) -> str:
    try:
        day = clean(_DAY, text, Vocabularies(()))
    except Wrong as wrong:
        raise Invalid([Problem(("on",), wrong.problems[0].message, wrong.problems[0].facts)]) from None
    if not day:
        raise Invalid([Problem(("on",), N_("Please choose a day."))])
    return str(day)


def _step(session: Session, actor: Actor, record: Record, name: str, words: str) -> Step:
    """A line of history that changes no state."""
    step = Step(record_id=record.id, revision_id=record.latest.id, person_id=actor.person_id, transition=name)
    step.source = step.target = record.state
    step.words = words
    session.add(step)
    session.flush()
    return step
