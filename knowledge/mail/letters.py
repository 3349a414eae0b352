"""The words of a mail, written at the moment of sending, from what its reader may see at that moment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from babel.support import NullTranslations, Translations
from sqlalchemy.orm import Session

from knowledge.content.fields import N_
from knowledge.services import access, discussion, notices, opinions
from knowledge.services.actor import Actor
from knowledge.services.errors import NotFound
from knowledge.storage import find
from knowledge.storage.models.discussion import Comment, Thread
from knowledge.storage.models.mail import Mail
from knowledge.storage.models.people import Person
from knowledge.storage.models.records import Record, Step
from workflows.editorial import ANYONE, CHANGES, IN_REVIEW, SIGNED_IN
from workflows.known import UNDER_REVIEW
from workflows.two_coaches import SECOND_REVIEW

TRANSLATIONS = Path(__file__).parents[1] / "translations"
SAID = 600  # characters of somebody's words that a mail repeats


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
    """A mail to one person about one thing, or several."""

    language: str
    subject: str
    greeting: str
    paragraphs: tuple[Paragraph, ...]
    record_id: str
    stop: str
    footer: str
    stop_label: str
    settings_label: str


@dataclass(frozen=True)
class Told:
    """What an event says: a line for the subject, a sentence, a label for the link, and where the link leads.

    `holds`: whether it is still so when the mail is sent; a record that was withdrawn meanwhile is not announced.
    """

    subject: str
    text: str
    label: str
    path: Callable[[Record], str]
    holds: Callable[[Record], bool]


EVENTS: Mapping[str, Told] = {
    "submitted": Told(
        N_("For your review: %(title)s"),
        N_("%(who)s sent you “%(title)s” for review."),
        N_("Read and review"),
        lambda record: f"/review/{record.id}",
        lambda record: record.state == IN_REVIEW,
    ),
    "returned": Told(
        N_("Changes asked for: %(title)s"),
        N_("%(who)s read “%(title)s” and asks you for changes."),
        N_("See what to change"),
        lambda record: f"/work/{record.id}/edit",
        lambda record: record.state == CHANGES,
    ),
    "second": Told(
        N_("For your review: %(title)s"),
        N_("%(who)s approved “%(title)s”. It needs the approval of another coach."),
        N_("Read and review"),
        lambda record: f"/review/{record.id}",
        lambda record: record.state == SECOND_REVIEW,
    ),
    "asked": Told(
        N_("Your opinion, please: %(title)s"),
        N_("%(who)s asks what you think of “%(title)s”. You can read it until it is decided."),
        N_("Read it and answer"),
        lambda record: f"/review/{record.id}",
        lambda record: record.state in UNDER_REVIEW,
    ),
    "advised": Told(
        N_("An opinion: %(title)s"),
        N_("%(who)s read “%(title)s” and answered you:"),
        N_("Read it and decide"),
        lambda record: f"/review/{record.id}",
        lambda record: record.state in UNDER_REVIEW,
    ),
    "commented": Told(
        N_("Comment: %(title)s"),
        N_("%(who)s wrote about “%(title)s”:"),
        N_("Read and answer"),
        lambda record: f"/work/{record.id}",
        lambda record: True,
    ),
    "published": Told(
        N_("Published: %(title)s"),
        N_("%(who)s published “%(title)s”. Everybody can find it now."),
        N_("See it as others do"),
        lambda record: f"/practices/{record.id}",
        lambda record: record.live_id is not None,
    ),
    "withdrawn": Told(
        N_("Withdrawn: %(title)s"),
        N_("%(who)s withdrew “%(title)s”. A page remains that says so and why."),
        N_("Go to the record"),
        lambda record: f"/work/{record.id}",
        lambda record: record.live_id is None,
    ),
}


class Unseen(Exception):
    """What this mail would tell is no longer so, or its reader may not see it; it is not sent."""


@dataclass(frozen=True)
class Writer:
    """Writes letters for a site. `address`: its public address; `key`: signs the links to end mails of a kind."""

    address: str
    key: str

    def letter(self, session: Session, mails: Sequence[Mail]) -> Letter:
        """One letter about these, all to one person; what she may not see is left out. Raises Unseen for nothing."""
        person, language = mails[0].person, notices.wishes_of(session, mails[0].person_id).language or "en"
        say = _words(language)
        paragraphs, first = [], mails[0]
        for mail in mails:
            try:
                paragraphs.append(self._paragraph(session, mail, say))
            except NotFound:
                continue
        if not paragraphs or not person.active:
            raise Unseen
        together = first.together
        heading = say.ngettext("Praxis: %(num)d thing", "Praxis: %(num)d things", len(paragraphs))
        return Letter(
            language,
            heading % {"num": len(paragraphs)} if together else paragraphs[0].heading,
            say.gettext("Dear %(name)s,") % {"name": person.name},
            tuple(paragraphs),
            "" if together else first.record_id or "",
            f"{self.address}/mail/stop/{notices.stop_token(self.key, person.id, first.event)}",
            say.gettext("You get this because of your part in these records."),
            say.gettext("No more mails of this kind"),
            say.gettext("Choose what you get, and when"),
        )

    def _paragraph(self, session: Session, mail: Mail, say: NullTranslations) -> Paragraph:
        record, told = find.record(session, mail.record_id or ""), EVENTS[mail.event]
        if record is None or not told.holds(record) or not _may_read(session, mail.person, record):
            raise NotFound(mail.record_id)
        author_id, said = _said(session, mail, record)
        who = find.person(session, author_id or 0)
        facts = {"title": record.latest.title, "who": who.name if who else say.gettext("Somebody")}
        words = said if len(said) <= SAID else said[:SAID].rsplit(" ", 1)[0] + " …"
        return Paragraph(
            say.gettext(told.subject) % facts,
            say.gettext(told.text) % facts,
            words,
            self.address + quote(told.path(record)),
            say.gettext(told.label),
        )


def message_id(mail: Mail, host: str) -> str:
    """The same at every try, so that a mail that arrives twice is shown once, and no one can guess another's."""
    return f"<{mail.id}.{hashlib.sha256(mail.key.encode()).hexdigest()[:16]}@{host}>"


def _said(session: Session, mail: Mail, record: Record) -> tuple[int | None, str]:
    """Who said what, in the step or the comment that a mail is about. Raises NotFound for what she may not see."""
    if "step" in mail.facts:
        step = session.get(Step, mail.facts["step"])
        if step is not None:
            return step.person_id, step.words
    if "opinion" in mail.facts:
        return opinions.told(session, Actor(mail.person_id, mail.person.name), record, mail.facts["opinion"])
    comment = session.get(Comment, mail.facts.get("comment", 0))
    thread = session.get(Thread, comment.thread_id) if comment else None
    reader = Actor(mail.person_id, mail.person.name)
    if comment is None or thread is None or not discussion.may_read(session, reader, record, thread):
        raise NotFound(mail.record_id)
    return comment.person_id, comment.text


def _may_read(session: Session, person: Person, record: Record) -> bool:
    """Whether this person may see the latest revision now."""
    held = access.roles_in(session, Actor(person.id, person.name), record) - {ANYONE, SIGNED_IN}
    return access.may(record, "view", held)


@lru_cache(maxsize=32)
def _words(language: str) -> NullTranslations:
    found: NullTranslations = Translations.load(str(TRANSLATIONS), [language])
    return found
