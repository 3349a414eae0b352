"""Programmes and who belongs to them; which coach or programme looks after a record."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem, tidy
from knowledge.content.fields import N_
from knowledge.services import access, accounts, claims
from knowledge.services.actor import Actor
from knowledge.services.errors import Invalid, NotFound
from knowledge.services.rota import rota
from knowledge.storage import find
from knowledge.storage.models.people import Person
from knowledge.storage.models.programmes import APPRENTICE, COACH, REVIEW_DAYS, Membership, Programme
from knowledge.storage.models.records import Record
from workflows.editorial import WITHDRAWN
from workflows.known import UNDER_REVIEW, WORKFLOWS

_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,63}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER = re.compile(r"\d{1,3}", re.ASCII)
MOST_DAYS = 60  # for a review


def put_programme(session: Session, actor: Actor, programme_id: str, given: Mapping[str, str]) -> Programme:
    """Make or change a programme. `given`: title, about, workshop_start, workshop_end, ends, review_days.

    Raises Invalid.
    """
    access.require_manager(session, actor)
    programme_id = tidy(programme_id)
    problems = []
    if not _ID.fullmatch(programme_id):
        problems.append(Problem(("id",), N_("An id has small letters, digits and hyphens: reforms-2026.")))
    title = tidy(given.get("title", ""))
    if not title or len(title) > 200:
        problems.append(Problem(("title",), N_("Please give the programme a title of at most 200 characters.")))
    days = {key: tidy(given.get(key, "")) for key in ("workshop_start", "workshop_end", "ends")}
    for key, day in days.items():
        if day and not _DAY.fullmatch(day):
            problems.append(Problem((key,), N_("Please write a day as 2026-11-23.")))
    allowed = tidy(given.get("review_days", ""))
    if allowed and not (_NUMBER.fullmatch(allowed) and 1 <= int(allowed) <= MOST_DAYS):
        sentence = N_("Please give the working days for a review as a number from 1 to {max}.")
        problems.append(Problem(("review_days",), sentence, {"max": MOST_DAYS}))
    if problems:
        raise Invalid(problems)
    programme = session.get(Programme, programme_id) or Programme(id=programme_id, review_days=REVIEW_DAYS)
    programme.review_days = int(allowed) if allowed else programme.review_days
    programme.title, programme.about = title, tidy(given.get("about", ""), lines=True)[:5000]
    for key, day in days.items():
        setattr(programme, key, day)
    session.add(programme)
    session.flush()
    return programme


def choose_workflow(session: Session, actor: Actor, programme_id: str, name: str) -> Programme:
    """Say by which workflow a programme's records are reviewed. Raises Invalid, NotFound.

    Records under way follow it from now on; one that waits for a second coach is still read by her.
    """
    access.require_manager(session, actor)
    programme = session.get(Programme, programme_id)
    if programme is None:
        raise NotFound(programme_id)
    if name not in WORKFLOWS:
        raise Invalid([Problem(("workflow",), N_("Please choose one coach or two coaches."))])
    programme.workflow = name
    return programme


def put_member(
    session: Session, actor: Actor, programme_id: str, email: str, role: str, coach_email: str = ""
) -> Membership:
    """Make somebody apprentice or coach of a programme, or change that. Raises Invalid, NotFound."""
    access.require_manager(session, actor)
    if session.get(Programme, programme_id) is None:
        raise NotFound(programme_id)
    person = _person(session, email, "email")
    coach = _person(session, coach_email, "coach") if coach_email.strip() else None
    if role not in (APPRENTICE, COACH):
        raise Invalid([Problem(("role",), N_("Please choose apprentice or coach."))])
    membership = session.get(Membership, (programme_id, person.id)) or Membership(
        programme_id=programme_id, person_id=person.id
    )
    if membership.role == COACH and role != COACH:
        claims.leave(session, programme_id, person.id)
    membership.role = role
    membership.coach_id = coach.id if coach and role == APPRENTICE else None
    session.add(membership)
    return membership


def remove_member(session: Session, actor: Actor, programme_id: str, person_id: int) -> None:
    """End a membership; what the person wrote stays where it is. Raises NotFound."""
    access.require_manager(session, actor)
    membership = session.get(Membership, (programme_id, person_id))
    if membership is None:
        raise NotFound(programme_id)
    session.delete(membership)
    session.flush()
    claims.leave(session, programme_id, person_id)


def assign(session: Session, actor: Actor, record_id: str, *, programme_id: str, coach_email: str) -> Record:
    """Say which programme a record belongs to and which coach looks after it; "" for none. Raises Invalid.

    The coach is told, if it waits for review; without one, those of the programme are.
    """
    access.require_manager(session, actor)
    record = find.record(session, record_id, lock=True)
    if record is None:
        raise NotFound(record_id)
    programme_id = tidy(programme_id)
    if programme_id and session.get(Programme, programme_id) is None:
        raise Invalid([Problem(("programme",), N_("Please choose a programme from the list."))])
    coach = _person(session, coach_email, "coach") if coach_email.strip() else None
    away = rota(session).away.get(coach.id) if coach else None
    if away is not None:
        sentence = N_("This coach is away until {day}. Please choose another one.")
        raise Invalid([Problem(("coach",), sentence, {"day": away.ends})])
    if (record.programme_id, record.coach_id) == (programme_id or None, coach.id if coach else None):
        return record
    programme = session.get(Programme, programme_id) if programme_id else None
    record.programme_id = programme_id or None
    words = " · ".join(name for name in (coach.name if coach else "", programme.title if programme else "") if name)
    claims.assign(session, actor, record, coach, words)
    return record


def overview(session: Session, actor: Actor) -> list[Programme]:
    """All programmes, for their manager."""
    access.require_manager(session, actor)
    return list(find.programmes(session))


def one(session: Session, actor: Actor, programme_id: str) -> tuple[Programme, list[Membership]]:
    """A programme with its members. Raises NotFound."""
    access.require_manager(session, actor)
    programme = session.get(Programme, programme_id)
    if programme is None:
        raise NotFound(programme_id)
    return programme, list(find.members(session, programme_id))


def people(session: Session, actor: Actor, words: str = "") -> list[Person]:
    """People by name, e-mail or organisation, for the manager."""
    access.require_manager(session, actor)
    return list(find.people(session, tidy(words)[:200]))


def orphans(session: Session, actor: Actor) -> list[Record]:
    """Records that wait for review and that no coach who is there can read: they wait until somebody is assigned."""
    access.require_manager(session, actor)
    here = rota(session)
    return [record for record in find.waiting(session, UNDER_REVIEW, None, None) if not here.coaches(record)]


def withdrawn(session: Session, actor: Actor) -> list[Record]:
    """Records that were withdrawn, the last first."""
    access.require_manager(session, actor)
    return list(find.in_state(session, WITHDRAWN))


def mine(session: Session, actor: Actor) -> list[Membership]:
    """The programmes the actor belongs to."""
    me = access.require_person(session, actor)
    return list(find.memberships(session, me.person_id or 0))


def _person(session: Session, email: str, field: str) -> Person:
    person = find.person_by_email(session, accounts.normal_email(email))
    if person is None or not person.active:
        raise Invalid([Problem((field,), N_("There is no active account with this e-mail."))])
    return person
