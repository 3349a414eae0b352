"""What the database keeps of every mail."""

from __future__ import annotations

from sqlalchemy import select

from knowledge.storage.models.mail import Mail
from tests.conftest import Stage


def mails(stage: Stage) -> list[tuple[str, int, str, str]]:
    with stage.site.db.reading() as session:
        return [(m.event, m.person_id, m.outcome, m.trouble) for m in session.scalars(select(Mail).order_by(Mail.id))]
