"""Queries on what was public, what is to become public, and what goes out of date, each named for what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from knowledge.storage.models.records import Plan, Publication, Record, Revision


def of_record(session: Session, record_id: str) -> Sequence[Publication]:
    """The versions of a record that everybody can read, the newest first, without their texts."""
    query = select(Publication).where(Publication.record_id == record_id, Publication.ended.is_(None))
    return session.scalars(query.options(joinedload(Publication.by)).order_by(Publication.id.desc())).all()


def texts(session: Session, record_id: str) -> Sequence[dict[str, Any]]:
    """The answers of the versions of a record that everybody can read, the newest first."""
    query = select(Revision.values).join(Publication, Publication.revision_id == Revision.id)
    query = query.where(Publication.record_id == record_id, Publication.ended.is_(None))
    return session.scalars(query.order_by(Publication.id.desc())).all()


def of_number(session: Session, record_id: str, number: int) -> Publication | None:
    """The version with this number, if it ever was public; of several times the last."""
    query = select(Publication).where(Publication.record_id == record_id, Publication.number == number)
    whole = query.options(joinedload(Publication.by), joinedload(Publication.revision))
    return session.scalar(whole.order_by(Publication.id.desc()).limit(1))


def end(session: Session, record_id: str, moment: datetime) -> None:
    """Nothing of this record is public any more."""
    mine = update(Publication).where(Publication.record_id == record_id, Publication.ended.is_(None))
    session.execute(mine.values(ended=moment))


def due(session: Session, moment: datetime, limit: int = 100) -> Sequence[str]:
    """The records that somebody decided to publish by now, the longest due first."""
    query = select(Plan.record_id).where(Plan.due <= moment).order_by(Plan.due, Plan.record_id)
    return session.scalars(query.limit(limit)).all()


def expired(session: Session, moment: datetime, limit: int = 100) -> Sequence[str]:
    """The public records that have gone out of date, and whose authors were not asked yet."""
    query = select(Record.id).where(Record.expires <= moment, Record.live_id.is_not(None))
    return session.scalars(query.where(Record.expiry_told.is_(False)).order_by(Record.expires).limit(limit)).all()
