"""Invitations by mail: into a programme with a role, or to write a record with its author.

Who has the link may accept it once: with the account she is signed in to, or with one that she makes there.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem
from knowledge.content.fields import N_
from knowledge.services import access, accounts, links, notices, outbox, sessions
from knowledge.services.actor import Actor
from knowledge.services.errors import Forbidden, Invalid, LinkOver, NotFound
from knowledge.storage import find, invited
from knowledge.storage.models import records as tables
from knowledge.storage.models.base import now
from knowledge.storage.models.invitations import ACCEPTED, DECLINED, OPEN, TAKEN_BACK, Invitation
from knowledge.storage.models.people import Person
from knowledge.storage.models.programmes import APPRENTICE, COACH, Membership, Programme
from knowledge.storage.models.records import Authorship, Record
from workflows import editorial as roles
from workflows.editorial import WITHDRAWN

LASTS = timedelta(days=14)
MOST_A_DAY = 20  # of somebody who is no manager
MOST_TIMES = 5


@dataclass(frozen=True)
class Offer:
    """An invitation that stands: to what, as what, by whom; `taken`: the address has an account already."""

    invitation: Invitation
    title: str
    role: str
    by: str
    taken: bool
    record: Record | None = None


def to_programme(session: Session, actor: Actor, programme_id: str, email: str, role: str) -> Invitation:
    """Invite an address as apprentice or coach. Raises NotFound, Invalid."""
    me = access.require_manager(session, actor)
    # locked, so that of two who invite the same address at once the second one sees the first
    if session.get(Programme, programme_id, with_for_update=True) is None:
        raise NotFound(programme_id)
    address = accounts.normal_email(email, "invited")
    if role not in (APPRENTICE, COACH):
        raise Invalid([Problem(("invited_role",), N_("Please choose apprentice or coach."))])
    if any(m.person.email == address and m.role == role for m in find.members(session, programme_id)):
        raise Invalid([Problem(("invited",), N_("This person is a member already."))])
    if any(i.email == address and i.expires > now() for i in invited.open_of_programme(session, programme_id)):
        raise Invalid([Problem(("invited",), N_("This address was invited already. You can send it again below."))])
    return _invite(session, me.person_id or 0, address, role, programme_id=programme_id)


def to_record(session: Session, actor: Actor, line: Authorship) -> Invitation:
    """Invite whom an author added to her record and who has no account. Raises Invalid when there are too many."""
    me = access.require_person(session, actor)
    made = invited.made_since(session, me.person_id or 0, now() - timedelta(days=1))
    if not me.manager and made >= MOST_A_DAY:
        raise Invalid([Problem(("email",), N_("You invited many people today. Please go on tomorrow."))])
    return _invite(session, me.person_id or 0, line.email, tables.CO_AUTHOR, authorship_id=line.id)


def of_programme(session: Session, actor: Actor, programme_id: str) -> list[Invitation]:
    """Those that nobody has answered, for the manager."""
    access.require_manager(session, actor)
    return list(invited.open_of_programme(session, programme_id))


def of_record(session: Session, actor: Actor, record_id: str) -> dict[int, Invitation]:
    """Those that nobody has answered, by the number of the authorship. Raises NotFound, Forbidden."""
    access.desk_record(session, actor, record_id, "share")
    return {i.authorship_id: i for i in invited.open_of_record(session, record_id) if i.authorship_id}


def again(session: Session, actor: Actor, number: int) -> Invitation:
    """Send it once more; it is good for fourteen days from now. Raises NotFound, Invalid."""
    found = _of_mine(session, actor, number)
    if now() - found.sent < timedelta(hours=1) or found.times >= MOST_TIMES:
        sentence = N_("It was sent a short while ago, or many times. Ask whether it came, or write yourself.")
        raise Invalid([Problem(("invited",), sentence)])
    found.sent, found.expires, found.times = now(), now() + LASTS, found.times + 1
    _write(session, found)
    return found


def take_back(session: Session, actor: Actor, number: int) -> None:
    """Its link is worth nothing from now on. Raises NotFound."""
    _of_mine(session, actor, number).outcome = TAKEN_BACK


def end_of_line(session: Session, line: Authorship) -> None:
    """Who is taken off a record is invited no more."""
    for found in invited.open_of_record(session, line.record_id):
        if found.authorship_id == line.id:
            found.outcome = TAKEN_BACK


def link(key: str, invitation: Invitation) -> str:
    """The signed part of its link."""
    return links.made(key, "invitation", invitation.id, invitation.seed)


def standing(session: Session, number: int, lock: bool = False) -> Offer:
    """What an invitation offers, if it still does. Raises LinkOver."""
    found = invited.invitation(session, number, lock)
    if found is None or found.outcome != OPEN or found.expires <= now():
        raise LinkOver
    taken = find.person_by_email(session, found.email) is not None
    inviter = Actor(found.by_id, found.by.name)
    if found.programme is not None:
        if access.standing(session, inviter).manager:
            return Offer(found, found.programme.title, found.role, found.by.name, taken)
    elif found.authorship is not None and found.authorship.role == tables.CREDITED:
        record = find.record(session, found.authorship.record_id, lock)
        if record is not None and record.state != WITHDRAWN and _may_invite(session, inviter, record):
            return Offer(found, record.latest.title, found.role, found.by.name, taken, record)
    raise LinkOver


def read(session: Session, key: str, token: str, lock: bool = False) -> Offer:
    """What the link offers. Raises LinkOver."""
    number, seed = links.read(key, "invitation", token, (int, str))
    offer = standing(session, number, lock)
    if offer.invitation.seed != seed:
        raise LinkOver
    return offer


def accept(session: Session, actor: Actor, key: str, token: str) -> Offer:
    """Take the part that is offered. Raises LinkOver, Forbidden for who has it already."""
    person = accounts.profile(session, actor)
    offer = read(session, key, token, lock=True)
    _take_part(session, offer, person)
    return offer


def join(
    session: Session,
    key: str,
    token: str,
    name: str,
    password: str,
    browser: sessions.Browser = sessions.UNKNOWN,
    language: str = "",
) -> tuple[Offer, str]:
    """Make an account and take the part at once; returns a token for the cookie too. Raises LinkOver, Invalid."""
    offer = read(session, key, token, lock=True)
    person = accounts.add_person(session, name=name, email=offer.invitation.email, password=password)
    notices.speaks(session, person.id, language)
    _take_part(session, offer, person)
    return offer, sessions.issue(session, person, browser)


def decline(session: Session, key: str, token: str) -> None:
    """No, thank you. Raises LinkOver."""
    read(session, key, token, lock=True).invitation.outcome = DECLINED


def _may_invite(session: Session, inviter: Actor, record: Record) -> bool:
    """Whether who invited would still be the one to do so; in which state it is does not matter."""
    return bool(access.roles_in(session, inviter, record) & {roles.AUTHOR, roles.MANAGER})


def _invite(session: Session, by_id: int, email: str, role: str, **to: str | int) -> Invitation:
    made = Invitation(seed=secrets.token_hex(8), email=email, role=role, by_id=by_id, expires=now() + LASTS, **to)
    session.add(made)
    session.flush()
    _write(session, made)
    return made


def _write(session: Session, invitation: Invitation) -> None:
    """Its mail. To an address without an account it speaks the language of whoever invites."""
    facts = {"invitation": invitation.id, "language": notices.wishes_of(session, invitation.by_id).language}
    notices.write_to(session, "invited", invitation.email, facts)


def _of_mine(session: Session, actor: Actor, number: int) -> Invitation:
    """An open one that the actor may change: of a programme the manager, of a record who shares it."""
    found = invited.invitation(session, number, lock=True) if number < 2**31 else None
    if found is None or found.outcome != OPEN:
        raise NotFound(str(number))
    if found.authorship is not None:
        access.desk_record(session, actor, found.authorship.record_id, "share")
    else:
        access.require_manager(session, actor)
    return found


def _take_part(session: Session, offer: Offer, person: Person) -> None:
    if offer.record is None:
        _become_member(session, offer.invitation, person)
    else:
        _become_author(session, offer.record, offer.invitation, person)
    offer.invitation.outcome = ACCEPTED


def _become_member(session: Session, invitation: Invitation, person: Person) -> None:
    """An invitation never takes a role away: a coach who is invited as an apprentice stays a coach."""
    there = session.get(Membership, (invitation.programme_id, person.id))
    if there is None:
        session.add(Membership(programme_id=invitation.programme_id, person_id=person.id, role=invitation.role))
    elif invitation.role == COACH:
        there.role, there.coach_id = COACH, None


def _become_author(session: Session, record: Record, invitation: Invitation, person: Person) -> None:
    line = next(a for a in record.authorships if a.id == invitation.authorship_id)
    mine = next((a for a in record.authorships if a.person_id == person.id), None)
    if mine is not None and mine.role in (tables.AUTHOR, tables.CO_AUTHOR):
        raise Forbidden(N_("You write this record already."))
    if mine is not None:  # she was an author before: that line is hers
        mine.role, line.role = tables.CO_AUTHOR, tables.FORMER
    else:
        line.person_id, line.name, line.email, line.role = person.id, person.name, person.email, tables.CO_AUTHOR
    record.changed = now()
    outbox.changed(session, record.id)
