"""Numbers as people write them: "45 days", "1,200", "3.5 %", "1 200,5", "USD 3.4 bn", "about 120".

What could be read in two ways ("1,200" by somebody who may write either 1200 or 1.2 so) is no number here, nor is
what compares or counts out of something ("4 of 10", "46% more", "4-5%").
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 80  # characters; what is longer is a sentence
_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u2007\u2008"), " ")
_SIGNS = {ord("−"): "-", ord("٫"): ".", ord("٬"): " ", ord("’"): " ", ord("'"): " "}
_ABOUT = "about|around|approx|approximately|environ|env|unos|unas|cerca de|aproximadamente|حوالي|نحو"
_FIGURE = re.compile(
    rf"(?:[~≈]|(?:{_ABOUT})\b\.?)? ?(?P<sign>[+-]?) ?(?P<before>[$€£¥₦₹]|[^\W\d_]{{1,4}})? ?"
    r"(?P<number>\d[\d .,]*)(?P<after>[^\d]*)"
)
_UNIT = re.compile(r"%|‰|[$€£¥₦₹]|[^\W\d_]+(?:[ /.-][^\W\d_]+){0,4}")
_GROUPS = re.compile(r"\d{1,3}(?:[ .,]\d{2,3})*[ .,]\d{3}")  # by three, or by two as in India
_DECIMAL_COMMA = frozenset({"fr", "es", "pt"})


@dataclass(frozen=True)
class Figure:
    """A number and its unit as it was written ("" for none)."""

    number: float
    unit: str


def figure(text: str, language: str = "en") -> Figure | None:
    """What a cell says when it is one number that can be read in one way only; None for everything else."""
    if len(text) > LONGEST:
        return None
    plain = " ".join("".join(map(_ascii, text)).translate(_SPACES).translate(_SIGNS).split())
    found = _FIGURE.fullmatch(plain)
    if found is None:
        return None
    after = found["after"].strip()
    if after and not _UNIT.fullmatch(after.rstrip(".")):
        return None
    number = _number(found["number"].strip(" .,"), language)
    if number is None:
        return None
    unit = " ".join(part for part in (found["before"], after.rstrip(".")) if part)
    return Figure(-number if found["sign"] == "-" else number, unit)


def same_unit(one: str, other: str, column: str = "") -> bool:
    """Whether two figures count the same: a unit left out is that of the other, but a bare number is no share."""
    first, second = one.casefold() or column.casefold(), other.casefold() or column.casefold()
    return first == second or (not (first and second) and "%" not in (first, second))


def _ascii(letter: str) -> str:
    value = unicodedata.decimal(letter, None)
    return letter if value is None else str(value)


def _number(digits: str, language: str) -> float | None:
    marks = [c for c in digits if not c.isdigit()]
    if not marks:
        return float(digits)
    last = marks[-1]
    whole, _, rest = digits.rpartition(last)
    if marks.count(last) > 1 or (len(rest) == 3 and last != " " and _thousands(whole, last, language)) or last == " ":
        return float("".join(c for c in digits if c.isdigit())) if _grouped(digits) else None
    if len(rest) == 3 and not _decimal(whole, last, language):
        return None
    if len(set(marks)) > 2 or (len(marks) > 1 and not _grouped(whole)):
        return None
    return float("".join(c for c in whole if c.isdigit()) + "." + rest)


def _grouped(digits: str) -> bool:
    """Groups of digits, all with the same mark between them."""
    return len({c for c in digits if not c.isdigit()}) == 1 and bool(_GROUPS.fullmatch(digits))


def _thousands(whole: str, mark: str, language: str) -> bool:
    """Whether a single mark before three digits groups them, in this language."""
    if not whole.isdigit() or len(whole) > 3 or whole.startswith("0"):
        return False
    return (mark == "," and language not in _DECIMAL_COMMA) or (mark == "." and language == "pt")


def _decimal(whole: str, mark: str, language: str) -> bool:
    """Whether a single mark before three digits can only be that of decimals."""
    if not whole.isdigit() or len(whole) > 3 or whole.startswith("0"):
        return True
    return (mark == "." and language not in _DECIMAL_COMMA) or (mark == "," and language in ("fr", "pt"))
