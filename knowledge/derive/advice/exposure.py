"""What could harm somebody: persons named by their titles, and a tender that is still open. Cautious guesses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.content.fields import N_
from knowledge.content.problems import Problem
from knowledge.derive.advice.moments import days
from knowledge.derive.advice.passages import Advice, Draft, Passage

MOST = 6  # persons named in one record
_NAME = r"[A-ZÀ-ÖØ-Þ](?:[\w’'-]{1,30}|\.)"
_PERSON = re.compile(
    r"\b(?:(?:Mr|Mrs|Ms|Miss|Mme|Mlle|Dr|Dra|Prof|Eng|Ing|Hon|Sr|Sra|Srta|Lic|Monsieur|Madame|Señor|Señora|Senhor|"
    rf"Senhora|Doña|Dona|Maître)\.?|M\.) {_NAME}(?: (?:(?:de|da|do|dos|la|del|bin|al|van|von) )?{_NAME}){{0,2}}"
)
_ARABIC = re.compile(
    "(?:السيدة|السيد|الدكتورة|الدكتور|المهندسة|المهندس|الأستاذة|الأستاذ)"
    " [\u0621-\u064a]{2,20}(?: [\u0621-\u064a]{2,20})?"
)
_NO_NAME = frozenset(  # titles before words that are no names
    "minister president director secretary chair governor mayor ministre président directeur maire ministro presidente "
    "director alcalde the le la el o a".split()
)
_REFERENCE = re.compile(
    r"\b(?:tender|bid|rfq|rfp|rfb|itb|icb|ncb|ao|aoo|dao|appel d['’]offres|licitación|licitação|concurso|pregão|"
    r"solicitation|consultation|مناقصة|عطاء) ?(?:no|nr|n°|nº|n|number|num|núm|ref|reference|رقم)?[.:°º]{0,2} ?"
    r"#?[A-Z0-9]{0,12}[-/]?\d[\w./-]{1,30}",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\b(?:closes|closing date|deadline|bids are due|submit(?:ted)? by|date limite|clôture|au plus tard|"
    r"fecha límite|fecha de cierre|vence el|prazo|data limite|encerra|آخر موعد|الموعد النهائي)\b",
    re.IGNORECASE,
)


def look(draft: Draft) -> Iterator[Advice]:
    """Advice on persons and on open tenders."""
    names: dict[str, Advice] = {}
    for passage in draft.texts:
        if not passage.free:
            continue
        for name in _persons(passage.words):
            if name not in names and len(names) < MOST:
                message = N_("“{name}” looks like a person. Unless they agreed to be named, write their role instead.")
                names[name] = Advice("person", Problem(passage.path, message, {"name": name}), name)
        yield from _open_tender(passage, draft)
    yield from names.values()


def _persons(words: str) -> Iterator[str]:
    for match in (*_PERSON.finditer(words), *_ARABIC.finditer(words)):
        name = match[0].strip()
        if name.split()[-1].casefold() not in _NO_NAME:
            yield name


def _open_tender(passage: Passage, draft: Draft) -> Iterator[Advice]:
    """A reference number or a closing date, and a day that is still to come, in one answer."""
    named = _REFERENCE.search(passage.words) or _CLOSING.search(passage.words)
    if named is None or not any(day > draft.today for day in days(passage.words)):
        return
    message = N_("This looks like a tender that is still open (“{words}”). Leave it out until it is decided.")
    yield Advice("tender", Problem(passage.path, message, {"words": named[0][:60]}), passage.words)
