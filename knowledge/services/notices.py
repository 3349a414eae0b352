"""Who is told of what: the mails that follow from a step, written in its transaction, and when people want them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from knowledge.content.checks import Problem
from knowledge.content.events import CHOOSABLE, FREQUENCIES, Frequency, Wishes
from knowledge.content.fields import N_
from knowledge.content.vocabularies import LANGUAGES
from knowledge.services import access
from knowledge.services.actor import Actor
from knowledge.services.errors import Invalid, NotFound
from knowledge.services.rota import rota
from knowledge.storage import find, mailbox, reviews
from knowledge.storage.models import records as tables
from knowledge.storage.models.base import now
from knowledge.storage.models.discussion import Comment, Thread
from knowledge.storage.models.mail import DROPPED, SENT, WAITING, Mail, MailWish
from knowledge.storage.models.people import Person
from knowledge.storage.models.records import Record, Step
from workflows.known import UNDER_REVIEW

# transition -> the event it is for those whose turn it is, or whom it concerns
OF_STEPS: Mapping[str, str] = {
    "submit": "submitted", "approve": "second",
    "request-changes": "returned", "publish": "published", "withdraw": "withdrawn",
    "claim": "claimed", "hand-back": "handed-back", "away": "handed-back", "assign": "assigned",
}  # fmt: skip
# what is said one by one and read together: at most one letter of it about a record in a while, to each reader; any
# other letter about the record takes along what waits
GATHERED, WHILE = frozenset({"commented"}), timedelta(minutes=10)
MOST_AN_HOUR = 3  # of a kind to one address: nobody's box is filled by others


def of_step(session: Session, record: Record, step: Step) -> None:
    """Tell those whom a step concerns; never the one who made it. Of what nobody can review, managers are told."""
    event = OF_STEPS.get(step.transition)
    if event is None:
        return
    if event == "assigned" and record.coach_id is None:
        event = "handed-back"
    session.flush()  # the step needs its number
    readers = READERS[event](session, record)
    tell(session, event, (p for p in readers if p.id != step.person_id), record.id, {"step": step.id})
    unattended = _if_unattended(session, record) if event in OF_ROUNDS else []
    if unattended:
        opening = reviews.openings(session, UNDER_REVIEW, [record.id])[record.id]
        tell(session, "unattended", unattended, record.id, {"step": opening})


def still_concerns(session: Session, mail: Mail, record: Record) -> bool:
    """Whether a mail about a round of review is about the present one, and its reader would be told of it today."""
    if mail.event not in OF_ROUNDS:
        return True
    step = session.get(Step, mail.facts.get("step") or 0)
    if step is None or record.waiting_since is None or step.at < record.waiting_since:
        return False
    if mail.event == "claimed" and record.coach_id != step.person_id:
        return False
    return mail.person_id in {p.id for p in READERS[mail.event](session, record)}


def of_comment(session: Session, record: Record, thread: Thread, comment: Comment) -> None:
    """Tell the other side, and whoever took part in the thread; of private ones only those who review."""
    wrote = writers(session, record)
    others = coaches(session, record) if thread.private or comment.person_id in {p.id for p in wrote} else wrote
    took_part = mailbox.people(session, [c.person_id for c in thread.comments if c.person_id])
    readers = {p.id: p for p in (*others, *took_part) if p.id != comment.person_id}
    tell(session, "commented", readers.values(), record.id, {"comment": comment.id})


def of_addressed(session: Session, record: Record, thread: Thread, person_id: int | None) -> None:
    """Tell those who review that a point was addressed while the record is with them; a submission tells it itself."""
    facts = {"thread": thread.id, "by": person_id or 0, "revision": record.latest.number}
    tell(session, "addressed", (p for p in coaches(session, record) if p.id != person_id), record.id, facts)


def of_co_author(session: Session, record: Record, person: Person, by_id: int | None) -> None:
    """Tell somebody with an account that she was made a co-author; of one record once a day, however often it is."""
    if person.active and person.id != by_id:
        tell(session, "co-author", [person], record.id, {"by": by_id or 0, "line": now().date().isoformat()})


def tell(
    session: Session, event: str, people: Iterable[Person], record_id: str | None, facts: Mapping[str, Any]
) -> None:
    """Write a mail for each of these people, unless she wants none of this kind or was told already."""
    moment = now()
    for person in people:
        wishes = wishes_of(session, person.id)
        together = wishes.frequency(event) in (Frequency.DAILY, Frequency.WEEKLY)
        start = moment if together else _gathered(session, event, person.id, record_id, moment)
        due, once = wishes.due(event, start), key(event, record_id, facts, person.id)
        if due is None or mailbox.told(session, once):
            continue
        mail = Mail(key=once, event=event, person_id=person.id, record_id=record_id, facts=dict(facts))
        mail.due, mail.together, mail.created = due, together, moment
        session.add(mail)


def _gathered(session: Session, event: str, person_id: int, record_id: str | None, moment: datetime) -> datetime:
    """When it may be told: at once, or a while after the last of the kind about the record, with what waits already."""
    last = mailbox.last_about(session, person_id, record_id, event) if event in GATHERED else None
    if last is None:
        return moment
    return max(moment, last.sent + WHILE if last.sent else last.due)


def key(event: str, record_id: str | None, facts: Mapping[str, Any], person_id: int) -> str:
    """What makes the same thing be told once."""
    number = "-".join(f"{name}{value}" for name, value in sorted(facts.items()))
    return f"{event}:{record_id or ''}:{number}:{person_id}"


def write_to(
    session: Session, event: str, email: str, facts: Mapping[str, Any] | None = None, person: Person | None = None
) -> bool:
    """Write a mail to an address, whoever has it: without an account, or another one than the account's own.

    Whether there is an account is looked up when it is sent: who asks learns nothing from what happens here. False
    when the address got so many of this kind lately that it gets no more.
    """
    moment = now()
    if mailbox.written_to(session, event, email, moment - timedelta(hours=1)) >= MOST_AN_HOUR:
        return False
    mail = Mail(key=f"{event}:{secrets.token_hex(8)}", event=event, email=email, facts=dict(facts or {}))
    mail.person_id, mail.due, mail.created = person.id if person else None, moment, moment
    session.add(mail)
    return True


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
    kept = {event: often[event] for event in CHOOSABLE if often.get(event) in set(FREQUENCIES)}
    known = language if language in LANGUAGES else ""
    session.merge(
        MailWish(person_id=me.person_id, often=kept, zone=zone, quiet=hours if given else None, language=known)
    )


def speaks(session: Session, person_id: int, language: str) -> None:
    """Write to somebody new in the language in which she came; she can choose another one."""
    if language in LANGUAGES and mailbox.wishes(session, person_id) is None:
        session.add(MailWish(person_id=person_id, often={}, language=language))


def stop(session: Session, person_id: int, event: str) -> None:
    """Send no more of this kind, or of these (`a+b`); what waits is dropped when it is due. Raises NotFound."""
    kinds = event.split("+")
    if find.person(session, person_id) is None or not set(kinds) <= set(CHOOSABLE):
        raise NotFound(event)
    said = mailbox.wishes(session, person_id) or MailWish(person_id=person_id, often={})
    said.often = {**said.often, **dict.fromkeys(kinds, Frequency.NEVER.value)}
    session.add(said)


def stop_token(key: str, person_id: int, event: str) -> str:
    """Proves that a link came in a mail to this person about this kind of event, or about these (`a+b`)."""
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


def coaches(session: Session, record: Record) -> list[Person]:
    """The coach of the record; without one who is there, those of its programme; nobody who wrote any of it."""
    return rota(session).coaches(record)


def writers(session: Session, record: Record) -> list[Person]:
    """The authors and co-authors of a record."""
    ids = [a.person_id for a in record.authorships if a.role in (tables.AUTHOR, tables.CO_AUTHOR) and a.person_id]
    return list(mailbox.people(session, ids))


def _given(session: Session, record: Record) -> list[Person]:
    """The coach a record was given to, while it waits for her."""
    holder = rota(session).holder(record) if record.state in UNDER_REVIEW else None
    return [holder] if holder else []


def _if_free(session: Session, record: Record) -> list[Person]:
    """The coaches of its programme, while none of them looks after it."""
    here = rota(session)
    return here.pool(record) if record.state in UNDER_REVIEW and here.holder(record) is None else []


def _managers(session: Session, _: Record) -> list[Person]:
    return list(mailbox.managers(session))


def _if_unattended(session: Session, record: Record) -> list[Person]:
    """Managers, while nobody who is there may review a record that waits."""
    unattended = record.state in UNDER_REVIEW and not coaches(session, record)
    return _managers(session, record) if unattended else []


# event -> whom it concerns
READERS: Mapping[str, Callable[[Session, Record], list[Person]]] = {
    "submitted": coaches,
    "second": coaches,
    "returned": writers,
    "published": writers,
    "withdrawn": writers,
    "claimed": writers,
    "handed-back": _if_free,
    "assigned": _given,
    "due-soon": coaches,
    "overdue": coaches,
    "escalated": _managers,
    "unattended": _if_unattended,
}
REMINDERS = ("due-soon", "overdue", "escalated", "unattended")  # what no step says, but the clock
# those that mean something only as long as the same round of review goes on
OF_ROUNDS = frozenset({"submitted", "second", "claimed", "handed-back", "assigned", *REMINDERS})
