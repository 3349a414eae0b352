"""A clock that tests set, decisions for a day, and what came of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from knowledge.services import scheduling
from knowledge.storage import find
from knowledge.storage.models.mail import Mail
from knowledge.storage.models.records import Publication
from tests.conftest import Stage

REAL = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = "2026-03-05"


class Clock:
    """The hour, as the parts of the program that look at it see it."""

    def __init__(self) -> None:
        self.hour = REAL

    def __call__(self) -> datetime:
        return self.hour

    def to(self, day: str, hours: int = 1) -> None:
        self.hour = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=hours)


def decide(stage: Stage, record: str, on: str = DAY, who: str = "coach", **more: Any) -> None:
    stage.site.act(scheduling.plan, stage.actor(who), record, on, **{"seen": 1, **more})


def is_public(stage: Stage, record: str) -> bool:
    return stage.client().get(f"/practices/{record}", follow_redirects=True).status_code == 200


def state(stage: Stage, record: str) -> tuple[str, bool]:
    """The state, and whether a decision waits."""
    with stage.site.db.reading() as session:
        found = find.record(session, record)
        assert found is not None
        return found.state, found.plan is not None


def published(stage: Stage, record: str) -> int:
    """How often it became public."""
    with stage.site.db.reading() as session:
        return len(session.scalars(select(Publication).where(Publication.record_id == record)).all())


def told(stage: Stage, kind: str) -> list[int]:
    with stage.site.db.reading() as session:
        return [m.person_id for m in session.scalars(select(Mail).where(Mail.event == kind).order_by(Mail.id))]
