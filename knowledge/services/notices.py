"""Who is told of what: the mails that follow from a step, written in its transaction, and when people want them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import available_timezones

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from knowledge.content.checks import Problem
from knowledge.content.events import EVENTS, FREQUENCIES, Frequency, Wishes
from knowledge.content.fields import N_
from knowledge.content.vocabularies import LANGUAGES
from knowledge.services import access
from knowledge.services.actor import Actor
from knowledge.services.errors import Invalid, NotFound
from knowledge.storage import find, mailbox
from knowledge.storage.models import records as tables
from knowledge.storage.models.base import now
from knowledge.storage.models.discussion import Comment, Thread
from knowledge.storage.models.mail import DROPPED, SENT, WAITING, Mail, MailWish
from knowledge.storage.models.people import Person
from knowledge.storage.models.records import Record, Step

# transition -> the event it is for those whose turn it is, or whom it concerns
OF_STEPS: Mapping[str, str] = {
    "submit": "submitted", "approve": "second",
    "request-changes": "returned", "publish": "published", "withdraw": "withdrawn",
}  # fmt: skip
FOR_COACHES = frozenset({"submitted", "second"})


def of_step(session: Session, record: Record, step: Step) -> None:
    """Tell those whom a step concerns; never the one who made it."""
    event = OF_STEPS.get(step.transition)
    if event is None:
        return
    session.flush()  # the step needs its number
    of_all = event == "second"  # the one who looks after it may be the one who approved it
    readers = _coaches(session, record, of_all) if event in FOR_COACHES else _writers(session, record)
    tell(session, event, (p for p in readers if p.id != step.person_id), record.id, {"step": step.id})


def of_comment(session: Session, record: Record, thread: Thread, comment: Comment) -> None:
    """Tell the other side, and whoever took part in the thread; of private ones only those who review."""
    writers, coaches = _writers(session, record), _coaches(session, record)
    others = coaches if thread.private or comment.person_id in {p.id for p in writers} else writers
    took_part = mailbox.people(session, [c.person_id for c in thread.comments if c.person_id])
    readers = {p.id: p for p in (*others, *took_part) if p.id != comment.person_id}
    tell(session, "commented", readers.values(), record.id, {"comment": comment.id})


def tell(
    session: Session, event: str, people: Iterable[Person], record_id: str | None, facts: Mapping[str, Any]
) -> None:
    """Write a mail for each of these people, unless she wants none of this kind or was told already."""
    moment = now()
    number = "-".join(f"{name}{value}" for name, value in sorted(facts.items()))
    for person in people:
        wishes = wishes_of(session, person.id)
        due, key = wishes.due(event, moment), f"{event}:{record_id or ''}:{number}:{person.id}"
        if due is None or mailbox.told(session, key):
            continue
        together = wishes.frequency(event) in (Frequency.DAILY, Frequency.WEEKLY)
        mail = Mail(key=key, event=event, person_id=person.id, record_id=record_id, facts=dict(facts))
        mail.due, mail.together, mail.created = due, together, moment
        session.add(mail)


def wishes_of(session: Session, person_id: int) -> Wishes:
    """When this person wants mail, and in which language."""
    said = mailbox.wishes(session, person_id)
    if said is None:
        return Wishes({})
    return Wishes(said.often, said.zone, (said.quiet[0], said.quiet[1]) if said.quiet else None, said.language)


def my_wishes(session: Session, actor: Actor) -> Wishes:
    """The same for oneself. Raises SignInNeeded."""
    return wishes_of(session, access.require_person(session, actor).person_id or 0)


def change_wishes(
    session: Session, actor: Actor, *, often: Mapping[str, str], zone: str, quiet: tuple[str, str], language: str
) -> None:
    """Say when one wants mail. Raises Invalid."""
    me = access.require_person(session, actor)
    problems = []
    if zone not in available_timezones():
        problems.append(Problem(("zone",), N_("Please choose a time zone from the list.")))
    hours = [int(hour) if hour.isascii() and hour.isdigit() and len(hour) < 3 else -1 for hour in quiet]
    given = any(hour.strip() for hour in quiet)
    if given and not all(0 <= hour <= 23 for hour in hours):
        problems.append(Problem(("quiet",), N_("Please give both hours, from 0 to 23, or neither.")))
    if problems:
        raise Invalid(problems)
    kept = {event: often[event] for event in EVENTS if often.get(event) in set(FREQUENCIES)}
    known = language if language in LANGUAGES else ""
    session.merge(
        MailWish(person_id=me.person_id, often=kept, zone=zone, quiet=hours if given else None, language=known)
    )


def stop(session: Session, person_id: int, event: str) -> None:
    """Send no more of this kind; what waits is dropped. Raises NotFound."""
    if find.person(session, person_id) is None or event not in EVENTS:
        raise NotFound(event)
    said = mailbox.wishes(session, person_id) or MailWish(person_id=person_id, often={})
    said.often = {**said.often, event: Frequency.NEVER.value}
    session.add(said)


def stop_token(key: str, person_id: int, event: str) -> str:
    """Proves that a link came in a mail to this person about this kind of event."""
    return URLSafeSerializer(key, salt="mail-stop").dumps([person_id, event])


def read_stop_token(key: str, token: str) -> tuple[int, str]:
    """The person and the kind of event of such a link. Raises NotFound for one that was not made here."""
    try:
        person_id, event = URLSafeSerializer(key, salt="mail-stop").loads(token)
    except (BadData, ValueError, TypeError):
        raise NotFound(token[:20]) from None
    return int(person_id), str(event)


def all_mails(session: Session, actor: Actor, limit: int = 200) -> tuple[list[Mail], dict[str, int]]:
    """For the manager: the mails, those that were not sent first, and how many there are of each state."""
    access.require_manager(session, actor)
    return list(mailbox.by_outcome(session, limit)), mailbox.counts(session)


def send_again(session: Session, actor: Actor, mail_id: int) -> None:
    """Try a mail now that failed or waits. Raises NotFound for one that was sent or dropped."""
    access.require_manager(session, actor)
    mail = session.get(Mail, mail_id) if mail_id < 2**31 else None
    if mail is None or mail.outcome in (SENT, DROPPED):
        raise NotFound(str(mail_id))
    mail.outcome, mail.due, mail.tries, mail.trouble = WAITING, now(), 0, ""


def _coaches(session: Session, record: Record, of_all: bool = False) -> list[Person]:
    """The coach of the record; without one, or `of_all`, those of its programme; nobody who wrote any of it."""
    found = {p.id: p for p in mailbox.people(session, [record.coach_id])} if record.coach_id else {}
    if record.programme_id and (of_all or record.coach_id is None):
        found |= {p.id: p for p in mailbox.coaches(session, record.programme_id)}
    return [p for p in found.values() if not access.own_work(session, Actor(p.id, p.name), record)]


def _writers(session: Session, record: Record) -> list[Person]:
    ids = [a.person_id for a in record.authorships if a.role in (tables.AUTHOR, tables.CO_AUTHOR) and a.person_id]
    return list(mailbox.people(session, ids))
