"""Queries on the links that were called up, each named for what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from knowledge.storage.models.outside import LinkCheck
from knowledge.storage.models.records import Record
from workflows.editorial import WITHDRAWN


def checked(session: Session, record_id: str) -> LinkCheck | None:
    """What was found when the links of a record were last called up."""
    return session.get(LinkCheck, record_id)


def due(
    session: Session, before: datetime, troubled_before: datetime, changed_before: datetime, limit: int
) -> Sequence[str]:
    """Records whose links are to be called up: never yet, or last before these moments; not before any other.

    `troubled_before`: of those with an address that led nowhere, `changed_before`: of those that changed since. What
    was withdrawn is left in peace.
    """
    again = LinkCheck.troubled & (LinkCheck.at < troubled_before)
    changed = (LinkCheck.at < Record.changed) & (LinkCheck.at < changed_before)
    query = select(Record.id).outerjoin(LinkCheck, LinkCheck.record_id == Record.id).where(Record.state != WITHDRAWN)
    query = query.where(or_(LinkCheck.at.is_(None), LinkCheck.at < before, again, changed))
    return session.scalars(query.order_by(LinkCheck.at.is_not(None), LinkCheck.at, Record.id).limit(limit)).all()
