"""Small words for the templates: dates, durations, addresses, labels. Nothing here decides anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import format_date, format_datetime, get_locale, gettext, ngettext

from knowledge.derive.dates import in_words
from knowledge.services import catalogue
from knowledge.services.catalogue import Record
from knowledge.web import cards
from knowledge.web.cards import practice_url, slug
from knowledge.web.language import direction, reader_language
from knowledge.web.site import site
from workflows import known
from workflows.editorial import PUBLISHED


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


def years(values: Mapping[str, Any]) -> str:
    """When it happened: 2005 to 2012."""
    return cards.years(values, reader_language())


def state_words(record: Record) -> str:
    """The state on its chip; a published record with a newer version says both."""
    label = str(gettext(known.state(record.state).label))
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
    "editorial_state": known.state,
    "site_address": lambda: site().settings.address,
}
