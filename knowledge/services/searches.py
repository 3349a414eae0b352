"""What people search for again and again, for the suggestions. Nobody is told who asked, and it is kept nowhere.

A search counts once a day, whoever repeats it; it is suggested from its third day on, and forgotten when nobody asked
for half a year. Only searches without operators whose every word stands in one public record are counted at all, and
before one is suggested it is asked again: what was withdrawn meanwhile is no longer found by it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from knowledge.storage import find
from knowledge.storage.models.base import now
from knowledge.storage.models.site import SearchAsked
from knowledge.storage.session import Database
from search import language
from search.parse import OPERATORS
from search.query import Results

LONGEST = 60  # characters of a search that is remembered
MOST = 1000  # different searches between two times of keeping
COMMON = 3  # days on which somebody asked
FORGOTTEN = timedelta(days=182)
CANDIDATES = 5


class Heard:
    """The searches of this process since they were last kept: a page that is only read writes nothing."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._lock = threading.Lock()

    def note(self, text: str, results: Results) -> None:
        """Remember a search that found something just as it was typed."""
        key = _key(text)
        if key and results.total and not results.relaxed and not results.corrected:
            with self._lock:
                if key in self._texts or len(self._texts) < MOST:
                    self._texts[key] = " ".join(text.split())

    def keep(self, db: Database) -> None:
        """Count what was noted, each once for today, and forget what nobody asked for. Raises StorageUnavailable."""
        with self._lock:
            noted, self._texts = self._texts, {}
        if not noted:
            return
        try:
            with db.transaction() as session:
                _count(session, noted, now().date())
        except BaseException:
            with self._lock:
                self._texts = noted | self._texts
            raise


def common(session: Session, typed: Sequence[str]) -> list[str]:
    """Searches of many days with a word for each word typed, the last of them begun; the most frequent first."""
    whole, begun = list(typed[:-1]), typed[-1]
    rows = find.searches_of_days(session, COMMON, begun)
    fitting = [row.text for row in rows if _fits(row.words.split(" "), whole, begun)]
    return fitting[:CANDIDATES]


def _fits(words: Sequence[str], whole: Sequence[str], begun: str) -> bool:
    return all(word in words for word in whole) and any(word.startswith(begun) for word in words)


def _count(session: Session, noted: dict[str, str], today: date) -> None:
    known = find.searches(session, noted)
    for key, text in noted.items():
        row = known.get(key)
        if row is None:
            session.add(SearchAsked(words=key, text=text, days=1, last=today))
        elif row.last < today:
            row.text, row.days, row.last = text, row.days + 1, today
    find.forget_searches(session, today - FORGOTTEN)


def _key(text: str) -> str:
    """The words, folded; "" for what has operators, or is too long to be what others would type too."""
    plain = all(c.isalnum() or c in " '’-" for c in text) and not text.startswith("-") and " -" not in text
    plain = plain and OPERATORS.isdisjoint(text.split())  # "audit OR a secret" is found by its first word alone
    words = [token.word for token in language.tokens(text)]
    return " ".join(words) if plain and len(text) <= LONGEST and sum(map(len, words)) > 2 else ""
