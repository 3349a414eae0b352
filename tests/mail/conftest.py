"""A real mail server on the loopback, which keeps what it takes and can be told to refuse."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from knowledge import setup
from knowledge.mail.postman import Postman
from knowledge.settings import Settings
from tests.conftest import Stage


@dataclass
class Box:
    """What the server took, in order. `answer`: what it says instead of taking a mail."""

    taken: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    answer: str = ""
    port: int = 0
    controller: Any = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer:
            return self.answer
        self.raw.append(envelope.content)
        self.taken.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 OK"

    def text(self, number: int = -1) -> str:
        """The plain words of a mail."""
        body = self.taken[number].get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    def html(self, number: int = -1) -> str:
        """Its HTML."""
        body = self.taken[number].get_body(("html",))
        assert body is not None
        return str(body.get_content())


@contextmanager
def listening() -> Iterator[Box]:
    """A mail server for a while."""
    made = Box()
    with socket.create_server(("127.0.0.1", 0)) as free:
        made.port = free.getsockname()[1]
    made.controller = Controller(made, hostname="127.0.0.1", port=made.port)
    made.controller.start()
    yield made
    if not made.controller.loop.is_closed():
        made.controller.stop()


@pytest.fixture
def box() -> Iterator[Box]:
    with listening() as made:
        yield made


@pytest.fixture
def postman(stage: Stage, box: Box) -> Postman:
    """The site's own postman, but to this server."""
    settings = Settings(
        smtp_url=f"smtp://127.0.0.1:{box.port}",
        base_url="https://praxis.example",
        secret_key="k" * 16 + "0123456789abcdef",
    )
    return to(stage, settings)


def to(stage: Stage, settings: Settings) -> Postman:
    """The postman a site with these settings has."""
    from dataclasses import replace

    return setup.postman(replace(stage.site, settings=settings))


@pytest.fixture
def here(stage: Stage, box: Box) -> Postman:
    """The site's own postman with its own address and key, but to this server: its links work on the stage."""
    from dataclasses import replace

    return to(stage, replace(stage.site.settings, smtp_url=f"smtp://127.0.0.1:{box.port}"))


def link(box: Box, number: int = -1) -> str:
    """Where the one thing to do in a mail leads, without the address of the site."""
    import re

    found = re.search(r"http://localhost(/\S+)", box.text(number))
    assert found, box.text(number)
    return found[1]
