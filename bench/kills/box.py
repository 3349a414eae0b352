"""A mail server on the loopback, in a process of its own: a mail is a line in its file before it says that it has it.

    python -m bench.kills.box FILE

Says its port first. It answers a moment late, as servers do: whoever sends may be killed between the two.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import sys
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

SLOW = 0.03  # seconds, at most, until it answers


class Box:
    """What takes the mails."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep it, then say so."""
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        body = mail.get_body(("plain",))
        words = [str(mail[name]) for name in ("To", "Subject")] + [str(body.get_content()) if body else ""]
        os.write(self._file, json.dumps([str(mail["Message-ID"]), *words]).encode() + b"\n")
        await asyncio.sleep(random.uniform(0, SLOW))
        return "250 OK"


async def serve(file: Path) -> None:
    """Until it is ended."""
    box = Box(file)
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), sock=door)
        print(door.getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
