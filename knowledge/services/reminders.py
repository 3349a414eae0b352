"""The clock at work: coaches whose time runs out are reminded, managers hear of what is overdue or read by nobody.

Found by looking at what waits, once a minute; written as mails whose keys name the round of review, so that each of
them is told once, however many processes look. The same look lets go of what waits for somebody who is away.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from knowledge.services import claims, clock, notices
from knowledge.storage import find, mailbox, reviews
from knowledge.storage.models.base import now
from knowledge.storage.models.people import Person
from knowledge.storage.models.records import Record
from knowledge.storage.session import Database
from workflows.known import UNDER_REVIEW

log = structlog.get_logger()
EVERY = 60.0  # seconds between two looks
WHAT = "clock"  # the lock of whoever looks


@dataclass(frozen=True)
class Reminder:
    """Something to tell people about a record in a round of review (the step it began with)."""

    event: str
    record_id: str
    step: int
    people: tuple[Person, ...]


def look(db: Database) -> int:
    """Let go of what waits for nobody, and write the reminders that are due; how many. Raises StorageUnavailable."""
    with db.alone(WHAT):
        with db.reading() as session:
            stuck = bool(reviews.abandoned(session, UNDER_REVIEW, reviews.away(session, now().date())))
        if stuck:
            with db.transaction() as session:
                log.info("reviews went back to the pool", records=claims.free_all(session, UNDER_REVIEW))
        with db.reading() as session:
            found = pending(session, now())
        for reminder in found:
            with db.transaction() as session:
                _remind(session, reminder)
        return len(found)


class Watch:
    """Looks once in a while, for whoever sweeps more often than that."""

    def __init__(self, every: float = EVERY) -> None:
        self._every, self._last = every, float("-inf")

    def keep(self, db: Database) -> None:
        """Look, if it is time to. Raises StorageUnavailable."""
        if time.monotonic() - self._last >= self._every:
            look(db)
            self._last = time.monotonic()


def pending(session: Session, moment: datetime) -> list[Reminder]:
    """The reminders that are due and not yet written, for people who want them."""
    waiting = reviews.waiting(session, UNDER_REVIEW)
    ids = [record.id for record in waiting]
    openings, told = reviews.openings(session, UNDER_REVIEW, ids), mailbox.told_of(session, ids, notices.REMINDERS)
    found = []
    for record in waiting:
        for event in _due_now(record, moment) if record.id in openings else ():
            step = openings[record.id]
            people = tuple(
                person
                for person in notices.READERS[event](session, record)
                if notices.key(event, record.id, {"step": step}, person.id) not in told
                and notices.wishes_of(session, person.id).due(event, moment) is not None
            )
            if people:
                found.append(Reminder(event, record.id, step, people))
    return found


def _due_now(record: Record, moment: datetime) -> Iterator[str]:
    found = clock.due(record, moment)
    if found is None:
        return
    if found.overdue:
        yield "overdue"
        yield "escalated"
    elif found.half:
        yield "due-soon"
    yield "unattended"  # if there is nobody to read it


def _remind(session: Session, reminder: Reminder) -> None:
    record = find.record(session, reminder.record_id, lock=True)
    if record is None or record.state not in UNDER_REVIEW:
        return  # answered a moment ago
    if reviews.openings(session, UNDER_REVIEW, [record.id]).get(record.id) == reminder.step:
        notices.tell(session, reminder.event, reminder.people, record.id, {"step": reminder.step})
