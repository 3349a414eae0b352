"""Faults to seed on purpose, so that it is known that the checks would see them."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from bench.kills.checks import DOUBLED, HALF, LOST
from bench.kills.forking import Tell
from knowledge.files.store import Folder
from knowledge.mail import postman
from knowledge.storage.models.mail import Mail

SLOWLY = 0.02  # seconds between two blocks


def too_early(tell: Tell) -> Tell:
    """Whoever acts says that it is safe before it is."""

    def early(what: str, kind: str, **facts: Any) -> None:
        tell(what, kind, **facts)
        if what == "begun":
            tell("done", kind, **facts)

    return early


def new_ids(tell: Tell) -> Tell:
    """A mail has another id whenever it is tried."""

    def anew(mail: Mail, host: str) -> str:
        return f"<{mail.id}.{secrets.token_hex(8)}@{host}>"

    postman.message_id = anew
    return tell


def in_place(tell: Tell) -> Tell:
    """Files grow under their own name."""

    def put(self: Folder, name: str, source: BinaryIO) -> None:
        target = self._path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            while block := source.read(4096):
                file.write(block)
                file.flush()
                time.sleep(SLOWLY)
        shutil.copystat(target.parent, target)

    Folder.put = put  # type: ignore[method-assign]
    return tell


@dataclass(frozen=True)
class Seeded:
    """A fault: what to patch in the child, which kinds of act to aim at, and how the checks are to name it."""

    patch: Callable[[Tell], Tell]
    at: tuple[str, ...]
    sort: str


FAULTS: Mapping[str, Seeded] = {
    "early": Seeded(too_early, ("save", "decision"), LOST),
    "new-ids": Seeded(new_ids, ("mail",), DOUBLED),
    "in-place": Seeded(in_place, ("upload", "file"), HALF),
}
