"""The coach's desk: who has one, what changed in a record since she last looked, and her decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from knowledge.content.fields import N_
from knowledge.services import access, discussion, editorial, scheduling, scoring
from knowledge.services.actor import Actor
from knowledge.services.errors import NotFound
from knowledge.storage import find, reviewing
from knowledge.storage.models.records import Plan, Record, Revision
from knowledge.storage.models.reviewing import Look
from workflows.definition import Move
from workflows.known import UNDER_REVIEW

SETTLES = ("publish", "approve")  # with these a coach takes what is addressed for done
DECISIONS = ("request-changes", "publish", "approve")
RETURNED = "changes_requested"  # a record may come like this from another site


@dataclass(frozen=True)
class Baseline:
    """What the latest text is compared with, and what that is in words."""

    values: Mapping[str, Any]
    what: str
    number: int


def is_coach(session: Session, actor: Actor) -> bool:
    """Whether the actor reviews anything: coach of a programme, or of a record assigned to her."""
    me = access.standing(session, actor)
    return me.coach or bool(me.person_id and find.waiting(session, UNDER_REVIEW, (), me.person_id))


def baseline(session: Session, actor: Actor, record: Record) -> Baseline | None:
    """What this coach last looked at or decided on; if she never did, what was returned or published last.

    None for a first submission. Of a text that was returned and sent again unchanged it is that text itself.
    """
    answered = find.last_step(session, record.id, "request-changes", "publish", "import")
    returned = answered.revision if answered and answered.target == RETURNED else None
    found = _seen_by(session, actor, record) or returned
    if found is None and record.live_id != record.latest_id:
        found = record.live
    if found is None:
        return None
    if returned and returned.id == found.id:
        return _of(found, N_("it was returned"))
    return _of(found, N_("the published version") if found.id == record.live_id else N_("you last looked"))


def _seen_by(session: Session, actor: Actor, record: Record) -> Revision | None:
    """The newest of what this person decided on, or had before her eyes before the latest revision was there."""
    me, latest = actor.person_id or 0, record.latest.number
    looked = reviewing.looked_at(session, record.id, me, latest)
    decided = reviewing.last_step_of(session, record.id, me, DECISIONS)
    found = [each.revision for each in (looked, decided) if each is not None and each.revision is not None]
    return max((r for r in found if r.number <= latest), key=lambda r: r.number, default=None)


def look(session: Session, actor: Actor, record_id: str, number: int) -> None:
    """Remember that this reviewer had a revision before her eyes. Raises NotFound, Forbidden."""
    record, _ = access.desk_record(session, actor, record_id, "review")
    revision = find.revision(session, record_id, number)
    if revision is None:
        raise NotFound(record_id)
    if session.get(Look, (record.id, actor.person_id, revision.id)) is None:
        session.add(Look(record_id=record.id, person_id=actor.person_id or 0, revision_id=revision.id))


def decide(
    session: Session,
    actor: Actor,
    record_id: str,
    transition: str,
    *,
    words: str = "",
    public_words: str = "",
    seen: int | None = None,
    given: scoring.Given | None = None,
    points: Sequence[int] = (),
    remarks: Sequence[discussion.Remark] = (),
) -> Move:
    """Take a step, keep what its coach says of the checks and `remarks`, and resolve `points`, all of it or nothing.

    `points`: those that lay before her as addressed; they are settled by her publishing or approving the text. Raises
    Invalid for what she fills in, and whatever `editorial.advance` raises.
    """
    _keep(session, actor, record_id, seen, given, remarks)
    if transition in SETTLES:
        discussion.resolve_all(session, actor, record_id, points)
    return editorial.advance(session, actor, record_id, transition, words=words, public_words=public_words, seen=seen)


def plan(
    session: Session,
    actor: Actor,
    record_id: str,
    on: str,
    *,
    words: str = "",
    seen: int | None = None,
    given: scoring.Given | None = None,
    remarks: Sequence[discussion.Remark] = (),
) -> Plan:
    """Decide now on publication on a later day, with what is said of the checks and `remarks`, all of it or nothing.

    Raises Invalid for what she fills in, and whatever `scheduling.plan` raises.
    """
    _keep(session, actor, record_id, seen, given, remarks)
    return scheduling.plan(session, actor, record_id, on, words=words, seen=seen)


def _keep(
    session: Session,
    actor: Actor,
    record_id: str,
    seen: int | None,
    given: scoring.Given | None,
    remarks: Sequence[discussion.Remark],
) -> None:
    record = find.record(session, record_id, lock=True)
    held = access.roles_in(session, actor, record) if record else frozenset[str]()
    discussion.say_all(session, actor, record_id, remarks)
    if record and given is not None and access.may(record, "score", held):
        scoring.score(session, actor, record_id, given, seen)


def _of(revision: Revision, what: str) -> Baseline:
    return Baseline(revision.values, what, revision.number)
