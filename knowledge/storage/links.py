"""Queries on the links for readers without an account, each named for what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from knowledge.storage.models.discussion import Comment, ShareLink, Thread
from knowledge.storage.threads import WHOLE


def of_record(session: Session, record_id: str) -> Sequence[ShareLink]:
    """The links of a record, the newest first."""
    query = select(ShareLink).where(ShareLink.record_id == record_id).options(joinedload(ShareLink.by))
    return session.scalars(query.order_by(ShareLink.id.desc())).all()


def by_hash(session: Session, token_hash: str) -> ShareLink | None:
    """The link whose token has this hash."""
    query = select(ShareLink).where(ShareLink.token_hash == token_hash).options(joinedload(ShareLink.by))
    return session.scalar(query)


def one(session: Session, record_id: str, link_id: int) -> ShareLink | None:
    """A link of this record."""
    return session.scalar(select(ShareLink).where(ShareLink.id == link_id, ShareLink.record_id == record_id))


def end_all(session: Session, record_id: str, moment: datetime) -> None:
    """No link to this record opens any more."""
    mine = update(ShareLink).where(ShareLink.record_id == record_id, ShareLink.ended.is_(None))
    session.execute(mine.values(ended=moment))


def threads(session: Session, link_id: int) -> Sequence[Thread]:
    """What was said in the threads that the reader of this link began."""
    begun = select(Comment.thread_id).where(Comment.link_id == link_id)
    query = select(Thread).where(Thread.id.in_(begun), Thread.private.is_(False)).options(*WHOLE)
    return session.scalars(query.order_by(Thread.id)).all()


def comments_since(session: Session, link_id: int, moment: datetime) -> int:
    """How many comments came by this link since then."""
    query = select(func.count()).select_from(Comment).where(Comment.link_id == link_id, Comment.at >= moment)
    return session.scalar(query) or 0
