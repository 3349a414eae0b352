"""The words of a mail, written at the moment of sending, from what its reader may see at that moment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from babel.support import NullTranslations, Translations
from sqlalchemy.orm import Session

from knowledge.content import events
from knowledge.content.events import Frequency, Wishes
from knowledge.mail.matters import Sending
from knowledge.mail.told import EVENTS
from knowledge.services import access, notices, replies
from knowledge.services.actor import Actor
from knowledge.services.errors import NotFound
from knowledge.storage import find
from knowledge.storage.models.base import now
from knowledge.storage.models.discussion import Comment
from knowledge.storage.models.mail import Mail
from knowledge.storage.models.people import Person

TRANSLATIONS = Path(__file__).parents[1] / "translations"
SAID = 600  # characters of somebody's words that a mail repeats


@dataclass(frozen=True)
class Paragraph:
    """What happened, somebody's own words, what they are `about`, and the one place to go to.

    `reply_to`: where an answer by mail becomes a comment, or "".
    """

    heading: str
    text: str
    words: str
    link: str
    label: str
    about: str = ""
    reply_to: str = ""


@dataclass(frozen=True)
class Letter:
    """A mail to one address about one thing, or several. `name`: "" where the address has no account.

    `stop`: the link that ends mails of its kind, "" for those that cannot end. `reply_to`: where an answer to the
    whole becomes a comment, or ""; of several comments each paragraph has its own.
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
    reply_to: str = ""
    answer: str = ""
    answer_label: str = ""


class Unseen(Exception):
    """What this mail would tell is no longer so, or its reader may not see it; it is not sent."""


@dataclass(frozen=True)
class Writer:
    """Writes letters for a site.

    `address`: its public address; `key`: signs links and addresses for answers; `reply`: where answers go, or "".
    """

    address: str
    key: str
    reply: str = ""

    def letter(self, session: Session, mails: Sequence[Mail]) -> Letter:
        """One letter about these, all to one address; what its reader may not see is left out. Raises Unseen."""
        first = mails[0]
        person = first.person or find.person_by_email(session, first.email)
        wishes = (
            notices.wishes_of(session, person.id) if person else Wishes({}, language=first.facts.get("language", ""))
        )
        language, say = _language(wishes.language)
        paragraphs, kinds = [], dict[str, None]()
        for mail in sorted(mails, key=_order):
            if wishes.often.get(mail.event) == Frequency.NEVER and not events.EVENTS[mail.event].needed:
                continue  # she has said so since it was written
            with suppress(NotFound):
                paragraphs.append(self._paragraph(Sending(session, mail, person, wishes, self.key, say, language)))
                kinds[mail.event] = None
        if not paragraphs or (person and not person.active):
            raise Unseen
        name, together = person.name if person else "", first.together
        answers = list(dict.fromkeys(p.reply_to for p in paragraphs if p.reply_to))
        reply_to = answers[0] if len(answers) == 1 and not together else ""
        heading = say.ngettext("Praxis: %(num)d thing", "Praxis: %(num)d things", len(paragraphs))
        return Letter(
            name,
            first.address,
            language,
            heading % {"num": len(paragraphs)} if len(paragraphs) > 1 and together else paragraphs[0].heading,
            say.gettext("Dear %(name)s,") % {"name": name} if person else say.gettext("Good day,"),
            tuple(paragraphs),
            "" if together else first.record_id or "",
            " ".join(dict.fromkeys(say.gettext(EVENTS[kind].why) for kind in kinds)),
            self._stop(person, kinds),
            say.ngettext("No more mails of this kind", "No more mails of these kinds", len(kinds)),
            say.gettext("Choose what you get, and when"),
            reply_to,
            say.gettext("You can answer this mail: your words become a comment.") if reply_to else "",
            "" if reply_to else say.gettext("Answer by mail"),
        )

    def _stop(self, person: Person | None, kinds: Iterable[str]) -> str:
        """The link that ends mails of these kinds; "" when they are needed."""
        chosen = sorted(kind for kind in kinds if not events.EVENTS[kind].needed)
        if person is None or not chosen:
            return ""
        return f"{self.address}/mail/stop/{notices.stop_token(self.key, person.id, '+'.join(chosen))}"

    def _reply_to(self, session: Session, mail: Mail, person: Person) -> str:
        """The address that takes this reader's answer; "" where there is nothing to answer, or she may not."""
        comment = session.get(Comment, mail.facts.get("comment", 0))
        record = find.record(session, mail.record_id or "")
        if not self.reply or comment is None or record is None:
            return ""
        held = access.roles_in(session, Actor(person.id, person.name), record)
        to = replies.ReplyTo(person.id, comment.thread_id)
        return replies.address(self.key, self.reply, to, now()) if access.may(record, "comment", held) else ""

    def _paragraph(self, sending: Sending) -> Paragraph:
        told, say = EVENTS[sending.mail.event], sending.say
        matter = told.reading(sending)
        words = matter.words if len(matter.words) <= SAID else matter.words[:SAID].rsplit(" ", 1)[0] + " …"
        return Paragraph(
            say.gettext(told.subject) % matter.facts,
            say.gettext(told.text) % matter.facts,
            words,
            self.address + quote(matter.path) + matter.anchor,
            say.gettext(told.label),
            matter.about,
            self._reply_to(sending.session, sending.mail, sending.person) if sending.person else "",
        )


def _order(mail: Mail) -> tuple[str, bool, int]:
    """What belongs together stands together: of a record first what was done, then what was said."""
    return mail.record_id or "", mail.event in notices.GATHERED, mail.id


def message_id(mail: Mail, host: str) -> str:
    """The same at every try, so that a mail that arrives twice is shown once, and no one can guess another's."""
    return f"<{mail.id}.{hashlib.sha256(mail.key.encode()).hexdigest()[:16]}@{host}>"


def _language(wanted: str) -> tuple[str, NullTranslations]:
    """The language that a letter can be written in, and its words: English where nothing is translated."""
    say = words_in(wanted)
    return (wanted if isinstance(say, Translations) else "en"), say


@lru_cache(maxsize=32)
def words_in(language: str) -> NullTranslations:
    """The words of letters in a language; English where they are not translated."""
    found: NullTranslations = Translations.load(str(TRANSLATIONS), [language])
    return found
