"""Files of records, and those that are still on their way here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.storage.models.base import Row, now


class StoredFile(Row):
    """A file that somebody added to a record. Its bytes are in the store before this row is there.

    It has no rights of its own: it is public when the live revision refers to it, and else seen by who sees the
    record at its desk. `size`: bytes of all that is kept of it; `sizes`: of a picture, name -> [width, height];
    `text`: the words found in it; `note`: why there are none; `digest`: of what was sent, so that sending it again
    gives the same file.
    """

    __tablename__ = "file"
    __table_args__ = (UniqueConstraint("record_id", "digest"),)

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(10))
    format: Mapped[str] = mapped_column(String(10))
    size: Mapped[int] = mapped_column(BigInteger)
    sizes: Mapped[dict[str, Any]]
    text: Mapped[str] = mapped_column(Text, default="", deferred=True)
    note: Mapped[str] = mapped_column(String(200), default="")
    digest: Mapped[str] = mapped_column(String(64))
    added: Mapped[datetime] = mapped_column(default=now)


class Upload(Row):
    """A file that comes in chunks. `key` makes the same file go on where it stopped; `chunks`: the length of each.

    `file_id`: what became of it, once it was whole.
    """

    __tablename__ = "upload"

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(BigInteger)
    chunks: Mapped[list[int]] = mapped_column(JSON, default=list)
    file_id: Mapped[str | None] = mapped_column(String(20))
    touched: Mapped[datetime] = mapped_column(default=now, index=True)

    @property
    def received(self) -> int:
        """How many bytes are here."""
        return sum(self.chunks)
