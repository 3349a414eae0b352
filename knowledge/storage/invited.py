"""Queries on invitations, and on names that are credited without an account, each named for what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, joinedload

from knowledge.storage.models.invitations import OPEN, Invitation
from knowledge.storage.models.records import CREDITED, Authorship

WHOLE = (joinedload(Invitation.by), joinedload(Invitation.programme), joinedload(Invitation.authorship))


def invitation(session: Session, number: int, lock: bool = False) -> Invitation | None:
    """An invitation with what it is to; `lock`: of two who answer it at once, one comes second."""
    if lock:
        session.execute(select(Invitation.id).where(Invitation.id == number).with_for_update())
    query = select(Invitation).where(Invitation.id == number).options(*WHOLE)
    return session.scalar(query.execution_options(populate_existing=True))


def open_of_programme(session: Session, programme_id: str) -> Sequence[Invitation]:
    """Those to a programme that nobody has answered, the newest first."""
    query = select(Invitation).where(Invitation.programme_id == programme_id, Invitation.outcome == OPEN)
    return session.scalars(query.options(*WHOLE).order_by(Invitation.id.desc())).all()


def open_of_record(session: Session, record_id: str) -> Sequence[Invitation]:
    """Those to write a record that nobody has answered."""
    query = select(Invitation).join(Authorship, Authorship.id == Invitation.authorship_id)
    query = query.where(Authorship.record_id == record_id, Invitation.outcome == OPEN)
    return session.scalars(query.options(*WHOLE).order_by(Invitation.id)).all()


def made_since(session: Session, person_id: int, moment: datetime) -> int:
    """How many somebody has made since then."""
    query = select(func.count()).where(Invitation.by_id == person_id, Invitation.created >= moment)
    return session.scalar(query) or 0


def credited_under(session: Session, email: str) -> Sequence[Authorship]:
    """The lines that credit this address without an account."""
    query = select(Authorship).where(Authorship.email == email, Authorship.person_id.is_(None))
    return session.scalars(query.where(Authorship.role == CREDITED)).all()


def is_listed(session: Session, record_id: str, person_id: int) -> bool:
    """Whether a record has a line for this account, a former one counts."""
    line = exists().where(Authorship.record_id == record_id, Authorship.person_id == person_id)
    return bool(session.scalar(select(line)))
