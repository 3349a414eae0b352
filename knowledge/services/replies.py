"""Answers by mail: the signed address that says who answers in which thread, and keeping an answer as a comment.

The address stands in the Reply-To of a mail and nowhere else. It is short, in small letters and digits (servers cut
names at 64 characters, and some change capitals), holds for a quarter of a year, and is not enough: the answer must
come from the person's own address, and her rights are looked up when it arrives.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from knowledge.services import accounts, discussion
from knowledge.services.actor import Actor
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.storage import find, threads
from knowledge.storage.models.discussion import Thread
from knowledge.storage.models.people import Person

HOLDS = timedelta(days=90)
_DAY_ONE = date(2020, 1, 1)
_PACKED = struct.Struct(">IIH")
_PROOF = 10  # bytes


@dataclass(frozen=True)
class ReplyTo:
    """Who answers, and in which thread."""

    person_id: int
    thread_id: int


def address(key: str, base: str, to: ReplyTo, moment: datetime) -> str:
    """`reply@host` with a proof in it: reply+PROOF@host."""
    until = (moment.astimezone(UTC) + HOLDS).date()
    packed = _PACKED.pack(to.person_id, to.thread_id, (until - _DAY_ONE).days)
    token = base64.b32encode(packed + _proof(key, packed)).decode().rstrip("=").lower()
    name, _, host = base.partition("@")
    return f"{name}+{token}@{host}"


def read(key: str, base: str, given: str, moment: datetime) -> ReplyTo:
    """Whom an address belongs to. Raises NotFound for one that was not made here or holds no more."""
    name, _, host = base.casefold().partition("@")
    local, _, at = given.strip().casefold().rpartition("@")
    prefix, _, token = local.partition("+")
    if (prefix, at) != (name, host):
        raise NotFound("address")
    try:
        whole = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        packed, proof = whole[: _PACKED.size], whole[_PACKED.size :]
        person_id, thread_id, until = _PACKED.unpack(packed)
    except (ValueError, struct.error):
        raise NotFound("address") from None
    if not hmac.compare_digest(proof, _proof(key, packed)):
        raise NotFound("address")
    if moment.astimezone(UTC).date() > _DAY_ONE + timedelta(days=until):
        raise NotFound("address")
    return ReplyTo(person_id, thread_id)


def take(session: Session, to: ReplyTo, sender: str, text: str, message_id: str) -> bool:
    """Keep an answer as a comment; whether it is new. The same message again changes nothing.

    Raises NotFound when there is no such person or thread, Forbidden when `sender` is not her address or she may not
    comment there now, Invalid.
    """
    person, thread = find.person(session, to.person_id), session.get(Thread, to.thread_id)
    if person is None or not person.active or thread is None:
        raise NotFound("thread")
    if not _hers(person, sender):
        raise Forbidden("sender")
    key = "mail:" + hashlib.sha256(f"{person.id}:{thread.id}:{message_id}".encode()).hexdigest()[:48]
    if threads.said(session, key) is not None:
        return False
    try:
        discussion.reply(session, Actor(person.id, person.name), thread.record_id, thread.id, text, key)
    except NotFound:  # the record is there; she may not see it any more
        raise Forbidden("comment") from None
    return True


def _hers(person: Person, sender: str) -> bool:
    try:
        return accounts.normal_email(sender) == person.email
    except Invalid:
        return False


def _proof(key: str, packed: bytes) -> bytes:
    secret = hashlib.sha256(b"mail-reply:" + key.encode()).digest()
    return hmac.new(secret, packed, hashlib.sha256).digest()[:_PROOF]
