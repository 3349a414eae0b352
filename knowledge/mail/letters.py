"""The words of a mail, written at the moment of sending, from what its reader may see at that moment."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from babel.support import NullTranslations, Translations
from sqlalchemy.orm import Session

from knowledge.content import events
from knowledge.content.events import Wishes
from knowledge.content.fields import N_
from knowledge.mail import matters
from knowledge.mail.matters import Reading, Sending
from knowledge.services import notices
from knowledge.services.errors import NotFound
from knowledge.storage import find
from knowledge.storage.models.mail import Mail
from workflows.editorial import CHANGES, IN_REVIEW

TRANSLATIONS = Path(__file__).parents[1] / "translations"
SAID = 600  # characters of somebody's words that a mail repeats
RECORDS = N_("You get this because of your part in these records.")
ACCOUNT = N_("You get this because there is an account with this address.")
INVITED = N_("You get this because somebody wrote this address there. Without an answer nothing happens.")


@dataclass(frozen=True)
class Paragraph:
    """What happened, somebody's own words about it, and the one place to go to."""

    heading: str
    text: str
    words: str
    link: str
    label: str


@dataclass(frozen=True)
class Letter:
    """A mail to one address about one thing, or several. `name`: "" where the address has no account.

    `stop`: the link that ends mails of its kind, "" for those that cannot end.
    """

    name: str
    email: str
    language: str
    subject: str
    greeting: str
    paragraphs: tuple[Paragraph, ...]
    record_id: str
    footer: str
    stop: str
    stop_label: str
    settings_label: str


@dataclass(frozen=True)
class Told:
    """What an event says: a line for the subject, a sentence, a label for its link, and why one is told.

    `reading`: what it is about, found when the mail is sent; what is no longer so is not announced.
    """

    subject: str
    text: str
    label: str
    reading: Reading
    why: str = RECORDS


EVENTS: Mapping[str, Told] = {
    "submitted": Told(
        N_("For your review: %(title)s"),
        N_("%(who)s sent you “%(title)s” for review."),
        N_("Read and review"),
        matters.of_record(lambda record: f"/review/{record.id}", lambda record: record.state == IN_REVIEW),
    ),
    "returned": Told(
        N_("Changes asked for: %(title)s"),
        N_("%(who)s read “%(title)s” and asks you for changes."),
        N_("See what to change"),
        matters.of_record(lambda record: f"/work/{record.id}/edit", lambda record: record.state == CHANGES),
    ),
    "commented": Told(
        N_("Comment: %(title)s"),
        N_("%(who)s wrote about “%(title)s”:"),
        N_("Read and answer"),
        matters.of_record(lambda record: f"/work/{record.id}"),
    ),
    "published": Told(
        N_("Published: %(title)s"),
        N_("%(who)s published “%(title)s”. Everybody can find it now."),
        N_("See it as others do"),
        matters.of_record(lambda record: f"/practices/{record.id}", lambda record: record.live_id is not None),
    ),
    "withdrawn": Told(
        N_("Withdrawn: %(title)s"),
        N_("%(who)s withdrew “%(title)s”. A page remains that says so and why."),
        N_("Go to the record"),
        matters.of_record(lambda record: f"/work/{record.id}", lambda record: record.live_id is None),
    ),
    "invited": Told(
        N_("Invitation: %(title)s"),
        N_("%(who)s invites you to “%(title)s” as %(role)s. The link is for you alone, until %(until)s."),
        N_("See the invitation"),
        matters.invited,
        INVITED,
    ),
    "reset": Told(
        N_("Your new password"),
        N_("Somebody, most likely you, asked for a new password. The link works once, and for an hour. If it was not "
           "you, do nothing: your password stays as it is."),
        N_("Choose a new password"),
        matters.reset,
        ACCOUNT,
    ),
    "confirm": Told(
        N_("Please confirm your address"),
        N_("Is %(address)s the address of your account? If you know of no account, do nothing."),
        N_("Yes, it is mine"),
        matters.confirm,
        ACCOUNT,
    ),
    "moving": Told(
        N_("Your account is to get another address"),
        N_("Somebody who knows your password asked to change the address of your account to %(address)s. It changes "
           "when that address is confirmed. If it was not you, choose a new password now: that stops it."),
        N_("See your address"),
        matters.moving,
        ACCOUNT,
    ),
    "moved": Told(
        N_("Your account has another address"),
        N_("Your account has the address %(address)s now; no more mails come here. If it was not you who changed it, "
           "write to who looks after the site."),
        N_("See your address"),
        matters.moved,
        ACCOUNT,
    ),
    "new-sign-in": Told(
        N_("A new sign-in to your account"),
        N_("Somebody signed in to your account with a browser that was not used for it before: %(browser)s, on "
           "%(when)s. If it was you, all is well. If not, sign it out and choose a new password."),
        N_("See where you are signed in"),
        matters.new_sign_in,
        ACCOUNT,
    ),
}  # fmt: skip


class Unseen(Exception):
    """What this mail would tell is no longer so, or its reader may not see it; it is not sent."""


@dataclass(frozen=True)
class Writer:
    """Writes letters for a site. `address`: its public address; `key`: signs the links in them."""

    address: str
    key: str

    def letter(self, session: Session, mails: Sequence[Mail]) -> Letter:
        """One letter about these, all to one address; what its reader may not see is left out. Raises Unseen."""
        first = mails[0]
        person = first.person or find.person_by_email(session, first.email)
        wishes = notices.wishes_of(session, person.id) if person else Wishes({})
        say = _words(wishes.language or "en")
        paragraphs = []
        for mail in mails:
            with suppress(NotFound):
                paragraphs.append(self._paragraph(Sending(session, mail, person, wishes, self.key, say)))
        if not paragraphs or (person and not person.active):
            raise Unseen
        heading = say.ngettext("Praxis: %(num)d thing", "Praxis: %(num)d things", len(paragraphs))
        name = person.name if person else ""
        reasons = dict.fromkeys(say.gettext(EVENTS[mail.event].why) for mail in mails)
        return Letter(
            name,
            first.address,
            wishes.language or "en",
            heading % {"num": len(paragraphs)} if first.together else paragraphs[0].heading,
            say.gettext("Dear %(name)s,") % {"name": name} if person else say.gettext("Good day,"),
            tuple(paragraphs),
            "" if first.together else first.record_id or "",
            " ".join(reasons),
            self._stop(person.id, first.event) if person and not events.EVENTS[first.event].needed else "",
            say.gettext("No more mails of this kind"),
            say.gettext("Choose what you get, and when"),
        )

    def _stop(self, person_id: int, event: str) -> str:
        return f"{self.address}/mail/stop/{notices.stop_token(self.key, person_id, event)}"

    def _paragraph(self, sending: Sending) -> Paragraph:
        told, say = EVENTS[sending.mail.event], sending.say
        matter = told.reading(sending)
        words = matter.words if len(matter.words) <= SAID else matter.words[:SAID].rsplit(" ", 1)[0] + " …"
        return Paragraph(
            say.gettext(told.subject) % matter.facts,
            say.gettext(told.text) % matter.facts,
            words,
            self.address + quote(matter.path),
            say.gettext(told.label),
        )


def message_id(mail: Mail, host: str) -> str:
    """The same at every try, so that a mail that arrives twice is shown once, and no one can guess another's."""
    return f"<{mail.id}.{hashlib.sha256(mail.key.encode()).hexdigest()[:16]}@{host}>"


@lru_cache(maxsize=32)
def _words(language: str) -> NullTranslations:
    found: NullTranslations = Translations.load(str(TRANSLATIONS), [language])
    return found
