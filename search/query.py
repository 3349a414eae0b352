"""What is asked of an engine and what it answers; plain frozen data, the same for every engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

MAX_LENGTH = 1000  # characters of a query; more is refused kindly
MAX_PER_PAGE = 100
MAX_DEPTH = 10_000  # hits that can be paged to; beyond it people filter instead


class Sort(StrEnum):
    """Orders of a result list. Equals in relevance come newest first; document ids decide last: pages never overlap."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    TITLE = "title"


@dataclass(frozen=True)
class Query:
    """One search.

    `audience`: the tokens the reader holds; nothing else is found, counted or hinted at.
    `filters`: facet -> chosen values (OR within a facet, AND across).
    `year_from`, `year_to`: inclusive bounds on the schema's years facet.
    `facets`: which facets to count; empty for none. `language`: the reader's.
    `synonyms`: whether other terms for the words typed are looked for too.
    `relax`: whether records with some of the words follow when few have all, and whether a word that nothing has is
    read as one that is spelt alike.
    `for_people`: whether the answer will be read: with the passages that show why, and another spelling when nothing is
    found. Counts and downloads need neither.
    """

    text: str = ""
    audience: frozenset[str] = frozenset()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    year_from: int | None = None
    year_to: int | None = None
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    per_page: int = 20
    facets: tuple[str, ...] = ()
    language: str = "en"
    for_people: bool = True
    synonyms: bool = True
    relax: bool = True


@dataclass(frozen=True)
class Snippet:
    """A passage in pieces: `(text, True)` where the text matched. Never markup: the template escapes it."""

    parts: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class Hit:
    """A found document: its id, its score (relevance only) and the passage that shows why.

    `date`: that of the document (`schema.moment`), so that whoever knows a newer one need not show these texts.
    """

    id: str
    score: float = 0.0
    date: int = 0
    title: Snippet = Snippet()
    snippet: Snippet = Snippet()


@dataclass(frozen=True)
class Results:
    """`total` hits of which `hits` are this page; `facets`: facet -> value -> count.

    A facet's counts ignore the choice made in that facet itself, so that its siblings stay visible.
    `added`: the words typed -> other terms that were looked for too. `complete`: how many records have all the words;
    by relevance they come first, the others have some of them. `spelling`: another query text that finds more where
    nothing has all the words, or ""; `corrected`: these are its results, because some record has all its words, or what
    was typed finds nothing. `page` is the page really shown: one beyond the end becomes the last.
    """

    total: int
    hits: tuple[Hit, ...]
    page: int
    per_page: int
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    spelling: str = ""
    added: Mapping[str, Sequence[str]] = field(default_factory=dict)
    complete: int = 0
    corrected: bool = False

    @property
    def relaxed(self) -> bool:
        """Whether some of these have only some of the words."""
        return self.complete < self.total
