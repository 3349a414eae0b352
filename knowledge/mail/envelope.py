"""A letter as a message for mail programs: text and HTML, its thread, and the way to end mails of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from knowledge.mail.letters import Letter

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


class Addresses(EmailPolicy):
    """Headers that hold addresses are broken between them and nowhere else, and plain subjects not at all.

    The library writes whatever is too long for a line in its own code, which no mail program reads as an address, and
    a subject that is a little too long below an empty line.
    """

    def fold(self, name: str, value: str) -> str:
        if name.casefold() in WHOLE:
            return f"{name}: " + f"{self.linesep} ".join(str(value).split()) + self.linesep
        if name.casefold() == "subject" and str(value).isascii():
            return f"{name}: {value}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.casefold() in WHOLE or (name.casefold() == "subject" and str(value).isascii()):
            return self.fold(name, value).encode("ascii", "replace")
        return super().fold_binary(name, value)


WHOLE = frozenset({"list-unsubscribe", "references", "in-reply-to", "message-id"})
POLICY = Addresses(linesep="\r\n")


@dataclass(frozen=True)
class Envelope:
    """How a site's mails look from outside. `host`: the name in message ids; `templates`: where the two forms are."""

    sender: str
    address: str
    host: str
    templates: Path

    def message(self, letter: Letter, message_id: str, at: datetime, earlier: Sequence[str] = ()) -> EmailMessage:
        """The message; what people wrote can add no header, because the library refuses line breaks in them.

        `earlier`: ids of the mails before it about the same record. All of them, and those of the other readers, go
        back to an id that stands for the record, so that mail programs show one thread.
        """
        made = EmailMessage(policy=POLICY)
        made["Subject"] = one_line(letter.subject)
        made["From"] = Address("Praxis", addr_spec=self.sender)
        made["To"] = Address(one_line(letter.name), addr_spec=letter.email)
        if letter.reply_to:
            made["Reply-To"] = Address("Praxis", addr_spec=letter.reply_to)
        made["Date"] = at
        made["Message-ID"] = message_id
        if letter.record_id:
            made["References"] = " ".join((f"<record.{letter.record_id}@{self.host}>", *earlier))
        if letter.record_id and earlier:
            made["In-Reply-To"] = earlier[-1]
        if letter.stop:
            made["List-Unsubscribe"] = f"<{letter.stop}>"
            made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        made["Auto-Submitted"] = "auto-generated"  # no holiday answers, please
        facts = {"letter": letter, "address": self.address, "direction": _direction(letter.language)}
        made.set_content(self._jinja.get_template("mail/letter.txt").render(facts))
        made.add_alternative(self._jinja.get_template("mail/letter.html").render(facts), subtype="html")
        return made

    @property
    def _jinja(self) -> Environment:
        return Environment(
            loader=FileSystemLoader(str(self.templates)),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )


def one_line(text: str) -> str:
    """For a header: no line breaks, no control characters, not too long."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def _direction(language: str) -> str:
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"
