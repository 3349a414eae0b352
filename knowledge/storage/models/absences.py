"""When somebody is away: her reviews go back to the pool meanwhile, and she is not reminded."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from knowledge.storage.models.base import Row
from knowledge.storage.models.people import Person


class Absence(Row):
    """From a day until a day, both included: ISO 8601 days, in UTC like the working days."""

    __tablename__ = "absence"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    begins: Mapped[str] = mapped_column(String(10))
    ends: Mapped[str] = mapped_column(String(10), index=True)

    person: Mapped[Person] = relationship(lazy="raise")
