"""When a coach is away. What waits for her goes back to the pool as soon as it begins, and she is not reminded."""

from __future__ import annotations

import re
from datetime import UTC, date, timedelta

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem, tidy
from knowledge.content.fields import N_
from knowledge.services import access, claims
from knowledge.services.actor import Actor
from knowledge.services.errors import Invalid, NotFound
from knowledge.services.rota import rota
from knowledge.storage import find, reviews
from knowledge.storage.models.absences import Absence
from knowledge.storage.models.base import now
from knowledge.storage.models.people import Person
from knowledge.storage.models.programmes import COACH, Membership
from workflows.known import UNDER_REVIEW

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOST, LONGEST = 20, timedelta(days=366)


def of(session: Session, actor: Actor, person_id: int | None = None) -> tuple[Person, list[Absence]]:
    """One's own absences that are not over, or, for a manager, somebody's. Raises NotFound, Forbidden."""
    person = _person(session, actor, person_id)
    return person, list(reviews.absences(session, person.id, _today()))


def declare(session: Session, actor: Actor, begins: str, ends: str, person_id: int | None = None) -> Absence:
    """Say from which day until which one is away; a manager says it of others. Raises Invalid, NotFound, Forbidden."""
    person = _person(session, actor, person_id)
    first, last = _day(begins), _day(ends)
    problems = [
        Problem((name,), N_("Please write a day as 2026-11-23."))
        for name, day in (("begins", first), ("ends", last))
        if day is None
    ]
    if first and last:
        if last < first:
            problems.append(Problem(("ends",), N_("The last day is before the first. Please change one of them.")))
        elif last < _today():
            problems.append(Problem(("ends",), N_("These days are over. Please give days to come.")))
        elif last - first > LONGEST:
            problems.append(Problem(("ends",), N_("Please give at most a year at a time.")))
    if len(reviews.absences(session, person.id, _today())) >= MOST:
        problems.append(Problem(("begins",), N_("That is a lot of absences. Please end some of them first.")))
    if problems or first is None or last is None:
        raise Invalid(problems)
    made = Absence(person_id=person.id, begins=first.isoformat(), ends=last.isoformat())
    session.add(made)
    session.flush()
    claims.free_all(session, UNDER_REVIEW)  # at once, if it begins today
    return made


def end(session: Session, actor: Actor, absence_id: int, person_id: int | None = None) -> None:
    """One is there again, or will not be away after all. Raises NotFound, Forbidden."""
    person = _person(session, actor, person_id)
    absence = session.get(Absence, absence_id) if absence_id < 2**31 else None
    if absence is None or absence.person_id != person.id:
        raise NotFound(str(absence_id))
    session.delete(absence)


def left_alone(session: Session, person_id: int) -> list[str]:
    """The programmes of somebody that have no coach today who is there, by title."""
    here = rota(session)
    mine = [m.programme for m in find.memberships(session, person_id) if m.role == COACH]
    return sorted(p.title for p in mine if not here.present(p.id))


def away(session: Session, actor: Actor, members: list[Membership]) -> dict[int, str]:
    """For a manager: which of these members are away today, and until which day (ISO 8601)."""
    access.require_manager(session, actor)
    gone = reviews.away(session, _today())
    return {m.person_id: gone[m.person_id].ends for m in members if m.person_id in gone}


def _person(session: Session, actor: Actor, person_id: int | None) -> Person:
    if person_id is None:
        person_id = access.require_person(session, actor).person_id or 0
    elif person_id != access.require_person(session, actor).person_id:
        access.require_manager(session, actor)
    person = find.person(session, person_id) if person_id < 2**31 else None
    if person is None:
        raise NotFound(str(person_id))
    return person


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(tidy(text)) if _DAY.fullmatch(tidy(text)) else None
    except ValueError:  # the 31st of November
        return None


def _today() -> date:
    return now().astimezone(UTC).date()
