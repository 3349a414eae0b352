"""Advice on a record, for those who write it and those who review it, and a writer's word that something is fine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from knowledge.content.registry import RecordType
from knowledge.derive.advice.look import advice
from knowledge.derive.advice.passages import Advice
from knowledge.services import access, calling, vocabulary, wording
from knowledge.services.actor import Actor
from knowledge.services.errors import NotFound
from knowledge.storage import threads
from knowledge.storage.models.advice import Fine
from knowledge.storage.models.base import now

MOST = 400  # that are fine, in one record: no person reads more


@dataclass(frozen=True)
class Advised:
    """What is worth a look, what of it a writer has found to be fine, and whether this reader may say so."""

    open: tuple[Advice, ...] = ()
    fine: tuple[Advice, ...] = ()
    may_say: bool = False


def of(session: Session, actor: Actor, record_id: str) -> Advised:
    """Advice on the latest text, for who works on it. Raises NotFound."""
    record, held = access.desk_record(session, actor, record_id)
    record_type = vocabulary.registry(session)[record.kind]
    may = access.may(record, "edit", held)
    return _sorted(session, record_type, record.latest.values, record.id, may)


def on(session: Session, record_type: RecordType, values: Mapping[str, Any], record_id: str = "") -> Advised:
    """Advice on answers that somebody is writing, saved or not, in a record that she may edit ("" for a new one)."""
    return _sorted(session, record_type, values, record_id, bool(record_id))


def say(session: Session, actor: Actor, record_id: str, key: str, fine: bool) -> None:
    """Say of some advice that it is fine, until the words change; or that it is not. Raises NotFound, Forbidden."""
    record, _ = access.desk_record(session, actor, record_id, "edit", lock=True)
    if not re.fullmatch("[0-9a-f]{24}", key):
        raise NotFound("advice")
    found = session.get(Fine, (record.id, key))
    if found is not None and not fine:
        session.delete(found)
    elif found is None and fine and len(threads.fine(session, record.id)) < MOST:
        session.add(Fine(record_id=record.id, key=key, person_id=actor.person_id))


def _sorted(
    session: Session, record_type: RecordType, values: Mapping[str, Any], record_id: str, may_say: bool
) -> Advised:
    known = calling.called(session, record_id)
    found = advice(record_type, values, wording.synonyms(session), now().date(), known)
    fine = threads.fine(session, record_id) if record_id and found else frozenset()
    return Advised(tuple(a for a in found if a.key not in fine), tuple(a for a in found if a.key in fine), may_say)
