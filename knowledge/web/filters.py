"""Small words for the templates: dates, durations, addresses, labels. Nothing here decides anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import format_date, format_datetime, get_locale, gettext, ngettext

from knowledge.content.fields import N_
from knowledge.derive.dates import in_words
from knowledge.services import catalogue, claims
from knowledge.services.catalogue import Record
from knowledge.services.claims import Step
from knowledge.web import cards
from knowledge.web.cards import practice_url, slug
from knowledge.web.language import direction, reader_language
from knowledge.web.site import site
from workflows.clock import Due
from workflows.editorial import EDITORIAL, PUBLISHED


def partial_date(text: str) -> str:
    """2019-03 -> March 2019, in the reader's language."""
    return in_words(text, reader_language())


def day(moment: datetime | None) -> str:
    """5 March 2026."""
    return str(format_date(moment, "d MMMM y")) if moment else ""


def moment(at: datetime | None) -> str:
    """5 March 2026, 10:42."""
    return str(format_datetime(at, "d MMMM y, HH:mm")) if at else ""


def waiting(days: int) -> str:
    """How long something has waited, in working days."""
    return str(ngettext("%(num)d working day", "%(num)d working days", days) if days else gettext("since today"))


def took(days: int) -> str:
    """How long an answer took, in working days."""
    return str(ngettext("%(num)d working day", "%(num)d working days", days) if days else gettext("no working day"))


def due(found: Due | None) -> str:
    """When an answer is due, as people say it: due tomorrow, 2 working days overdue, due Thursday 3 December."""
    if found is None:
        return ""
    if found.overdue:
        late = ngettext("%(num)d working day overdue", "%(num)d working days overdue", found.overdue)
        return str(late)
    near = {0: gettext("due today"), 1: gettext("due tomorrow")}.get((found.on - found.today).days)
    return str(near or gettext("due %(day)s", day=weekday(found.on)))


def weekday(on: date) -> str:
    """Thursday 3 December."""
    return str(format_date(on, "EEEE d MMMM"))


def step_words(step: Step) -> str:
    """What a line of history says: the state it led to, or whose review it became."""
    label = HOLDINGS.get(step.transition) or EDITORIAL.state(step.target).label
    return str(gettext(label))


HOLDINGS = {
    claims.CLAIM: N_("Taken up for review"),
    claims.HAND_BACK: N_("Handed back to the coaches of the programme"),
    claims.PAIR: N_("To the coach of its author"),
    claims.ASSIGN: N_("Assigned by a manager"),
    claims.AWAY: N_("Back to the coaches of the programme: the coach is away"),
}


def years(values: Mapping[str, Any]) -> str:
    """When it happened: 2005 to 2012."""
    return cards.years(values, reader_language())


def state_words(record: Record) -> str:
    """The state on its chip; a published record with a newer version says both."""
    label = str(gettext(EDITORIAL.state(record.state).label))
    if record.live_id is not None and record.state != PUBLISHED:
        return str(gettext("Published, new version: %(state)s", state=label))
    return label


def authors(record: Record) -> str:
    """The names on a record."""
    return ", ".join(catalogue.names(record))


FILTERS: dict[str, Callable[..., Any]] = {
    "marked": cards.marked,
    "partial_date": partial_date,
    "day": day,
    "moment": moment,
    "waiting": waiting,
    "took": took,
    "due": due,
    "weekday": weekday,
    "step_words": step_words,
    "years": years,
    "state_words": state_words,
    "authors": authors,
    "slug": slug,
}
GLOBALS: dict[str, Callable[..., Any]] = {
    "practice_url": practice_url,
    "direction": direction,
    "reader_language": reader_language,
    "interface_language": lambda: get_locale().language,
    "editorial_state": EDITORIAL.state,
    "site_address": lambda: site().settings.address,
}
