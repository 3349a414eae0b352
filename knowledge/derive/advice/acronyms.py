"""Short forms that are never spelled out: a reader from another country does not know them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.content.fields import N_
from knowledge.content.problems import Problem
from knowledge.derive.advice.passages import Advice, Draft
from search.synonyms import Synonyms, is_acronym, key_of

MOST = 12  # named in one record
# what everybody knows, in the languages of the site
KNOWN = frozenset(
    "UN UNO ONU EU UE UK US USA USD EUR GBP NGO ONG GDP PIB HIV VIH AIDS SIDA VAT TVA IVA PDF CSV XML HTML JSON SMS "
    "TV CD DVD USB URL FAQ ID IT TI ICT TIC OK ISO UNICEF UNESCO NATO OTAN WHO OMS COVID AM PM DNA ADN CO CV VIP SOS "
    "GPS QR API SQL WIFI DC KM KG".split()
)
_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_PIECE = re.compile(r"\S+")
_WORD = re.compile(r"\w++(?:[-’'./&]\w++)*+")
_SMALL = frozenset(
    "of for the and in on to a an de des du la le les et pour en d l y e del los las para por da do das dos".split()
)
_SHOUTED = 0.6  # of the words in capitals: then capitals tell nothing


def look(draft: Draft) -> Iterator[Advice]:
    """One advice for each short form that is not explained, at the first place where it stands."""
    texts = [(passage, _PIECE.sub(_no_address, passage.words)) for passage in draft.texts]
    first: dict[str, Advice] = {}
    for passage, words in texts:
        for form in _short_forms(words) if passage.free else ():
            if form not in first and len(first) < 10 * MOST:
                first[form] = _advice(form, passage.path, draft.synonyms)
    if not first:
        return
    whole = "\n".join(words for _, words in texts)
    spoken = _explained(whole) | _initials(whole)
    stems = " ".join(word for part in whole.split("\n") for word in key_of(part))
    found = (a for form, a in first.items() if form not in spoken and not _named(form, stems, draft.synonyms))
    for advice, _ in zip(found, range(MOST), strict=False):
        yield advice


def _no_address(piece: re.Match[str]) -> str:
    return " " if "://" in piece[0] or "@" in piece[0] or piece[0].startswith("www.") else piece[0]


def _short_forms(words: str) -> Iterator[str]:
    pieces = _WORD.findall(words)
    if len(pieces) > 3 and sum(p.isupper() for p in pieces) > _SHOUTED * len(pieces):
        return
    for match in _WORD.finditer(words):
        form = match[0].removesuffix("s") if match[0][:-1].isupper() else match[0]
        if not (2 <= len(form) <= 6 and form.isalpha() and form.isupper() and form.isascii()):
            continue
        if form in KNOWN or _ROMAN.fullmatch(form) or _is_currency(form, words, match.start(), match.end()):
            continue
        yield form


def _is_currency(form: str, words: str, start: int, end: int) -> bool:
    """KES 500, 500 KES: three letters beside a number are a currency or a code, as plain as the number."""
    beside = words[max(start - 2, 0) : start].strip()[-1:] + words[end : end + 2].strip()[:1]
    return len(form) == 3 and any(c.isdigit() for c in beside)


def _explained(whole: str) -> set[str]:
    """Those in brackets behind words, and those with words in brackets behind them."""
    behind = re.findall(r"\w[ \n]?[(\[]([A-Z]{2,6})s?[)\],;:]", whole)
    before = re.findall(r"\b([A-Z]{2,6})s? ?[(\[][^\W\d_]+[ -][^\W\d_]+", whole)
    return {*behind, *before}


def _initials(whole: str) -> set[str]:
    """First letters of names in capitals: "Public Procurement Authority" explains PPA."""
    found, run = set[str](), ""
    for word in _WORD.findall(whole):
        if word[0].isupper() and not word.isupper():
            run = (run + word[0])[-6:]
            found.update(run[start:] for start in range(len(run) - 1))
        elif word.casefold() not in _SMALL:
            run = ""
    return found


def _named(form: str, stems: str, synonyms: Synonyms) -> bool:
    """Whether a long form that the site knows for it stands somewhere in the record."""
    return any(" ".join(key_of(long)) in stems for long in _long_forms(form, synonyms))


def _long_forms(form: str, synonyms: Synonyms) -> list[str]:
    _, others = synonyms.at([form])
    return [term for term in others if not is_acronym(term) and " " in term]


def _advice(form: str, path: tuple[str | int, ...], synonyms: Synonyms) -> Advice:
    longs = _long_forms(form, synonyms)
    fitting = [term for term in longs if _first_letters(term) == form.casefold()] or longs
    if fitting:
        message = N_("“{short}” is not explained. Write it out once: {long} ({short}).")
        return Advice("acronym", Problem(path, message, {"short": form, "long": fitting[0]}), form)
    message = N_("“{short}” is not explained. Write it out once, with the short form in brackets behind it.")
    return Advice("acronym", Problem(path, message, {"short": form}), form)


def _first_letters(term: str) -> str:
    return "".join(word[0] for word in term.casefold().split() if word not in _SMALL)
