"""Queries on reviews: their rounds, who can read what waits, and who is away. Each is named for what it finds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from knowledge.storage.find import WHOLE
from knowledge.storage.models.absences import Absence
from knowledge.storage.models.people import Person
from knowledge.storage.models.programmes import COACH, Membership
from knowledge.storage.models.records import AUTHOR, Authorship, Record, Step


def crossing(states: frozenset[str]) -> ColumnElement[bool]:
    """True for steps into or out of these states, and from one of them to another."""
    into = and_(Step.target.in_(states), Step.source != Step.target)
    return or_(into, and_(Step.source.in_(states), Step.source != Step.target))


def of_record(session: Session, states: frozenset[str], record_id: str) -> Sequence[Step]:
    """The steps of a record into and out of these states, in order."""
    return _in_order(session, states, Step.record_id == record_id)


def of_programme(session: Session, states: frozenset[str], programme_id: str) -> Sequence[Step]:
    """The same of all records of a programme, one record after the other."""
    mine = select(Record.id).where(Record.programme_id == programme_id)
    return _in_order(session, states, Step.record_id.in_(mine))


def of_person(session: Session, states: frozenset[str], person_id: int) -> Sequence[Step]:
    """The same of all records that somebody took out of such a state at least once."""
    out = Step.source.in_(states), Step.source != Step.target
    mine = select(Step.record_id).where(Step.person_id == person_id, *out)
    return _in_order(session, states, Step.record_id.in_(mine))


def openings(session: Session, states: frozenset[str], record_ids: Iterable[str]) -> dict[str, int]:
    """By record, the number of the step with which it last came into one of these states: the round it is in."""
    ids = list(record_ids)
    query = select(Step.record_id, func.max(Step.id)).where(Step.target.in_(states), Step.source != Step.target)
    rows = session.execute(query.where(Step.record_id.in_(ids)).group_by(Step.record_id)).all() if ids else []
    return {record_id: number for record_id, number in rows}  # noqa: C416 (rows are no pairs)


def last_answers(session: Session, record_ids: Iterable[str], transitions: Iterable[str]) -> dict[str, Step]:
    """By record, its newest step of one of these transitions."""
    ids = list(record_ids)
    newest = select(func.max(Step.id)).where(Step.record_id.in_(ids), Step.transition.in_(list(transitions)))
    found = session.scalars(select(Step).where(Step.id.in_(newest.group_by(Step.record_id)))).all() if ids else []
    return {step.record_id: step for step in found}


def paired_coach(session: Session, record: Record) -> int | None:
    """The coach with whom the author of a record is paired in its programme."""
    author = Authorship.role == AUTHOR, Authorship.record_id == record.id
    query = select(Membership.coach_id).join(Authorship, Authorship.person_id == Membership.person_id).where(*author)
    return session.scalar(query.where(Membership.programme_id == record.programme_id))


def held_by(session: Session, person_id: int, programme_id: str) -> Sequence[str]:
    """The records of a programme that this coach looks after."""
    query = select(Record.id).where(Record.coach_id == person_id, Record.programme_id == programme_id)
    return session.scalars(query.order_by(Record.id)).all()


def waiting(session: Session, states: frozenset[str]) -> Sequence[Record]:
    """All records in these states, without their texts, the longest wait first: for looking at the clock."""
    whose = (joinedload(Record.programme), joinedload(Record.coach), selectinload(Record.authorships))
    query = select(Record).where(Record.state.in_(states)).options(*whose)
    return session.scalars(query.order_by(Record.waiting_since, Record.id)).all()


def waiting_by_coach(session: Session, states: frozenset[str], programme_id: str) -> dict[int, int]:
    """How many records of a programme are in these states, by the coach who looks after them."""
    query = select(Record.coach_id, func.count()).where(Record.state.in_(states), Record.programme_id == programme_id)
    approval = Step.record_id == Record.id, Step.transition == "approve", Step.at >= Record.waiting_since
    query = query.where(~exists().where(*approval, Step.person_id == Record.coach_id))  # it waits for another coach
    rows = session.execute(query.where(Record.coach_id.is_not(None)).group_by(Record.coach_id)).all()
    return {coach_id: number for coach_id, number in rows if coach_id is not None}


def abandoned(session: Session, states: frozenset[str], away: Iterable[int]) -> Sequence[Record]:
    """Records in these states whose coach is away, or has no active account."""
    gone = or_(Record.coach_id.in_(list(away)), ~Person.active)
    query = select(Record).join(Person, Person.id == Record.coach_id).where(Record.state.in_(states), gone)
    return session.scalars(query.options(*WHOLE).order_by(Record.id)).all()


def pools(session: Session) -> dict[str, list[Person]]:
    """By programme, its coaches with an active account."""
    query = select(Membership.programme_id, Person).join(Person, Person.id == Membership.person_id)
    query = query.where(Membership.role == COACH, Person.active).order_by(Person.id)
    found: dict[str, list[Person]] = {}
    for programme_id, person in session.execute(query):
        found.setdefault(programme_id, []).append(person)
    return found


def away(session: Session, day: date) -> dict[int, Absence]:
    """Who is away on a day, and until when: the absence that ends last."""
    today = day.isoformat()
    query = select(Absence).where(Absence.begins <= today, Absence.ends >= today).order_by(Absence.ends)
    return {absence.person_id: absence for absence in session.scalars(query)}


def absences(session: Session, person_id: int, since: date) -> Sequence[Absence]:
    """Somebody's absences that are not over."""
    query = select(Absence).where(Absence.person_id == person_id, Absence.ends >= since.isoformat())
    return session.scalars(query.order_by(Absence.begins, Absence.id).options(joinedload(Absence.person))).all()


def _in_order(session: Session, states: frozenset[str], these: ColumnElement[bool]) -> Sequence[Step]:
    query = select(Step).where(crossing(states), these).options(joinedload(Step.person))
    return session.scalars(query.order_by(Step.record_id, Step.id)).all()
