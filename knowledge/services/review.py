"""The coach's desk: who has one, and what changed in a record since it was last published or returned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from knowledge.content.fields import N_
from knowledge.services import access
from knowledge.services.actor import Actor
from knowledge.storage import find
from knowledge.storage.models.records import Record, Revision
from workflows.editorial import IN_REVIEW


@dataclass(frozen=True)
class Baseline:
    """What the latest text is compared with, and what that is in words."""

    values: Mapping[str, Any]
    what: str
    number: int


def is_coach(session: Session, actor: Actor) -> bool:
    """Whether the actor reviews anything: coach of a programme, or of a record assigned to her."""
    me = access.standing(session, actor)
    return me.coach or bool(me.person_id and find.waiting(session, IN_REVIEW, (), me.person_id))


def baseline(session: Session, record: Record) -> Baseline | None:
    """The text that a coach last decided on: the live one, or the one returned; None for a first submission."""
    step = find.last_step(session, record.id, "request-changes", "publish")
    if step and step.revision and step.revision_id != record.latest_id and step.transition == "request-changes":
        return _of(step.revision, N_("the version that was returned"))
    if record.live is not None and record.live_id != record.latest_id:
        return _of(record.live, N_("the published version"))
    return None


def _of(revision: Revision, what: str) -> Baseline:
    return Baseline(revision.values, what, revision.number)
