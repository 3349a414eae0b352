"""A new password for who forgot hers, by a link in a mail.

Asking looks nobody up: a mail is written to the address, and whether somebody has it is seen when it is sent. The link
is good for an hour and holds a fingerprint of address and password: either changed, and every link from before is dead.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from knowledge.services import accounts, links, notices
from knowledge.services.errors import LinkOver
from knowledge.storage import keyring, mailbox
from knowledge.storage.models.base import now
from knowledge.storage.models.people import Person

LASTS = timedelta(hours=1)
ASKED_FOR = timedelta(days=1)  # so long a mail may wait for a server that is away


def ask(session: Session, email: str) -> None:
    """Send a link to this address, if an account has it. Raises Invalid for what is no address."""
    address = accounts.normal_email(email)
    mailbox.forget_dropped(session, "reset", now() - ASKED_FOR)  # to addresses that nobody has
    notices.write_to(session, "reset", address)


def link(key: str, person: Person) -> str:
    """The signed part of a link for somebody's new password."""
    return links.made(key, "reset", person.id, _state(person))


def whose(session: Session, key: str, token: str) -> Person:
    """Whose password a link is for. Raises LinkOver."""
    number, state = links.read(key, "reset", token, (int, str), LASTS)
    person = keyring.person(session, number)
    if person is None or not person.active or _state(person) != state:
        raise LinkOver
    return person


def finish(session: Session, key: str, token: str, password: str) -> None:
    """Set the password and sign out everywhere; who got the mail has shown that the address is hers.

    Raises LinkOver, Invalid.
    """
    person = whose(session, key, token)
    accounts.set_password(session, person, password)
    person.confirmed = person.confirmed or now()


def _state(person: Person) -> str:
    return links.fingerprint(person.email, person.password_hash)
