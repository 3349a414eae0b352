"""Queries about working copies. Whoever asks for the text of one names the person it belongs to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from knowledge.storage.models.people import Person
from knowledge.storage.models.records import AUTHOR, CO_AUTHOR, Authorship
from knowledge.storage.models.working import WorkingCopy


def of_record(session: Session, person_id: int, record_id: str, lock: bool = False) -> WorkingCopy | None:
    """Somebody's own copy of a record; `lock` keeps her other tabs away until the transaction ends."""
    query = select(WorkingCopy).where(WorkingCopy.person_id == person_id, WorkingCopy.record_id == record_id)
    return session.scalar(query.with_for_update() if lock else query)


def begun(session: Session, person_id: int, start_key: str, lock: bool = False) -> WorkingCopy | None:
    """What somebody wrote into the form of a new record."""
    query = select(WorkingCopy).where(WorkingCopy.person_id == person_id, WorkingCopy.start_key == start_key)
    return session.scalar(query.with_for_update() if lock else query)


def all_begun(session: Session, person_id: int) -> Sequence[WorkingCopy]:
    """The new records that somebody began and never saved, the last one first."""
    query = select(WorkingCopy).where(WorkingCopy.person_id == person_id, WorkingCopy.start_key.is_not(None))
    return session.scalars(query.order_by(WorkingCopy.at.desc())).all()


def count_begun(session: Session, person_id: int) -> int:
    """How many of them there are."""
    query = select(func.count()).select_from(WorkingCopy)
    return session.scalar(query.where(WorkingCopy.person_id == person_id, WorkingCopy.start_key.is_not(None))) or 0


def writing(session: Session, record_id: str, since: datetime, but: int) -> Sequence[tuple[str, datetime]]:
    """Who else writes a record now, and since when: the name and the moment, never the text."""
    query = (
        select(Person.name, WorkingCopy.began)
        .join(Person, Person.id == WorkingCopy.person_id)
        .join(Authorship, (Authorship.person_id == Person.id) & (Authorship.record_id == record_id))
        .where(WorkingCopy.record_id == record_id, WorkingCopy.at >= since, WorkingCopy.person_id != but)
        .where(Authorship.role.in_((AUTHOR, CO_AUTHOR)))
        .order_by(WorkingCopy.began)
    )
    return [(name, began) for name, began in session.execute(query)]


def mention(session: Session, record_id: str, texts: Collection[str]) -> set[str]:
    """Which of these stand as an answer in somebody's unsaved text of a record, whoever's it is."""
    query = select(WorkingCopy.fields).where(WorkingCopy.record_id == record_id)
    return {value for fields in session.scalars(query) for _name, value in fields if value in texts}


def forget(session: Session, copy: WorkingCopy) -> None:
    """Remove a copy: it became a version, or its writer dropped it."""
    session.execute(delete(WorkingCopy).where(WorkingCopy.id == copy.id))
    session.expunge(copy)
