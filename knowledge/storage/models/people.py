"""People, the browsers they are signed in with, and what else they prove themselves by."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from knowledge.storage.models.base import Row, now


class Person(Row):
    """Somebody with an account. Everyone is a practitioner; `manager` is the only site-wide role.

    Apprentice and coach are memberships of a programme. `email` is stored normalised and is the name to sign in by.
    `confirmed`: when she showed that its mails reach her; `new_email`: the address it is to become, once that is shown.
    """

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))
    manager: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    country: Mapped[str] = mapped_column(String(20), default="")
    organisation: Mapped[str] = mapped_column(String(200), default="")
    created: Mapped[datetime] = mapped_column(default=now)
    confirmed: Mapped[datetime | None]
    new_email: Mapped[str] = mapped_column(String(254), default="", server_default=text("''"))


class SignIn(Row):
    """One signed-in browser. The cookie holds a random token, this row only its hash; deleting it signs out.

    `browser`: its family, "Firefox, Windows"; `seen`: about when it last asked for a page. No address is kept.
    """

    __tablename__ = "sign_in"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    created: Mapped[datetime] = mapped_column(default=now)
    expires: Mapped[datetime]
    seen: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))

    person: Mapped[Person] = relationship(lazy="raise")


class KnownBrowser(Row):
    """A browser that somebody signed in with before. `mark`: a hash of her number and of what its cookie holds."""

    __tablename__ = "known_browser"
    __table_args__ = (UniqueConstraint("person_id", "mark"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    mark: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(60))
    first: Mapped[datetime] = mapped_column(default=now)
    last: Mapped[datetime] = mapped_column(default=now)


class SecondFactor(Row):
    """What makes the codes of somebody's phone: the secret itself follows from `seed` and the key of the site.

    `since`: None while it is being set up. `counter`: of the last code that was taken, so that none is taken twice.
    `recovery`: hashes of the codes for who lost her phone.
    """

    __tablename__ = "second_factor"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    seed: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime | None]
    counter: Mapped[int] = mapped_column(default=0)
    recovery: Mapped[list[str]] = mapped_column(JSON, default=list)
