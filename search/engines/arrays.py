"""Evaluating a query tree on arrays: which documents fit a node, in order, and how well each does.

An index gives the postings of a key as arrays; everything else is here and knows no library of an engine. Few
documents are kept as a sorted list, many as one number for every document of the index, so that a rare word costs
nothing for the size of the index and a common one never needs a search. Scores are those of `search.scoring`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import islice
from typing import Protocol

import numpy as np
import numpy.typing as npt

from search import language, scoring
from search.engines.deadline import Deadline
from search.schema import IndexSchema, TextField
from search.tree import Added, And, Everything, FacetTerm, Most, Node, Not, Or, Phrase, Prefix, Word

MAX_EXPANSION = 200  # words a prefix may stand for
DENSE = 16  # one in so many documents is enough to keep a number for each of them

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Postings:
    """The documents that have a key in a field, in order; how often; and where, document after document."""

    documents: Ints
    frequencies: npt.NDArray[np.integer]
    positions: npt.NDArray[np.integer]


class Index(Protocol):
    """What the evaluator asks of an index; document numbers run from 0 to `size`."""

    size: int

    def postings(self, field: str, key: str) -> Postings:
        """The postings of a key; empty when there are none."""
        ...

    def norms(self, fields: tuple[TextField, ...]) -> Floats:
        """What a frequency in these fields together is held against (`scoring.norm`), for every document."""
        ...

    def facet_mask(self, facet: str, values: Sequence[str]) -> Mask:
        """The documents that have one of these values, compared without regard to case."""
        ...

    def words_from(self, prefix: str) -> Iterable[str]:
        """Words that begin so, the shortest first; whoever may read them."""
        ...


@dataclass(frozen=True)
class Match:
    """The documents that fit a node, in order, and their scores; `size` is that of the index."""

    documents: Ints
    scores: Floats
    size: int

    @cached_property
    def dense(self) -> Floats:
        """A score for every document of the index; 0 where it does not fit (or fits without a score)."""
        found = np.zeros(self.size, np.float32)
        found[self.documents] = self.scores
        return found

    @cached_property
    def mask(self) -> Mask:
        """Which documents fit."""
        found = np.zeros(self.size, bool)
        found[self.documents] = True
        return found

    @property
    def common(self) -> bool:
        """Whether it fits so many that arrays over all documents are cheaper than lists."""
        return len(self.documents) * DENSE > self.size

    @property
    def bytes(self) -> int:
        """What it takes in memory at most."""
        return int(self.documents.nbytes * 2 + (self.size * 5 if self.common else 0)) + 300

    def among(self, documents: Ints) -> tuple[Mask, Floats]:
        """Which of these documents fit, and the scores (of those that do not: anything)."""
        if self.common:
            return self.mask[documents], self.dense[documents]
        if not len(self.documents):
            return np.zeros(len(documents), bool), np.zeros(len(documents), np.float32)
        places = np.searchsorted(self.documents, documents)
        np.minimum(places, len(self.documents) - 1, out=places)
        return self.documents[places] == documents, self.scores[places]


class Evaluator:
    """Walks a query tree once. `remembered` keeps what single words came to, as long as the index stays the same."""

    def __init__(
        self, index: Index, schema: IndexSchema, readable: Mask, deadline: Deadline,
        remembered: Remembered | None = None,
    ) -> None:  # fmt: skip
        self._index, self._schema, self._readable = index, schema, readable
        self._remembered, self._deadline = remembered, deadline
        self._expanded: dict[str, tuple[str, ...]] = {}

    def match(self, node: Node) -> Match:
        """The documents that fit. Raises BadQuery when it takes too long."""
        self._deadline.check()
        if isinstance(node, Word | Prefix | Phrase | Added):
            return self._leaf(node)
        if isinstance(node, Most):
            return self._most(node)
        if isinstance(node, And):
            return self._all(node.parts)
        if isinstance(node, Or):
            return _any([self.match(part) for part in node.parts], self._index.size)
        if isinstance(node, Not):
            return self._unscored(~self.match(node.part).mask)
        if isinstance(node, FacetTerm):
            return self._unscored(self._index.facet_mask(node.facet, [node.value]))
        assert isinstance(node, Everything)
        return self._unscored(np.ones(self._index.size, bool))

    def _all(self, parts: Sequence[Node]) -> Match:
        """What fits all parts. What is excluded or only filtered comes last, as a look at those that are left."""
        wanted = [self.match(p) for p in parts if not isinstance(p, Not)]
        unwanted = [self.match(p.part) for p in parts if isinstance(p, Not)]
        found = _both(wanted, self._index.size) if wanted else self._unscored(np.ones(self._index.size, bool))
        for match in unwanted:
            kept = ~match.among(found.documents)[0]
            found = Match(found.documents[kept], found.scores[kept], found.size)
        return found

    def _unscored(self, mask: Mask) -> Match:
        documents = np.flatnonzero(mask).astype(np.int32)
        return Match(documents, np.zeros(len(documents), np.float32), self._index.size)

    def _most(self, node: Most) -> Match:
        """What fits enough of the parts; scores are summed, so more of them is better, and all of them best."""
        parts = [self.match(part) for part in node.parts]
        found = _any(parts, self._index.size)
        fitting = np.bincount(np.concatenate([p.documents for p in parts]), minlength=self._index.size)
        fitting = fitting[found.documents]
        scores = found.scores + np.float32(scoring.COMPLETE) * (fitting == len(parts))
        enough = fitting >= node.least
        return Match(found.documents[enough], scores[enough].astype(np.float32), found.size)

    def _leaf(self, node: Word | Prefix | Phrase | Added) -> Match:
        if self._remembered is None or isinstance(node, Prefix):  # what a prefix stands for depends on the reader
            return self._scored(node)
        known = self._remembered.get(node)
        if known is None:
            known = self._scored(node)
            self._remembered.put(node, known, known.bytes)
        return known

    def _scored(self, node: Node, typed: tuple[str, ...] = ()) -> Match:
        """A leaf's matches with their scores. `typed`: the words that it was added to, if it was."""
        if isinstance(node, Added):
            return self._scored(node.part, node.typed)
        if isinstance(node, Or):
            return _any([self._scored(part, typed) for part in node.parts], self._index.size)
        assert isinstance(node, Word | Prefix | Phrase)
        found = _any(list(self._frequencies(node)), self._index.size)
        idf = self._idf(node, found)
        if typed:
            others = (Word(word, language.stems(word)) for word in typed)
            idf = scoring.added(idf, [self._word_idf(word) for word in others])
        frequencies = found.scores
        against = self._index.norms(self._schema.asked(node.field))[found.documents] + frequencies
        return Match(found.documents, frequencies * np.float32(idf * (scoring.K1 + 1)) / against, found.size)

    def _frequencies(self, node: Word | Prefix | Phrase) -> Iterator[Match]:
        """How often a leaf stands in each field that is asked, by the field's weight; a match for each key of it."""
        for field in self._schema.asked(node.field):
            if isinstance(node, Phrase):
                documents, often = _in_a_row([self._index.postings(field.name, word) for word in node.words])
                yield self._weighed(documents, often, field.weight)
                continue
            if isinstance(node, Prefix):
                keys = dict.fromkeys(self._expansions(node.text), 1.0)
            else:
                keys = scoring.shares(node.text, node.stems)
            for key, share in keys.items():
                self._deadline.check()
                posted = self._index.postings(field.name, key)
                yield self._weighed(posted.documents, posted.frequencies, field.weight * share)

    def _weighed(self, documents: Ints, often: npt.NDArray[np.integer], weight: float) -> Match:
        return Match(documents, often * np.float32(weight), self._index.size)

    def _idf(self, node: Word | Prefix | Phrase, found: Match) -> float:
        """How telling a leaf is that was found so: a phrase is as telling as all its words together."""
        if isinstance(node, Phrase):
            return sum(self._word_idf(Word(word, (), node.field)) for word in node.words)
        return scoring.idf(self._index.size, len(found.documents))

    def _word_idf(self, node: Word) -> float:
        """How telling a word is beside another leaf; its own scores are not kept, which may be many."""
        known = self._remembered.get(node) if self._remembered else None
        found = known or _any(list(self._frequencies(node)), self._index.size)
        return scoring.idf(self._index.size, len(found.documents))

    def _expansions(self, prefix: str) -> tuple[str, ...]:
        """The words that a prefix stands for: the shortest that this reader may find, whatever else there is."""
        if prefix not in self._expanded:
            words = (word for word in self._index.words_from(prefix) if self._may_find(word))
            self._expanded[prefix] = tuple(islice(words, MAX_EXPANSION))
        return self._expanded[prefix]

    def _may_find(self, word: str) -> bool:
        self._deadline.check()
        return any(self._readable[self._index.postings(f.name, word).documents].any() for f in self._schema.text)


class Remembered(Protocol):
    """Where matches of single words are kept."""

    def get(self, key: Node) -> Match | None: ...

    def put(self, key: Node, value: Match, size: int) -> None: ...


def _both(parts: list[Match], size: int) -> Match:
    """What fits all of these."""
    parts = sorted(parts, key=lambda m: len(m.documents))
    first = parts[0]
    if len(parts) == 1:
        return first
    if first.common:
        mask = reduce(np.logical_and, (m.mask for m in parts))
        documents = np.flatnonzero(mask).astype(np.int32)
        return Match(documents, sum((m.dense[documents] for m in parts), np.zeros(1, np.float32)), size)
    documents, scores = first.documents, first.scores
    for match in parts[1:]:
        fits, more = match.among(documents)
        documents, scores = documents[fits], scores[fits] + more[fits]
    return Match(documents, scores, size)


def _any(parts: list[Match], size: int) -> Match:
    """What fits any of these."""
    parts = [m for m in parts if len(m.documents)]
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Match(np.empty(0, np.int32), np.empty(0, np.float32), size)
    total = sum(len(m.documents) for m in parts)
    if total * DENSE > size:
        scores, mask = np.zeros(size, np.float32), np.zeros(size, bool)
        for match in parts:
            scores[match.documents] += match.scores
            mask[match.documents] = True
        documents = np.flatnonzero(mask).astype(np.int32)
        return Match(documents, scores[documents], size)
    documents, places = np.unique(np.concatenate([m.documents for m in parts]), return_inverse=True)
    added = np.bincount(places, np.concatenate([m.scores for m in parts]))
    return Match(documents, added.astype(np.float32), size)


def _in_a_row(words: Sequence[Postings]) -> tuple[Ints, npt.NDArray[np.integer]]:
    """The documents in which the words follow one another, and how often they do."""
    shared = reduce(lambda a, b: np.intersect1d(a, b, assume_unique=True), (w.documents for w in words))
    if not len(shared):
        return shared.astype(np.int32), np.empty(0, np.int64)
    begins = reduce(
        lambda a, b: np.intersect1d(a, b, assume_unique=True),
        (_places(word, shared, number) for number, word in enumerate(words)),
    )
    documents, often = np.unique(begins >> 32, return_counts=True)
    return documents.astype(np.int32), often


def _places(word: Postings, documents: Ints, back: int) -> npt.NDArray[np.int64]:
    """Where a phrase would begin whose word number `back` this is: document * 2^32 + position, sorted."""
    which = np.searchsorted(word.documents, documents)
    counts = word.frequencies[which].astype(np.int64)
    starts = np.cumsum(word.frequencies, dtype=np.int64)[which] - counts
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(starts, counts)
    places = word.positions[within].astype(np.int64) - back
    return ((np.repeat(documents.astype(np.int64), counts) << 32) + places)[places >= 0]
