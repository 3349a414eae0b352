"""The coach's desk: what waits, oldest first, and what changed since it was last published or returned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from knowledge.content.fields import N_
from knowledge.services import access
from knowledge.services.actor import Actor
from knowledge.storage import find
from knowledge.storage.models import records as tables
from knowledge.storage.models.records import Record, Revision
from workflows.editorial import IN_REVIEW


@dataclass(frozen=True)
class Waiting:
    """One line of the queue: whose it is and for how long it has waited, in working days."""

    record: Record
    authors: tuple[str, ...]
    days: int
    again: bool
    own: bool


@dataclass(frozen=True)
class Baseline:
    """What the latest text is compared with, and what that is in words."""

    values: Mapping[str, Any]
    what: str
    number: int


def queue(session: Session, actor: Actor, facets: Sequence[tuple[str, str]] = ()) -> list[Waiting]:
    """What waits for this coach: her programmes' records and those assigned to her, oldest first.

    `facets`: pairs of facet and value that a record must have; the database filters.
    """
    me = access.require_person(session, actor)
    found = []
    for record in find.waiting(session, IN_REVIEW, me.coaches, me.person_id, facets):
        found.append(
            Waiting(
                record,
                tuple(a.name for a in record.authorships if a.role != tables.FORMER),
                working_days(record.waiting_since or record.changed, datetime.now(UTC)),
                find.last_step(session, record.id, "request-changes") is not None,
                access.own_work(session, actor, record),
            )
        )
    return found


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


def working_days(since: datetime, until: datetime) -> int:
    """Whole working days (Monday to Friday) from one moment to another, in UTC."""
    day, end = since.astimezone(UTC).date(), until.astimezone(UTC).date()
    weeks, rest = divmod(max((end - day).days, 0), 7)
    return 5 * weeks + sum(_works(day + timedelta(days=n + 1)) for n in range(rest))


def _works(day: date) -> bool:
    return day.weekday() < 5


def _of(revision: Revision, what: str) -> Baseline:
    return Baseline(revision.values, what, revision.number)
