"""Evaluating a query tree on arrays: one boolean mask and one score per document of a segment.

A segment gives postings as arrays (document numbers and frequencies); everything else is here and knows no library
of an engine. Scores are BM25 per field, times the field's weight, summed; a stem counts less than the exact word.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from search.parse import And, Everything, FacetTerm, Node, Not, Or, Phrase, Prefix, Word
from search.schema import IndexSchema

K1, B = 1.2, 0.75
STEM_WEIGHT = 0.6
MAX_EXPANSION = 200  # words a prefix may stand for

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Postings:
    """Documents that have a key in a field, in order, and how often."""

    documents: Ints
    frequencies: Floats


class Segment(Protocol):
    """An immutable part of an index; document numbers run from 0 to `size`."""

    size: int

    def postings(self, field: str, key: str) -> Postings:
        """The postings of a key; empty when there are none."""
        ...

    def positions(self, field: str, key: str) -> Mapping[int, Sequence[int]]:
        """Document -> positions of a key."""
        ...

    def lengths(self, field: str) -> Floats:
        """Words in a field of every document."""
        ...

    def facet(self, facet: str) -> Mapping[str, Ints]:
        """Value -> documents."""
        ...

    def words_from(self, field: str, prefix: str, limit: int) -> list[str]:
        """Words of a field that begin so, at most `limit`."""
        ...


@dataclass(frozen=True)
class Statistics:
    """What scoring must know of the whole index, not of one segment."""

    documents: int
    average: Mapping[str, float]
    frequency: Mapping[tuple[str, str], int]


@dataclass
class Match:
    """Which documents of a segment fit a node, and how well."""

    mask: Mask
    scores: Floats


class Evaluator:
    """Walks a query tree once over one segment."""

    def __init__(self, segment: Segment, schema: IndexSchema, statistics: Statistics) -> None:
        self._segment, self._schema, self._statistics = segment, schema, statistics

    def match(self, node: Node) -> Match:
        """The documents that fit, with their scores."""
        if isinstance(node, Word):
            return self._word(node)
        if isinstance(node, Prefix):
            return self._prefix(node)
        if isinstance(node, Phrase):
            return self._phrase(node)
        if isinstance(node, And | Or):
            return self._joined(node)
        if isinstance(node, Not):
            inner = self.match(node.part)
            return Match(~inner.mask, np.zeros(self._segment.size))
        if isinstance(node, FacetTerm):
            return Match(self._facet_mask(node), np.zeros(self._segment.size))
        assert isinstance(node, Everything)
        return Match(np.ones(self._segment.size, bool), np.zeros(self._segment.size))

    def _joined(self, node: And | Or) -> Match:
        parts = [self.match(part) for part in node.parts]
        mask = parts[0].mask.copy()
        for part in parts[1:]:
            mask = mask & part.mask if isinstance(node, And) else mask | part.mask
        return Match(mask, np.sum([p.scores for p in parts], axis=0))

    def _word(self, node: Word) -> Match:
        found = self._nothing()
        for field, weight in self._fields(node.field):
            self._add(found, field, node.text, weight)
            for stem in node.stems:
                self._add(found, field, stem, weight * STEM_WEIGHT)
        return found

    def _prefix(self, node: Prefix) -> Match:
        found = self._nothing()
        for field, weight in self._fields(node.field):
            for word in self._segment.words_from(field, node.text, MAX_EXPANSION):
                self._add(found, field, word, weight)
        return found

    def _phrase(self, node: Phrase) -> Match:
        found = self._nothing()
        for field, weight in self._fields(node.field):
            places = [self._segment.positions(field, word) for word in node.words]
            documents = set(places[0]).intersection(*places[1:])
            hits = {d: n for d in documents if (n := _runs([places[i][d] for i in range(len(places))]))}
            if hits:
                which = np.fromiter(hits, np.int32, len(hits))
                often = np.fromiter(hits.values(), np.float64, len(hits))
                idf = sum(self._idf(field, word) for word in node.words)
                self._score(found, field, Postings(which, often), weight * idf)
        return found

    def _facet_mask(self, node: FacetTerm) -> Mask:
        mask = np.zeros(self._segment.size, bool)
        for value, documents in self._segment.facet(node.facet).items():
            if value.casefold() == node.value.casefold():
                mask[documents] = True
        return mask

    def _fields(self, only: str) -> list[tuple[str, float]]:
        return [(f.name, f.weight) for f in self._schema.text if only in ("", f.name)]

    def _nothing(self) -> Match:
        return Match(np.zeros(self._segment.size, bool), np.zeros(self._segment.size))

    def _add(self, found: Match, field: str, key: str, weight: float) -> None:
        postings = self._segment.postings(field, key)
        if len(postings.documents):
            self._score(found, field, postings, weight * self._idf(field, key))

    def _score(self, found: Match, field: str, postings: Postings, weight: float) -> None:
        lengths = self._segment.lengths(field)[postings.documents]
        norm = K1 * (1 - B + B * lengths / (self._statistics.average.get(field) or 1.0))
        found.mask[postings.documents] = True
        found.scores[postings.documents] += weight * postings.frequencies * (K1 + 1) / (postings.frequencies + norm)

    def _idf(self, field: str, key: str) -> float:
        n = self._statistics.frequency.get((field, key), 1)
        return math.log(1 + (self._statistics.documents - n + 0.5) / (n + 0.5))


def keys_in(node: Node) -> list[str]:
    """Every key whose document frequency scoring needs."""
    if isinstance(node, Word):
        return [node.text, *node.stems]
    if isinstance(node, Phrase):
        return list(node.words)
    if isinstance(node, And | Or):
        return [k for part in node.parts for k in keys_in(part)]
    return keys_in(node.part) if isinstance(node, Not) else []


def _runs(places: list[Sequence[int]]) -> int:
    """How often the positions follow one another."""
    following = [set(p) for p in places[1:]]
    return sum(all(start + n + 1 in p for n, p in enumerate(following)) for start in places[0])
