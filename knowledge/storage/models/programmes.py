"""Programmes: a workshop, its apprentices and the coaches who review what they write."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from knowledge.storage.models.base import Row, now
from knowledge.storage.models.people import Person

APPRENTICE, COACH = "apprentice", "coach"
REVIEW_DAYS = 5  # working days for a review, unless a programme says otherwise


class Programme(Row):
    """A cohort. Dates are ISO 8601 days, "" when not fixed; `review_days`: working days a coach has for an answer.

    `workflow`: the name of the one its records follow.
    """

    __tablename__ = "programme"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    about: Mapped[str] = mapped_column(Text, default="")
    workshop_start: Mapped[str] = mapped_column(String(10), default="")
    workshop_end: Mapped[str] = mapped_column(String(10), default="")
    ends: Mapped[str] = mapped_column(String(10), default="")
    review_days: Mapped[int] = mapped_column(default=REVIEW_DAYS, server_default=str(REVIEW_DAYS))
    workflow: Mapped[str] = mapped_column(String(20), default="editorial", server_default="editorial")
    created: Mapped[datetime] = mapped_column(default=now)


class Membership(Row):
    """A person's part in a programme; an apprentice may be paired with one coach."""

    __tablename__ = "membership"

    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(20))
    coach_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="raise")
    coach: Mapped[Person | None] = relationship(foreign_keys=[coach_id], lazy="raise")
    programme: Mapped[Programme] = relationship(lazy="raise")
