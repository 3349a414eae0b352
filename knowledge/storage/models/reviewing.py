"""What a review leaves behind: what each coach looked at, scores, second opinions, and phrases for coming ones."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from knowledge.storage.models.base import Row, now
from knowledge.storage.models.people import Person
from knowledge.storage.models.records import Record, Revision


class Look(Row):
    """Somebody who reviews had this revision before her eyes; `at`: the first time."""

    __tablename__ = "look"

    record_id: Mapped[str] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)

    revision: Mapped[Revision] = relationship(lazy="raise")


class Score(Row):
    """The checks of its kind on one revision, as one person sees them; her last word on it.

    `marks`: check (its English text) -> [mark, note]. `by_coach`: by a coach about it, or by a writer about her own
    work. `claimed` and `level`: the evidence that the text claims, and what a coach confirms ("" for neither).
    `reason`: why it is lower, in words for everybody.
    """

    __tablename__ = "score"
    __table_args__ = (Index("ix_score_record_id_at", "record_id", "at"),)

    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"))
    by_coach: Mapped[bool]
    marks: Mapped[dict[str, Any]]
    claimed: Mapped[str] = mapped_column(String(64), default="")
    level: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(default=now)

    person: Mapped[Person] = relationship(lazy="raise")
    revision: Mapped[Revision] = relationship(lazy="raise")


class Opinion(Row):
    """A coach asks another one to look at a record: with what words, and what she answered.

    `verdict`: "publish", "return", or "" until she answers. `ended`: when the decision was taken; until then the asked
    one may read the record, which gives her the role of an adviser.
    """

    __tablename__ = "opinion"

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), index=True)
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    question: Mapped[str] = mapped_column(Text, default="")
    asked: Mapped[datetime] = mapped_column(default=now)
    verdict: Mapped[str] = mapped_column(String(10), default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    answered: Mapped[datetime | None]
    ended: Mapped[datetime | None]

    record: Mapped[Record] = relationship(lazy="raise")
    asker: Mapped[Person] = relationship(foreign_keys=[asked_by], lazy="raise")
    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="raise")


class Phrase(Row):
    """Words that the coaches of a programme say often."""

    __tablename__ = "phrase"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(String(500))
