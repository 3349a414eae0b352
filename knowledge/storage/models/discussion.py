"""What authors and coaches say to each other about a record: threads on its fields, and the comments in them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from knowledge.storage.models.base import Row, now
from knowledge.storage.models.people import Person
from knowledge.storage.models.records import Revision

OPEN, ADDRESSED, RESOLVED = "open", "addressed", "resolved"


class Thread(Row):
    """A point about a field of a record, or about the whole of it (`field` "").

    `quote`: the words it is about, "" for the whole answer. `revision`: what was looked at when it began. `private`:
    between coaches and managers; its authors never see it. `standing`: open, addressed by an author, or resolved.
    """

    __tablename__ = "thread"

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"))
    field: Mapped[str] = mapped_column(String(60), default="")
    quote: Mapped[str] = mapped_column(String(500), default="")
    private: Mapped[bool] = mapped_column(default=False)
    standing: Mapped[str] = mapped_column(String(10), default=OPEN)
    by_coach: Mapped[bool] = mapped_column(default=False)
    created: Mapped[datetime] = mapped_column(default=now)

    comments: Mapped[list[Comment]] = relationship(lazy="raise", order_by="Comment.id", cascade="all, delete-orphan")
    revision: Mapped[Revision] = relationship(lazy="raise")


class Comment(Row):
    """One contribution to a thread. `key`: of the press of the button, so that pressing twice says it once.

    `link` and `guest`: of somebody without an account, the link she came by and the name it was made for.
    """

    __tablename__ = "comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(String(64), unique=True)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("share_link.id"), index=True)
    guest: Mapped[str] = mapped_column(String(120), default="", server_default=sql_text("''"))
    at: Mapped[datetime] = mapped_column(default=now)

    person: Mapped[Person | None] = relationship(lazy="raise")

    @property
    def by(self) -> str:
        """The name of who wrote it, "" when it is not known any more."""
        return self.person.name if self.person else self.guest


class ShareLink(Row):
    """A link by which one reader without an account reads the latest text of a record and comments on it.

    The link holds a random token, this row only its hash. `name` and `email`: whom it was made for. `ended`: when it
    was taken back.
    """

    __tablename__ = "share_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254), default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created: Mapped[datetime] = mapped_column(default=now)
    expires: Mapped[datetime]
    last_used: Mapped[datetime | None]
    ended: Mapped[datetime | None]

    by: Mapped[Person] = relationship(lazy="raise")

    @property
    def open(self) -> bool:
        """Whether it still opens anything."""
        return self.ended is None and self.expires > now()
