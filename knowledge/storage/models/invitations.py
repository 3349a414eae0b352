"""Invitations: to a programme with a role, or to write a record with its author."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from knowledge.storage.models.base import Row, now
from knowledge.storage.models.people import Person
from knowledge.storage.models.programmes import Programme
from knowledge.storage.models.records import Authorship

OPEN, ACCEPTED, DECLINED, TAKEN_BACK = "open", "accepted", "declined", "taken back"


class Invitation(Row):
    """Somebody is asked, at an address, to take a part: in a programme, or in the record of an authorship.

    `role` is the membership's or the authorship's. `seed` is signed into the link, so that a row that takes the
    number of an earlier one never answers to its link.
    """

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    seed: Mapped[str] = mapped_column(String(32))
    email: Mapped[str] = mapped_column(String(254), index=True)
    role: Mapped[str] = mapped_column(String(20))
    programme_id: Mapped[str | None] = mapped_column(ForeignKey("programme.id"), index=True)
    authorship_id: Mapped[int | None] = mapped_column(ForeignKey("authorship.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    outcome: Mapped[str] = mapped_column(String(12), default=OPEN)
    created: Mapped[datetime] = mapped_column(default=now)
    sent: Mapped[datetime] = mapped_column(default=now)
    times: Mapped[int] = mapped_column(default=1)
    expires: Mapped[datetime]

    by: Mapped[Person] = relationship(lazy="raise")
    programme: Mapped[Programme | None] = relationship(lazy="raise")
    authorship: Mapped[Authorship | None] = relationship(lazy="raise")

    @property
    def expired(self) -> bool:
        """Whether its link is too old."""
        return self.expires <= now()
