"""Queries on what people sign in with: their sign-ins, their browsers, their second factor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from knowledge.storage.models.people import KnownBrowser, Person, SecondFactor, SignIn


def sign_ins(session: Session, person_id: int, moment: datetime) -> Sequence[SignIn]:
    """Where this person is signed in, the browser that was used last first."""
    query = select(SignIn).where(SignIn.person_id == person_id, SignIn.expires > moment)
    return session.scalars(query.order_by(func.coalesce(SignIn.seen, SignIn.created).desc())).all()


def sign_ins_of(session: Session, token_hashes: Sequence[str]) -> Sequence[SignIn]:
    """These sign-ins, those of them that are still there."""
    return session.scalars(select(SignIn).where(SignIn.token_hash.in_(token_hashes))).all()


def forget_sign_ins(session: Session, moment: datetime) -> None:
    """Those that have expired."""
    session.execute(delete(SignIn).where(SignIn.expires < moment))


def browsers(session: Session, person_id: int) -> Sequence[KnownBrowser]:
    """The browsers this person signed in with before."""
    return session.scalars(select(KnownBrowser).where(KnownBrowser.person_id == person_id)).all()


def second_factor(session: Session, person_id: int, lock: bool = False) -> SecondFactor | None:
    """What makes this person's codes; `lock` keeps others from using the same one at this moment."""
    query = select(SecondFactor).where(SecondFactor.person_id == person_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def person(session: Session, person_id: int) -> Person | None:
    """A person, kept from others until the transaction ends: of two who use a link at once, one comes second."""
    query = select(Person).where(Person.id == person_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))
