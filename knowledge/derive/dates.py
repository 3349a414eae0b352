"""Dates in words, in the reader's language: "5 March 2026", "March 2026", "2005 to 2012", "Thursday 5 March".

Names of months and their order come from Unicode CLDR, by Babel; here stands only what it leaves open.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton

ONGOING = "ongoing"
_LOCALES = {"en": "en_GB"}  # CLDR's plain English is that of the United States: March 5, 2026
_PATTERNS: Mapping[str, Mapping[str, str]] = {
    "en": {"span": "{a} to {b}", "open": "{a}, still going on", ONGOING: "still going on", "weekday": "EEEE d MMMM"},
    "fr": {
        "span": "de {a} à {b}",
        "open": "{a}, toujours en cours",
        ONGOING: "toujours en cours",
        "weekday": "EEEE d MMMM",
    },
    "es": {"span": "de {a} a {b}", "open": "{a}, aún en curso", ONGOING: "aún en curso", "weekday": "EEEE d 'de' MMMM"},
    "pt": {
        "span": "de {a} a {b}",
        "open": "{a}, ainda em curso",
        ONGOING: "ainda em curso",
        "weekday": "EEEE, d 'de' MMMM",
    },
    "ar": {
        "span": "من {a} إلى {b}",
        "open": "{a}، ولا يزال مستمرا",
        ONGOING: "لا يزال مستمرا",
        "weekday": "EEEE d MMMM",
    },
}
_FIRST = {"fr": "1er", "pt": "1.º"}  # of a month


def in_words(value: str, language: str = "en") -> str:
    """A stored date or span as people say it; what is no date is returned as it is. English where unknown."""
    if value.count("/") == 1:
        start, end = value.split("/")
        if end == ONGOING:
            return _pattern(language, "open").format(a=in_words(start, language))
        return _pattern(language, "span").format(a=in_words(start, language), b=in_words(end, language))
    if value == ONGOING:
        return _pattern(language, ONGOING)
    parts = value.split("-")
    if len(parts) == 1 or not all(part.isdecimal() for part in parts):
        return value
    try:
        on = date(*(int(part) for part in (*parts, "1")[:3]))
    except ValueError:
        return value
    return day(on, language) if len(parts) > 2 else str(format_skeleton("yMMMM", on, locale=_locale(language)))


def day(on: date | datetime, language: str = "en") -> str:
    """5 March 2026."""
    text = str(format_date(on, "long", locale=_locale(language)))
    return f"{_FIRST[language]}{text[1:]}" if language in _FIRST and text.startswith("1 ") else text


def moment(at: datetime, language: str = "en") -> str:
    """5 March 2026, 10:42; in the zone that `at` is in."""
    return f"{day(at, language)}{'،' if language == 'ar' else ','} {at:%H:%M}"


def weekday(on: date, language: str = "en") -> str:
    """Thursday 5 March."""
    return str(format_date(on, _pattern(language, "weekday"), locale=_locale(language)))


def _pattern(language: str, name: str) -> str:
    return _PATTERNS.get(language, _PATTERNS["en"])[name]


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(_LOCALES.get(language, language))
    except (ValueError, UnknownLocaleError):
        return Locale.parse(_LOCALES["en"])
