"""Addresses that led nowhere when they were last called up; the call itself is made elsewhere, long before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from knowledge.content.fields import N_
from knowledge.content.problems import Problem
from knowledge.derive.advice.links import addresses
from knowledge.derive.advice.passages import Advice, Draft

MOST = 10  # named in one record
# trouble -> what to say; see knowledge.outside.calling
SENTENCES: Mapping[str, str] = {
    "answered": N_("“{address}” answered {status} on {day}. Does it still lead to the page you mean?"),
    "no-name": N_("There was no site at “{address}” on {day}. Does it still lead to the page you mean?"),
    "silent": N_("“{address}” did not answer on {day}. Does it still lead to the page you mean?"),
    "away": N_("“{address}” could not be reached on {day}. Does it still lead to the page you mean?"),
    "certificate": N_("“{address}” did not prove on {day} that it is what it says; browsers warn their readers of it."),
    "inside": N_("“{address}” led to a place on {day} that can be reached only from inside an office."),
    "astray": N_("“{address}” led from one address to the next without end on {day}."),
}


def look(draft: Draft) -> Iterator[Advice]:
    """Advice on what was called up and was not there. It is the same advice as long as what was wrong is the same."""
    given = 0
    for path, address in addresses(draft):
        called = draft.called.get(address)
        message = SENTENCES.get(called.trouble) if called else None
        if called and message and given < MOST:
            given += 1
            facts = {"address": address[:80], "status": called.status, "day": called.on}
            yield Advice("called", Problem(path, message, facts), f"{address} {called.trouble} {called.status}")
