"""Where mails go: to a server, or, without one, into files that look the same."""

from __future__ import annotations

import os
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from knowledge.files.store import sync

TIMEOUT = 20.0  # seconds for each answer of the server


class Away(Exception):
    """The server does not answer, or says "later". Try again."""


class Refused(Exception):
    """The server does not want this mail, now or ever."""


class Transport(Protocol):
    """Takes a mail, and returns when whoever is responsible next has it."""

    def send(self, message: EmailMessage) -> None:
        """Send it. Raises Away or Refused; then nobody has it."""
        ...


@dataclass(frozen=True)
class Folder:
    """Mails as files, named by their ids: for sites without a server, and for looking at them."""

    folder: Path

    def send(self, message: EmailMessage) -> None:
        """Write it aside, durably, and move it into place: a reader never sees half of one."""
        name = message["Message-ID"].strip("<>").replace("/", "_")
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            aside = self.folder / f".{name}.part"
            with aside.open("wb") as file:
                file.write(message.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self.folder / f"{name}.eml")
            sync(self.folder)
        except OSError as error:
            raise Away(error.strerror or type(error).__name__) from error


@dataclass(frozen=True)
class Smtp:
    """A server: smtp://user:password@host:25, with `?starttls` or smtps:// where the line is not our own."""

    url: str

    def send(self, message: EmailMessage) -> None:
        """Hand it over, on a connection of its own."""
        try:
            with self._connection() as server:
                server.send_message(message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
            code, said = _answer(error)
            raise (Refused if code >= 500 else Away)(f"{code} {said}"[:200]) from error
        except (smtplib.SMTPException, OSError) as error:
            raise Away(getattr(error, "strerror", None) or type(error).__name__) from error

    def _connection(self) -> smtplib.SMTP:
        where = urlsplit(self.url)
        kind = smtplib.SMTP_SSL if where.scheme == "smtps" else smtplib.SMTP
        server = kind(where.hostname or "", where.port or 0, timeout=TIMEOUT)
        if "starttls" in where.query:
            server.starttls(context=ssl.create_default_context())
        if where.username:
            server.login(unquote(where.username), unquote(where.password or ""))
        return server


def _answer(error: smtplib.SMTPException) -> tuple[int, str]:
    """What the server said; of a mail to one person there is one answer."""
    said: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error
    else:
        return 400, type(error).__name__
    if isinstance(error, smtplib.SMTPAuthenticationError):
        code = 450  # ours to mend, and nothing is wrong with the mail
    return code, said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def open_transport(url: str, folder: Path) -> Transport:
    """The server that `url` names, or files in a folder when there is none."""
    return Smtp(url) if url else Folder(folder)
