"""Who may do what: relative roles from the database, permissions from the workflow's table. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from knowledge.services.actor import Actor
from knowledge.services.errors import Forbidden, NotFound, SignInNeeded
from knowledge.storage import find, reviewing
from knowledge.storage.models import records as tables
from knowledge.storage.models.programmes import COACH
from knowledge.storage.models.records import Record
from workflows import editorial as roles
from workflows import known
from workflows.definition import Workflow
from workflows.two_coaches import SECOND_REVIEW

PUBLIC = "public"  # the audience token that everybody holds


@dataclass(frozen=True)
class Standing:
    """What a person is, apart from any record: active, manager, and the programmes she coaches or belongs to."""

    person_id: int | None
    manager: bool = False
    coaches: frozenset[str] = frozenset()
    member_of: frozenset[str] = frozenset()

    @property
    def coach(self) -> bool:
        """Coaches some programme."""
        return bool(self.coaches)

    @property
    def audience(self) -> frozenset[str]:
        """The tokens of unpublished documents this person may find (see `indexing.audience`)."""
        if self.person_id is None:
            return frozenset()
        tokens = {f"person:{self.person_id}", *(f"coach:{p}" for p in self.coaches)}
        return frozenset(tokens | ({"manager"} if self.manager else set()))


def standing(session: Session, actor: Actor) -> Standing:
    """Read now, in this transaction: a role taken away a moment ago counts no more."""
    if actor.person_id is None:
        return Standing(None)
    person = find.person(session, actor.person_id)
    if person is None or not person.active:
        return Standing(None)
    memberships = find.memberships(session, person.id)
    return Standing(
        person.id,
        person.manager,
        frozenset(m.programme_id for m in memberships if m.role == COACH),
        frozenset(m.programme_id for m in memberships),
    )


def workflow(record: Record) -> Workflow:
    """The workflow that a record follows: its programme's, unless that does not know the state it is in."""
    return known.followed(record.programme.workflow if record.programme else "", record.state)


def may(record: Record, permission: str, held: frozenset[str]) -> bool:
    """Whether these roles have a permission on a record as it is now."""
    return workflow(record).may(permission, record.state, held)


def roles_in(session: Session, actor: Actor, record: Record) -> frozenset[str]:
    """The actor's roles relative to a record."""
    me = standing(session, actor)
    found = {roles.ANYONE}
    if me.person_id is None:
        return frozenset(found)
    found.add(roles.SIGNED_IN)
    for authorship in record.authorships:
        if authorship.person_id == me.person_id and authorship.role in (tables.AUTHOR, tables.CO_AUTHOR):
            found.add(roles.AUTHOR if authorship.role == tables.AUTHOR else roles.CO_AUTHOR)
    if record.coach_id == me.person_id or record.programme_id in me.coaches:
        found.add(roles.COACH)
    if me.manager:
        found.add(roles.MANAGER)
    if record.state in known.UNDER_REVIEW and reviewing.is_adviser(session, record.id, me.person_id):
        found.add(roles.ADVISER)
    return frozenset(found)


def approved(session: Session, actor: Actor, record: Record) -> bool:
    """Whether a record waits for a second coach after this one's approval."""
    if record.state != SECOND_REVIEW:
        return False
    step = find.last_step(session, record.id, "approve")
    return step is not None and step.person_id == actor.person_id


def another_decides(session: Session, actor: Actor, record: Record) -> bool:
    """Whether another coach has to publish it: this one wrote some of it, or gave the first approval."""
    return own_work(session, actor, record) or approved(session, actor, record)


def own_work(session: Session, actor: Actor, record: Record) -> bool:
    """Whether the actor wrote any of it, now or earlier, or is credited under the same e-mail."""
    person = find.person(session, actor.person_id) if actor.person_id is not None else None
    if person is None:
        return False
    listed = any(a.person_id == person.id or (a.email and a.email == person.email) for a in record.authorships)
    return listed or find.wrote_a_revision(session, record.id, person.id)


def desk_record(
    session: Session, actor: Actor, record_id: str, permission: str = "view", lock: bool = False
) -> tuple[Record, frozenset[str]]:
    """A record for somebody who works on it, with the actor's roles.

    Raises NotFound for who may not know of its latest revision, Forbidden for who may see it but not do this.
    """
    record = find.record(session, record_id, lock)
    if record is None:
        raise NotFound(record_id)
    held = roles_in(session, actor, record)
    desk = held - {roles.ANYONE, roles.SIGNED_IN}
    if not may(record, "view", desk):
        raise NotFound(record_id)
    if not may(record, permission, held):
        raise Forbidden(permission)
    return record, held


def require_person(session: Session, actor: Actor) -> Standing:
    """The standing of somebody who is signed in. Raises SignInNeeded."""
    me = standing(session, actor)
    if me.person_id is None:
        raise SignInNeeded
    return me


def require_manager(session: Session, actor: Actor) -> Standing:
    """The standing of a manager. Raises SignInNeeded or Forbidden."""
    me = require_person(session, actor)
    if not me.manager:
        raise Forbidden("manage")
    return me
