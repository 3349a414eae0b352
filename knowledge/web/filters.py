"""Small words for the templates: dates, durations, addresses, labels. Nothing here decides anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask_babel import format_date, format_datetime, get_locale, gettext, ngettext

from knowledge.services import catalogue
from knowledge.services.catalogue import Record
from knowledge.web.downloads import slug
from knowledge.web.language import direction, reader_language
from knowledge.web.public import practice_url
from knowledge.web.site import site
from workflows.editorial import EDITORIAL, PUBLISHED


def partial_date(text: str) -> str:
    """2019 -> 2019, 2019-03 -> March 2019, 2019-03-05 -> 5 March 2019."""
    parts = text.split("-")
    if text == "ongoing":
        return str(gettext("ongoing"))
    if not all(p.isdigit() for p in parts):
        return text
    if len(parts) == 2:
        return str(format_date(date(int(parts[0]), int(parts[1]), 1), "MMMM y"))
    if len(parts) == 3:
        return str(format_date(date(*map(int, parts)), "d MMMM y"))
    return text


def span(ends: tuple[str, ...]) -> str:
    """One date, or two with "to" between."""
    if len(ends) == 2 and ends[0] != ends[1]:
        return str(gettext("%(start)s to %(end)s", start=partial_date(ends[0]), end=partial_date(ends[1])))
    return partial_date(ends[0])


def day(moment: datetime | None) -> str:
    """5 March 2026."""
    return str(format_date(moment, "d MMMM y")) if moment else ""


def moment(at: datetime | None) -> str:
    """5 March 2026, 10:42."""
    return str(format_datetime(at, "d MMMM y, HH:mm")) if at else ""


def waiting(days: int) -> str:
    """How long something has waited, in working days."""
    return str(ngettext("%(num)d working day", "%(num)d working days", days) if days else gettext("since today"))


def years(values: dict[str, Any]) -> str:
    """When it happened: 2005 to 2012."""
    start, end = values.get("start"), values.get("end")
    if not start:
        return ""
    return span((start[:4], end if end == "ongoing" else end[:4])) if end else str(start[:4])


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
    "partial_date": partial_date,
    "span": span,
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
    "editorial_state": EDITORIAL.state,
    "registry_terms": lambda: site().registry().vocabularies,
    "site_address": lambda: site().settings.address,
}
