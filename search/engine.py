"""The promise every engine makes. What the contract suite does not test is no promise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from search.query import Query, Results
from search.schema import Document, IndexSchema
from search.synonyms import Synonyms

Progress = Callable[[int], None]
Swapping = Callable[[], AbstractContextManager[None]]


class SearchEngine(Protocol):
    """An index that can be asked, changed and rebuilt. `synonyms` may be exchanged at any time."""

    schema: IndexSchema
    synonyms: Synonyms

    def search(self, query: Query) -> Results:
        """Answer a query. Raises BadQuery for what cannot be asked, SearchUnavailable without an index."""
        ...

    def totals(self, queries: Sequence[Query]) -> list[int]:
        """How many documents each of these finds as it is typed, nothing relaxed: one question for all of them."""
        ...

    def apply(self, puts: Iterable[Document], drops: Iterable[str] = (), hurried: bool = False) -> None:
        """Put and drop documents by id in one durable commit; idempotent; an id that is put wins over drop.

        `hurried`: somebody waits, and it may as well be done later: machines that do not answer are given up soon, by
        SearchBusy.
        """
        ...

    def rebuild(
        self, documents: Iterable[Document], progress: Progress | None = None, swapping: Swapping = nullcontext
    ) -> int:
        """Fill a fresh index beside the old one, make it durable, swap it in; returns how many it holds.

        Each id comes once. An index that does not hold what it was given is refused: the old one goes on serving.

        Readers keep the old index until the swap; a crash before it leaves the old one serving.
        `progress` is told the number of documents done from time to time. The swap happens inside `swapping()`: what
        was put or dropped since the rebuild began went into the old index and is to be announced again there.
        """
        ...

    def held(self) -> Mapping[str, int]:
        """The ids of all documents with their dates (`schema.moment`), for comparing the index with the database."""
        ...

    def ready(self) -> bool:
        """True when the index exists, opens and was built for this schema."""
        ...

    def lost(self) -> bool:
        """Asked after a failure, and once a day: whether a rebuild is what mends the index. It may take seconds.

        An engine on other machines that do not answer has lost nothing, nor has one whose disk is full; and what was
        built for another version of the program is no loss: only a start takes it back.
        """
        ...

    def prune(self) -> None:
        """Asked at a start: take away what processes that were killed have left. Raises SearchUnavailable."""
        ...

    def close(self) -> None:
        """Let go of files and threads."""
        ...
