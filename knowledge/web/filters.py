"""Small words for the templates: dates, durations, addresses, labels. Nothing here decides anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import format_time, get_locale, gettext, ngettext

from knowledge.content.fields import N_
from knowledge.derive import cite, dates, marks
from knowledge.services import catalogue, claims
from knowledge.services.catalogue import Record
from knowledge.services.claims import Step
from knowledge.web import cards
from knowledge.web.cards import practice_url, slug, version_url
from knowledge.web.language import direction, reader_language
from knowledge.web.site import site
from workflows import known
from workflows.clock import Due
from workflows.editorial import PUBLISHED


def partial_date(text: str) -> str:
    """2019-03 -> March 2019, in the reader's language."""
    return dates.in_words(text, reader_language())


def day(moment: datetime | None) -> str:
    """5 March 2026."""
    return dates.day(moment, reader_language()) if moment else ""


def last_day(end: datetime | None) -> str:
    """The last day before a moment at which something ends: 5 March 2026."""
    return day(end - timedelta(seconds=1)) if end else ""


def moment(at: datetime | None) -> str:
    """5 March 2026, 10:42."""
    return dates.moment(at, reader_language()) if at else ""


def clock(at: datetime) -> str:
    """10:42."""
    return str(format_time(at, "HH:mm"))


def waiting(days: int) -> str:
    """How long something has waited, in working days."""
    return str(ngettext("%(num)d working day", "%(num)d working days", days) if days else gettext("since today"))


def took(days: int) -> str:
    """How long an answer took, in working days."""
    return str(
        ngettext("%(num)d working day", "%(num)d working days", days) if days else gettext("less than a working day")
    )


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
    return dates.weekday(on, reader_language())


def listed(parts: Iterable[object]) -> str:
    """Several things in a row, with the comma of the reader's language."""
    return str(gettext(", ")).join(str(part) for part in parts)


def step_words(step: Step) -> str:
    """What a line of history says: the state it led to, whose review it became, or which day was set."""
    label = BESIDE_STATES.get(step.transition) or known.state(step.target).label
    return str(gettext(label))


BESIDE_STATES = {
    "plan": N_("To be published"),
    "unplan": N_("Publication called off"),
    "confirm": N_("Confirmed by its authors, valid until"),
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
    label = str(gettext(known.state(record.state).label))
    if record.plan is not None:
        label = str(gettext("Published from %(day)s", day=day(record.plan.due)))
    if record.live_id is not None and record.state != PUBLISHED:
        return str(gettext("Published, new version: %(state)s", state=label))
    return label


def citation(article: catalogue.Article) -> str:
    """How to cite a version that is public; "" for a text that is not."""
    if article.publication is None:
        return ""
    names = article.authors or [gettext("Anonymous") if article.nameless else "Praxis"]
    kind, number = article.record_type.name(reader_language()), article.revision.number
    address = site().settings.address + version_url(article.record.id, number)
    version = gettext("version %(n)s", n=number)
    return cite.citation(names, article.publication.at.year, article.revision.title, kind, version, address)


def authors(record: Record) -> str:
    """The names on a record."""
    return ", ".join(catalogue.names(record))


FILTERS: dict[str, Callable[..., Any]] = {
    "brief": marks.brief,
    "marked": cards.marked,
    "partial_date": partial_date,
    "day": day,
    "last_day": last_day,
    "moment": moment,
    "clock": clock,
    "waiting": waiting,
    "took": took,
    "due": due,
    "weekday": weekday,
    "listed": listed,
    "step_words": step_words,
    "years": years,
    "state_words": state_words,
    "authors": authors,
    "slug": slug,
}
GLOBALS: dict[str, Callable[..., Any]] = {
    "practice_url": practice_url,
    "version_url": version_url,
    "citation": citation,
    "direction": direction,
    "reader_language": reader_language,
    "interface_language": lambda: get_locale().language,
    "editorial_state": known.state,
    "site_address": lambda: site().settings.address,
}
