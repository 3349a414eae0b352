"""What somebody may mean who has typed so far: names, common searches and titles. Public things only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy.orm import Session

from knowledge.content.facets import Facet, Take
from knowledge.content.registry import Registry
from knowledge.services import catalogue, searches, vocabulary
from search import language as words
from search.engine import SearchEngine
from search.query import MAX_LENGTH, Query

LEAST = 2  # letters typed before anything is suggested
NAMES, SEARCHES, TITLES = 5, 3, 5
FACETS = ("country", "topic", "stage")


@dataclass(frozen=True)
class Suggestion:
    """A value of a facet or a common search, with how many public records it has; or a record. `text`: its name."""

    text: str
    facet: str = ""
    value: str = ""
    count: int = 0
    record_id: str = ""
    language: str = ""


def suggest(session: Session, engine: SearchEngine, typed: str, language: str) -> list[Suggestion]:
    """Names first, then common searches, then titles, in which all words stand, the last of them begun.

    Raises SearchDown, search.BadQuery.
    """
    typed = typed.strip()[:MAX_LENGTH]
    found = [token.word for token in words.tokens(typed)]
    if sum(map(len, found)) < LEAST:
        return []
    registry = vocabulary.registry(session)
    counts = catalogue.find_practices(session, engine, Query("", facets=FACETS, per_page=1, for_people=False)).results
    names = [
        suggestion
        for facet in (registry.facets[f] for f in FACETS if f in registry.facets)
        for suggestion in _names(facet, dict(counts.facets.get(facet.id, {})), registry, found, language)
    ]
    names.sort(key=lambda s: (not _begins(found, s.text), not _same_start(typed, s.text), -s.count, s.text))
    return names[:NAMES] + _searches(session, engine, typed, found) + _titles(session, engine, found)


def _names(
    facet: Facet, counts: dict[str, int], registry: Registry, typed: list[str], language: str
) -> Iterator[Suggestion]:
    """Values and groups with public records, one of whose names, old ones too, has a word for each word typed."""
    if facet.take is not Take.ITSELF:
        return
    for name in dict.fromkeys((facet.vocabulary, facet.groups)):
        for term in registry.vocabularies[name] if name else ():
            if counts.get(term.id) and any(_begins(typed, n) for n in (*term.names.values(), *term.synonyms)):
                yield Suggestion(term.name(language), facet.id, term.id, counts[term.id])


def _begins(typed: list[str], name: str) -> bool:
    return all(any(word.startswith(begun) for word in _words(name)) for begun in typed)


def _same_start(typed: str, name: str) -> bool:
    return words.fold(name).startswith(words.fold(typed))


@lru_cache(maxsize=20_000)
def _words(name: str) -> tuple[str, ...]:
    return tuple(token.word for token in words.tokens(name))


def _searches(session: Session, engine: SearchEngine, typed: str, found: list[str]) -> list[Suggestion]:
    common = [text for text in searches.common(session, found) if words.fold(text) != words.fold(typed)]
    told = zip(common, catalogue.how_many(session, engine, common), strict=True)
    return [Suggestion(text, count=total) for text, total in told if total][:SEARCHES]


def _titles(session: Session, engine: SearchEngine, typed: list[str]) -> list[Suggestion]:
    *whole, last = typed
    asked = " ".join(
        [*(f"title:{word}" for word in whole), f"title:{last}*" if len(last) >= LEAST else f"title:{last}"]
    )
    query = Query(asked, per_page=TITLES, for_people=False, synonyms=False, relax=False)
    found = catalogue.find_practices(session, engine, query).found
    return [Suggestion(f.revision.title, record_id=f.record.id, language=f.revision.language) for f in found]
