"""A Whoosh segment as arrays. Segments never change, so what is read from one is kept until it is merged away."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from whoosh.analysis import Analyzer, Token

from search import language
from search.engines.arrays import Floats, Ints, Mask, Postings

KEPT_POSTINGS = 4000  # keys per segment; an entry of a rare word is tiny


class KeyAnalyzer(Analyzer):
    """Feeds Whoosh the keys of `search.language`. A value is the text behind its language: "fr|texte"."""

    def __call__(self, value: str, positions: bool = False, mode: str = "", **_: Any) -> Iterator[Token]:
        """The keys with their positions."""
        code, _bar, text = value.partition("|")
        token = Token(positions, False, removestops=False, mode=mode)
        for position, key in language.indexed(text, code):
            token.text = key
            token.boost = 1.0
            token.stopped = False
            if positions:
                token.pos = position
            yield token


class WhooshSegment:
    """One segment of an index, read on demand."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self.size: int = reader.doc_count_all()
        self._postings: OrderedDict[tuple[str, str], Postings] = OrderedDict()
        self._lengths: dict[str, Floats] = {}
        self._facets: dict[str, dict[str, Ints]] = {}
        self._strings: dict[str, list[str]] = {}
        self._words: frozenset[str] | None = None

    def reopened(self, reader: Any) -> WhooshSegment:
        """The same segment behind a new reader (deletions may have changed), keeping what was read."""
        same = WhooshSegment.__new__(WhooshSegment)
        same.__dict__.update(self.__dict__)
        same._reader = reader
        return same

    def alive(self) -> Mask:
        """The documents that were not deleted."""
        mask = np.ones(self.size, bool)
        deleted = list(self._reader.deleted_docs_set if self._reader.has_deletions() else ())
        if deleted:
            mask[deleted] = False
        return mask

    def postings(self, field: str, key: str) -> Postings:
        """The postings of a key."""
        known = self._postings.get((field, key))
        if known is not None:
            self._postings.move_to_end((field, key))
            return known
        documents: list[int] = []
        often: list[float] = []
        if (field, key) in self._reader:
            matcher = self._reader.postings(field, key)
            while matcher.is_active():
                documents.append(matcher.id())
                often.append(matcher.weight())
                matcher.next()
        found = Postings(np.array(documents, np.int32), np.array(often, np.float64))
        self._postings[field, key] = found
        if len(self._postings) > KEPT_POSTINGS:
            self._postings.popitem(last=False)
        return found

    def positions(self, field: str, key: str) -> Mapping[int, Sequence[int]]:
        """Where a key stands in each document."""
        if (field, key) not in self._reader:
            return {}
        matcher = self._reader.postings(field, key)
        found = {}
        while matcher.is_active():
            found[matcher.id()] = matcher.value_as("positions")
            matcher.next()
        return found

    def lengths(self, field: str) -> Floats:
        """Keys in a field of every document."""
        if field not in self._lengths:
            length = self._reader.doc_field_length
            self._lengths[field] = np.array([length(d, field, 0) or 0 for d in range(self.size)], np.float64)
        return self._lengths[field]

    def facet(self, facet: str) -> Mapping[str, Ints]:
        """The documents of every value."""
        if facet not in self._facets:
            self._facets[facet] = {
                value: np.fromiter(self._reader.postings(facet, value).all_ids(), np.int32)
                for value in self._terms(facet)
            }
        return self._facets[facet]

    def words_from(self, field: str, prefix: str, limit: int) -> list[str]:
        """Words of a field that begin so, the most frequent first."""
        found = [w.decode() if isinstance(w, bytes) else w for w in self._reader.expand_prefix(field, prefix)]
        if len(found) > limit:
            found.sort(key=lambda w: -self._reader.doc_frequency(field, w))
        return found[:limit]

    def strings(self, field: str) -> list[str]:
        """The one value each document has in a field such as its id; "" where there is none."""
        if field not in self._strings:
            values = [""] * self.size
            for value in self._terms(field):
                for document in self._reader.postings(field, value).all_ids():
                    values[document] = value
            self._strings[field] = values
        return self._strings[field]

    def words(self, fields: Iterable[str]) -> frozenset[str]:
        """All words of these fields."""
        if self._words is None:
            found = (w for f in fields for w in self._terms(f))
            self._words = frozenset(w for w in found if not w.startswith(language.STEM_MARK))
        return self._words

    def frequency(self, field: str, key: str) -> int:
        """How many documents have a key."""
        return len(self.postings(field, key).documents)

    def stored(self, document: int) -> dict[str, Any]:
        """What was stored with a document."""
        return dict(self._reader.stored_fields(document))

    def _terms(self, field: str) -> Iterator[str]:
        for term in self._reader.lexicon(field):
            yield term.decode() if isinstance(term, bytes) else term
