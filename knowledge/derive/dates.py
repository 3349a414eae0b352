"""Dates of reduced precision and spans of them in words: "March 2026", "5 March 2026", "2005 to 2012"."""

from __future__ import annotations

from collections.abc import Mapping

ONGOING = "ongoing"
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
}
_PATTERNS: Mapping[str, Mapping[str, str]] = {
    "en": {"day": "{d} {m} {y}", "month": "{m} {y}", "span": "{a} to {b}", ONGOING: "still going on"},
    "fr": {"day": "{d} {m} {y}", "month": "{m} {y}", "span": "de {a} à {b}", ONGOING: "toujours en cours"},
    "es": {
        "day": "{d} de {m} de {y}",
        "month": "{m} de {y}",
        "span": "de {a} a {b}",
        ONGOING: "aún en curso",
    },
    "pt": {
        "day": "{d} de {m} de {y}",
        "month": "{m} de {y}",
        "span": "de {a} a {b}",
        ONGOING: "ainda em curso",
    },
    # "the present time": it must fit after "to" as well
    "ar": {"day": "{d} {m} {y}", "month": "{m} {y}", "span": "من {a} إلى {b}", ONGOING: "الوقت الحاضر"},
}


def in_words(value: str, language: str = "en") -> str:
    """A stored date or span as people say it; what is no date is returned as it is. English where unknown."""
    if value.count("/") == 1:
        start, end = value.split("/")
        return _pattern(language, "span").format(a=in_words(start, language), b=in_words(end, language))
    if value == ONGOING:
        return _pattern(language, ONGOING)
    year, _, rest = value.partition("-")
    month, _, day = rest.partition("-")
    names = MONTHS.get(language, MONTHS["en"]).split()
    if not (month.isdecimal() and 1 <= int(month) <= 12):
        return value
    first = {"fr": "1er", "pt": "1.º"}.get(language, "1")
    number = "" if not day.isdecimal() else first if int(day) == 1 else str(int(day))
    return _pattern(language, "day" if number else "month").format(d=number, m=names[int(month) - 1], y=year)


def _pattern(language: str, name: str) -> str:
    return _PATTERNS.get(language, _PATTERNS["en"])[name]
