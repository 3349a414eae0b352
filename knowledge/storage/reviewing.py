"""Queries on looks, scores, second opinions and phrases, each named for what it finds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session, joinedload

from knowledge.storage.find import WHOLE
from knowledge.storage.models.people import Person
from knowledge.storage.models.programmes import COACH, Membership
from knowledge.storage.models.records import AUTHOR, CO_AUTHOR, Authorship, Record, Revision, Step
from knowledge.storage.models.reviewing import Look, Opinion, Phrase, Score


def looked_at(session: Session, record_id: str, person_id: int, before: int) -> Look | None:
    """The newest revision this person looked at that is older than number `before`."""
    query = select(Look).join(Revision, Look.revision_id == Revision.id).options(joinedload(Look.revision))
    query = query.where(Look.record_id == record_id, Look.person_id == person_id, Revision.number < before)
    return session.scalar(query.order_by(Revision.number.desc()).limit(1))


def last_step_of(session: Session, record_id: str, person_id: int, transitions: Iterable[str]) -> Step | None:
    """The newest of these steps that this person made."""
    query = select(Step).where(Step.record_id == record_id, Step.person_id == person_id)
    query = query.where(Step.transition.in_(list(transitions))).options(joinedload(Step.revision))
    return session.scalar(query.order_by(Step.id.desc()).limit(1))


def scores(session: Session, record_ids: Iterable[str]) -> Sequence[Score]:
    """All scores of these records, the oldest first."""
    query = select(Score).where(Score.record_id.in_(list(record_ids)))
    query = query.options(joinedload(Score.person), joinedload(Score.revision))
    return session.scalars(query.order_by(Score.at, Score.revision_id, Score.person_id)).all()


def opinions(session: Session, record_id: str) -> Sequence[Opinion]:
    """The second opinions on a record, the oldest first."""
    query = select(Opinion).where(Opinion.record_id == record_id)
    query = query.options(joinedload(Opinion.asker), joinedload(Opinion.person))
    return session.scalars(query.order_by(Opinion.id)).all()


def asked_of(session: Session, person_id: int, states: frozenset[str]) -> Sequence[Opinion]:
    """The opinions that this person still owes, the oldest first."""
    query = select(Opinion).join(Record, Opinion.record_id == Record.id).where(Record.state.in_(states))
    query = query.where(Opinion.person_id == person_id, Opinion.ended.is_(None), Opinion.verdict == "")
    whole = joinedload(Opinion.record)
    query = query.options(joinedload(Opinion.asker), whole.joinedload(Record.latest))
    return session.scalars(query.order_by(Opinion.id)).all()


def is_adviser(session: Session, record_id: str, person_id: int) -> bool:
    """Whether this person was asked for an opinion on a record that is not decided yet, and coaches still."""
    asked = exists().where(Opinion.record_id == record_id, Opinion.person_id == person_id, Opinion.ended.is_(None))
    coaches = exists().where(Membership.person_id == person_id, Membership.role == COACH)
    return bool(session.scalar(select(asked & coaches)))


def end_opinions(session: Session, record_id: str, moment: datetime) -> None:
    """The decision is taken: whoever was asked may not look any more."""
    query = update(Opinion).where(Opinion.record_id == record_id, Opinion.ended.is_(None))
    session.execute(query.values(ended=moment))


def all_coaches(session: Session) -> Sequence[Person]:
    """Everybody active who coaches a programme, by name."""
    coaches = exists().where(Membership.person_id == Person.id, Membership.role == COACH)
    return session.scalars(select(Person).where(Person.active, coaches).order_by(Person.name, Person.id)).all()


def coach_count(session: Session, programme_id: str) -> int:
    """How many active coaches a programme has."""
    query = select(func.count()).select_from(Membership).join(Person, Person.id == Membership.person_id)
    query = query.where(Membership.programme_id == programme_id, Membership.role == COACH, Person.active)
    return session.scalar(query) or 0


def phrases(session: Session, programme_id: str) -> Sequence[Phrase]:
    """The phrases of a programme, in the order in which they were written."""
    return session.scalars(select(Phrase).where(Phrase.programme_id == programme_id).order_by(Phrase.id)).all()


def written_in(session: Session, person_id: int, programmes: frozenset[str] | None) -> Sequence[Record]:
    """What a person writes in these programmes (None: in any), the first begun first."""
    mine = exists().where(
        Authorship.record_id == Record.id,
        Authorship.person_id == person_id,
        Authorship.role.in_((AUTHOR, CO_AUTHOR)),
    )
    query = select(Record).where(mine).options(*WHOLE)
    query = query if programmes is None else query.where(Record.programme_id.in_(list(programmes)))
    return session.scalars(query.order_by(Record.created, Record.id)).all()


def writers(session: Session, record_id: str) -> Sequence[int]:
    """Everybody who ever saved a version of a record."""
    query = select(Revision.by_id).where(Revision.record_id == record_id, Revision.by_id.is_not(None)).distinct()
    return [person_id for person_id in session.scalars(query) if person_id is not None]
