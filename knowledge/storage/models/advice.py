"""Advice that a writer has looked at and found to be fine."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.storage.models.base import Row, now


class Fine(Row):
    """Somebody said "it is fine" of one piece of advice. `key` is made of its words: when they change, so does it."""

    __tablename__ = "fine"

    record_id: Mapped[str] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(24), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
