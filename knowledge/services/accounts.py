"""Accounts: registering, passwords, profiles and the one site-wide role.

Answers never tell whether an e-mail has an account. Signing in: `signing`; where one is signed in: `sessions`.
"""

from __future__ import annotations

import secrets
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from knowledge.content.checks import Problem, tidy
from knowledge.content.fields import N_
from knowledge.services import access, notices, sessions, vocabulary
from knowledge.services.actor import Actor
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.storage import find
from knowledge.storage.models.base import now
from knowledge.storage.models.people import Person

PASSWORD_MIN, PASSWORD_MAX = 10, 1000
_BIDI = {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\u200e", "\u200f"}


def normal_email(raw: str, field: str = "email") -> str:
    """An e-mail as it is stored: NFKC, lower case, ASCII. Raises Invalid.

    ASCII only, so that no look-alike letter makes a second "same" address; a domain of other letters stays in Punycode,
    where it looks like nothing else.
    """
    text = unicodedata.normalize("NFKC", tidy(raw)).casefold()
    try:
        if not text.isascii():
            raise EmailNotValidError
        found = validate_email(text, check_deliverability=False, test_environment=True).ascii_email
        if found is None:
            raise EmailNotValidError
        return found.casefold()
    except EmailNotValidError:
        raise Invalid([Problem((field,), N_("Please write an e-mail address like name@example.org."))]) from None


def register(
    session: Session,
    *,
    name: str,
    email: str,
    password: str,
    country: str = "",
    organisation: str = "",
    language: str = "",
) -> None:
    """Make a practitioner's account and have its address confirmed, in her `language`. Raises Invalid.

    When the e-mail has one already nothing changes, and nobody can tell: the same is hashed and written.
    """
    kept = _profile(session, name, country, organisation)
    address = normal_email(email)
    _check_password(password, address)
    password_hash = _hasher().hash(password)
    if find.person_by_email(session, address) is None:
        person = Person(email=address, password_hash=password_hash, **kept)
        session.add(person)
        session.flush()
        notices.speaks(session, person.id, language)
    notices.write_to(session, "confirm", address)


def add_person(
    session: Session,
    *,
    name: str,
    email: str,
    password: str,
    manager: bool = False,
    country: str = "",
    organisation: str = "",
) -> Person:
    """Make an account whose address somebody vouches for: the command line, the demo, the link of an invitation.

    Raises Invalid when there is one.
    """
    address = normal_email(email)
    if find.person_by_email(session, address):
        raise Invalid([Problem(("email",), N_("There is an account with this e-mail already."))])
    _check_password(password, address)
    person = Person(
        email=address,
        password_hash=_hasher().hash(password),
        manager=manager,
        confirmed=now(),
        **_profile(session, name, country, organisation),
    )
    session.add(person)
    session.flush()
    return person


def check(session: Session, email: str, password: str) -> Person | None:
    """Whose e-mail and password these are, or None, in the same time whether the account exists."""
    try:
        person = find.person_by_email(session, normal_email(email))
    except Invalid:
        person = None
    right = _verify(person.password_hash if person else _decoy(), password)
    if person is None or not right or not person.active:
        return None
    if _hasher().check_needs_rehash(person.password_hash):
        person.password_hash = _hasher().hash(password)
    return person


def change_password(
    session: Session, actor: Actor, old: str, new: str, browser: sessions.Browser = sessions.UNKNOWN
) -> str:
    """Set a new password, sign out everywhere, and return a token for this browser. Raises Invalid."""
    person = _me(session, actor)
    require_password(person, old, field="old")
    _check_password(new, person.email, field="new")
    set_password(session, person, new)
    return sessions.issue(session, person, browser)


def set_password(session: Session, person: Person, password: str) -> None:
    """Set a password, sign the person out everywhere, and forget an address she was about to have. Raises Invalid."""
    _check_password(password, person.email)
    person.password_hash, person.new_email = _hasher().hash(password), ""
    sessions.end_all(session, person)


def has_password(person: Person, password: str) -> bool:
    """Whether this is the account's password."""
    return _verify(person.password_hash, password)


def require_password(person: Person, password: str, field: str = "password") -> None:
    """Before something that a borrowed browser must not do. Raises Invalid."""
    if not _verify(person.password_hash, password):
        raise Invalid([Problem((field,), N_("This is not your present password."))])


def change_profile(session: Session, actor: Actor, *, name: str, country: str, organisation: str) -> None:
    """Change one's own name, country and organisation; nothing else of the account. Raises Invalid."""
    person = _me(session, actor)
    for key, value in _profile(session, name, country, organisation).items():
        setattr(person, key, value)


def profile(session: Session, actor: Actor) -> Person:
    """One's own account."""
    return _me(session, actor)


def set_manager(session: Session, actor: Actor, person_id: int, manager: bool) -> None:
    """Make somebody a manager or take that away; the last manager stays. Raises NotFound, Forbidden."""
    access.require_manager(session, actor)
    make_manager(session, _person(session, person_id), manager)


def make_manager(session: Session, person: Person, manager: bool) -> None:
    """The same from the command line. Raises Forbidden for the last manager."""
    if person.manager and not manager:
        _not_the_last(session, person)
    person.manager = manager


def set_active(session: Session, actor: Actor, person_id: int, active: bool) -> None:
    """Deactivate an account (it is signed out at once) or bring it back. Raises NotFound, Forbidden."""
    access.require_manager(session, actor)
    make_active(session, _person(session, person_id), active)


def make_active(session: Session, person: Person, active: bool) -> None:
    """The same from the command line. Raises Forbidden for the last manager."""
    if not active:
        _not_the_last(session, person)
        sessions.end_all(session, person)
    person.active = active


def _not_the_last(session: Session, person: Person) -> None:
    if person.manager and person.active and find.active_managers(session, lock=True) <= 1:
        raise Forbidden(N_("This is the last manager. Make somebody else a manager first."))


def _profile(session: Session, name: str, country: str, organisation: str) -> dict[str, str]:
    name = "".join(c for c in tidy(name) if c not in _BIDI)
    organisation, country = tidy(organisation), tidy(country)
    problems = []
    if not name:
        problems.append(Problem(("name",), N_("Please give your name; it stands on what you write.")))
    if len(name) > 120:
        problems.append(Problem(("name",), N_("Please shorten the name to 120 characters.")))
    if len(organisation) > 200:
        problems.append(Problem(("organisation",), N_("Please shorten the organisation to 200 characters.")))
    if country and country not in vocabulary.registry(session).vocabularies["countries"]:
        problems.append(Problem(("country",), N_("Please choose a country from the list.")))
    if problems:
        raise Invalid(problems)
    return {"name": name, "country": country, "organisation": organisation}


def _check_password(password: str, email: str, field: str = "password") -> None:
    if len(password) < PASSWORD_MIN:
        message = N_("Please choose a password of at least {min} characters: three or four words are good.")
        raise Invalid([Problem((field,), message, {"min": PASSWORD_MIN})])
    if len(password) > PASSWORD_MAX:
        message = N_("Please keep the password under {max} characters.")
        raise Invalid([Problem((field,), message, {"max": PASSWORD_MAX})])
    if password.casefold() in {email, email.split("@")[0]} or len(set(password)) < 4:
        raise Invalid([Problem((field,), N_("This password is too easy to guess. Please choose another."))])


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher().verify(password_hash, password[:PASSWORD_MAX]) and len(password) <= PASSWORD_MAX
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache(maxsize=1)
def _decoy() -> str:
    """A hash nobody has the password of, so that unknown e-mails take as long as known ones."""
    return _hasher().hash(secrets.token_urlsafe(32))


def _me(session: Session, actor: Actor) -> Person:
    return _person(session, access.require_person(session, actor).person_id or 0)


def _person(session: Session, person_id: int) -> Person:
    found = find.person(session, person_id) if person_id < 2**31 else None  # more than the column holds
    if found is None:
        raise NotFound(str(person_id))
    return found
