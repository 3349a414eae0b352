"""Queries on the mails that people are to get, each named for what it finds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, joinedload

from knowledge.storage.models.mail import DROPPED, SENT, WAITING, Mail, MailWish
from knowledge.storage.models.people import Person
from knowledge.storage.models.programmes import COACH, Membership


def due(session: Session, moment: datetime, limit: int, along: Collection[str] = ()) -> Sequence[Mail]:
    """What is to be sent by now, the longest due first; of the events `along`, which may go with others, at the end."""
    query = select(Mail).where(Mail.outcome == WAITING, Mail.due <= moment).options(joinedload(Mail.person))
    return session.scalars(query.order_by(Mail.event.in_(along), Mail.due, Mail.id).limit(limit)).all()


def still_due(session: Session, mail_id: int, moment: datetime, along: Collection[str] = ()) -> Sequence[Mail]:
    """This mail and what goes in one letter with it; none when it is not due any more.

    Of a digest all that is due; otherwise what waits of the events `along` about the same record to the same person.
    """
    query = select(Mail).where(Mail.outcome == WAITING, Mail.due <= moment).options(joinedload(Mail.person))
    first = session.scalar(query.where(Mail.id == mail_id))
    if first is None:
        return []
    if not first.together:
        return [first, *_along(session, first, along)] if first.person_id and first.record_id else [first]
    return session.scalars(query.where(Mail.together, Mail.person_id == first.person_id).order_by(Mail.id)).all()


def _along(session: Session, first: Mail, events: Collection[str]) -> Sequence[Mail]:
    query = select(Mail).where(Mail.outcome == WAITING, Mail.together.is_(False), Mail.event.in_(events))
    query = query.where(Mail.person_id == first.person_id, Mail.record_id == first.record_id, Mail.id != first.id)
    return session.scalars(query.order_by(Mail.id)).all()


def last_about(session: Session, person_id: int, record_id: str | None, event: str) -> Mail | None:
    """The newest mail of a kind to somebody about a record that waits or was sent, digests apart."""
    query = select(Mail).where(Mail.person_id == person_id, Mail.record_id == record_id, Mail.event == event)
    query = query.where(Mail.outcome.in_((WAITING, SENT)), Mail.together.is_(False))
    return session.scalar(query.order_by(Mail.id.desc()).limit(1))


def all_of(session: Session, ids: Sequence[int]) -> Sequence[Mail]:
    """These mails."""
    return session.scalars(select(Mail).where(Mail.id.in_(ids))).all()


def told(session: Session, key: str) -> bool:
    """Whether this was announced already."""
    return session.scalar(select(func.count()).where(Mail.key == key)) != 0


def written_to(session: Session, event: str, email: str, since: datetime) -> int:
    """How many mails of a kind were written to an address since then."""
    query = select(func.count()).where(Mail.email == email, Mail.event == event, Mail.created >= since)
    return session.scalar(query) or 0


def forget_dropped(session: Session, event: str, before: datetime) -> None:
    """Mails of a kind that were not sent, and are of no interest any more."""
    session.execute(delete(Mail).where(Mail.event == event, Mail.outcome == DROPPED, Mail.created < before))


def wishes(session: Session, person_id: int) -> MailWish | None:
    """What this person said about mail; None for who never did."""
    return session.get(MailWish, person_id)


def by_outcome(session: Session, limit: int) -> Sequence[Mail]:
    """Those that were not sent first, then the last that were, for the manager's page."""
    query = select(Mail).options(joinedload(Mail.person)).order_by(Mail.outcome == SENT, Mail.id.desc())
    return session.scalars(query.limit(limit)).all()


def counts(session: Session) -> dict[str, int]:
    """How many mails there are in each state."""
    rows = session.execute(select(Mail.outcome, func.count()).group_by(Mail.outcome)).all()
    return {state: number for state, number in rows}  # noqa: C416 (rows are no pairs)


def coaches(session: Session, programme_id: str) -> Sequence[Person]:
    """The active coaches of a programme."""
    query = select(Person).join(Membership, Membership.person_id == Person.id)
    query = query.where(Membership.programme_id == programme_id, Membership.role == COACH, Person.active)
    return session.scalars(query.order_by(Person.id)).all()


def people(session: Session, ids: Sequence[int]) -> Sequence[Person]:
    """Those of these people whose accounts are active."""
    return session.scalars(select(Person).where(Person.id.in_(ids), Person.active).order_by(Person.id)).all()


def earlier(session: Session, mail: Mail, limit: int) -> Sequence[Mail]:
    """The last mails of their own that this reader got about the same record before, the oldest first."""
    query = select(Mail).where(Mail.person_id == mail.person_id, Mail.record_id == mail.record_id, Mail.id < mail.id)
    query = query.where(Mail.outcome == SENT, Mail.together.is_(False)).order_by(Mail.id.desc()).limit(limit)
    return session.scalars(query).all()[::-1]


def managers(session: Session) -> Sequence[Person]:
    """The managers whose accounts are active."""
    return session.scalars(select(Person).where(Person.manager, Person.active).order_by(Person.id)).all()


def told_of(session: Session, record_ids: Sequence[str], events: Sequence[str]) -> set[str]:
    """The keys of the mails about these records and events."""
    return set(session.scalars(select(Mail.key).where(Mail.record_id.in_(record_ids), Mail.event.in_(events))))
