"""Moments in a text: the years and days it names, in the languages of the site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from babel.dates import get_month_names

from knowledge.content.vocabularies import LANGUAGES

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ISO = re.compile(r"(?<!\d)(20\d\d)-(\d\d)-(\d\d)(?!\d)")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[/.](\d{1,2})[/.](20\d\d)(?!\d)")
_NAMES = {name.casefold(): number for each in LANGUAGES for number, name in get_month_names(locale=each).items()}
_SPELLED = re.compile(
    r"(?<!\d)(?:(\d{1,2})(?:st|nd|rd|th|er|º|\.º)? (?:de )?)?(" + "|".join(sorted(_NAMES, key=len, reverse=True)) + r")"
    r"(?: (\d{1,2}),)?(?: de)? (20\d\d)(?!\d)"
)


def names_a_year(text: str) -> bool:
    """Whether a text says of which year it speaks."""
    return _YEAR.search(_western(text)) is not None


def days(text: str) -> Iterator[date]:
    """The days a text names; the last one of a month that is named without a day. Day before month, as most write."""
    plain = _western(text).casefold()
    for year, month, day in _ISO.findall(plain):
        yield from _day(year, month, day)
    for day, month, year in _NUMERIC.findall(plain):
        yield from _day(year, month, day)
    for day, name, other, year in _SPELLED.findall(plain):
        yield from _day(year, str(_NAMES[name]), day or other or "28")


def _day(year: str, month: str, day: str) -> Iterator[date]:
    try:
        yield date(int(year), int(month), int(day))
    except ValueError:
        return


def _western(text: str) -> str:
    """With the digits of Arabic and Persian as those of Europe."""
    return text.translate(_DIGITS)


_DIGITS = {start + n: str(n) for start in (0x660, 0x6F0) for n in range(10)}
