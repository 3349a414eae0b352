"""An answer to a mail of ours becomes a comment. Mail servers pipe the message to `praxis mail-in`.

What comes of it is told in the exit codes that mail servers know (sysexits): with 75 they try again, with others the
sender gets the sentence back. What a machine wrote is dropped without a word, because answering it could go round in
circles. The log names what happened and no words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import structlog
from babel.support import NullTranslations
from sqlalchemy.orm import Session

from knowledge.content.fields import N_
from knowledge.mail import incoming, letters
from knowledge.mail.incoming import Incoming
from knowledge.services import notices, replies
from knowledge.services.errors import Forbidden, Invalid, NotFound, TooMany
from knowledge.services.replies import ReplyTo
from knowledge.storage.models.base import now
from knowledge.storage.session import Database, StorageUnavailable, WriteConflict

log = structlog.get_logger()
MAX_BYTES = 10_000_000


class Exit(IntEnum):
    """The exit codes of sysexits that are used here."""

    TAKEN = 0
    DATA = 65
    NO_USER = 67
    UNAVAILABLE = 69
    LATER = 75
    NO_PERMISSION = 77


@dataclass(frozen=True)
class Outcome:
    """What came of a message, in a code for the mail server and a sentence for its sender ("" for none).

    It is in the language of the person whose address for answers was used, where that is known.
    """

    code: Exit
    sentence: str = ""


NOBODY = Outcome(Exit.NO_USER, N_("This address is not in use, or not any more. Please answer on the record's page."))
NOT_HERS = Outcome(Exit.NO_PERMISSION, N_("Answers are taken only from the address that the mail was sent to."))
CLOSED = Outcome(Exit.NO_PERMISSION, N_("You cannot comment there now. Please look at the record's page."))
LATER = Outcome(Exit.LATER, N_("This cannot be taken now; it will be tried again."))
TOO_LONG = Outcome(Exit.DATA, N_("The message is too large. Please write on the record's page."))
OFF = Outcome(Exit.UNAVAILABLE, N_("This site takes no answers by mail."))


@dataclass(frozen=True)
class Door:
    """Where answers come in. `base`: the address they are sent to, "" for none; `key` signs what is added to it."""

    db: Database
    base: str
    key: str

    def receive(self, raw: bytes, recipient: str = "") -> Outcome:
        """Keep a message as a comment, or say why not. `recipient`: of the envelope; else its headers are asked."""
        if not self.base:
            return OFF
        if len(raw) > MAX_BYTES:
            return self._told(TOO_LONG, "too large", say=self._words_of(self._whose([recipient])))
        message = incoming.read(raw)
        if message.automatic:
            return self._told(Outcome(Exit.TAKEN), "written by a machine")
        to = self._whose([recipient] if recipient else list(message.recipients))
        if to is None:
            return self._told(NOBODY, "no such address")
        return self._taken(message, to)

    def _taken(self, message: Incoming, to: ReplyTo) -> Outcome:
        say = self._words_of(to)
        try:
            with self.db.transaction() as session:
                words = message.words + _left_out(session, to, message) if message.words else ""
                new = replies.take(session, to, message.sender, words, message.message_id)
        except NotFound:
            return self._told(NOBODY, "no such person or thread", say=say)
        except Forbidden as refused:
            sender = refused.args[0] == "sender"
            what = "not her address" if sender else "no right to comment"
            return self._told(NOT_HERS if sender else CLOSED, what, say=say)
        except TooMany:
            return self._told(LATER, "too many at once", say=say)
        except Invalid as wrong:
            sentence = " ".join(problem.told(say.gettext) for problem in wrong.problems)
            return self._told(Outcome(Exit.DATA, sentence), "nothing to keep")
        except (StorageUnavailable, WriteConflict):
            return self._told(LATER, "the database does not answer", say=say)
        return self._told(Outcome(Exit.TAKEN), "taken" if new else "known already", to)

    def _whose(self, addresses: list[str]) -> ReplyTo | None:
        for each in addresses:
            try:
                return replies.read(self.key, self.base, each, now())
            except NotFound:
                continue
        return None

    def _words_of(self, to: ReplyTo | None) -> NullTranslations:
        """The words in the language of somebody; in English where she, or her language, cannot be found."""
        try:
            with self.db.reading() as session:
                return letters.words_in(notices.wishes_of(session, to.person_id).language if to else "")
        except (StorageUnavailable, WriteConflict):
            return letters.words_in("")

    def _told(
        self, outcome: Outcome, what: str, to: ReplyTo | None = None, say: NullTranslations | None = None
    ) -> Outcome:
        log.info("mail in", what=what, code=int(outcome.code), thread=to.thread_id if to else None)
        return replace(outcome, sentence=say.gettext(outcome.sentence)) if say and outcome.sentence else outcome


def _left_out(session: Session, to: ReplyTo, message: Incoming) -> str:
    """A line about files that came with the words, for those who wonder where they are."""
    if not message.files:
        return ""
    say = letters.words_in(notices.wishes_of(session, to.person_id).language)
    told = "(%(num)d attached file was left out: mails bring only words.)"
    many = "(%(num)d attached files were left out: mails bring only words.)"
    return "\n\n" + say.ngettext(told, many, message.files) % {"num": message.files}
