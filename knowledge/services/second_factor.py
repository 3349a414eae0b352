"""The second factor: codes from an app on one's phone (TOTP), and codes on paper for who loses it.

The secret of the app is stored nowhere: it follows from the key of the site and a seed, so that a copy of the database
is worth nothing. No code is taken twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy.orm import Session

from knowledge.content.checks import Problem
from knowledge.content.fields import N_
from knowledge.services import accounts
from knowledge.services.actor import Actor
from knowledge.services.errors import Invalid, NotFound
from knowledge.storage import keyring
from knowledge.storage.models.base import now
from knowledge.storage.models.people import Person, SecondFactor

STEP = 30  # seconds that a code is shown
RECOVERY = 8  # codes on paper
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # no look-alikes: they are copied by hand
WRONG = N_("This code is not right. Write the one your app shows now; each is taken once.")


@dataclass(frozen=True)
class Standing:
    """How it stands: `on` since when; `left`: unused codes on paper; `secret`, `address`: to set up the app."""

    on: datetime | None
    left: int = 0
    secret: str = ""
    address: str = ""


def standing(session: Session, actor: Actor, key: str) -> Standing:
    """One's own. The secret is told only while it is being set up."""
    person, row = _mine(session, actor, lock=False)
    if row is None or row.since is not None:
        return Standing(row.since, len(row.recovery)) if row else Standing(None)
    secret = _secret(key, row)
    return Standing(None, 0, secret, pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name="Praxis"))


def begin(session: Session, actor: Actor, password: str) -> None:
    """Start setting it up, with a fresh secret. Raises Invalid."""
    person, row = _mine(session, actor)
    accounts.require_password(person, password)
    if row is None:
        row = SecondFactor(person_id=person.id)
        session.add(row)
    if row.since is None:
        row.seed, row.counter, row.recovery = secrets.token_hex(16), 0, []


def confirm(session: Session, actor: Actor, key: str, code: str) -> list[str]:
    """Switch it on, the first code shown that the app works; returns the codes for paper. Raises Invalid, NotFound."""
    _, row = _mine(session, actor)
    if row is None or row.since is not None:
        raise NotFound("second factor")
    _require(row, key, code)
    row.since = now()
    return _fresh_codes(row)


def renew(session: Session, actor: Actor, key: str, code: str) -> list[str]:
    """Other codes for paper; the earlier ones are worth nothing. Raises Invalid, NotFound."""
    _, row = _mine(session, actor)
    if row is None or row.since is None:
        raise NotFound("second factor")
    _require(row, key, code, "renew")
    return _fresh_codes(row)


def end(session: Session, actor: Actor, key: str, password: str, code: str) -> None:
    """Switch it off, with password and code. Raises Invalid, NotFound."""
    person, row = _mine(session, actor)
    if row is None:
        raise NotFound("second factor")
    accounts.require_password(person, password)
    if row.since is not None:
        _require(row, key, code)
    session.delete(row)


def remove(session: Session, person: Person) -> None:
    """Switch it off from the command line, for who lost phone and paper."""
    row = keyring.second_factor(session, person.id)
    if row is not None:
        session.delete(row)


def asked_of(session: Session, person: Person) -> bool:
    """Whether this person signs in with a code."""
    row = keyring.second_factor(session, person.id)
    return row is not None and row.since is not None


def take(session: Session, key: str, person: Person, code: str) -> bool:
    """Use up a code of the app or of the paper; whether it was right."""
    row = keyring.second_factor(session, person.id, lock=True)
    return row is not None and row.since is not None and _take(row, key, code)


def _mine(session: Session, actor: Actor, lock: bool = True) -> tuple[Person, SecondFactor | None]:
    person = accounts.profile(session, actor)
    return person, keyring.second_factor(session, person.id, lock)


def _require(row: SecondFactor, key: str, code: str, field: str = "code") -> None:
    if not _take(row, key, code):
        raise Invalid([Problem((field,), WRONG)])


def _take(row: SecondFactor, key: str, code: str) -> bool:
    typed = "".join(c for c in code.casefold() if c.isascii() and c.isalnum())[:40]
    if typed.isdigit() and len(typed) == 6:
        app, present = pyotp.TOTP(_secret(key, row)), int(now().timestamp()) // STEP
        for counter in (present - 1, present, present + 1):  # clocks of phones are a little off
            if counter > row.counter and hmac.compare_digest(app.generate_otp(counter), typed):
                row.counter = counter
                return True
    digest = _digest(row, typed)
    if digest in row.recovery:
        row.recovery = [each for each in row.recovery if each != digest]
        return True
    return False


def _fresh_codes(row: SecondFactor) -> list[str]:
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(16)) for _ in range(RECOVERY)]
    row.recovery = [_digest(row, code) for code in codes]
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


def _digest(row: SecondFactor, code: str) -> str:
    """Of sixteen random letters: too many to try, so no slow hash is needed."""
    return hashlib.sha256(f"{row.person_id}:{row.seed}:{code}".encode()).hexdigest()


def _secret(key: str, row: SecondFactor) -> str:
    made = hmac.new(key.encode(), f"totp:{row.person_id}:{row.seed}".encode(), hashlib.sha256).digest()
    return base64.b32encode(made[:20]).decode()
