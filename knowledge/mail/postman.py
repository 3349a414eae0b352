"""Sends what is due: one consumer at a time, each mail once; what cannot be sent now is tried again, later and later.

A mail is marked as sent when the server has taken it. Killed between the two, it goes out again with the same
Message-ID, by which mail programs know it; there is no other moment at which a mail could be lost or doubled.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from knowledge.content.events import Wishes
from knowledge.mail.envelope import Envelope
from knowledge.mail.letters import Unseen, Writer, message_id
from knowledge.mail.transport import Away, Refused, Transport
from knowledge.services import notices
from knowledge.storage import mailbox
from knowledge.storage.models.base import now
from knowledge.storage.models.mail import DROPPED, FAILED, SENT, WAITING, Mail
from knowledge.storage.session import Database

log = structlog.get_logger()
BATCH = 20
CHAIN = 8  # mails before it that a mail names
LONGEST_PAUSE = timedelta(hours=6)
GIVE_UP = timedelta(days=5)
WHAT = "mail"  # the lock of whoever sends


@dataclass(frozen=True)
class Postman:
    """Sends the mails of a site."""

    db: Database
    writer: Writer
    envelope: Envelope
    transport: Transport

    def deliver(self) -> int:
        """Send all that is due; how many letters went out. Raises StorageUnavailable."""
        sent = 0
        while True:
            with self.db.reading() as session:
                waiting = [mail.id for mail in mailbox.due(session, now(), BATCH, notices.GATHERED)]
            if not waiting:
                return sent
            for mail_id in waiting:
                with self.db.alone(WHAT):  # of all processes; between two mails others have their turn
                    sent += self._one(mail_id)

    def deliver_forever(self, every: float, stop: threading.Event) -> None:
        """Send what is due, every so many seconds."""
        while not stop.wait(every):
            try:
                self.deliver()
            except Exception as error:  # the postman must outlive any single failure; it is logged, and tried again
                log.error("mails not sent; it will be tried again", error=type(error).__name__)

    def _one(self, mail_id: int) -> int:
        """Send a mail, with its digest if it is part of one. No transaction is open while the server is talked to."""
        with self.db.reading() as session:
            mails = mailbox.still_due(session, mail_id, now(), notices.GATHERED)
            if not mails:
                return 0  # somebody else has sent it, or it went out in a digest
            try:
                letter = self.writer.letter(session, mails)
            except Unseen:
                self._keep(mails, DROPPED, "it is no longer so, or its reader may not see it any more")
                return 0
            first, last = mails[0], max(mails, key=lambda mail: mail.id)  # with more in it, it is another letter
            host = self.envelope.host
            before = mailbox.earlier(session, last, CHAIN) if letter.record_id else []
            chain = [message_id(each, host) for each in before if each not in mails]
            message = self.envelope.message(letter, message_id(last, host), now(), chain)
        try:
            self.transport.send(message)
        except Refused as refused:
            log.error("mail refused", mail=first.id, trouble=str(refused)[:60])
            self._keep(mails, FAILED, str(refused))
        except Away as away:
            log.warning("mail server away; it will be tried again", mail=first.id, tries=first.tries)
            self._keep(mails, WAITING, str(away))
        else:
            self._keep(mails, SENT, "")
            return 1
        return 0

    def _keep(self, mails: Sequence[Mail], state: str, trouble: str) -> None:
        moment = now()
        with self.db.transaction() as session:
            for mail in mailbox.all_of(session, [mail.id for mail in mails]):
                mail.outcome, mail.trouble, mail.tries = state, trouble[:200], mail.tries + 1
                mail.sent = moment if state == SENT else None
                if state == WAITING:
                    pause = min(timedelta(minutes=2 ** min(mail.tries - 1, 12)), LONGEST_PAUSE)
                    wishes = notices.wishes_of(session, mail.person_id) if mail.person_id else Wishes({})
                    mail.due = wishes.again(mail.event, moment + pause)
                    mail.outcome = FAILED if moment - mail.created > GIVE_UP else WAITING
