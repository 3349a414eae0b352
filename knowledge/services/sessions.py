"""Where somebody is signed in: giving a browser its token, ending one or all, and telling of a new browser.

A sign-in is a row here and a random token in the cookie: signing out, a new password or a deactivation ends it on
the server, whatever copy of the cookie is still about.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from knowledge.services import access, notices
from knowledge.services.actor import Actor
from knowledge.services.errors import NotFound
from knowledge.storage import find, keyring
from knowledge.storage.models.base import now
from knowledge.storage.models.people import KnownBrowser, Person, SignIn
from knowledge.storage.session import Database

SIGNED_IN_FOR = timedelta(days=14)
FORGOTTEN = timedelta(days=400)  # browsers drop a cookie by then
SEEN_EVERY = timedelta(hours=1)
MOST = 10_000  # sign-ins noted between two times of keeping


@dataclass(frozen=True)
class Browser:
    """The browser somebody signs in with. `mark`: what its cookie keeps between sign-ins; `words`: its family."""

    mark: str = ""
    words: str = ""


UNKNOWN = Browser()


@dataclass(frozen=True)
class Place:
    """Somewhere a person is signed in. `handle` names it in forms; `here`: the browser that asks."""

    handle: str
    browser: str
    since: datetime
    seen: datetime
    here: bool


def issue(session: Session, person: Person, browser: Browser = UNKNOWN) -> str:
    """Sign somebody in and return the token for her cookie; she is told when she never used this browser."""
    moment, token = now(), secrets.token_urlsafe(32)
    keyring.forget_sign_ins(session, moment)
    row = SignIn(token_hash=_hash(token), person_id=person.id, created=moment, expires=moment + SIGNED_IN_FOR)
    row.browser = browser.words[:60]
    session.add(row)
    if browser.mark:
        _recognise(session, person, browser)
    return token


def signed_in(session: Session, token: str) -> Actor | None:
    """The actor behind a token, or None when it was signed out, expired, or its person deactivated."""
    found = find.sign_in(session, _hash(token), now())
    return Actor(found.person_id, found.person.name) if found else None


def sign_out(session: Session, token: str) -> None:
    """End this sign-in; the token is worth nothing afterwards."""
    session.execute(delete(SignIn).where(SignIn.token_hash == _hash(token)))


def end_all(session: Session, person: Person) -> None:
    """Sign a person out everywhere."""
    session.execute(delete(SignIn).where(SignIn.person_id == person.id))


def places(session: Session, actor: Actor, token: str) -> list[Place]:
    """Where one is signed in, this browser (the one of `token`) first."""
    me = access.require_person(session, actor)
    found = [
        Place(_handle(row), row.browser, row.created, row.seen or row.created, row.token_hash == _hash(token))
        for row in keyring.sign_ins(session, me.person_id or 0, now())
    ]
    return sorted(found, key=lambda place: not place.here)


def end(session: Session, actor: Actor, handle: str) -> None:
    """Sign out one of one's own browsers. Raises NotFound."""
    me = access.require_person(session, actor)
    for row in keyring.sign_ins(session, me.person_id or 0, now()):
        if _handle(row) == handle:
            session.delete(row)
            return
    raise NotFound(handle)


def end_everywhere(session: Session, actor: Actor) -> None:
    """Sign oneself out everywhere, this browser included."""
    me = access.require_person(session, actor)
    session.execute(delete(SignIn).where(SignIn.person_id == me.person_id))


class Seen:
    """Who used the site since it was last kept, to the hour: a page that is only read writes nothing."""

    def __init__(self) -> None:
        self._noted: dict[str, datetime] = {}
        self._kept: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def note(self, token: str) -> None:
        """This sign-in asks for a page now."""
        name, moment = _hash(token), now()
        with self._lock:
            before = self._kept.get(name)
            if (before is None or moment - before > SEEN_EVERY) and len(self._noted) < MOST:
                self._noted[name] = moment

    def keep(self, db: Database) -> None:
        """Write down what was noted. Raises StorageUnavailable; then it is noted again with the next page."""
        with self._lock:
            noted, self._noted = self._noted, {}
            recent = {name: at for name, at in self._kept.items() if now() - at < SEEN_EVERY}
            self._kept = recent | noted
        if noted:
            with db.transaction() as session:
                for row in keyring.sign_ins_of(session, list(noted)):
                    row.seen = noted[row.token_hash]


def _recognise(session: Session, person: Person, browser: Browser) -> None:
    """Remember this browser; of all but the first, the person hears by mail."""
    moment, mark = now(), _hash(f"{person.id}:{browser.mark}")
    known = keyring.browsers(session, person.id)
    for row in known:
        if row.mark == mark:
            row.last, row.browser = moment, browser.words[:60]
            return
        if moment - row.last > FORGOTTEN:
            session.delete(row)
    fresh = KnownBrowser(person_id=person.id, mark=mark, browser=browser.words[:60], first=moment, last=moment)
    session.add(fresh)
    session.flush()
    if known:
        notices.tell(session, "new-sign-in", [person], None, {"browser": fresh.id})


def _handle(row: SignIn) -> str:
    return row.token_hash[:16]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
