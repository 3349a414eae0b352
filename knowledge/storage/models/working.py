"""Text that is not a version yet: what somebody has typed into a form since she last saved it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from knowledge.storage.models.base import Row, now
from knowledge.storage.models.people import Person


class WorkingCopy(Row):
    """What one person has in her form, kept without being saved. Only she ever sees it.

    It belongs to a record or, before the first save has made one, to the `start_key` of its form. `fields`: the
    names and values of the form as they would be posted. `base`: number of the revision she started from, 0 for
    none. `key`: of the last keeping, so that sending it twice keeps it once. `began`: when she started typing.
    """

    __tablename__ = "working_copy"
    __table_args__ = (
        UniqueConstraint("record_id", "person_id"),
        UniqueConstraint("person_id", "start_key"),
        # never hand out an id twice: it is half of the tag by which a tab knows what it has seen
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    record_id: Mapped[str | None] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"))
    start_key: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(40))
    fields: Mapped[list[list[str]]] = mapped_column(JSON)
    base: Mapped[int] = mapped_column(default=0)
    key: Mapped[str] = mapped_column(String(64), default="")
    version: Mapped[int] = mapped_column(default=1)
    began: Mapped[datetime] = mapped_column(default=now)
    at: Mapped[datetime] = mapped_column(default=now)

    person: Mapped[Person] = relationship(lazy="raise")

    @property
    def tag(self) -> str:
        """What this text is known by: another text, or the same one kept again, has another tag."""
        return f"{self.id}.{self.version}"
