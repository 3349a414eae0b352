"""What mails are about, read anew when each is sent: of a record, of an account, of an invitation.

A reading says what is to be filled into the words of its event and where its link leads; the signed part of a link
is made here and nowhere kept. It raises NotFound for what is no longer so, or what the reader may not see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from babel.support import NullTranslations
from sqlalchemy.orm import Session

from knowledge.content.events import Wishes, zone_of
from knowledge.content.fields import N_
from knowledge.derive import dates
from knowledge.services import confirming, invitations, resetting
from knowledge.services.errors import LinkOver, NotFound
from knowledge.storage import find
from knowledge.storage.models.base import now
from knowledge.storage.models.mail import Mail
from knowledge.storage.models.people import KnownBrowser, Person

ROLES: Mapping[str, str] = {"apprentice": N_("apprentice"), "coach": N_("coach"), "co_author": N_("co-author")}


@dataclass(frozen=True)
class Sending:
    """A mail about to be written: to whom, if the address has an account, and in which language.

    `key` signs its links.
    """

    session: Session
    mail: Mail
    person: Person | None
    wishes: Wishes
    key: str
    say: NullTranslations
    language: str

    @property
    def account(self) -> Person:
        """Whose account it is to. Raises NotFound for an address without one."""
        if self.person is None:
            raise NotFound(self.mail.event)
        return self.person

    def moment(self, at: datetime) -> str:
        """A moment in the reader's own time."""
        zone = zone_of(self.wishes.zone)
        return f"{dates.moment(at.astimezone(zone), self.language)} ({zone.key})"


@dataclass(frozen=True)
class Matter:
    """What an event is about, as it is now: where its link leads, what to fill in, somebody's own words.

    `about`: what those words are about; `anchor`: where on the page they stand.
    """

    path: str
    facts: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    about: str = ""
    anchor: str = ""


Reading = Callable[[Sending], Matter]


def reset(sending: Sending) -> Matter:
    """A link to a new password, to who has this address now; not long after somebody asked for it."""
    if now() - sending.mail.created > resetting.ASKED_FOR:
        raise NotFound("account")
    return Matter(f"/reset/{resetting.link(sending.key, sending.account)}")


def confirm(sending: Sending) -> Matter:
    """A link that confirms this address, while that is wanted."""
    person, address = sending.account, sending.mail.address
    fresh = address == person.email and person.confirmed is None
    moving = address == person.new_email and find.person_by_email(sending.session, address) is None
    if not fresh and not moving:
        raise NotFound(address)
    return Matter(f"/confirm/{confirming.link(sending.key, person, address)}", {"address": address})


def moving(sending: Sending) -> Matter:
    """To the present address: another one was asked for."""
    if not sending.account.new_email:
        raise NotFound("new address")
    return Matter("/account/email", {"address": sending.account.new_email})


def moved(sending: Sending) -> Matter:
    """To the old address: another one took its place."""
    return Matter("/account/email", {"address": sending.account.email})


def new_sign_in(sending: Sending) -> Matter:
    """A browser that this account was not used in before."""
    row = sending.session.get(KnownBrowser, sending.mail.facts.get("browser", 0))
    if row is None or row.person_id != sending.account.id:
        raise NotFound("browser")
    browser = row.browser or sending.say.gettext("another browser")
    return Matter("/account/sessions", {"browser": browser, "when": sending.moment(row.first)})


def invited(sending: Sending) -> Matter:
    """An invitation that stands; of a record its title and nothing else."""
    try:
        offer = invitations.standing(sending.session, sending.mail.facts.get("invitation", 0))
    except LinkOver:
        raise NotFound("invitation") from None
    role, until = sending.say.gettext(ROLES[offer.role]), offer.invitation.expires
    facts = {"who": offer.by, "title": offer.title, "role": role}
    facts["until"] = dates.day(until, sending.language)
    return Matter(f"/invitation/{invitations.link(sending.key, offer.invitation)}", facts)
