"""What happened to a record: its steps, its saved versions, and any two of them side by side."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from knowledge.content.registry import RecordType
from knowledge.services import access, vocabulary
from knowledge.services.actor import Actor
from knowledge.services.errors import NotFound
from knowledge.storage import find
from knowledge.storage.models.records import Record, Revision, Step


@dataclass(frozen=True)
class History:
    """Steps and saved versions, the newest first."""

    steps: tuple[Step, ...]
    revisions: tuple[Revision, ...]


@dataclass(frozen=True)
class Pair:
    """Two saved versions of one record, the older first."""

    record: Record
    record_type: RecordType
    before: Revision
    after: Revision


def of(session: Session, actor: Actor, record_id: str) -> History:
    """The history of a record, for those who work on it. Raises NotFound, Forbidden."""
    access.desk_record(session, actor, record_id, "view_history")
    return History(tuple(find.steps(session, record_id)), tuple(find.revisions(session, record_id)))


def pair(session: Session, actor: Actor, record_id: str, first: int, second: int) -> Pair:
    """Two versions by number. Raises NotFound, Forbidden."""
    record, _ = access.desk_record(session, actor, record_id, "view_history")
    numbers = sorted((first, second))
    found = [find.revision(session, record_id, n) for n in numbers]
    before, after = found
    if before is None or after is None:
        raise NotFound(record_id)
    return Pair(record, vocabulary.registry(session)[record.kind], before, after)
