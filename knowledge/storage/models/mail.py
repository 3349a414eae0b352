"""The mails people are to get, and when they want them. The words are written when a mail is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from knowledge.storage.models.base import Row, now
from knowledge.storage.models.people import Person

WAITING, SENT, DROPPED, FAILED = "waiting", "sent", "dropped", "failed"


class Mail(Row):
    """One thing to tell somebody, written in the transaction of what it tells of.

    To a person, or to an `email`: an address without an account, or another one than the account's own.

    `key` makes the same thing be told once. `facts`: ids of what is told, never its words: by the time of sending the
    reader may have lost the right to see them. `together`: goes into a digest with others. `dropped`: not sent,
    because its reader may not see it any more; `failed`: given up after many tries; `trouble` says why, in both.
    """

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_outcome_due", "outcome", "due"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    event: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(254), default="", server_default=text("''"), index=True)
    record_id: Mapped[str | None] = mapped_column(String(64), index=True)
    facts: Mapped[dict[str, Any]]
    together: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str] = mapped_column(String(10), default=WAITING)
    created: Mapped[datetime] = mapped_column(default=now)
    due: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    sent: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(String(200), default="")

    person: Mapped[Person | None] = relationship(lazy="raise")

    @property
    def address(self) -> str:
        """Where it goes."""
        return self.email or (self.person.email if self.person else "")


class MailWish(Row):
    """When somebody wants mail: `often` by kind of event, none in the `quiet` hours [from, until] of a time zone."""

    __tablename__ = "mail_wish"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), default="")
    zone: Mapped[str] = mapped_column(String(60), default="UTC")
    quiet: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    often: Mapped[dict[str, Any]]
