"""Who can read what waits: the coach of a record while she is there, or else those of its programme who are.

Nobody decides on what she wrote herself, nor twice where two coaches are asked for. Nobody at all may be left: then
managers have to know, because nothing is ever published without a coach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from knowledge.services import access
from knowledge.services.actor import Actor
from knowledge.storage import mailbox, reviews
from knowledge.storage.models.absences import Absence
from knowledge.storage.models.base import now
from knowledge.storage.models.people import Person
from knowledge.storage.models.records import Record


@dataclass(frozen=True)
class Rota:
    """The coaches of a day: by programme, and who is away."""

    session: Session
    pools: Mapping[str, Sequence[Person]]
    away: Mapping[int, Absence]

    def holder(self, record: Record) -> Person | None:
        """The coach who looks after a record, if she is there and may decide on it."""
        if record.coach_id is None or record.coach_id in self.away:
            return None
        return next(iter(self._able(mailbox.people(self.session, [record.coach_id]), record)), None)

    def pool(self, record: Record) -> list[Person]:
        """The coaches of its programme who are there and may decide on it."""
        return self._able(self.present(record.programme_id or ""), record)

    def coaches(self, record: Record) -> list[Person]:
        """Those whose turn it is when a record waits."""
        holder = self.holder(record)
        return [holder] if holder else self.pool(record)

    def present(self, programme_id: str) -> list[Person]:
        """The coaches of a programme who are there."""
        return [p for p in self.pools.get(programme_id, ()) if p.id not in self.away]

    def _able(self, people: Sequence[Person], record: Record) -> list[Person]:
        return [p for p in people if not access.another_decides(self.session, Actor(p.id, p.name), record)]


def rota(session: Session, moment: datetime | None = None) -> Rota:
    """The coaches of today, or of the day of another moment."""
    day = (moment or now()).astimezone(UTC).date()
    return Rota(session, reviews.pools(session), reviews.away(session, day))
