"""A message that came in, as far as we want to know it: who, to whom, its words, and whether a person wrote it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from html.parser import HTMLParser

from knowledge.mail.quoted import own_words

RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
STATIONS = 40  # servers a message may have passed; more is a circle
ANSWERING_MACHINES = frozenset({"bulk", "junk", "list", "auto_reply"})
_BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre"})
_UNSEEN = frozenset({"script", "style", "head", "title", "template", "blockquote"})


@dataclass(frozen=True)
class Incoming:
    """`sender` is "" unless exactly one is named. `files`: how many were attached; they are left out."""

    sender: str
    recipients: tuple[str, ...]
    message_id: str
    words: str
    files: int
    automatic: bool


def read(raw: bytes) -> Incoming:
    """What a message says, whatever it is made of."""
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    senders = _addresses(message, "From")
    recipients = tuple(dict.fromkeys(a for name in RECIPIENTS for a in _addresses(message, name)))
    return Incoming(
        senders[0] if len(senders) == 1 else "",
        recipients,
        _header(message, "Message-ID") or hashlib.sha256(raw).hexdigest(),
        own_words(_words(message)),
        sum(_is_file(part) for part in message.walk()),
        _automatic(message),
    )


def _header(message: EmailMessage, name: str) -> str:
    """A header as text; what cannot be read is left out."""
    return " ".join(_headers(message, name))


def _headers(message: EmailMessage, name: str) -> list[str]:
    # the library's own reading of structured headers fails on some malformed ones: these are taken as they stand
    return [str(value).strip() for key, value in message.raw_items() if key.casefold() == name.casefold()]


def _addresses(message: EmailMessage, name: str) -> list[str]:
    return [address for _, address in getaddresses(_headers(message, name)) if "@" in address]


def _automatic(message: EmailMessage) -> bool:
    """Whether no person wrote this: holiday answers, lists, reports of failure, and mails that go round in circles."""
    if _header(message, "Auto-Submitted").split(";")[0].strip().casefold() not in ("", "no"):
        return True
    if _header(message, "Precedence").casefold() in ANSWERING_MACHINES:
        return True
    if any(_headers(message, name) for name in ("X-Autoreply", "X-Autorespond", "List-Id", "X-Loop")):
        return True
    bounced = _header(message, "Return-Path") == "<>" or message.get_content_type() == "multipart/report"
    return bounced or len(_headers(message, "Received")) > STATIONS


def _is_file(part: EmailMessage) -> bool:
    """Whether a part is a file that somebody attached; pictures in a signature are not."""
    if part.is_multipart():
        return False
    disposition = _header(part, "Content-Disposition").split(";")[0].strip().casefold()
    if disposition == "attachment":
        return True
    return part.get_content_maintype() != "text" and not _header(part, "Content-ID")


def _words(message: EmailMessage) -> str:
    parts = [p for p in message.walk() if not p.is_multipart() and not _is_file(p)]
    plain = next((p for p in parts if p.get_content_type() == "text/plain"), None)
    if plain is not None:
        text = _decoded(plain)
        return _unfolded(text) if str(plain.get_param("format", "")).casefold() == "flowed" else text
    html = next((p for p in parts if p.get_content_type() == "text/html"), None)
    return _Text().of(_decoded(html)) if html is not None else ""


def _decoded(part: EmailMessage) -> str:
    found = part.get_payload(decode=True)
    content = found if isinstance(found, bytes) else b""
    try:
        return content.decode(str(part.get_param("charset", "utf-8")), "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def _unfolded(text: str) -> str:
    """Lines that a program broke are put together again (RFC 3676: they end in a space)."""
    return "".join(_joined(text.splitlines())).rstrip("\n")


def _joined(lines: list[str]) -> Iterator[str]:
    for line in lines:
        goes_on = line.endswith(" ") and line != "-- " and not line.startswith(">")
        yield line.removeprefix(" ") if goes_on else line.removeprefix(" ") + "\n"


class _Text(HTMLParser):
    """The visible words of an HTML part, without what is quoted in it. It never builds a tree, so none can be deep."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._hidden, self._depth = "", 0

    def of(self, html: str) -> str:
        """The words of a page."""
        self.feed(html)
        self.close()
        lines = (" ".join(line.split()) for line in "".join(self._parts).split("\n"))
        return "\n".join(lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        quoted = any(name == "class" and "gmail_quote" in (value or "") for name, value in attrs)
        if self._hidden:
            self._depth += tag == self._hidden
        elif tag in _UNSEEN or quoted:
            self._hidden, self._depth = tag, 1
        elif tag in _BLOCKS:
            self._parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag == self._hidden:
            self._depth -= 1
            self._hidden = self._hidden if self._depth else ""
        elif not self._hidden and tag in ("p", "tr", "blockquote"):
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._parts.append(data.replace("\r", " ").replace("\n", " "))
