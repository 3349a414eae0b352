"""Signing in: a password, and a code where the account asks for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from knowledge.services import accounts, links, second_factor, sessions
from knowledge.services.errors import LinkOver
from knowledge.storage import keyring
from knowledge.storage.models.people import Person

LASTS = timedelta(minutes=10)  # between password and code


@dataclass(frozen=True)
class CodeWanted:
    """The password was right, and the account asks for a code too. `promise`: proves the first with the second."""

    promise: str


def sign_in(
    session: Session, key: str, email: str, password: str, browser: sessions.Browser = sessions.UNKNOWN
) -> str | CodeWanted | None:
    """The token for the cookie, or that a code is wanted; None, in the same time whether the account exists."""
    person = accounts.check(session, email, password)
    if person is None:
        return None
    if second_factor.asked_of(session, person):
        return CodeWanted(links.made(key, "code", person.id, _state(person)))
    return sessions.issue(session, person, browser)


def give_code(
    session: Session, key: str, promise: str, code: str, browser: sessions.Browser = sessions.UNKNOWN
) -> str | None:
    """The token for the cookie, or None for a wrong code. Raises LinkOver when the password is too long ago."""
    person = whose(session, key, promise)
    return sessions.issue(session, person, browser) if second_factor.take(session, key, person, code) else None


def whose(session: Session, key: str, promise: str) -> Person:
    """Who has given her password. Raises LinkOver."""
    number, state = links.read(key, "code", promise, (int, str), LASTS)
    person = keyring.person(session, number)
    if person is None or not person.active or _state(person) != state:
        raise LinkOver
    return person


def _state(person: Person) -> str:
    return links.fingerprint("code", person.password_hash)
