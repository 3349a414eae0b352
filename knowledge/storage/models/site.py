"""What belongs to the site as a whole: terms and synonyms of its own, common searches, the outbox of the index."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.storage.models.base import Row, now


class VocabularyTerm(Row):
    """A term a manager added, renamed or retired; laid over what the project ships. Rows are never deleted.

    `definition` is the English one at that time; what the project ships now, in all languages, goes before it.
    """

    __tablename__ = "vocabulary_term"

    vocabulary: Mapped[str] = mapped_column(String(40), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    names: Mapped[dict[str, Any]]
    parent: Mapped[str] = mapped_column(String(64), default="")
    definition: Mapped[str] = mapped_column(Text, default="")
    synonyms: Mapped[list[str]] = mapped_column(JSON, default=list)
    retired: Mapped[bool] = mapped_column(default=False)
    changed: Mapped[datetime] = mapped_column(default=now)


class SynonymGroup(Row):
    """Terms that mean about the same, added by a manager to those that the project ships. Rows are never deleted."""

    __tablename__ = "synonym_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    terms: Mapped[list[str]] = mapped_column(JSON)
    removed: Mapped[bool] = mapped_column(default=False)
    changed: Mapped[datetime] = mapped_column(default=now)


class SearchAsked(Row):
    """A search: its words, folded, as it was typed last, on how many days somebody asked, and the last of them."""

    __tablename__ = "search_asked"

    words: Mapped[str] = mapped_column(String(80), primary_key=True)
    text: Mapped[str] = mapped_column(String(80))
    days: Mapped[int] = mapped_column(index=True)
    last: Mapped[date]


class Outbox(Row):
    """Says "record X changed": written in the transaction of the change, deleted when the index has it durably."""

    __tablename__ = "outbox"
    # never hand out an id twice: a slow drain must not delete a newer row that took the id of an old one
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 (SQLAlchemy's own hook)

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
