"""Dates as people write them: "March 2023", "12 mars 2023", "03/2023", as ISO 8601.

Only what can be read in one way: 03/04/2023 is one day in Nairobi and another in Manila. Names of months are Unicode
CLDR's, by Babel, in the languages of the interface.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from babel import Locale

from knowledge.content.vocabularies import LANGUAGES

_WORDS = re.compile(r"[^\W_]+")
_BESIDE = frozenset(("de", "del", "of", "the", "le", "em", "en", "in", "في"))


def iso(text: str) -> str:
    """The same date as 2023-03 or 2023-03-12; what is no such date, or is one already, as it is."""
    words = [_folded(word) for word in _WORDS.findall(text)]
    words = [word for word in words if word not in _BESIDE]
    months = [_months()[word] for word in words if word in _months()]
    numbers = [re.sub(r"(?<=\d)(st|nd|rd|th|er|o)$", "", word) for word in words if word not in _months()]
    years = [n for n in numbers if re.fullmatch(r"\d{4}", n, re.ASCII)]
    others = [n for n in numbers if re.fullmatch(r"\d{1,2}", n, re.ASCII)]
    if len(years) != 1 or len(years) + len(others) != len(numbers):
        return text
    if len(months) == 1 and len(others) <= 1:
        day = f"-{int(others[0]):02d}" if others else ""
        return f"{years[0]}-{months[0]:02d}{day}"
    if not months and len(others) == 1 and re.fullmatch(r"\s*\d+\s*[/.]\s*\d+\s*", text):
        return f"{years[0]}-{int(others[0]):02d}"
    return text


@cache
def _months() -> dict[str, int]:
    found: dict[str, int] = {}
    for code in LANGUAGES:
        for form in Locale(code).months.values():
            for width in ("wide", "abbreviated"):
                found |= {_folded(name): number for number, name in form[width].items()}
    return found | {"sept": 9, "janv": 1}


def _folded(word: str) -> str:
    """Without accents, case and a full stop at its end."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).rstrip(".")
