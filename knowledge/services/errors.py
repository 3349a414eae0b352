"""What a use case may refuse with. Errors carry facts; the edge gives them a status and shows the sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.content.checks import Problem
from knowledge.files.store import NO_ROOM as NO_ROOM
from knowledge.files.store import FilesUnavailable as FilesUnavailable
from knowledge.storage.session import StorageUnavailable as StorageUnavailable
from knowledge.storage.session import WriteConflict as WriteConflict


class NotFound(Exception):
    """There is no such thing, or the actor may not know that there is."""


class Forbidden(Exception):
    """The actor may know of it but not do this; the message says so."""


class SignInNeeded(Exception):
    """Only somebody who is signed in can do this."""


class Gone(Exception):
    """The record was withdrawn. What is left to say: the reason, and the day (ISO 8601); not even its title."""

    def __init__(self, record_id: str, reason: str, on: str) -> None:
        super().__init__(record_id)
        self.record_id, self.reason, self.on = record_id, reason, on


class LinkOver(Exception):
    """A link from a mail, or a step of signing in, that was used, replaced or is too old."""


class Invalid(Exception):
    """What was sent cannot be stored; every problem with its place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


class TooMany(Invalid):
    """More in a while than one person writes; the same is welcome a little later."""


@dataclass
class Conflict(Exception):
    """Somebody saved a newer version meanwhile: both texts, so that the writer can choose.

    `common`: the version she started from, None if there was none.
    """

    mine: Mapping[str, Any]
    theirs: Mapping[str, Any]
    number: int
    by: str
    common: Mapping[str, Any] | None = None


class SearchDown(Exception):
    """The index cannot answer now; it is being rebuilt."""
