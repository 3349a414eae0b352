"""Whether a new index holds what it was given, and nobody finds more in it: looked at before it serves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from search.engines.whoosh_build import texts
from search.engines.whoosh_view import View
from search.errors import SearchUnavailable
from search.schema import Document, moment

STEP, MOST = 500, 200  # every so many documents one is kept to be read again; of them so many


@dataclass
class Tally:
    """How many documents, and the sum of the hashes of their ids, dates and readers: small however many there are."""

    count: int = 0
    total: int = 0

    def add(self, document_id: bytes, date: int, readers: Iterable[bytes]) -> None:
        """Take in one document."""
        self.count += 1
        self.total = (self.total + hash((document_id, date, frozenset(readers)))) % 2**64


class Given:
    """Documents on their way into an index, each id once, counted as they go by."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.tally, self.sample = Tally(), list[Document]()
        self._documents = documents

    def __iter__(self) -> Iterator[Document]:
        for document in self._documents:
            if self.tally.count % STEP == 0 and len(self.sample) < MOST:
                self.sample.append(document)
            readers = (token.encode("utf-8", "replace") for token in document.audience)
            self.tally.add(document.id.encode(), moment(document.date), readers)
            yield document

    def verify(self, view: View) -> None:
        """Raises SearchUnavailable when this index holds others, shows them to others, or has not their texts."""
        held = Tally()
        for segment in view.segments:
            dates, readers = segment.column("date").tolist(), segment.readers()
            for number in np.flatnonzero(segment.alive).tolist():
                held.add(segment.text("id", number), dates[number], readers[number])
        if held.count != self.tally.count:
            raise SearchUnavailable(f"the new index holds {held.count} documents instead of {self.tally.count}")
        if held != self.tally:
            raise SearchUnavailable("the new index holds other documents than it was given, or shows them to others")
        if not all(_found(view, document) for document in self.sample):
            raise SearchUnavailable("the new index does not hold the texts that it was given")


def _found(view: View, document: Document) -> bool:
    for segment in view.segments:
        if (number := segment.find(document.id)) is not None:
            return all(segment.text(name, number) == text for name, text in texts(document).items())
    return False
