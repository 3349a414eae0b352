"""Queries on threads and comments, each named for what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from knowledge.storage.models.advice import Fine
from knowledge.storage.models.discussion import OPEN, Comment, Thread

WHOLE = (selectinload(Thread.comments).joinedload(Comment.person), joinedload(Thread.revision))


def of_record(session: Session, record_id: str, private: bool) -> Sequence[Thread]:
    """The threads of a record, the oldest first; the private ones only when asked for."""
    query = select(Thread).where(Thread.record_id == record_id).options(*WHOLE).order_by(Thread.id)
    return session.scalars(query if private else query.where(Thread.private.is_(False))).all()


def thread(session: Session, record_id: str, thread_id: int) -> Thread | None:
    """A thread of this record."""
    query = select(Thread).where(Thread.id == thread_id, Thread.record_id == record_id).options(*WHOLE)
    return session.scalar(query.execution_options(populate_existing=True))


def open_points(session: Session, record_id: str) -> int:
    """How many points of coaches an author has still to address."""
    query = select(func.count()).select_from(Thread)
    query = query.where(Thread.record_id == record_id, Thread.standing == OPEN, Thread.private.is_(False))
    return session.scalar(query.where(Thread.by_coach)) or 0


def said(session: Session, key: str) -> Comment | None:
    """The comment of this press of a button."""
    return session.scalar(select(Comment).where(Comment.key == key))


def comments_since(session: Session, person_id: int, moment: datetime) -> int:
    """How many comments somebody has written since then."""
    query = select(func.count()).select_from(Comment).where(Comment.person_id == person_id, Comment.at >= moment)
    return session.scalar(query) or 0


def fine(session: Session, record_id: str) -> frozenset[str]:
    """The keys of the advice on a record that its writers have found to be fine."""
    return frozenset(session.scalars(select(Fine.key).where(Fine.record_id == record_id)))
