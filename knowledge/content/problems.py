"""What is wrong with an answer, in words for the person who wrote it; and text as it is stored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from knowledge.content.fields import N_

_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls, lone surrogates, noncharacters, the byte order mark, and the two overrides that turn the text of a page
# around. Unassigned characters stay: this year's emoji are unassigned for an older Python.
_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202d\u202e\ufeff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_TRANSLATED = ("label", "table", "because", "names")


@dataclass(frozen=True)
class Problem:
    """Something to put right: where (`path`, as ("steps", 2, "title")) and what to do (`message` with `facts`).

    A fact may be a problem itself; the facts `label`, `table`, `because` and `names` are texts of the interface.
    """

    path: tuple[str | int, ...]
    message: str
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def anchor(self) -> str:
        """The id of the form control it belongs to."""
        return "-".join(str(part) for part in self.path)

    def told(self, say: Callable[[str], str] = str, day: Callable[[date], str] = str) -> str:
        """The whole sentence; what of it belongs to the interface is translated by `say`, its dates by `day`."""
        facts = {name: _fact(name, value, say, day) for name, value in self.facts.items()}
        return say(self.message).format(**facts)

    def __str__(self) -> str:
        return self.told()


def _fact(name: str, value: object, say: Callable[[str], str], day: Callable[[date], str]) -> object:
    if isinstance(value, Problem):
        return value.told(say, day)
    if isinstance(value, tuple):
        return " / ".join(str(_fact(name, part, say, day)) for part in value)
    if isinstance(value, date):
        return day(value)
    return say(value) if name in _TRANSLATED and isinstance(value, str) else value


class Wrong(Exception):
    """Raised by a cleaner; carries one or more problems relative to the field."""

    def __init__(self, message: str = "", problems: Iterable[Problem] = (), **facts: object) -> None:
        super().__init__(message)
        self.problems = tuple(problems) or (Problem((), message, facts),)


def tidy(text: object, lines: bool = False) -> str:
    """Text as it is stored: NFC, without control characters, trimmed; one line unless `lines`.

    Raises Wrong for anything but text. What nobody could see (only spaces and joiners) is no text.
    """
    if not isinstance(text, str):
        raise Wrong(N_("This must be text."))
    text = _DROPPED.sub("", _BREAKS.sub("\n", text))
    text = unicodedata.normalize("NFC", text)  # last: what was dropped may have kept two characters apart
    text = text.strip() if lines else " ".join(text.split())
    return text if any(not unicodedata.category(c).startswith(("Z", "C")) or c >= "\ue000" for c in text) else ""
